"""Two classifiers on one split: differences with intervals over patients, and paired tests.

| test | of what | what it takes for granted |
|---|---|---|
| bootstrap | every measure; an interval, no p-value | patients are a sample |
| mcnemar_exact, mcnemar_mid_p | share right | each patient has one sample |
| mcnemar_clustered | share right | patients are independent, their samples need not be |
| delong | area of a class against the rest | as mcnemar_clustered |
| wilcoxon_folds | measures fold by fold | folds are independent: they share training samples, so p is too small |
| corrected_t_folds | the same | Nadeau and Bengio's correction for that overlap |
| wilcoxon_repeats | measures repeat by repeat | same patients, split and trained anew: says whether they rank alike |

McNemar's and DeLong's tests need one prediction a sample: with several repeats it is the mean of the probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from scripts.evaluation.performance import ALL, MACRO, measure_names, of_repeats
from scripts.evaluation.predictions import ModelPredictions, mean_over_repeats
from scripts.statistics.clustered_bootstrap import bca_limits
from scripts.statistics.paired_tests import clustered_mcnemar, holm, mcnemar, wilcoxon
from scripts.statistics.resampled_t import corrected_interval
from scripts.statistics.roc import area_difference

COLUMNS = (
    "model_a", "model_b", "measure", "class", "test", "difference", "lower", "upper", "statistic", "p_value", "p_holm",
)  # fmt: skip
# What folds and repeats are compared by
BY_FOLD = (("accuracy", ALL), ("sensitivity", MACRO), ("f1", MACRO), ("auc", MACRO))
LEAST_REPEATS = 5


def comparison_table(
    models: Sequence[ModelPredictions],
    folds: pd.DataFrame,
    values: dict[str, np.ndarray],
    n_bootstrap: int,
    n_bins: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """Every pair of models; the difference is that of model_a minus model_b.

    Parameters
    ----------
    folds : `of_folds` of all models. values : model -> `resampled`, of the same
        resamples, the first `n_bootstrap` rows of drawn patients.

    Returns
    -------
    DataFrame with `COLUMNS`; lower and upper are NaN for a test without an interval, p_holm is Holm's over the pairs of
    a test, measure and class.
    """
    rows = []
    for a, b in combinations(models, 2):
        found = [
            *_bootstrap(a, b, values[a.model] - values[b.model], n_bootstrap, n_bins, level),
            *_of_samples(a, b, level),
            *_of_folds(a, b, folds, level),
            *_of_repeats(a, b, n_bins),
        ]
        rows += [{"model_a": a.model, "model_b": b.model} | row for row in found]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    p_values, adjusted = table["p_value"].to_numpy(float), np.full(len(table), np.nan)
    for places in table[~np.isnan(p_values)].groupby(["test", "measure", "class"]).indices.values():
        places = np.flatnonzero(~np.isnan(p_values))[places]
        adjusted[places] = holm(p_values[places])
    return table.astype({name: float for name in COLUMNS[5:]}).assign(p_holm=adjusted)


def _bootstrap(
    a: ModelPredictions, b: ModelPredictions, values: np.ndarray, n_bootstrap: int, n_bins: int, level: float
) -> list[dict]:
    difference = of_repeats(a, n_bins).mean(axis=0) - of_repeats(b, n_bins).mean(axis=0)
    lower, upper = bca_limits(values, difference, n_bootstrap, level)
    return [
        {"measure": measure, "class": of, "test": "bootstrap", "difference": d, "lower": low, "upper": high}
        for (measure, of), d, low, high in zip(
            measure_names(a.classes), difference, lower, upper, strict=True
        )
    ]


def _of_samples(a: ModelPredictions, b: ModelPredictions, level: float) -> list[dict]:
    """McNemar's and DeLong's tests."""
    one, other = mean_over_repeats(a), mean_over_repeats(b)
    right_a, right_b = one.called == one.truth, other.called == other.truth
    if len(set(one.patients)) == len(one.patients):
        tests = {
            "mcnemar_exact": mcnemar(right_a, right_b),
            "mcnemar_mid_p": mcnemar(right_a, right_b, mid_p=True),
        }
    else:
        tests = {"mcnemar_clustered": clustered_mcnemar(right_a, right_b, one.patients)}
    rows = [{"measure": "accuracy", "class": ALL, "test": name, **vars(test)} for name, test in tests.items()]
    for c, word in enumerate(a.classes):
        y = (one.truth == c).astype(int)
        if 0 < y.sum() < len(y):
            test = area_difference(y, one.probabilities[:, c], other.probabilities[:, c], level, one.patients)
            rows.append(
                {"measure": "auc", "class": word, "test": "delong", "difference": test.difference, "lower": test.ci_low,
                 "upper": test.ci_high, "statistic": test.z, "p_value": test.p_value}
            )  # fmt: skip
    return rows


def _of_folds(a: ModelPredictions, b: ModelPredictions, folds: pd.DataFrame, level: float) -> list[dict]:
    """Wilcoxon's and the corrected t-test over the folds of all repeats; none for a hold-out."""
    n_folds = len(np.unique(a.repeats[0].folds))
    if n_folds < 2:
        return []
    values = folds.set_index(["model", "measure", "class", "repeat", "fold"])["value"].sort_index()
    rows = []
    for measure, of in BY_FOLD:
        in_a, in_b = (values.loc[(m.model, measure, of)] for m in (a, b))
        test = wilcoxon(in_a.to_numpy(), in_b.loc[in_a.index].to_numpy())
        rows.append({"measure": measure, "class": of, "test": "wilcoxon_folds", **vars(test)})
        differences = (in_a - in_b.loc[in_a.index]).dropna().to_numpy()
        if len(differences) > 1:
            mean, low, high, p_value = corrected_interval(differences, n_folds, level)
            rows.append(
                {"measure": measure, "class": of, "test": "corrected_t_folds", "difference": mean, "lower": low,
                 "upper": high, "p_value": p_value}
            )  # fmt: skip
    return rows


def _of_repeats(a: ModelPredictions, b: ModelPredictions, n_bins: int) -> list[dict]:
    """Wilcoxon's test over repeats, where there are enough of them."""
    if len(a.repeats) < LEAST_REPEATS:
        return []
    in_a, in_b, names = of_repeats(a, n_bins), of_repeats(b, n_bins), measure_names(a.classes)
    rows = []
    for measure, of in BY_FOLD:
        column = names.index((measure, of))
        test = wilcoxon(in_a[:, column], in_b[:, column])
        rows.append({"measure": measure, "class": of, "test": "wilcoxon_repeats", **vars(test)})
    return rows
