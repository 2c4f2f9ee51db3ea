"""Evaluate the frozen model in both cohorts: Figures 2 to 4, Table 2, and the measures beyond the paper.

The primary cohort's figures are apparent ones (the model was fitted there), except the bootstrap-corrected
calibration; the validation cohort's are of patients whom no fit has seen.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.model.bundle import nomogram_fit, read_bundle
from scripts.papers.crc_nomogram import evaluation
from scripts.papers.crc_nomogram.cohorts import COHORTS, of_cohort
from scripts.seeds import generator
from scripts.survival.calibration import bootstrap_calibration
from scripts.survival.cox import baseline_survival, fit_cox, proportional_hazards_test, survival_at
from scripts.survival.nomogram_covariates import covariate_values
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def stage_only_risk(primary: pd.DataFrame, others: pd.DataFrame, months: float) -> np.ndarray:
    """Probability of recurrence by `months` from TNM stage alone: a Cox model of `primary`, applied to `others`."""
    time, event = evaluation.outcome(primary)
    stage = primary[["tnm_stage"]].astype(float)
    fit = fit_cox(stage, time, event)
    baseline = baseline_survival(fit, stage, time, event)
    predictor = fit.linear_predictor(others[["tnm_stage"]].astype(float))
    return 1 - survival_at(baseline, predictor, months)


def covariates_of(bundle: dict, table: pd.DataFrame) -> pd.DataFrame:
    """The nomogram's covariates for the patients of an outcome table."""
    names = nomogram_fit(bundle).covariates
    return covariate_values(names, table["rad_score"], table["risk_group"], table["tnm_stage"])


def evaluate(
    tables: dict[str, pd.DataFrame], bundle: dict, settings: dict, seed: int
) -> dict[str, pd.DataFrame]:
    """Every evaluation table by name, each with a column `cohort`.

    Parameters
    ----------
    tables : outcome table of each cohort (see `evaluation`).
    settings : branches tables, nomogram and evaluation of the paper's parameters.
    """
    options, months = settings["evaluation"], [float(m) for m in settings["nomogram"]["months"]]
    horizon, replicates = max(months), options["n_bootstrap"]
    found: dict[str, list[pd.DataFrame]] = {}

    def keep(name: str, cohort: str, table: pd.DataFrame) -> None:
        found.setdefault(name, []).append(table.assign(cohort=cohort))

    for cohort, table in tables.items():
        keep("risk_groups", cohort, evaluation.risk_group_table(table))
        keep("kaplan_meier", cohort, evaluation.kaplan_meier_table(table))
        keep("at_risk", cohort, evaluation.at_risk(table))
        keep(
            "table2",
            cohort,
            evaluation.cox_table(
                table, settings["tables"]["alpha"], settings["tables"]["multivariable_entry"]
            ),
        )
        table = evaluation.staged(table)
        keep(
            "discrimination", cohort, evaluation.discrimination_table(table, months, replicates, seed, cohort)
        )
        keep("roc", cohort, evaluation.roc_table(table, horizon, options["roc_method"]))
        keep(
            "auc_comparison",
            cohort,
            evaluation.comparison_table(table, horizon, options["roc_method"], replicates, seed, cohort),
        )
        keep("calibration", cohort, _calibration(cohort, table, bundle, months, options, seed))
        keep("calibration_slopes", cohort, evaluation.slope_table(table))
        decision_months = float(options["decision_months"])
        stage_risk = stage_only_risk(evaluation.staged(tables["primary"]), table, decision_months)
        keep("decision_curve", cohort, evaluation.decision_table(table, decision_months, stage_risk))
        keep("proportional_hazards", cohort, _proportional_hazards(bundle, table))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def _calibration(
    cohort: str, table: pd.DataFrame, bundle: dict, months: list[float], options: dict, seed: int
) -> pd.DataFrame:
    """Validation: predictions as they are. Primary: corrected for optimism by bootstrap, as rms' calibrate does."""
    if cohort != "primary":
        return evaluation.calibration_tables(table, months, options["calibration_groups"])
    time, event = evaluation.outcome(table)
    covariates = covariates_of(bundle, table)
    return pd.concat(
        [
            bootstrap_calibration(
                covariates, time, event, m, options["calibration_groups"], options["n_bootstrap"],
                generator(seed, "calibration", str(m)),
            ).assign(months=m)
            for m in months
        ],
        ignore_index=True,
    )  # fmt: skip


def _proportional_hazards(bundle: dict, table: pd.DataFrame) -> pd.DataFrame:
    """Score test of proportional hazards of the nomogram's covariates, refitted in the cohort."""
    time, event = evaluation.outcome(table)
    covariates = covariates_of(bundle, table)
    return proportional_hazards_test(fit_cox(covariates, time, event), covariates, time, event)


def main(job: Job) -> None:
    """Rule evaluate_model."""
    clinical, scores = read_table(job.input.clinical), read_table(job.input.scores)
    everybody = evaluation.outcome_table(clinical, scores)
    tables = {cohort: of_cohort(everybody, cohort) for cohort in COHORTS}
    for name, table in evaluate(tables, read_bundle(job.input.model), job.settings, job.seed).items():
        write_both(table, job.output[name])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
