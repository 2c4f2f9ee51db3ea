"""The file of a split: results/<paper>/splits/<scheme>.csv, and the near-identical pairs beside the samples."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scripts.errors import InputError

COLUMNS = ("repeat", "fold", "part", "sample", "patient", "label")
PARTS = ("train", "validation", "test")
PAIRS = ("sample_a", "sample_b", "patient_a", "patient_b", "label_a", "label_b", "similarity", "turned")
TEXT = ("part", "sample", "patient", "label")


def read_split(path: str | Path) -> pd.DataFrame:
    """A split as it was written: repeat and fold whole numbers, everything else text as it stands ('007' too).

    Raises
    ------
    InputError : a column is missing, or a part that is none.
    """
    split = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False)
    for column in COLUMNS:
        if column not in split:
            raise InputError(str(path), f"a column '{column}'", ", ".join(split.columns))
    for part in split["part"].unique():
        if part not in PARTS:
            raise InputError(str(path), f"parts {', '.join(PARTS)}", f"'{part}'")
    return split.astype({"repeat": int, "fold": int})


def fold_of_split(split: pd.DataFrame, repeat: int, fold: int) -> pd.DataFrame:
    """The rows of one fold: part, sample, patient, label; InputError where the split has no such fold."""
    rows = split[(split["repeat"] == repeat) & (split["fold"] == fold)]
    if rows.empty:
        raise InputError("split", f"fold {fold} of repeat {repeat}", "no row of it")
    return rows[["part", "sample", "patient", "label"]].reset_index(drop=True)


def read_pairs(path: str | Path) -> pd.DataFrame:
    """The near-identical pairs that `find_near_identical` wrote; columns `PAIRS`, all text but similarity."""
    text = [name for name in PAIRS if name != "similarity"]
    return pd.read_csv(path, dtype=dict.fromkeys(text, str), keep_default_na=False)


def count_parts(split: pd.DataFrame) -> pd.DataFrame:
    """Samples and patients of each label in each part of each fold: repeat, fold, part, label, n_samples,
    n_patients.
    """
    counted = split.groupby(["repeat", "fold", "part", "label"], sort=True).agg(
        n_samples=("sample", "size"), n_patients=("patient", "nunique")
    )
    return counted.reset_index()
