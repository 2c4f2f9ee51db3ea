"""What the report of glioma_grading is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.glioma_grading.names import GRADE_LABELS, MODEL_LABELS
from scripts.report.wording import estimate_text

ALL, MACRO = "all", "macro"


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes
    ----------
    tables : result tables by name. reported : the paper's printed numbers. card : config/papers/glioma_grading.yaml.
    parameters : every parameter as it ran, a dict each: name, value, published, standing, reason, changed.
    records : provenance of the steps, in order.
    """

    tables: dict[str, pd.DataFrame]
    reported: dict[str, Any]
    card: dict[str, Any]
    parameters: list[dict[str, Any]]
    records: list[dict[str, Any]]
    cohort: str
    simulated: bool
    seed: int
    sheet_digest: str
    split_digest: str

    def value(self, name: str) -> Any:
        """Value of a parameter as it ran."""
        return next(p["value"] for p in self.parameters if p["name"] == name)

    def has(self, table: str) -> bool:
        """Whether the run has a table (recovery: simulated cohorts only)."""
        return table in self.tables

    def flow(self, step: str) -> int:
        """Patients at a step of the flow, or of a grade."""
        rows = self.tables["patient_flow"].set_index("step")["n"]
        return int(rows[step])

    @property
    def models(self) -> list[str]:
        """The models that were cross-validated by patients, in the order of the report."""
        there = set(self.tables["performance"]["model"])
        return [model for model in MODEL_LABELS if model in there]

    @property
    def grades(self) -> list[str]:
        """Class words that have patients."""
        return [grade for grade in GRADE_LABELS if self.flow(grade)]

    @property
    def n_folds(self) -> int:
        """Folds of the cross-validation."""
        return int(self.value("splits.cross_validation.n_folds"))

    def row(self, model: str, measure: str, of: str = ALL) -> pd.Series:
        """The row of `performance` of a model, measure and class."""
        table = self.tables["performance"]
        rows = table[(table["model"] == model) & (table["measure"] == measure) & (table["class"] == of)]
        return rows.iloc[0]

    def order(self, order: str, tested: str) -> pd.Series:
        """The row of `orders` of an order and a way of testing."""
        table = self.tables["orders"]
        return table[(table["order"] == order) & (table["tested"] == tested)].iloc[0]

    def comparison(self, a: str, b: str, measure: str, of: str, test: str) -> pd.Series | None:
        """The row of `comparisons` of two models, with the difference a - b; None where there is none."""
        table = self.tables["comparisons"]
        chosen = (table["measure"] == measure) & (table["class"] == of) & (table["test"] == test)
        for one, other, sign in ((a, b, 1.0), (b, a, -1.0)):
            rows = table[chosen & (table["model_a"] == one) & (table["model_b"] == other)]
            if len(rows):
                found = rows.iloc[0].copy()
                if sign < 0:
                    found["difference"] = -found["difference"]
                    found["lower"], found["upper"] = -found["upper"], -found["lower"]
                return found
        return None

    def patients_line(self) -> str:
        """Whose patients these are, in one line."""
        counts = ", ".join(f"{self.flow(g)} of {GRADE_LABELS[g].lower()}" for g in self.grades)
        kind = "built-in simulated cohort" if self.simulated else f"cohort '{self.cohort}'"
        return f"{kind}: {self.flow('with a picture')} patients ({counts})"


def estimate_words(row: pd.Series, digits: int = 2) -> str:
    """'0.77 (0.64–0.90)' of a row with estimate, lower and upper."""
    return estimate_text(row["estimate"], row["lower"], row["upper"], digits)
