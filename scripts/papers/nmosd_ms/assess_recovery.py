"""How much of the planted truth of a simulated cohort the run found again.

The truth is what `scripts.simulation.nmosd_ms` wrote down when it drew the patients. The Bayes accuracy bounds every
classifier of these images; what the true counts teach a logistic regression under the same folds says how near so few
patients let anybody come. A network must also beat what knows nothing of a patient, with its whole interval. A quantity
is `ok` where it keeps its `rule`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from scripts.papers.nmosd_ms.names import DISEASE_LABELS, DISEASES, MODEL_LABELS, NETWORKS, POSITIVE
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

COLUMNS = ("group", "quantity", "planted", "found", "lower", "upper", "bayes", "ok", "rule")
LEVEL = 0.95
MOST_STANDARD_ERRORS = 3.0
RESIZING = 0.05
IMAGES, ACCURACY, AUC = "Images", "Accuracy", "AUC"


def recovery_row(
    group: str,
    quantity: str,
    planted: float,
    found: tuple[float, float, float],
    ok: bool,
    rule: str,
    bayes: float = float("nan"),
) -> dict[str, Any]:
    """One line with the names COLUMNS; found : estimate, lower and upper limit."""
    return dict(zip(COLUMNS, (group, quantity, planted, *found, bayes, bool(ok), rule), strict=True))


def mean_interval(values: np.ndarray) -> tuple[float, float, float, float]:
    """Mean, limits of its t interval, and its standard error."""
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * error
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half), float(error)


def image_rows(samples: pd.DataFrame, wmh_ml: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Lesion volumes of the masks against the planted means, and what resizing leaves of them.

    Parameters
    ----------
    samples : label, lesion_ml, resized_ml. wmh_ml : disease -> planted mean and SD.
    """
    rows = []
    for disease in DISEASES:
        known = samples.loc[samples["label"] == disease, "lesion_ml"].to_numpy()
        mean, low, high, error = mean_interval(known)
        planted = float(wmh_ml[disease][0])
        rows.append(
            recovery_row(
                IMAGES,
                f"Mean lesion volume in {DISEASE_LABELS[disease]}, ml",
                planted,
                (mean, low, high),
                abs(mean - planted) <= MOST_STANDARD_ERRORS * error,
                f"mean of the patients within {MOST_STANDARD_ERRORS:g} standard errors of that of the population",
            )
        )
    mean, low, high, _ = mean_interval((samples["resized_ml"] / samples["lesion_ml"]).to_numpy())
    rule = f"within {RESIZING:g} of 1"
    rows.append(
        recovery_row(
            IMAGES,
            "Lesion volume after resizing / before",
            1.0,
            (mean, low, high),
            abs(mean - 1) <= RESIZING,
            rule,
        )
    )
    return rows


def measured(performance: pd.DataFrame, model: str, measure: str, of: str) -> tuple[float, float, float]:
    """Estimate and limits of a measure of a model; NaN where there is none."""
    rows = performance[
        (performance["model"] == model) & (performance["measure"] == measure) & (performance["class"] == of)
    ]
    if rows.empty:
        return (float("nan"),) * 3
    return tuple(float(rows.iloc[0][name]) for name in ("estimate", "lower", "upper"))


def near(found: tuple[float, float, float], planted: float) -> bool:
    """Whether an estimate lies within `MOST_STANDARD_ERRORS` of a value; its error is that of its 95 % interval."""
    estimate, low, high = found
    error = (high - low) / (2 * stats.norm.ppf((1 + LEVEL) / 2))
    return bool(abs(estimate - planted) <= MOST_STANDARD_ERRORS * error)


def diagnosis_rows(
    performance: pd.DataFrame,
    bayes: dict[str, dict[str, float]],
    measure: str,
    of: str,
    group: str,
    chance: float,
) -> list[dict[str, Any]]:
    """Rivals and networks against what the planted difference allows.

    Parameters
    ----------
    performance : of networks, rivals and oracles on the same folds. bayes : evidence -> accuracy and auc in the
        population. measure, of : as in `performance`; `auc` or `accuracy`. chance : what calling everybody alike
        reaches.
    """
    most, volume = float(bayes["number_and_places"][measure]), float(bayes["volume"][measure])
    best = measured(performance, "best_score", measure, of)
    counts = measured(performance, "true_counts", measure, of)
    inside = f"within {MOST_STANDARD_ERRORS:g} standard errors of the planted value"
    bounded = "interval not above Bayes"
    rows = [
        recovery_row(group, MODEL_LABELS["best_score"], most, best, near(best, most), inside, most),
        recovery_row(group, MODEL_LABELS["true_counts"], most, counts, counts[1] <= most, bounded, most),
    ]
    found = measured(performance, "lesion_volume", measure, of)
    rows.append(
        recovery_row(
            group,
            MODEL_LABELS["lesion_volume"],
            volume,
            found,
            near(found, volume),
            inside,
            most,
        )
    )
    told = f"interval above {chance:.2f} (everybody called alike), and not above Bayes"
    for model in ("lesion_map", *NETWORKS):
        found = measured(performance, model, measure, of)
        if not np.isnan(found[0]):
            held = chance < found[1] <= most
            rows.append(recovery_row(group, MODEL_LABELS[model], counts[0], found, held, told, most))
    return rows


def main(job: Job) -> None:
    """Rule assess_recovery. Inputs: truth, table (of the samples), performance (of the evaluation)."""
    truth = read_json(job.input.truth)
    performance = read_table(job.input.performance)
    samples = read_table(job.input.table)
    commonest = float(samples["label"].value_counts(normalize=True).max())
    rows = [
        *image_rows(samples, truth["model"]["wmh_ml"]),
        *diagnosis_rows(performance, truth["bayes"], "accuracy", "all", ACCURACY, commonest),
        *diagnosis_rows(performance, truth["bayes"], "auc", POSITIVE, AUC, 0.5),
    ]
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
