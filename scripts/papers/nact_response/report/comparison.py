"""Reported beside obtained: every number of the paper that the run has a counterpart for, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.nact_response.cohorts import (
    AUTOCORRELATION,
    COHORT_LABELS,
    COHORTS,
    ENERGY,
    LDHGLE,
    MEAN,
    MODEL_LABELS,
    VOLUME,
)
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import BulletList, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_tables import Verdict, verdict_table
from scripts.report.wording import interval_text, number_text, p_text

NAN = float("nan")
MEASURES = {
    "auc": "AUC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
}
TESTED = {
    "p.jacobian_mean": ("Mean Jacobian", "jacobian", MEAN),
    "p.jacobian_ldhgle": ("LDHGLE of the Jacobian map", "jacobian", LDHGLE),
    "p.delta_energy": ("DeltaRAD of energy", "delta", ENERGY),
    "p.delta_volume": ("DeltaRAD of volume", "delta", VOLUME),
}
BETWEEN_GROUPS = "P of responders against non-responders"
BETWEEN_VISITS = "P of baseline against follow-up"


@dataclass(frozen=True)
class Counterpart:
    """One printed number and the run's own; NaN where there is none. `digits` decimals, or None for a P value."""

    group: str
    quantity: str
    where: str
    reported: float
    reported_low: float = NAN
    reported_high: float = NAN
    obtained: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    obtained_on: str = ""
    digits: int | None = 3


def counterparts(run: Run) -> list[Counterpart]:
    """Printed and obtained numbers, in the paper's order."""
    return [*_patients(run), *_tests(run), *_table_3(run)]


def _patients(run: Run) -> list[Counterpart]:
    values = run.reported["values"]
    found = []
    for cohort in COHORTS:
        entry = values[f"n_patients.{cohort}"]
        found.append(
            Counterpart(
                "Patients", f"{COHORT_LABELS[cohort]}, patients", entry["where"], float(entry["value"]),
                obtained=run.flow(cohort, "with response"), obtained_on="analysed", digits=0,
            )
        )  # fmt: skip
    for step, key in (("responders", "n_responders.all"), ("non-responders", "n_nonresponders.all")):
        entry = values[key]
        responders = sum(run.flow(cohort, "responders") for cohort in COHORTS)
        everybody = sum(run.flow(cohort, "with response") for cohort in COHORTS)
        number = responders if step == "responders" else everybody - responders
        found.append(
            Counterpart(
                "Patients", step.capitalize(), entry["where"], float(entry["value"]), obtained=number,
                obtained_on="both sets", digits=0,
            )
        )  # fmt: skip
    return found


def _tests(run: Run) -> list[Counterpart]:
    values = run.reported["values"]
    found = []

    def add(key: str, group: str, quantity: str, p_value: float, n: int) -> None:
        entry = values[key]
        found.append(
            Counterpart(
                group, quantity, entry["where"], float(entry["value"]), obtained=p_value,
                obtained_on=f"all patients, n = {n}", digits=None,
            )
        )  # fmt: skip

    for key, (quantity, image, feature) in TESTED.items():
        row = run.test(image, feature)
        add(key, BETWEEN_GROUPS, quantity, row["p_value"], int(row["n_responders"] + row["n_nonresponders"]))
    for group in ("responders", "nonresponders"):
        row = run.change(AUTOCORRELATION, group)
        words = group.replace("nonr", "non-r")
        add(
            f"p.autocorrelation.{group}",
            BETWEEN_VISITS,
            f"Autocorrelation, {words}",
            row["p_value"],
            int(row["n"]),
        )
    return found


def _table_3(run: Run) -> list[Counterpart]:
    """Table 3 in the testing set; the reported interval is the AUC with what the paper calls SE (a 95 % half-width)."""
    found = []
    for entry in run.reported["table_3"]:
        row = run.performance(entry["model"])
        group = f"Table 3, {MODEL_LABELS[entry['model']]}"
        for measure, label in MEASURES.items():
            reach = (
                (entry["auc"] - entry["se"], entry["auc"] + entry["se"]) if measure == "auc" else (NAN, NAN)
            )
            own = (NAN, NAN, NAN)
            if row is not None:
                own = (row[measure], row[f"{measure}_lower"], row[f"{measure}_upper"])
            on = f"testing, n = {int(row['n'])}" if row is not None else "not fitted"
            found.append(Counterpart(group, label, "Table 3", float(entry[measure]), *reach, *own, on))
    return found


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    table = pd.DataFrame([vars(c) for c in counterparts(run)]).drop(columns="digits")
    known = table["ci_low"].notna()
    within = (table["ci_low"] <= table["reported"]) & (table["reported"] <= table["ci_high"])
    return table.assign(reported_within_interval=within.where(known).astype("boolean"))


def printed_p(value: float) -> str | list:
    """A P value with the digits that the paper printed: '0.09', 4.9 × 10 to the −5."""
    return f"{value:g}" if value >= 0.001 else _power(f"{value:e}")


def small_p_text(value: float) -> str | list:
    """A P value as elsewhere in the report, or below 0.001 two significant digits: 2.4 × 10 to the −4."""
    if value != value or value >= 0.001 or value == 0:
        return p_text(value)
    return _power(f"{value:.1e}", keep=1)


def _power(text: str, keep: int = 0) -> list:
    """'4.900000e-05' as 4.9 × 10 to the −5, with at least `keep` decimals."""
    mantissa, _, exponent = text.partition("e-")
    whole, _, decimals = mantissa.partition(".")
    decimals = decimals.rstrip("0").ljust(keep, "0")
    words = f"{whole}.{decimals}" if decimals else whole
    return rich("{mantissa} × 10^{exponent}^", mantissa=words, exponent=f"−{int(exponent)}")


def _number(value: float, digits: int | None) -> str | list:
    return small_p_text(value) if digits is None else number_text(value, digits)


def _reported_text(c: Counterpart) -> str | list:
    text = printed_p(c.reported) if c.digits is None else number_text(c.reported, c.digits)
    if c.reported_low != c.reported_low:
        return text
    return f"{text} ({interval_text(c.reported_low, c.reported_high, c.digits)})"


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers and sentences disagree on."""
    verdicts = [
        Verdict(
            c.quantity,
            c.where.split(";")[0],
            _reported_text(c),
            _number(c.obtained, c.digits),
            interval_text(c.ci_low, c.ci_high, c.digits or 3),
            c.obtained_on,
            c.group,
        )
        for c in counterparts(run)
    ]
    judged = comparison_table(run)["reported_within_interval"].dropna()
    opening = (
        f"Of {len(judged)} printed values with a counterpart that has an interval, {int(judged.sum())} lie within it. "
        + (
            "The patients here are simulated: agreement says that the software reproduces the order of magnitude that was planted, "
            "nothing about the paper."
            if run.simulated
            else "A value outside says that these patients differ from the paper's, or that one of the two is wrong; it does not say which."
        )
    )
    blocks: list = [
        Paragraph(opening),
        verdict_table(
            "verdict",
            "Reported beside obtained.",
            verdicts,
            notes=(
                "The reported interval of an AUC is the printed value ± what Table 3 calls SE, which is the half-width of a 95% "
                "interval (see below). Sensitivity and specificity: here at the cut-off that the development set chose; the paper does not "
                "say which set chose its own.",
            ),
        ),
    ]
    if disagreements := run.reported.get("disagreements"):
        blocks += [
            Section(
                "Where the paper does not agree with itself",
                (
                    Paragraph(
                        "Printed numbers and sentences were compared with one another. What follows is what does not agree, and the reading "
                        "that this report takes; it implies nothing about how it came about."
                    ),
                    BulletList(
                        tuple(
                            f"{d['where']}: printed {' '.join(d['printed'].split())}; {' '.join(d['found'].split())}."
                            for d in disagreements
                        )
                    ),
                ),
            )
        ]
    return Section("Reported beside obtained", tuple(blocks))
