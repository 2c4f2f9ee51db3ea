"""Report section: the printed numbers beside those of the run, and where the paper does not agree with itself."""

from __future__ import annotations

import pandas as pd

from scripts.papers.covid_ct.comparisons import PROPORTION
from scripts.papers.covid_ct.names import FINDINGS, GROUP_LABELS, GROUPS
from scripts.papers.covid_ct.report.run import Run
from scripts.report.counterparts import (
    Counterpart,
    counterpart_table,
    counterpart_verdicts,
    disagreement_sections,
)
from scripts.report.document import Paragraph, Section
from scripts.report.standard_tables import verdict_table
from scripts.statistics.intervals import wilson_interval


def counterparts(run: Run) -> list[Counterpart]:
    """Printed and obtained numbers, in the paper's order, the groups of a table after one another."""
    found = _in_order_of_print(run)
    return sorted(found, key=lambda c: list(dict.fromkeys(other.group for other in found)).index(c.group))


def _in_order_of_print(run: Run) -> list[Counterpart]:
    found = []
    for group in GROUPS:
        entry = run.reported["values"][f"n_patients.{group}"]
        found.append(
            Counterpart(
                "Patients", GROUP_LABELS[group], entry["where"], float(entry["value"]), run.n(group),
                obtained_on="compared", digits=0,
            )
        )  # fmt: skip
    characteristics = run.family("characteristics").set_index("quantity")
    for entry in run.reported["table_1"]:
        name = entry["column"]
        if name not in characteristics.index or entry.get("level") == "M":
            continue
        found += _values(run, characteristics.loc[name], entry, "Table 1", entry["printed"])
    findings = run.family("findings").set_index("quantity")
    for entry in run.reported["table_2"]:
        if entry["column"] in findings.index:
            found += _values(run, findings.loc[entry["column"]], entry, "Table 2", FINDINGS[entry["column"]])
    for what, family in (("volume", "lobe_volume"), ("percent", "lobe_percent")):
        rows = run.family(family)
        rows = rows.set_index(rows["quantity"].str.split("|").str[1]) if len(rows) else rows
        for entry in run.reported["table_3"]:
            if len(rows) and entry["region"] in rows.index:
                unit = "cm³" if what == "volume" else "%"
                name = f"{entry['printed']}, mean {'infection volume' if what == 'volume' else 'percentage'}, {unit}"
                found += _values(run, rows.loc[entry["region"]], entry[what], "Table 3", name)
    return found


def _values(run: Run, row: pd.Series, entry: dict, table: str, name: str) -> list[Counterpart]:
    """A counterpart for each group: a percentage with Wilson's interval, or a mean with the normal one."""
    found = []
    for group in GROUPS:
        on = f"n = {int(row[f'n_{group}'])}"
        block = f"{table}, {GROUP_LABELS[group]}"
        if row["kind"] == PROPORTION:
            share = wilson_interval(int(row[f"x_{group}"]), int(row[f"n_{group}"]))
            printed = float(entry[group][1])
            values = [100 * v for v in (share.estimate, share.ci_low, share.ci_high)]
            found.append(Counterpart(block, f"{name}, %", table, printed, *values, on, 1))
        else:
            mean, half = row[f"mean_{group}"], 1.96 * row[f"sd_{group}"] / row[f"n_{group}"] ** 0.5
            found.append(
                Counterpart(block, name, table, float(entry[group][0]), mean, mean - half, mean + half, on, 2)
            )
    return found


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    return counterpart_table(counterparts(run))


def section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers and sentences disagree on."""
    judged = comparison_table(run)["reported_within_interval"].dropna()
    opening = (
        f"Of {len(judged)} printed values with a counterpart that has an interval, {int(judged.sum())} lie within it. "
        + (
            "The patients here are simulated: agreement says that the software reproduces the order of magnitude that was planted, nothing about "
            "the paper. Lesion volumes were not drawn to resemble its Table 3."
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
            notes=("Interval of a percentage: Wilson's; of a mean: mean ± 1.96 standard errors.",),
        ),
    ]
    blocks += disagreement_sections(run.reported)
    return Section("Reported beside obtained", tuple(blocks))
