"""Who is in which analysis of crc_nomogram, and how the clinical columns enter a Cox model."""

from __future__ import annotations

import pandas as pd

from scripts.errors import InputError
from scripts.survival.clinical_coding import CLINICAL_CODES

COHORTS = ("primary", "validation")
COHORT_LABELS = {"primary": "Primary cohort", "validation": "Validation cohort"}
STAGE_LABELS = {1: "I", 2: "II", 3: "III", 4: "IV"}


def of_cohort(clinical: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """Rows of one cohort, in the order of the table, with a fresh index."""
    return clinical[clinical["cohort"] == cohort].reset_index(drop=True)


def followed(clinical: pd.DataFrame) -> pd.DataFrame:
    """Patients with follow-up: those whom a survival analysis can use; the ledger names the others."""
    has_follow_up = clinical["dfs_months"].notna() & clinical["recurrence"].notna()
    kept = clinical[has_follow_up].reset_index(drop=True)
    return kept.astype({"dfs_months": float, "recurrence": int})


def join_features(features: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """Feature values of the patients of `clinical`, in its order, index patient.

    Raises
    ------
    InputError : a patient of `clinical` has no features (a failed case must have left the clinical table before).
    """
    values = features.set_index("patient")
    missing = [patient for patient in clinical["patient"] if patient not in values.index]
    if missing:
        raise InputError("feature table", "a row for each patient", f"none for {', '.join(missing[:5])}")
    return values.loc[clinical["patient"]]


def with_features(clinical: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """The clinical table without the patients whose extraction failed (they are in the ledger)."""
    return clinical[clinical["patient"].isin(features["patient"])].reset_index(drop=True)


def coded(table: pd.DataFrame, column: str) -> pd.Series:
    """A clinical column as numbers for a Cox model (see CLINICAL_CODES); missing stays missing."""
    if column == "risk_group":
        return (table[column] == "high").astype(float)
    if column in CLINICAL_CODES:
        return table[column].astype(object).map(CLINICAL_CODES[column]).astype(float)
    return table[column].astype(float)


def training_cohort(clinical: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """The only patients that anything is fitted on: primary cohort, with follow-up and features."""
    return of_cohort(followed(with_features(clinical, features)), "primary")
