"""The rad-score: intensity filter, z-score, cross-validated LASSO-Cox, cut-off by time-dependent ROC.

Everything here is fitted on the patients that it is given, which are the training patients. Two readings of
the paper are parameters: what ranks the features (`signal`), and whose mean and SD scale them (`scaling`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import InputError, nearest
from scripts.survival.lasso_cox import CrossValidation, assign_folds, cross_validate
from scripts.survival.rad_score import RadScore, is_constant
from scripts.survival.time_roc import RocCurve, time_dependent_roc, youden_cutoff

CHOICES = {
    "signal": ("mean_absolute_raw", "mean_absolute_z"),
    "scaling": ("training", "each_cohort"),
    "lambda_rule": ("min", "1se"),
    "empty": ("first_entered", "refuse"),
    "method": ("NNE", "KM"),
    "rule": ("youden",),
}


@dataclass(frozen=True)
class CutoffSettings:
    """How the rad-score is cut: ROC for events by `months`, estimator `method`, `rule` on the curve."""

    months: float = 60.0
    method: str = "NNE"
    rule: str = "youden"


@dataclass(frozen=True)
class SignatureSettings:
    """What the signature's fit depends on.

    Parameters
    ----------
    keep_fraction : share of the usable features kept by the intensity filter; the number is rounded down
        (80 % of 107 is 85.6; the paper keeps 85).
    signal : what ranks them over the training patients: 'mean_absolute_raw' (mean |value|, the unit of the
        feature) or 'mean_absolute_z' (mean |z-score|). The mean of z-scores is 0 for every feature.
    scaling : 'training' scales everybody by the training mean and SD; 'each_cohort', as the paper prints it,
        scales each cohort by its own, and so needs whole cohorts to score.
    n_folds, lambda_rule : folds of the cross-validation, and which of its lambdas ('min' or '1se').
    empty : when that lambda keeps no feature: 'first_entered' takes the largest lambda of the path that keeps
        one, and says so in `Signature.lambda_rule`; 'refuse' raises InputError.
    ddof : divisor n - ddof of the SD (1 as in R's scale).
    n_lambda, min_ratio : length of the lambda path and its end as a share of its start (None: glmnet's
        default). Where the deviance is still falling at the end of a path cut short by `min_ratio`, the
        default is solved.
    """

    keep_fraction: float = 0.8
    signal: str = "mean_absolute_raw"
    scaling: str = "training"
    n_folds: int = 10
    lambda_rule: str = "min"
    empty: str = "first_entered"
    ddof: int = 1
    n_lambda: int = 100
    min_ratio: float | None = None
    cutoff: CutoffSettings = field(default_factory=CutoffSettings)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str = "signature settings") -> SignatureSettings:
        """Settings from a configuration block; unknown keys and values out of range raise InputError."""
        values = dict(values)
        _refuse_unknown(values, cls, where)
        if "cutoff" in values:
            cutoff = dict(values["cutoff"])
            _refuse_unknown(cutoff, CutoffSettings, f"{where}, cutoff")
            values["cutoff"] = CutoffSettings(**cutoff)
        settings = cls(**values)
        for name, allowed in CHOICES.items():
            owner = settings.cutoff if name in ("method", "rule") else settings
            value = getattr(owner, name)
            if value not in allowed:
                raise InputError(
                    f"{where}, {name}",
                    f"one of {', '.join(allowed)}",
                    repr(value),
                    nearest(value, allowed).strip(),
                )
        if not 0 < settings.keep_fraction <= 1:
            raise InputError(
                f"{where}, keep_fraction", "a share above 0 and at most 1", repr(settings.keep_fraction)
            )
        if settings.n_folds < 3:
            raise InputError(f"{where}, n_folds", "3 or more", repr(settings.n_folds))
        return settings

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, as `from_dict` takes them."""
        return dataclasses.asdict(self)


def for_resampling(settings: SignatureSettings) -> SignatureSettings:
    """The same fit on a sparser path that ends at 5 % of its start: a third of the time, for resampling."""
    return dataclasses.replace(settings, n_lambda=50, min_ratio=0.05)


def _refuse_unknown(values: Mapping[str, Any], owner: type, where: str) -> None:
    known = [f.name for f in dataclasses.fields(owner)]
    for key in values:
        if key not in known:
            raise InputError(where, f"keys among {', '.join(known)}", f"'{key}'", nearest(key, known).strip())


@dataclass(frozen=True)
class Signature:
    """A fitted signature and how it came about.

    Attributes
    ----------
    rad_score : the score itself (features with non-zero coefficients, scaling, cut-off).
    filtering : DataFrame[feature, signal, kept, cause]: every feature given, in the order given; `cause` says
        why one was not kept ('constant', 'missing values', 'low signal'), '' otherwise.
    lambda_value, lambda_rule : the lambda used and what chose it ('min', '1se' or 'first_entered').
    cross_validation : path and deviance curve; columns of `path.coefficients` are the kept features in order.
    roc : time-dependent ROC of the training scores that the cut-off was read from.
    training_score : Series, rad-score of the training patients.
    """

    settings: SignatureSettings
    rad_score: RadScore
    filtering: pd.DataFrame
    lambda_value: float
    lambda_rule: str
    cross_validation: CrossValidation
    roc: RocCurve | None
    training_score: pd.Series

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features with non-zero coefficients, in the order of the table."""
        return self.rad_score.features

    @property
    def coefficients(self) -> np.ndarray:
        """Their coefficients, per SD of the feature."""
        return self.rad_score.coefficients

    @property
    def cutoff(self) -> float:
        """Score above which a patient is at high risk."""
        return self.rad_score.cutoff

    @property
    def kept(self) -> list[str]:
        """Features that passed the intensity filter: what the LASSO saw."""
        return self.filtering.loc[self.filtering["kept"], "feature"].tolist()

    def score(self, features: pd.DataFrame, cohort: Sequence[str] | pd.Series | None = None) -> pd.Series:
        """See `RadScore.score`."""
        return self.rad_score.score(features, cohort)

    def group(self, score: pd.Series) -> pd.Series:
        """See `RadScore.group`."""
        return self.rad_score.group(score)


def filter_features(features: pd.DataFrame, settings: SignatureSettings) -> pd.DataFrame:
    """Rank the training patients' features by signal and keep the highest `keep_fraction`, rounded down.

    Parameters
    ----------
    features : (n patients, p features), training patients only.

    Returns
    -------
    DataFrame[feature, signal, kept, cause], a row a feature in the order given. Features that are constant or
    have a missing value cannot be scaled: they are no candidates, and the share is of the others. Equal
    signals: the earlier feature goes first.
    """
    values = features.to_numpy(dtype=float)
    complete = np.isfinite(values).all(axis=0)
    finite = np.where(complete, values, 0.0)
    centre, scale = finite.mean(axis=0), finite.std(axis=0, ddof=settings.ddof)
    varies = np.array([not is_constant(s, c) for s, c in zip(scale, centre, strict=True)], dtype=bool)
    usable = complete & varies
    z = (finite - centre) / np.where(usable, scale, 1.0)
    signal = np.abs(finite if settings.signal == "mean_absolute_raw" else z).mean(axis=0)
    n_kept = math.floor(settings.keep_fraction * usable.sum() + 1e-9)
    order = np.argsort(np.where(usable, -signal, np.inf), kind="stable")
    kept = np.zeros(len(usable), dtype=bool)
    kept[order[:n_kept]] = True
    cause = np.select([~complete, ~varies, ~kept], ["missing values", "constant", "low signal"], default="")
    return pd.DataFrame(
        {
            "feature": features.columns,
            "signal": np.where(complete, signal, np.nan),
            "kept": kept,
            "cause": cause,
        }
    )


def fit_signature(
    features: pd.DataFrame,
    time: Sequence[float],
    event: Sequence[int],
    settings: SignatureSettings,
    generator: np.random.Generator | None = None,
    folds: np.ndarray | None = None,
    cut: bool = True,
) -> Signature:
    """Fit the rad-score on training patients.

    Parameters
    ----------
    features : (n, p) DataFrame, index patient, a column a feature.
    time : (n,) months to recurrence or censoring. event : (n,) 1 recurrence, 0 censored.
    generator : draws the folds, balanced by event; not needed where `folds` (n,) are given.
    cut : False leaves the score uncut (`cutoff` NaN, `roc` None), for refits that only need the score.

    Raises
    ------
    InputError : too few events for the folds, no usable feature, no feature selected (see `empty`), or nobody
        followed to the horizon of the cut-off.

    Notes
    -----
    The LASSO is glmnet's (Breslow ties, `standardize=TRUE`). The cut-off lies half-way between the score at
    which Youden's index peaks and the next higher training score: the same two groups as survivalROC's
    cut-off, and no patient so close to it that rounding could move it across.
    """
    time, event = np.asarray(time, dtype=float), np.asarray(event, dtype=int)
    if not len(features) == len(time) == len(event):
        raise InputError(
            "training table", f"{len(features)} times and events", f"{len(time)} and {len(event)}"
        )
    if event.sum() < settings.n_folds:
        raise InputError(
            "training patients", f"at least {settings.n_folds} events, one a fold", f"{event.sum()}",
            "Lower n_folds or add patients.",
        )  # fmt: skip
    filtering = filter_features(features, settings)
    kept = filtering.loc[filtering["kept"], "feature"].tolist()
    if not kept:
        raise InputError("feature table", "at least one feature that varies and has no missing value", "none")
    values = features.loc[:, kept].to_numpy(dtype=float)
    centre, scale = values.mean(axis=0), values.std(axis=0, ddof=settings.ddof)
    if folds is None:
        if generator is None:
            raise TypeError("fit_signature needs a generator or folds")
        folds = assign_folds(event, settings.n_folds, generator)
    z = (values - centre) / scale
    curve = cross_validate(z, time, event, folds, settings.n_lambda, settings.min_ratio)
    if settings.min_ratio is not None and curve.lambda_min == curve.lambdas[-1]:
        curve = cross_validate(z, time, event, folds, settings.n_lambda)
    position, rule = _choose_lambda(curve, settings)
    coefficients = np.asarray(curve.path.coefficients[position])
    chosen = np.flatnonzero(coefficients)
    honest = settings.scaling == "training"
    score = RadScore(
        features=tuple(kept[j] for j in chosen),
        coefficients=coefficients[chosen],
        scaling=settings.scaling,
        centre=centre[chosen] if honest else None,
        scale=scale[chosen] if honest else None,
        ddof=settings.ddof,
        cutoff=math.nan,
    )
    training_score = score.score(features)
    roc = None
    if cut:
        scores, how = training_score.to_numpy(), settings.cutoff
        roc = time_dependent_roc(time, event, scores, how.months, how.method)
        score = dataclasses.replace(score, cutoff=between_scores(youden_cutoff(roc), scores))
    return Signature(
        settings, score, filtering, float(curve.lambdas[position]), rule, curve, roc, training_score
    )


def _choose_lambda(curve: CrossValidation, settings: SignatureSettings) -> tuple[int, str]:
    wanted = curve.lambda_min if settings.lambda_rule == "min" else curve.lambda_1se
    position = int(np.argmin(np.abs(curve.lambdas - wanted)))
    entered = np.flatnonzero(np.any(curve.path.coefficients != 0, axis=1))
    if np.any(curve.path.coefficients[position] != 0):
        return position, settings.lambda_rule
    if settings.empty == "refuse" or not len(entered):
        raise InputError(
            "LASSO-Cox", f"at least one feature at lambda.{settings.lambda_rule}",
            "none: by cross-validation no feature predicts better than none",
            "Set empty: first_entered to score by the first feature of the path all the same.",
        )  # fmt: skip
    return int(entered[0]), "first_entered"


def between_scores(threshold: float, scores: np.ndarray) -> float:
    """Half-way from `threshold` to the next higher of `scores`, if there is one: the same two groups."""
    higher = scores[scores > threshold]
    return float(
        threshold if not len(higher) or not np.isfinite(threshold) else (threshold + higher.min()) / 2
    )
