"""What the report of nact_response is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, COHORTS, MODEL_LABELS


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes
    ----------
    tables : result tables by name (as in results/nact_response/tables).
    model : the frozen bundle. reported : the paper's printed numbers. card : config/papers/nact_response.yaml.
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

    def training_digest(self) -> str:
        """Digest of the table that the models were fitted on, '–' where the bundle has none."""
        return str(self.model.get("created_from", {}).get("training_digest") or "–")

    def value(self, name: str) -> Any:
        """Value of a parameter as it ran."""
        return next(p["value"] for p in self.parameters if p["name"] == name)

    def of(self, table: str, cohort: str) -> pd.DataFrame:
        """Rows of one cohort of a table."""
        rows = self.tables[table]
        return rows[rows["cohort"] == cohort].reset_index(drop=True)

    def has(self, table: str) -> bool:
        """Whether the run has a table (recovery: simulated cohorts only)."""
        return table in self.tables

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
        kind = "built-in simulated cohort" if self.simulated else f"cohort '{self.cohort}'"
        return f"{kind}: {counts}"
