"""Reported beside obtained: every number of the paper that the run has a counterpart for, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.papers.crc_nomogram.evaluation import TABLE2_COVARIATES
from scripts.papers.crc_nomogram.report.run import Run, years
from scripts.papers.crc_nomogram.report.signature import COVARIATE_LABELS
from scripts.report.document import BulletList, Paragraph, Section
from scripts.report.figures.names import feature_label
from scripts.report.standard_tables import Verdict, verdict_table
from scripts.report.wording import interval_text, number_text


@dataclass(frozen=True)
class Counterpart:
    """One printed number and the run's own; a missing interval is NaN."""

    group: str
    quantity: str
    where: str
    reported: float
    reported_low: float = float("nan")
    reported_high: float = float("nan")
    obtained: float = float("nan")
    ci_low: float = float("nan")
    ci_high: float = float("nan")
    obtained_on: str = ""
    digits: int = 2


def counterparts(run: Run) -> list[Counterpart]:
    """Printed and obtained numbers, in the paper's order."""
    reported = run.reported["values"]
    followed = {
        c: f"n = {run.flow(c, 'with follow-up')}, {run.flow(c, 'recurrences')} events" for c in COHORTS
    }
    found = []

    def add(
        group: str,
        quantity: str,
        key: str,
        obtained: float,
        on: str,
        low=float("nan"),
        high=float("nan"),
        digits=2,
    ):
        entry = reported[key]
        ci = entry.get("ci", [float("nan")] * 2)
        found.append(
            Counterpart(
                group,
                quantity,
                entry["where"],
                float(entry["value"]),
                *map(float, ci),
                obtained,
                low,
                high,
                on,
                digits,
            )
        )

    group = "Patients"
    for cohort in COHORTS:
        label = COHORT_LABELS[cohort]
        add(
            group,
            f"{label}, patients",
            f"n_patients.{cohort}",
            run.flow(cohort, "scored"),
            "all scored patients",
            digits=0,
        )
        sizes = run.of("risk_groups", cohort).iloc[0]
        for risk in ("low", "high"):
            add(group, f"{label}, {risk} risk, with survival data", f"n_{risk}_risk_with_survival.{cohort}",
                float(sizes[f"n_{risk}"]), "patients with follow-up", digits=0)  # fmt: skip

    group = "Signature"
    signature = run.model["signature"]
    training = f"primary, {followed['primary']}"
    kept = run.tables["feature_filter"]["kept"].sum()
    add(group, "Features after the intensity filter", "n_features.retained", float(kept), training, digits=0)
    add(
        group,
        "Features in the rad-score",
        "n_features.selected",
        float(len(signature["features"])),
        training,
        digits=0,
    )
    own = {feature["name"]: feature["coefficient"] for feature in signature["features"]}
    for key in reported:
        if key.startswith("coefficient."):
            name = key.removeprefix("coefficient.")
            add(group, f"Coefficient of {feature_label(name)}", key, own.get(name, 0.0), training, digits=3)
    add(
        group,
        "Cut-off of the rad-score",
        "cutoff.rad_score",
        signature["cutoff"]["value"],
        training,
        digits=3,
    )

    group = "Discrimination of the nomogram"
    staged = {}
    for cohort in COHORTS:
        row = run.discrimination(cohort, "nomogram", "harrell_c")
        staged[cohort] = f"n = {int(row['n'])}, {int(row['n_events'])} events"
        add(group, f"C-index, {COHORT_LABELS[cohort].lower()}", f"c_index.nomogram.{cohort}", row["estimate"],
            staged[cohort], row["ci_low"], row["ci_high"])  # fmt: skip
    if 60.0 in run.horizons():
        for cohort in COHORTS:
            auc = run.of("auc_comparison", cohort).set_index("measure").loc["auc"]
            add(group, f"AUC for {years(60)} DFS, {COHORT_LABELS[cohort].lower()}", f"auc_5_years.nomogram.{cohort}",
                auc["auc_a"], staged[cohort], auc["auc_a_low"], auc["auc_a_high"], digits=3)  # fmt: skip
    return [*found, *_table_2(run)]


def _table_2(run: Run) -> list[Counterpart]:
    """Hazard ratios of Table 2."""
    printed = {entry["covariate"]: entry for entry in run.reported["table_2"]}
    found = []
    for cohort in COHORTS:
        for analysis in ("univariable", "multivariable"):
            table = run.of("table2", cohort)
            table = table[table["analysis"] == analysis].set_index("covariate")
            for name in TABLE2_COVARIATES:
                entry = printed["rad_score" if name == "risk_group" else name].get(cohort, {}).get(analysis)
                if entry is None:
                    continue
                own = table.loc[name] if name in table.index else None
                estimated = own is not None and own["hazard_ratio"] == own["hazard_ratio"]
                found.append(
                    Counterpart(
                        f"Hazard ratios, {COHORT_LABELS[cohort].lower()}, {analysis}",
                        COVARIATE_LABELS[name],
                        "Table 2",
                        float(entry["value"]),
                        *map(float, entry["ci"]),
                        *((own["hazard_ratio"], own["ci_low"], own["ci_high"]) if estimated else ()),
                        obtained_on=f"n = {int(own['n'])}, {int(own['n_events'])} events"
                        if estimated
                        else "not in the model",
                    )
                )
    return found


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    table = pd.DataFrame([vars(c) for c in counterparts(run)]).drop(columns="digits")
    known = table["ci_low"].notna()
    within = (table["ci_low"] <= table["reported"]) & (table["reported"] <= table["ci_high"])
    return table.assign(reported_within_interval=within.where(known).astype("boolean"))


def _reported_text(c: Counterpart) -> str:
    text = number_text(c.reported, c.digits)
    return (
        text
        if c.reported_low != c.reported_low
        else f"{text} ({interval_text(c.reported_low, c.reported_high, c.digits)})"
    )


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers disagree on."""
    verdicts = [
        Verdict(
            c.quantity,
            c.where.split(";")[0],
            _reported_text(c),
            number_text(c.obtained, c.digits),
            interval_text(c.ci_low, c.ci_high, c.digits),
            c.obtained_on,
            c.group,
        )
        for c in counterparts(run)
    ]
    table = comparison_table(run)
    judged = table["reported_within_interval"].dropna()
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
                "A coefficient obtained as 0.000 belongs to a feature that the LASSO did not select here.",
            ),
        ),
    ]
    if disagreements := run.reported.get("disagreements"):
        blocks += [
            Paragraph("Where the printed numbers do not agree with one another:"),
            BulletList(
                tuple(
                    f"{d['where']}: printed {d['printed']}; {' '.join(d['found'].split())}."
                    for d in disagreements
                )
            ),
        ]
    return Section("Reported beside obtained", tuple(blocks))
