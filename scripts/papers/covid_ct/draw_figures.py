"""The figures of the report."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.covid_ct.comparisons import PROPORTION
from scripts.papers.covid_ct.names import FINDINGS, GROUP_LABELS, GROUPS, split_measure
from scripts.quantification.hounsfield import window_words
from scripts.quantification.lung_regions import LOBE_WORDS, LOBES, LUNG, WORDS
from scripts.report.figures.equivalence import draw_equivalence
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.grouped_boxes import draw_grouped_boxes
from scripts.report.figures.null_distribution import draw_null_distribution
from scripts.report.figures.power_curve import draw_power
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.roc import RocLine, draw_roc
from scripts.report.figures.style import COLUMN_MM, PAGE_MM, drawing
from scripts.report.wording import p_text
from scripts.tables import read_table
from scripts.workflow.job import Job

SUPERIORITY = "Probability that a value in COVID-19 exceeds one in other viral pneumonia"
DIFFERENCE = "Difference of proportions, COVID-19 − other, percentage points"
LINE_MM, HEAD_MM = 5.2, 24.0


def draw_flow(folder: Path, flow: pd.DataFrame, exclusions: pd.DataFrame) -> None:
    """Patients from the sheet to the comparison, with the causes of exclusion."""
    n = {(r["step"], r["group"]): int(r["n"]) for r in flow.to_dict("records")}
    lost = exclusions[exclusions["excluded_from"] == "all"].drop_duplicates("patient")
    causes = tuple((str(cause), int(count)) for cause, count in lost["cause"].value_counts().items())
    groups = tuple(FlowNode(GROUP_LABELS[group], n["compared", group]) for group in GROUPS)
    measured = FlowNode("Lungs and lesions measured", n["measured", "all"], children=groups)
    root = FlowNode("Patients in the sample sheet", n["in the sheet", "all"], causes, (measured,))
    with drawing(folder / "flow.svg", PAGE_MM, 60.0) as figure:
        draw_flow_diagram(figure, root)


def percentage_points(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of proportions with difference and limits in percentage points."""
    scaled = rows.copy()
    names = ["effect", "ci_low", "ci_high", "alike_low", "alike_high"]
    scaled[names] = 100 * scaled[names].astype(float)
    return scaled


def draw_findings(path: Path, rows: pd.DataFrame, labels: Mapping[str, str], margin: float) -> None:
    """Differences of yes-or-no values, with the margin of likeness."""
    shown = percentage_points(rows[rows["kind"] == PROPORTION])
    shown = shown.assign(label=[labels[name] for name in shown["quantity"]])
    with drawing(path, PAGE_MM, HEAD_MM + LINE_MM * len(shown)) as figure:
        draw_equivalence(
            figure, shown, (-100 * margin, 100 * margin), 0.0, DIFFERENCE, 1, "Difference (95% CI)"
        )  # fmt: skip


def draw_superiority(path: Path, rows: pd.DataFrame, margin: float) -> None:
    """Probabilities of superiority of lesion volumes, with the margin of likeness.

    `rows` : of comparisons, with `label` and, where rows fall into groups, `group`. Where likeness was tested on
    means the thick line is left out.
    """
    shown = rows.copy()
    by_means = shown["alike_scale"] != "probability of superiority"
    shown.loc[by_means, ["alike_low", "alike_high"]] = np.nan
    lines = len(shown) + (shown["group"].nunique() if "group" in shown else 0)
    with drawing(path, PAGE_MM, HEAD_MM + LINE_MM * lines) as figure:
        draw_equivalence(
            figure, shown, (0.5 - margin, 0.5 + margin), 0.5, SUPERIORITY, 2, "Probability (95% CI)",
            limits=(0.0, 1.0),
        )  # fmt: skip


def volume_rows(comparisons: pd.DataFrame, edges: list[float]) -> pd.DataFrame:
    """The comparisons of volumes with `label`: the region, or the window of CT numbers, or both."""
    windows = dict(zip((f"w{w}" for w in range(len(edges) + 1)), window_words(edges), strict=True))
    rows = comparisons[comparisons["quantity"].str.contains("|", regex=False)].copy()
    labels = []
    for name in rows["quantity"]:
        _, region, window = split_measure(name)
        parts = [WORDS[region] if region != LUNG or not window else "", windows.get(window, "")]
        labels.append(", ".join(filter(None, parts)))
    return rows.assign(label=labels)


def draw_volumes(folder: Path, volumes: pd.DataFrame, rows: pd.DataFrame, edges: list[float]) -> None:
    """Lesion volume by lobe and by window of CT numbers, a box for each group."""
    p_values = rows.set_index("quantity")["p_value"]
    places = {name: f"lesion_ml|{name}" for name in LOBES if f"lesion_ml|{name}" in p_values.index}
    words = {name: LOBE_WORDS[name].replace(" lobe", "").replace(" ", "\n") for name in places}
    windows = {f"w{w}": f"lesion_ml|{LUNG}|w{w}" for w in range(len(edges) + 1)}
    told = {f"w{w}": _two_lines(text) for w, text in enumerate(window_words(edges))}
    for name, columns, labels, width, x_label in (
        ("lobes", places, words, 97.0, ""),
        ("windows", windows, told, 78.0, "CT number, HU"),
    ):
        values = {
            labels[place]: {
                GROUP_LABELS[g]: volumes.loc[volumes["group"] == g, column].to_numpy(float) for g in GROUPS
            }
            for place, column in columns.items()
        }
        notes = {labels[place]: f"P {_p(p_values[column])}" for place, column in columns.items()}
        with drawing(folder / f"{name}.svg", width, 78.0) as figure:
            draw_grouped_boxes(figure, values, "Infected volume, ml", notes, x_label=x_label)


def _two_lines(words: str) -> str:
    """'−750 to −300 HU' as '−750 to' over '−300'; '50 HU and above' as '50' over 'and above'."""
    parts = words.replace(" HU", "").split(" ")
    cut = 1 if parts[1] == "and" else len(parts) - 1
    return " ".join(parts[:cut]) + "\n" + " ".join(parts[cut:])


def _p(value: float) -> str:
    text = p_text(float(value))
    return f"{text[0]} {text[1:]}" if text.startswith(("<", ">")) else f"= {text}"


def draw_power_curves(folder: Path, power: pd.DataFrame, difference: float) -> None:
    """Power for the difference that the paper names, here and with the printed numbers of patients."""
    curves = {
        "z_test": f"found: difference of {difference:.0%}, Z-test",
        "exact": "the same, chi-square, exact",
        "fisher": "the same, Fisher's exact test",
        "alike": "equal groups called alike",
        "size": "equal groups called different",
    }
    part = power[power["of"] == "here"]
    n = part.iloc[0]
    title = f"{int(n['n_covid'])} and {int(n['n_other'])} patients"
    label = "Proportion in other viral pneumonia"
    with drawing(folder / "power.svg", 120.0, 92.0) as figure:
        draw_power(figure, part, "p_other", curves, label, [(0.70, "70% (printed)"), (0.05, "5%")], title)


def draw_combined(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """ROC curve of the combined score on held-out patients, and the areas of shuffled groups."""
    found = tables["combined"].iloc[0]
    curve = tables["roc"]
    line = RocLine(
        "Combined score", curve["false_positive_rate"], curve["true_positive_rate"],
        float(found["auc"]), float(found["ci_low"]), float(found["ci_high"]),
    )  # fmt: skip
    with drawing(folder / "roc.svg", COLUMN_MM, 80.0) as figure:
        draw_roc(figure, [line])
    with drawing(folder / "shuffled.svg", COLUMN_MM, 80.0) as figure:
        draw_null_distribution(
            figure, {"shuffled groups": tables["shuffled"]["auc"]},
            {"shuffled groups": float(found["auc_permutation"])}, "Cross-validated AUC",
        )  # fmt: skip


def draw_recovery_lines(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted differences beside what was found."""
    shown = recovery[recovery["group"].str.startswith(("Findings", "Lobes")) & recovery["lower"].notna()]
    renamed = shown.rename(columns={"found": "estimated", "lower": "ci_low", "upper": "ci_high"})
    with drawing(folder / "recovery.svg", PAGE_MM, 24.0 + 5.0 * (len(shown) + 2)) as figure:
        draw_recovery_on_one_scale(figure, renamed)


def draw_all(folder: Path, tables: Mapping[str, pd.DataFrame], settings: Mapping[str, Any]) -> None:
    """Every figure of the report."""
    edges, margins = settings["measurement"]["edges_hu"], settings["equivalence"]
    comparisons = tables["comparisons"]
    draw_flow(folder, tables["patient_flow"], tables["exclusions"])
    findings = comparisons[comparisons["family"] == "findings"]
    draw_findings(folder / "findings.svg", findings, FINDINGS, margins["margin_proportion"])
    printed = tables["printed_counts"]
    labels = dict(zip(printed["quantity"], printed["printed"], strict=True))
    part = printed[printed["family"] == "findings"]
    draw_findings(folder / "printed_findings.svg", part, labels, margins["margin_proportion"])
    rows = volume_rows(comparisons, edges)
    draw_volumes(folder, tables["volumes"], rows, edges)
    heads = {
        "whole_volume": "Both lungs, volume",
        "lobe_volume": "Lobes, volume",
        "lobe_percent": "Lobes, percentage",
        "window_volume": "CT number, volume",
        "window_percent": "CT number, percentage",
    }
    shown = rows[rows["family"].isin(heads)]
    shown = shown.assign(group=shown["family"].map(heads))
    draw_superiority(folder / "volumes.svg", shown, margins["margin_superiority"])
    segments = rows[rows["family"] == "segment_volume"]
    draw_superiority(folder / "segments.svg", segments, margins["margin_superiority"])
    draw_power_curves(folder, tables["power"], settings["power"]["difference"])
    draw_combined(folder, tables)
    if "recovery" in tables:
        draw_recovery_lines(folder, tables["recovery"])


def main(job: Job) -> None:
    """Rule draw_figures."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    draw_all(folder, {name: read_table(path) for name, path in job.input.items()}, job.settings)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
