"""Names of simulated patients, their slices and files; standard library only: jobs are planned from them."""

from __future__ import annotations

SIZE = 64  # pixels on a side
BYTES_PER_PIXEL = 1
DIGITS = 3
FEWEST_SLICES, SPREAD, STRIDE = 2, 3, 2  # 2 to 4 slices a patient


def subject_ids(n: int, prefix: str) -> list[str]:
    """'SIM-001', 'SIM-002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def n_slices(number: int) -> int:
    """How many slices the patient with that number (from 1) has: 2 to 4, in a fixed order."""
    return FEWEST_SLICES + number * STRIDE % SPREAD


def slice_ids(n: int, prefix: str) -> dict[str, str]:
    """Row of the sheet ('SIM-001-01') -> its patient ('SIM-001')."""
    return {
        f"{subject}-{place:02d}": subject
        for number, subject in enumerate(subject_ids(n, prefix), start=1)
        for place in range(1, n_slices(number) + 1)
    }


def case_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """Column of the sheet -> path below `folder` of one slice (`patient` is the row's name)."""
    stem = f"{folder}/{batch}/{patient}"
    return {"image": f"{stem}.png", "mask": f"{stem}_mask.png"}
