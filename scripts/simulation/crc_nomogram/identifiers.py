"""Names of simulated patients, their files and the size of these; standard library only: jobs are planned from them."""

from __future__ import annotations

IMAGE_ENDING = ".mha"  # compressed, deterministic, and the quickest of the readable formats to write
DIGITS = 4
SIZE_YX = 64
SIZE_Z = (24, 32)  # fewest and most slices
BYTES_PER_VOXEL = 2


def patient_ids(n: int, prefix: str) -> list[str]:
    """'SIM-0001', 'SIM-0002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def image_paths(folder: str, batch: str, patient: str) -> tuple[str, str]:
    """Paths of a patient's image and mask below `folder`, with forward slashes."""
    stem = f"{folder}/{batch}/{patient}"
    return f"{stem}_image{IMAGE_ENDING}", f"{stem}_mask{IMAGE_ENDING}"


def case_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """Column of the sheet -> path of a patient's file below `folder`."""
    image, mask = image_paths(folder, batch, patient)
    return {"image": image, "mask": mask}
