"""Pictures of a few cases with the outline of their masks, to be looked at before anything is believed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.unforeseen import calls
from scripts.errors import InputError
from scripts.report.figures.cases import ExampleSlice, draw_cases, largest_slice
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

VIEW_MM = 70.0


def example_slice(case: dict, records: dict[str, Record] | None = None) -> ExampleSlice:
    """The transverse slice with the largest mask area of one case (a dict, as batch rules get it).

    FileChanged where a file is not the one of `records` (path -> what the check read) any more.
    """
    with unwritten([case["image"], case["mask"]], records or {}):
        image = read_image(case["image"], case["image_series"] or None)
        mask = read_mask(case["mask"], image, roi=case["mask_roi"] or None)
    z = largest_slice(mask.array)
    # copies: a view would keep the whole volume of every example in memory
    return ExampleSlice(image.array[z].copy(), mask.array[z].copy(), image.spacing[:2], case["patient"])


def main(job: Job) -> None:
    """Rule picture_cases; a case that cannot be read is left to the check, which names it."""
    slices, records = [], read_records(job.input.contents)
    for case in job.cases:
        try:
            slices.append(example_slice(case, records))
        except FileChanged:
            raise
        except InputError as error:
            print(f"{case['patient']}: {error}")
        except Exception as error:
            print(f"{case['patient']}:\n{calls(error)}")
    with drawing(job.output.examples, PAGE_MM, 49.0) as figure:
        draw_cases(figure, slices, view_mm=VIEW_MM)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
