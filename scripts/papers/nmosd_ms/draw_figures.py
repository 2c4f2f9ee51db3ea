"""Every figure of the report, as SVG: Figure 4 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.nmosd_ms.describe_cohort import VIEWS
from scripts.papers.nmosd_ms.names import (
    BEST_MODEL,
    DISEASE_LABELS,
    DISEASES,
    MODEL_LABELS,
    NETWORKS,
    PAPER_MODELS,
    POSITIVE,
    RIVALS,
)
from scripts.report.figures.confusion_matrix import draw_confusion_matrices
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.image_grid import draw_maps
from scripts.report.figures.learning_curves import CurvePanel, draw_learning_curves
from scripts.report.figures.multi_roc import draw_multi_roc
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.reliability import draw_reliability
from scripts.report.figures.roc import RocLine
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.report.wording import number_text
from scripts.tables import read_table
from scripts.workflow.job import Job

HALF_MM = 88.0
ROC_MM = 100.0
PANELS = (
    CurvePanel("Accuracy, training patients", {"training_accuracy": "training"}),
    CurvePanel("Accuracy, held-out patients", {"held_out_accuracy": "held out"}),
)


def present(table: pd.DataFrame, labels: dict[str, str]) -> dict[str, str]:
    """The labels of those models that a table has, in the order of the labels."""
    known = set(table["model"])
    return {model: label for model, label in labels.items() if model in known}


def draw_flow(folder: Path, flow: pd.DataFrame, exclusions: pd.DataFrame) -> None:
    """Patients from the sheet to the cross-validation, with the causes of exclusion."""
    n = dict(zip(flow["step"], flow["n"].astype(int), strict=True))
    lost = exclusions[exclusions["excluded_from"] == "all"].drop_duplicates("patient")
    causes = tuple((str(cause), int(count)) for cause, count in lost["cause"].value_counts().items())
    counts = ", ".join(f"{DISEASE_LABELS[d]}: {n[d]}" for d in DISEASES)
    analysed = FlowNode("Cross-validated", n["analysed"], lines=(counts,))
    root = FlowNode("Patients in the sample sheet", n["in the sheet"], excluded=causes, children=(analysed,))
    with drawing(folder / "flow.svg", 110.0, 60.0) as figure:
        draw_flow_diagram(figure, root)


def draw_lesion_views(folder: Path, views: pd.DataFrame) -> None:
    """Where lesions lie in either disease, from above, from the front and from the side."""
    maps = []
    for disease in DISEASES:
        line = []
        for view in VIEWS:
            part = views[(views["disease"] == disease) & (views["view"] == view)]
            shape = part.pivot(index="row", columns="column", values="share")
            line.append(shape.to_numpy() if len(part) else None)
        maps.append(line)
    with drawing(folder / "lesion_views.svg", PAGE_MM, 112.0) as figure:
        names = ("from above", "from the front", "from the left")
        label = "Share of patients with a lesion on the line of sight"
        draw_maps(figure, maps, [DISEASE_LABELS[d] for d in DISEASES], names, label)


def draw_rocs(folder: Path, roc: pd.DataFrame, performance: pd.DataFrame) -> None:
    """ROC curves of NMOSD against MS: of the networks, and of the best one beside the rivals."""
    areas = performance[(performance["measure"] == "auc") & (performance["class"] == POSITIVE)]
    areas = areas.set_index("model")
    points = roc[roc["class"] == POSITIVE]
    groups = {"networks": NETWORKS, "rivals": {BEST_MODEL: MODEL_LABELS[BEST_MODEL], **RIVALS}}
    for name, labels in groups.items():
        lines = []
        for model, label in present(points, labels).items():
            curve, row = points[points["model"] == model], areas.loc[model]
            rates = (curve["false_positive_rate"].to_numpy(), curve["true_positive_rate"].to_numpy())
            short = label.split(" (logistic")[0].split(" (penalised")[0]
            lines.append(RocLine(short, *rates, row["estimate"], row["lower"], row["upper"]))
        height = ROC_MM + 4.5 * len(lines)
        with drawing(folder / f"roc_{name}.svg", ROC_MM, height) as figure:
            draw_multi_roc(figure, lines, below=True)


def draw_calibration(folder: Path, calibration: pd.DataFrame, performance: pd.DataFrame) -> None:
    """Reliability of the probability of NMOSD of the paper's best network and of the lesion volume."""
    errors = performance[performance["measure"] == "calibration_error"].set_index("model")["estimate"]
    shown = {
        model: f"{MODEL_LABELS[model].split(' (')[0]} (error {number_text(errors[model])})"
        for model in (BEST_MODEL, "lesion_volume")
        if model in errors.index
    }
    with drawing(folder / "reliability.svg", HALF_MM, 92.0) as figure:
        draw_reliability(figure, calibration, shown, of=POSITIVE, event="Share with NMOSD")


def draw_recovery_figure(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted against found accuracies and areas, a line each."""
    shown = recovery[recovery["group"] != "Images"].rename(
        columns={"found": "estimated", "lower": "ci_low", "upper": "ci_high"}
    )
    lines = len(shown) + shown["group"].nunique()
    with drawing(folder / "recovery.svg", PAGE_MM, 18.0 + 5.0 * lines) as figure:
        draw_recovery_on_one_scale(figure, shown)


def main(job: Job) -> None:
    """Rule draw_figures."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {name: read_table(path) for name, path in job.input.items()}
    draw_flow(folder, tables["patient_flow"], tables["exclusions"])
    draw_lesion_views(folder, tables["lesion_views"])
    curves = tables["accuracy_by_epoch"]
    with drawing(folder / "accuracy_by_epoch.svg", PAGE_MM, 100.0) as figure:
        draw_learning_curves(figure, curves, present(curves, NETWORKS), PANELS)
    draw_rocs(folder, tables["roc_points"], tables["performance"])
    draw_calibration(folder, tables["calibration"], tables["performance"])
    confusion = tables["confusion"]
    with drawing(folder / "confusion.svg", PAGE_MM, 125.0) as figure:
        shown = {m: label.split(" (")[0] for m, label in present(confusion, PAPER_MODELS).items()}
        draw_confusion_matrices(figure, confusion, shown, DISEASE_LABELS)
    if "recovery" in tables:
        draw_recovery_figure(folder, tables["recovery"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
