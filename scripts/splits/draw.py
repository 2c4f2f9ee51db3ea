"""The split of a cohort's samples by a scheme: which sample is for training, validation or test in each fold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.errors import InputError, nearest
from scripts.seeds import generator
from scripts.splits.assignment import draw_shares, even_folds
from scripts.splits.grouping import groups_of
from scripts.splits.scheme import SplitScheme
from scripts.splits.split_table import COLUMNS


def draw_split(samples: pd.DataFrame, pairs: pd.DataFrame, scheme: SplitScheme, seed: int) -> pd.DataFrame:
    """Split the samples; the same samples, scheme and seed give the same split, whatever the order of the rows.

    Parameters
    ----------
    samples : sample (each once), patient, label, and the column that the scheme stratifies by.
    pairs : sample_a, sample_b that are nearly identical.

    Returns
    -------
    DataFrame: repeat, fold (both from 1), part (train, validation, test), sample, patient, label; every sample once in
    each fold, ordered by repeat, fold and sample. In k-fold schemes each sample is a test sample once a repeat.

    Raises
    ------
    InputError : a column is missing; a label has too few groups for every training and test part to have one; images
        are refused (`groups_of`).
    """
    for column in ("sample", "patient", "label", *([scheme.stratify] if scheme.stratify else [])):
        if column not in samples:
            raise InputError(
                "samples", f"a column '{column}'", "none", nearest(column, samples.columns).strip()
            )
    samples = samples.sort_values("sample", kind="stable").reset_index(drop=True)
    if samples["sample"].duplicated().any():
        raise InputError(
            "samples",
            "each sample once",
            f"'{samples['sample'][samples['sample'].duplicated()].iloc[0]}' again",
        )
    group = np.unique(groups_of(samples, pairs, scheme).to_numpy(str), return_inverse=True)[1]
    rounds = []
    for repeat in range(1, scheme.repeats + 1):
        random = generator(seed, "split_samples", repeat)
        for fold, part in enumerate(_rounds(group, _strata(samples, scheme), scheme, random), start=1):
            rounds.append(samples[["sample", "patient", "label"]].assign(repeat=repeat, fold=fold, part=part))
    split = pd.concat(rounds, ignore_index=True)[list(COLUMNS)]
    _require_labels(split, scheme)
    return split


def _rounds(
    group: np.ndarray, strata: np.ndarray, scheme: SplitScheme, random: np.random.Generator
) -> list[np.ndarray]:
    """The part of each sample in each fold of one repeat."""
    _, first, sizes = np.unique(group, return_index=True, return_counts=True)
    kinds = _group_strata(group, strata)
    test, validation, train = scheme.shares
    if scheme.kind == "holdout":
        is_test = [draw_shares(sizes, kinds, np.array([1 - test, test]), random)[group] == 1]
    else:
        if len(sizes) < scheme.n_folds:
            raise InputError("split", f"at least {scheme.n_folds} groups of samples", f"{len(sizes)}")
        fold_of = even_folds(group, strata, scheme.n_folds, random)
        is_test = [fold_of == fold for fold in range(scheme.n_folds)]
    rounds = []
    for mine in is_test:
        part = np.where(mine, "test", "train").astype(object)
        if validation > 0:
            rest = np.flatnonzero(~mine[first])
            shares = np.array([train, validation]) / (train + validation)
            chosen = rest[draw_shares(sizes[rest], kinds[rest], shares, random) == 1]
            part[np.isin(group, chosen)] = "validation"
        rounds.append(part)
    return rounds


def _strata(samples: pd.DataFrame, scheme: SplitScheme) -> np.ndarray:
    """Code of each sample's value of the stratifying column."""
    if scheme.stratify is None:
        return np.zeros(len(samples), dtype=int)
    return np.unique(samples[scheme.stratify].astype(str), return_inverse=True)[1]


def _group_strata(group: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Each group's most frequent stratum, the first of equal ones."""
    counts = np.zeros((group.max() + 1, strata.max() + 1))
    np.add.at(counts, (group, strata), 1)
    return counts.argmax(axis=1)


def _require_labels(split: pd.DataFrame, scheme: SplitScheme) -> None:
    """InputError where a label is missing in a training part or, if they are stratified by it, in a test part."""
    parts = ("train", "test") if scheme.stratify == "label" else ("train",)
    if scheme.validation_share > 0 and not (split["part"] == "validation").any():
        raise InputError(
            "split", "a validation sample", "none", "The cohort is too small for validation_share."
        )
    labels = sorted(split["label"].astype(str).unique())
    there = split.groupby(["repeat", "fold", "part", "label"]).size()
    for repeat, fold in split[["repeat", "fold"]].drop_duplicates().itertuples(index=False):
        for part in parts:
            for label in labels:
                if (repeat, fold, part, label) not in there.index:
                    kinds = split.loc[split["label"] == label, scheme.group].nunique()
                    raise InputError(
                        "split",
                        f"'{label}' in the {part} part of every fold",
                        f"none in fold {fold} of repeat {repeat}, of {kinds} {scheme.group}s with that label",
                        "Take fewer folds or a larger share, or add patients.",
                    )
