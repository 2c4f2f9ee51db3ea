"""A fitted linear score of radiomic features: what is left of the signature once it is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.errors import InputError

SMALLEST_COHORT = 10  # patients below which a cohort's own mean and SD say nothing about its scale


def is_constant(scale: float, centre: float) -> bool:
    """Whether an SD is nothing but rounding beside its mean."""
    return not scale > 1e-10 * max(abs(centre), 1e-300)


@dataclass(frozen=True)
class RadScore:
    """A fitted linear score: sum of coefficient * (value - centre) / scale, higher = higher risk.

    `centre` and `scale` are None where `scaling` is 'each_cohort': each cohort then brings its own.
    """

    features: tuple[str, ...]
    coefficients: np.ndarray
    scaling: str
    centre: np.ndarray | None
    scale: np.ndarray | None
    ddof: int
    cutoff: float

    def score(self, features: pd.DataFrame, cohort: Sequence[str] | pd.Series | None = None) -> pd.Series:
        """Rad-score of each row of `features` (index patient; columns at least the score's features).

        Parameters
        ----------
        cohort : label of each row, read only where `scaling` is 'each_cohort' (then the rows must be whole
            cohorts of at least 10 patients); None takes all rows for one cohort.

        Raises
        ------
        InputError : a feature is missing, a value is missing, or a cohort cannot be scaled by itself.

        Notes
        -----
        The sum runs feature by feature, so a patient's score does not depend on who else is scored with it.
        """
        absent = [name for name in self.features if name not in features.columns]
        if absent:
            raise InputError(
                "feature table",
                f"the column{'s' * (len(absent) > 1)} {', '.join(absent)}",
                "no such column",
                "Extract the features again with the settings of the model.",
            )
        values = features.loc[:, list(self.features)].astype(float)
        missing = values.index[~np.isfinite(values.to_numpy()).all(axis=1)]
        if len(missing):
            shown = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
            raise InputError(
                f"patient {shown}",
                "a finite value of each feature of the signature",
                f"{len(missing)} without" if len(missing) > 1 else "none",
                "Exclude such patients, with the cause, before scoring.",
            )
        score = pd.Series(0.0, index=values.index, name="rad_score")
        if self.scaling == "training":
            return score + self._sum(values.to_numpy(), self.centre, self.scale)
        labels = np.zeros(len(values)) if cohort is None else np.asarray(cohort)
        if len(labels) != len(values):
            raise InputError("cohort labels", f"one for each of {len(values)} patients", str(len(labels)))
        for label in pd.unique(labels):
            rows = np.flatnonzero(labels == label)
            own = values.to_numpy()[rows]
            if len(rows) < SMALLEST_COHORT:
                raise InputError(
                    f"cohort {label}",
                    f"{SMALLEST_COHORT} patients or more to scale the features by their own mean and SD",
                    f"{len(rows)}",
                    "Score the whole cohort at once, or use a model that carries its training statistics.",
                )
            centre, scale = own.mean(axis=0), own.std(axis=0, ddof=self.ddof)
            flat = [name for j, name in enumerate(self.features) if is_constant(scale[j], centre[j])]
            if flat:
                raise InputError(
                    f"cohort {label}", "features that differ between patients", f"constant {', '.join(flat)}"
                )
            score.iloc[rows] = self._sum(own, centre, scale)
        return score

    def _sum(self, values: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
        total = np.zeros(len(values))
        for j, coefficient in enumerate(self.coefficients):
            total += coefficient * ((values[:, j] - centre[j]) / scale[j])
        return total

    def group(self, score: pd.Series) -> pd.Series:
        """'high' where the score is above the cut-off, else 'low'."""
        return pd.Series(np.where(score > self.cutoff, "high", "low"), index=score.index, name="risk_group")
