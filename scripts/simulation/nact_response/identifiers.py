"""Names of simulated patients, their files and the size of these; standard library only: jobs are planned from them."""

from __future__ import annotations

IMAGE_ENDING = ".mha"  # compressed, deterministic, and the quickest of the readable formats to write
DIGITS = 4
SIZE_YX = 56
SIZE_Z = 44
PHASES = (4, 5)  # fewest and most volumes of a visit: one before contrast, then three or four after it
BYTES_PER_VOXEL = 2
VISITS = ("baseline", "follow_up")


def patient_ids(n: int, prefix: str) -> list[str]:
    """'SIM-0001', 'SIM-0002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def case_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """Column of the sheet -> path below `folder`, with forward slashes: a folder of phases and a mask each visit."""
    stem = f"{folder}/{batch}/{patient}"
    files = {}
    for visit in VISITS:
        files[visit] = f"{stem}_{visit}"
        files[f"{visit}_mask"] = f"{stem}_{visit}_mask{IMAGE_ENDING}"
    return files


def truth_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """What no user has: 'true_jacobian' and 'true_field', both on the baseline's grid -> path."""
    stem = f"{folder}/{batch}/{patient}"
    return {what: f"{stem}_{what}{IMAGE_ENDING}" for what in ("true_jacobian", "true_field")}


def phase_name(number: int) -> str:
    """File name of a phase within its visit's folder; 0 is the one before contrast."""
    return f"phase_{number}{IMAGE_ENDING}"
