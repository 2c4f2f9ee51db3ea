"""A network of nmosd_ms trained on all patients and frozen: weights, card, ONNX."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.nmosd_ms.recipe import augment_of, build_with
from scripts.training.fold import Recipe
from scripts.training.freeze import freeze_model
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule freeze_model_nmosd_ms; `preparation` holds the card's preparation and compression."""
    freeze_model(job, Recipe(build_with(job.settings["preparation"]), augment=augment_of(job.settings)))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
