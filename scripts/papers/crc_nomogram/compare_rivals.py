"""The nomogram and its rivals under the same nested cross-validation of the primary cohort, then once on the
validation cohort (beyond the paper)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import followed, join_features, of_cohort, with_features
from scripts.seeds import generator
from scripts.survival.nested_validation import compare_rivals
from scripts.survival.nomogram_covariates import covariate_names
from scripts.survival.rivals import SurvivalData, default_rivals
from scripts.survival.signature import SignatureSettings
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def survival_data(features: pd.DataFrame, clinical: pd.DataFrame, cohort: str) -> SurvivalData:
    """Patients of one cohort with follow-up and features."""
    members = of_cohort(followed(with_features(clinical, features)), cohort)
    return SurvivalData(
        join_features(features, members),
        members.set_index("patient"),
        members["dfs_months"].to_numpy(),
        members["recurrence"].to_numpy(),
    )


def main(job: Job) -> None:
    """Rule compare_rivals."""
    features, clinical = read_table(job.input.features), read_table(job.input.clinical)
    rivals = job.settings["rivals"]
    table = compare_rivals(
        default_rivals(
            SignatureSettings.from_dict(job.settings["signature"]),
            rivals["forest"],
            rivals["xgboost"],
            covariates=covariate_names(job.settings["nomogram"]),
        ),
        survival_data(features, clinical, "primary"),
        survival_data(features, clinical, "validation"),
        generator(job.seed, "compare_rivals"),
        n_folds=rivals["outer_folds"],
        n_repeats=rivals["repeats"],
        months=float(max(job.settings["nomogram"]["months"])),
        n_bootstrap=job.settings["evaluation"]["n_bootstrap"],
        threads=job.threads,
    )
    write_both(table, job.output.rivals)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
