"""Every figure of the report, as SVG: Figures 1 to 6 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import shutil

import pandas as pd

from scripts.papers.glioma_grading.names import BEST_MODEL, GRADE_LABELS
from scripts.papers.glioma_grading.own_figures import draw_orders, draw_training
from scripts.papers.glioma_grading.report.orders import ORDER_LABELS, TESTED_LABELS
from scripts.report.figures.confusion_matrix import draw_confusion_matrices
from scripts.report.figures.layers import Layer, draw_layers
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.reliability import draw_reliability
from scripts.report.figures.roc_bands import bands_of, draw_roc_bands
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.tables import read_table
from scripts.workflow.job import Job

PICTURES = ("gliomas", "areas", "augmented")  # which another rule drew
CHANNELS = 3


def layers_of(table: pd.DataFrame) -> list[Layer]:
    """The rows of `network_layers` as boxes."""
    return [
        Layer(
            r["layer"],
            tuple(int(n) for n in str(r["output"]).split(" x ")),
            int(r["parameters"]),
            bool(r["transferred"]),
        )
        for r in table.to_dict("records")
    ]


def shown_grades(performance: pd.DataFrame) -> dict[str, str]:
    """Class word -> label, of the grades that have patients."""
    there = set(performance["class"])
    return {grade: label for grade, label in GRADE_LABELS.items() if grade in there}


def draw_grading(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Figure 6 (ROC), confusion and reliability of the transferred network."""
    grades = shown_grades(tables["performance"])
    bands = bands_of(
        tables["roc_points"],
        tables["performance"],
        {(BEST_MODEL, grade): label for grade, label in grades.items()},
    )
    with drawing(folder / "roc.svg", 100.0, 96.0) as figure:
        draw_roc_bands(figure, bands)
    with drawing(folder / "confusion.svg", 84.0, 70.0) as figure:
        draw_confusion_matrices(figure, tables["confusion"], {BEST_MODEL: ""}, grades)
    with drawing(folder / "reliability.svg", 90.0, 96.0) as figure:
        draw_reliability(figure, tables["calibration"], {BEST_MODEL: "transferred network"})


def draw_recovery_figure(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted against found, a line a quantity."""
    shown = recovery.rename(columns={"found": "estimated", "lower": "ci_low", "upper": "ci_high"})
    lines = len(shown) + shown["group"].nunique()
    with drawing(folder / "recovery.svg", PAGE_MM, 18.0 + 5.0 * lines) as figure:
        draw_recovery_on_one_scale(figure, shown)


def main(job: Job) -> None:
    """Rule draw_figures; settings: crop.size."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        shutil.copyfile(job.input[name], folder / f"{name}.svg")
    tables = {name: read_table(path) for name, path in job.input.items() if name not in PICTURES}
    size = job.settings["crop"]["size"]
    with drawing(folder / "network.svg", PAGE_MM, 62.0) as figure:
        draw_layers(figure, layers_of(tables["network_layers"]), (CHANNELS, size, size), "grade\n2, 3, 4")
    curves = tables["learning_curves"]
    with drawing(folder / "learning.svg", 130.0, 76.0) as figure:
        draw_training(figure, curves[curves["model"] == BEST_MODEL])
    draw_grading(folder, tables)
    flow = tables["patient_flow"].set_index("step")["n"]
    commonest = max(int(flow[g]) for g in GRADE_LABELS) / int(flow["with a picture"])
    bound = None
    if "recovery" in tables:
        draw_recovery_figure(folder, tables["recovery"])
        bound = float(tables["recovery"].set_index("group").loc[["Accuracy"], "planted"].iloc[0])
    with drawing(folder / "orders.svg", PAGE_MM, 62.0) as figure:
        draw_orders(figure, tables["orders"], ORDER_LABELS, TESTED_LABELS, bound, commonest)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
