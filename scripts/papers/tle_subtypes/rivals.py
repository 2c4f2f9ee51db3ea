"""The paper's classifiers without a network: a linear support vector machine and a random forest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def by_machine(train: NDArray, y: NDArray[np.int64], test: NDArray, penalty: float) -> NDArray[np.float64]:
    """(n,) number from 0 to 1 that grows with a linear support vector machine's score of class 1.

    The hyperplane is at 0.5, so calls are the machine's own. It is no probability: 1 / (1 + exp(-score)) was fitted
    to nothing.

    Parameters
    ----------
    train, test : (epochs, features), standardised by the training epochs. y : 0 or 1. penalty : C.
    """
    model = make_pipeline(StandardScaler(), SVC(kernel="linear", C=penalty))
    model.fit(train, y)
    score = model.decision_function(test)
    return np.exp(-np.logaddexp(0.0, -score))


def by_forest(
    train: NDArray, y: NDArray[np.int64], test: NDArray, trees: int, seed: int
) -> NDArray[np.float64]:
    """(n,) share of the trees' leaves for class 1 (scikit-learn's defaults: square root of the features at each
    node)."""
    model = RandomForestClassifier(trees, random_state=seed)
    model.fit(train, y)
    found = model.predict_proba(test)
    return found[:, list(model.classes_).index(1)] if 1 in model.classes_ else np.zeros(len(test))
