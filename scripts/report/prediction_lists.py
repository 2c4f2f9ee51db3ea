"""Who was called what by a frozen network: a table of the patients where they have several samples, and one of the
samples."""

from __future__ import annotations

import pandas as pd

from scripts.evaluation.patient_calls import SEVERAL, calls_by_patient
from scripts.report.document import Column, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.scored_cohort import Scored
from scripts.report.wording import estimate_text, number_text
from scripts.statistics.intervals import wilson_interval

MOST_LISTED = 300
MOST_SAMPLES_OF_PATIENTS = 40  # where the patients are listed, too


def list_sections(scored: Scored) -> tuple[Section, ...]:
    """'Patients', where a patient has several samples, and the samples."""
    if not scored.predictions["patient"].duplicated().any():
        return (_samples_section(scored, MOST_LISTED),)
    return _patients_section(scored), _samples_section(scored, MOST_SAMPLES_OF_PATIENTS)


def _patients_section(scored: Scored) -> Section:
    patients = calls_by_patient(scored.predictions, list(scored.classes))
    shown, samples = patients.head(MOST_LISTED), scored.plural
    known = patients["label"].notna().any()
    rows = tuple(
        Row(
            (
                str(r["patient"]),
                str(r["samples"]),
                scored.classes[r["predicted"]],
                *(number_text(r[f"p_{word}"]) for word in scored.classes),
                *([_known(scored, r["label"])] if known else []),
            )
        )
        for r in shown.to_dict("records")
    )
    columns = (
        Column("Patient"),
        Column(samples.capitalize(), "right"),
        Column("Called"),
        *(Column(label, "right", "Mean probability") for label in scored.classes.values()),
        *([Column("Known")] if known else []),
    )
    more = len(patients) - len(shown)
    notes = (f"{more} more patients have their {samples} in predictions.csv.",) if more else ()
    table = Table("patients", "The patients.", columns, rows, notes, floating=False)
    return Section("Patients", (Paragraph(_patients_text(scored, patients)), table))


def _known(scored: Scored, label: object) -> str:
    return SEVERAL if label == SEVERAL else scored.classes.get(label, "–")


def _patients_text(scored: Scored, patients: pd.DataFrame) -> list:
    said = f"A patient is called by the mean probability of all its {scored.plural} (@patients)."
    judged = patients[patients["label"].isin(list(scored.classes))]
    if judged.empty:
        return rich(said)
    right = int((judged["label"] == judged["predicted"]).sum())
    share = estimate_text(*vars(wilson_interval(right, len(judged))).values())
    whose = " whose class is known" if len(judged) < len(patients) else ""
    return rich(
        said + " Of the {n} patients{whose} {right} are called right ({share}; 95% interval by Wilson).",
        n=len(judged),
        whose=whose,
        right=right,
        share=share,
    )


def _samples_section(scored: Scored, most: int) -> Section:
    shown = scored.predictions.head(most)
    known = scored.n_labelled > 0
    of_patients = (scored.predictions["sample"] != scored.predictions["patient"]).any()
    rows = tuple(
        Row(
            (
                str(r["sample"]),
                *([str(r["patient"])] if of_patients else []),
                scored.classes[r["predicted"]],
                *(number_text(r[f"p_{word}"]) for word in scored.classes),
                *([scored.classes.get(r["label"], "–")] if known else []),
            )
        )
        for r in shown.to_dict("records")
    )
    columns = (
        Column(scored.word.capitalize()),
        *([Column("Patient")] if of_patients else []),
        Column("Called"),
        *(Column(label, "right", "Probability") for label in scored.classes.values()),
        *([Column("Known")] if known else []),
    )
    more = len(scored.predictions) - len(shown)
    caption = f"The first {len(shown)} {scored.plural}." if more else f"Every {scored.word}."
    notes = (f"{more} more are in predictions.csv.",) if more else ()
    table = Table("samples", caption, columns, rows, notes, floating=False)
    return Section(scored.plural.capitalize(), (table,))
