"""Report sections beyond the paper: decision curves, PH test, stability, rivals, the published signature, recovery."""

from __future__ import annotations

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.papers.crc_nomogram.report.nomogram import COVARIATE_LABELS
from scripts.papers.crc_nomogram.report.run import Run, years
from scripts.papers.crc_nomogram.report.signature import group_sentence
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.figures.names import feature_label
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text, p_text


def decision(run: Run) -> Section:
    """Decision curves."""
    months = float(run.value("evaluation.decision_months"))
    return Section(
        "Decision curves",
        (
            Paragraph(
                rich(
                    "Net benefit weighs recurrences found by {years} against patients treated for nothing, at each threshold "
                    "probability (@decision). The stage-only model is fitted in the primary cohort, as the nomogram is.",
                    years=years(months).replace("-year", " years"),
                )
            ),
            Figure(
                "decision",
                "Decision curves for recurrence in the primary (A) and validation cohort (B).",
                tuple(Panel(f"decision_{cohort}.svg", "AB"[i]) for i, cohort in enumerate(COHORTS)),
            ),
        ),
    )


def proportional_hazards(run: Run) -> Section:
    """Score test of proportional hazards."""
    rows = []
    for cohort in COHORTS:
        rows.append(Row((COHORT_LABELS[cohort],), heading=True))
        for r in run.of("proportional_hazards", cohort).to_dict("records"):
            name = (
                "Global"
                if r["covariate"] == "GLOBAL"
                else COVARIATE_LABELS.get(r["covariate"], r["covariate"])
            )
            rows.append(
                Row((name, number_text(r["chi_square"]), f"{r['df']:g}", p_text(r["p_value"])), level=1)
            )
    return Section(
        "Proportional hazards",
        (
            Paragraph(
                "A small P says that a hazard ratio changes over time, and that one number does not describe it "
                "(score test, Kaplan-Meier time scale; in the validation cohort the model is refitted for the test)."
            ),
            Table(
                "proportional_hazards",
                "Test of proportional hazards of the nomogram's covariates.",
                (Column(""), Column("χ²", "right"), Column("df", "right"), Column("P", "right")),
                tuple(rows),
            ),
        ),
    )


def stability(run: Run) -> Section:
    """Bootstrap stability of the selected features."""
    index = run.tables["stability_summary"].iloc[0]
    table = run.tables["stability"]
    chosen = table[table["selected"]]
    rows = tuple(
        Row(
            (
                feature_label(r["feature"]),
                number_text(r["coefficient"], 3),
                number_text(100 * r["frequency"], 0),
                number_text(100 * r["sign_agreement"], 0),
                number_text(100 * r["substituted"], 0),
                feature_label(r["substitute"])
                if isinstance(r["substitute"], str) and r["substitute"]
                else "–",
            )
        )
        for r in chosen.to_dict("records")
    )
    return Section(
        "Stability of the signature",
        (
            Paragraph(
                rich(
                    "The whole fit (intensity filter, scaling, lambda by cross-validation) was repeated on {n} bootstrap samples of the "
                    "primary cohort. The selected sets agree by {index} on Nogueira's index (1 always the same set, 0 as if drawn at "
                    "random); {mean:.1f} features were selected on average (@stability, @stability_table).",
                    n=int(index["n_sets"]),
                    index=estimate_text(index["estimate"], index["ci_low"], index["ci_high"]),
                    mean=index["mean_selected"],
                )
            ),
            Figure(
                "stability",
                "Share of the bootstrap samples that select a feature; dark bars are the features of the rad-score.",
                (Panel("stability.svg"),),
            ),
            Table(
                "stability_table",
                "Stability of the features of the rad-score.",
                (
                    Column("Feature"),
                    Column("Coefficient", "right"),
                    Column("Selected, %", "right"),
                    Column("Same sign, %", "right"),
                    Column("Substituted, %", "right"),
                    Column("Commonest substitute"),
                ),
                rows,
                notes=(
                    "Substituted: samples that leave the feature out but take one correlated with it (|r| ≥ 0.8) in its place.",
                ),
            ),
        ),
    )


def rivals(run: Run) -> Section:
    """Rivals under nested cross-validation."""
    table = run.tables["rivals"]
    rows = tuple(
        Row(
            (
                r["label"],
                estimate_text(r["cv_c_index"], r["cv_ci_low"], r["cv_ci_high"]),
                estimate_text(
                    r["validation_c_index"], r["validation_c_index_low"], r["validation_c_index_high"]
                ),
                estimate_text(r["validation_auc"], r["validation_auc_low"], r["validation_auc_high"]),
                estimate_text(
                    r["validation_difference"],
                    r["validation_difference_low"],
                    r["validation_difference_high"],
                ),
                p_text(r["validation_difference_p"]),
            )
        )
        for r in table.to_dict("records")
    )
    folds, repeats = run.value("rivals.outer_folds"), run.value("rivals.repeats")
    return Section(
        "Rivals",
        (
            Paragraph(
                rich(
                    "Every model was fitted and tuned inside the same {folds}-fold cross-validation of the primary cohort "
                    "({repeats}), then fitted on the whole primary cohort and tested once on the validation cohort (@rivals, "
                    "@rivals_table). The cross-validated C-index of the nomogram includes the selection of its features.",
                    folds=folds,
                    repeats="once" if repeats == 1 else f"repeated {repeats} times",
                )
            ),
            Figure("rivals", "C-index of the nomogram and its rivals.", (Panel("rivals.svg"),)),
            Table(
                "rivals_table",
                "The nomogram and its rivals.",
                (
                    Column("Model"),
                    Column("C-index, nested CV", "center", "Primary"),
                    Column("C-index", "center", "Validation"),
                    Column(f"AUC, {years(max(run.horizons()))}", "center", "Validation"),
                    Column("Difference in C from TNM", "center", "Validation"),
                    Column("P", "right", "Validation"),
                ),
                rows,
                notes=(
                    "Estimate (95% CI). Cross-validation: interval over fold values with the Nadeau-Bengio correction for overlapping "
                    "training sets. A missing stage is filled in from the training patients, and the LASSO path is "
                    "shortened to its useful part, so that the nomogram's values may differ a little from those above.",
                ),
            ),
        ),
    )


def published(run: Run) -> Section:
    """The paper's own signature on these patients."""
    groups = run.tables["published_risk_groups"]
    found = run.tables["published_discrimination"]
    rows = []
    for cohort in COHORTS:
        harrell = found[
            (found["cohort"] == cohort) & (found["model"] == "rad_score") & (found["measure"] == "harrell_c")
        ].iloc[0]
        group = groups[groups["cohort"] == cohort].iloc[0]
        has_ratio = "hazard_ratio" in group and group["hazard_ratio"] == group["hazard_ratio"]
        rows.append(
            Row(
                (
                    COHORT_LABELS[cohort],
                    f"{int(group['n_low'])} / {int(group['n_high'])}",
                    estimate_text(group["hazard_ratio"], group["ci_low"], group["ci_high"])
                    if has_ratio
                    else "not estimable",
                    p_text(group.get("log_rank_p_value")),
                    estimate_text(harrell["estimate"], harrell["ci_low"], harrell["ci_high"]),
                )
            )
        )
    sentences: list = []
    for cohort in COHORTS:
        group = groups[groups["cohort"] == cohort].iloc[0]
        sentences += [f"{COHORT_LABELS[cohort]}: ", *group_sentence(group), ". "]
    return Section(
        "The published signature on these patients",
        (
            Paragraph(
                rich(
                    "The paper's own score, five coefficients and a cut-off of −0.077 as printed, was applied unchanged (@published, "
                    "@published_table). The paper prints no scaling statistics, so each cohort is scaled by its own mean and SD, as the "
                    "paper did; it prints no baseline survival, so the score gives risk groups and no probabilities. "
                )
                + sentences
            ),
            Figure(
                "published",
                "Disease-free survival by risk group of the published signature.",
                tuple(Panel(f"published_{cohort}.svg", "AB"[i]) for i, cohort in enumerate(COHORTS)),
            ),
            Table(
                "published_table",
                "The published signature on these patients.",
                (
                    Column("Cohort"),
                    Column("Low / high risk, n", "center"),
                    Column("HR (95% CI)", "center"),
                    Column("Log-rank P", "right"),
                    Column("C-index (95% CI)", "center"),
                ),
                tuple(rows),
            ),
        ),
    )


def recovery(run: Run) -> Section:
    """Planted truth against what the run found."""
    table, factors = run.tables["recovery"], run.tables["recovery_features"]
    rows, cohort = [], None
    for r in table.to_dict("records"):
        if r["cohort"] != cohort:
            rows.append(Row((r["cohort"],), heading=True))
            cohort = r["cohort"]
        rows.append(
            Row(
                (
                    r["quantity"],
                    number_text(r["planted"]),
                    estimate_text(r["estimate"], r["ci_low"], r["ci_high"]),
                    "yes" if r["covered"] else "no",
                    r["note"],
                ),
                level=1,
            )
        )
    strongest = factors[factors["strongest"]]
    followed = tuple(
        Row((feature_label(r["feature"]), r["factor"], estimate_text(r["r"], r["ci_low"], r["ci_high"])))
        for r in strongest.to_dict("records")
    )
    return Section(
        "Recovery of the planted truth",
        (
            Note(
                "Simulated patients",
                (
                    "The patients of this report were drawn by a program. Their hazard is a known function of five image factors and of "
                    "TNM stage; this section says how much of it the analysis found again.",
                ),
            ),
            Figure(
                "recovery",
                "Planted values (diamonds) and estimates with 95% CI in the validation cohort. Each line has its own scale.",
                (Panel("recovery.svg"),),
            ),
            Table(
                "recovery_table",
                "Planted against estimated.",
                (
                    Column("Quantity"),
                    Column("Planted", "right"),
                    Column("Estimate (95% CI)", "center"),
                    Column("Covered", "center"),
                    Column("What it means"),
                ),
                tuple(rows),
                notes=("Covered: the planted value lies within the interval.",),
            ),
            Table(
                "factors_table",
                "The planted image factor that each feature of the rad-score follows most.",
                (Column("Feature"), Column("Factor"), Column("Pearson r (95% CI)", "center")),
                followed,
            ),
        ),
    )
