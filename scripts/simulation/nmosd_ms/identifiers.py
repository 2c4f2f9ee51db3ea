"""Names of simulated patients, their files and the size of these; standard library only: jobs are planned from them."""

from __future__ import annotations

IMAGE_ENDING = ".mha"  # compressed, deterministic, and the quickest of the readable formats to write
DIGITS = 4
SPACING_MM = 3.0
SIZE_XYZ = (58, 72, 58)  # voxels of the head's field of view along left, back, head
BYTES_PER_VOXEL = 2


def patient_ids(n: int, prefix: str) -> list[str]:
    """'SIM-0001', 'SIM-0002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def case_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """Column of the sheet -> path below `folder`, with forward slashes: FLAIR volume and lesion mask."""
    stem = f"{folder}/{batch}/{patient}"
    return {"flair": f"{stem}_flair{IMAGE_ENDING}", "lesions": f"{stem}_lesions{IMAGE_ENDING}"}
