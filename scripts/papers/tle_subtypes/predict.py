"""Probabilities of the subtypes of a cohort by a frozen network: of every epoch, and of every patient."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.evaluation.patient_calls import calls_by_patient
from scripts.papers.tle_subtypes.names import SUBTYPES
from scripts.papers.tle_subtypes.recipe import builder
from scripts.preprocess.helmet import sensor_map
from scripts.tables import read_table, write_both
from scripts.training.apply_frozen import apply_frozen, require_same_rows
from scripts.training.frozen import read_card
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule predict_tle_subtypes; the epochs' shape and sensors are those of the network's card. Input, too: sensors
    (tables)."""
    card = read_card(Path(job.input.card).parent)
    require_same_rows(card, list(sensor_map([read_table(path) for path in job.input.sensors])["sensor"]))
    apply_frozen(job, builder(tuple(card["input"]["shape"])))
    patients = calls_by_patient(read_table(job.output.predictions_parquet), SUBTYPES)
    write_both(patients.rename(columns={"samples": "epochs"}), job.output.patients)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
