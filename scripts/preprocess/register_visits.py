"""Two visits of a patient -> the later one on the grid of the first, and the Jacobian map (volume after / before)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functools import partial
from typing import Any

import numpy as np

from scripts.preprocess.case_batch import Done, done_cases, run_batch
from scripts.preprocess.files import load_volume
from scripts.preprocess.registration import RegistrationSettings, register
from scripts.preprocess.resampling import on_grid_of
from scripts.preprocess.settings import expect, settings_of
from scripts.preprocess.tumour_mask import dice
from scripts.tables import read_table, write_table
from scripts.volumes import Volume
from scripts.workflow.job import Job

STEP = "register_visits"
ML = 1000.0  # mm3
IMAGES = ("postcontrast", "precontrast", "enhancement")
FOUND = (  # of the measures of a registration
    "similarity_before", "similarity_rigid", "similarity_after", "smallest_jacobian", "largest_jacobian",
    "jacobian_in_tumour", "rotation_degrees", "translation_mm", "largest_displacement_mm",
)  # fmt: skip
COUNTED = ("n_nonpositive", "n_nonpositive_unrepaired", "n_repairs", "n_iterations")
MEASURES = (
    dict.fromkeys(COUNTED, "int64")
    | dict.fromkeys(FOUND, "float64")
    | dict.fromkeys(("fixed_ml", "moving_ml", "dice_before", "dice_after"), "float64")
)


def load_pair(
    case: dict[str, Any], fixed: str, fixed_masks: str, moving: str, moving_masks: str
) -> dict[str, Any]:
    """What `register_pair` takes of one patient, from the folders of standardise_images and segment_tumours."""
    patient = str(case["patient"])
    kinds = ("precontrast", "postcontrast", "enhancement")
    return {
        "fixed": {what: load_volume(fixed, patient, what) for what in kinds},
        "fixed_mask": load_volume(fixed_masks, patient, "mask"),
        "moving": {what: load_volume(moving, patient, what) for what in kinds},
        "moving_mask": load_volume(moving_masks, patient, "mask"),
    }


def register_pair(
    fixed: dict[str, Volume],
    fixed_mask: Volume,
    moving: dict[str, Volume],
    moving_mask: Volume,
    image: str,
    settings: RegistrationSettings,
) -> Done:
    """Register one kind of image of the later visit to the first's, and bring the others along.

    Parameters
    ----------
    fixed, moving : precontrast, postcontrast and enhancement of the first and the later visit.
    fixed_mask, moving_mask : their tumours, 1 inside, on their grids.
    image : which kind is registered.

    Returns
    -------
    Done. Volumes on the first visit's grid: warped (the later enhancement), warped_postcontrast, warped_mask (uint8)
    and jacobian (float32, volume after / before); displacement with `keep_displacement`. Measures: those of `register`;
    the tumours' volumes in ml; Dice's coefficient of the tumours by the scanner's coordinates and after registration.

    Raises
    ------
    CaseError : the pair cannot be registered.
    """
    found = register(fixed[image], moving[image], settings, fixed_mask)
    inside = moving_mask.with_array((moving_mask.array != 0).astype(np.float32))
    warped_mask = _halves(found.warp(inside))
    volumes = {
        "warped": found.warp(moving["enhancement"]),
        "warped_postcontrast": found.warp(moving["postcontrast"]),
        "warped_mask": warped_mask,
        "jacobian": found.jacobian,
    }
    measures = {name: found.measures[name] for name in (*COUNTED, *FOUND)} | {
        "fixed_ml": _volume_ml(fixed_mask),
        "moving_ml": _volume_ml(moving_mask),
        "dice_before": dice(fixed_mask, _halves(on_grid_of(inside, fixed_mask))),
        "dice_after": dice(fixed_mask, warped_mask),
    }
    displacement = found.displacement() if settings.keep_displacement else None
    return Done(measures, volumes, displacement, f"registered in {found.seconds:.1f} s")


def _halves(share: Volume) -> Volume:
    return share.with_array((share.array >= 0.5).astype(np.uint8))


def _volume_ml(mask: Volume) -> float:
    return int((mask.array != 0).sum()) * mask.voxel_volume_mm3 / ML


def main(job: Job) -> None:
    """Register the patients who have masks of both visits; settings: registration (with `image`, see IMAGES)."""
    values = dict(job.settings["registration"])
    image = values.pop("image", IMAGES[0])
    expect(image in IMAGES, "registration.image", f"one of {', '.join(IMAGES)}", image)
    settings = settings_of(RegistrationSettings, values, "registration")
    folders = {
        name: str(getattr(job.input, name)) for name in ("fixed", "fixed_masks", "moving", "moving_masks")
    }
    table, failures = run_batch(
        done_cases(read_table(job.input.fixed_table), read_table(job.input.moving_table)),
        partial(load_pair, **folders),
        partial(register_pair, image=image, settings=settings),
        step=STEP,
        columns=MEASURES,
        folder=job.output.volumes,
        threads=job.threads,
        log=job.log or "",
    )
    write_table(table, job.output.table)
    write_table(failures, job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
