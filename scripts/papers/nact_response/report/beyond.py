"""Report sections beyond the paper: order of selection, null cohort, rivals and ComBat, recovery."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, MODEL_LABELS, in_sentence
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
    "training": "ComBat of training patients",
    "own_values": "ComBat by own values",
}


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
        "them first and cross-validation follows, the AUC is on average {gap} than where the whole selection is repeated in "
        "every fold (@orders_table, @orders). The models of this report are chosen inside the development set alone, and the testing "
        "set sees them once, so that @performance does not depend on the order.",
        gap=f"{number_text(abs(gap))} {'higher' if gap >= 0 else 'lower'}",
    )
    proof = rich(
        "Which order is honest shows in a cohort where there is nothing to find. With the responses of the development set shuffled {n} "
        "times and the features of the model '{model}', {claims} (@null).",
        model=in_sentence(MODEL_LABELS[run.value("null.model")]),
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
                "AUC of each model in the development set, cross-validated by order of selection, and in the testing set.",
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
    combats = list(dict.fromkeys(table["combat"]))
    columns, rows = [Column("Classifier")], []
    for cohort, label in COHORT_LABELS.items():
        words = f"{label}, nested cross-validation" if cohort == "development" else label
        columns += [
            Column(COMBAT_LABELS.get(c, str(c)).replace(" ", "\n", 1), "center", words) for c in combats
        ]
    for rival in dict.fromkeys(table["rival"]):
        keys = [(rival, combat, cohort) for cohort in COHORT_LABELS for combat in combats]
        found = [cells.loc[key] if key in cells.index else None for key in keys]
        values = ["–" if r is None else estimate_text(r["auc"], r["lower"], r["upper"]) for r in found]
        rows.append(Row((RIVAL_LABELS.get(rival, rival), *values)))
    return Section(
        "Rivals and ComBat",
        (
            Paragraph(
                rich(
                    "Every classifier was given the features of the model '{model}', was fitted and tuned inside the same outer folds of the "
                    "development set, then fitted on all of it and tested once (@rivals, @rivals_table). {best}The folds are drawn anew here, so "
                    "that the paper's classifier need not have the cross-validated AUC of @orders_table.",
                    model=in_sentence(MODEL_LABELS[run.value("rivals.model")]),
                    best=_best_rival(table),
                )
            ),
            Paragraph(
                rich(
                    "ComBat takes the shift and scale of each scanner out of the features, learnt from training patients only. In the paper "
                    "each set comes from a scanner of its own: among the training patients there is then nothing to take out, and a scanner "
                    "that no training patient had can only be left as it is. To be harmonised it would have to be measured by "
                    "the testing set's own values (without their outcomes), which a single new patient does not have; what that would give "
                    "stands under 'own values'."
                )
            ),
            Figure(
                "rivals",
                "AUC of the paper's classifier and its rivals, without and with ComBat; a kind of ComBat that changes no value of a set is not drawn for it.",
                (Panel("rivals.svg"),),
            ),
            Table(
                "rivals_table",
                "AUC (95% CI) of the paper's classifier and its rivals.",
                tuple(columns),
                tuple(rows),
                notes=(
                    "ComBat of training patients leaves a scanner that none of them had as it is; by own values, that scanner's patients "
                    "are harmonised by their own features, without their outcomes.",
                ),
            ),
        ),
    )


def _best_rival(table: pd.DataFrame) -> str:
    """Where the AUCs of the testing set lie without ComBat, '' where there are fewer than two."""
    part = table[(table["combat"] == "none") & (table["cohort"] == "testing")].dropna(subset="auc")
    if len(part) < 2:
        return ""
    ends = [part.loc[part["auc"].idxmin()], part.loc[part["auc"].idxmax()]]
    names = [RIVAL_LABELS.get(r["rival"], r["rival"]).replace("Random", "random") for r in ends]
    words = [f"{number_text(r['auc'])} for {name}" for r, name in zip(ends, names, strict=True)]
    widest = part["lower"].max() <= part["upper"].min()
    ending = "; all intervals overlap" if widest else ""
    return f"Without ComBat the AUC in the testing set runs from {words[0]} to {words[1]}{ending}. "


def recovery(run: Run) -> Section:
    """Planted truth against what the run found."""
    table = run.tables["recovery"]
    judged = table[table["ok"].notna()]
    broken = judged[~judged["ok"].astype(bool)]
    names = " ".join(
        f"Not held{', ' + str(group).lower() if group else ''}: {'; '.join(part['quantity'])}."
        for group, part in broken.groupby("group", sort=False)
    )
    said = (
        f"{len(judged) - len(broken)} of {len(judged)} rules hold (@recovery_table, @recovery). "
        + ("{names} " if len(broken) else "")
        + "The planted AUC of a model is that of the best possible score of its images, which a model fitted on few patients need not "
        "reach."
    )
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
            Paragraph(rich(said, names=names)),
            Figure(
                "recovery",
                rich(
                    "Planted values (diamonds) and what was found (dots), with 95% CI where there is one; numbers and rules are in "
                    "@recovery_table."
                ),
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
