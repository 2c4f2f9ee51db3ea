"""What the report of hip_dysplasia is written from: the tables of one run, its criterion, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.clustering.gaussian_region import GaussianRegion
from scripts.model.gaussian_bundle import region_of
from scripts.report.replication import StudyRun
from scripts.report.wording import estimate_text


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    model : the frozen criterion. digests : (what, SHA-256) of the inputs.
    """

    model: dict[str, Any]
    digests: list[tuple[str, str]]

    @property
    def region(self) -> GaussianRegion:
        """The normal region."""
        return region_of(self.model)

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
        return f"{self.whose}: {self.flow('analysed')} films, {self.flow('hips')} hips"
