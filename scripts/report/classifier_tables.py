"""Tables of classifiers from what `scripts.evaluation` wrote: by model, by class, differences; sizes of a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.errors import InputError
from scripts.report.document import Column, Row, Table
from scripts.report.wording import MISSING, estimate_text, interval_text, number_text, p_text

if TYPE_CHECKING:
    import pandas as pd

SPREADS = ("interval", "folds", "repeats")


@dataclass(frozen=True)
class Shown:
    """A measure as a column: its name and class in the tables ("all", "macro" or a class), heading, how to write it.

    `Shown("sensitivity", "nmosd", "Sensitivity", percent=True, digits=1)` gives '70.7% (64.0–76.9)'.
    """

    measure: str
    of: str
    label: str
    percent: bool = False
    digits: int = 2

    def scaled(self, *values: float) -> list[float]:
        """The values as they are written: times 100 for a percentage."""
        return [100 * value if self.percent else value for value in values]

    def text(self, row: Any, spread: str = "interval") -> str:
        """The estimate with its interval, or the mean over folds, or repeats, with the SD over them.

        Parameters
        ----------
        row : a row of the table `performance`. spread : one of `SPREADS`.
        """
        if spread not in SPREADS:
            raise InputError("spread", " or ".join(SPREADS), f"'{spread}'")
        sign = "%" if self.percent else ""
        if spread == "interval":
            value, low, high = self.scaled(row["estimate"], row["lower"], row["upper"])
            interval = interval_text(low, high, self.digits)
            text = f"{number_text(value, self.digits)}{sign}"
            return text if interval == MISSING else f"{text} ({interval})"
        mean, sd = self.scaled(row["mean_folds" if spread == "folds" else "estimate"], row[f"sd_{spread}"])
        text = number_text(mean, self.digits)
        deviation = number_text(sd, self.digits)
        return f"{text}{sign}" if deviation == MISSING else f"{text} ± {deviation}{sign}"


def found(performance: pd.DataFrame, model: str, measure: str, of: str = "all") -> pd.Series:
    """The one row of a measure of a model; InputError where there is none."""
    rows = performance[
        (performance["model"] == model) & (performance["measure"] == measure) & (performance["class"] == of)
    ]
    if len(rows) != 1:
        raise InputError(
            "table performance", f"one row of {measure} ({of}) of model '{model}'", f"{len(rows)}"
        )
    return rows.iloc[0]


def models_table(
    key: str,
    caption: Any,
    performance: pd.DataFrame,
    models: Mapping[str, str],
    shown: Sequence[Shown],
    spread: str = "interval",
    notes: Sequence[Any] = (),
) -> Table:
    """A row a model, a column a measure. `models` : model -> label, in order. `spread` : see `Shown.text`."""
    rows = [
        Row((label, *(one.text(found(performance, model, one.measure, one.of), spread) for one in shown)))
        for model, label in models.items()
    ]
    return Table(
        key,
        caption,
        (Column("Model"), *(Column(s.label, "center") for s in shown)),
        tuple(rows),
        tuple(notes),
    )


def classes_table(
    key: str,
    caption: Any,
    performance: pd.DataFrame,
    model: str,
    classes: Mapping[str, str],
    measures: Mapping[str, str],
    percent: bool = True,
    digits: int = 0,
    notes: Sequence[Any] = (),
) -> Table:
    """A row a class, then their plain mean; a column a measure with its interval.

    Parameters
    ----------
    classes : class -> label, in order. measures : measure -> heading, in order.
    """
    rows = []
    for of, label in [*classes.items(), ("macro", "Average")]:
        cells = [
            Shown(measure, of, "", percent, digits).text(found(performance, model, measure, of))
            for measure in measures
        ]
        rows.append(Row((label, *cells), rule=of == "macro"))
    columns = (Column("Class"), *(Column(label, "center") for label in measures.values()))
    return Table(key, caption, columns, tuple(rows), tuple(notes))


def differences_table(
    key: str,
    caption: Any,
    comparisons: pd.DataFrame,
    models: Mapping[str, str],
    shown: Shown,
    tests: Mapping[str, str],
    notes: Sequence[Any] = (),
) -> Table:
    """A row a pair of models: the difference of a measure with its interval over patients, and p-values after Holm.

    Parameters
    ----------
    comparisons : `scripts.evaluation.comparisons.comparison_table`. models : model -> label; pairs of others are left
        out. tests : test -> heading; a test that was not made of a pair is a dash.
    """
    kept = comparisons[(comparisons["measure"] == shown.measure) & (comparisons["class"] == shown.of)]
    rows = []
    for (a, b), pair in kept.groupby(["model_a", "model_b"], sort=False):
        if a not in models or b not in models:
            continue
        by_test = pair.set_index("test")
        values = shown.scaled(*by_test.loc["bootstrap", ["difference", "lower", "upper"]])
        p_values = [p_text(by_test["p_holm"].get(test)) for test in tests]
        rows.append(
            Row((f"{models[a]} against {models[b]}", estimate_text(*values, shown.digits), *p_values))
        )
    unit = ", percentage points" if shown.percent else ""
    columns = (
        Column("Models"),
        Column(f"Difference of {shown.label} (95% CI){unit}", "center"),
        *(Column(label, "center", "P (Holm)") for label in tests.values()),
    )
    return Table(key, caption, columns, tuple(rows), tuple(notes))


def split_sizes_table(
    key: str, caption: Any, counts: pd.DataFrame, classes: Mapping[str, str], notes: Sequence[Any] = ()
) -> Table:
    """Samples (patients) of each class in each part; of several folds the least and the most.

    Parameters
    ----------
    counts : `scripts.splits.split_table.count_parts`. classes : class -> label, in order.
    """
    parts = [part for part in ("train", "validation", "test") if part in set(counts["part"])]
    rows = []
    for of, label in [*classes.items(), ("", "All")]:
        mine = counts[counts["label"] == of] if of else counts
        cells = []
        for part in parts:
            folds = mine[mine["part"] == part].groupby(["repeat", "fold"])[["n_samples", "n_patients"]].sum()
            cells.append(f"{_range_text(folds['n_samples'])} ({_range_text(folds['n_patients'])})")
        rows.append(Row((label, *cells), rule=not of))
    names = {"train": "Training", "validation": "Validation", "test": "Test"}
    return Table(
        key,
        caption,
        (Column("Class"), *(Column(names[p], "center") for p in parts)),
        tuple(rows),
        tuple(notes),
    )


def _range_text(values: pd.Series) -> str:
    if values.empty:
        return "0"
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low}–{high}"
