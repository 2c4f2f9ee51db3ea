"""What the report of nmosd_ms is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.nmosd_ms.names import DISEASE_LABELS, DISEASES, POSITIVE
from scripts.report.replication import StudyRun

# What the report calls the measures of Table 2, and where they stand in the table of the evaluation
MEASURES = {
    "accuracy": ("Accuracy", "accuracy", "all"),
    "sensitivity": ("Sensitivity", "sensitivity", POSITIVE),
    "specificity": ("Specificity", "specificity", POSITIVE),
    "auc": ("AUC", "auc", POSITIVE),
}


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    digests : (what, SHA-256) of the inputs.
    """

    digests: list[tuple[str, str]]

    def flow(self, step: str) -> int:
        """Patients at a step of the flow."""
        rows = self.tables["patient_flow"]
        return int(rows.loc[rows["step"] == step, "n"].iloc[0])

    def performance(self, model: str, measure: str) -> pd.Series | None:
        """The row of a measure (a name of MEASURES) of a model, None where there is none."""
        _, name, of = MEASURES[measure]
        rows = self.tables["performance"]
        rows = rows[(rows["model"] == model) & (rows["measure"] == name) & (rows["class"] == of)]
        return rows.iloc[0] if len(rows) else None

    def difference(self, model_a: str, model_b: str, test: str, measure: str) -> pd.Series | None:
        """A test between two models, the difference being that of a minus b; None where it was not made."""
        _, name, of = MEASURES[measure]
        table = self.tables["comparisons"]
        rows = table[(table["measure"] == name) & (table["class"] == of) & (table["test"] == test)]
        for sign, (a, b) in ((1, (model_a, model_b)), (-1, (model_b, model_a))):
            found = rows[(rows["model_a"] == a) & (rows["model_b"] == b)]
            if len(found):
                row = found.iloc[0].copy()
                ends = sorted((sign * row["lower"], sign * row["upper"]))
                row["difference"], row["lower"], row["upper"] = sign * row["difference"], *ends
                return row
        return None

    def starts(self) -> dict[str, str]:
        """Model -> what its first weights were, in words."""
        table = self.tables["trainings"].drop_duplicates("model")
        return dict(zip(table["model"], table["start"], strict=True))

    def folds_words(self) -> str:
        """'5-fold cross-validation, repeated 15 times'."""
        prefix = "splits.cross_validation."
        n_folds, n_repeats = (self.value(f"{prefix}{name}") for name in ("n_folds", "n_repeats"))
        if self.value(f"{prefix}kind") == "k_fold" or n_repeats == 1:
            return f"{n_folds}-fold cross-validation"
        return f"{n_folds}-fold cross-validation, repeated {n_repeats} times"

    def patients_line(self) -> str:
        """Whose patients these are, in one line."""
        counts = " and ".join(f"{self.flow(d)} with {DISEASE_LABELS[d]}" for d in DISEASES)
        return f"{self.whose}: {counts}"
