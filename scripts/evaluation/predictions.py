"""What the models of a split said of its test samples: the predictions of all folds, read together and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.tables import read_table

PREFIX = "p_"
FOLD = re.compile(r"r(\d+)_f(\d+)")


@dataclass(frozen=True)
class FoldPlace:
    """Which training a file is of: its path is .../<model>/<scheme>/r<repeat>_f<fold>/<file>."""

    model: str
    scheme: str
    repeat: int
    fold: int

    @classmethod
    def of(cls, path: str | Path) -> FoldPlace:
        """The place of a file; InputError for a path that names none."""
        folder = Path(path).parent
        numbers = FOLD.fullmatch(folder.name)
        if numbers is None:
            raise InputError(str(path), "a folder r<repeat>_f<fold>", f"'{folder.name}'")
        return cls(folder.parents[1].name, folder.parent.name, int(numbers[1]), int(numbers[2]))


@dataclass(frozen=True)
class Repeat:
    """The test samples of all folds of one repeat, in the order of samples.

    Attributes
    ----------
    samples, patients : (n,) words. folds : (n,) the fold that tested each. truth : (n,) codes of classes.
    probabilities : (n, k), rows of sum 1.
    """

    number: int
    samples: np.ndarray
    patients: np.ndarray
    folds: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray

    @property
    def called(self) -> np.ndarray:
        """(n,) the class of the largest probability, of equal ones the first."""
        return self.probabilities.argmax(axis=1)


@dataclass(frozen=True)
class ModelPredictions:
    """A model on the test samples of every repeat of a split; classes are words in the order of their codes."""

    model: str
    classes: tuple[str, ...]
    repeats: tuple[Repeat, ...]


def read_predictions(paths: Iterable[str | Path], part: str = "test") -> list[ModelPredictions]:
    """The predictions of all folds of some models on one split; see `predictions_of`.

    Parameters
    ----------
    paths : of predictions.parquet (sample, patient, part, label, p_<class>...), see `FoldPlace`.
    part : the part of the samples that is evaluated.
    """
    return predictions_of([(FoldPlace.of(path), read_table(path)) for path in paths], part)


def predictions_of(
    folds: Sequence[tuple[FoldPlace, pd.DataFrame]], part: str = "test"
) -> list[ModelPredictions]:
    """Predictions by model, in the order in which models come first.

    Raises
    ------
    InputError : no sample of the part; two files with different classes; a label that is no class; probabilities that
        are none; a sample twice in a repeat; models that were tested on different samples.
    """
    tables: dict[str, list[pd.DataFrame]] = {}
    classes: tuple[str, ...] | None = None
    for place, table in folds:
        where = f"predictions of {place.model}, fold {place.fold} of repeat {place.repeat}"
        found = tuple(name.removeprefix(PREFIX) for name in table if name.startswith(PREFIX))
        classes = found if classes is None else classes
        if found != classes or len(found) < 2:
            raise InputError(
                where,
                f"the classes {', '.join(classes) if len(classes) > 1 else 'of two or more'}",
                ", ".join(found) or "none",
            )
        table = table[table["part"] == part]
        _require_sound(table, classes, where)
        tables.setdefault(place.model, []).append(table.assign(repeat=place.repeat, fold=place.fold))
    if not any(len(table) for parts in tables.values() for table in parts):
        raise InputError("predictions", f"samples of the {part} part", "none")
    models = [_model(name, classes, pd.concat(parts), part) for name, parts in tables.items()]
    for other in models[1:]:
        _require_same_samples(models[0], other)
    return models


def patients_of(models: Sequence[ModelPredictions]) -> pd.Index:
    """Every patient with a test sample, in order."""
    return pd.Index(sorted({p for model in models for repeat in model.repeats for p in repeat.patients}))


def mean_over_repeats(model: ModelPredictions) -> Repeat:
    """Each sample once, with the mean of its probabilities over the repeats that tested it: the repeats' joint vote."""
    stacked = pd.DataFrame(np.concatenate([r.probabilities for r in model.repeats]))
    stacked["sample"] = np.concatenate([r.samples for r in model.repeats])
    mean = stacked.groupby("sample", sort=True).mean()
    facts = {
        sample: (patient, truth)
        for r in model.repeats
        for sample, patient, truth in zip(r.samples, r.patients, r.truth, strict=True)
    }
    patients, truth = zip(*(facts[sample] for sample in mean.index), strict=True)
    return Repeat(0, mean.index.to_numpy(object), np.array(patients, dtype=object), np.zeros(len(mean), dtype=int),
                  np.array(truth), mean.to_numpy())  # fmt: skip


def _model(name: str, classes: tuple[str, ...], table: pd.DataFrame, part: str) -> ModelPredictions:
    repeats = []
    for number, rows in table.groupby("repeat", sort=True):
        rows = rows.sort_values("sample", kind="stable")
        if rows["sample"].duplicated().any():
            again = rows.loc[rows["sample"].duplicated(), "sample"].iloc[0]
            raise InputError(
                f"predictions of {name}, repeat {number}",
                f"each {part} sample in one fold",
                f"'{again}' in several",
            )
        repeats.append(
            Repeat(
                int(number),
                rows["sample"].astype(str).to_numpy(object),
                rows["patient"].astype(str).to_numpy(object),
                rows["fold"].to_numpy(int),
                rows["label"]
                .astype(str)
                .map({word: code for code, word in enumerate(classes)})
                .to_numpy(int),
                rows[[PREFIX + word for word in classes]].to_numpy(float),
            )
        )
    return ModelPredictions(name, classes, tuple(repeats))


def _require_sound(table: pd.DataFrame, classes: tuple[str, ...], where: str) -> None:
    strange = set(table["label"].astype(str)) - set(classes)
    if strange:
        raise InputError(where, f"labels {', '.join(classes)}", f"'{sorted(strange)[0]}'")
    values = table[[PREFIX + word for word in classes]].to_numpy(float)
    sound = np.isfinite(values).all() and (values >= 0).all() and np.allclose(values.sum(1), 1, atol=1e-3)
    if not sound:
        raise InputError(where, "probabilities of sum 1", "others")


def _require_same_samples(a: ModelPredictions, b: ModelPredictions) -> None:
    same = [r.number for r in a.repeats] == [r.number for r in b.repeats] and all(
        np.array_equal(x.samples, y.samples) and np.array_equal(x.folds, y.folds)
        for x, y in zip(a.repeats, b.repeats, strict=True)
    )
    if not same:
        raise InputError(
            f"predictions of {b.model}", f"the test samples and folds of {a.model}", "others",
            "Evaluate together only models that were trained on one split.",
        )  # fmt: skip
