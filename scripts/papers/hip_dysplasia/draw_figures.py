"""Every figure of the report, as SVG: Figures 2, 3 and 5 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import CaseError
from scripts.landmarks.landmark_table import drawn_structures
from scripts.model.gaussian_bundle import read_gaussian_bundle, region_of
from scripts.papers.hip_dysplasia import own_figures as own
from scripts.papers.hip_dysplasia.criterion import sample_values
from scripts.papers.hip_dysplasia.names import FEMUR, FIRST, SIDES
from scripts.papers.hip_dysplasia.neck_shaft import femoral_axes
from scripts.papers.hip_dysplasia.reading import paired_hips
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.tables import read_table
from scripts.workflow.job import Job

READ = ("hips", "landmarks", "model")
CLOUD_MM = (100.0, 76.0)


def draw_flow(folder: Path, flow: pd.DataFrame, exclusions: pd.DataFrame) -> None:
    """From the sheet to the hips."""
    n = dict(zip(flow["step"], flow["n"].astype(int), strict=True))
    lost = exclusions[exclusions["excluded_from"] == "all"].drop_duplicates("patient")
    causes = tuple((str(cause), int(count)) for cause, count in lost["cause"].value_counts().items())
    lines = (f"hips: {n['hips']} ({', '.join(f'{side} {n[side]}' for side in SIDES)})",)
    measured = FlowNode("Films measured", n["analysed"], lines=lines)
    root = FlowNode("Films in the sample sheet", n["in the sheet"], excluded=causes, children=(measured,))
    with drawing(folder / "flow.svg", 110.0, 60.0) as figure:
        draw_flow_diagram(figure, root)


def draw_film_figures(
    folder: Path, landmarks: pd.DataFrame, hips: pd.DataFrame, settings: dict[str, Any]
) -> None:
    """Figures 2 and 3, of the first film."""
    landmarks, hips = landmarks[landmarks["reader"] == FIRST], hips[hips["reader"] == FIRST]
    patient = next(iter(landmarks.loc[landmarks["patient"].isin(hips["patient"]), "patient"]))
    contours = drawn_structures(landmarks[landmarks["patient"] == patient])
    film, femurs = hips[hips["patient"] == patient], {}
    for row in film.to_dict("records"):
        vectors = [
            np.array([row[f"{name}_x"], row[f"{name}_y"]]) for name in ("three_point", "outside", "up")
        ]
        if (row["side"], FEMUR) in contours:
            try:
                femurs[row["side"]] = femoral_axes(
                    contours[row["side"], FEMUR],
                    vectors[0],
                    row["three_point_radius"],
                    *vectors[1:],
                    settings["neck_radii"],
                    settings["shaft_levels"],
                )
            except CaseError as error:
                print(f"{patient}: {error}")
    with drawing(folder / "angles.svg", PAGE_MM, 118.0) as figure:
        own.draw_angles(figure, contours, film, femurs)
    with drawing(folder / "circles.svg", PAGE_MM, 78.0) as figure:
        own.draw_circles(figure, contours, film)


def draw_scatters(
    folder: Path, tables: dict[str, pd.DataFrame], model: dict[str, Any], knowledge: dict[str, Any]
) -> None:
    """Figure 5: by the CE angle (A-D), by the ellipsoid (E-H)."""
    region = region_of(model)
    radius = region.radius(model["level"])
    verdicts = tables["verdicts"]
    values = sample_values(tables["samples"], model["measurement"]["signs"])
    limits = (knowledge["dysplasia_below"], knowledge["normal_above"])
    sets = {
        "knowledge": (verdicts["knowledge"], own.CLASS_LABELS, None, limits),
        "criterion": (verdicts["verdict"], own.OUTCOME_LABELS, region, ()),
    }
    for name, (groups, labels, shown, lines) in sets.items():
        with drawing(folder / f"{name}_cloud.svg", *CLOUD_MM) as figure:
            own.draw_cloud(figure, values, groups, labels, shown, radius)
        with drawing(folder / f"{name}_pairs.svg", PAGE_MM, 66.0) as figure:
            own.draw_projections(figure, values, groups, labels, shown, radius, lines)


def main(job: Job) -> None:
    """Rule draw_figures; settings: measurement, knowledge."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {name: read_table(path) for name, path in job.input.items() if name not in READ}
    hips, model = read_table(job.input.hips), read_gaussian_bundle(job.input.model)
    draw_flow(folder, tables["patient_flow"], tables["exclusions"])
    draw_film_figures(folder, read_table(job.input.landmarks), hips, job.settings["measurement"])
    draw_scatters(folder, tables, model, job.settings["knowledge"])
    with drawing(folder / "decision_graph.svg", 110.0, 66.0) as figure:
        own.draw_decision_graph(figure, tables["clusters"], float(tables["clustering"]["reach"].iloc[0]))
    if len(tables["agreement"]):
        with drawing(folder / "readings.svg", PAGE_MM, 66.0) as figure:
            own.draw_readings(figure, tables["samples"], paired_hips(hips), tables["agreement"])
    if "recovery" in tables:
        shown = tables["recovery"].rename(
            columns={"found": "estimated", "lower": "ci_low", "upper": "ci_high"}
        )
        shown = shown[shown["group"] == "Verdicts"]
        with drawing(folder / "recovery.svg", PAGE_MM, 24.0 + 5.0 * len(shown)) as figure:
            draw_recovery_on_one_scale(figure, shown)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
