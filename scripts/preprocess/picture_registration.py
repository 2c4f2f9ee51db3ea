"""A picture of each registration of a batch, to be looked at; its file is named by the patient's stem."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functools import partial
from typing import Any

import numpy as np

from scripts.parallel import map_cases
from scripts.preprocess.case_batch import done_cases
from scripts.preprocess.files import file_stem, load_volume
from scripts.preprocess.resampling import on_grid_of
from scripts.report.figures.cases import largest_slice
from scripts.report.figures.registration import RegistrationSlice, draw_registrations
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.tables import read_table
from scripts.volumes import Volume
from scripts.workflow.job import Job

HEIGHT_MM = 45.0
VIEW_MM = 60.0  # side of the picture, or more where the tumour needs it
AROUND_MM = 10.0
FOLDERS = ("registered", "fixed", "fixed_masks", "moving", "moving_masks")


def view_of(mask: Volume) -> tuple[int, slice, slice]:
    """Slice z with the mask's largest area, and a square (y, x) about the mask there, cut at the image's border."""
    z = largest_slice(mask.array)
    ys, xs = np.nonzero(mask.array[z])
    boxes = []
    for found, step, count in zip((ys, xs), mask.spacing[1::-1], mask.array.shape[1:], strict=True):
        side = max(VIEW_MM, (found.max() - found.min()) * step + 2 * AROUND_MM)
        half, middle = side / 2 / step, (found.min() + found.max()) / 2
        boxes.append(slice(max(0, round(middle - half)), min(count, round(middle + half) + 1)))
    return z, *boxes


def registration_slice(case: dict[str, Any], folders: dict[str, str]) -> RegistrationSlice:
    """What is drawn of one registration.

    Parameters
    ----------
    case : a row of the table of register_visits.
    folders : FOLDERS -> where the volumes lie: of register_visits, and of standardise_images and segment_tumours of the
        first (fixed) and the later (moving) visit.
    """
    patient = str(case["patient"])
    mask = load_volume(folders["fixed_masks"], patient, "mask")
    view = view_of(mask)

    def seen(folder: str, what: str, elsewhere: bool = False) -> np.ndarray:
        volume = load_volume(folders[folder], patient, what)
        if elsewhere:
            volume = on_grid_of(volume, mask, outside=float(volume.array.min()))
        return volume.array[view].copy()  # a view would keep the whole volume of every case in memory

    note = (
        f"Dice {case['dice_before']:.2f}, {case['dice_after']:.2f} registered; local correlation "
        f"{case['similarity_before']:.2f}, {case['similarity_rigid']:.2f} rigid, {case['similarity_after']:.2f} "
        f"registered; {case['fixed_ml']:.1f} ml, then {case['moving_ml']:.1f} ml; mean Jacobian "
        f"{case['jacobian_in_tumour']:.2f}; {case['n_nonpositive']} voxels folded"
    )
    return RegistrationSlice(
        baseline=seen("fixed", "postcontrast"),
        follow_up=seen("moving", "postcontrast", elsewhere=True),
        registered=seen("registered", "warped_postcontrast"),
        jacobian=seen("registered", "jacobian"),
        mask=mask.array[view],
        follow_up_mask=seen("moving_masks", "mask", elsewhere=True) >= 0.5,
        registered_mask=seen("registered", "warped_mask"),
        spacing=mask.spacing[:2],
        title=patient,
        note=note,
    )


def picture_case(case: dict[str, Any], folders: dict[str, str], pictures: str) -> None:
    """Draw one registration into the folder `pictures`."""
    path = Path(pictures) / f"{file_stem(case['patient'])}.svg"
    with drawing(path, PAGE_MM, HEIGHT_MM) as figure:
        draw_registrations(figure, [registration_slice(case, folders)])


def main(job: Job) -> None:
    """Picture every registered patient of a batch."""
    folders = {name: str(getattr(job.input, name)) for name in FOLDERS}
    Path(job.output.pictures).mkdir(parents=True, exist_ok=True)
    work = partial(picture_case, folders=folders, pictures=str(job.output.pictures))
    map_cases(work, done_cases(read_table(job.input.table)), job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
