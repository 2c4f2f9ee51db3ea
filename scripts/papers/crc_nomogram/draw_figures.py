"""Every figure of the report, as SVG: Figures 1 to 5 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.model.bundle import baseline_of, nomogram_fit, read_bundle
from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS, STAGE_LABELS
from scripts.papers.crc_nomogram.report.run import MODEL_LABELS, years
from scripts.report.figures.calibration import draw_calibration
from scripts.report.figures.decision_curve import draw_decision_curve
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.forest import draw_rivals
from scripts.report.figures.heatmap import draw_heatmap
from scripts.report.figures.kaplan_meier import draw_kaplan_meier
from scripts.report.figures.lasso import draw_coefficient_paths, draw_cross_validation
from scripts.report.figures.nomogram import Scale, draw_nomogram
from scripts.report.figures.recovery import draw_recovery
from scripts.report.figures.roc import RocLine, draw_cutoff, draw_roc
from scripts.report.figures.score_distribution import draw_score_distribution
from scripts.report.figures.stability import draw_stability
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.report.wording import estimate_text, p_text
from scripts.survival.nomogram import Nomogram, build_nomogram
from scripts.tables import read_table
from scripts.workflow.job import Job

GROUP_LABELS = {"low": "Low risk", "high": "High risk"}
SURVIVAL_TICKS = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
SCORE_TICKS = 9
PATH_SHOWN = 20.0  # penalties down to this fraction of the one taken: below, the overfit path hides the rest


def draw_flow(folder: Path, flow: pd.DataFrame, exclusions: pd.DataFrame) -> None:
    """Patients from the sheet to the analyses, with the causes of exclusion."""
    n = {(row["cohort"], row["step"]): int(row["n"]) for row in flow.to_dict("records")}
    lost = exclusions[exclusions["excluded_from"] == "all"]
    branches = []
    for cohort in COHORTS:
        causes = lost[lost["cohort"] == cohort]["cause"].value_counts()
        without = n[cohort, "without follow-up"]
        staged = n[cohort, "with follow-up and TNM stage"]
        unstaged = n[cohort, "with follow-up"] - staged
        followed = FlowNode(
            "Rad-score against disease-free survival",
            n[cohort, "with follow-up"],
            excluded=(("no TNM stage", unstaged),) if unstaged else (),
            children=(FlowNode("Nomogram", staged),),
            lines=(f"recurrences: {n[cohort, 'recurrences']}",),
        )
        scored = FlowNode(
            "Rad-score computed",
            n[cohort, "scored"],
            excluded=(("no follow-up; in the baseline table only", without),) if without else (),
            children=(followed,),
        )
        listed = n[cohort, "in the sheet"]
        branches.append(
            FlowNode(
                COHORT_LABELS[cohort],
                listed,
                excluded=tuple((str(cause), int(count)) for cause, count in causes.items()),
                children=(scored,),
            )
        )
    total = sum(n[cohort, "in the sheet"] for cohort in COHORTS)
    with drawing(folder / "flow.svg", PAGE_MM, 80.0) as figure:
        draw_flow_diagram(figure, FlowNode("Patients in the sample sheet", total, children=tuple(branches)))


def draw_selection(folder: Path, tables: dict[str, pd.DataFrame], model: dict) -> None:
    """Figure 1: LASSO deviance and paths, and the ROC curve of the cut-off."""
    curve, path = tables["lasso_cross_validation"], tables["lasso_path"]
    shown = float(curve.loc[curve["is_used"], "lambda"].iloc[0]) / PATH_SHOWN
    curve, path = curve[curve["lambda"] >= shown], path[path["lambda"] >= shown]
    with drawing(folder / "lasso_deviance.svg") as figure:
        draw_cross_validation(
            figure,
            curve["lambda"],
            curve["deviance"],
            curve["standard_error"],
            curve["n_nonzero"],
            float(curve.loc[curve["is_min"], "lambda"].iloc[0]),
            float(curve.loc[curve["is_1se"], "lambda"].iloc[0]),
        )
    wide = path.pivot(index="lambda", columns="feature", values="coefficient").sort_index(ascending=False)
    with drawing(folder / "lasso_paths.svg", height_mm=85.0) as figure:
        draw_coefficient_paths(
            figure, wide.index, wide.to_numpy(), list(wide.columns),
            float(curve.loc[curve["is_used"], "lambda"].iloc[0]), curve["n_nonzero"],
        )  # fmt: skip
    roc, cutoff = tables["cutoff_roc"], model["signature"]["cutoff"]
    at = roc.iloc[int(np.argmax(roc["true_positive"] - roc["false_positive"]))]
    line = RocLine("Rad-score", roc["false_positive"], roc["true_positive"], float(roc["auc"].iloc[0]))
    with drawing(folder / "cutoff.svg", height_mm=80.0) as figure:
        draw_cutoff(figure, line, cutoff["value"], float(at["false_positive"]), float(at["true_positive"]))


def draw_survival(folder: Path, tables: dict[str, pd.DataFrame], cutoff: float) -> None:
    """Figure 2: distribution of the score and Kaplan-Meier curves, a pair of panels a cohort."""
    for cohort in COHORTS:
        members = tables["scores"][tables["scores"]["cohort"] == cohort]
        with drawing(folder / f"score_{cohort}.svg", height_mm=72.0) as figure:
            draw_score_distribution(
                figure, members["rad_score"], members["recurrence"], cutoff, title=COHORT_LABELS[cohort]
            )
        draw_groups(folder / f"kaplan_meier_{cohort}.svg", tables, cohort)


def draw_groups(path: Path, tables: dict[str, pd.DataFrame], cohort: str, prefix: str = "") -> None:
    """Kaplan-Meier curves of the risk groups of one cohort with the log-rank test and the hazard ratio."""
    curves = tables[f"{prefix}kaplan_meier"]
    curves = curves[curves["cohort"] == cohort]
    row = tables[f"{prefix}risk_groups"]
    row = row[row["cohort"] == cohort].iloc[0]
    at_risk = tables[f"{prefix}at_risk"]
    at_risk = at_risk[at_risk["cohort"] == cohort]
    texts = []
    if row.get("hazard_ratio") == row.get("hazard_ratio") and "hazard_ratio" in row:
        texts.append(f"HR {estimate_text(row['hazard_ratio'], row['ci_low'], row['ci_high'])}")
    if "log_rank_p_value" in row and row["log_rank_p_value"] == row["log_rank_p_value"]:
        p = p_text(row["log_rank_p_value"])
        texts.append(f"log-rank P {p if p.startswith('<') else f'= {p}'}")
    groups = {
        group: curves[curves["risk_group"] == group]
        for group in ("low", "high")
        if (curves["risk_group"] == group).any()
    }
    with drawing(path, height_mm=72.0) as figure:
        draw_kaplan_meier(figure, groups, at_risk, texts, GROUP_LABELS, title=COHORT_LABELS[cohort])


def nomogram_of(model: dict, horizons: list[float]) -> Nomogram:
    """The drawable nomogram of a bundle: axes of rad-score and TNM stage over the range of the training score."""
    fit, baseline = nomogram_fit(model), baseline_of(model)
    low, high = model["signature"]["score_range"]
    step = float(f"{(high - low) / SCORE_TICKS:.0e}")
    first = np.ceil(low / step) * step
    ticks = [round(float(value), 10) for value in np.arange(first, high + 1e-9, step)]
    stages = [(float(level), text) for level, text in STAGE_LABELS.items()]
    labels = {"rad_score": "Rad-score", "high_risk": "Rad-score", "tnm_stage": "TNM stage"}
    axes: dict[str, list[tuple[float, str]]] = {"tnm_stage": stages}
    if "rad_score" in fit.covariates:
        axes = {"rad_score": [(value, f"{value:g}".replace("-", "−")) for value in ticks], **axes}
    else:
        axes = {"high_risk": [(0.0, "low risk"), (1.0, "high risk")], **axes}
    categories = None
    if "tnm_stage" not in fit.covariates:
        categories = {"tnm_stage": {float(level): f"tnm_stage_{level}" for level in list(STAGE_LABELS)[1:]}}
    return build_nomogram(fit, baseline, axes, labels, horizons, SURVIVAL_TICKS, categories=categories)


def draw_nomogram_figure(folder: Path, model: dict, horizons: list[float]) -> None:
    """Figure 3A."""
    nomogram = nomogram_of(model, horizons)
    scales = [Scale(axis.label, axis.points, axis.labels) for axis in nomogram.axes]
    outcomes = [
        Scale(f"{years(axis.months)} DFS", axis.total_points, [f"{value:g}" for value in axis.survival])
        for axis in nomogram.outcomes
    ]
    with drawing(folder / "nomogram.svg", PAGE_MM, 80.0) as figure:
        draw_nomogram(figure, scales, outcomes, nomogram.max_total_points)


def draw_calibrations(folder: Path, tables: dict[str, pd.DataFrame], horizons: list[float]) -> None:
    """Figure 3B-E: a panel a cohort and horizon."""
    for cohort in COHORTS:
        predicted = tables["scores"][tables["scores"]["cohort"] == cohort]
        for months in horizons:
            curve = tables["calibration"]
            curve = curve[(curve["cohort"] == cohort) & (curve["months"] == months)]
            with drawing(folder / f"calibration_{cohort}_{months:g}.svg", height_mm=80.0) as figure:
                draw_calibration(
                    figure,
                    curve.dropna(axis="columns", how="all"),
                    predicted[f"survival_{months:g}m"].dropna(),
                    months,
                    f"{COHORT_LABELS[cohort]}, {years(months)} DFS",
                )


def draw_rocs(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Figure 4: nomogram against TNM stage, with the bootstrap interval of each AUC."""
    for cohort in COHORTS:
        roc = tables["roc"]
        roc = roc[roc["cohort"] == cohort]
        pair = tables["auc_comparison"]
        pair = pair[(pair["cohort"] == cohort) & (pair["measure"] == "auc")].iloc[0]
        limits = {
            "nomogram": (pair["auc_a_low"], pair["auc_a_high"]),
            "tnm_stage": (pair["auc_b_low"], pair["auc_b_high"]),
        }
        lines = []
        for model, (low, high) in limits.items():
            curve = roc[roc["model"] == model]
            area = float(curve["auc"].iloc[0])
            lines.append(
                RocLine(MODEL_LABELS[model], curve["false_positive"], curve["true_positive"], area, low, high)
            )
        p = p_text(pair["p_value"])
        with drawing(folder / f"roc_{cohort}.svg", height_mm=80.0) as figure:
            draw_roc(
                figure,
                lines,
                COHORT_LABELS[cohort],
                (f"difference P {p if p.startswith('<') else f'= {p}'}",),
            )


def draw_hallmarks(folder: Path, table: pd.DataFrame) -> None:
    """Figure 5: hallmarks with at least one correlation below alpha."""
    shown = table[table["displayed"]]
    correlation = shown.pivot(index="hallmark", columns="feature", values="r")
    p_values = shown.pivot(index="hallmark", columns="feature", values="p_value")
    height = 45.0 + 5.2 * len(correlation)
    with drawing(folder / "hallmarks.svg", PAGE_MM, height) as figure:
        draw_heatmap(figure, correlation, p_values)


def draw_beyond(
    folder: Path, tables: dict[str, pd.DataFrame], decision_months: float, n_bootstrap: int
) -> None:
    """Decision curves, stability of the selection, rivals, the published signature."""
    for cohort in COHORTS:
        curves = tables["decision_curve"]
        curves = curves[curves["cohort"] == cohort].replace({"model": MODEL_LABELS})
        with drawing(folder / f"decision_{cohort}.svg", height_mm=75.0) as figure:
            draw_decision_curve(figure, curves, decision_months, COHORT_LABELS[cohort])
    with drawing(folder / "stability.svg", PAGE_MM, 90.0) as figure:
        draw_stability(figure, tables["stability"], n_bootstrap)
    rivals = tables["rivals"]
    parts = [
        pd.DataFrame({"model": rivals["label"], "cohort": label, "estimate": rivals[estimate],
                      "ci_low": rivals[low], "ci_high": rivals[high]})
        for label, estimate, low, high in (
            ("Nested cross-validation, primary", "cv_c_index", "cv_ci_low", "cv_ci_high"),
            ("Validation cohort", "validation_c_index", "validation_c_index_low", "validation_c_index_high"),
        )
    ]  # fmt: skip
    with drawing(folder / "rivals.svg", PAGE_MM, 85.0) as figure:
        draw_rivals(figure, pd.concat(parts, ignore_index=True))
    for cohort in COHORTS:
        draw_groups(folder / f"published_{cohort}.svg", tables, cohort, "published_")


def draw_recovery_figure(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted against estimated in the validation cohort and, for hallmarks, in the patients with expression."""
    shown = recovery[recovery["cohort"] != COHORT_LABELS["primary"]].rename(columns={"estimate": "estimated"})
    with drawing(folder / "recovery.svg", PAGE_MM, 18.0 + 9.0 * len(shown)) as figure:
        draw_recovery(figure, shown)


def main(job: Job) -> None:
    """Rule draw_figures."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    model = read_bundle(job.input.model)
    tables = {name: read_table(path) for name, path in job.input.items() if name != "model"}
    outcomes = tables.pop("clinical")[["patient", "recurrence"]]
    tables["scores"] = tables["scores"].merge(outcomes, on="patient", validate="one_to_one")
    horizons = [float(m) for m in job.settings["nomogram"]["months"]]
    draw_flow(folder, tables["patient_flow"], tables["exclusions"])
    draw_selection(folder, tables, model)
    draw_survival(folder, tables, model["signature"]["cutoff"]["value"])
    draw_nomogram_figure(folder, model, horizons)
    draw_calibrations(folder, tables, horizons)
    draw_rocs(folder, tables)
    draw_beyond(
        folder,
        tables,
        job.settings["evaluation"]["decision_months"],
        job.settings["stability"]["n_bootstrap"],
    )
    if "hallmark_correlation" in tables:
        draw_hallmarks(folder, tables["hallmark_correlation"])
    if "recovery" in tables:
        draw_recovery_figure(folder, tables["recovery"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
