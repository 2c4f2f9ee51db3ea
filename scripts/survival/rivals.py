"""The models that the nomogram is measured against: each is fitted on training patients and gives a risk.

A model is a settings object with `name`, `label`, `fit(training, generator) -> predict`; `predict(data)`
returns (n,) risks, higher = earlier recurrence. What a model tunes, it tunes inside `fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.survival.clinical_coding import CLINICAL_COVARIATES, ClinicalCoding
from scripts.survival.concordance import harrell_concordance
from scripts.survival.cox import cox_coefficients
from scripts.survival.lasso_cox import assign_folds
from scripts.survival.nomogram_covariates import covariate_values
from scripts.survival.signature import SignatureSettings, fit_signature, for_resampling


@dataclass(frozen=True)
class SurvivalData:
    """Patients of one table: features and clinical (both index patient), months, recurrence (1 event)."""

    features: pd.DataFrame
    clinical: pd.DataFrame
    months: np.ndarray
    recurrence: np.ndarray

    def __post_init__(self) -> None:
        if not self.features.index.equals(self.clinical.index):
            raise InputError(
                "rivals", "the same patients in the same order in both tables", "different patients"
            )
        if not len(self.features) == len(self.months) == len(self.recurrence):
            raise InputError("rivals", f"{len(self.features)} times and events", f"{len(self.months)}")

    def __len__(self) -> int:
        return len(self.months)

    def take(self, rows: np.ndarray) -> SurvivalData:
        """The patients at positions `rows`."""
        return SurvivalData(
            self.features.iloc[rows], self.clinical.iloc[rows], self.months[rows], self.recurrence[rows]
        )


Predict = Callable[[SurvivalData], np.ndarray]


class Rival(Protocol):
    """What a model must offer."""

    name: str
    label: str

    def fit(self, training: SurvivalData, generator: np.random.Generator) -> Predict:
        """Fit on `training`, and return what gives the risks of any patients."""
        ...


@dataclass(frozen=True)
class RadScoreCox:
    """The paper's pipeline: rad-score of the training patients, alone or with TNM stage in a Cox model.

    `covariates` are the nomogram's (`scripts.survival.nomogram_covariates`); none of them means the rad-score alone.
    """

    settings: SignatureSettings = field(default_factory=SignatureSettings)
    covariates: tuple[str, ...] = ("rad_score", "tnm_stage")
    name: str = "nomogram"
    label: str = "Rad-score + TNM stage (nomogram)"

    def fit(self, training: SurvivalData, generator: np.random.Generator) -> Predict:
        """The signature, and the nomogram's Cox model on its training scores."""
        time, event = training.months, training.recurrence
        cut = "high_risk" in self.covariates
        signature = fit_signature(training.features, time, event, self.settings, generator, cut=cut)
        mean = training.features.mean()  # a patient scored later who lacks a feature gets the training mean
        if not self.covariates:
            return lambda data: signature.score(data.features.fillna(mean)).to_numpy()
        coding = ClinicalCoding.learn(training.clinical, event, ("tnm_stage",))
        stage_columns = [f"{name}_missing" for name in coding.indicators]

        def columns(data: SurvivalData) -> pd.DataFrame:
            score, stage = signature.score(data.features.fillna(mean)), coding.apply(data.clinical)
            values = covariate_values(
                list(self.covariates), score, signature.group(score), stage["tnm_stage"].to_numpy()
            )
            return pd.concat([values, stage[stage_columns].reset_index(drop=True)], axis=1)

        return _cox(columns, training)


@dataclass(frozen=True)
class ClinicalCox:
    """Cox model (Efron) of clinical covariates, without those that are constant in the training patients."""

    name: str = "clinical_cox"
    label: str = "Clinical Cox model"
    covariates: tuple[str, ...] = CLINICAL_COVARIATES

    def fit(self, training: SurvivalData, generator: np.random.Generator) -> Predict:
        """Coding with the training patients' fill values, then the Cox model."""
        coding = ClinicalCoding.learn(training.clinical, training.recurrence, self.covariates)
        return _cox(lambda data: coding.apply(data.clinical), training)


def _cox(columns: Callable[[SurvivalData], pd.DataFrame], training: SurvivalData) -> Predict:
    """Cox model (Efron) on `columns`, without those that are constant or repeat another in training."""
    table = columns(training)
    repeated = table.T.duplicated().to_numpy()  # as where two values are missing in the same patients
    used = [
        name
        for name, twin in zip(table.columns, repeated, strict=True)
        if not twin and table[name].nunique() > 1
    ]
    coefficients = cox_coefficients(table[used].to_numpy(dtype=float), training.months, training.recurrence)
    return lambda data: columns(data)[used].to_numpy(dtype=float) @ coefficients


def tnm_only() -> ClinicalCox:
    """TNM stage alone: what the nomogram has to beat."""
    return ClinicalCox(name="tnm", label="TNM stage", covariates=("tnm_stage",))


def _all_columns(training: SurvivalData) -> Callable[[SurvivalData], np.ndarray]:
    """Features and coded clinical values side by side; missing features filled by the training median."""
    coding = ClinicalCoding.learn(training.clinical, training.recurrence)
    median = training.features.median().fillna(0.0)

    def columns(data: SurvivalData) -> np.ndarray:
        return np.column_stack([data.features[median.index].fillna(median), coding.apply(data.clinical)])

    return columns


def tune(
    candidates: list[Any],
    risks: Callable[[np.ndarray, np.ndarray, np.random.Generator], list[np.ndarray]],
    training: SurvivalData,
    n_folds: int,
    generator: np.random.Generator,
) -> Any:
    """The candidate with the highest C-index over inner folds of the training patients (the first on a tie).

    `risks(fit_rows, held_out_rows, generator)` gives the held-out risks of each candidate in turn. Concordant
    pairs are counted within folds and added up.
    """
    if len(candidates) == 1:
        return candidates[0]
    folds = assign_folds(training.recurrence, n_folds, generator)
    concordant, pairs = np.zeros(len(candidates)), 0.0
    for fold in range(n_folds):
        fit_rows, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        for j, risk in enumerate(risks(fit_rows, held_out, generator)):
            found = harrell_concordance(training.months[held_out], training.recurrence[held_out], risk)
            concordant[j] += found.estimate * found.n_pairs
        pairs += found.n_pairs
    return candidates[int(np.argmax(np.round(concordant / pairs, 12)))]


@dataclass(frozen=True)
class RandomSurvivalForest:
    """Random survival forest (Ishwaran 2008; scikit-survival) on all features and clinical values.

    Its settings are chosen with forests of a quarter of `n_trees`.
    """

    n_trees: int = 200
    grid: tuple[Mapping[str, Any], ...] = (
        {"min_samples_leaf": 6, "max_features": "sqrt"},
        {"min_samples_leaf": 20, "max_features": "sqrt"},
        {"min_samples_leaf": 20, "max_features": 0.3},
    )
    inner_folds: int = 3
    name: str = "random_survival_forest"
    label: str = "Random survival forest"

    def fit(self, training: SurvivalData, generator: np.random.Generator) -> Predict:
        """Choose from `grid` by inner folds, then grow the forest on all training patients."""
        from sksurv.ensemble import RandomSurvivalForest as Forest
        from sksurv.util import Surv

        columns = _all_columns(training)
        x, y = columns(training), Surv.from_arrays(training.recurrence == 1, training.months)

        def grow(rows: np.ndarray, settings: Mapping[str, Any], n_trees: int, seed: int) -> Forest:
            forest = Forest(n_estimators=n_trees, n_jobs=1, low_memory=True, random_state=seed, **settings)
            return forest.fit(x[rows], y[rows])

        def risks(
            fit_rows: np.ndarray, held_out: np.ndarray, stream: np.random.Generator
        ) -> list[np.ndarray]:
            seed, n_trees = int(stream.integers(2**31)), max(self.n_trees // 4, 1)
            return [grow(fit_rows, settings, n_trees, seed).predict(x[held_out]) for settings in self.grid]

        best = tune(list(self.grid), risks, training, self.inner_folds, generator)
        forest = grow(np.arange(len(training)), best, self.n_trees, int(generator.integers(2**31)))
        return lambda data: forest.predict(columns(data))


@dataclass(frozen=True)
class XGBoostCox:
    """Gradient-boosted trees with Cox loss (XGBoost `survival:cox`) on all features and clinical values."""

    grid: tuple[Mapping[str, Any], ...] = (
        {"max_depth": 1, "eta": 0.05},
        {"max_depth": 3, "eta": 0.05},
    )
    rounds: tuple[int, ...] = (25, 75, 200)
    inner_folds: int = 3
    name: str = "xgboost_cox"
    label: str = "XGBoost Cox model"

    def fit(self, training: SurvivalData, generator: np.random.Generator) -> Predict:
        """Choose from `grid` and `rounds` by inner folds, then boost on all training patients."""
        import xgboost

        columns = _all_columns(training)
        x = columns(training)
        label = np.where(training.recurrence == 1, training.months, -training.months)  # negative = censored

        def boost(rows: np.ndarray, settings: Mapping[str, Any], n_rounds: int, seed: int) -> xgboost.Booster:
            parameters = {
                "objective": "survival:cox", "tree_method": "hist", "subsample": 0.8, "colsample_bynode": 0.3,
                "min_child_weight": 3, "nthread": 1, "seed": seed, "verbosity": 0, **settings,
            }  # fmt: skip
            return xgboost.train(parameters, xgboost.DMatrix(x[rows], label[rows], nthread=1), n_rounds)

        def margin(booster: xgboost.Booster, values: np.ndarray, n_rounds: int) -> np.ndarray:
            matrix = xgboost.DMatrix(values, nthread=1)
            return booster.predict(matrix, output_margin=True, iteration_range=(0, n_rounds)).astype(float)

        def risks(
            fit_rows: np.ndarray, held_out: np.ndarray, stream: np.random.Generator
        ) -> list[np.ndarray]:
            seed = int(stream.integers(2**31))
            boosters = [boost(fit_rows, settings, max(self.rounds), seed) for settings in self.grid]
            return [margin(booster, x[held_out], n) for booster in boosters for n in self.rounds]

        candidates = [(settings, n) for settings in self.grid for n in self.rounds]
        settings, n_rounds = tune(candidates, risks, training, self.inner_folds, generator)
        booster = boost(np.arange(len(training)), settings, n_rounds, int(generator.integers(2**31)))
        return lambda data: margin(booster, columns(data), n_rounds)


def default_rivals(
    settings: SignatureSettings | None = None,
    forest: Mapping[str, Any] | None = None,
    xgboost: Mapping[str, Any] | None = None,
    covariates: Sequence[str] = ("rad_score", "tnm_stage"),
) -> list[Rival]:
    """The six models, the paper's first; signatures take the lambda path of `for_resampling`.

    `forest` and `xgboost` override fields of their settings; `covariates` are the nomogram's.
    """
    settings = for_resampling(settings or SignatureSettings())
    return [
        RadScoreCox(settings, tuple(covariates)),
        RadScoreCox(settings, (), "rad_score", "Rad-score"),
        tnm_only(),
        ClinicalCox(),
        RandomSurvivalForest(**_fields(forest)),
        XGBoostCox(**_fields(xgboost)),
    ]


def _fields(block: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in (block or {}).items()}
