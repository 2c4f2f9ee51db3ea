"""Report sections beyond the paper: order of selection, null cohort, rivals and ComBat, registrations, recovery."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, MODEL_LABELS, VISIT_LABELS, in_sentence
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text

RIVAL_LABELS = {
    "svm_rfe": "SVM-RFE (the paper's)",
    "lasso_logistic": "LASSO logistic regression",
    "random_forest": "Random forest",
    "xgboost": "XGBoost",
}
COMBAT_LABELS = {
    "none": "Without ComBat",
    "training": "ComBat learnt from training patients; a new scanner stays as it is",
    "own_values": "ComBat; a new scanner by its own values",
}
MOST_REGISTRATIONS = 10


def orders(run: Run) -> Section:
    """Selection inside the folds against selection before them, and the null cohort."""
    table = run.tables["cross_validation"].set_index(["model", "order"])
    rows, gaps = [], []
    for model in run.models():
        cells = []
        for order in ("leaky", "honest"):
            if (model, order) in table.index:
                r = table.loc[(model, order)]
                cells.append(estimate_text(r["auc"], r["lower"], r["upper"]))
            else:
                cells.append("–")
        testing = run.performance(model)
        if (model, "leaky") in table.index and (model, "honest") in table.index:
            gaps.append(table.loc[(model, "leaky"), "auc"] - table.loc[(model, "honest"), "auc"])
        rows.append(
            Row(
                (
                    MODEL_LABELS[model],
                    *cells,
                    estimate_text(testing["auc"], testing["auc_lower"], testing["auc_upper"]),
                )
            )
        )
    gap = sum(gaps) / len(gaps) if gaps else float("nan")
    null = run.tables["null_summary"].set_index("order")
    text = rich(
        "Features must be ranked without the patients of the fold that they are judged on. Where all development patients rank "
        "them first and cross-validation follows, the AUC is on average {gap} higher than where the whole selection is repeated in "
        "every fold (@orders_table, @orders). The models of this report are chosen inside the development set alone, and the testing "
        "set sees them once, so that @performance does not depend on the order.",
        gap=number_text(gap),
    )
    proof = rich(
        "The test of it is a cohort in which there is nothing to find: with the responses of the development set shuffled, {n} times, {claims} "
        "(@null).",
        n=int(null["n_permutations"].max()),
        claims="; ".join(
            _claim(order, null.loc[order]) for order in ("leaky", "honest") if order in null.index
        ),
    )
    return Section(
        "The order of selection, and a null cohort",
        (
            Paragraph(text),
            Table(
                "orders_table",
                "Cross-validated AUC in the development set by order of selection, and the AUC in the testing set.",
                (
                    Column("Model"),
                    Column("Selection before the folds", "center", "Development, cross-validated"),
                    Column("Selection inside the folds", "center", "Development, cross-validated"),
                    Column("Testing set", "center"),
                ),
                tuple(rows),
                notes=(
                    "Estimate (95% CI). Selection before the folds is shown for what it would have claimed, and used for nothing. "
                    "Cross-validation: mean over the folds, interval with the Nadeau-Bengio correction for overlapping training "
                    "sets. Testing: DeLong.",
                ),
            ),
            Figure(
                "orders",
                "AUC of each model by order of selection and in the testing set.",
                (Panel("orders.svg"),),
            ),
            Paragraph(proof),
            Figure(
                "null",
                "Cross-validated AUC with shuffled responses by order of selection; an honest analysis centres at 0.5 (grey line).",
                (Panel("null.svg"),),
            ),
        ),
    )


def _claim(order: str, row: pd.Series) -> str:
    words = {"leaky": "selection before the folds", "honest": "selection inside the folds"}[order]
    holds = "0.5 lies" if row["contains_half"] else "0.5 does not lie"
    return f"{words} gives a mean AUC of {null_words(row)}, and {holds} within the interval"


def null_words(row: pd.Series) -> str:
    """Mean AUC of the shuffled cohorts with its interval."""
    return estimate_text(row["mean"], row["lower"], row["upper"])


def rivals(run: Run) -> Section:
    """Other classifiers under the same folds, and every kind of ComBat that was compared."""
    table = run.tables["rivals"]
    cells = table.set_index(["rival", "combat", "cohort"])
    rows = []
    for combat in dict.fromkeys(table["combat"]):
        rows.append(Row((COMBAT_LABELS.get(combat, str(combat)),), heading=True))
        for rival in dict.fromkeys(table["rival"]):
            values = []
            for cohort in COHORT_LABELS:
                key = (rival, combat, cohort)
                r = cells.loc[key] if key in cells.index else None
                values.append(estimate_text(r["auc"], r["lower"], r["upper"]) if r is not None else "–")
            if set(values) != {"–"}:
                rows.append(Row((RIVAL_LABELS.get(rival, rival), *values), level=1))
    return Section(
        "Rivals and ComBat",
        (
            Paragraph(
                rich(
                    "Every classifier was given the features of the model '{model}', was fitted and tuned inside the same outer folds of the "
                    "development set, then fitted on all of it and tested once (@rivals, @rivals_table).",
                    model=in_sentence(MODEL_LABELS[run.value("rivals.model")]),
                )
            ),
            Paragraph(
                rich(
                    "ComBat takes the shift and scale of each scanner out of the features, learnt from training patients only. In the paper "
                    "each set comes from a scanner of its own: among the training patients there is then nothing to take out, and a scanner "
                    "that no training patient had can only be left as it is. To be harmonised it would have to be measured by "
                    "the testing set's own values (without their outcomes), which a single new patient does not have; the last block shows "
                    "what that would give."
                )
            ),
            Figure("rivals", "AUC of the paper's classifier and its rivals.", (Panel("rivals.svg"),)),
            Table(
                "rivals_table",
                "The paper's classifier and its rivals.",
                (
                    Column("Model"),
                    Column("Development, nested CV", "center", "AUC (95% CI)"),
                    Column("Testing set", "center", "AUC (95% CI)"),
                ),
                tuple(rows),
            ),
        ),
    )


def registrations(run: Run) -> Section:
    """How the registrations went, and the page of the worst ten."""
    table = run.tables["registrations"]
    folded = int((table["n_nonpositive"] > 0).sum())
    repaired = int((table["n_nonpositive_unrepaired"] > 0).sum())
    rows = []
    for name, label, digits in (
        ("similarity_before", "Similarity, by the scanner's coordinates", 3),
        ("similarity_rigid", "Similarity after the rigid part", 3),
        ("similarity_after", "Similarity after all", 3),
        ("dice_before", "Dice of the two tumours, by the scanner's coordinates", 3),
        ("dice_after", "Dice of the two tumours after registration", 3),
        ("rotation_degrees", "Rotation, °", 2),
        ("translation_mm", "Translation, mm", 2),
        ("largest_displacement_mm", "Largest displacement of the deformable part, mm", 2),
        ("jacobian_in_tumour", "Mean Jacobian in the tumour", 3),
        ("smallest_jacobian", "Smallest Jacobian", 3),
        ("largest_jacobian", "Largest Jacobian", 3),
    ):
        if name in table and table[name].notna().any():
            values = table[name].quantile([0.5, 0.25, 0.75, 0.0, 1.0])
            middle = f"{number_text(values[0.5], digits)} ({number_text(values[0.25], digits)} to {number_text(values[0.75], digits)})"
            rows.append(
                Row((label, middle, number_text(values[0.0], digits), number_text(values[1.0], digits)))
            )
    text = rich(
        "{n} pairs were registered, rigidly and then by a smooth, invertible deformation (@registrations). {folded} {repaired}",
        n=len(table),
        folded="No voxel of any Jacobian map is at or below 0."
        if not folded
        else f"{folded} Jacobian maps have voxels at or below 0.",
        repaired=f"In {repaired} of them some voxels had folded before the velocity was smoothed until none did."
        if repaired
        else "None had folded on the way.",
    )
    worst = tuple(
        Row((str(r["patient"]), *(number_text(r.get(c), 3) for c in ("similarity_after", "dice_after", "jacobian_in_tumour", "smallest_jacobian"))))
        for r in table.head(MOST_REGISTRATIONS).to_dict("records")
    )  # fmt: skip
    return Section(
        "Preparation of the images, quality of the registrations",
        (
            preparation_table(run),
            Paragraph(text),
            Table(
                "registrations",
                "All registrations.",
                (
                    Column(""),
                    Column("Median (quartiles)", "center"),
                    Column("Least", "right"),
                    Column("Greatest", "right"),
                ),
                tuple(rows),
                notes=("Similarity: mean local correlation of the two images round the tumour, 0 to 1.",),
            ),
            Table(
                "worst_registrations",
                "The ten worst registrations, worst first.",
                (
                    Column("Patient"),
                    Column("Similarity after", "right"),
                    Column("Dice after", "right"),
                    Column("Mean Jacobian", "right"),
                    Column("Smallest Jacobian", "right"),
                ),
                worst,
                notes=("Every registration is in results/nact_response/check, with a picture of each.",),
            ),
            Figure(
                "worst",
                "The ten worst registrations. Columns: baseline, follow-up, follow-up after registration, with the outline of the "
                "tumour; Jacobian map over the anatomy (volume after over volume before, 1 is kept).",
                (Panel("worst_registrations.svg"),),
            ),
        ),
    )


def preparation_table(run: Run) -> Table:
    """How the images of each visit were prepared."""
    table = run.tables["preparation"]
    cells = table.set_index(["quantity", "cohort", "visit"])
    rows = []
    for quantity in dict.fromkeys(table["quantity"]):
        values = []
        for cohort in COHORT_LABELS:
            for visit in VISIT_LABELS:
                key = (quantity, cohort, visit)
                values.append(_mean_words(cells.loc[key]) if key in cells.index else "–")
        rows.append(Row((quantity, *values)))
    columns = [Column("")]
    for cohort in COHORT_LABELS:
        columns += [Column(VISIT_LABELS[v], "center", COHORT_LABELS[cohort]) for v in VISIT_LABELS]
    return Table(
        "preparation", "Preparation of the images: mean (lowest to highest).", tuple(columns), tuple(rows)
    )


def _mean_words(row: pd.Series) -> str:
    mean, low, high = (f"{row[name]:.3g}" for name in ("mean", "lowest", "highest"))
    return mean if low == high else f"{mean} ({low} to {high})"


def recovery(run: Run) -> Section:
    """Planted truth against what the run found."""
    table = run.tables["recovery"]
    rows, group = [], None
    for r in table.to_dict("records"):
        if r["group"] != group:
            group = r["group"]
            if group:
                rows.append(Row((str(group),), heading=True))
        rows.append(
            Row(
                (
                    r["quantity"],
                    number_text(r["planted"]),
                    estimate_text(r["found"], r["lower"], r["upper"]),
                    "–" if pd.isna(r["bayes"]) else number_text(r["bayes"]),
                    {True: "yes", False: "no"}.get(r["ok"], "–"),
                    r["rule"],
                ),
                level=1 if group else 0,
            )
        )
    return Section(
        "Recovery of the planted truth",
        (
            Note(
                "Simulated patients",
                (
                    "The patients of this report were drawn by a program. The deformation between the visits, the bias field, the outline of "
                    "each tumour and the factors behind the response are known; this section says how much of them the analysis found again. "
                    "The AUC of a model is compared with what the same classifier reaches with the true factors in place of the features, "
                    "fitted on the same patients: the best possible score (Bayes) is out of reach of anybody who learns from a cohort of "
                    "this size.",
                ),
            ),
            Figure(
                "recovery",
                "Planted values (diamonds) and what was found, with 95% CI where there is one. Each line has its own scale.",
                (Panel("recovery.svg"),),
            ),
            Table(
                "recovery_table",
                "Planted against found. Planted of a model's AUC: that of the same classifier with the true factors; Bayes: that of the best score, "
                "in the population. Intervals of the AUCs hold for all models together.",
                (
                    Column("Quantity"),
                    Column("Planted", "right"),
                    Column("Found (95% CI)", "center"),
                    Column("Bayes", "right"),
                    Column("Holds", "center"),
                    Column("Rule"),
                ),
                tuple(rows),
            ),
        ),
    )
