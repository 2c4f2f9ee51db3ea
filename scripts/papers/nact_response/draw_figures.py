"""Every figure of the report, as SVG: Figures 2 to 7 and S1, S2 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.nact_response.cohorts import (
    COHORT_LABELS,
    COHORTS,
    FULL_MODEL,
    IMAGE_LABELS,
    MODEL_LABELS,
    PAIRED,
    RESPONSE_LABELS,
    SHOWN,
    of_cohort,
)
from scripts.report.figures.box_plots import draw_box_plots, draw_paired_boxes
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.forest import draw_rivals
from scripts.report.figures.multi_roc import draw_multi_roc
from scripts.report.figures.null_distribution import draw_null_distribution
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.roc import RocLine
from scripts.report.figures.selection_path import draw_selection_paths
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.tables import read_table
from scripts.workflow.job import Job

# Axis label of a shown value, and the value at which nothing happened.
AXES = {
    "jacobian_mean": ("Mean Jacobian in the tumour", 1.0),
    "jacobian_ldhgle": ("LDHGLE of the Jacobian map", None),
    "delta_energy": ("Relative change of energy", 0.0),
    "delta_volume": ("Relative change of volume", 0.0),
}
ORDER_LABELS = {"honest": "Selection inside the folds", "leaky": "Selection before the folds"}
RIVAL_LABELS = {
    "svm_rfe": "SVM-RFE",
    "lasso_logistic": "LASSO logistic",
    "random_forest": "Random forest",
    "xgboost": "XGBoost",
}
HALF_MM = 88.0  # of two panels side by side
COMBAT_LABELS = {"none": "no ComBat", "training": "ComBat", "own_values": "ComBat, own values"}


def draw_flow(folder: Path, flow: pd.DataFrame, exclusions: pd.DataFrame) -> None:
    """Figure 2: patients from the sheet to the analysis, with the causes of exclusion."""
    n = {(row["cohort"], row["step"]): int(row["n"]) for row in flow.to_dict("records")}
    lost = exclusions[exclusions["excluded_from"] == "all"].drop_duplicates("patient")
    branches = []
    for cohort in COHORTS:
        causes = lost[lost["cohort"] == cohort]["cause"].value_counts()
        known = n[cohort, "with response"]
        without = n[cohort, "with features"] - known
        responders = n[cohort, "responders"]
        analysed = FlowNode(
            "Fitted on" if cohort == "development" else "Tested",
            known,
            lines=(f"responders: {responders}, non-responders: {known - responders}",),
        )
        featured = FlowNode(
            "Features of both visits and of the Jacobian map",
            n[cohort, "with features"],
            excluded=(("no Miller-Payne grade", without),) if without else (),
            children=(analysed,),
        )
        listed = n[cohort, "in the sheet"]
        counted = tuple((str(cause), int(count)) for cause, count in causes.items())
        branches.append(FlowNode(COHORT_LABELS[cohort], listed, excluded=counted, children=(featured,)))
    total = sum(n[cohort, "in the sheet"] for cohort in COHORTS)
    with drawing(folder / "flow.svg", PAGE_MM, 80.0) as figure:
        draw_flow_diagram(figure, FlowNode("Patients in the sample sheet", total, children=tuple(branches)))


def by_response(values: pd.DataFrame, column: str) -> dict[str, pd.Series]:
    """Label of each outcome group -> its values of a column."""
    return {label: values.loc[values["response"] == code, column] for code, label in RESPONSE_LABELS.items()}


def draw_shown(folder: Path, values: pd.DataFrame, tests: pd.DataFrame, changes: pd.DataFrame) -> None:
    """Figures 3G, 4G, 5E, S1 (a feature by response) and 6E (before and after, by response), over all patients."""
    tested = tests[tests["cohort"] == "all"].set_index(["image", "feature"])
    for key, (image, feature, _) in SHOWN.items():
        label, reference = AXES[key]
        with drawing(folder / f"{key}.svg", height_mm=66.0) as figure:
            p_value = float(tested.loc[(image, feature), "p_value"])
            draw_box_plots(figure, by_response(values, key), label, p_value, reference=reference)
    tested = changes[(changes["cohort"] == "all") & (changes["feature"] == PAIRED)].set_index("group")
    before, after = by_response(values, "paired_baseline"), by_response(values, "paired_follow_up")
    with drawing(folder / "autocorrelation.svg", height_mm=76.0) as figure:
        draw_paired_boxes(
            figure,
            {label: (before[label], after[label]) for label in before},
            "Autocorrelation (GLCM)",
            [float(tested.loc[group, "p_value"]) for group in ("nonresponders", "responders")],
        )


def draw_feature_areas(folder: Path, tests: pd.DataFrame) -> None:
    """Supplementary Figure S2: the AUC of every single feature, whichever direction it points in, by image."""
    either = tests.loc[tests["cohort"].isin(COHORTS), "auc"].dropna().map(lambda a: max(a, 1 - a))
    limits = (0.48, float(either.max()) + 0.02) if len(either) else None  # one scale for both sets
    for cohort in COHORTS:
        part = of_cohort(tests, cohort)
        areas = {
            label.replace(" ", "\n"): part.loc[part["image"] == image, "auc"].map(lambda a: max(a, 1 - a))
            for image, label in IMAGE_LABELS.items()
        }
        with drawing(folder / f"feature_auc_{cohort}.svg", height_mm=66.0) as figure:
            title = COHORT_LABELS[cohort]
            draw_box_plots(
                figure, areas, "AUC of a single feature", title=title, reference=0.5, limits=limits
            )


def draw_rocs(folder: Path, roc: pd.DataFrame, performance: pd.DataFrame) -> None:
    """Figure 7: the curves of all models in each cohort; a dot is at the cut-off that the development set fixed."""
    for cohort in COHORTS:
        draw_roc_of(folder / f"roc_{cohort}.svg", roc, performance, cohort, COHORT_LABELS[cohort])


def draw_roc_of(
    path: Path, roc: pd.DataFrame, performance: pd.DataFrame, cohort: str, title: str, below: bool = True
) -> None:
    """The curves of all models in one cohort, their areas `below` them or beside; tables of evaluate_models."""
    found = performance.set_index(["cohort", "model"])
    curves = roc[roc["cohort"] == cohort]
    lines, points = [], []
    for model in [m for m in MODEL_LABELS if (cohort, m) in found.index]:
        row, curve = found.loc[(cohort, model)], curves[curves["model"] == model]
        lines.append(
            RocLine(MODEL_LABELS[model], curve["false_positive_rate"], curve["true_positive_rate"],
                    row["auc"], row["auc_lower"], row["auc_upper"])
        )  # fmt: skip
        points.append((1 - row["specificity"], row["sensitivity"]))
    size = (HALF_MM, 110.0) if below else (140.0, 90.0)
    with drawing(path, *size) as figure:
        draw_multi_roc(figure, lines, title, MODEL_LABELS[FULL_MODEL], points, below=below)


def draw_selection(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """How many features each model took; the honest against the leaky order, also with shuffled labels."""
    with drawing(folder / "selection.svg", PAGE_MM, 90.0) as figure:
        draw_selection_paths(figure, tables["selection_path"], MODEL_LABELS)
    validated = tables["cross_validation"]
    testing = of_cohort(tables["performance"], "testing")
    parts = [
        pd.DataFrame(
            {"model": part["model"].map(MODEL_LABELS), "cohort": label, "estimate": part["auc"],
             "ci_low": part[low], "ci_high": part[high]}
        )
        for label, part, low, high in (
            ("Ranked before the folds", validated[validated["order"] == "leaky"], "lower", "upper"),
            ("Ranked inside the folds", validated[validated["order"] == "honest"], "lower", "upper"),
            ("Testing set", testing, "auc_lower", "auc_upper"),
        )
    ]  # fmt: skip
    with drawing(folder / "orders.svg", PAGE_MM, 68.0) as figure:
        draw_rivals(
            figure, pd.concat(parts, ignore_index=True), "AUC (95% CI)", order=[*MODEL_LABELS.values()]
        )


def draw_null(folder: Path, null: pd.DataFrame, validated: pd.DataFrame, model: str) -> None:
    """Cross-validated AUC with shuffled labels, by order of selection, and with the true labels."""
    orders = {label: null.loc[null["order"] == order, "auc"] for order, label in ORDER_LABELS.items()}
    true = validated[validated["model"] == model].set_index("order")["auc"]
    observed = {label: float(true.get(order, float("nan"))) for order, label in ORDER_LABELS.items()}
    with drawing(folder / "null.svg", PAGE_MM, 54.0) as figure:
        draw_null_distribution(figure, {k: v for k, v in orders.items() if len(v)}, observed)


def rival_series(rivals: pd.DataFrame) -> pd.DataFrame:
    """Rows for `draw_rivals`, a series a cohort and kind of ComBat; left out where ComBat changes nothing."""
    measures = ["auc", "lower", "upper"]
    parts = []
    for cohort, label in COHORT_LABELS.items():
        known = rivals[rivals["cohort"] == cohort]
        plain = known[known["combat"] == "none"].set_index("rival")[measures]
        for combat in dict.fromkeys(known["combat"]):
            part = known[known["combat"] == combat].set_index("rival")[measures]
            if combat != "none" and part.equals(plain):
                continue
            parts.append(
                pd.DataFrame(
                    {"model": [RIVAL_LABELS.get(rival, rival) for rival in part.index],
                     "cohort": f"{label}, {COMBAT_LABELS.get(combat, combat)}", "estimate": part["auc"].to_numpy(),
                     "ci_low": part["lower"].to_numpy(), "ci_high": part["upper"].to_numpy()}
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def draw_rival_models(folder: Path, rivals: pd.DataFrame) -> None:
    """Rivals, each with and without ComBat, in the development folds and in the testing set."""
    series = rival_series(rivals)
    with drawing(folder / "rivals.svg", PAGE_MM, 24.0 + 3.8 * len(series)) as figure:
        draw_rivals(figure, series, "AUC (95% CI)")


def draw_recovery_figure(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted against found, a line a quantity; ratios, correlations, errors and areas share one scale."""
    shown = pd.DataFrame(
        {
            "group": recovery["group"],
            "quantity": recovery["quantity"],
            "planted": recovery["planted"],
            "estimated": recovery["found"],
            "ci_low": recovery["lower"],
            "ci_high": recovery["upper"],
        }
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
    draw_shown(folder, tables["shown_values"], tables["feature_tests"], tables["feature_changes"])
    draw_feature_areas(folder, tables["feature_tests"])
    draw_rocs(folder, tables["roc"], tables["performance"])
    draw_selection(folder, tables)
    draw_null(folder, tables["null_cohort"], tables["cross_validation"], job.settings["null"]["model"])
    draw_rival_models(folder, tables["rivals"])
    if "recovery" in tables:
        draw_recovery_figure(folder, tables["recovery"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
