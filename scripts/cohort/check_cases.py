"""Open the image and mask of every case of a batch: digests, geometry, mask size, what is wrong.

A case that cannot be read is a fault of that case, never the end of the batch; `check_cohort` decides what
becomes of it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import functools
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import ndimage

from scripts.cohort.faults import Fault, shown
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.errors import CaseError, FaultList, InputError
from scripts.volumes import Volume, digest
from scripts.workflow.contents import FileChanged, Record, record_of, records_text, unwritten

# CT numbers. Fat is about -100 HU and air -1000 HU: an abdominal CT in HU always holds negative values, and
# one with air in or around the patient reaches far below -200. Most scanners stop at 3,071 HU; metal reaches
# 31,000 on the extended scale. A tumour's median lies between fat and dense contrast.
FAT_ABOVE = -200.0
LARGEST_USUAL = 20_000.0
TUMOUR_MEDIAN = (-200.0, 500.0)
USUAL_SPACING_MM = (0.1, 10.0)

RECORD = {
    "patient": "string",
    "row": "Int64",
    "image_digest": "string",
    "mask_digest": "string",
    "size_x": "Int64",
    "size_y": "Int64",
    "size_z": "Int64",
    "spacing_x_mm": "float64",
    "spacing_y_mm": "float64",
    "spacing_z_mm": "float64",
    "mask_voxels": "Int64",
    "mask_volume_ml": "float64",
    "components": "Int64",
    "faults": "string",
}


def check_case(case: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Read one case and look for everything that would make its features wrong.

    Parameters
    ----------
    case : `patient`, `image`, `mask` (paths) and, where they apply, `row` (line of the sheet), `image_series`
        (SeriesInstanceUID) and `mask_roi` (ROI name, segment or label number).
    settings : `modality` ('CT' for Hounsfield units; any other name leaves intensities unjudged),
        `min_mask_voxels`, `allow_several_pieces`, and `one_slice_mask` ('warning', the default, or 'error').

    Returns
    -------
    dict with the keys of `RECORD`: SHA-256 digests of image and mask, size in voxels and spacing in mm along
    x, y, z, mask_voxels, mask_volume_ml, components (26-connected pieces of the mask), and `faults`, a list
    of Fault. What could not be determined is None.
    """
    record = dict.fromkeys(RECORD) | {"patient": case["patient"], "row": case.get("row"), "faults": []}

    def note(severity: str, column: str, *words: str) -> None:
        record["faults"].append(Fault(severity, record["row"], record["patient"], column, *words))

    image = mask = None
    for problem in _paths_at_fault(case):
        note("error", *problem)
    at_fault = {fault.column for fault in record["faults"]}
    if "image" not in at_fault:
        try:
            image = read_image(case["image"], series_uid=case.get("image_series") or None)
        except Exception as error:  # whatever is wrong with one patient's file must not end the batch
            for words in _words_of(error, case["image"], "a readable image"):
                note("error", "image", *words)
    if image is not None:
        record |= _geometry(image) | {"image_digest": digest(image)}
        for severity, *words in image_faults(image, settings.get("modality", "CT")):
            note(severity, "image", *words)
        if "mask" not in at_fault:
            try:
                mask = read_mask(case["mask"], image, roi=case.get("mask_roi") or None)
            except Exception as error:
                for words in _words_of(error, case["mask"], "a readable mask on the grid of the image"):
                    note("error", "mask", *words)
    if mask is not None:
        pieces = piece_sizes(mask)
        record |= {
            "mask_digest": digest(mask),
            "mask_voxels": sum(pieces),
            "mask_volume_ml": sum(pieces) * mask.voxel_volume_mm3 / 1000,
            "components": len(pieces),
        }
        for severity, *words in mask_faults(image, mask, pieces, settings):
            note(severity, "mask", *words)
    return record


def _paths_at_fault(case: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for column in ("image", "mask"):
        path = case.get(column) or ""
        if not path:
            yield column, "the path of a file or folder", "nothing", "Fill in the cell."
        elif not os.path.exists(path):
            yield column, "a file or folder", f"no {path}", _where_the_path_ends(path)
        elif os.path.isdir(path) and not any(os.scandir(path)):
            yield column, "a folder with images", f"the empty folder {path}", ""


def _where_the_path_ends(path: str) -> str:
    if "\\" in path and os.sep == "/":
        return "Write the path with / instead of \\."
    parent = os.path.dirname(os.path.abspath(path))
    missing = os.path.basename(path)
    while not os.path.isdir(parent) and parent != os.path.dirname(parent):
        parent, missing = os.path.dirname(parent), os.path.basename(parent)
    return f"{parent} holds no {shown(missing)}. A relative path is counted from the folder of the sheet."


def _words_of(error: Exception, path: str, expected: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(error, FaultList):
        for fault in error.faults:
            yield expected, fault, error.remedy
    elif isinstance(error, InputError):
        where = "" if error.where == str(Path(path)) else f" ({error.where})"
        yield error.expected, f"{error.found}{where}", error.remedy
    elif isinstance(error, CaseError):
        yield expected, str(error), ""
    else:
        text = " ".join(str(error).split())
        yield expected, f"{type(error).__name__}: {text}"[:500], "Open the file in a viewer; export it again."


def _geometry(image: Volume) -> dict[str, Any]:
    sizes = {f"size_{axis}": int(n) for axis, n in zip("xyz", image.size, strict=True)}
    spacings = {f"spacing_{axis}_mm": s for axis, s in zip("xyz", image.spacing, strict=True)}
    return sizes | spacings


def image_faults(image: Volume, modality: str) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of an image's voxels and spacing.

    Voxels that are no numbers, an image of one value, and (CT) one without a negative value are errors. That
    air is lacking can be a tight crop, very large values can be metal and an odd spacing a microscope:
    warnings.
    """
    low_mm, high_mm = USUAL_SPACING_MM
    for axis, spacing in zip("xyz", image.spacing, strict=True):
        if not low_mm <= spacing <= high_mm:
            expected = f"a spacing between {low_mm:g} and {high_mm:g} mm along {axis}"
            yield "warning", expected, f"{spacing:g} mm", "Look whether the file's spacing is in mm."
    if image.array.dtype.kind == "f" and not np.isfinite(image.array).all():
        count = int((~np.isfinite(image.array)).sum())
        yield "error", "a number in every voxel", f"{count} voxels without", "Export the image again."
        return
    low, high = float(image.array.min()), float(image.array.max())
    if low == high:
        yield "error", "an image", f"the value {low:g} in every voxel", "Export the image again."
    elif modality == "CT" and low >= 0:
        what = "8-bit grey values" if high <= 255 else "stored values without the rescale intercept"
        found = f"values from {low:g} to {high:g}, which look like {what}"
        yield "error", "Hounsfield units (fat -100, air -1000)", found, "Export the image with its rescaling."
    elif modality == "CT" and low > FAT_ABOVE:
        found = f"no value below {low:g}"
        remedy = "Look whether the image is in HU; a tight crop without fat or air can be right."
        yield "warning", "Hounsfield units (air -1000)", found, remedy
    if modality == "CT" and high > LARGEST_USUAL:
        remedy = "Look whether the image is in HU; metal on an extended scale can be right."
        yield "warning", f"Hounsfield units up to {LARGEST_USUAL:g}", f"a largest value of {high:g}", remedy


def piece_sizes(mask: Volume) -> list[int]:
    """Voxels of each 26-connected piece of a mask, the largest first; [] for an empty mask."""
    box = ndimage.find_objects((mask.array > 0).astype(np.uint8))
    if not box or box[0] is None:
        return []
    labels, count = ndimage.label(mask.array[box[0]] > 0, structure=np.ones((3, 3, 3)))
    return sorted(np.bincount(labels.ravel(), minlength=count + 1)[1:].tolist(), reverse=True)


def mask_faults(
    image: Volume, mask: Volume, pieces: list[int], settings: dict[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of a mask on its image's grid.

    Empty, the whole image, fewer voxels than `min_mask_voxels`, and several pieces unless allowed: errors.
    Touching the border of the image, and in CT a median of the voxels under the mask that no tumour has:
    warnings. In one slice only: as the settings say.
    """
    voxels = sum(pieces)
    if voxels == 0:
        yield (
            "error",
            "a mask with a region",
            "an empty one",
            "Draw the region, or name its label in mask_roi.",
        )
        return
    if voxels == mask.array.size:
        yield "error", "a mask of the tumour", "a mask of the whole image", "Look whether the label is right."
        return
    if voxels < settings["min_mask_voxels"]:
        expected = f"a mask of at least {settings['min_mask_voxels']} voxels"
        yield "error", expected, f"{voxels}", "Features of so few voxels say nothing: draw it again."
    if len(pieces) > 1 and not settings["allow_several_pieces"]:
        sizes = ", ".join(map(str, pieces[:5])) + (", ..." if len(pieces) > 5 else "")
        remedy = "Delete the specks, or set allow_several_pieces: true for the cohort."
        yield "error", "a mask in one piece", f"{len(pieces)} pieces of {sizes} voxels", remedy
    inside = np.argwhere(mask.array > 0)
    first, last = inside.min(axis=0), inside.max(axis=0)
    sides = [
        f"{axis} {'first' if at_start else 'last'}"
        for axis, dimension in zip("xyz", (2, 1, 0), strict=True)
        for at_start in (True, False)
        if (first[dimension] == 0 if at_start else last[dimension] == mask.array.shape[dimension] - 1)
    ]
    flat = first[0] == last[0]
    if sides and not (flat and mask.array.shape[0] == 1):
        remedy = "The tumour may be cut off there: use an image that holds it whole."
        yield (
            "warning",
            "a mask inside the image",
            f"one that touches its border ({', '.join(sides)})",
            remedy,
        )
    if flat:
        severity = settings.get("one_slice_mask", "warning")
        remedy = "Shape features need the tumour in all its slices."
        yield severity, "a mask in several slices", f"one in slice {int(first[0])} alone (from 0)", remedy
    if settings.get("modality", "CT") == "CT":
        middle = float(np.median(image.array[mask.array > 0]))
        low, high = TUMOUR_MEDIAN
        if not low <= middle <= high:
            expected = f"a median between {low:g} and {high:g} HU under the mask"
            what = f"{middle:g} HU" + (" (air)" if middle < -600 else "")
            yield "warning", expected, what, "Look whether the mask is flipped or of another image."


def case_table(records: list[dict[str, Any]]) -> Any:
    """The records as a table with the columns of `RECORD`; `faults` as JSON text, a list of objects."""
    import pandas as pd

    rows = [
        record | {"faults": json.dumps([asdict(f) for f in record["faults"]], ensure_ascii=False)}
        for record in records
    ]
    return pd.DataFrame(rows, columns=list(RECORD)).astype(RECORD)


def check_and_record(
    case: dict[str, Any], settings: dict[str, Any], contents: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Record]]:
    """`check_case`, and path -> record of the content that it read, for the case's files with a label in `contents`.

    Raises
    ------
    FileChanged : a file was written while it was read.
    """
    paths = [case[column] for column in ("image", "mask") if case.get(column) in contents]
    with unwritten(paths) as stamps:
        checked = check_case(case, settings)
        read = {path: record_of(path, contents[path], stamp) for path, stamp in stamps.items()}
    return checked, read


def one_record_each(records: list[dict[str, Record]]) -> dict[str, Record]:
    """The records of all cases together; FileChanged where two cases read one file and found two contents."""
    whole: dict[str, Record] = {}
    for path, record in (item for part in records for item in part.items()):
        if whole.setdefault(path, record).digest != record.digest:
            raise FileChanged(path, "one content for all cases of the batch", "two")
    return whole


def main(job: Any) -> None:
    """Check the cases of a batch on the job's threads; write a row a case, and what content was read."""
    from scripts.parallel import map_cases
    from scripts.tables import write_table, write_text

    check = functools.partial(check_and_record, settings=job.settings, contents=job.contents)
    checked = map_cases(check, job.cases, job.threads)
    write_table(case_table([row for row, _ in checked]), job.output.cases)
    write_text(records_text(one_record_each([read for _, read in checked])), job.output.contents)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
