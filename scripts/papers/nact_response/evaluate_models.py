"""Table 3, the curves of Figure 7, and DeLong's tests between all models, in each cohort.

The development set's figures are apparent ones, of patients whom the models were fitted on (the table cross_validation
has the honest ones). The paper takes sensitivity and specificity at Youden's point of the testing set's own curve,
where they are the best that the testing set can show; the table `performance` takes the cut-off that the development
set fixed, and `performance_own_cutoff` the paper's.

Other patients than those of the study (`pooled`) are one cohort, whatever their sheet calls them: nothing was fitted on
any of them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from itertools import combinations

import numpy as np
import pandas as pd

from scripts.model.svm_bundle import read_svm_bundle
from scripts.papers.nact_response.cohorts import FEWEST_OF_A_CLASS, FULL_MODEL, POOLED
from scripts.papers.nact_response.feature_sets import MODELS
from scripts.statistics.binary_performance import diagnostic_performance
from scripts.statistics.roc import area_difference, area_interval, roc_curve, youden_cutoff
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

MEASURES = ("sensitivity", "specificity", "ppv", "npv")
PERFORMANCE = (
    "model", "cohort", "n", "n_responders", "auc", "auc_lower", "auc_upper", "auc_se", "p_value", "cutoff",
    *(f"{name}{limit}" for name in MEASURES for limit in ("", "_lower", "_upper")),
)  # fmt: skip
CURVE = ("model", "cohort", "false_positive_rate", "true_positive_rate", "threshold")
COMPARISON = ("cohort", "model_a", "model_b", "difference", "lower", "upper", "z", "p_value")


def scores_by_cohort(
    predictions: pd.DataFrame, fewest: int = 1
) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Cohort -> classes of its patients with a known response, and their scores by each model.

    A cohort with fewer than `fewest` patients of a class is left out; without both classes it has no curve.
    """
    found = {}
    known = predictions[predictions["response"].notna()]
    for cohort, part in known.groupby("cohort", sort=False):
        wide = part.pivot(index="patient", columns="model", values="score")
        y = (
            part.drop_duplicates("patient")
            .set_index("patient")["response"]
            .loc[wide.index]
            .to_numpy(dtype=int)
        )
        fewer = min(y.sum(), len(y) - y.sum())
        if fewer >= fewest:
            found[str(cohort)] = y, {model: wide[model].to_numpy() for model in MODELS if model in wide}
        else:
            what = f"fewer than {fewest}" if fewer else "missing"
            print(f"{cohort}: responders or nonresponders are {what}, so there is no curve")
    return found


def performance_row(
    model: str, y: np.ndarray, scores: dict[str, np.ndarray], cutoff: float, interval: str
) -> dict[str, float | str | int]:
    """A row of Table 3: area with its standard error and DeLong's test against the full model, measures at `cutoff`."""
    measured = area_interval(y, scores[model])
    compared = model != FULL_MODEL and FULL_MODEL in scores
    p_value = area_difference(y, scores[model], scores[FULL_MODEL]).p_value if compared else np.nan
    row: dict[str, float | str | int] = {
        "n": len(y), "n_responders": int(y.sum()), "auc": measured.estimate, "auc_lower": measured.ci_low,
        "auc_upper": measured.ci_high, "auc_se": measured.standard_error, "p_value": p_value, "cutoff": cutoff,
    }  # fmt: skip
    found = diagnostic_performance(y, scores[model] >= cutoff, interval)
    for name in MEASURES:
        row |= {
            name: found[name].estimate,
            f"{name}_lower": found[name].ci_low,
            f"{name}_upper": found[name].ci_high,
        }
    return row


def evaluate(
    predictions: pd.DataFrame, cutoffs: dict[str, float], interval: str, fewest: int = 1
) -> dict[str, pd.DataFrame]:
    """The tables performance, performance_own_cutoff, roc and auc_comparison; no rows where nobody has outcomes.

    Parameters
    ----------
    predictions : what apply_model wrote. cutoffs : the frozen cut-off of each model.
    interval : of proportions, see `diagnostic_performance`. fewest : see `scores_by_cohort`.
    """
    frozen, own, curves, tests = [], [], [], []
    for cohort, (y, scores) in scores_by_cohort(predictions, fewest).items():
        for model, score in scores.items():
            place = {"model": model, "cohort": cohort}
            frozen.append(place | performance_row(model, y, scores, cutoffs[model], interval))
            own.append(place | performance_row(model, y, scores, youden_cutoff(y, score), interval))
            curve = roc_curve(y, score).assign(**place)
            curves.append(curve[list(CURVE)])
        for a, b in combinations(scores, 2):
            test = area_difference(y, scores[a], scores[b])
            tests.append(
                {"cohort": cohort, "model_a": a, "model_b": b, "difference": test.difference, "lower": test.ci_low,
                 "upper": test.ci_high, "z": test.z, "p_value": test.p_value}
            )  # fmt: skip
    return {
        "performance": pd.DataFrame(frozen, columns=list(PERFORMANCE)),
        "performance_own_cutoff": pd.DataFrame(own, columns=list(PERFORMANCE)),
        "roc": pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=list(CURVE)),
        "auc_comparison": pd.DataFrame(tests, columns=list(COMPARISON)),
    }


def main(job: Job) -> None:
    """Rules evaluate_models and evaluate_prediction."""
    models = read_svm_bundle(job.input.model)["models"]
    cutoffs = {model: entry["cutoff"]["value"] for model, entry in models.items()}
    predictions, fewest = read_table(job.input.predictions), 1
    if job.settings.get("pooled", False):
        predictions, fewest = predictions.assign(cohort=POOLED), FEWEST_OF_A_CLASS
    tables = evaluate(predictions, cutoffs, job.settings["evaluation"]["interval"], fewest)
    for name, table in tables.items():
        write_both(table, job.output[name])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
