"""Reported beside obtained: every number of the paper that the run has a counterpart for, with its interval."""

from __future__ import annotations

import pandas as pd

from scripts.papers.tle_subtypes.names import (
    BY_EPOCH,
    BY_PATIENT,
    HEADS,
    MEASURES,
    MODEL_LABELS,
    SCHEME_LABELS,
)
from scripts.papers.tle_subtypes.report.run import Run
from scripts.report.counterparts import (
    Counterpart,
    counterpart_table,
    counterpart_verdicts,
    disagreement_sections,
)
from scripts.report.document import Paragraph, Section
from scripts.report.standard_tables import verdict_table


def counterparts(run: Run) -> list[Counterpart]:
    """Printed and obtained numbers, in the paper's order."""
    values = run.reported["values"]
    where = str(values["n_patients"]["where"])
    patients = float(values["n_patients"]["value"])
    n = run.flow("analysed")
    found = [Counterpart("Patients", "Patients", where, patients, n, obtained_on="analysed", digits=0)]
    for table, name in (("table_1", "Table 1"), ("table_2", "Table 2")):
        for row in run.reported[table]:
            if table == "table_2" and row["model"] == "msam":
                continue  # printed with the same values as in Table 1
            for measure, (*_, label) in MEASURES.items():
                found += _both(run, f"{name}, {MODEL_LABELS[row['model']]}", label, name, row, measure)
    return found + _heads(run)


def _both(run: Run, group: str, label: str, where: str, row: dict, measure: str) -> list[Counterpart]:
    """A printed number beside the run's own by epoch, the paper's way, and by patient."""
    found = []
    for scheme in (BY_EPOCH, BY_PATIENT):
        own = run.performance(row["model"], measure, scheme)
        numbers = (float(own[name]) for name in ("estimate", "lower", "upper"))
        split = SCHEME_LABELS[scheme].split(" (")[0].lower()
        on = f"{split}, {int(own['n_patients'])} patients"
        found.append(Counterpart(group, f"{label}, {split}", where, float(row[measure]), *numbers, on, 3))
    return found


def _heads(run: Run) -> list[Counterpart]:
    """Which number of heads is best, by the estimates."""
    found = []
    for measure, (*_, label) in MEASURES.items():
        entry = run.reported["values"][f"best_heads.{measure}"]
        for scheme in (BY_EPOCH, BY_PATIENT):
            best = max(HEADS, key=lambda n, m=measure, s=scheme: run.performance(HEADS[n], m, s)["estimate"])
            split = SCHEME_LABELS[scheme].split(" (")[0].lower()
            where = "Results; Figure 2"
            found.append(
                Counterpart(
                    "Best number of heads",
                    f"{label}, {split}",
                    where,
                    float(entry["value"]),
                    best,
                    obtained_on=split,
                    digits=0,
                )
            )
    return found


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    return counterpart_table(counterparts(run))


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers and sentences disagree on."""
    judged = comparison_table(run)["reported_within_interval"].dropna()
    opening = (
        f"Of {len(judged)} comparisons with an interval (each printed value beside the run's own by epoch and by patient), {int(judged.sum())} have "
        "the printed value within it. "
        + (
            "The patients here are simulated and the networks smaller: agreement says that the software runs as described, nothing about the paper."
            if run.simulated
            else "A value outside says that these patients differ from the paper's, or that one of the two is wrong; it does not say which."
        )
    )
    blocks: list = [
        Paragraph(opening),
        verdict_table(
            "verdict",
            "Reported beside obtained.",
            counterpart_verdicts(counterparts(run)),
            notes=(
                "The paper prints no interval and no values for Figure 2, only which number of heads is best.",
            ),
        ),
    ]
    blocks += disagreement_sections(run.reported)
    return Section("Reported beside obtained", tuple(blocks))
