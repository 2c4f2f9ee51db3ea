"""A network of tle_subtypes trained on all epochs of all patients and frozen: weights, card, ONNX."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.tle_subtypes.recipe import recipe_of
from scripts.preprocess.helmet import sensor_map
from scripts.tables import read_table
from scripts.training.freeze import freeze_model
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule freeze_model_tle_subtypes; input, too: sensors (tables)."""
    sensors = sensor_map([read_table(path) for path in job.input.sensors])["sensor"]
    freeze_model(job, recipe_of(job), list(sensors))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
