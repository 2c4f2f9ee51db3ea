"""Intensity and texture features of the slice that the networks see, in the tumour's outline, by pyradiomics.

Discussion, paragraph 1: 'well-known handcrafted MRI features, including the intensity and textural features'. 18 first
order and 75 texture features of the 8-bit slice; no shape features, for the networks' square has lost the shape in mm.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial
from typing import Any

import numpy as np
from safetensors import safe_open

from scripts.papers.glioma_grading.prepare_images import OUTLINE, SLICE
from scripts.preprocess.case_batch import Done, run_batch
from scripts.radiomics.features import FEATURE_NAMES, complete_settings, extract_features
from scripts.tables import read_table, write_table
from scripts.volumes import Volume
from scripts.workflow.job import Job

STEP = "extract_handcrafted"
HANDCRAFTED = tuple(name for name in FEATURE_NAMES if "_shape_" not in name)


def load_slice(case: dict[str, Any], slices: str) -> dict[str, Any]:
    """The 8-bit slice and outline of a sample as volumes of one slice.

    Parameters
    ----------
    case : a row of the samples' table. slices : the file with `<sample>/slice` and `<sample>/outline`.
    """
    spacing = (float(case["pixel_x_mm"]), float(case["pixel_y_mm"]), 1.0)
    with safe_open(slices, framework="np") as file:
        grey, outline = (file.get_tensor(f"{case['sample']}{end}")[None] for end in (SLICE, OUTLINE))
    return {"grey": Volume(grey.astype(np.int16), spacing), "outline": Volume(outline, spacing)}


def slice_features(grey: Volume, outline: Volume, settings: dict[str, Any]) -> Done:
    """HANDCRAFTED of one slice (see `scripts.radiomics.features.extract_features`, also for what it raises)."""
    return Done(extract_features(grey, outline, settings, HANDCRAFTED))


def main(job: Job) -> None:
    """Rule extract_handcrafted; settings: handcrafted.bin_width (grey levels)."""
    settings = {
        "bin_width": job.settings["handcrafted"]["bin_width"],
        "in_plane": True,
        "minimum_dimensions": 2,
    }
    table, failures = run_batch(
        read_table(job.input.table).to_dict("records"),
        partial(load_slice, slices=str(job.input.slices)),
        partial(slice_features, settings=complete_settings(settings)),
        step=STEP,
        columns=dict.fromkeys(HANDCRAFTED, "float64"),
        threads=job.threads,
        log=job.log or "",
    )
    write_table(table, job.output.features)
    write_table(failures, job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
