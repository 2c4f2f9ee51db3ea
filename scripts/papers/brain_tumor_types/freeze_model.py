"""A classifier of brain_tumor_types trained on all slices and frozen: weights, card, ONNX."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.brain_tumor_types.training_parts import build, transform_of
from scripts.training.fold import Recipe
from scripts.training.freeze import freeze_model
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule freeze_model_brain_tumor_types."""
    freeze_model(job, Recipe(build, transform_of(job.settings["models"][job.wildcards.model])))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
