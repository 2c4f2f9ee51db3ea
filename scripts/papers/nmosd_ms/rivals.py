"""Rivals without a network: logistic regression on the lesion volume, and on a coarse map of the lesions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

UNPENALISED = 1e6  # C of a logistic regression that is as good as without penalty


def coarse_map(image: np.ndarray, cells: int) -> np.ndarray:
    """(cells^3,) mean share of lesion in each cell of a cube.

    Parameters
    ----------
    image : (1, z, y, x) uint8, 255 full of lesion. cells : along each axis; at most the voxels of the axis.
    """
    values = image[0].astype(np.float64) / 255
    for axis in range(3):
        edges = np.linspace(0, values.shape[axis], cells + 1).astype(int)
        sums = np.add.reduceat(values, edges[:-1], axis=axis)
        shape = [1, 1, 1]
        shape[axis] = cells
        values = sums / np.diff(edges).reshape(shape)
    return values.ravel()


def by_volume(train_ml: np.ndarray, y: np.ndarray, test_ml: np.ndarray) -> np.ndarray:
    """(n,) probability of class 1 by logistic regression on the logarithm of the lesion volume in ml.

    Parameters
    ----------
    train_ml, y : volumes (above 0) and classes (0, 1) of the training patients. test_ml : volumes to judge.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(C=UNPENALISED))
    model.fit(np.log(train_ml)[:, None], y)
    return model.predict_proba(np.log(test_ml)[:, None])[:, 1]


def by_map(
    train: np.ndarray, y: np.ndarray, test: np.ndarray, c_grid: Sequence[float], inner_folds: int
) -> np.ndarray:
    """(n,) probability of class 1 by ridge logistic regression on coarse maps; the penalty is chosen in inner folds.

    Parameters
    ----------
    train, test : (patients, cells) maps, scaled by the mean and SD of the training patients; a cell without lesion in
        any of them counts nothing. c_grid : inverse penalties. inner_folds : stratified, in the order of the patients.
    """
    model = make_pipeline(
        StandardScaler(),
        LogisticRegressionCV(
            Cs=list(c_grid),
            l1_ratios=(0.0,),
            cv=inner_folds,
            scoring="neg_log_loss",
            max_iter=1000,
            use_legacy_attributes=False,
        ),
    )
    model.fit(train, y)
    return model.predict_proba(test)[:, 1]
