"""The frozen score on a cohort: score, probability and call of each patient; against the groups where they are
known.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd

from scripts.model.logistic_bundle import apply_logistic_bundle, read_logistic_bundle
from scripts.papers.covid_ct.combined_score import feature_values
from scripts.papers.covid_ct.names import GROUPS
from scripts.statistics.binary_performance import diagnostic_performance
from scripts.statistics.intervals import wilson_interval
from scripts.statistics.roc import area_interval, roc_curve
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

MEASURES = ("auc", "sensitivity", "specificity", "ppv", "npv", "accuracy", "mean_probability", "share_covid")


def performance_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """How well the score tells the groups apart: measure, n, estimate, ci_low, ci_high; no row where a group is
    lacking.

    Parameters
    ----------
    predictions : group (missing where unknown), score, probability, predicted.

    Area by DeLong, proportions by Wilson. `mean_probability` beside `share_covid` is calibration in the large.
    """
    known = predictions[predictions["group"].isin(GROUPS)]
    y = (known["group"] == "covid").to_numpy(int)
    if min(y.sum(), len(y) - y.sum()) == 0:
        return pd.DataFrame(columns=["measure", "n", "estimate", "ci_low", "ci_high"])
    called = known["predicted"].to_numpy(int)
    auc = area_interval(y, known["score"].to_numpy(float))
    rows: list[tuple[Any, ...]] = [("auc", len(y), auc.estimate, auc.ci_low, auc.ci_high)]
    for name, found in diagnostic_performance(y, called).items():
        rows.append((name, len(y), found.estimate, found.ci_low, found.ci_high))
    right, share = wilson_interval(int((called == y).sum()), len(y)), wilson_interval(int(y.sum()), len(y))
    rows.append(("accuracy", len(y), right.estimate, right.ci_low, right.ci_high))
    rows.append(("mean_probability", len(y), float(known["probability"].mean()), np.nan, np.nan))
    rows.append(("share_covid", len(y), share.estimate, share.ci_low, share.ci_high))
    return pd.DataFrame(rows, columns=["measure", "n", "estimate", "ci_low", "ci_high"])


def main(job: Job) -> None:
    """Rule predict: bundle, clinical table and measures in; predictions, performance and ROC curve out."""
    bundle = read_logistic_bundle(job.input.model)
    clinical, measures = read_table(job.input.clinical), read_table(job.input.measures)
    table = clinical.merge(measures, on="patient", how="inner", validate="one_to_one")
    values = feature_values(table, bundle["features"])
    scored = apply_logistic_bundle(bundle, values, {"measurement": job.settings["measurement"]})
    group = table["group"] if "group" in table else pd.Series(None, index=table.index, dtype=object)
    predictions = scored.assign(group=group.to_numpy())
    write_both(predictions, job.output.predictions)
    performance = performance_of(predictions)
    write_both(performance, job.output.performance)
    known = predictions[predictions["group"].isin(GROUPS)]
    curve = pd.DataFrame(columns=["threshold", "false_positive_rate", "true_positive_rate"], dtype=float)
    if len(performance):
        curve = roc_curve((known["group"] == "covid").to_numpy(int), known["score"].to_numpy(float))
    write_both(curve.replace({np.inf: np.nan, -np.inf: np.nan}), job.output.roc)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
