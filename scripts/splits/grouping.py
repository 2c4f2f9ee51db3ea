"""Which samples must stay on one side: those of a patient, and of patients whose images are nearly the same."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from scripts.errors import InputError
from scripts.splits.scheme import SplitScheme

MOST_SHOWN = 5


def groups_of(samples: pd.DataFrame, pairs: pd.DataFrame, scheme: SplitScheme) -> pd.Series:
    """The group of each sample: a word that samples share if they must stay on one side.

    Parameters
    ----------
    samples : sample, patient. pairs : sample_a, sample_b, nearly identical.

    Returns
    -------
    Series on the index of `samples`: the first of the patients (of the samples, where the scheme groups by sample) that
    are held together.

    Raises
    ------
    InputError : the scheme refuses near-identical images and a pair is of two groups; says which.
    """
    unit = samples["patient" if scheme.group == "patient" else "sample"].astype(str)
    if scheme.near_identical == "allow":
        return unit
    unit_of = dict(zip(samples["sample"].astype(str), unit, strict=True))
    known = pairs[pairs["sample_a"].isin(unit_of) & pairs["sample_b"].isin(unit_of)]
    links = [(unit_of[a], unit_of[b]) for a, b in zip(known["sample_a"], known["sample_b"], strict=True)]
    apart = known[[a != b for a, b in links]]
    if len(apart) and scheme.near_identical == "refuse":
        raise InputError(
            "near-identical images",
            f"none of different {scheme.group}s",
            f"{len(apart)}: {pairs_text(apart)}",
            "Remove one of each from the sheet, or give both the same patient; `near_identical: group` keeps them "
            "on one side, `allow` lets them stand on both.",
            patients=sorted({unit_of[s] for s in apart[["sample_a", "sample_b"]].to_numpy().ravel()}),
        )
    return unit.map(joined(links)).fillna(unit)


def joined(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Whatever is linked, directly or through others, to the smallest name that it is linked to."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        root.setdefault(name, name)
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for a, b in links:
        low, high = sorted((find(a), find(b)))
        root[high] = low
    return {name: find(name) for name in root}


def pairs_text(pairs: pd.DataFrame) -> str:
    """The first pairs in words: 'a and b (0.998)'."""
    shown = [f"{row.sample_a} and {row.sample_b}" for row in pairs.head(MOST_SHOWN).itertuples()]
    return ", ".join(shown) + (", ..." if len(pairs) > MOST_SHOWN else "")
