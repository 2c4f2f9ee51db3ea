"""Other classifiers under the same nested cross-validation: LASSO logistic regression, random forest, XGBoost.

Each is a settings object that is called as `fit(x, y, generator) -> predict(x)`, see
`scripts.classification.cross_validation`, and tunes itself by inner folds of the cases that it is given. Higher
predictions = class 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.classification.cross_validation import Predict, fold_areas, stratified_folds, usable_folds
from scripts.classification.scaling import Scaling

Scores = Callable[[np.ndarray, np.ndarray, np.ndarray, int], list[np.ndarray]]


def tune(
    candidates: Sequence[Any],
    scores: Scores,
    x: np.ndarray,
    y: np.ndarray,
    n_folds: int,
    generator: np.random.Generator,
) -> Any:
    """The candidate with the largest mean area over inner folds, the first on a tie.

    `scores(x, y, held-out x, seed)` gives the held-out scores of each candidate in turn, fitted on x and y.
    """
    if len(candidates) == 1:
        return candidates[0]
    folds = stratified_folds(y, usable_folds(y, n_folds), generator)
    held_out = np.empty((len(candidates), len(y)))
    for fold in range(folds.max() + 1):
        out = folds == fold
        seed = int(generator.integers(2**31))
        held_out[:, out] = np.array(scores(x[~out], y[~out], x[out], seed))
    areas = fold_areas(held_out, y, folds).mean(axis=-1)
    return candidates[int(np.argmax(np.round(areas, 12)))]


@dataclass(frozen=True)
class LassoLogistic:
    """Logistic regression with an L1 penalty (scikit-learn, liblinear) on scaled features.

    C runs over `n_penalties` values from where the first feature enters to `range_of_c` times that.
    """

    n_penalties: int = 20
    range_of_c: float = 100.0
    inner_folds: int = 10
    name: str = "lasso_logistic"

    def __call__(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> Predict:
        """Choose C by inner folds, then fit all training cases."""
        from sklearn.svm import l1_min_c

        scaled = Scaling.learn(x).apply(x)
        smallest = l1_min_c(scaled, y, loss="log") * 1.01  # at the very edge every coefficient is 0
        penalties = (smallest * np.geomspace(1, self.range_of_c, self.n_penalties)).tolist()

        def scores(x: np.ndarray, y: np.ndarray, held_out: np.ndarray, seed: int) -> list[np.ndarray]:
            return [_lasso(x, y, c, seed)(held_out) for c in penalties]

        c = tune(penalties, scores, x, y, self.inner_folds, generator)
        return _lasso(x, y, c, int(generator.integers(2**31)))


def _lasso(x: np.ndarray, y: np.ndarray, c: float, seed: int) -> Predict:
    from sklearn.linear_model import LogisticRegression

    scaling = Scaling.learn(x)
    model = LogisticRegression(
        l1_ratio=1.0, C=c, solver="liblinear", tol=1e-6, max_iter=10_000, random_state=seed
    )
    model.fit(scaling.apply(x), y)
    return lambda values: model.decision_function(scaling.apply(values))


@dataclass(frozen=True)
class RandomForest:
    """Random forest (Breiman 2001; scikit-learn). Its settings are chosen with forests of a quarter of `n_trees`."""

    n_trees: int = 500
    grid: tuple[Mapping[str, Any], ...] = (
        {"min_samples_leaf": 1, "max_features": "sqrt"},
        {"min_samples_leaf": 5, "max_features": "sqrt"},
        {"min_samples_leaf": 5, "max_features": 0.3},
    )
    inner_folds: int = 3
    name: str = "random_forest"

    def __call__(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> Predict:
        """Choose from `grid` by inner folds, then grow the forest on all training cases."""

        def scores(x: np.ndarray, y: np.ndarray, held_out: np.ndarray, seed: int) -> list[np.ndarray]:
            few = max(self.n_trees // 4, 1)
            return [_forest(x, y, settings, few, seed)(held_out) for settings in self.grid]

        settings = tune(list(self.grid), scores, x, y, self.inner_folds, generator)
        return _forest(x, y, settings, self.n_trees, int(generator.integers(2**31)))


def _forest(x: np.ndarray, y: np.ndarray, settings: Mapping[str, Any], n_trees: int, seed: int) -> Predict:
    from sklearn.ensemble import RandomForestClassifier

    scaling = Scaling.learn(x)
    forest = RandomForestClassifier(n_trees, n_jobs=1, random_state=seed, **settings)
    forest.fit(scaling.apply(x), y)
    return lambda values: forest.predict_proba(scaling.apply(values))[:, 1]


@dataclass(frozen=True)
class BoostedTrees:
    """Gradient-boosted trees (XGBoost, logistic loss); depth, step and number of rounds by inner folds."""

    grid: tuple[Mapping[str, Any], ...] = ({"max_depth": 1, "eta": 0.1}, {"max_depth": 3, "eta": 0.1})
    rounds: tuple[int, ...] = (25, 75, 200)
    inner_folds: int = 3
    name: str = "xgboost"

    def __call__(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> Predict:
        """Choose from `grid` and `rounds` by inner folds, then boost on all training cases."""

        def scores(x: np.ndarray, y: np.ndarray, held_out: np.ndarray, seed: int) -> list[np.ndarray]:
            boosted = [_boost(x, y, settings, max(self.rounds), seed) for settings in self.grid]
            return [margin(held_out, n) for margin in boosted for n in self.rounds]

        candidates = [(settings, n) for settings in self.grid for n in self.rounds]
        settings, n_rounds = tune(candidates, scores, x, y, self.inner_folds, generator)
        margin = _boost(x, y, settings, n_rounds, int(generator.integers(2**31)))
        return lambda values: margin(values, n_rounds)


def _boost(
    x: np.ndarray, y: np.ndarray, settings: Mapping[str, Any], n_rounds: int, seed: int
) -> Callable[[np.ndarray, int], np.ndarray]:
    """Boosted trees as (x, number of rounds) -> margins; a missing value goes where it loses least."""
    import xgboost

    parameters = {
        "objective": "binary:logistic", "base_score": float(y.mean()), "tree_method": "hist", "subsample": 0.8,
        "colsample_bynode": 0.3, "min_child_weight": 1, "nthread": 1, "seed": seed, "verbosity": 0, **settings,
    }  # fmt: skip
    booster = xgboost.train(parameters, xgboost.DMatrix(x, y, nthread=1), n_rounds)

    def margin(values: np.ndarray, n: int) -> np.ndarray:
        matrix = xgboost.DMatrix(values, nthread=1)
        return booster.predict(matrix, output_margin=True, iteration_range=(0, n)).astype(float)

    return margin


def default_rivals(
    settings: Mapping[str, Any] | None = None,
) -> list[LassoLogistic | RandomForest | BoostedTrees]:
    """The three, with fields overridden by the branches `lasso`, `forest` and `xgboost` of `settings`."""
    branches = {"lasso": LassoLogistic, "forest": RandomForest, "xgboost": BoostedTrees}
    return [kind(**_fields((settings or {}).get(branch, {}))) for branch, kind in branches.items()]


def _fields(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in block.items()}
