"""How stable the signature is: the whole fit repeated on bootstrap samples of the training patients."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.survival.lasso_cox import assign_folds
from scripts.survival.signature import Signature, SignatureSettings, fit_signature, for_resampling


@dataclass(frozen=True)
class StabilityIndex:
    """Nogueira's index of agreement between feature sets: 1 the same set each time, 0 as drawn at random."""

    estimate: float
    ci_low: float
    ci_high: float
    n_sets: int
    n_features: int
    mean_selected: float


@dataclass(frozen=True)
class SignatureStability:
    """Outcome of the bootstrap.

    Attributes
    ----------
    table : DataFrame, a row a feature that any fit selected, most frequent first:
        `feature`; `selected` (by the fit on all training patients) and its `coefficient` (0 if not);
        `frequency` of the replicates that select it; `median_coefficient` among those;
        `sign_agreement`, share of those with the sign of the full fit (of the commoner sign if not selected);
        `substituted`, share of all replicates that leave it out but take a feature correlated with it;
        `substitute`, the feature most often taken then, and its `correlation` with it.
    index : agreement of the selected sets over all replicates.
    coefficients : (n_bootstrap, p) array, 0 where not selected; columns as in the feature table.
    n_first_entered : replicates in which cross-validation kept no feature (see SignatureSettings.empty).
    """

    table: pd.DataFrame
    index: StabilityIndex
    coefficients: np.ndarray
    n_first_entered: int


def nogueira_index(selected: np.ndarray, level: float = 0.95) -> StabilityIndex:
    """Stability of feature selection with its asymptotic confidence interval.

    Parameters
    ----------
    selected : (M, d) array of 0/1, a row a feature set.

    Notes
    -----
    Nogueira, Sechidis, Brown, JMLR 18 (2018), definition 4, theorem 7 and corollary 9: with p_f the frequency
    of feature f and k the mean set size, 1 - mean_f[M/(M-1) p_f (1-p_f)] / [(k/d)(1-k/d)].
    NaN where every set is empty or every set is full: the index is not defined there.
    """
    z = np.asarray(selected, dtype=float)
    m, d = z.shape
    if m < 2:
        raise InputError("stability index", "two feature sets or more", str(m))
    frequency, sizes = z.mean(axis=0), z.sum(axis=1)
    mean_size = frequency.sum()
    chance = mean_size / d * (1 - mean_size / d)
    if chance <= 0:
        return StabilityIndex(np.nan, np.nan, np.nan, m, d, float(mean_size))
    estimate = 1 - m / (m - 1) * np.mean(frequency * (1 - frequency)) / chance
    influence = (
        z @ frequency / d
        - sizes * mean_size / d**2
        + estimate / 2 * (2 * sizes * mean_size / d**2 - sizes / d - mean_size / d + 1)
    ) / chance
    error = np.sqrt(4 / m**2 * np.sum((influence - influence.mean()) ** 2))
    half = ndtri((1 + level) / 2) * error
    return StabilityIndex(
        float(estimate), float(estimate - half), float(estimate + half), m, d, float(mean_size)
    )


def bootstrap_signature(
    features: pd.DataFrame,
    time: Sequence[float],
    event: Sequence[int],
    signature: Signature,
    settings: SignatureSettings,
    n_bootstrap: int,
    generator: np.random.Generator,
    correlation: float = 0.8,
    threads: int = 1,
) -> SignatureStability:
    """Repeat the whole fit (filter, scaling, cross-validated lambda) on bootstrap samples of the patients.

    Parameters
    ----------
    features : (n, p) DataFrame of the training patients; time (months), event (1 recurrence).
    signature : the fit on all of them, which the replicates are compared with.
    correlation : |Pearson r| over the training patients from which a feature counts as a substitute.
    threads : processes; the result does not depend on it.

    Notes
    -----
    A sample is drawn within events and within censored patients, so each has the cohort's event count. All
    copies of a patient lie in one fold: otherwise a patient would be tuned on itself and lambda come out low.
    A sample with fewer different events than `n_folds` has as many folds as events.
    The lambda path is that of `for_resampling`.
    """
    if n_bootstrap < 2:
        raise InputError("stability", "n_bootstrap of 2 or more", str(n_bootstrap))
    event = np.asarray(event, dtype=int)
    time = np.asarray(time, dtype=float)
    whole = features.columns[~signature.filtering["cause"].isin(["missing values", "constant"])]
    one = functools.partial(
        _replicate,
        features=features[whole],
        time=time,
        event=event,
        settings=for_resampling(settings),
        names=features.columns,
    )
    fits = map_cases(one, generator.spawn(n_bootstrap), threads)
    coefficients = np.array([c for c, _ in fits])
    table = _table(features, coefficients, signature, correlation)
    return SignatureStability(
        table=table,
        index=nogueira_index(coefficients != 0),
        coefficients=coefficients,
        n_first_entered=sum(rule == "first_entered" for _, rule in fits),
    )


def _replicate(
    generator: np.random.Generator,
    features: pd.DataFrame,
    time: np.ndarray,
    event: np.ndarray,
    settings: SignatureSettings,
    names: pd.Index,
) -> tuple[np.ndarray, str]:
    rows = np.concatenate([generator.choice(np.flatnonzero(event == e), (event == e).sum()) for e in (0, 1)])
    patients, position = np.unique(rows, return_inverse=True)
    n_folds = max(3, min(settings.n_folds, int(event[patients].sum())))
    folds = assign_folds(event[patients], n_folds, generator)[position]
    fit = fit_signature(features.iloc[rows], time[rows], event[rows], settings, folds=folds, cut=False)
    coefficients = pd.Series(fit.coefficients, index=list(fit.features)).reindex(names, fill_value=0.0)
    return coefficients.to_numpy(), fit.lambda_rule


def _table(
    features: pd.DataFrame, coefficients: np.ndarray, signature: Signature, correlation: float
) -> pd.DataFrame:
    names = list(features.columns)
    selected = coefficients != 0
    frequency = selected.mean(axis=0)
    full = (
        pd.Series(signature.coefficients, index=list(signature.features))
        .reindex(names, fill_value=0.0)
        .to_numpy()
    )
    shown = np.flatnonzero((frequency > 0) | (full != 0))
    values = features.iloc[:, shown].to_numpy(dtype=float)
    related = np.corrcoef(values, rowvar=False).reshape(len(shown), len(shown))
    rows = []
    for a, j in enumerate(shown):
        own = coefficients[selected[:, j], j]
        positive = np.mean(own > 0) if len(own) else np.nan
        agreement = max(positive, 1 - positive) if full[j] == 0 else positive if full[j] > 0 else 1 - positive
        partners = [b for b in range(len(shown)) if b != a and abs(related[a, b]) >= correlation]
        without = selected[np.ix_(~selected[:, j], shown[partners])]
        taken = without.sum(axis=0)
        best = int(np.argmax(taken)) if taken.size and taken.max() > 0 else None
        rows.append(
            {
                "feature": names[j],
                "selected": bool(full[j] != 0),
                "coefficient": full[j],
                "frequency": frequency[j],
                "median_coefficient": np.median(own) if len(own) else np.nan,
                "sign_agreement": agreement,
                "substituted": without.any(axis=1).sum() / len(coefficients),
                "substitute": None if best is None else names[shown[partners[best]]],
                "correlation": np.nan if best is None else related[a, partners[best]],
            }
        )
    return pd.DataFrame(rows).sort_values(
        ["frequency", "feature"], ascending=[False, True], ignore_index=True
    )
