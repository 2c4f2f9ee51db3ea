"""Pictures and masks of a batch -> 8-bit squares of one size, and what the sheet says of each.

The only step that reads the user's images. Whose slice it is stands in the table as the sheet has it; `name_patients`
fills in the guessed ones.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.pictures import read_picture, read_picture_mask
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.parallel import map_cases
from scripts.preprocess.case_batch import FAILURES, Done, Outcome, Unreadable, run_case
from scripts.tables import read_table, write_table, write_whole
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "prepare_images"
COLUMNS = {
    "sample": "string",
    "subject": "string",
    "label": "string",
    "number": "Int64",
    "mask_share": "float64",
    "height": "int64",
    "width": "int64",
}


def eight_bits(picture: NDArray) -> NDArray:
    """(y, x) uint8: 8-bit pictures as they are, others from their least to their largest value spread over 0 to 255."""
    if picture.dtype == np.uint8:
        return picture
    low, high = float(picture.min()), float(picture.max())
    return np.rint((picture.astype(float) - low) * (255 / (high - low))).astype(np.uint8)


def squared(picture: NDArray, size: int, resample: Image.Resampling) -> NDArray:
    """(size, size): the picture scaled until its longer side fits, in the middle of zeros; equal shapes stay equal."""
    rows, columns = picture.shape
    scale = size / max(rows, columns)
    fitted = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    scaled = np.asarray(Image.fromarray(picture).resize(fitted, resample))
    top, left = (size - scaled.shape[0]) // 2, (size - scaled.shape[1]) // 2
    made = np.zeros((size, size), picture.dtype)
    made[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return made


def prepare_picture(picture: NDArray, mask: NDArray | None, size: int) -> dict[str, Any]:
    """One slice as the networks' samples have it.

    Parameters
    ----------
    picture : (y, x) grey values. mask : (y, x) 0 and 1 on the same pixels, or None. size : pixels on a side.

    Returns
    -------
    dict: `picture` (1, size, size) uint8; `mask` (size, size) uint8 or None; `mask_share` of the prepared pixels (NaN
    without a mask); `height`, `width` of the original.

    Raises
    ------
    CaseError : one value in every pixel; a mask that vanishes at this size.
    """
    if picture.min() == picture.max():
        raise CaseError(f"expected a picture, found the value {picture.min():g} in every pixel")
    made = squared(eight_bits(picture), size, Image.Resampling.BILINEAR)
    small = None if mask is None else squared(mask.astype(np.uint8), size, Image.Resampling.NEAREST)
    if small is not None and not small.any():
        raise CaseError(f"expected a tumour of at least a pixel at {size} x {size}, found none")
    share = float("nan") if small is None else float(small.mean())
    height, width = picture.shape
    return {"picture": made[None], "mask": small, "mask_share": share, "height": height, "width": width}


def prepare_case(
    case: dict[str, Any],
    image: CaseImage,
    size: int,
    records: Mapping[str, Record] = MappingProxyType({}),
) -> Done:
    """Read one slice of a case and prepare it; `measures` hold what `prepare_picture` gives.

    Raises
    ------
    CaseError, InputError : what keeps it from being read, in words. FileChanged : a file is not what the check read.
    """
    mask_path = case.get(image.mask) or ""
    try:
        with unwritten([p for p in (case[image.column], mask_path) if p], records):
            picture = read_picture(case[image.column])
            mask = None
            if mask_path:
                roi = case.get(image.mask_roi) or None
                mask = read_picture_mask(mask_path, picture, roi=roi).array[0]
    except (FileChanged, MemoryError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable(f"{image.column}: the picture or the mask could not be read", calls(error)) from None
    return Done(prepare_picture(picture.array[0], mask, size))


def _inputs(case: dict[str, Any], image: CaseImage, size: int, records: dict[str, Record]) -> dict[str, Any]:
    return {"case": case, "image": image, "size": size, "records": records}


def tensors_of(outcomes: list[Outcome]) -> dict[str, NDArray]:
    """Sample -> (1, y, x), and `<sample>/mask` -> (y, x), of the slices that were prepared."""
    found = {}
    for outcome in outcomes:
        if outcome.measures is not None:
            found[outcome.patient] = outcome.measures["picture"]
            if outcome.measures["mask"] is not None:
                found[f"{outcome.patient}/mask"] = outcome.measures["mask"]
    return found


def slice_table(outcomes: list[Outcome], clinical: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS of the prepared slices, in their order; `subject` is missing where the sheet names none.

    Parameters
    ----------
    clinical : patient (the row), subject, number, tumour_type.
    """
    said = clinical.set_index("patient")
    rows = []
    for outcome in outcomes:
        if outcome.measures is None:
            continue
        row = said.loc[outcome.patient]
        number = row["number"]
        rows.append(
            {
                "sample": outcome.patient,
                "subject": row["subject"] if isinstance(row["subject"], str) else None,
                "label": row["tumour_type"],
                "number": None if number != number else int(number),
                **{name: outcome.measures[name] for name in ("mask_share", "height", "width")},
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def main(job: Job) -> None:
    """Prepare the batch's admissible slices; settings: images (the sheet's columns), preparation.size."""
    (image,) = from_settings(job.settings)
    work = partial(
        run_case,
        load=partial(
            _inputs,
            image=image,
            size=job.settings["preparation"]["size"],
            records=dict(read_records(job.input.contents)),
        ),
        compute=prepare_case,
        folder=None,
    )
    clinical = read_table(job.input.clinical)
    cases = admissible(job.cases, read_table(job.input.checked))
    outcomes = map_cases(work, cases, job.threads)
    for outcome in outcomes:
        if text := "\n".join(filter(None, [outcome.cause, outcome.story])):
            print(f"{outcome.patient}: {text}")
    failed = [(o.patient, STEP, o.cause, str(job.log or "")) for o in outcomes if o.measures is None]
    tensors = tensors_of(outcomes)
    write_whole(job.output.samples, lambda path: save_file(tensors, path))
    write_table(slice_table(outcomes, clinical), job.output.slices)
    write_table(pd.DataFrame(failed, columns=list(FAILURES)), job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
