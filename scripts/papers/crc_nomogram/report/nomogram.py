"""Report sections: the nomogram (Figure 3), its discrimination against TNM stage (Figure 4), hallmarks (Figure 5)."""

from __future__ import annotations

import math

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.papers.crc_nomogram.report.run import MODEL_LABELS, Run, years
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.figures.names import feature_label, gene_set_label
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text, p_text

COVARIATE_LABELS = {
    "rad_score": "Rad-score (per unit)",
    "high_risk": "Rad-score (high vs low)",
    "tnm_stage": "TNM stage (per stage)",
}


def coefficient_table(run: Run) -> Table:
    """The nomogram's Cox model: what the scales of the figure are drawn from."""
    nomogram = run.model["nomogram"]
    rows = []
    for index, name in enumerate(nomogram["covariates"]):
        beta, error = nomogram["coefficients"][index], math.sqrt(nomogram["covariance"][index][index])
        rows.append(
            Row(
                (
                    COVARIATE_LABELS.get(name, f"TNM stage {name[-1]} (vs I)"),
                    number_text(beta, 3),
                    number_text(error, 3),
                    estimate_text(
                        math.exp(beta), math.exp(beta - 1.959964 * error), math.exp(beta + 1.959964 * error)
                    ),
                )
            )
        )
    return Table(
        "nomogram_model",
        "Cox model behind the nomogram, fitted in the primary cohort.",
        (Column(""), Column("Coefficient", "right"), Column("SE", "right"), Column("HR (95% CI)", "center")),
        tuple(rows),
        notes=(f"{nomogram['n']} patients, {nomogram['n_events']} recurrences; Efron ties.",),
    )


def discrimination_table(run: Run) -> Table:
    """C-index, Uno's C and time-dependent AUC of nomogram, rad-score and stage in both cohorts."""
    measures = [("harrell_c", None, "C-index (Harrell)"), ("uno_c", None, "C-index (Uno)")]
    measures += [("ipcw_auc", months, f"AUC, {years(months)} DFS") for months in run.horizons()]
    columns = [Column("")] + [Column(COHORT_LABELS[cohort], "center") for cohort in COHORTS]
    rows = []
    for measure, months, label in measures:
        rows.append(Row((label,), heading=True))
        for model in MODEL_LABELS:
            cells = []
            for cohort in COHORTS:
                row = run.discrimination(cohort, model, measure, months)
                cells.append(estimate_text(row["estimate"], row["ci_low"], row["ci_high"]))
            rows.append(Row((MODEL_LABELS[model], *cells), level=1))
    return Table(
        "discrimination",
        "Discrimination of the nomogram, the rad-score and TNM stage alone.",
        tuple(columns),
        tuple(rows),
        notes=(
            "Estimate (95% CI). The primary cohort's values are apparent: the models were fitted there. Harrell: "
            "infinitesimal-jackknife interval. Uno's C and the AUC (cumulative/dynamic, inverse-probability-of-censoring weights): "
            "bootstrap percentile interval.",
        ),
    )


def comparison_sentence(run: Run, cohort: str) -> list:
    """Nomogram against TNM stage in one cohort, in words."""
    table = run.of("auc_comparison", cohort).set_index("measure")
    auc, concordance = table.loc["auc"], table.loc["harrell_c"]
    return rich(
        "In the {cohort}, the AUC for {years} DFS was {a} against {b} for TNM stage alone (difference {d}, *P* {p}); the "
        "difference in C-index was {dc} (*P* {pc}). ",
        cohort=COHORT_LABELS[cohort].lower(),
        years=years(float(auc["months"])),
        a=estimate_text(auc["auc_a"], auc["auc_a_low"], auc["auc_a_high"]),
        b=estimate_text(auc["auc_b"], auc["auc_b_low"], auc["auc_b_high"]),
        d=estimate_text(auc["difference"], auc["ci_low"], auc["ci_high"]),
        p=_equals(auc["p_value"]),
        dc=estimate_text(concordance["difference"], concordance["ci_low"], concordance["ci_high"]),
        pc=_equals(concordance["p_value"]),
    )


def _equals(p_value: float) -> str:
    text = p_text(p_value)
    return text if text[0] in "<>" else f"= {text}"


def section(run: Run) -> Section:
    """The section on the nomogram: figure, calibration, discrimination, ROC."""
    primary, validation = (run.discrimination(c, "nomogram", "harrell_c") for c in COHORTS)
    slopes = [run.of("calibration_slopes", cohort).iloc[0] for cohort in COHORTS]
    text = rich(
        "The nomogram combines the rad-score with TNM stage (@nomogram, @nomogram_model). Its C-index was {p} in the primary and "
        "{v} in the validation cohort (@discrimination). The calibration slope was {sp} and {sv} (1 is right, below 1 "
        "too extreme); predicted against observed survival is in @calibration.",
        p=estimate_text(primary["estimate"], primary["ci_low"], primary["ci_high"]),
        v=estimate_text(validation["estimate"], validation["ci_low"], validation["ci_high"]),
        sp=estimate_text(slopes[0]["slope"], slopes[0]["ci_low"], slopes[0]["ci_high"]),
        sv=estimate_text(slopes[1]["slope"], slopes[1]["ci_low"], slopes[1]["ci_high"]),
    )
    panels = [
        Panel(f"calibration_{cohort}_{months:g}.svg", letter)
        for letter, (cohort, months) in zip(
            "ABCDEFGH", ((c, m) for c in COHORTS for m in run.horizons()), strict=False
        )
    ]
    comparison: list = []
    for cohort in COHORTS:
        comparison += comparison_sentence(run, cohort)
    return Section(
        "The nomogram",
        (
            Paragraph(text),
            Figure(
                "nomogram",
                "Nomogram for disease-free survival (DFS). Each covariate's value is read upwards as points; the sum is read "
                "downwards from total points.",
                (Panel("nomogram.svg"),),
            ),
            coefficient_table(run),
            Figure(
                "calibration",
                "Calibration of the nomogram by cohort and horizon. Observed survival is the Kaplan-Meier estimate in groups by "
                "predicted survival, with 95% CI; squares in the primary cohort are corrected for optimism by bootstrap. "
                "The histogram shows the predictions.",
                tuple(panels),
            ),
            discrimination_table(run),
            Paragraph([*comparison, *rich("The curves are in @roc.")]),
            Figure(
                "roc",
                f"Time-dependent ROC curves for {years(max(run.horizons()))} disease-free survival: nomogram against TNM stage alone, in "
                "the primary (A) and validation cohort (B).",
                tuple(Panel(f"roc_{cohort}.svg", "AB"[index]) for index, cohort in enumerate(COHORTS)),
            ),
        ),
    )


def hallmarks(run: Run) -> Section:
    """The section on gene hallmarks, or why there is none."""
    if not run.has("hallmark_correlation"):
        return Section(
            "Gene hallmarks",
            (
                Paragraph(
                    "Not run: the cohort has no expression table. See `expression` and `gene_sets` in the configuration."
                ),
            ),
        )
    table = run.tables["hallmark_correlation"]
    shown = table[table["displayed"]]
    significant = table[table["significant"]].sort_values("p_value")
    text = rich(
        "Enrichment scores of {k} hallmarks in {n} patients were correlated with the {p} features of the rad-score. {shown} hallmarks "
        "correlate with at least one feature at *P* < {alpha:g} (@hallmarks); about {chance:.0f} of the {tests} tests would do so "
        "by chance. After Benjamini-Hochberg correction {kept} of the {tests} pairs remain at *q* < 0.05.",
        k=table["hallmark"].nunique(),
        n=int(table["n"].max()),
        p=table["feature"].nunique(),
        shown=shown["hallmark"].nunique(),
        alpha=run.value("hallmarks.alpha"),
        chance=run.value("hallmarks.alpha") * len(table),
        tests=len(table),
        kept=int((table["q_value"] < 0.05).sum()),
    )
    blocks: list = [
        Paragraph(text),
        Figure(
            "hallmarks",
            "Pearson correlation of hallmark enrichment scores with the features of the rad-score. * P < 0.05, ** P < 0.01, *** "
            "P < 0.001, uncorrected as in the paper.",
            (Panel("hallmarks.svg"),),
        ),
    ]
    if len(significant):
        blocks.append(_strongest(significant.head(10)))
    return Section("Gene hallmarks", tuple(blocks))


def _strongest(rows: pd.DataFrame) -> Table:
    return Table(
        "strongest_hallmarks",
        "The strongest correlations.",
        (
            Column("Hallmark"),
            Column("Feature"),
            Column("r (95% CI)", "center"),
            Column("P", "right"),
            Column("q", "right"),
        ),
        tuple(
            Row(
                (
                    gene_set_label(r["hallmark"]),
                    feature_label(r["feature"]),
                    estimate_text(r["r"], r["ci_low"], r["ci_high"]),
                    p_text(r["p_value"]),
                    p_text(r["q_value"]),
                )
            )
            for r in rows.to_dict("records")
        ),
        notes=("q: Benjamini-Hochberg over all hallmarks and features.",),
    )
