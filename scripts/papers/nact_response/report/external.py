"""Report sections of frozen models on another cohort: the models, the patients and their scores, what was frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.papers.nact_response.cohorts import FULL_MODEL, MODEL_LABELS, in_sentence
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import code, rich
from scripts.report.standard_tables import abreast, digest_table, exclusion_table, settings_table
from scripts.report.wording import number_text

MOST_PATIENTS = 300
MOST_FAULTS = 20
INPUTS = {
    "model": "frozen models",
    "baseline": "features at baseline",
    "follow_up": "features at follow-up",
    "jacobian": "features of the Jacobian maps",
    "clinical": "clinical table",
}


@dataclass(frozen=True)
class Prediction:
    """A cohort that frozen models were applied to.

    Attributes
    ----------
    predictions, performance, roc, auc_comparison : what apply_model and evaluate_models wrote; the last three without
        rows where too few responses are known. thirds : see `write_prediction.score_thirds`.
    clinical : scored patients with the columns of `outcome.with_outcome`. ledger : who is kept out, and why.
    faults : what the check said. registrations, prepared : see `registrations.preparation_section`.
    bundle : the frozen models. card : config/papers/nact_response.yaml. records : provenance of the steps.
    own : whether the models were fitted on the development set of this very cohort.
    """

    predictions: pd.DataFrame
    performance: pd.DataFrame
    roc: pd.DataFrame
    auc_comparison: pd.DataFrame
    thirds: pd.DataFrame
    clinical: pd.DataFrame
    ledger: pd.DataFrame
    faults: pd.DataFrame
    registrations: pd.DataFrame
    prepared: pd.DataFrame
    bundle: dict[str, Any]
    card: dict[str, Any]
    records: list[dict[str, Any]]
    cohort: str
    model_name: str
    simulated: bool
    own: bool

    def models(self) -> list[str]:
        """The frozen models, in the order of Table 3."""
        return [model for model in MODEL_LABELS if model in self.bundle["models"]]

    def shown_model(self) -> str:
        """See `shown_model`."""
        return shown_model(self.bundle)

    def of_model(self, model: str) -> pd.DataFrame:
        """Predictions of one model, a row a patient."""
        return self.predictions[self.predictions["model"] == model].reset_index(drop=True)

    def groups(self) -> list[str]:
        """Groups of patients that were evaluated, each by itself."""
        return list(dict.fromkeys(self.performance["cohort"]))

    def lost(self) -> pd.DataFrame:
        """Excluded patients, one row each."""
        return self.ledger[self.ledger["excluded_from"] == "all"].drop_duplicates("patient")


def shown_model(bundle: Mapping[str, Any]) -> str:
    """The model whose scores are shown patient by patient: the full one, or the last that there is."""
    frozen = [model for model in MODEL_LABELS if model in bundle["models"]]
    return FULL_MODEL if FULL_MODEL in frozen else frozen[-1]


def count(n: int, one: str, many: str) -> str:
    """'1 patient was', '3 patients were', 'no patient was'."""
    return f"{n or 'no'} {one}" if n < 2 else f"{n} {many}"


def models_section(found: Prediction) -> Section:
    """What was frozen: how many features, the cut-off, and how many of these patients are called responders."""
    created, entries = found.bundle["created_from"], found.bundle["models"]
    rows = []
    for model in found.models():
        entry, called = entries[model], found.of_model(model)["predicted"]
        share = f"{int(called.sum())} ({called.mean():.0%})" if len(called) else "–"
        rows.append(
            Row((MODEL_LABELS[model], str(len(entry["features"])), f"{entry['c']:.3g}", f"{entry['gamma']:.3g}",
                 number_text(entry["cv_auc"]), number_text(entry["cutoff"]["value"], 3), share))
        )  # fmt: skip
    rule = entries[found.shown_model()]["cutoff"]["rule"]
    text = rich(
        "The models '{name}' were fitted on {n} patients, {positive} of them responders; a high score means {means}. A patient whose "
        "score reaches a model's cut-off (of the {rule}) is called a responder (@models). Features are scaled by the mean "
        "and SD of the training patients, which the models carry; a missing one counts as that mean. A support vector machine gives a score "
        "and a class but no probability, so that there is none to be calibrated.",
        name=found.model_name,
        n=created["n"],
        positive=created["n_positive"],
        means=found.bundle["positive"],
        rule=rule,
    )
    whose = (
        Note(
            "The study's own patients",
            ("The models were fitted on the development set of this cohort: what is said of that set says nothing of new patients.",),
        )
        if found.own
        else Paragraph("Nothing is fitted, chosen or scaled on the patients of this report.")
    )  # fmt: skip
    columns = (
        Column("Model"),
        Column("Features", "right"),
        Column("C", "right"),
        Column("gamma", "right"),
        Column("CV AUC", "right"),
        Column("Cut-off", "right"),
        Column("Called responders, n (%)", "right"),
    )
    notes = ("CV AUC: cross-validated in the training patients; it chose the model, so that it is too high.",)
    table = Table("models", "The frozen models, and their calls in this cohort.", columns, tuple(rows), notes)
    return Section("The models", (Paragraph(text), whose, table))


def patients_section(found: Prediction) -> Section:
    """From the sheet to the scores: flow, exclusions, what the check found, a few cases."""
    clinical, lost = found.clinical, len(found.lost())
    known = clinical["response"].dropna()
    missing = int(clinical["subtype"].isna().sum())
    text = rich(
        "{n} scored, {lost} (@flow). ",
        n=count(len(clinical), "patient was", "patients were").capitalize(),
        lost=count(lost, "was excluded", "were excluded") if lost else "none was excluded",
    )
    text += (
        rich(
            "{known} a Miller-Payne grade, {positive} of 4 or 5 (a response). ",
            known=count(len(known), "patient has", "patients have").capitalize(),
            positive=int(known.sum()) or "none",
        )
        if len(known)
        else rich("No patient has a Miller-Payne grade. ")
    )
    text += (
        rich(
            "{missing} the molecular subtype, which then counts as the mean of the training patients in the model that uses it.",
            missing=count(missing, "patient lacks", "patients lack").capitalize(),
        )
        if missing
        else rich("Every patient has a molecular subtype.")
    )
    blocks: list[Any] = [
        Paragraph(text),
        Figure("flow", "Flow of patients from the sample sheet to the scores.", (Panel("flow.svg"),)),
    ]
    if lost:
        blocks.append(exclusion_table(found.ledger, by_cohort=True))
    blocks += list(check_blocks(found.faults))
    blocks.append(
        Figure(
            "examples",
            "Images of a few patients as they were given, with the outline of the tumour mask; the slice with the largest mask "
            "area. Chosen by order of identifier, not by result.",
            (Panel("examples.svg"),),
        )
    )
    return Section("Patients", tuple(blocks))


def check_blocks(faults: pd.DataFrame) -> Iterator[Any]:
    """What the check of the cohort found."""
    if faults.empty:
        yield Paragraph("The check of the sheet and of every file found no fault.")
        return
    n_errors = int((faults["severity"] == "error").sum())
    yield Paragraph(
        rich(
            "The check of the sheet and of every file found {errors} and {warnings} (@faults).",
            errors=count(n_errors, "fault that excludes a patient", "faults that exclude a patient"),
            warnings=count(len(faults) - n_errors, "warning", "warnings"),
        )
    )
    shown = faults.fillna("").head(MOST_FAULTS).to_dict("records")
    rows = (Row((r["severity"], str(r["patient"]), r["column"], r["expected"], r["found"])) for r in shown)
    rest = len(faults) - len(shown)
    yield Table(
        "faults",
        "What the check found.",
        (Column("Kind"), Column("Patient"), Column("Column"), Column("Expected"), Column("Found")),
        tuple(rows),
        notes=(f"The other {rest} are in results/nact_response/check.",) if rest else (),
    )


def scores_section(found: Prediction) -> Section:
    """The scores of the model that is shown patient by patient."""
    model = found.shown_model()
    table = found.of_model(model)
    called = int(table["predicted"].sum())
    text = rich(
        "By the model {model}, {called} of {n} patients are called responders (@scores); every score is in @scores_by_patient.",
        model=f"'{in_sentence(MODEL_LABELS[model])}'",
        called=called,
        n=len(table),
    )
    caption = f"Scores of the model '{in_sentence(MODEL_LABELS[model])}' in rising order, with the response where it is known."
    return Section("Scores", (Paragraph(text), Figure("scores", caption, (Panel("scores.svg"),))))


def frozen_settings(preparation: Mapping[str, Any]) -> Section:
    """How the images were prepared: frozen with the models, and the same here, or nothing would have been scored."""
    text = rich(
        "What leads from the images to the features is frozen with the models (@frozen). The images of this cohort were prepared "
        "with the same settings; with others no score is given."
    )
    table = settings_table("frozen", "Settings of the preparation, frozen with the models.", preparation)
    return Section("Frozen settings", (Paragraph(text), table))


def list_of_patients(found: Prediction) -> Section:
    """Score and class of each patient, and how many of the models agree; two patients abreast."""
    agreed = found.predictions.groupby("patient")["predicted"].sum()
    table = found.of_model(found.shown_model())
    known = table["response"].notna().any()
    words = {1.0: "yes", 0.0: "no"}
    shown = table.head(MOST_PATIENTS)
    cells = [
        (str(r["patient"]), number_text(r["score"], 3), words[float(r["predicted"])], f"{agreed[r['patient']]} of {len(found.models())}",
         *([words.get(r["response"], "–")] if known else []))
        for r in shown.to_dict("records")
    ]  # fmt: skip
    one = (Column("Patient"), Column("Score", "right"), Column("Called"), Column("Models"))
    one += (Column("Responded"),) if known else ()
    cells += [("",) * len(one)] * (len(cells) % 2)
    rows = tuple(Row(cells[i] + cells[i + 1]) for i in range(0, len(cells), 2))
    rest = len(table) - len(shown)
    model = in_sentence(MODEL_LABELS[found.shown_model()])
    notes = (
        f"Score and call (responder: yes or no) of the model '{model}'; models: how many call the patient a responder.",
        *((f"The other {rest} patients are in tables/predictions.csv.",) if rest else ()),
    )
    opening = Paragraph(rich("Patients in the order of the sheet are in @scores_by_patient; the scores of all models in tables/predictions.csv."))  # fmt: skip
    return Section(
        "Patients and their scores",
        (opening, Table("scores_by_patient", "Scores by patient.", one * 2, rows, notes, floating=False)),
    )


def provenance(found: Prediction) -> Section:
    """Digests of what was read, where the models come from, versions and code."""
    created, record = found.bundle["created_from"], found.records[0]
    digests = [(INPUTS[key], record["inputs"][path]) for key, path in record["input_names"].items()]
    digests += [
        ("training table of the models", created["training_digest"] or "–"),
        ("code that fitted the models", created["code"] or "–"),
        *((f"code of {r['step'].removesuffix('_nact_response').replace('_', ' ')}", r["code"]) for r in found.records),
    ]  # fmt: skip
    versions = {name: version for r in found.records for name, version in r["versions"].items()}
    software = [(name, code(versions[name])) for name in sorted(versions, key=str.lower)]
    columns = (Column("Package"), Column("Version")) * 2
    table = Table("versions", "Software.", columns, tuple(Row(cells) for cells in abreast(software, 2)))
    return Section("Versions and digests", (digest_table("digests", "Inputs and code.", digests), table))
