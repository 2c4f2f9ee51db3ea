"""Score every patient with a frozen model: rad-score, risk group, disease-free survival at the model's horizons."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.model.bundle import apply_bundle, read_bundle
from scripts.papers.crc_nomogram.cohorts import with_features
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rules apply_model and predict: bundle, features and clinical table in, a row of scores a patient out."""
    features = read_table(job.input.features)
    clinical = with_features(read_table(job.input.clinical), features)
    extracted_with = read_json(job.input.extraction)["radiomics"]
    scores = apply_bundle(read_bundle(job.input.model), features, clinical, extracted_with)
    write_both(scores, job.output[0])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
