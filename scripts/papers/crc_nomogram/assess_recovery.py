"""How much of the planted truth of a simulated cohort the run found again.

The truth is what `scripts.simulation.crc_nomogram` wrote down when it drew the patients; nothing else reads it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.model.bundle import rad_score, read_bundle
from scripts.papers.crc_nomogram import evaluation
from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS, join_features, of_cohort
from scripts.statistics.correlation import correlate, correlate_tables
from scripts.statistics.intervals import wilson_interval
from scripts.survival.calibration import calibration_slope
from scripts.survival.concordance import harrell_concordance
from scripts.survival.cox import fit_cox
from scripts.survival.kaplan_meier import kaplan_meier
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job


def _row(
    quantity: str, cohort: str, planted: float, estimate: float, low: float, high: float, note: str
) -> dict:
    return {
        "quantity": quantity,
        "cohort": cohort,
        "planted": planted,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "covered": bool(low <= planted <= high),
        "note": note,
    }


def cohort_recovery(table: pd.DataFrame, truth: dict, cohort: str) -> list[dict]:
    """Planted against estimated in one cohort.

    Parameters
    ----------
    table : outcome table of the cohort with the truth's columns image_part and true_predictor.
    truth : the JSON of the simulation.
    """
    label = COHORT_LABELS[cohort]
    time, event = evaluation.outcome(table)
    in_population = truth["cohorts"][cohort]["c_index"]["population"]["as_followed"]
    in_patients = truth["cohorts"][cohort]["c_index"]["patients"]["as_followed"]
    ratios = truth["hazard_ratios"]
    rows = []

    oracle = harrell_concordance(time, event, table["true_predictor"].to_numpy())
    rows.append(
        _row(
            "C-index of the oracle",
            label,
            in_population["linear_predictor"]["estimate"],
            oracle.estimate,
            oracle.ci_low,
            oracle.ci_high,
            "true risks of these patients, against the oracle's C-index in the population",
        )
    )
    nomogram = harrell_concordance(time, event, table["linear_predictor"].to_numpy())
    rows.append(
        _row(
            "C-index of the nomogram",
            label,
            in_patients["linear_predictor"],
            nomogram.estimate,
            nomogram.ci_low,
            nomogram.ci_high,
            "the planted value is the oracle's in these patients, the most that any model could reach",
        )
    )

    image = table["image_part"] / truth["hazard"]["image_part_sd"]
    known = fit_cox(
        pd.DataFrame({"image": image, "tnm_stage": table["tnm_stage"].astype(float)}), time, event
    ).table()
    for name, quantity, planted in (
        ("image", "HR per SD of the planted image risk", ratios["image_part_per_sd"]),
        ("tnm_stage", "HR per TNM stage, planted image risk given", ratios["tnm_stage_per_stage"]),
    ):
        found = known.set_index("covariate").loc[name]
        rows.append(
            _row(
                quantity,
                label,
                planted,
                found["hazard_ratio"],
                found["ci_low"],
                found["ci_high"],
                "Cox model with the planted image risk: tests the survival stage alone",
            )
        )

    score = table["rad_score"]
    standard = (score - score.mean()) / score.std(ddof=1)
    read = fit_cox(
        pd.DataFrame({"score": standard, "tnm_stage": table["tnm_stage"].astype(float)}), time, event
    ).table()
    found = read.set_index("covariate").loc["score"]
    rows.append(
        _row(
            "HR per SD of the rad-score",
            label,
            ratios["image_part_per_sd"],
            found["hazard_ratio"],
            found["ci_low"],
            found["ci_high"],
            "a score that reads the image with error has a smaller HR than the planted risk",
        )
    )

    link = correlate(score.to_numpy(), table["image_part"].to_numpy())
    rows.append(
        _row(
            "Correlation of rad-score and planted image risk",
            label,
            1.0,
            link["r"],
            link["ci_low"],
            link["ci_high"],
            "1 would be a perfect reading of the image",
        )
    )
    slope = calibration_slope(time, event, table["linear_predictor"].to_numpy())
    rows.append(
        _row(
            "Calibration slope of the nomogram",
            label,
            1.0,
            slope["slope"],
            slope["ci_low"],
            slope["ci_high"],
            "below 1: predictions too extreme for new patients",
        )
    )
    return rows


def survival_recovery(
    table: pd.DataFrame, training: pd.DataFrame, cohort: str, months: list[float]
) -> list[dict]:
    """Mean predicted against mean true probability of disease-free survival.

    The interval is that of the Kaplan-Meier estimate of the training patients at the same time, moved to the mean
    prediction: the uncertainty of the baseline survival, which dominates that of a mean prediction.
    """
    time, event = evaluation.outcome(training)
    curve = kaplan_meier(time, event)
    rows = []
    for m in months:
        if f"true_survival_{m:g}m" not in table:
            continue
        predicted, true = table[f"survival_{m:g}m"], table[f"true_survival_{m:g}m"]
        at = curve[curve["months"] <= m].iloc[-1]
        rows.append(
            _row(
                f"Mean {m / 12:g}-year DFS probability",
                COHORT_LABELS[cohort],
                true.mean(),
                predicted.mean(),
                predicted.mean() - (at["survival"] - at["ci_low"]),
                predicted.mean() + (at["ci_high"] - at["survival"]),
                f"mean absolute error of a patient's probability {(predicted - true).abs().mean():.3f}",
            )
        )
    return rows


def factor_table(features: pd.DataFrame, latents: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Which planted factor each feature of the signature follows: Pearson r of every pair, and the strongest marked."""
    values = join_features(features, latents)[names]
    factors = latents.set_index("patient").loc[values.index]
    factors = factors[[c for c in factors if factors[c].dtype.kind == "f"]]
    table = correlate_tables(values, factors).rename(columns={"row": "feature", "column": "factor"})
    strongest = table.groupby("feature")["r"].transform(lambda r: r.abs().max())
    table["strongest"] = table["r"].abs() == strongest
    return table


def hallmark_recovery(hallmarks: pd.DataFrame, truth: dict, alpha: float) -> list[dict]:
    """Share of the planted hallmarks that the heatmap shows, and of the others that it shows by chance."""
    displayed = hallmarks.groupby("hallmark")["displayed"].any()
    n_features = hallmarks["feature"].nunique()
    rows = []
    for quantity, members, expected, note in (
        (
            "Planted hallmarks in the heatmap",
            list(truth["expression"]["planted"]),
            1.0,
            "of those driven by an image factor",
        ),
        (
            "Other hallmarks in the heatmap",
            truth["expression"]["others"],
            1 - (1 - alpha) ** n_features,
            f"planted: chance of one P < {alpha:g} among {n_features} independent features",
        ),
    ):
        shown = int(displayed.reindex(members, fill_value=False).sum())
        share = wilson_interval(shown, len(members))
        rows.append(
            _row(quantity, "With expression", expected, share.estimate, share.ci_low, share.ci_high, note)
        )
    return rows


def main(job: Job) -> None:
    """Rule assess_recovery."""
    truth = read_json(job.input.truth)
    clinical, scores = read_table(job.input.clinical), read_table(job.input.scores)
    months = [float(m) for m in job.settings["nomogram"]["months"]]
    true = pd.DataFrame(truth["patients"])
    survival = {f"survival_{m:g}m": f"true_survival_{m:g}m" for m in months}
    true = true.rename(columns={"linear_predictor": "true_predictor", **survival})
    keep = ["patient", "image_part", "true_predictor", *[c for c in true if c in survival.values()]]
    everybody = evaluation.outcome_table(clinical, scores).merge(
        true[keep], on="patient", validate="one_to_one"
    )
    rows = []
    for cohort in COHORTS:
        table = evaluation.staged(of_cohort(everybody, cohort))
        rows += cohort_recovery(table, truth, cohort)
        rows += survival_recovery(table, of_cohort(everybody, "primary"), cohort, months)
    rows += hallmark_recovery(read_table(job.input.hallmarks), truth, job.settings["hallmarks"]["alpha"])
    write_both(pd.DataFrame(rows), job.output.recovery)
    names = list(rad_score(read_bundle(job.input.model)).features)
    latents = read_table(job.input.latents)
    write_both(factor_table(read_table(job.input.features), latents, names), job.output.recovery_features)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
