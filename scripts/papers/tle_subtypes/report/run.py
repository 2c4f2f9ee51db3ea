"""What the report of tle_subtypes is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.tle_subtypes.names import AUC, BY_PATIENT, MEASURES, SUBTYPE_LABELS, SUBTYPES
from scripts.report.replication import StudyRun
from scripts.report.wording import MISSING, estimate_text

SHOWN = {**MEASURES, "auc": AUC}


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    digests : (what, SHA-256) of the inputs. tables : performance_<split> and the like of each split.
    """

    digests: list[tuple[str, str]]

    def flow(self, step: str) -> int:
        """Number at a step of the flow."""
        rows = self.tables["patient_flow"]
        return int(rows.loc[rows["step"] == step, "n"].iloc[0])

    def performance(self, model: str, measure: str, scheme: str = BY_PATIENT) -> pd.Series:
        """The row of a measure (a name of SHOWN) of a model on a split."""
        name, of, _ = SHOWN[measure]
        rows = self.tables[f"performance_{scheme}"]
        return rows[(rows["model"] == model) & (rows["measure"] == name) & (rows["class"] == of)].iloc[0]

    def words(self, model: str, measure: str, scheme: str = BY_PATIENT) -> str:
        """'0.75 (0.66–0.83)' of a measure."""
        row = self.performance(model, measure, scheme)
        return estimate_text(row["estimate"], row["lower"], row["upper"])

    def gap(self, model: str, measure: str) -> pd.Series:
        """The row of `gap`: by epoch minus by patient."""
        rows = self.tables["gap"]
        return rows[(rows["model"] == model) & (rows["measure"] == measure)].iloc[0]

    def gap_words(self, model: str, measure: str) -> str:
        """The same as words."""
        row = self.gap(model, measure)
        return estimate_text(row["gap"], row["lower"], row["upper"])

    def calls(self, model: str, scheme: str = BY_PATIENT) -> pd.Series:
        """The row of `patient_calls`."""
        rows = self.tables["patient_calls"]
        return rows[(rows["model"] == model) & (rows["scheme"] == scheme)].iloc[0]

    def shuffled_words(self, scheme: str) -> str:
        """'0.93 (0.90 to 0.97)': mean, least and most accuracy of the shuffles."""
        rows = self.tables["shuffled"]
        own = rows.loc[rows["scheme"] == scheme, "accuracy"]
        return f"{own.mean():.2f} ({own.min():.2f} to {own.max():.2f})" if len(own) else MISSING

    def difference(
        self, a: str, b: str, test: str, measure: str, scheme: str = BY_PATIENT
    ) -> pd.Series | None:
        """A test between two models, the difference being that of a minus b; None where it was not made."""
        name, of, _ = SHOWN[measure]
        table = self.tables[f"comparisons_{scheme}"]
        rows = table[(table["measure"] == name) & (table["class"] == of) & (table["test"] == test)]
        for sign, (first, second) in ((1, (a, b)), (-1, (b, a))):
            found = rows[(rows["model_a"] == first) & (rows["model_b"] == second)]
            if len(found):
                row = found.iloc[0].copy()
                ends = sorted((sign * row["lower"], sign * row["upper"]))
                row["difference"], row["lower"], row["upper"] = sign * row["difference"], *ends
                return row
        return None

    def folds_words(self, scheme: str) -> str:
        """'8-fold cross-validation'."""
        return f"{self.value(f'splits.{scheme}.n_folds')}-fold cross-validation"

    def patients_line(self) -> str:
        """Whose patients these are, in one line."""
        counts = " and ".join(f"{self.flow(s)} with {SUBTYPE_LABELS[s]}" for s in SUBTYPES)
        return f"{self.whose}: {counts}"
