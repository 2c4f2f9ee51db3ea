"""The paper's own signature, frozen as printed (five coefficients and a cut-off), on the patients of this run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.model.bundle import apply_bundle, read_bundle
from scripts.papers.crc_nomogram import evaluation
from scripts.papers.crc_nomogram.cohorts import COHORTS, of_cohort, with_features
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule validate_published."""
    features = read_table(job.input.features)
    clinical = with_features(read_table(job.input.clinical), features)
    scores = apply_bundle(read_bundle(job.input.model), features, clinical)
    everybody = evaluation.outcome_table(clinical, scores)
    months = [float(m) for m in job.settings["nomogram"]["months"]]
    replicates = job.settings["evaluation"]["n_bootstrap"]
    discrimination, groups, curves, at_risk = [], [], [], []
    for cohort in COHORTS:
        table = of_cohort(everybody, cohort)
        found = evaluation.discrimination_table(table, months, replicates, job.seed, f"published {cohort}")
        discrimination.append(found.assign(cohort=cohort))
        groups.append(evaluation.risk_group_table(table).assign(cohort=cohort))
        curves.append(evaluation.kaplan_meier_table(table).assign(cohort=cohort))
        at_risk.append(evaluation.at_risk(table).assign(cohort=cohort))
    write_both(scores, job.output.published_scores)
    write_both(pd.concat(discrimination, ignore_index=True), job.output.published_discrimination)
    write_both(pd.concat(groups, ignore_index=True), job.output.published_risk_groups)
    write_both(pd.concat(curves, ignore_index=True), job.output.published_kaplan_meier)
    write_both(pd.concat(at_risk, ignore_index=True), job.output.published_at_risk)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
