"""Pictures of a few cases with the outline of their masks, to be looked at before anything is believed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from scripts.cohort.case_images import ONE_IMAGE, PHASES, PICTURE, CaseImage, from_settings
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.phase_faults import mean_intensities
from scripts.cohort.phases import read_phases
from scripts.cohort.pictures import read_picture, read_picture_mask
from scripts.cohort.unforeseen import calls
from scripts.errors import InputError
from scripts.report.figures.cases import ExampleSlice, draw_cases, largest_slice
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

VIEW_MM = 70.0
ROW_MM = 49.0
A_ROW = 4
SHOWN = (0.01, 0.995)  # quantiles of a slice between which its intensities are shown where they are no HU


def example_slice(
    case: dict,
    records: dict[str, Record] | None = None,
    which: CaseImage = ONE_IMAGE[0],
    modality: str = "CT",
) -> ExampleSlice:
    """The transverse slice with the largest mask area of one image of a case (a dict, as batch rules get it).

    Of a contrast series the brightest phase; without a mask the slice where it is brightest beyond the first phase.

    FileChanged where a file is not the one of `records` (path -> what the check read) any more.
    """
    mask_path = case.get(which.mask)
    with unwritten([path for path in (case[which.column], mask_path) if path], records or {}):
        image, gain = _shown(case, which)
        mask = np.zeros_like(image.array, bool)
        if mask_path:
            roi = case.get(which.mask_roi) or None
            if which.holds == PICTURE:
                mask = read_picture_mask(mask_path, image, roi=roi).array
            else:
                mask = read_mask(mask_path, image, roi=roi, may_be_empty=True).array
    z = largest_slice(mask) if mask.any() else int(np.argmax(gain.sum(axis=(1, 2))))
    title = case["patient"] + ("" if which.column == "image" else f", {which.column.replace('_', '-')}")
    # copies: a view would keep the whole volume of every example in memory
    shown = image.array[z].copy()
    window = None if modality == "CT" else tuple(map(float, np.quantile(shown, SHOWN)))
    spacing = None if which.holds == PICTURE else image.spacing[:2]
    return ExampleSlice(shown, mask[z].copy(), spacing, title, window)


def _shown(case: dict, which: CaseImage) -> tuple[Volume, np.ndarray]:
    """The volume of an image that a picture shows, and (z, y, x) by how much it is brighter than the first phase."""
    part = case.get(which.series) or None
    if which.holds == PICTURE:
        picture = read_picture(case[which.column])
        return picture, picture.array
    if which.holds != PHASES:
        image = read_image(case[which.column], part)
        return image, image.array
    volumes = read_phases(case[which.column], part).volumes
    brightest = volumes[int(np.argmax(mean_intensities(volumes, None)))]
    return brightest, np.subtract(brightest.array, volumes[0].array, dtype=np.float32)


def main(job: Job) -> None:
    """Rule picture_cases; a case that cannot be read is left to the check, which names it."""
    slices, records = [], read_records(job.input.contents)
    images = from_settings(job.settings)
    for case, which in ((case, which) for case in job.cases for which in images):
        try:
            slices.append(example_slice(case, records, which, job.settings["modality"]))
        except FileChanged:
            raise
        except InputError as error:
            print(f"{case['patient']}: {error}")
        except Exception as error:
            print(f"{case['patient']}:\n{calls(error)}")
    rows = max(1, -(-len(slices) // A_ROW))
    with drawing(job.output.examples, PAGE_MM, ROW_MM * rows) as figure:
        draw_cases(figure, slices, columns=A_ROW, view_mm=VIEW_MM)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
