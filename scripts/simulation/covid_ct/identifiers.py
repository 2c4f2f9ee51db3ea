"""Names of simulated patients, their files and the size of these; standard library only: jobs are planned from them."""

from __future__ import annotations

IMAGE_ENDING = ".mha"  # compressed, deterministic, and the quickest of the readable formats to write
DIGITS = 4
SIZE_XYZ = (76, 60, 44)  # voxels along left, back, head
SPACING_MM = (4.8, 4.8, 7.0)  # along x, y, z: slices thicker than pixels, as in practice
BYTES_PER_VOXEL = 2


def patient_ids(n: int, prefix: str) -> list[str]:
    """'SIM-0001', 'SIM-0002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def case_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """Column of the sheet -> path below `folder`, with forward slashes: CT, lesion mask, maps of lobes and segments."""
    stem = f"{folder}/{batch}/{patient}"
    return {
        "image": f"{stem}_image{IMAGE_ENDING}",
        "lesions": f"{stem}_lesions{IMAGE_ENDING}",
        "lobes": f"{stem}_lobes{IMAGE_ENDING}",
        "segments": f"{stem}_segments{IMAGE_ENDING}",
    }
