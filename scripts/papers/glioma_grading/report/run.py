"""What the report of glioma_grading is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.glioma_grading.names import GRADE_LABELS, MODEL_LABELS
from scripts.report.replication import StudyRun
from scripts.report.wording import estimate_text

ALL, MACRO = "all", "macro"


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    sheet_digest, split_digest : SHA-256 of the sample sheet and of the split.
    """

    sheet_digest: str
    split_digest: str

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
        return f"{self.whose}: {self.flow('with a picture')} patients ({counts})"


def estimate_words(row: pd.Series, digits: int = 2) -> str:
    """'0.77 (0.64–0.90)' of a row with estimate, lower and upper."""
    return estimate_text(row["estimate"], row["lower"], row["upper"], digits)
