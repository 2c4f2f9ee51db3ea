"""A cohort that a frozen network scored: what its report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

IMAGE = "image"


@dataclass(frozen=True)
class Scored:
    """A cohort that a frozen network scored.

    Attributes
    ----------
    predictions : sample, patient, label (missing where unknown), predicted, p_<class>...
    lost : patient, cause of those without a score. tables : performance, confusion, roc_points, calibration of the
        samples with a label; none of them where no label is known. card : of the frozen network.
    own : whether the network was fitted on this cohort. paper : the paper's card; its `sample` is what a sample is
        called, 'image' where it says nothing. record : provenance of the step.
    """

    model: str
    cohort: str
    predictions: pd.DataFrame
    lost: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    card: Mapping[str, Any]
    own: bool
    simulated: bool
    paper: Mapping[str, Any]
    paper_name: str
    record: Mapping[str, Any]
    digests: Sequence[tuple[str, str]]

    @property
    def classes(self) -> dict[str, str]:
        """Class word -> label."""
        return {word: word.replace("_", " ") for word in self.card["classes"]}

    @property
    def word(self) -> str:
        """What a sample is called."""
        return self.paper.get("sample", IMAGE)

    @property
    def plural(self) -> str:
        """What several are called."""
        return f"{self.word}s"

    @property
    def n_labelled(self) -> int:
        """Samples whose class is known."""
        return int(self.predictions["label"].notna().sum())

    @property
    def known_classes(self) -> dict[str, str]:
        """The classes that have a sample with a label: word -> label."""
        there = set(self.predictions["label"].dropna())
        return {word: label for word, label in self.classes.items() if word in there}
