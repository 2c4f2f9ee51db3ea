"""Cohorts without a radiomic effect: the whole fit must then find nothing on the validation cohort.

Features are multivariate normal, correlated as radiomic features are, and unrelated to recurrence; TNM stage
is related to it. The fit is run as it is and in versions that let the validation cohort be seen, and the
log-rank p-values of the validation cohort are tested for uniformity.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest, kstest

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.survival.kaplan_meier import log_rank
from scripts.survival.signature import SignatureSettings, between_scores, fit_signature, for_resampling
from scripts.survival.time_roc import time_dependent_roc, youden_cutoff

STAGE_SHARES = (0.09, 0.36, 0.33, 0.22)  # TNM I-IV, as in the paper's Table 1
STAGE_LOG_HAZARD = 0.8
MONTHLY_HAZARD = 0.0006  # at linear predictor 0; gives about 27 % events with the follow-up below
FOLLOW_UP = (12.0, 96.0)  # months, uniform censoring

VERSIONS = {
    "honest": "Everything fitted on the primary cohort",
    "each_cohort": "Validation cohort scaled by its own mean and SD (the paper's way)",
    "cutoff_seen": "Cut-off chosen on the validation cohort",
    "selection_seen": "Features and coefficients fitted on both cohorts",
    "apparent": "Tested on the primary cohort itself",
}


@dataclass(frozen=True)
class NullCohorts:
    """Two cohorts, the primary first: features (n, p), stage (n,), time (n,) in months, event (n,)."""

    features: pd.DataFrame
    stage: np.ndarray
    time: np.ndarray
    event: np.ndarray
    n_primary: int


def draw_outcome(
    log_hazard: np.ndarray, generator: np.random.Generator, hazard: float = MONTHLY_HAZARD
) -> tuple[np.ndarray, np.ndarray]:
    """Exponential time to recurrence, uniform censoring: months (n,) and event (n,), 1 recurrence."""
    recurrence = generator.exponential(1 / (hazard * np.exp(log_hazard)))
    censoring = generator.uniform(*FOLLOW_UP, len(log_hazard))
    return np.minimum(recurrence, censoring), (recurrence <= censoring).astype(int)


def draw_stage(n: int, generator: np.random.Generator) -> np.ndarray:
    """TNM stages 1-4 (n,) in the paper's shares."""
    return generator.choice(np.arange(1.0, 5.0), size=n, p=STAGE_SHARES)


def draw_null_cohorts(
    generator: np.random.Generator, n_primary: int = 242, n_validation: int = 139, n_features: int = 107
) -> NullCohorts:
    """Both cohorts from one population in which no feature has an effect and stage has log hazard ratio 0.8.

    Features follow 8 common factors with 2 to 50 % of variance of their own (many pairs beyond |r| 0.9, as in
    radiomics), on scales from 0.001 to 10,000.
    """
    n, n_factors = n_primary + n_validation, 8
    loadings = generator.normal(size=(n_factors, n_features)) * (
        generator.random((n_factors, n_features)) < 0.3
    )
    loadings[generator.integers(n_factors, size=n_features), np.arange(n_features)] += 2.0
    loadings /= np.linalg.norm(loadings, axis=0)
    own = generator.uniform(0.02, 0.5, n_features)
    z = generator.normal(size=(n, n_factors)) @ loadings * np.sqrt(1 - own)
    z += generator.normal(size=(n, n_features)) * np.sqrt(own)
    size = 10 ** generator.uniform(-3, 4, n_features)
    values = size * (generator.uniform(0, 3, n_features) + z)
    stage = draw_stage(n, generator)
    time, event = draw_outcome(STAGE_LOG_HAZARD * stage, generator)
    names = [f"original_null_{j:03d}" for j in range(n_features)]
    features = pd.DataFrame(values, columns=names, index=[f"P{i:04d}" for i in range(n)])
    return NullCohorts(features, stage, time, event, n_primary)


def compare_versions(
    cohorts: NullCohorts, settings: SignatureSettings, generator: np.random.Generator
) -> pd.DataFrame:
    """Log-rank p-value of the risk groups of one pair of cohorts, for each version of the fit.

    Returns
    -------
    DataFrame[version, p_value, n_high, n_low, n_selected, lambda_rule]; p_value is missing where one group is
    empty, for there is nothing to compare.
    """
    primary = np.arange(len(cohorts.time)) < cohorts.n_primary
    everybody = np.full(len(primary), True)
    fits = {
        seen: fit_signature(
            cohorts.features[rows], cohorts.time[rows], cohorts.event[rows], settings, generator
        )
        for seen, rows in (("primary", primary), ("both", everybody))
    }
    own_scale = replace(fits["primary"].rad_score, scaling="each_cohort", centre=None, scale=None)
    rows = []
    for version in VERSIONS:
        fit = fits["both" if version == "selection_seen" else "primary"]
        score_of = own_scale if version == "each_cohort" else fit.rad_score
        tested = primary if version == "apparent" else ~primary
        score = score_of.score(cohorts.features[tested]).to_numpy()
        time, event = cohorts.time[tested], cohorts.event[tested]
        cutoff = fit.cutoff
        if version == "cutoff_seen":
            cutoff = _own_cutoff(time, event, score, settings)
        high = score > cutoff
        both = 0 < high.sum() < len(high)
        rows.append(
            {
                "version": version,
                "p_value": log_rank(time, event, np.where(high, "high", "low")).p_value if both else np.nan,
                "n_high": int(high.sum()),
                "n_low": int((~high).sum()),
                "n_selected": len(fit.features),
                "lambda_rule": fit.lambda_rule,
            }
        )
    return pd.DataFrame(rows)


def _own_cutoff(time: np.ndarray, event: np.ndarray, score: np.ndarray, settings: SignatureSettings) -> float:
    """Cut-off chosen on the very patients; -inf (all at high risk) where no cut-off tells who recurs."""
    curve = time_dependent_roc(time, event, score, settings.cutoff.months, settings.cutoff.method)
    try:
        return between_scores(youden_cutoff(curve), score)
    except InputError:
        return -np.inf


def run_null_study(
    n_cohorts: int,
    generator: np.random.Generator,
    settings: SignatureSettings | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """`compare_versions` on `n_cohorts` independent pairs, stacked, with a column `cohort` (0, 1, ...)."""
    work = functools.partial(_one_pair, settings=for_resampling(settings or SignatureSettings()))
    tables = map_cases(work, generator.spawn(n_cohorts), threads)
    return pd.concat([table.assign(cohort=i) for i, table in enumerate(tables)], ignore_index=True)


def _one_pair(generator: np.random.Generator, settings: SignatureSettings) -> pd.DataFrame:
    return compare_versions(draw_null_cohorts(generator), settings, generator)


def summarise_null_study(outcomes: pd.DataFrame, smallest_group: int = 1) -> pd.DataFrame:
    """Uniformity of the p-values of each version.

    Parameters
    ----------
    smallest_group : patients that each risk group must have; pairs of cohorts with a smaller one are counted
        as degenerate and left out, so that the statement holds for cohorts that were in fact split in two.

    Returns
    -------
    DataFrame[version, n, degenerate, below_05, below_05_low, below_05_high, ks_p]: share of p-values below
    0.05 with its exact 95 % interval, and the Kolmogorov-Smirnov p-value against uniformity.
    """
    rows = []
    for version, table in outcomes.groupby("version", sort=False):
        split = table[["n_high", "n_low"]].min(axis=1) >= max(smallest_group, 1)
        p = table.loc[split, "p_value"].to_numpy()
        if not len(p):
            raise InputError(
                f"null study, {version}", f"cohorts with {smallest_group} patients in each group", "none"
            )
        interval = binomtest(int((p < 0.05).sum()), len(p)).proportion_ci(method="exact")
        rows.append(
            {
                "version": version,
                "n": len(p),
                "degenerate": int((~split).sum()),
                "below_05": float((p < 0.05).mean()),
                "below_05_low": float(interval.low),
                "below_05_high": float(interval.high),
                "ks_p": float(kstest(p, "uniform").pvalue),
            }
        )
    return pd.DataFrame(rows)
