"""How a cohort's samples are split: one entry of a card's `splits`, every name known and every value possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from scripts.errors import InputError, nearest

KINDS = ("holdout", "k_fold", "repeated_k_fold")
GROUPS = ("patient", "sample")
NEAR_IDENTICAL = ("refuse", "group", "allow")


@dataclass(frozen=True)
class SplitScheme:
    """One way to split.

    Attributes
    ----------
    kind : holdout (test, validation and training samples drawn once a repeat), k_fold (each fold is the test samples of
        one round), repeated_k_fold (the same, drawn anew in each repeat).
    n_folds : of k_fold and repeated_k_fold. n_repeats : of holdout and repeated_k_fold.
    test_share : of all samples, of holdout. validation_share : of all samples, taken from those that are not test ones.
    group : patient (a patient's samples stay together) or sample (they do not: a leak wherever a patient has several).
    stratify : the column of the samples whose values every part gets its share of; None for no such column.
    near_identical : images of different patients that are nearly the same are refused, grouped (their patients stay
        together), or allowed.
    """

    kind: str = "k_fold"
    n_folds: int = 5
    n_repeats: int = 1
    test_share: float = 0.2
    validation_share: float = 0.0
    group: str = "patient"
    stratify: str | None = "label"
    near_identical: str = "refuse"

    @classmethod
    def read(cls, given: Mapping[str, Any], name: str = "") -> SplitScheme:
        """The scheme of a card's `splits.<name>`.

        Raises
        ------
        InputError : an unknown key or value (with the nearest one), or shares that leave nothing to train on.
        """
        where = f"splits.{name}" if name else "splits"
        known = [field.name for field in fields(cls)]
        for key in given:
            if key not in known:
                hint = nearest(key, known).strip()
                raise InputError(f"{where}.{key}", f"one of {', '.join(known)}", f"'{key}'", hint)
        scheme = cls(**given)
        for key, allowed in {"kind": KINDS, "group": GROUPS, "near_identical": NEAR_IDENTICAL}.items():
            if (value := getattr(scheme, key)) not in allowed:
                hint = nearest(value, allowed).strip()
                raise InputError(f"{where}.{key}", f"one of {', '.join(allowed)}", repr(value), hint)
        for key, least in {"n_folds": 2, "n_repeats": 1}.items():
            value = getattr(scheme, key)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"{where}.{key}", f"a whole number from {least} on", repr(value))
        for key in ("test_share", "validation_share"):
            value = getattr(scheme, key)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value < 1:
                raise InputError(f"{where}.{key}", "a share from 0 to below 1", repr(value))
        if scheme.kind == "holdout" and scheme.test_share == 0:
            raise InputError(f"{where}.test_share", "a share above 0", "0")
        if scheme.shares[2] < 1e-9:
            raise InputError(where, "samples left to train on", "test and validation shares of 1 or more")
        return scheme

    @property
    def repeats(self) -> int:
        """How often the samples are split anew."""
        return 1 if self.kind == "k_fold" else self.n_repeats

    @property
    def folds(self) -> int:
        """Rounds of one repeat."""
        return 1 if self.kind == "holdout" else self.n_folds

    @property
    def shares(self) -> tuple[float, float, float]:
        """Share of the samples in test, validation and training part of one round."""
        test = self.test_share if self.kind == "holdout" else 1 / self.n_folds
        return test, self.validation_share, 1 - test - self.validation_share
