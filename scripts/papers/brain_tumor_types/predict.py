"""Probabilities of the tumour types of a cohort's slices by a frozen network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.brain_tumor_types.training_parts import build, transform_of
from scripts.training.apply_frozen import apply_frozen
from scripts.training.frozen import read_card
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule predict_brain_tumor_types; the input's size and scale are those of the network's card."""
    card = read_card(Path(job.input.card).parent)
    apply_frozen(job, build, transform_of(card["network"]["settings"]))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
