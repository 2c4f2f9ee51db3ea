"""A visit's corrected images -> common spacing, common intensity scale, and their difference, the enhancement."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functools import partial
from typing import Any

from scripts.preprocess.case_batch import Done, done_cases, run_batch
from scripts.preprocess.enhancement import subtraction
from scripts.preprocess.files import has_volume, load_volume
from scripts.preprocess.intensity import IntensitySettings, intensity_map
from scripts.preprocess.resampling import ResamplingSettings, resample_image, resample_mask
from scripts.preprocess.settings import settings_of
from scripts.tables import read_table, write_table
from scripts.volumes import Volume
from scripts.workflow.job import Job

STEP = "standardise_images"
ML = 1000.0  # mm3
MEASURES = {
    "voxels_x": "int64",
    "voxels_y": "int64",
    "voxels_z": "int64",
    "intensity_low": "float64",
    "intensity_high": "float64",
    "given_mask_ml": "float64",
}


def load_visit(case: dict[str, Any], folder: str) -> dict[str, Any]:
    """What `standardise_visit` takes of one patient, from the folder of correct_bias."""
    patient = str(case["patient"])
    mask = load_volume(folder, patient, "given_mask") if has_volume(folder, patient, "given_mask") else None
    return {
        "precontrast": load_volume(folder, patient, "precontrast"),
        "postcontrast": load_volume(folder, patient, "postcontrast"),
        "mask": mask,
    }


def standardise_visit(
    precontrast: Volume, postcontrast: Volume, mask: Volume | None, settings: dict[str, Any]
) -> Done:
    """Resample the images of a visit, put them on one intensity scale and subtract.

    The scale is measured on the resampled precontrast image and applied to both, so that their difference is on it too.

    Parameters
    ----------
    precontrast, postcontrast, mask : on one grid; the mask is 1 in the tumour, or None.
    settings : `resampling` (names of ResamplingSettings) and `intensity` (names of IntensitySettings).

    Returns
    -------
    Done. Volumes: precontrast, postcontrast, enhancement (float32) and given_mask where there is one, on one grid.
    Measures: voxels along x, y, z; the first and last point of the intensity map, in the unit of the corrected
    image; volume of the given mask in ml (missing without one).

    Raises
    ------
    CaseError : nothing to measure the scale in, or a mask that resampling loses. InputError : an impossible setting.
    """
    before = resample_image(precontrast, settings["resampling"])
    after = resample_image(postcontrast, settings["resampling"])
    scale = intensity_map(before, settings["intensity"])
    before, after = scale.apply(before), scale.apply(after)
    volumes = {"precontrast": before, "postcontrast": after, "enhancement": subtraction(after, before)}
    given_ml = float("nan")
    if mask is not None:
        resampled = resample_mask(mask, settings["resampling"])
        volumes["given_mask"] = resampled
        given_ml = int((resampled.array != 0).sum()) * resampled.voxel_volume_mm3 / ML
    measures = dict(zip(("voxels_x", "voxels_y", "voxels_z"), before.size, strict=True)) | {
        "intensity_low": scale.measured[0],
        "intensity_high": scale.measured[-1],
        "given_mask_ml": given_ml,
    }
    return Done(measures, volumes)


def main(job: Job) -> None:
    """Standardise the patients that correct_bias has done; settings: resampling, intensity."""
    settings = {
        "resampling": settings_of(ResamplingSettings, job.settings["resampling"], "resampling"),
        "intensity": settings_of(IntensitySettings, job.settings["intensity"], "intensity"),
    }
    table, failures = run_batch(
        done_cases(read_table(job.input.table)),
        partial(load_visit, folder=str(job.input.volumes)),
        partial(standardise_visit, settings=settings),
        step=f"{STEP} ({job.wildcards.visit})",
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
