"""Report sections: the six models, Table 3, Figure 7, DeLong's tests, and which features the models took."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nact_response.cohorts import (
    COHORT_LABELS,
    COHORTS,
    FULL_MODEL,
    IMAGE_LABELS,
    MODEL_LABELS,
    SUBTYPE_LABELS,
    in_sentence,
)
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.figures.names import feature_label
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text, p_text

MEASURES = {"sensitivity": "Sensitivity", "specificity": "Specificity", "ppv": "PPV", "npv": "NPV"}
MOST_NAMED = 8


def auc_words(row: pd.Series) -> str:
    """'0.77 (0.64–0.90)'."""
    return estimate_text(row["auc"], row["auc_lower"], row["auc_upper"])


def section(run: Run) -> Section:
    """The section 'Prediction of response'."""
    rows = {model: run.performance(model) for model in run.models()}
    known = [model for model in rows if rows[model] is not None]
    listed = ", ".join(f"{in_sentence(MODEL_LABELS[m])} {auc_words(rows[m])}" for m in known)
    text = rich(
        "AUC in the testing set: {listed} (@performance, @roc). ",
        listed=listed,
    )
    above = [in_sentence(MODEL_LABELS[m]) for m in known if rows[m]["auc_lower"] > 0.5]
    text += rich(
        "{above}. ",
        above=f"The interval lies above 0.5 for {listing(above)}" if above else "No interval lies above 0.5",
    )
    if FULL_MODEL in known:
        full = rows[FULL_MODEL]
        better = [
            m for m in known if m != FULL_MODEL and rows[m]["p_value"] < 0.05 and rows[m]["auc"] < full["auc"]
        ]
        verdict = (
            f"has a higher AUC than those of {listing([in_sentence(MODEL_LABELS[m]) for m in better])}"
            if better
            else "has a higher AUC than none of the others"
        )
        text += rich(
            "The full model (fusion + molecular subtype) {verdict} at *P* < 0.05 (DeLong, uncorrected); in the paper it has a higher one "
            "than those of the baseline image (*P* = 0.028) and the Jacobian map (*P* = 0.019). All pairs are in @delong; operating points "
            "at a cut-off that the testing set would choose itself are in @own_cutoff.",
            verdict=verdict,
        )
    return Section(
        "Prediction of response",
        (
            Paragraph(text),
            performance_table(run),
            delong_table(run),
            Figure(
                "roc",
                "ROC curves of all models (the paper's Figure 7) in the development (A) and testing set (B). Curves of the development set are of the patients "
                "that the models were fitted on. Dots: the operating point of each model's cut-off, which the development set chose.",
                tuple(Panel(f"roc_{cohort}.svg", "AB"[i]) for i, cohort in enumerate(COHORTS)),
            ),
            selection_section(run),
        ),
    )


def listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


PERFORMANCE_COLUMNS = (
    Column("Model"),
    Column("AUC", "center"),
    Column("SE", "right"),
    Column("P", "right"),
    *(Column(label, "center") for label in MEASURES.values()),
)


def performance_row(row: pd.Series) -> Row:
    """A row of the table `performance` in the columns PERFORMANCE_COLUMNS."""
    measures = (estimate_text(row[m], row[f"{m}_lower"], row[f"{m}_upper"]) for m in MEASURES)
    p_value = "–" if row["model"] == FULL_MODEL else p_text(row["p_value"])
    cells = (MODEL_LABELS[row["model"]], auc_words(row), number_text(row["auc_se"], 3), p_value, *measures)
    return Row(cells, level=1)


def performance_table(run: Run) -> Table:
    """Table 3, and the same for the development set."""
    rows = []
    for cohort in reversed(COHORTS):
        part = run.of("performance", cohort)
        if part.empty:
            continue
        n, responders = int(part["n"].max()), int(part["n_responders"].max())
        rows.append(
            Row((f"{COHORT_LABELS[cohort]} ({responders} responders, {n - responders} non-responders)",), heading=True)
        )  # fmt: skip
        for model in run.models():
            r = run.performance(model, cohort)
            if r is None:
                continue
            rows.append(performance_row(r))
    return Table(
        "performance",
        "Performance of the models (the paper's Table 3).",
        PERFORMANCE_COLUMNS,
        tuple(rows),
        notes=(
            "Estimate (95% CI). AUC, its standard error and P by DeLong; P against the model of fusion and molecular subtype. Sensitivity, "
            "specificity and predictive values at the cut-off that the development set chose (Youden). In the development set the "
            "values are those of the patients that the models were fitted on, and say nothing about new patients.",
        ),
    )


def own_cutoff_table(run: Run) -> Table:
    """Measures at the Youden point of the testing set's own curve: the paper's way, as far as it says."""
    table = run.of("performance_own_cutoff", "testing").set_index("model")
    rows = []
    for model in [m for m in run.models() if m in table.index]:
        r = table.loc[model]
        measures = (estimate_text(r[m], r[f"{m}_lower"], r[f"{m}_upper"]) for m in MEASURES)
        rows.append(Row((MODEL_LABELS[model], *measures)))
    return Table(
        "own_cutoff",
        "Operating points in the testing set at the cut-off that the testing set itself would choose.",
        (Column("Model"), *(Column(label, "center") for label in MEASURES.values())),
        tuple(rows),
        notes=(
            "Estimate (95% CI) at the largest sum of sensitivity and specificity on the testing set's own curve: the best that this set "
            "can show, and no estimate for new patients. The paper does not say whose curve gave its operating points.",
        ),
        floating=True,
    )


def delong_table(run: Run) -> Table:
    """All pairs of models in the testing set."""
    return comparison_of_areas(run.of("auc_comparison", "testing"), "in the testing set")


def comparison_of_areas(table: pd.DataFrame, where: str) -> Table:
    """DeLong's tests of one cohort; `where` ends the caption."""
    rows = []
    for r in table.to_dict("records"):
        rows.append(
            Row(
                (
                    MODEL_LABELS[r["model_a"]],
                    MODEL_LABELS[r["model_b"]],
                    estimate_text(r["difference"], r["lower"], r["upper"]),
                    number_text(r["z"]),
                    p_text(r["p_value"]),
                )
            )
        )
    return Table(
        "delong",
        f"Differences of AUC between models {where}.",
        (
            Column("Model A"),
            Column("Model B"),
            Column("A − B (95% CI)", "center"),
            Column("z", "right"),
            Column("P", "right"),
        ),
        tuple(rows),
        notes=(
            "DeLong's test for two scores of the same patients; P values are not corrected for the number of pairs.",
        ),
    )


def chosen_features(run: Run, model: str) -> list[str]:
    """Features of a model, `<image>.<feature>`, best first."""
    path, ranking = run.tables["selection_path"], run.tables["ranking"]
    path = path[(path["model"] == model) & path["chosen"].astype(bool)]
    ranking = ranking[ranking["model"] == model].sort_values("rank")
    if path.empty or ranking.empty:
        return []
    return ranking["feature"].head(int(path["n_features"].iloc[0])).tolist()


def qualified_label(name: str) -> str:
    """'follow_up.original_glcm_Contrast' -> 'GLCM contrast (follow-up image)'; 'subtype luminal A'."""
    image, _, feature = name.partition(".")
    if image not in IMAGE_LABELS:
        subtype = feature.removeprefix("subtype_")
        return f"subtype {in_sentence(SUBTYPE_LABELS[subtype])}" if subtype in SUBTYPE_LABELS else name
    return f"{feature_label(feature)} ({in_sentence(IMAGE_LABELS[image])})"


def added_words(step: int) -> str:
    """How ranked features are added: 'one after another', '2 at a time'."""
    return "one after another" if step == 1 else f"{step} at a time"


def selection_section(run: Run) -> Section:
    """How many features each model took, and which."""
    rows = []
    paths = run.tables["selection_path"]
    for model in run.models():
        path = paths[(paths["model"] == model) & paths["chosen"].astype(bool)]
        if path.empty:
            continue
        r, names = path.iloc[0], chosen_features(run, model)
        words = [
            feature_label(n.partition(".")[2]) if model in IMAGE_LABELS else qualified_label(n) for n in names
        ]
        more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
        rows.append(
            Row(
                (
                    MODEL_LABELS[model],
                    str(int(r["n_features"])),
                    f"{r['c']:.3g}",
                    f"{r['gamma']:.3g}",
                    number_text(r["cv_auc"]),
                    ", ".join(words[:MOST_NAMED]) + more,
                )
            )
        )
    return Section(
        "Selected features",
        (
            Paragraph(
                rich(
                    "Features ranked by SVM-RFE were added {added}; the number with the largest cross-validated AUC was taken, with "
                    "the C and gamma that gave it (@selection, @selected). That AUC chose the model, so that it is too high; an "
                    "honest one is in @orders_table.",
                    added=added_words(run.value("svm.inclusion_step")),
                )
            ),
            Figure(
                "selection",
                "Cross-validated AUC in the development set against the number of features; the number taken is marked. The molecular "
                "subtype is coded as four features.",
                (Panel("selection.svg"),),
            ),
            Table(
                "selected",
                "What the models are made of.",
                (
                    Column("Model"),
                    Column("Features", "right"),
                    Column("C", "right"),
                    Column("gamma", "right"),
                    Column("CV AUC", "right"),
                    Column("The highest ranked"),
                ),
                tuple(rows),
            ),
            own_cutoff_table(run),
        ),
    )
