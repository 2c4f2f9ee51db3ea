"""Every figure of the report, as SVG: Figure 2 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping

import pandas as pd

from scripts.papers.tle_subtypes.names import (
    BEST_MODEL,
    BY_PATIENT,
    LEFT_OUT,
    MODEL_LABELS,
    NETWORKS,
    POSITIVE,
    SCHEME_LABELS,
    SCHEMES,
    SUBTYPE_LABELS,
    SUBTYPES,
    TABLE_1,
)
from scripts.papers.tle_subtypes.own_figures import draw_heads, draw_spectra, draw_two_splits
from scripts.report.figures.confusion_matrix import draw_confusion_matrices
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.learning_curves import CurvePanel, draw_learning_curves
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.reliability import draw_reliability
from scripts.report.figures.roc_bands import bands_of, draw_roc_bands
from scripts.report.figures.sensors import SensorMap, Traces, draw_sensor_maps, draw_traces
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.report.wording import number_text
from scripts.tables import read_json, read_table
from scripts.workflow.job import Job

HALF_MM = 88.0
ROC_MM = 100.0
PANELS = (
    CurvePanel("Training loss", {"training_loss": ""}),
    CurvePanel("Training accuracy", {"training_accuracy": ""}),
)
CALIBRATED = (BEST_MODEL, "forest_bands")

Tables = Mapping[str, pd.DataFrame]


def draw_flow(folder: Path, tables: Tables) -> None:
    """Patients from the sheet to the cross-validation, with the causes of exclusion."""
    flow, exclusions = tables["patient_flow"], tables["exclusions"]
    n = dict(zip(flow["step"], flow["n"].astype(int), strict=True))
    lost = exclusions[exclusions["excluded_from"] == "all"].drop_duplicates("patient")
    causes = tuple((str(cause), int(count)) for cause, count in lost["cause"].value_counts().items())
    lines = (
        ", ".join(f"{SUBTYPE_LABELS[s]}: {n[s]}" for s in SUBTYPES),
        f"{n['recordings'] - n['moved']:,} recordings, {n['epochs']:,} epochs",
    )
    analysed = FlowNode("Cross-validated", n["analysed"], lines=lines)
    root = FlowNode("Patients in the sample sheet", n["in the sheet"], excluded=causes, children=(analysed,))
    with drawing(folder / "flow.svg", 110.0, 62.0) as figure:
        draw_flow_diagram(figure, root)


def draw_epochs(folder: Path, tables: Tables) -> None:
    """An epoch of a patient of either subtype, and the power of the recordings in bands."""
    traces, sensors = tables["traces"], tables["locations"].drop_duplicates("sensor")["sensor"]
    shown = []
    for subtype in SUBTYPES:
        rows = traces[traces["subtype"] == subtype]
        if len(rows):
            signals = rows.pivot(index="sensor", columns="second", values="value")
            title = f"{SUBTYPE_LABELS[subtype]}, {rows['patient'].iloc[0]}"
            shown.append(Traces(title, signals.to_numpy(float), signals.columns.to_numpy(float)))
    with drawing(folder / "traces.svg", PAGE_MM, 110.0) as figure:
        draw_traces(figure, shown, list(sensors))
    with drawing(folder / "spectra.svg", HALF_MM, 70.0) as figure:
        draw_spectra(figure, tables["spectra"])


def draw_rocs(folder: Path, tables: Tables) -> None:
    """ROC curves of the methods of Table 1, CPS against SPS, on either split."""
    shown = {(model, POSITIVE): MODEL_LABELS[model] for model in TABLE_1}
    for scheme in SCHEMES:
        points, performance = tables[f"roc_points_{scheme}"], tables[f"performance_{scheme}"]
        with drawing(folder / f"roc_{scheme}.svg", HALF_MM, 96.0) as figure:
            bands = bands_of(points, performance, shown)
            draw_roc_bands(figure, bands, title=SCHEME_LABELS[scheme], shaded=0)


def draw_locations(folder: Path, tables: Tables, slow: set[str]) -> None:
    """The sensors that MSAM attends to, and those it needs; `slow` : names of planted sensors, which get a ring."""
    means = tables["locations"].groupby("sensor", sort=False)[["x", "y", "attention", "loss", "moved"]].mean()
    places = means[["x", "y"]].to_numpy(float)
    marked = means.index.isin(slow) if slow else None
    maps = [
        SensorMap("Attention received", places, means["attention"].to_numpy(float), "Share", marked),
        SensorMap("Log-odds where silenced", places, means["moved"].to_numpy(float), "Mean change", marked),
        SensorMap(
            "Loss where silenced", places, means["loss"].to_numpy(float), "Rise of the cross-entropy", marked
        ),
    ]
    with drawing(folder / "locations.svg", PAGE_MM, 72.0) as figure:
        draw_sensor_maps(figure, maps)


def draw_recovery_figure(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted against found, a line each, of what lies between 0 and 1."""
    shown = recovery[recovery["quantity"] != LEFT_OUT].rename(
        columns={"found": "estimated", "lower": "ci_low", "upper": "ci_high"}
    )
    lines = len(shown) + shown["group"].nunique()
    with drawing(folder / "recovery.svg", PAGE_MM, 20.0 + 5.0 * lines) as figure:
        draw_recovery_on_one_scale(figure, shown)


def main(job: Job) -> None:
    """Rule draw_figures."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {name: read_table(path) for name, path in job.input.items() if name != "truth"}
    slow = set(read_json(job.input.truth)["slow_sensors"]) if "truth" in dict(job.input.items()) else set()
    draw_flow(folder, tables)
    draw_epochs(folder, tables)
    with drawing(folder / "two_splits.svg", PAGE_MM, 24.0 + 8.0 * len(MODEL_LABELS)) as figure:
        draw_two_splits(figure, tables["gap"], {s: tables[f"performance_{s}"] for s in SCHEMES})
    with drawing(folder / "heads.svg", PAGE_MM, 110.0) as figure:
        draw_heads(figure, {s: tables[f"performance_{s}"] for s in SCHEMES})
    draw_rocs(folder, tables)
    for scheme in SCHEMES:
        curves = tables[f"learning_curves_{scheme}"]
        with drawing(folder / f"learning_{scheme}.svg", PAGE_MM, 78.0) as figure:
            draw_learning_curves(figure, curves, NETWORKS, PANELS)
    confusion = tables[f"confusion_{BY_PATIENT}"]
    with drawing(folder / "confusion.svg", PAGE_MM, 58.0) as figure:
        shown = {model: MODEL_LABELS[model] for model in TABLE_1}
        draw_confusion_matrices(figure, confusion, shown, SUBTYPE_LABELS, columns=4)
    performance = tables[f"performance_{BY_PATIENT}"]
    errors = performance[performance["measure"] == "calibration_error"].set_index("model")["estimate"]
    labels = {m: f"{MODEL_LABELS[m]} (error {number_text(errors[m])})" for m in CALIBRATED}
    with drawing(folder / "reliability.svg", HALF_MM, 92.0) as figure:
        draw_reliability(
            figure, tables[f"calibration_{BY_PATIENT}"], labels, of=POSITIVE, event="Share of CPS"
        )
    draw_locations(folder, tables, slow)
    if "recovery" in tables:
        draw_recovery_figure(folder, tables["recovery"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
