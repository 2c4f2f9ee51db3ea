"""The report of a frozen network on a cohort: calls, probabilities, and how right they are where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.report.classifier_tables import Shown, classes_table, found
from scripts.report.document import Column, Document, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.figures.confusion_matrix import draw_confusion_matrices
from scripts.report.figures.reliability import draw_reliability
from scripts.report.figures.roc_bands import bands_of, draw_roc_bands
from scripts.report.figures.style import drawing
from scripts.report.prediction_lists import list_sections
from scripts.report.replication import MODEL_BANNER, SIMULATED_BANNER
from scripts.report.rich_text import rich
from scripts.report.scored_cohort import IMAGE, Scored
from scripts.report.standard_tables import code_and_software_table, digest_table, settings_table
from scripts.report.wording import number_text

OVERALL = {
    ("accuracy", "all"): "Accuracy",
    ("auc_hand_till", "all"): "Area under the ROC curve (Hand and Till)",
    ("brier", "all"): "Brier score",
    ("calibration_error", "all"): "Expected calibration error",
}
BY_CLASS = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "precision": "Precision",
    "f1": "F1",
    "auc": "AUC",
}


def network_facts(card: Mapping[str, Any], word: str = IMAGE) -> dict[str, str]:
    """What a report says of a frozen network, in words: name -> text.

    Parameters
    ----------
    card : of `scripts.training.frozen`. word : what a sample is called.
    """
    made, taken = card["created_from"], card["input"]
    return {
        "Network": f"{card['network']['model']}, {card['network']['n_parameters']:,} parameters",
        "Trained on": f"{made['n_samples']} {word}s of {made['n_patients']} patients",
        "Epochs of training": str(card["training"]["epochs"]),
        "Start": card["training"]["start"],
        "Input": f"{taken['dtype']} {' x '.join(map(str, taken['shape']))} ({taken['axes']})",
        "Classes": ", ".join(card["classes"]),
        "Weights": f"SHA-256 {card['weights']['sha256'][:16]}...",
    }


def draw_scored(folder: Path, scored: Scored) -> None:
    """The figures of the report, as far as the labels go."""
    tables, model = scored.tables, scored.model
    if not tables:
        return
    with drawing(folder / "confusion.svg", 84.0, 74.0) as figure:
        draw_confusion_matrices(figure, tables["confusion"], {model: ""}, scored.classes)
    with drawing(folder / "reliability.svg", 90.0, 96.0) as figure:
        draw_reliability(figure, tables["calibration"], {model: model})
    if len(scored.known_classes) > 1:
        shown = {(model, word): label for word, label in scored.known_classes.items()}
        with drawing(folder / "roc.svg", 100.0, 96.0) as figure:
            draw_roc_bands(figure, bands_of(tables["roc_points"], tables["performance"], shown))


def compose_scored(scored: Scored) -> Document:
    """The document; its figures are those of `draw_scored`."""
    n, patients = len(scored.predictions), scored.predictions["patient"].nunique()
    samples = f"{n} {scored.plural} of {patients} patients" if n != patients else f"{n} patients"
    validated = bool(scored.tables)
    model_banner = MODEL_BANNER if scored.card["source"]["kind"] == "simulated" else ""
    return Document(
        title=f"A frozen network on {'its own' if scored.own else 'another'} cohort",
        subtitle=scored.paper["short_title"],
        kicker="External validation" if validated and not scored.own else "Prediction",
        citation=" ".join(scored.paper["citation"].split()),
        short_title=f"{scored.model} on {scored.cohort}",
        cohort_line=f"'{scored.cohort}', {samples} scored, {scored.n_labelled or 'none'} with a known class",
        facts=(("Model", f"{scored.model}: {scored.card['source']['text']}"),),
        banner=SIMULATED_BANNER if scored.simulated else model_banner,
        sections=(
            _network_section(scored),
            _calls_section(scored),
            _validation_section(scored) if validated else _without_labels(scored),
            *list_sections(scored),
            _provenance_section(scored),
        ),
    )


def _network_section(scored: Scored) -> Section:
    rows = tuple(Row((name, text)) for name, text in network_facts(scored.card, scored.word).items())
    blocks: list[Any] = [Table("network", "The frozen network.", (Column(""), Column("")), rows)]
    if scored.own:
        blocks.insert(
            0,
            Note(
                "Not a validation",
                ("The network was fitted on these patients, of whom it knows more than of others.",),
            ),
        )
    return Section("Network", tuple(blocks))


def _calls_section(scored: Scored) -> Section:
    called = scored.predictions["predicted"].value_counts()
    highest = scored.predictions[[f"p_{word}" for word in scored.classes]].max(axis=1)
    rows = tuple(
        Row(
            (
                label,
                str(int(called.get(word, 0))),
                number_text(highest[scored.predictions["predicted"] == word].median()),
            )
        )
        for word, label in scored.classes.items()
    )
    causes = scored.lost["cause"].value_counts()
    lost = "; ".join(f"{times} for '{cause}'" for cause, times in causes.items())
    text = (
        f"{len(scored.lost)} could not be scored: {lost}."
        if lost
        else f"Every {scored.word} of the cohort was scored."
    )
    columns = (
        Column("Called"),
        Column(scored.plural.capitalize(), "right"),
        Column("Median probability of the call", "right"),
    )
    return Section(
        "Calls",
        (Paragraph(text), Table("calls", f"What the network calls the {scored.plural}.", columns, rows)),
    )


def _validation_section(scored: Scored) -> Section:
    performance, model = scored.tables["performance"], scored.model
    rows = []
    for (measure, of), label in OVERALL.items():
        rows.append(Row((label, Shown(measure, of, "").text(found(performance, model, measure, of)))))
    without = len(scored.predictions) - scored.n_labelled
    left_out = f" {without} {scored.plural} without one are left out." if without else ""
    single = len(scored.known_classes) < 2
    blocks: list[Any] = [
        Paragraph(
            rich(
                "{n} {samples} have a known class.{left_out} Intervals (95%) resample patients, the network stays.",
                n=scored.n_labelled,
                samples=scored.plural,
                left_out=left_out,
            )
        ),
        Table("overall", "Performance.", (Column(""), Column("Estimate (95% CI)", "center")), tuple(rows)),
        classes_table(
            "by_class",
            "Each class against the others.",
            performance,
            model,
            scored.classes,
            BY_CLASS,
            percent=False,
            digits=2,
        ),
        Figure(
            "confusion",
            f"What the network calls the {scored.plural} of each class.",
            (Panel("confusion.svg"),),
        ),
        Figure(
            "reliability",
            "Probability of the class that the network names, and how often it is right.",
            (Panel("reliability.svg"),),
        ),
    ]
    if single:
        blocks.insert(
            1, Paragraph("All are of one class, so that no class can be told from another: no areas.")
        )
    else:
        blocks.insert(-1, Figure("roc", "ROC curves, each class against the others.", (Panel("roc.svg"),)))
    return Section("Validation", tuple(blocks))


def _without_labels(scored: Scored) -> Section:
    text = (
        f"The sample sheet gives no class of these {scored.plural}, so that nothing can be said of how right the calls "
        "are."
    )
    return Section("Validation", (Paragraph(text),))


def _provenance_section(scored: Scored) -> Section:
    return Section(
        "Versions and digests",
        (
            digest_table("digests", "Inputs.", scored.digests),
            settings_table(
                "preparation",
                f"Settings that led to the {scored.plural}, frozen with the network.",
                scored.card["preparation"],
            ),
            code_and_software_table("versions", scored.paper_name, [scored.record]),
        ),
    )
