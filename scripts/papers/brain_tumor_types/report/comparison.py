"""Reported beside obtained: every number of the paper that the run has a counterpart for, with its interval."""

from __future__ import annotations

import pandas as pd

from scripts.papers.brain_tumor_types.names import MODEL_LABELS, SCHEME_LABELS, TYPE_LABELS
from scripts.papers.brain_tumor_types.report.classification import MEASURE_LABELS, MEASURES, ORDER, TABLES
from scripts.papers.brain_tumor_types.report.run import Run
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
    return [*_slices(run), *_accuracies(run), *_training(run), *_classes(run)]


def _slices(run: Run) -> list[Counterpart]:
    values, own = run.reported["values"], run.tables["cohort"].set_index("label")
    found = [
        Counterpart("Slices", TYPE_LABELS[of], values[f"n_slices.{of}"]["where"],
                    values[f"n_slices.{of}"]["value"], float(own.loc[of, "slices"]), digits=0)
        for of in ORDER
    ]  # fmt: skip
    total = own.loc["all"]
    found.append(
        Counterpart(
            "Slices",
            "All",
            values["n_slices"]["where"],
            values["n_slices"]["value"],
            float(total["slices"]),
            digits=0,
        )
    )
    found.append(
        Counterpart(
            "Slices", "Patients" if run.known_patients else "Patients (here: runs)", values["n_patients"]["where"],
            values["n_patients"]["value"], float(total["patients"]), digits=0,
        )
    )  # fmt: skip
    return found


def _accuracies(run: Run) -> list[Counterpart]:
    found = []
    for model, key in (("cnn", "cnn.test_accuracy"), ("vgg16", "vgg16.test_accuracy")):
        entry, gap = run.reported["values"][key], run.gap(model)
        for scheme in ("slice", "patient"):
            found.append(
                Counterpart(
                    "Test accuracy",
                    MODEL_LABELS[model],
                    entry["where"],
                    entry["value"],
                    gap[f"accuracy_{scheme}"],
                    gap[f"lower_{scheme}"],
                    gap[f"upper_{scheme}"],
                    f"{SCHEME_LABELS[scheme].split(' (')[0].lower()}, n = {int(gap[f'n_{scheme}'])}",
                    3,
                )
            )
    return found


def _training(run: Run) -> list[Counterpart]:
    """The CNN's last epoch, first fold of the split by patient."""
    last = run.tables["cnn_history"].iloc[-1]
    names = {
        "training_accuracy": "Training accuracy, last epoch",
        "training_loss": "Training loss (with the L2 penalty)",
        "validation_accuracy": "Validation accuracy, last epoch",
        "validation_loss": "Validation loss",
    }
    values = run.reported["values"]
    return [
        Counterpart(
            "CNN by epoch", label, values[f"cnn.{name}"]["where"], values[f"cnn.{name}"]["value"],
            float(last[name]), obtained_on=f"epoch {int(last['epoch'])}, first fold by patient",
        )
        for name, label in names.items()
    ]  # fmt: skip


def _classes(run: Run) -> list[Counterpart]:
    """Tables 1 and 2: by slice, which is how the paper counts, and by patient."""
    found = []
    for model, printed in run.reported["tables"].items():
        for of in (*ORDER, "average"):
            for measure, own in MEASURES.items():
                for scheme in ("slice", "patient"):
                    row = run.measure(model, own, "macro" if of == "average" else of, scheme)
                    name = "Average" if of == "average" else TYPE_LABELS[of]
                    found.append(
                        Counterpart(
                            f"{TABLES[model]}, {MODEL_LABELS[model]}",
                            f"{name}, {MEASURE_LABELS[measure].lower()}",
                            TABLES[model],
                            printed[of][measure],
                            row["estimate"],
                            row["lower"],
                            row["upper"],
                            SCHEME_LABELS[scheme].split(" (")[0].lower(),
                        )
                    )
    return found


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    return counterpart_table(counterparts(run))


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers disagree on."""
    judged = comparison_table(run)["reported_within_interval"].dropna()
    opening = (
        f"Of {len(judged)} printed values with a counterpart that has an interval, {int(judged.sum())} lie within it. "
        + (
            "The slices here are simulated: agreement says that the order of magnitude that was planted is reproduced, nothing about the "
            "paper."
            if run.simulated
            else "The paper's values are of slices split without regard to patients: compare them with 'by slice', and hold to 'by patient'."
        )
    )
    blocks: list = [
        Paragraph(opening),
        verdict_table("verdict", "Reported beside obtained.", counterpart_verdicts(counterparts(run))),
    ]
    blocks += disagreement_sections(run.reported)
    return Section("Reported beside obtained", tuple(blocks))
