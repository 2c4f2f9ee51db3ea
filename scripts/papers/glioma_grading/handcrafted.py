"""The rivals on handcrafted features: logistic regression and a small neural network (discussion, paragraph 1)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

PENALTIES = {
    "logistic": ("C", np.geomspace(1e-3, 1e2, 11)),
    "small_network": ("alpha", np.geomspace(1e-3, 1e2, 6)),
}


def rival(name: str, settings: Mapping[str, Any], seed: int) -> GridSearchCV:
    """A classifier of features (n, p) that scales them and chooses its own penalty, all by the patients it is
    fitted on.

    Parameters
    ----------
    name : 'logistic', multinomial with an L2 penalty; 'small_network', one hidden layer of `hidden_units` (ReLU)
        fitted by
        L-BFGS. The penalty with the least log loss over `inner_folds` stratified folds is taken.
    settings : inner_folds, hidden_units, epochs. A missing feature gets the median of the training patients.

    Raises
    ------
    KeyError : another name.
    """
    parameter, values = PENALTIES[name]
    if name == "logistic":
        model: Any = LogisticRegression(max_iter=2000)
    else:
        model = MLPClassifier(
            (settings["hidden_units"],), solver="lbfgs", max_iter=settings["epochs"], random_state=seed
        )
    steps = [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("classify", model),
    ]
    folds = StratifiedKFold(settings["inner_folds"], shuffle=True, random_state=seed)
    return GridSearchCV(Pipeline(steps), {f"classify__{parameter}": values}, scoring="neg_log_loss", cv=folds)


@threadpool_limits.wrap(limits=1)
def fit_and_predict(
    name: str, x: np.ndarray, y: np.ndarray, new: np.ndarray, settings: Mapping[str, Any], seed: int
) -> tuple[np.ndarray, dict[str, float]]:
    """Probabilities (m, classes) of new patients, classes in alphabetical order, and the penalty that was chosen.

    Parameters
    ----------
    x : (n, p) features of the training patients, NaN where missing. y : (n,) class words. new : (m, p).
    """
    search = rival(name, settings, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a weak penalty need not be fitted to the end
        search.fit(x, y)
    chosen = {key.removeprefix("classify__"): float(value) for key, value in search.best_params_.items()}
    return search.predict_proba(new), chosen
