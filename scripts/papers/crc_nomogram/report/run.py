"""What the report of crc_nomogram is written from: the tables of one run, its model, its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS

MODEL_LABELS = {
    "nomogram": "Nomogram (rad-score + TNM stage)",
    "rad_score": "Rad-score",
    "tnm_stage": "TNM stage",
}


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes
    ----------
    tables : result tables by name (as in results/crc_nomogram/tables).
    model : the frozen bundle. reported : the paper's printed numbers. card : config/papers/crc_nomogram.yaml.
    parameters : every parameter as it ran, a dict each: name, value, published, standing, reason, changed.
    records : provenance of the steps, in order.
    """

    tables: dict[str, pd.DataFrame]
    model: dict[str, Any]
    reported: dict[str, Any]
    card: dict[str, Any]
    parameters: list[dict[str, Any]]
    records: list[dict[str, Any]]
    cohort: str
    simulated: bool
    seed: int
    sheet_digest: str

    def value(self, name: str) -> Any:
        """Value of a parameter as it ran."""
        return next(p["value"] for p in self.parameters if p["name"] == name)

    def of(self, table: str, cohort: str) -> pd.DataFrame:
        """Rows of one cohort of a table."""
        rows = self.tables[table]
        return rows[rows["cohort"] == cohort].reset_index(drop=True)

    def has(self, table: str) -> bool:
        """Whether the run has a table (recovery and hallmarks depend on the cohort)."""
        return table in self.tables

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
        kind = "built-in simulated cohort" if self.simulated else f"cohort '{self.cohort}'"
        return f"{kind}: {counts}"


def years(months: float) -> str:
    """'5-year' for 60 months, '30-month' where the months make no whole year."""
    return f"{months / 12:g}-year" if months % 12 == 0 else f"{months:g}-month"
