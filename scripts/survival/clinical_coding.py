"""Clinical values as numbers for a model, gaps filled from the training patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.errors import InputError, nearest

CLINICAL_CODES: dict[str, dict[str, float]] = {
    "sex": {"F": 0.0, "M": 1.0},
    "differentiation": {"high": 0.0, "moderate": 1.0, "low": 2.0},
    "cea": {"low": 0.0, "high": 1.0},
    "lymph_node": {"no": 0.0, "yes": 1.0},
}
CLINICAL_COVARIATES = ("tnm_stage", "age", "sex", "cea", "differentiation", "lymph_node")
FEWEST_MISSING = 10  # training patients without a value from which its absence gets a covariate of its own


@dataclass(frozen=True)
class ClinicalCoding:
    """Clinical values as numbers, missing ones filled from the training patients.

    Stage and age as they are; sex M 1; CEA high 1; differentiation high 0, moderate 1, low 2; lymph node
    yes 1. A missing value becomes the training patients' commonest (age: median). Where 10 training patients
    or more lack it, some with and some without recurrence, a column `<covariate>_missing` (0/1) goes along.
    A covariate without a value in any training patient is left out.
    """

    covariates: tuple[str, ...]
    fill: dict[str, float]
    indicators: tuple[str, ...]

    @classmethod
    def learn(
        cls,
        clinical: pd.DataFrame,
        event: np.ndarray,
        covariates: tuple[str, ...] = CLINICAL_COVARIATES,
    ) -> ClinicalCoding:
        """Fill values and missingness columns from the training patients' table and events (n,)."""
        table = code_clinical(clinical, covariates)
        fill, indicators = {}, []
        covariates = tuple(name for name in covariates if table[name].notna().any())
        if not covariates:
            raise InputError(
                f"clinical table, {', '.join(table.columns)}", "a value in some training patient", "none"
            )
        for name in covariates:
            column = table[name].dropna()
            fill[name] = float(column.median() if name == "age" else column.mode().iloc[0])
            absent = table[name].isna().to_numpy()
            if absent.sum() >= FEWEST_MISSING and 0 < event[absent].sum() < absent.sum():
                indicators.append(name)
        return cls(covariates, fill, tuple(indicators))

    def apply(self, clinical: pd.DataFrame) -> pd.DataFrame:
        """(n, q) numbers without gaps, columns the covariates and then the missingness columns."""
        table = code_clinical(clinical, self.covariates)
        missing = table[list(self.indicators)].isna().astype(float).add_suffix("_missing")
        return pd.concat([table.fillna(self.fill), missing], axis=1)


def code_clinical(clinical: pd.DataFrame, covariates: tuple[str, ...] = CLINICAL_COVARIATES) -> pd.DataFrame:
    """The clinical columns as numbers, missing ones still missing; an unknown word raises InputError."""
    table = pd.DataFrame(index=clinical.index)
    for name in covariates:
        if name not in clinical.columns:
            raise InputError(
                "clinical table", f"a column {name}", "none", nearest(name, clinical.columns).strip()
            )
        column = clinical[name]
        if name in CLINICAL_CODES:
            codes = CLINICAL_CODES[name]
            unknown = sorted(set(column.dropna().astype(str)) - set(codes))
            if unknown:
                raise InputError(f"clinical table, {name}", f"one of {', '.join(codes)}", ", ".join(unknown))
            column = column.astype(object).map(codes)
        table[name] = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    return table
