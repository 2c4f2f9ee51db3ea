"""FLAIR volumes and lesion masks of a batch -> the cubes that the networks see, one tensor a patient."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd
import torch
from safetensors.numpy import save_file

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.papers.nmosd_ms.lesion_maps import PreparationSettings, prepare
from scripts.parallel import map_cases
from scripts.preprocess.case_batch import Done, Unreadable, run_case, tables_of
from scripts.preprocess.settings import settings_of
from scripts.tables import read_table, write_table, write_text, write_whole
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "prepare_images"
MEASURES = {
    "lesion_ml": "float64",
    "n_lesions": "int64",
    "resized_ml": "float64",
    "outside": "float64",
    "box_x_mm": "float64",
    "box_y_mm": "float64",
    "box_z_mm": "float64",
}


def read_case(
    case: Mapping[str, Any], image: CaseImage, records: Mapping[str, Record] = MappingProxyType({})
) -> tuple[Volume, Volume]:
    """FLAIR volume and lesion mask of a case, on one grid.

    Parameters
    ----------
    case : `patient` and the cells of the sheet. image : its columns. records : path -> the content that the check read.

    Raises
    ------
    CaseError, InputError : what keeps them from being read, in words.
    FileChanged : a file is not what the check read, or was written meanwhile.
    """
    paths = [case[column] for column in image.files]
    try:
        with unwritten(paths, records):
            flair = read_image(paths[0], case.get(image.series) or None)
            return flair, read_mask(paths[1], flair, roi=case.get(image.mask_roi) or None)
    except (FileChanged, MemoryError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable(
            f"{image.column}: the volume or its lesions could not be read", calls(error)
        ) from None


def prepare_case(
    case: Mapping[str, Any], image: CaseImage, settings: PreparationSettings, records: Mapping[str, Record]
) -> Done:
    """Read one case and prepare it; the cube is the measure `image`."""
    torch.set_num_threads(1)  # cases run side by side
    prepared = prepare(*read_case(case, image, records), settings)
    return Done({**prepared.measures, "image": prepared.image})


def _inputs(case: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"case": case, **others}


def labels_of(table: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """The table of a batch as samples, one a patient: sample, patient, label (missing where unknown), measures."""
    known = clinical.set_index("patient")["disease"]
    label = table["patient"].map(known).astype(object)
    found = table.assign(sample=table["patient"], label=label)
    return found[["sample", "patient", "label", *MEASURES]]


def main(job: Job) -> None:
    """Prepare the batch's admissible cases; settings: preparation, images (the columns of the sheet)."""
    settings = settings_of(PreparationSettings, job.settings["preparation"], "preparation")
    (image,) = from_settings(job.settings)
    load = partial(_inputs, image=image, settings=settings, records=dict(read_records(job.input.contents)))
    work = partial(run_case, load=load, compute=prepare_case, folder=None)
    cases = admissible(job.cases, read_table(job.input.checked))
    outcomes = map_cases(work, cases, job.threads)
    images = {o.patient: o.measures["image"] for o in outcomes if o.measures is not None}
    table, failures = tables_of(outcomes, step=STEP, columns=MEASURES, log=job.log or "")
    write_whole(job.output.samples, lambda path: save_file(images, path))
    write_table(labels_of(table, read_table(job.input.clinical)), job.output.table)
    write_table(failures, job.output.failures)
    write_text(job.made_from, job.output.made_from)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
