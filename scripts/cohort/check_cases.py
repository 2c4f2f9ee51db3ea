"""Open the images and masks of every case of a batch: digests, geometry, mask size, what is wrong.

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
from datetime import datetime
from typing import Any

from scripts.cohort.annotation_faults import annotation_faults
from scripts.cohort.case_images import (
    ONE_IMAGE,
    PHASES,
    PICTURE,
    SIGNAL,
    CaseImage,
    file_columns,
    from_settings,
)
from scripts.cohort.faults import Fault, shown
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_labels, read_mask
from scripts.cohort.phase_faults import phase_faults, series_digest, visit_order_faults
from scripts.cohort.phases import PhaseSeries, read_phases
from scripts.cohort.pictures import read_picture, read_picture_mask
from scripts.cohort.recordings import examine_recordings
from scripts.cohort.sides import side_of
from scripts.cohort.signal_faults import layout_digest, misfits, signal_faults, signals_digest
from scripts.cohort.unforeseen import calls
from scripts.cohort.voxel_faults import image_faults, mask_faults, piece_sizes
from scripts.errors import CaseError, FaultList, InputError
from scripts.volumes import Volume, digest
from scripts.workflow.contents import FileChanged, Record, record_of, records_text, unwritten

RECORD = {
    "patient": "string",
    "row": "Int64",
    "image": "string",
    "image_digest": "string",
    "mask_digest": "string",
    "phases": "Int64",
    "size_x": "Int64",
    "size_y": "Int64",
    "size_z": "Int64",
    "spacing_x_mm": "float64",
    "spacing_y_mm": "float64",
    "spacing_z_mm": "float64",
    "mask_voxels": "Int64",
    "mask_volume_ml": "float64",
    "components": "Int64",
    "side": "string",
    "layout": "string",
    "faults": "string",
    "log": "string",
}


def check_case(
    case: dict[str, Any], settings: dict[str, Any], image: CaseImage = ONE_IMAGE[0]
) -> dict[str, Any]:
    """Read one image of a case and look for everything that would make its features wrong.

    Parameters
    ----------
    case : `patient`, the cells that `image` names (paths, series, region) and, where it applies, `row` (line of the
        sheet).
    settings : `modality` ('CT' for Hounsfield units; any other name leaves intensities unjudged),
        `min_mask_voxels`, `allow_several_pieces`, `one_slice_mask` ('warning', the default, 'error' or 'allowed'),
        `empty_mask` and `tumour_median` (see `mask_faults`), `tell_side` (whether to find out on which side of the body
        the mask lies; False by default), and `landmarks` (what must be drawn on an image with annotations, see
        `scripts.cohort.annotation_faults`) and `signal` (what a recording must be, see
        `scripts.cohort.signal_faults.misfits`).

    Returns
    -------
    dict with the keys of `RECORD`: `image`, the column; SHA-256 digests of image (all phases) and mask; number of
        phases; size in voxels and spacing in mm along x, y, z; mask_voxels, mask_volume_ml, components (26-connected
        pieces of the mask; of recordings, `phases` counts them, x is time and y the sensors); `side` ('left' or
        'right', where it can be told); `layout`, SHA-256 of the names of a recording's sensors; and `faults`, a list of
        Fault. What could not be determined is None. Where a
        reader failed in a way that it did not foresee, the calls that led there are printed.

    Raises
    ------
    MemoryError : too little memory, which says more of the machine than of the patient.
    """
    return _examine(case, settings, image)[0]


def check_images(case: dict[str, Any], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """`check_case` of every image that the settings name (key `images`), and what must hold between them.

    The images of `in_order` were acquired one after the other: a fault of the later one where DICOM says otherwise.
    """
    images, records, acquired = from_settings(settings), [], {}
    for image in images:
        record, acquired[image.column] = _examine(case, settings, image)
        records.append(record)
    for column, words in visit_order_faults(acquired, settings.get("in_order", [])):
        record = next(record for record in records if record["image"] == column)
        record["faults"].append(Fault("error", record["row"], record["patient"], column, *words))
    return records


def _examine(
    case: dict[str, Any], settings: dict[str, Any], which: CaseImage
) -> tuple[dict[str, Any], datetime | None]:
    """The record of one image, and when it was acquired, where that is known."""
    record = dict.fromkeys(RECORD)
    record |= {"patient": case["patient"], "row": case.get("row"), "image": which.column, "faults": []}

    def note(severity: str, column: str, *words: str) -> None:
        record["faults"].append(Fault(severity, record["row"], record["patient"], column, *words))

    series = mask = None
    for problem in _paths_at_fault(case, which):
        note("error", *problem)
    at_fault = {fault.column for fault in record["faults"]}
    if which.column not in at_fault:
        try:
            if which.holds == SIGNAL:
                facts = examine_recordings(case[which.column])
                needed = settings.get("signal")
                for words in [*signal_faults(facts), *(misfits(facts, needed) if needed else ())]:
                    note(words[0], which.column, *words[1:])
                sizes = {"size_x": sum(f.samples for f in facts), "size_y": facts[0].sensors, "size_z": 1}
                digests = {"image_digest": signals_digest(facts), "layout": layout_digest(facts)}
                return record | sizes | digests | {"phases": len(facts)}, None
            series = _read(case, which)
        except (MemoryError, ImportError):  # of a package that is not installed
            raise
        except Exception as error:  # whatever is wrong with one patient's file must not end the batch
            for words in _words_of(error, case, which.column, "a readable image"):
                note("error", which.column, *words)
    if series is None:
        return record, None
    image = series.volumes[0]
    record |= _geometry(image, which) | {"image_digest": series_digest(series), "phases": len(series.volumes)}
    for volume, name in zip(series.volumes, series.names or ("",), strict=True):
        for severity, expected, found, remedy in image_faults(volume, settings.get("modality", "CT")):
            where = f" in {name}" if len(series.volumes) > 1 else ""
            note(severity, which.column, expected, found + where, remedy)
    if which.mask and case.get(which.mask) and which.mask not in at_fault:
        try:
            mask = _read_mask(case, which, image, settings.get("empty_mask", False))
        except MemoryError:
            raise
        except Exception as error:
            for words in _words_of(error, case, which.mask, "a readable mask on the grid of the image"):
                note("error", which.mask, *words)
    for column in which.labels:
        if case.get(column) and column not in at_fault:
            try:
                read_labels(case[column], image)
            except MemoryError:
                raise
            except Exception as error:
                for words in _words_of(error, case, column, "a readable label map on the grid of the image"):
                    note("error", column, *words)
    if which.holds == PHASES:
        for severity, *words in phase_faults(series, mask, which.fewest_phases):
            note(severity, which.column, *words)
    if mask is not None:
        pieces, told = piece_sizes(mask), settings | {"picture": which.holds == PICTURE}
        record |= {
            "mask_digest": digest(mask) if pieces else None,  # empty masks of several patients are alike
            "mask_voxels": sum(pieces),
            "mask_volume_ml": None if which.holds == PICTURE else sum(pieces) * mask.voxel_volume_mm3 / 1000,
            "components": len(pieces),
            "side": side_of(image, mask) if settings.get("tell_side") else None,
        }
        for severity, *words in mask_faults(image, mask, pieces, told):
            note(severity, which.mask, *words)
    for column in which.annotations:
        if case.get(column) and column not in at_fault:
            for severity, *words in annotation_faults(case[column], case[which.column], image, settings):
                note(severity, column, *words)
    return record, series.acquired


def _read(case: dict[str, Any], which: CaseImage) -> PhaseSeries:
    """The image, one that is no series as a series of one."""
    part = case.get(which.series) or None
    if which.holds == PHASES:
        return read_phases(case[which.column], part)
    if which.holds == PICTURE:
        return PhaseSeries((read_picture(case[which.column]),))
    return PhaseSeries((read_image(case[which.column], series_uid=part),))


def _read_mask(case: dict[str, Any], which: CaseImage, image: Volume, may_be_empty: bool) -> Volume:
    roi = case.get(which.mask_roi) or None
    if which.holds == PICTURE:
        return read_picture_mask(case[which.mask], image, roi=roi)
    return read_mask(case[which.mask], image, roi=roi, may_be_empty=may_be_empty)


def _paths_at_fault(case: dict[str, Any], which: CaseImage) -> Iterator[tuple[str, str, str, str]]:
    for column in which.files:
        path = case.get(column) or ""
        if not path and column not in which.needed:
            continue
        if not path:
            yield column, "the path of a file or folder", "nothing", "Fill in the cell."
        elif not os.path.exists(path):
            yield column, "a file or folder", f"no {path}", _where_the_path_ends(path)
        elif os.path.isdir(path) and not os.listdir(path):
            yield column, "a folder with images", f"the empty folder {path}", ""


def _where_the_path_ends(path: str) -> str:
    if "\\" in path and os.sep == "/":
        return "Write the path with / instead of \\."
    parent = os.path.dirname(os.path.abspath(path))
    missing = os.path.basename(path)
    while not os.path.isdir(parent) and parent != os.path.dirname(parent):
        parent, missing = os.path.dirname(parent), os.path.basename(parent)
    return f"{parent} holds no {shown(missing)}. A relative path is counted from the folder of the sheet."


def _words_of(
    error: Exception, case: dict[str, Any], column: str, expected: str
) -> Iterator[tuple[str, str, str]]:
    if isinstance(error, FaultList):
        for fault in error.faults:
            yield expected, fault, error.remedy
    elif isinstance(error, InputError):
        where = "" if error.where == str(Path(case[column])) else f" ({error.where})"
        yield error.expected, f"{error.found}{where}", error.remedy
    elif isinstance(error, CaseError):
        yield expected, str(error), ""
    else:
        print(f"{case['patient']}, {column}:\n{calls(error)}")
        yield expected, "one that no reader can make out", "Open the file in a viewer; export it again."


def _geometry(image: Volume, which: CaseImage) -> dict[str, Any]:
    sizes = {f"size_{axis}": int(n) for axis, n in zip("xyz", image.size, strict=True)}
    if which.holds == PICTURE:  # pixels without a length
        return sizes
    spacings = {f"spacing_{axis}_mm": s for axis, s in zip("xyz", image.spacing, strict=True)}
    return sizes | spacings


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
) -> tuple[list[dict[str, Any]], dict[str, Record]]:
    """`check_images`, and path -> record of the content that it read, for the case's files with a label in `contents`.

    Raises
    ------
    FileChanged : a file was written while it was read.
    """
    columns = file_columns(from_settings(settings))
    paths = [case[column] for column in columns if case.get(column) in contents]
    with unwritten(paths) as stamps:
        checked = check_images(case, settings)
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
    """Check the cases of a batch on the job's threads; write a row an image, and what content was read."""
    from scripts.parallel import map_cases
    from scripts.tables import write_table, write_text

    check = functools.partial(check_and_record, settings=job.settings, contents=job.contents)
    checked = map_cases(check, job.cases, job.threads)
    records = [record for own, _ in checked for record in own]
    for record in records:
        record["log"] = str(job.log or "")
        for fault in record["faults"]:
            print(f"{record['patient']}: {fault.severity} {fault.column}: {fault.sentence()}")
    write_table(case_table(records), job.output.cases)
    write_text(records_text(one_record_each([read for _, read in checked])), job.output.contents)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
