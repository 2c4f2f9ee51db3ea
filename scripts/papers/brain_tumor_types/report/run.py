"""What the report of brain_tumor_types is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.brain_tumor_types.names import MODEL_LABELS
from scripts.report.replication import StudyRun
from scripts.report.wording import estimate_text


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    training : model -> what its first fold says of its training (device, epochs, start, n_parameters).
    truth : of a simulated cohort, else {}. sheet_digest : SHA-256 of the sample sheet.
    tables : performance_<scheme>, comparisons_<scheme> and the like of each split.
    """

    training: dict[str, dict[str, Any]]
    sheet_digest: str
    truth: dict[str, Any]

    def measure(self, model: str, measure: str, of: str, scheme: str = "patient") -> pd.Series:
        """A row of the performance table: estimate, lower, upper."""
        rows = self.tables[f"performance_{scheme}"]
        found = rows[(rows["model"] == model) & (rows["measure"] == measure) & (rows["class"] == of)]
        return found.iloc[0]

    def words(self, model: str, measure: str, of: str, scheme: str = "patient", digits: int = 2) -> str:
        """'0.91 (0.88-0.94)'."""
        row = self.measure(model, measure, of, scheme)
        return estimate_text(row["estimate"], row["lower"], row["upper"], digits)

    def gap(self, model: str) -> pd.Series:
        """Accuracy of a model under both splits and the difference."""
        rows = self.tables["gap"]
        return rows[rows["model"] == model].iloc[0]

    def models(self) -> list[str]:
        """The networks, in the order of the report."""
        return list(MODEL_LABELS)

    def grouping(self, quantity: str) -> float:
        """A number of the table of runs."""
        return float(self.tables["grouping"].set_index("quantity").loc[quantity, "value"])

    @property
    def known_patients(self) -> bool:
        """Whether the sheet names the patients."""
        return self.grouping("known_patients") > 0

    def patients_word(self) -> str:
        """What the units of the split by patient are called."""
        return "patients" if self.known_patients else "runs of similar neighbours, taken for patients"

    def cohort_line(self) -> str:
        """Whose slices these are, in one line."""
        total = self.tables["cohort"].set_index("label").loc["all"]
        return (
            f"{self.whose}: {int(total['slices'])} slices of {int(total['patients'])} {self.patients_word()}"
        )
