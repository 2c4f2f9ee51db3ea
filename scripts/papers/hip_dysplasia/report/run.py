"""What the report of hip_dysplasia is written from: the tables of one run, its criterion, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.clustering.gaussian_region import GaussianRegion
from scripts.model.gaussian_bundle import region_of
from scripts.report.wording import estimate_text


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes
    ----------
    tables : result tables by name. model : the frozen criterion. reported : the paper's printed numbers.
    card : config/papers/hip_dysplasia.yaml. parameters : every parameter as it ran, a dict each: name, value, published,
        standing, reason, changed. records : provenance of the steps, in order. digests : (what, SHA-256) of the inputs.
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
    digests: list[tuple[str, str]]

    @property
    def region(self) -> GaussianRegion:
        """The normal region."""
        return region_of(self.model)

    def value(self, name: str) -> Any:
        """Value of a parameter as it ran."""
        return next(p["value"] for p in self.parameters if p["name"] == name)

    def has(self, table: str) -> bool:
        """Whether the run has a table (recovery: simulated cohorts only)."""
        return table in self.tables

    def flow(self, step: str) -> int:
        """Films or hips at a step of the flow."""
        rows = self.tables["patient_flow"]
        return int(rows.loc[rows["step"] == step, "n"].iloc[0])

    def agreement(self, judged: str, measure: str) -> pd.Series:
        """A row of the table of the criteria: judged 'in_sample' or 'left_out'."""
        rows = self.tables["agreement_of_criteria"]
        return rows[(rows["judged"] == judged) & (rows["measure"] == measure)].iloc[0]

    def share_words(self, judged: str, measure: str) -> str:
        """'0.12 (0.08-0.17)' of a share or kappa."""
        row = self.agreement(judged, measure)
        return estimate_text(row["estimate"], row["lower"], row["upper"])

    def patients_line(self) -> str:
        """Whose films these are, in one line."""
        kind = "built-in simulated cohort" if self.simulated else f"cohort '{self.cohort}'"
        return f"{kind}: {self.flow('analysed')} films, {self.flow('hips')} hips"
