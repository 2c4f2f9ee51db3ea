"""Features of one kind of image of every patient of a batch: a visit's enhancement, or a map of the registration.

102 features: those of pyradiomics without the grey-tone difference matrix (Fan et al., Front Mol Biosci 2021; 8:622219,
Radiomic Features: 14 shape, 18 first order, 24 GLCM, 16 GLRLM, 16 GLSZM, 14 GLDM).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functools import partial
from typing import Any

from scripts.preprocess.case_batch import Done, done_cases, run_batch
from scripts.preprocess.files import load_volume
from scripts.radiomics.features import FEATURE_NAMES, complete_settings, extract_features
from scripts.tables import read_table, write_table
from scripts.volumes import Volume
from scripts.workflow.job import Job

STEP = "extract_image_features"
IMAGE_FEATURES = tuple(name for name in FEATURE_NAMES if "_ngtdm_" not in name)


def load_image(case: dict[str, Any], volumes: str, what: str, masks: str) -> dict[str, Any]:
    """What `image_features` takes of one patient, from the folders of two steps."""
    patient = str(case["patient"])
    return {"image": load_volume(volumes, patient, what), "mask": load_volume(masks, patient, "mask")}


def image_features(image: Volume, mask: Volume, settings: dict[str, Any]) -> Done:
    """The 102 features of an image in a mask.

    Parameters
    ----------
    image : (z, y, x). mask : on its grid, 1 in the tumour.
    settings : see `scripts.radiomics.features.complete_settings`.

    Raises
    ------
    CaseError : see `scripts.radiomics.features.extract_features`.
    """
    return Done(extract_features(image, mask, settings, IMAGE_FEATURES))


def main(job: Job) -> None:
    """Extract one image of the patients who have it; settings: radiomics (its branch), what (kind of volume)."""
    table, failures = run_batch(
        done_cases(read_table(job.input.table)),
        partial(
            load_image, volumes=str(job.input.volumes), what=job.settings["what"], masks=str(job.input.masks)
        ),
        partial(image_features, settings=complete_settings(job.settings["radiomics"])),
        step=f"{STEP} ({job.wildcards.image})",
        columns=dict.fromkeys(IMAGE_FEATURES, "float64"),
        threads=job.threads,
        log=job.log or "",
    )
    write_table(table, job.output.features)
    write_table(failures, job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
