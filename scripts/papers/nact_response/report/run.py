"""What the report of nact_response is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, COHORTS, MODEL_LABELS
from scripts.report.replication import StudyRun


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    model : the frozen bundle. sheet_digest : SHA-256 of the sample sheet.
    """

    model: dict[str, Any]
    sheet_digest: str

    def training_digest(self) -> str:
        """Digest of the table that the models were fitted on, '–' where the bundle has none."""
        return str(self.model.get("created_from", {}).get("training_digest") or "–")

    def of(self, table: str, cohort: str) -> pd.DataFrame:
        """Rows of one cohort of a table."""
        rows = self.tables[table]
        return rows[rows["cohort"] == cohort].reset_index(drop=True)

    def flow(self, cohort: str, step: str) -> int:
        """Patients of a cohort at a step of the flow."""
        rows = self.of("patient_flow", cohort)
        return int(rows.loc[rows["step"] == step, "n"].iloc[0])

    def performance(self, model: str, cohort: str = "testing") -> pd.Series | None:
        """The row of Table 3 of a model, or None where it could not be fitted."""
        rows = self.of("performance", cohort)
        rows = rows[rows["model"] == model]
        return rows.iloc[0] if len(rows) else None

    def models(self) -> list[str]:
        """The models that were fitted, in the order of Table 3."""
        fitted = set(self.tables["performance"]["model"])
        return [model for model in MODEL_LABELS if model in fitted]

    def test(self, image: str, feature: str, cohort: str = "all") -> pd.Series:
        """The test of one feature between the outcome groups."""
        rows = self.of("feature_tests", cohort)
        return rows[(rows["image"] == image) & (rows["feature"] == feature)].iloc[0]

    def change(self, feature: str, group: str, cohort: str = "all") -> pd.Series:
        """The paired test of one feature within a group."""
        rows = self.of("feature_changes", cohort)
        return rows[(rows["feature"] == feature) & (rows["group"] == group)].iloc[0]

    def patients_line(self) -> str:
        """Whose patients these are, in one line."""
        counts = ", ".join(
            f"{self.flow(c, 'with response')} patients in the {COHORT_LABELS[c].lower()}" for c in COHORTS
        )
        return f"{self.whose}: {counts}"
