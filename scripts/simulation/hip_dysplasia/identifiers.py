"""Names of simulated patients and their files; standard library only: jobs are planned from them."""

from __future__ import annotations

WIDTH, HEIGHT = 640, 480  # of a film, in pixels
BYTES_PER_PIXEL = 1
DIGITS = 3
# What the first reader draws with goes round; the second one works with LabelMe alone. A name without a point
# is a folder.
TOOLS = {
    "qupath": ".geojson",
    "labelme": ".json",
    "coco": "_coco.json",
    "cvat": ".xml",
    "slicer": "_slicer",
}
SECOND_TOOL = "labelme"


def patient_ids(n: int, prefix: str) -> list[str]:
    """'HIP-001', 'HIP-002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def tool_of(patient: str) -> str:
    """What the first reader drew with on that patient's film."""
    return list(TOOLS)[int(patient.rsplit("-", 1)[1]) % len(TOOLS)]


def case_files(folder: str, batch: str, patient: str, readers: int = 2) -> dict[str, str]:
    """Column of the sheet -> path below `folder`; '' for a reader who is not there."""
    stem = f"{folder}/{batch}/{patient}"
    second = f"{stem}_second{TOOLS[SECOND_TOOL]}" if readers > 1 else ""
    return {"film": f"{stem}.png", "annotation": f"{stem}{TOOLS[tool_of(patient)]}", "annotation_2": second}
