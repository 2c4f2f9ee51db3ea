"""T1CE volumes and tumour masks of a batch -> the pictures that the networks see, and the slices they come from.

The only step that reads the user's images.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.papers.glioma_grading.names import LABELS
from scripts.papers.glioma_grading.tumour_slice import (
    CropSettings,
    GreySettings,
    SliceSettings,
    choose_slice,
    crop_tumour,
)
from scripts.parallel import map_cases
from scripts.preprocess.case_batch import Done, Outcome, Unreadable, run_case, tables_of
from scripts.preprocess.settings import settings_of
from scripts.tables import read_table, write_table, write_whole
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "prepare_images"
KINDS = {"slice": SliceSettings, "intensity": GreySettings, "crop": CropSettings}
MEASURES = {
    "slice": "int64",
    "n_slices": "int64",
    "area_mm2": "float64",
    "enhancing_mm2": "float64",
    "pixel_x_mm": "float64",
    "pixel_y_mm": "float64",
}
SLICE, OUTLINE = "/slice", "/outline"  # endings of a sample's entries in the file of slices


def read_case(
    case: Mapping[str, Any], image: CaseImage, records: Mapping[str, Record] = MappingProxyType({})
) -> tuple[Volume, Volume]:
    """T1CE volume and tumour mask of a case, on one grid.

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
            volume = read_image(paths[0], case.get(image.series) or None)
            return volume, read_mask(paths[1], volume, roi=case.get(image.mask_roi) or None)
    except (FileChanged, MemoryError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable(f"{image.column}: the volume or its mask could not be read", calls(error)) from None


def prepare_case(
    case: Mapping[str, Any], image: CaseImage, settings: Mapping[str, Any], records: Mapping[str, Record]
) -> Done:
    """Read one case; its measures hold MEASURES and the arrays picture, grey and outline (see `tumour_slice`)."""
    volume, mask = read_case(case, image, records)
    chosen = choose_slice(volume, mask, settings["slice"], settings["intensity"])
    measures = {
        "slice": chosen.index,
        "n_slices": chosen.n_slices,
        "area_mm2": chosen.area_mm2,
        "enhancing_mm2": chosen.enhancing_mm2,
        "pixel_x_mm": chosen.spacing[0],
        "pixel_y_mm": chosen.spacing[1],
    }
    arrays = {
        "picture": crop_tumour(chosen, settings["crop"]),
        "grey": chosen.grey,
        "outline": chosen.outline,
    }
    return Done(measures | arrays)


def _inputs(case: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"case": case, **others}


def tensors_of(outcomes: Sequence[Outcome]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Sample -> (1, y, x) picture; `<sample>/slice`, `<sample>/outline` -> (y, x); of the prepared cases."""
    done = [o for o in outcomes if o.measures is not None]
    pictures = {o.patient: np.ascontiguousarray(o.measures["picture"][None]) for o in done}
    slices = {
        f"{o.patient}{end}": np.ascontiguousarray(o.measures[name])
        for o in done
        for name, end in (("grey", SLICE), ("outline", OUTLINE))
    }
    return pictures, slices


def labelled(table: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """A batch as samples: sample, patient (one each), label (missing where the grade is), MEASURES."""
    grades = pd.to_numeric(clinical.set_index("patient")["grade"])
    label = table["patient"].map(grades).map(LABELS).astype(object)
    found = table.assign(sample=table["patient"], label=label.where(label.notna(), None))
    return found[["sample", "patient", "label", *MEASURES]]


def main(job: Job) -> None:
    """Prepare the batch's admissible cases; settings: slice, intensity, crop, images (the columns of the sheet)."""
    settings = {name: settings_of(kind, job.settings[name], name) for name, kind in KINDS.items()}
    (image,) = from_settings(job.settings)
    load = partial(_inputs, image=image, settings=settings, records=dict(read_records(job.input.contents)))
    work = partial(run_case, load=load, compute=prepare_case, folder=None)
    cases = admissible(job.cases, read_table(job.input.checked))
    outcomes = map_cases(work, cases, job.threads)
    table, failures = tables_of(outcomes, step=STEP, columns=MEASURES, log=job.log or "")
    pictures, slices = tensors_of(outcomes)
    write_whole(job.output.samples, lambda path: save_file(pictures, path))
    write_whole(job.output.slices, lambda path: save_file(slices, path))
    write_table(labelled(table, read_table(job.input.clinical)), job.output.table)
    write_table(failures, job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
