"""Report sections of the frozen score on another cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.covid_ct.names import FINDINGS, GROUP_LABELS, GROUPS, split_measure
from scripts.papers.covid_ct.report.patients import how_table, picture
from scripts.quantification.hounsfield import window_words
from scripts.quantification.lung_regions import LUNG, WORDS
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import code, rich
from scripts.report.standard_tables import exclusion_table, value_text
from scripts.report.wording import estimate_text, number_text

MOST_PATIENTS = 300
MEASURES = {
    "auc": "Area under the curve",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "share_covid": "Share with COVID-19",
    "mean_probability": "Mean predicted probability",
}


@dataclass(frozen=True)
class Prediction:
    """A cohort that a frozen score was applied to.

    Attributes
    ----------
    predictions, performance, roc : what apply_score wrote; the last two without rows where a group is lacking.
    measures : lesion volumes of the cohort. ledger : who is kept out, and why. faults : what the check said.
    bundle : the frozen score. card : config/papers/covid_ct.yaml. records : provenance of the steps.
    own : whether the score was fitted on this very cohort.
    """

    predictions: pd.DataFrame
    performance: pd.DataFrame
    roc: pd.DataFrame
    measures: pd.DataFrame
    ledger: pd.DataFrame
    faults: pd.DataFrame
    bundle: dict[str, Any]
    card: dict[str, Any]
    records: list[dict[str, Any]]
    cohort: str
    model_name: str
    simulated: bool
    own: bool

    def known(self) -> pd.Series:
        """Whose group is known."""
        return self.predictions["group"].isin(GROUPS)

    def lost(self) -> pd.DataFrame:
        """Excluded patients, one row each."""
        return self.ledger[self.ledger["excluded_from"] == "all"].drop_duplicates("patient")

    def measure(self, name: str) -> pd.Series:
        """One row of the performance."""
        return self.performance.set_index("measure").loc[name]


def score_section(found: Prediction) -> Section:
    """What was frozen, and on whom."""
    created, validation = found.bundle["created_from"], found.bundle["validation"]
    rows = [
        Row((feature_words(found, f["name"]), number_text(f["mean"], 3), number_text(f["sd"], 3), number_text(f["coefficient"], 3)))
        for f in found.bundle["features"]
    ]  # fmt: skip
    whose = (
        Note(
            "The score's own patients",
            ("It was fitted on this cohort: what is said here says nothing of new patients.",),
        )
        if found.own
        else Paragraph("Nothing is fitted, chosen or scaled on the patients of this report.")
    )
    text = rich(
        "The score '{name}' was fitted on {n} patients, {positive} of them with COVID-19; its cross-validated area under the curve there was {auc}. A "
        "high score means {means}. It is the intercept ({intercept}) plus the sum of coefficient × (value − mean) / SD (@score); a value that is "
        "missing counts as the mean. From {cutoff} up ({rule}) a patient is called COVID-19. The probability holds for the share of COVID-19 among the "
        "training patients, {share:.0%}.",
        name=found.model_name,
        n=created["n"],
        positive=created["n_positive"],
        auc=estimate_text(validation["auc"], validation["ci_low"], validation["ci_high"]),
        means=found.bundle["positive"],
        intercept=number_text(found.bundle["intercept"], 3),
        cutoff=number_text(found.bundle["cutoff"]["value"], 3),
        rule=found.bundle["cutoff"]["rule"],
        share=created["n_positive"] / created["n"],
    )
    columns = (
        Column("Value"),
        Column("Mean", "right"),
        Column("SD", "right"),
        Column("Coefficient", "right"),
    )
    notes = ("Findings are 0 or 1, volumes ln(1 + ml).",)
    return Section(
        "The frozen score",
        (Paragraph(text), whose, Table("score", "The frozen score.", columns, tuple(rows), notes)),
    )


def feature_words(found: Prediction, name: str) -> str:
    """What a value of the score is called."""
    if name in FINDINGS:
        return FINDINGS[name]
    _, region, window = split_measure(name)
    edges = found.bundle["preparation"]["measurement"]["edges_hu"]
    of_window = f" {window_words(edges)[int(window[1:])]}" if window else ""
    return ("" if region == LUNG else f"{WORDS[region]}, ") + f"infected volume{of_window}"


def patients_section(found: Prediction) -> Section:
    """Who was scored, how they were measured, who was not."""
    lost, table = found.lost(), found.predictions
    lacking = int((table["n_missing"] > 0).sum())
    warnings = int((found.faults["severity"] == "warning").sum()) if len(found.faults) else 0
    text = rich(
        "{n} patients were scored (@flow), {covid} with COVID-19 and {other} with another viral pneumonia by the sheet; {lost} excluded. {lacking} "
        "{lacked} a value of the score, which stood at its training mean. The check of the cohort gave {warnings} warnings.",
        n=len(table),
        covid=int((table["group"] == "covid").sum()),
        other=int((table["group"] == "other").sum()),
        lost=f"{len(lost)} {'was' if len(lost) == 1 else 'were'}" if len(lost) else "nobody was",
        lacking=lacking or "Nobody",
        lacked="lacked" if lacking != 1 else "lacks",
        warnings=warnings or "no",
    )
    blocks: list = [
        Paragraph(text),
        Figure("flow", "From the sample sheet to the scores.", (Panel("flow.svg"),)),
        how_table(found.measures),
        picture(),
    ]
    if len(lost):
        blocks.append(exclusion_table(found.ledger))
    return Section("Patients", tuple(blocks))


def validation_section(found: Prediction) -> Section:
    """Scores, and how well they tell the groups apart where these are known."""
    figure = Figure(
        "scores",
        rich("Scores of all patients in rising order; the line is the cut-off."),
        (Panel("scores.svg"),),
    )
    if not len(found.performance):
        words = "The groups of these patients are not known, or only one of them is there: nothing can be said of how well the score does."
        return Section("Scores", (Paragraph(words), figure))
    rows = []
    for name, label in MEASURES.items():
        row = found.measure(name)
        rows.append(Row((label, estimate_text(row["estimate"], row["ci_low"], row["ci_high"]))))
    auc = found.measure("auc")
    text = rich(
        "The score tells the groups apart with an area under the curve of {auc} (@roc, @performance): {verdict}.",
        auc=estimate_text(auc["estimate"], auc["ci_low"], auc["ci_high"]),
        verdict="better than chance" if auc["ci_low"] > 0.5 else "not shown to be better than chance",
    )
    return Section(
        "Scores",
        (
            Paragraph(text),
            figure,
            Figure("roc", "The score against the groups of the sheet.", (Panel("roc.svg"),)),
            Table(
                "performance",
                f"Performance in {int(auc['n'])} patients of a known group.",
                (Column("Measure"), Column("Estimate (95% CI)", "center")),
                tuple(rows),
                notes=("Area: DeLong's interval; proportions: Wilson's.",),
            ),
        ),
    )


def frozen_section(found: Prediction) -> Section:
    """How lesions were measured: the settings that are frozen with the score."""
    rows = []

    def listed(prefix: str, settings: dict[str, Any]) -> None:
        for name, value in settings.items():
            if isinstance(value, dict):
                listed(f"{prefix}{name}.", value)
            else:
                rows.append(Row((code(f"{prefix}{name}"), value_text(value))))

    listed("", found.bundle["preparation"])
    columns = (Column("Setting"), Column("Value"))
    return Section(
        "Frozen settings",
        (Table("frozen", "How lesions are measured for this score.", columns, tuple(rows)),),
    )


def list_of_patients(found: Prediction) -> Section:
    """Every patient's score."""
    shown = found.predictions.head(MOST_PATIENTS)
    rows = [
        Row(
            (
                str(r["patient"]),
                number_text(r["score"], 3),
                f"{r['probability']:.0%}",
                GROUP_LABELS["covid"] if r["predicted"] else GROUP_LABELS["other"],
                GROUP_LABELS.get(r["group"], "–"),
                str(int(r["n_missing"])),
            )
        )
        for r in shown.to_dict("records")
    ]
    more = len(found.predictions) - len(shown)
    return Section(
        "Scores of the patients",
        (
            Table(
                "patients",
                "Scores of the patients.",
                (
                    Column("Patient"),
                    Column("Score", "right"),
                    Column("Probability", "right"),
                    Column("Called"),
                    Column("By the sheet"),
                    Column("Missing values", "right"),
                ),
                tuple(rows),
                notes=(f"{more} more are in predictions.csv.",) if more else (),
            ),
        ),
    )


def provenance(found: Prediction) -> Section:
    """Versions and digests."""
    versions = {name: version for record in found.records for name, version in record["versions"].items()}
    entries = [
        ("training table of the score (SHA-256)", str(found.bundle["created_from"]["training_digest"])),
        *sorted(versions.items(), key=lambda item: item[0].lower()),
    ]
    rows = tuple(Row((name, code(value))) for name, value in entries)
    columns = (Column("Item"), Column("Version or digest"))
    table = Table("versions", "What the scores came from.", columns, rows, floating=False)
    return Section("Versions and digests", (table,))
