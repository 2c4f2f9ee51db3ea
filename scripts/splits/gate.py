"""The gate: no patient, and no near-identical image, on both sides of a split."""

from __future__ import annotations

import pandas as pd

from scripts.errors import InputError
from scripts.splits.grouping import MOST_SHOWN, pairs_text
from scripts.splits.scheme import SplitScheme

REMEDY = (
    "A model would be tested on what it was trained on. Draw the split again, or name the leak in the card."
)


def refuse_leaks(split: pd.DataFrame, pairs: pd.DataFrame, scheme: SplitScheme) -> None:
    """Pass, or stop with what stands on both sides.

    Training, validation and test are all apart from one another: what the validation samples choose (the epoch that is
    kept) must not have seen the test samples, nor be chosen by copies of the training samples.

    Parameters
    ----------
    split : repeat, fold, part, sample, patient, of all folds or of some.
    pairs : sample_a, sample_b that are nearly identical.
    scheme : what it allows: patients on both sides with `group: sample`, pairs with `near_identical: allow`.

    Raises
    ------
    InputError : a sample is twice in a fold; a patient, or a pair, is in two parts of a fold; in a k-fold scheme of
        which all folds are here, a sample is not a test sample exactly once a repeat.
    """
    twice = split[split.duplicated(["repeat", "fold", "sample"])]
    if len(twice):
        raise InputError(
            f"split, fold {twice['fold'].iloc[0]} of repeat {twice['repeat'].iloc[0]}",
            "each sample once",
            f"'{twice['sample'].iloc[0]}' again",
        )
    if scheme.kind != "holdout":
        _require_each_tested_once(split, scheme)
    if scheme.group == "patient":
        _refuse_patients(split)
    if scheme.near_identical != "allow" and len(pairs):
        _refuse_pairs(split, pairs)


def _require_each_tested_once(split: pd.DataFrame, scheme: SplitScheme) -> None:
    for repeat, rows in split.groupby("repeat"):
        if rows["fold"].nunique() < scheme.n_folds:
            continue
        tested = (
            rows[rows["part"] == "test"]["sample"]
            .value_counts()
            .reindex(rows["sample"].unique(), fill_value=0)
        )
        if (tested != 1).any():
            sample, times = next((s, n) for s, n in tested.items() if n != 1)
            raise InputError(
                f"split, repeat {repeat}", "each sample a test sample once", f"'{sample}' {times} times"
            )


def _refuse_patients(split: pd.DataFrame) -> None:
    sides = split.groupby(["repeat", "fold", "patient"], sort=False)["part"].nunique()
    both = sides[sides > 1]
    if len(both):
        repeat, fold, _ = both.index[0]
        patients = list(dict.fromkeys(both.index.get_level_values("patient")))
        shown = ", ".join(patients[:MOST_SHOWN]) + (", ..." if len(patients) > MOST_SHOWN else "")
        raise InputError(
            f"split, fold {fold} of repeat {repeat}",
            "every patient on one side",
            f"{len(patients)} on both: {shown}",
            REMEDY,
            patients=patients,
        )


def _refuse_pairs(split: pd.DataFrame, pairs: pd.DataFrame) -> None:
    for (repeat, fold), rows in split.groupby(["repeat", "fold"]):
        part_of = dict(zip(rows["sample"], rows["part"], strict=True))
        a, b = pairs["sample_a"].map(part_of), pairs["sample_b"].map(part_of)
        across = pairs[a.notna() & b.notna() & (a != b)]
        if len(across):
            raise InputError(
                f"split, fold {fold} of repeat {repeat}",
                "near-identical images on one side",
                f"{len(across)} pairs on both: {pairs_text(across)}",
                REMEDY,
            )
