"""How often the confidence intervals hold the truth, on cohorts whose truth is known without any estimator.

Recurrence is exponential with log hazard 0.8 per TNM stage and 0.8 per SD of a marker; censoring is uniform.
The population values of the C-index, the AUC and the survival follow from the hazards by integration.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from scripts.parallel import map_cases
from scripts.survival.calibration import calibration_slope
from scripts.survival.concordance import concordance_difference, harrell_concordance, uno_concordance
from scripts.survival.cox import fit_cox
from scripts.survival.kaplan_meier import kaplan_meier
from scripts.survival.time_roc import ipcw_auc
from tests.benchmarks.null_study import FOLLOW_UP, STAGE_LOG_HAZARD, draw_outcome, draw_stage

MARKER_LOG_HAZARD = 0.8
HAZARD = 0.0005  # monthly, at linear predictor 0; about 27 % events
HORIZON = 60.0  # months


def population_values(generator: np.random.Generator, n_pairs: int = 2_000_000) -> dict[str, float]:
    """True values of what is estimated, by integration over `n_pairs` random pairs (error below 0.001).

    A pair counts for Harrell's C if the earlier recurrence is seen in both: for hazards a and b that has
    probability a * integral of exp(-(a + b) t) G(t)^2, with G the censoring's survival; for Uno's C up to the
    horizon, the same without G. Equal scores count one half.
    """
    stage = draw_stage(2 * n_pairs, generator).reshape(2, -1)
    predictor = STAGE_LOG_HAZARD * stage + MARKER_LOG_HAZARD * generator.normal(size=stage.shape)
    hazard = HAZARD * np.exp(predictor)
    total = hazard.sum(axis=0)
    t = np.linspace(0, FOLLOW_UP[1], 4001)
    uncensored = np.clip((FOLLOW_UP[1] - t) / (FOLLOW_UP[1] - FOLLOW_UP[0]), 0, 1)
    grid = np.geomspace(total.min(), total.max(), 400)
    seen = np.interp(total, grid, [np.trapezoid(np.exp(-s * t) * uncensored**2, t) for s in grid])
    survival = np.exp(-hazard * HORIZON)

    def share(scores: np.ndarray, weight: np.ndarray) -> float:
        higher = (scores[0] > scores[1]) + 0.5 * (scores[0] == scores[1])
        return float(np.sum(weight * higher) / np.sum(weight))

    by_harrell, by_uno = hazard[0] * seen, hazard[0] * (1 - np.exp(-total * HORIZON)) / total
    by_auc = (1 - survival[0]) * survival[1]
    return {
        "hazard ratio of TNM stage": STAGE_LOG_HAZARD,
        "hazard ratio of the marker": MARKER_LOG_HAZARD,
        "hazard ratio of noise": 0.0,
        "calibration slope": 1.0,
        "survival at 60 months": float(survival.mean()),
        "C-index of the model": share(predictor, by_harrell),
        "C-index of TNM stage": share(stage, by_harrell),
        "C-index of noise": 0.5,
        "C-index, model - TNM stage": share(predictor, by_harrell) - share(stage, by_harrell),
        "Uno's C of the model": share(predictor, by_uno),
        "AUC of the model at 60 months": share(predictor, by_auc),
    }


def intervals_of_one_cohort(
    generator: np.random.Generator, n: int, n_bootstrap: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % intervals of a cohort of `n` patients, by the names of `population_values`.

    Hazard ratios are on the log scale. Uno's C and the AUC come with `n_bootstrap` > 0.
    """
    stage, marker, noise = draw_stage(n, generator), generator.normal(size=n), generator.normal(size=n)
    predictor = STAGE_LOG_HAZARD * stage + MARKER_LOG_HAZARD * marker
    time, event = draw_outcome(predictor, generator, HAZARD)
    cox = fit_cox(pd.DataFrame({"stage": stage, "marker": marker, "noise": noise}), time, event).table()
    log_hazard = np.log(cox[["ci_low", "ci_high"]].to_numpy())
    curve = kaplan_meier(time, event)
    at_horizon = curve[curve["months"] <= HORIZON].iloc[-1]
    slope = calibration_slope(time, event, predictor)
    difference = concordance_difference(time, event, predictor, stage)
    concordance = {
        name: harrell_concordance(time, event, score)
        for name, score in (("the model", predictor), ("TNM stage", stage), ("noise", noise))
    }
    found = {
        "hazard ratio of TNM stage": tuple(log_hazard[0]),
        "hazard ratio of the marker": tuple(log_hazard[1]),
        "hazard ratio of noise": tuple(log_hazard[2]),
        "calibration slope": (slope["ci_low"], slope["ci_high"]),
        "survival at 60 months": (at_horizon["ci_low"], at_horizon["ci_high"]),
        **{f"C-index of {name}": (c.ci_low, c.ci_high) for name, c in concordance.items()},
        "C-index, model - TNM stage": (difference["ci_low"], difference["ci_high"]),
    }
    if n_bootstrap:
        uno = uno_concordance(time, event, predictor, HORIZON, n_bootstrap, generator)
        auc = ipcw_auc(time, event, predictor, [HORIZON], n_bootstrap, generator).iloc[0]
        found["Uno's C of the model"] = (uno["ci_low"], uno["ci_high"])
        found["AUC of the model at 60 months"] = (auc["ci_low"], auc["ci_high"])
    return found


def interval_coverage(
    n_cohorts: int,
    generator: np.random.Generator,
    n: int = 139,
    n_bootstrap: int = 0,
    threads: int = 1,
) -> pd.DataFrame:
    """Share of `n_cohorts` cohorts of `n` patients whose 95 % interval holds the truth.

    Returns
    -------
    DataFrame[quantity, truth, patients, cohorts, coverage, ci_low, ci_high, below, above]: the exact binomial
    interval of the coverage, and the shares of intervals that lie wholly below and above the truth.
    """
    truth = population_values(generator)
    work = functools.partial(intervals_of_one_cohort, n=n, n_bootstrap=n_bootstrap)
    cohorts = map_cases(work, generator.spawn(n_cohorts), threads)
    rows = []
    for name in cohorts[0]:
        low, high = np.array([cohort[name] for cohort in cohorts], dtype=float).T
        inside = (low <= truth[name]) & (truth[name] <= high)
        interval = binomtest(int(inside.sum()), n_cohorts).proportion_ci(method="exact")
        rows.append(
            {
                "quantity": name,
                "truth": truth[name],
                "patients": n,
                "cohorts": n_cohorts,
                "coverage": inside.mean(),
                "ci_low": interval.low,
                "ci_high": interval.high,
                "below": np.mean(high < truth[name]),
                "above": np.mean(low > truth[name]),
            }
        )
    return pd.DataFrame(rows)
