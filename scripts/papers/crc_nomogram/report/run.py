"""What the report of crc_nomogram is written from: the tables of one run, its model, its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.report.replication import StudyRun

MODEL_LABELS = {
    "nomogram": "Nomogram (rad-score + TNM stage)",
    "rad_score": "Rad-score",
    "tnm_stage": "TNM stage",
}


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    model : the frozen bundle. sheet_digest : SHA-256 of the sample sheet.
    """

    model: dict[str, Any]
    sheet_digest: str

    def of(self, table: str, cohort: str) -> pd.DataFrame:
        """Rows of one cohort of a table."""
        rows = self.tables[table]
        return rows[rows["cohort"] == cohort].reset_index(drop=True)

    def flow(self, cohort: str, step: str) -> int:
        """Patients of a cohort at a step of the flow."""
        rows = self.of("patient_flow", cohort)
        return int(rows.loc[rows["step"] == step, "n"].iloc[0])

    def discrimination(self, cohort: str, model: str, measure: str, months: float | None = None) -> pd.Series:
        """One row of the discrimination table."""
        rows = self.of("discrimination", cohort)
        rows = rows[(rows["model"] == model) & (rows["measure"] == measure)]
        if months is not None:
            rows = rows[rows["months"] == months]
        return rows.iloc[0]

    def horizons(self) -> list[float]:
        """Months at which the nomogram predicts."""
        return [float(m) for m in self.value("nomogram.months")]

    def patients_line(self) -> str:
        """Whose patients these are, in one line."""
        counts = ", ".join(f"{COHORT_LABELS[c].lower()} {self.flow(c, 'scored')}" for c in COHORTS)
        return f"{self.whose}: {counts}"


def years(months: float) -> str:
    """'5-year' for 60 months, '30-month' where the months make no whole year."""
    return f"{months / 12:g}-year" if months % 12 == 0 else f"{months:g}-month"
