"""A visit's enhancement -> the tumour's mask: the given one, or that of spatial fuzzy C-means; how the two agree."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functools import partial
from typing import Any

import numpy as np

from scripts.errors import CaseError
from scripts.preprocess.case_batch import Done, done_cases, run_batch
from scripts.preprocess.files import has_volume, load_volume
from scripts.preprocess.region import body_of
from scripts.preprocess.settings import settings_of
from scripts.preprocess.tumour_mask import SegmentationSettings, dice, segment_tumour
from scripts.tables import read_table, write_table
from scripts.volumes import Volume
from scripts.workflow.job import Job

STEP = "segment_tumours"
GIVEN, FUZZY = "given", "fuzzy"
ML = 1000.0  # mm3
MEASURES = {
    "mask_source": "object",
    "volume_ml": "float64",
    "fuzzy_volume_ml": "float64",
    "dice_fuzzy_given": "float64",
}


def load_visit(case: dict[str, Any], folder: str) -> dict[str, Any]:
    """What `mask_tumour` takes of one patient, from the folder of standardise_images."""
    patient = str(case["patient"])
    given = load_volume(folder, patient, "given_mask") if has_volume(folder, patient, "given_mask") else None
    return {
        "enhancement": load_volume(folder, patient, "enhancement"),
        "precontrast": load_volume(folder, patient, "precontrast"),
        "given": given,
    }


def mask_tumour(
    enhancement: Volume, precontrast: Volume, given: Volume | None, settings: SegmentationSettings
) -> Done:
    """The mask of a visit's tumour; where one is given, how well fuzzy C-means would have found it.

    Fuzzy C-means works inside the body, as the precontrast image shows it, and is never told where the given mask is.
    Where it fails beside a given mask that is used, that is a missing Dice coefficient and no failure of the patient.

    Parameters
    ----------
    enhancement, precontrast : on one grid. given : 1 in the tumour, on the same grid, or None.

    Returns
    -------
    Done. Volume: mask (uint8). Measures: which one it is (`given` or `fuzzy`), its volume, that of fuzzy C-means,
    both in ml, and Dice's coefficient of the two (missing where there are not both).

    Raises
    ------
    CaseError : fuzzy C-means finds no tumour and no given mask is to be used.
    """
    use_given = given is not None and settings.source != FUZZY
    remark = ""
    try:
        body = precontrast.with_array(body_of(precontrast).astype(np.uint8))
        fuzzy = segment_tumour(enhancement, settings, region=body)
    except CaseError as error:
        if not use_given:
            raise
        fuzzy, remark = None, f"fuzzy C-means beside the given mask: {error}"
    mask = given if use_given else fuzzy
    both = given is not None and fuzzy is not None
    measures = {
        "mask_source": GIVEN if use_given else FUZZY,
        "volume_ml": _volume_ml(mask),
        "fuzzy_volume_ml": _volume_ml(fuzzy),
        "dice_fuzzy_given": dice(fuzzy, given) if both else float("nan"),
    }
    return Done(measures, {"mask": mask.with_array((mask.array != 0).astype(np.uint8))}, remark=remark)


def _volume_ml(mask: Volume | None) -> float:
    return float("nan") if mask is None else int((mask.array != 0).sum()) * mask.voxel_volume_mm3 / ML


def main(job: Job) -> None:
    """Segment the patients that standardise_images has done; settings: segmentation."""
    settings = settings_of(SegmentationSettings, job.settings["segmentation"], "segmentation")
    table, failures = run_batch(
        done_cases(read_table(job.input.table)),
        partial(load_visit, folder=str(job.input.volumes)),
        partial(mask_tumour, settings=settings),
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
