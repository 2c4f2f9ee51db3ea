"""Reported beside obtained: every number of the paper that the run has a counterpart for, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scripts.papers.glioma_grading.names import BEST_MODEL, GRADE_LABELS, LABELS, MODEL_LABELS, PAPER_MODELS
from scripts.papers.glioma_grading.policy import SVHN, fixed_operations
from scripts.papers.glioma_grading.report.run import ALL, MACRO, Run
from scripts.report.document import BulletList, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_tables import Verdict, verdict_table
from scripts.report.wording import interval_text, number_text

NAN = float("nan")
MEASURES = {"accuracy": "Accuracy", "sensitivity": "Sensitivity", "specificity": "Specificity"}


@dataclass(frozen=True)
class Counterpart:
    """One printed number and the run's own; NaN where there is none. `spread` is the printed SD over the folds."""

    group: str
    quantity: str
    where: str
    reported: float
    spread: float = NAN
    obtained: float = NAN
    obtained_spread: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    obtained_on: str = ""
    digits: int = 3


def counterparts(run: Run) -> list[Counterpart]:
    """Printed and obtained numbers, in the paper's order."""
    return [*_patients(run), *_method(run), *_by_grade(run), *_models(run)]


def _entry(run: Run, key: str) -> dict:
    return run.reported["values"][key]


def _patients(run: Run) -> list[Counterpart]:
    found = []
    for grade, label in LABELS.items():
        entry = _entry(run, f"n_patients.grade_{grade}")
        found.append(
            Counterpart("Patients", GRADE_LABELS[label], entry["where"], entry["value"], obtained=run.flow(label),
                        obtained_on="with a picture", digits=0)
        )  # fmt: skip
    return found


def _method(run: Run) -> list[Counterpart]:
    trained = run.tables["trainings"]
    trained = trained[trained["model"] == BEST_MODEL]
    operations = len(fixed_operations())
    values = {
        "n_sub_policies": ("Sub-policies", len(SVHN), "the policy's table"),
        "n_operations": ("Fixed operations", operations, "counted as the table prints them"),
        "expansion": ("Images of a patient", operations + 1, "the 57-fold set"),
        "image_pixels": ("Pixels on each side", run.value("crop.size"), "this run"),
        "n_folds": ("Folds", run.n_folds, "this run"),
        "learning_rate": ("Initial learning rate", run.value("training.learning_rate"), "this run"),
        "max_epochs": ("Most epochs", run.value("training.epochs"), "this run"),
        "stopped_epoch": ("Epochs until stopped", float(trained["epochs"].median()), "median over the folds"),
    }
    return [
        Counterpart("Method", quantity, _entry(run, key)["where"].split(":")[0], _entry(run, key)["value"], obtained=own,
                    obtained_on=on, digits=3 if key == "learning_rate" else 0)
        for key, (quantity, own, on) in values.items()
    ]  # fmt: skip


def _by_grade(run: Run) -> list[Counterpart]:
    found = []
    for entry in run.reported["by_grade"]:
        label = LABELS[entry["grade"]]
        if label not in run.grades:
            continue
        for measure, words in MEASURES.items():
            row = run.row(BEST_MODEL, measure, label)
            found.append(
                Counterpart(
                    f"{GRADE_LABELS[label]} against the others, transferred network", words, entry["where"], entry[measure],
                    obtained=row["estimate"], ci_low=row["lower"], ci_high=row["upper"], obtained_on="patients' own images",
                )
            )  # fmt: skip
    return found


def _models(run: Run) -> list[Counterpart]:
    found = []
    for model in PAPER_MODELS:
        if model not in run.models:
            continue
        for key, words, row in (
            (f"accuracy.{model}", "Accuracy", run.row(model, "accuracy", ALL)),
            (f"az.{model}", "Az", run.row(model, "auc", MACRO)),
        ):
            entry = _entry(run, key)
            found.append(
                Counterpart(
                    MODEL_LABELS[model], words, entry["where"], entry["value"], entry["sd"], row["mean_folds"], row["sd_folds"],
                    row["lower"], row["upper"], f"mean of {run.n_folds} folds",
                )
            )  # fmt: skip
    return found


def comparison_table(run: Run) -> pd.DataFrame:
    """The same as a table of numbers, with whether the reported value lies within the obtained interval."""
    table = pd.DataFrame([vars(c) for c in counterparts(run)]).drop(columns="digits")
    known = table["ci_low"].notna()
    within = (table["ci_low"] <= table["reported"]) & (table["reported"] <= table["ci_high"])
    return table.assign(reported_within_interval=within.where(known).astype("boolean"))


def _with_spread(value: float, spread: float, digits: int) -> str:
    text = number_text(value, digits)
    return text if spread != spread else f"{text} ± {number_text(spread, 2)}"


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained', with what the paper's own numbers and sentences disagree on."""
    verdicts = [
        Verdict(
            c.quantity,
            c.where.split(";")[0],
            _with_spread(c.reported, c.spread, 4 if c.reported == 0.9991 else c.digits),
            _with_spread(c.obtained, c.obtained_spread, c.digits),
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
            "The patients here are simulated and the network is smaller: agreement or its absence says nothing about the paper."
            if run.simulated
            else "A value outside says that these patients differ from the paper's, or that one of the two is wrong; it does not say which."
        )
        + " By their own arithmetic the printed values are shares of augmented images, those obtained are shares of patients."
    )
    blocks: list = [
        Paragraph(opening),
        verdict_table(
            "verdict",
            "Reported beside obtained.",
            verdicts,
            notes=("± SD over the folds. Intervals over the patients of all folds.",),
        ),
        Section(
            "Where the paper does not agree with itself",
            (
                Paragraph(
                    "Printed numbers and sentences were compared with one another and with the table of the policy. What follows is what "
                    "does not agree, and the reading that this report takes; it implies nothing about how it came about."
                ),
                BulletList(
                    tuple(
                        f"{d['where']}: printed {' '.join(d['printed'].split())}; {' '.join(d['found'].split())}."
                        for d in run.reported["disagreements"]
                    )
                ),
            ),
        ),
        Paragraph(_handcrafted(run)),
    ]
    return Section("Reported beside obtained", tuple(blocks))


def _handcrafted(run: Run) -> list:
    """The discussion's earlier work, beside the rivals here."""
    return rich(
        "The discussion compares with earlier work on handcrafted features in other patients (accuracy {a}, Az {z}; a conventional neural "
        "network {n}). Here such features are fitted to the same patients and folds: @performance.",
        a=number_text(_entry(run, "accuracy.handcrafted")["value"]),
        z=number_text(_entry(run, "az.handcrafted")["value"]),
        n=number_text(_entry(run, "accuracy.small_network")["value"]),
    )
