"""Report sections: the rad-score (Figure 1), disease-free survival by risk group (Figure 2), Table 2."""

from __future__ import annotations

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.papers.crc_nomogram.evaluation import TABLE2_COVARIATES
from scripts.papers.crc_nomogram.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, ScoreFormula, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text, p_text

COVARIATE_LABELS = {
    "risk_group": "Rad-score (high vs low)",
    "sex": "Sex (male vs female)",
    "age": "Age (per year)",
    "cea": "CEA (high vs low)",
    "differentiation": "Differentiation grade (per step)",
    "tnm_stage": "TNM stage (per stage)",
}
RULES = {
    "min": "the smallest cross-validated deviance (lambda.min)",
    "1se": "the largest penalty within one standard error of the smallest deviance (lambda.1se)",
    "first_entered": "the first penalty that kept a feature, because cross-validation preferred none",
}


def selection(run: Run) -> Section:
    """The section on feature selection, the rad-score and its cut-off."""
    signature = run.model["signature"]
    features, cutoff = signature["features"], signature["cutoff"]
    roc, filtering = run.tables["cutoff_roc"], run.tables["feature_filter"]
    text = rich(
        "Of {usable} features, the {kept} with the highest signal entered the LASSO. At {rule}, {n} {noun} kept a non-zero "
        "coefficient (@lasso), which gives the rad-score of @score. The time-dependent ROC curve at {months:g} months "
        "({method}; AUC {auc}) put the cut-off at {cutoff} (@cutoff): patients above it are at high risk.",
        usable=int((~filtering["cause"].isin(["constant", "missing values"])).sum()),
        kept=int(filtering["kept"].sum()),
        rule=RULES[signature["settings"]["lambda_chosen_by"]],
        n=len(features),
        noun="feature" if len(features) == 1 else "features",
        months=cutoff["months"],
        method={"NNE": "nearest-neighbour estimator", "KM": "Kaplan-Meier estimator"}[cutoff["method"]],
        auc=number_text(float(roc["auc"].iloc[0])),
        cutoff=number_text(cutoff["value"], 3),
    )
    terms = tuple((number_text(f["coefficient"], 3), f["name"]) for f in features)
    scaled = (
        "the mean and SD of the primary cohort"
        if signature["scaling"] == "training"
        else "the mean and SD of each cohort"
    )
    return Section(
        "Feature selection and rad-score",
        (
            Paragraph(text),
            ScoreFormula("score", "Rad-score", terms),
            Paragraph(f"Each feature enters as a z-score by {scaled}."),
            Figure(
                "lasso",
                "LASSO-Cox. (A) Cross-validated partial-likelihood deviance against the penalty, with standard errors over the "
                "folds. (B) Coefficient paths; the features of the rad-score are named. Penalties below a twentieth of the one "
                "taken are left out (see the tables).",
                (Panel("lasso_deviance.svg", "A"), Panel("lasso_paths.svg", "B")),
            ),
            Figure(
                "cutoff",
                f"Time-dependent ROC curve of the rad-score for recurrence by {cutoff['months']:g} months in the primary "
                "cohort, and the cut-off with the largest sum of sensitivity and specificity.",
                (Panel("cutoff.svg"),),
            ),
        ),
    )


def group_sentence(row: pd.Series) -> list:
    """Hazard ratio and log-rank test of one cohort in words, or why there is none."""
    if "hazard_ratio" not in row or row["hazard_ratio"] != row["hazard_ratio"]:
        return rich(
            "no hazard ratio can be estimated ({low} of {n_low} and {high} of {n_high} patients with recurrence at low and high risk)",
            low=int(row["events_low"]), high=int(row["events_high"]), n_low=int(row["n_low"]), n_high=int(row["n_high"]),
        )  # fmt: skip
    return rich(
        "HR {hr}, log-rank *P* {p}",
        hr=estimate_text(row["hazard_ratio"], row["ci_low"], row["ci_high"]),
        p=p_text(row["log_rank_p_value"])
        if p_text(row["log_rank_p_value"]).startswith("<")
        else f"= {p_text(row['log_rank_p_value'])}",
    )


def risk_groups(run: Run) -> Section:
    """The section on disease-free survival by risk group, and Table 2."""
    sentences: list = ["High against low risk: "]
    for index, cohort in enumerate(COHORTS):
        row = run.of("risk_groups", cohort).iloc[0]
        sentences += [
            f"{COHORT_LABELS[cohort].lower()}, ",
            *group_sentence(row),
            "; " if index == 0 else ". ",
        ]
    sentences += rich(
        "The distribution of the score and the survival curves are in @survival; Cox models in @cox."
    )
    panels = []
    for index, cohort in enumerate(COHORTS):
        panels += [
            Panel(f"score_{cohort}.svg", "AC"[index]),
            Panel(f"kaplan_meier_{cohort}.svg", "BD"[index]),
        ]
    return Section(
        "Rad-score and disease-free survival",
        (
            Paragraph(sentences),
            Figure(
                "survival",
                "Rad-score and disease-free survival. Distribution of the score with recurrence status in the primary (A) and "
                "validation cohort (C); Kaplan-Meier curves by risk group with 95% confidence bands and numbers at risk (B, D).",
                tuple(panels),
            ),
            cox_table(run),
        ),
    )


def cox_table(run: Run) -> Table:
    """Table 2: uni- and multivariable hazard ratios in both cohorts."""
    columns = [Column("")]
    for cohort in COHORTS:
        for analysis in ("univariable", "multivariable"):
            group = (COHORT_LABELS[cohort], analysis.capitalize())
            columns += [Column("HR (95% CI)", "center", group), Column("P", "right", group)]
    rows = []
    for name in TABLE2_COVARIATES:
        cells = []
        for cohort in COHORTS:
            table = run.of("table2", cohort)
            for analysis in ("univariable", "multivariable"):
                found = table[(table["covariate"] == name) & (table["analysis"] == analysis)]
                if found.empty or found["hazard_ratio"].isna().all():
                    cells += ["" if found.empty else "not estimable", ""]
                else:
                    row = found.iloc[0]
                    cells += [
                        estimate_text(row["hazard_ratio"], row["ci_low"], row["ci_high"]),
                        p_text(row["p_value"]),
                    ]
        rows.append(Row((COVARIATE_LABELS[name], *cells)))
    entry = run.value("tables.multivariable_entry")
    sizes = []
    for cohort in COHORTS:
        table = run.of("table2", cohort)
        multivariable = table[table["analysis"] == "multivariable"]
        if len(multivariable):
            row = multivariable.iloc[0]
            sizes.append(
                f"{COHORT_LABELS[cohort].lower()} {int(row['n'])} patients, {int(row['n_events'])} recurrences"
            )
    return Table(
        "cox",
        "Univariable and multivariable Cox regression of disease-free survival.",
        tuple(columns),
        tuple(rows),
        notes=(
            "Efron ties. "
            + (
                f"The multivariable model holds the covariates with P < {run.value('tables.alpha'):g} alone, as the paper's table does."
                if entry == "significant"
                else "The multivariable model holds all covariates, as the paper's text says."
            )
            + f" Complete cases; multivariable: {'; '.join(sizes) if sizes else 'no covariate entered'}.",
        ),
        wide=False,
    )
