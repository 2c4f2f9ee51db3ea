"""How well scores tell recurrences apart: the paper's measures and those beyond it, for patients with follow-up.

Every function takes an *outcome table*: a row a patient with follow-up, columns patient, dfs_months, recurrence,
tnm_stage, rad_score, risk_group and, where the model has a nomogram, linear_predictor and survival_<months>m.
Higher score = higher risk; times in months; intervals are 95 %.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.papers.crc_nomogram.cohorts import coded, followed
from scripts.seeds import generator
from scripts.survival.calibration import calibration_curve, calibration_slope
from scripts.survival.concordance import concordance_difference, harrell_concordance, uno_concordance
from scripts.survival.cox import fit_cox
from scripts.survival.decision_curve import decision_curve
from scripts.survival.kaplan_meier import at_risk_table, kaplan_meier, log_rank
from scripts.survival.time_roc import auc_difference, ipcw_auc, time_dependent_roc

# Table 2, in the paper's order; the rad-score enters as the risk group, as the paper's hazard ratios do.
TABLE2_COVARIATES = ("risk_group", "sex", "age", "cea", "differentiation", "tnm_stage")
FEWEST_EVENTS = 5
THRESHOLDS = np.round(np.arange(0.02, 0.8001, 0.02), 2)


def outcome_table(clinical: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Patients with follow-up and a score: the clinical columns beside the scores."""
    columns = [column for column in scores.columns if column != "cohort"]
    return followed(clinical.merge(scores[columns], on="patient", validate="one_to_one"))


def staged(table: pd.DataFrame) -> pd.DataFrame:
    """Patients whose TNM stage is known: the nomogram, and whatever is compared with it, is judged on them alone."""
    return table[table["tnm_stage"].notna()].reset_index(drop=True)


def models_of(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The scores that are compared: nomogram (where there is one), rad_score, tnm_stage."""
    columns = {"nomogram": "linear_predictor", "rad_score": "rad_score", "tnm_stage": "tnm_stage"}
    return {
        name: table[column].to_numpy(dtype=float)
        for name, column in columns.items()
        if column in table and table[column].notna().all()
    }


def outcome(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Months and events of an outcome table."""
    return table["dfs_months"].to_numpy(dtype=float), table["recurrence"].to_numpy(dtype=int)


def has_both_groups(table: pd.DataFrame) -> bool:
    """Whether both risk groups have patients: without, there is no log-rank test and no hazard ratio."""
    return table["risk_group"].nunique() == 2


def risk_group_table(table: pd.DataFrame) -> pd.DataFrame:
    """Figure 2: one row with n and events a group, hazard ratio high against low with its interval, log-rank test."""
    time, event = outcome(table)
    high = (table["risk_group"] == "high").to_numpy()
    row: dict[str, float] = {
        "n_low": int((~high).sum()),
        "n_high": int(high.sum()),
        "events_low": int(event[~high].sum()),
        "events_high": int(event[high].sum()),
    }
    if has_both_groups(table):
        test = log_rank(time, event, table["risk_group"].to_numpy())
        row |= {"chi_square": test.chi_square, "log_rank_p_value": test.p_value}
        if row["events_low"] and row["events_high"]:
            ratio = fit_cox(pd.DataFrame({"high": high.astype(float)}), time, event).table().iloc[0]
            row |= {key: ratio[key] for key in ("hazard_ratio", "ci_low", "ci_high", "p_value")}
    return pd.DataFrame([row])


def kaplan_meier_table(table: pd.DataFrame) -> pd.DataFrame:
    """Kaplan-Meier curve of each risk group: risk_group and the columns of `kaplan_meier`."""
    curves = []
    for group, members in table.groupby("risk_group"):
        time, event = outcome(members)
        curves.append(kaplan_meier(time, event).assign(risk_group=group))
    return pd.concat(curves, ignore_index=True)


def at_risk(table: pd.DataFrame) -> pd.DataFrame:
    """Patients at risk in each group at the ticks of the time axis, a tick every 12 months (24 in a long study)."""
    time, event = outcome(table)
    step = 12.0 if time.max() <= 84 else 24.0
    ticks = np.arange(0, time.max() + 1e-9, step).tolist()
    return at_risk_table(time, event, table["risk_group"].to_numpy(), ticks)


def cox_table(table: pd.DataFrame, alpha: float, entry: str) -> pd.DataFrame:
    """Table 2: univariable and multivariable Cox models of one cohort.

    Parameters
    ----------
    alpha, entry : with entry 'significant' a covariate enters the multivariable model when its univariable P is
        below `alpha` (the paper's table); with 'all', every covariate does (the paper's text).

    Returns
    -------
    DataFrame[covariate, analysis, hazard_ratio, ci_low, ci_high, p_value, n, n_events, cause]; a row whose model
    cannot be fitted keeps its place with the cause. Each model uses the patients with all its covariates.
    """
    values = pd.DataFrame(
        {name: coded(table, name).to_numpy() for name in TABLE2_COVARIATES if name in table}
    )
    rows = []
    for name in values:
        rows += _cox_rows(values[[name]], table, "univariable")
    wanted = [
        row["covariate"]
        for row in rows
        if entry == "all" or (row.get("p_value") is not None and row["p_value"] < alpha)
    ]
    if wanted:
        rows += _cox_rows(values[wanted], table, "multivariable")
    return pd.DataFrame(rows)


def _cox_rows(values: pd.DataFrame, table: pd.DataFrame, analysis: str) -> list[dict]:
    complete = values.notna().all(axis=1).to_numpy()
    time, event = outcome(table[complete])
    shared = {"analysis": analysis, "n": int(complete.sum()), "n_events": int(event.sum())}
    try:
        fit = fit_cox(values[complete].reset_index(drop=True), time, event)
    except InputError as error:
        return [{"covariate": name, "cause": str(error), **shared} for name in values]
    keys = ("covariate", "hazard_ratio", "ci_low", "ci_high", "p_value")
    return [{**{key: row[key] for key in keys}, "cause": "", **shared} for _, row in fit.table().iterrows()]


def discrimination_table(
    table: pd.DataFrame, months: list[float], n_bootstrap: int, seed: int, label: str
) -> pd.DataFrame:
    """C-index of Harrell, Uno's C and time-dependent AUC of every score, with intervals.

    Returns DataFrame[model, measure, months, estimate, ci_low, ci_high, n, n_events].
    """
    time, event = outcome(table)
    tau = float(max(months))
    rows = []
    for name, score in models_of(table).items():
        draw = generator(seed, "discrimination", label, name)
        harrell = harrell_concordance(time, event, score)
        rows.append({"model": name, "measure": "harrell_c", "months": np.nan, "estimate": harrell.estimate,
                     "ci_low": harrell.ci_low, "ci_high": harrell.ci_high})  # fmt: skip
        uno = uno_concordance(time, event, score, tau, n_bootstrap, draw)
        rows.append({"model": name, "measure": "uno_c", "months": tau,
                     **{key: uno[key] for key in ("estimate", "ci_low", "ci_high")}})  # fmt: skip
        for _, auc in ipcw_auc(time, event, score, months, n_bootstrap, draw).iterrows():
            rows.append({"model": name, "measure": "ipcw_auc", "months": auc["months"], "estimate": auc["auc"],
                         "ci_low": auc["ci_low"], "ci_high": auc["ci_high"]})  # fmt: skip
    return pd.DataFrame(rows).assign(n=len(table), n_events=int(event.sum()))


def roc_table(table: pd.DataFrame, months: float, method: str) -> pd.DataFrame:
    """Figure 4: time-dependent ROC curve of each score: model, cutoff, false_positive, true_positive, auc."""
    time, event = outcome(table)
    parts = []
    for name, score in models_of(table).items():
        curve = time_dependent_roc(time, event, score, months, method)
        parts.append(
            pd.DataFrame(
                {
                    "model": name,
                    "cutoff": curve.cutoffs,
                    "false_positive": curve.false_positive,
                    "true_positive": curve.true_positive,
                    "auc": curve.auc,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def comparison_table(
    table: pd.DataFrame, months: float, method: str, n_bootstrap: int, seed: int, label: str
) -> pd.DataFrame:
    """Nomogram against TNM stage: difference of C-index (influence functions) and of AUC (bootstrap), with P."""
    models = models_of(table)
    if not {"nomogram", "tnm_stage"} <= set(models):
        return pd.DataFrame()
    time, event = outcome(table)
    auc = auc_difference(
        time, event, models["nomogram"], models["tnm_stage"], months, method, n_bootstrap,
        generator(seed, "auc_difference", label),
    )  # fmt: skip
    concordance = concordance_difference(time, event, models["nomogram"], models["tnm_stage"])
    return pd.DataFrame(
        [{"measure": "auc", "months": months, **auc}, {"measure": "harrell_c", **concordance}]
    )


def calibration_tables(table: pd.DataFrame, months: list[float], n_groups: int) -> pd.DataFrame:
    """Predicted against observed survival in groups by prediction: months and the columns of `calibration_curve`."""
    time, event = outcome(table)
    return pd.concat(
        [
            calibration_curve(time, event, table[f"survival_{m:g}m"].to_numpy(), m, n_groups).assign(months=m)
            for m in months
        ],
        ignore_index=True,
    )


def slope_table(table: pd.DataFrame) -> pd.DataFrame:
    """Calibration slope of the nomogram's linear predictor: 1 is right, below 1 is too extreme."""
    time, event = outcome(table)
    return pd.DataFrame([calibration_slope(time, event, table["linear_predictor"].to_numpy())])


def decision_table(table: pd.DataFrame, months: float, stage_risk: np.ndarray | None) -> pd.DataFrame:
    """Net benefit of acting on the nomogram, on TNM stage alone, on nobody, on everybody."""
    time, event = outcome(table)
    risks = {"nomogram": 1 - table[f"survival_{months:g}m"].to_numpy()}
    if stage_risk is not None:
        risks["tnm_stage"] = stage_risk
    return decision_curve(time, event, risks, months, THRESHOLDS)
