"""What training, freezing and predicting share: the network of a model for epochs of the cohort's shape."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scripts.papers.tle_subtypes.networks import build
from scripts.training.fold import Build, Recipe
from scripts.training.samples import SampleSource

if TYPE_CHECKING:
    from scripts.workflow.job import Job


def shape_of_samples(job: Job) -> tuple[int, ...]:
    """(1, sensors, samples) of the cohort's epochs, all of one shape by the settings of their preparation.

    Parameters
    ----------
    job : input samples (prepared/<batch>.safetensors, all) and table (samples.parquet).
    """
    source = SampleSource(job.input.samples, job.input.table)
    shape, _ = source.shape_and_dtype(str(source.table["sample"].iloc[0]))
    return shape


def builder(shape: tuple[int, ...]) -> Build:
    """How a model of the card is built for epochs of a shape."""
    return partial(build, shape=shape)


def recipe_of(job: Job) -> Recipe:
    """The recipe of a job that trains: no augmentation, and samples as they were prepared."""
    return Recipe(builder(shape_of_samples(job)))
