"""Report section: Tables 1 and 2, Figures 15 to 17, and what splitting by slice adds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.papers.brain_tumor_types.names import MODEL_LABELS, SCHEME_LABELS, TYPE_LABELS, TYPES
from scripts.papers.brain_tumor_types.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, interval_text, number_text, p_text

MEASURES = {"precision": "precision", "recall": "sensitivity", "f1": "f1"}
MEASURE_LABELS = {"precision": "Precision", "recall": "Recall", "f1": "F1 score"}
SHORT_LABELS = {"precision": "Prec.", "recall": "Recall", "f1": "F1"}
NAN = float("nan")
ORDER = ("glioma", "meningioma", "pituitary")  # of the printed tables
TABLES = {"cnn": "Table 1", "vgg16": "Table 2", "encoder": ""}
PRINTED_ACCURACY = {"cnn": "cnn.test_accuracy", "vgg16": "vgg16.test_accuracy"}


def section(run: Run) -> Section:
    """The section 'Classification'."""
    gaps = {model: run.gap(model) for model in run.models()}
    text = rich(
        "Every slice is a test slice once a split. Accuracy by {unit}: {by_patient}. Split by slice, as the paper does: {by_slice}. The "
        "difference is what a network gains from having seen other slices of the same patient (@gap).",
        unit="patient" if run.known_patients else "run",
        by_patient=listed(gaps, "patient"),
        by_slice=listed(gaps, "slice"),
    )
    blocks: list = [
        Paragraph(text),
        gap_table(run),
        Figure("gap", gap_caption(run), (Panel("gap.svg"),)),
    ]
    for model in run.models():
        blocks.append(class_table(run, model))
    blocks += [
        Figure(
            "cnn_epochs",
            "Accuracy and loss by epoch of the CNN, first fold of the split by patient (the paper's Figure 15).",
            (Panel("cnn_epochs.svg"),),
        ),
        Figure(
            "vgg16_epochs",
            "Accuracy and loss by epoch of VGG16, first fold of the split by patient.",
            (Panel("vgg16_epochs.svg"),),
        ),
        Figure(
            "confusion_cnn",
            "Confusion matrices of the CNN (the paper's Figure 16). Percentages are of the slices of each type.",
            (Panel("confusion_cnn.svg"),),
        ),
        Figure(
            "confusion_vgg16",
            "Confusion matrices of VGG16 (the paper's Figure 17).",
            (Panel("confusion_vgg16.svg"),),
        ),
        Figure(
            "confusion_encoder",
            "Confusion matrices of the UNet's encoder.",
            (Panel("confusion_encoder.svg"),),
        ),
        further_table(run),
        comparisons_table(run),
    ]
    return Section("Classification", tuple(blocks))


def listed(gaps: dict[str, pd.Series], scheme: str) -> str:
    """'CNN 0.91 (0.88-0.94), ...' of one split."""
    return ", ".join(
        f"{MODEL_LABELS[model]} {estimate_text(row[f'accuracy_{scheme}'], row[f'lower_{scheme}'], row[f'upper_{scheme}'])}"
        for model, row in gaps.items()
    )


def gap_caption(run: Run) -> str:
    """What the figure of the gap shows, with Bayes where it is known."""
    words = "Accuracy of each network when whole patients are left out, and when slices are."
    if run.simulated:
        words += (
            f" The dotted line is what the best rule reaches on slices of unknown patients ({run.truth['bayes_accuracy']:.3f}, Bayes): "
            "a network beyond it has recognised patients."
        )
    return words


def gap_table(run: Run) -> Table:
    """Accuracy under both splits, the gap, and what the paper prints."""
    rows = []
    for model in run.models():
        gap = run.gap(model)
        key = PRINTED_ACCURACY.get(model)
        printed = f"{100 * run.reported['values'][key]['value']:g}%" if key else "–"
        cells = [
            estimate_text(gap[f"accuracy_{s}"], gap[f"lower_{s}"], gap[f"upper_{s}"], 3)
            for s in SCHEME_LABELS
        ]
        difference = estimate_text(gap["gap"], gap["gap_lower"], gap["gap_upper"], 3)
        rows.append(Row((MODEL_LABELS[model], *cells, difference, printed)))
    return Table(
        "gap_table",
        "Accuracy of both splits and the gap between them.",
        (
            Column(""),
            *(Column(label, "center", "Accuracy (95% CI)") for label in SCHEME_LABELS.values()),
            Column("By slice less by patient", "center", "Accuracy (95% CI)"),
            Column("Printed (by slice)", "center"),
        ),
        tuple(rows),
        notes=(
            "Intervals: bootstrap over "
            + ("patients" if run.known_patients else "runs")
            + f" ({run.value('evaluation.n_bootstrap')} resamples, the same for both splits), with the trained networks as they are.",
        ),
    )


def class_table(run: Run, model: str) -> Table:
    """Precision, recall and F1 of each type: Table 1 (CNN), Table 2 (VGG16), and the encoder's."""
    printed = run.reported["tables"].get(model, {})
    rows = []
    for of in (*ORDER, "average"):
        cells: list[Any] = []
        for scheme in SCHEME_LABELS:
            for measure in MEASURES.values():
                row = run.measure(model, measure, "macro" if of == "average" else of, scheme)
                limits = (100 * row["lower"], 100 * row["upper"]) if scheme == "patient" else (NAN, NAN)
                cells.append(estimate_text(100 * row["estimate"], *limits, 0))
        paper = [f"{100 * printed[of][measure]:.0f}" for measure in MEASURES] if printed else []
        name = "Average" if of == "average" else TYPE_LABELS[of]
        rows.append(Row((name, *cells, *paper), rule=of == "average"))
    columns = [Column("")]
    for label in SCHEME_LABELS.values():
        columns += [Column(SHORT_LABELS[m], "center", f"{label}, %") for m in MEASURES]
    if printed:
        columns += [Column(SHORT_LABELS[m], "center", "Printed, %") for m in MEASURES]
    where = f" (the paper's {TABLES[model]})" if TABLES[model] else ""
    return Table(
        f"classes_{model}",
        f"Precision, recall and F1 score of each type, {MODEL_LABELS[model]}{where}.",
        tuple(columns),
        tuple(rows),
        notes=(rich("In brackets 95% intervals; those of the split by slice are in @verdict."),)
        if printed
        else ("In brackets 95% intervals.",),
    )


def further_table(run: Run) -> Table:
    """Areas and calibration, which the paper does not print."""
    measures = (
        ("auc_hand_till", "all", "Area under the ROC curve (Hand and Till)"),
        *(("auc", of, f"Area, {TYPE_LABELS[of].lower()} against the rest") for of in TYPES),
        ("specificity", "macro", "Specificity, mean of the types"),
        ("brier", "all", "Brier score"),
        ("calibration_error", "all", "Expected calibration error"),
    )
    rows = []
    for measure, of, label in measures:
        cells = [run.words(model, measure, of, digits=3) for model in run.models()]
        rows.append(Row((label, *cells)))
    return Table(
        "further",
        "Further measures, split by patient (not in the paper).",
        (Column(""), *(Column(label, "center") for label in MODEL_LABELS.values())),
        tuple(rows),
    )


def comparisons_table(run: Run) -> Table:
    """Differences in accuracy between the networks, with a paired test over patients."""
    table = run.tables["comparisons_patient"]
    own = table[(table["measure"] == "accuracy") & (table["class"] == "all")]
    rows = []
    for (a, b), members in own.groupby(["model_a", "model_b"], sort=False):
        by_test = members.set_index("test")
        limits = by_test.loc["bootstrap"]
        test = by_test.loc["mcnemar_clustered"]
        rows.append(
            Row(
                (
                    f"{MODEL_LABELS[a]} less {MODEL_LABELS[b]}",
                    number_text(limits["difference"], 3),
                    interval_text(limits["lower"], limits["upper"], 3),
                    p_text(test["p_value"]),
                    p_text(test["p_holm"]),
                )
            )
        )
    return Table(
        "comparisons",
        "Differences in accuracy between the networks, split by patient.",
        (
            Column(""),
            Column("Difference", "right"),
            Column("95% CI", "center"),
            Column("P", "right"),
            Column("P (Holm)", "right"),
        ),
        tuple(rows),
        notes=("P: McNemar's test for slices that are clustered in patients. CI: bootstrap over patients.",),
    )
