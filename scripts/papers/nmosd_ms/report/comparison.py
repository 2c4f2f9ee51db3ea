"""Reported beside obtained: every number of the paper that the run has a counterpart for, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.nmosd_ms.names import DISEASE_LABELS, DISEASES, MODEL_LABELS
from scripts.papers.nmosd_ms.report.run import MEASURES, Run
from scripts.report.counterparts import counterpart_table, disagreement_sections
from scripts.report.document import Paragraph, Section
from scripts.report.standard_tables import Verdict, verdict_table
from scripts.report.wording import interval_text, number_text
from scripts.statistics.intervals import wilson_interval

NAN = float("nan")
VARIABLES = {
    "age": "Age, y",
    "sex": "Men, share",
    "duration_months": "Disease duration, months",
    "edss": "EDSS",
    "icv_ml": "Intracranial volume, ml",
    "lesion_ml": "Lesion volume, ml",
    "lesion_percent": "Lesion volume, % of intracranial volume",
}
T_95 = 1.96


@dataclass(frozen=True)
class Counterpart:
    """One printed number and the run's own; NaN where there is none. spread : printed SD. digits : decimals."""

    group: str
    quantity: str
    where: str
    reported: float
    spread: float = NAN
    obtained: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    obtained_on: str = ""
    digits: int = 3


def counterparts(run: Run) -> list[Counterpart]:
    """Printed and obtained numbers, in the paper's order."""
    return [*_patients(run), *_table_1(run), *_table_2(run), *_table_3(run)]


def _patients(run: Run) -> list[Counterpart]:
    values = run.reported["values"]
    return [
        Counterpart(
            "Patients",
            DISEASE_LABELS[disease],
            values[f"n_patients.{disease}"]["where"],
            float(values[f"n_patients.{disease}"]["value"]),
            obtained=run.flow(disease),
            obtained_on="analysed",
            digits=0,
        )
        for disease in DISEASES
    ]


def _table_1(run: Run) -> list[Counterpart]:
    """Means with their interval; the share of men with Wilson's."""
    table = run.tables["table1_numbers"].set_index(["variable", "disease"])
    found = []
    for entry in run.reported["table_1"]:
        variable = entry["variable"]
        for disease in DISEASES:
            row, n = table.loc[(variable, disease)], int(table.loc[(variable, disease), "n"])
            reported, spread = (float(value) for value in entry[disease])
            digits = 2 if variable in ("sex", "lesion_percent") else 1
            own = (NAN, NAN, NAN)
            if variable == "sex":
                reported, spread = reported / (reported + spread), NAN
                if n:
                    share = wilson_interval(int(row["mean"]), n)
                    own = (share.estimate, share.ci_low, share.ci_high)
            elif n > 1:
                half = T_95 * row["sd"] / n**0.5
                own = (row["mean"], row["mean"] - half, row["mean"] + half)
            on = f"{DISEASE_LABELS[disease]}, n = {n}" if n else "not given"
            label = f"{VARIABLES[variable]}, {DISEASE_LABELS[disease]}"
            found.append(Counterpart("Table 1", label, "Table 1", reported, spread, *own, on, digits))
    return found


def _table_2(run: Run) -> list[Counterpart]:
    found = []
    for entry in run.reported["table_2"]:
        group = f"Table 2, {MODEL_LABELS[entry['model']]}"
        for measure in ("accuracy", "sensitivity", "specificity"):
            row = run.performance(entry["model"], measure)
            own = (NAN, NAN, NAN) if row is None else (row["estimate"], row["lower"], row["upper"])
            on = "not trained" if row is None else f"held out, n = {int(row['n_patients'])}"
            found.append(
                Counterpart(group, MEASURES[measure][0], "Table 2", *map(float, entry[measure]), *own, on)
            )
    return found


def _table_3(run: Run) -> list[Counterpart]:
    return [
        Counterpart(
            "Table 3, parameters",
            row["network"],
            "Table 3",
            float(row["printed"]),
            obtained=float(row["published"]),
            obtained_on="published size",
            digits=0,
        )
        for row in run.tables["table3"].to_dict("records")
    ]


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    return counterpart_table(counterparts(run))


def _number(value: float, digits: int) -> str:
    return f"{int(value):,}" if digits == 0 and value == value else number_text(value, digits)


def _reported_text(c: Counterpart) -> str:
    text = _number(c.reported, c.digits)
    return text if c.spread != c.spread else f"{text} ± {number_text(c.spread, min(c.digits, 2))}"


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers and sentences disagree on."""
    verdicts = [
        Verdict(
            c.quantity,
            c.where.split(";")[0],
            _reported_text(c),
            _number(c.obtained, c.digits),
            interval_text(c.ci_low, c.ci_high, c.digits),
            c.obtained_on,
            c.group,
        )
        for c in counterparts(run)
    ]
    judged = comparison_table(run)["reported_within_interval"].dropna()
    opening = (
        f"Of {len(judged)} printed values with a counterpart that has an interval, {int(judged.sum())} lie within it. "
        + (
            "The patients here are simulated, drawn with the means of the paper's Table 1, and the networks smaller: agreement says that the "
            "software runs as described, nothing about the paper."
            if run.simulated
            else "A value outside says that these patients differ from the paper's, or that one of the two is wrong; it does not say which."
        )
    )
    note = "± is the printed SD: over patients in Table 1, over repeats in Table 2. The obtained interval is over patients in both."
    blocks: list = [
        Paragraph(opening),
        verdict_table("verdict", "Reported beside obtained.", verdicts, notes=(note,)),
    ]
    blocks += disagreement_sections(run.reported)
    return Section("Reported beside obtained", tuple(blocks))
