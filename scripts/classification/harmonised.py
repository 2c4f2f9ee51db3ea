"""A model behind ComBat: harmonisation is learnt from the training cases of whatever fold the model is fitted in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.classification.combat import Combat
from scripts.classification.cross_validation import Fit, Predict


@dataclass(frozen=True)
class Harmonised:
    """A fit whose last column of x is no feature but the number of the scanner (see `cross_validation.Fit`).

    Attributes
    ----------
    fit : the model, on the other columns.
    new_batch : what becomes of a scanner without training cases (`Combat.apply`); None does without ComBat.
    columns : (p,) bool, features that are harmonised (an indicator of a clinical class is not).
    """

    fit: Fit
    new_batch: str | None
    columns: np.ndarray

    def __call__(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> Predict:
        if self.new_batch is None:
            predict = self.fit(x[:, :-1], y, generator)
            return lambda values: predict(values[:, :-1])
        combat = Combat.learn(x[:, :-1][:, self.columns], x[:, -1])

        def harmonise(values: np.ndarray) -> np.ndarray:
            features = values[:, :-1].copy()
            features[:, self.columns] = combat.apply(features[:, self.columns], values[:, -1], self.new_batch)
            return features

        predict = self.fit(harmonise(x), y, generator)
        return lambda values: predict(harmonise(values))
