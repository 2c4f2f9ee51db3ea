"""Probabilities of the subtypes of a cohort by a frozen network: of every epoch, and of every patient."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.tle_subtypes.names import SUBTYPES
from scripts.papers.tle_subtypes.recipe import builder
from scripts.tables import read_table, write_both
from scripts.training.apply_frozen import apply_frozen
from scripts.training.frozen import read_card
from scripts.workflow.job import Job


def by_patient(predictions: pd.DataFrame) -> pd.DataFrame:
    """patient, label, epochs, p_<class> (mean over the patient's epochs), predicted (the larger, of equals the first).

    Parameters
    ----------
    predictions : sample, patient, label, p_<class>.
    """
    columns = [f"p_{word}" for word in SUBTYPES]
    grouped = predictions.groupby("patient", sort=True)
    found = grouped[columns].mean().assign(label=grouped["label"].first(), epochs=grouped.size())
    largest = found[columns].to_numpy().argmax(axis=1)
    found["predicted"] = [SUBTYPES[place] for place in largest]
    return found.reset_index()[["patient", "label", "epochs", "predicted", *columns]]


def main(job: Job) -> None:
    """Rule predict_tle_subtypes; the epochs' shape is that of the network's card."""
    card = read_card(Path(job.input.card).parent)
    apply_frozen(job, builder(tuple(card["input"]["shape"])))
    write_both(by_patient(read_table(job.output.predictions_parquet)), job.output.patients)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
