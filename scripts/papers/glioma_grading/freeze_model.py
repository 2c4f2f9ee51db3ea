"""A network of glioma_grading trained on all patients and frozen: weights, card, ONNX."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.glioma_grading.networks import build, expansion, transform
from scripts.training.fold import Recipe
from scripts.training.freeze import freeze_model
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule freeze_model_glioma_grading; settings beside those of `freeze_model`: augmentation (sign)."""
    model = job.settings["models"][job.wildcards.model]
    expand, copies = expansion(model["augmentation"], job.settings["augmentation"]["sign"])
    freeze_model(job, Recipe(build, transform, expand=expand, copies=copies))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
