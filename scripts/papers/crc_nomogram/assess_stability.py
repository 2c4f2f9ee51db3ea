"""Stability of the signature: the whole fit on bootstrap samples of the primary cohort (beyond the paper)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from dataclasses import asdict

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import join_features, training_cohort
from scripts.papers.crc_nomogram.fit_model import fit_signature_of
from scripts.seeds import generator
from scripts.survival.signature import SignatureSettings
from scripts.survival.stability import bootstrap_signature
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule assess_stability."""
    features = read_table(job.input.features)
    training = training_cohort(read_table(job.input.clinical), features)
    settings = SignatureSettings.from_dict(job.settings["signature"])
    signature = fit_signature_of(features, training, settings, job.seed)
    stability = bootstrap_signature(
        join_features(features, training),
        training["dfs_months"],
        training["recurrence"],
        signature,
        settings,
        job.settings["stability"]["n_bootstrap"],
        generator(job.seed, "assess_stability"),
        threads=job.threads,
    )
    write_both(stability.table, job.output.stability)
    summary = pd.DataFrame([{**asdict(stability.index), "n_first_entered": stability.n_first_entered}])
    write_both(summary, job.output.stability_summary)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
