"""What the report of covid_ct is written from: the tables of one run, its parameters, its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.covid_ct.names import GROUP_LABELS, GROUPS
from scripts.quantification.measure_lesions import DRAWN
from scripts.report.replication import StudyRun


@dataclass(frozen=True)
class Run(StudyRun):
    """One finished run; every paper has what `StudyRun` names.

    Attributes
    ----------
    model : the frozen score. sheet_digest : SHA-256 of the sample sheet.
    """

    model: dict[str, Any]
    sheet_digest: str

    def family(self, name: str) -> pd.DataFrame:
        """The comparisons of one family, in order; none where the sheet or the maps lack what it needs."""
        rows = self.tables["comparisons"]
        return rows[rows["family"] == name].reset_index(drop=True)

    def n(self, group: str) -> int:
        """Patients of a group who were compared."""
        flow = self.tables["patient_flow"]
        return int(flow.loc[(flow["step"] == "compared") & (flow["group"] == group), "n"].iloc[0])

    def step(self, name: str) -> int:
        """Patients at a step of the flow."""
        flow = self.tables["patient_flow"]
        return int(flow.loc[flow["step"] == name, "n"].iloc[0])

    def drawn(self) -> int:
        """Patients whose lesions are those of the sheet's mask."""
        return int((self.tables["how"]["lesions_from"] == DRAWN).sum())

    def has_regions(self, family: str) -> bool:
        """Whether anybody has the regions of a family of comparisons."""
        return len(self.family(family)) > 0

    def patients_line(self) -> str:
        """Whose patients these are, in one line."""
        counts = ", ".join(
            f"{self.n(g)} with {GROUP_LABELS[g][0].lower()}{GROUP_LABELS[g][1:]}" for g in GROUPS
        )
        counts = counts.replace("cOVID", "COVID")
        return f"{self.whose}: {counts}"
