"""Report section: how well each model grades, by patient; each grade against the others; differences between models."""

from __future__ import annotations

from scripts.papers.glioma_grading.names import (
    ABLATIONS,
    BEST_MODEL,
    GRADE_LABELS,
    MODEL_LABELS,
    PAPER_MODELS,
    RIVALS,
    in_sentence,
)
from scripts.papers.glioma_grading.report.run import ALL, MACRO, Run, estimate_words
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import interval_text, number_text, p_text

GROUPS = {
    "The paper's networks": tuple(PAPER_MODELS),
    "To tell apart what augmentation does": tuple(ABLATIONS),
    "Rivals": tuple(RIVALS),
}
BY_GRADE = {"accuracy": "Accuracy", "sensitivity": "Sensitivity", "specificity": "Specificity", "auc": "Az"}


def folds_words(row) -> str:
    """'0.77 ± 0.05': mean and SD over the folds."""
    mean, sd = number_text(row["mean_folds"]), number_text(row["sd_folds"])
    return mean if sd == "–" else f"{mean} ± {sd}"


def section(run: Run) -> Section:
    """The section 'Grading'."""
    best = run.row(BEST_MODEL, "accuracy")
    commonest = max(run.flow(g) for g in run.grades) / run.flow("with a picture")
    others = ", ".join(
        f"{in_sentence(MODEL_LABELS[m])} {estimate_words(run.row(m, 'accuracy'))}"
        for m in run.models
        if m != BEST_MODEL
    )
    text = rich(
        "In {folds}-fold cross-validation by patients, each patient tested once on the own image, the transferred network grades {best} "
        "of the patients rightly (mean over the folds ± SD {folded}); always naming the commonest grade would be right in {commonest}. "
        "Others: {others} (@performance). Each grade against the others is in @by_grade and @roc, which grade was taken for which in "
        "@confusion, what the probabilities are worth in @reliability.",
        folds=run.n_folds,
        best=estimate_words(best),
        folded=folds_words(best),
        commonest=number_text(commonest),
        others=others,
    )
    return Section(
        "Grading",
        (
            Paragraph(text),
            performance_table(run),
            by_grade_table(run),
            Figure(
                "roc",
                "ROC curves of the transferred network, each grade against the others (the paper's Figure 6), of the test patients of all "
                "folds together.",
                (Panel("roc.svg"),),
            ),
            Figure(
                "confusion",
                "Biopsy grade and grade by the transferred network, of the test patients of all folds.",
                (Panel("confusion.svg"),),
            ),
            Figure(
                "reliability",
                "Probability of the grade that the transferred network names, and how often it is right.",
                (Panel("reliability.svg"),),
            ),
            Paragraph(_difference_text(run)),
            comparison_table(run),
        ),
    )


def performance_table(run: Run) -> Table:
    """Every model: accuracy by folds and pooled, areas, macro sensitivity."""
    rows = []
    for group, members in GROUPS.items():
        there = [m for m in members if m in run.models]
        if there:
            rows.append(Row((group,), heading=True))
        for model in there:
            accuracy, area = run.row(model, "accuracy"), run.row(model, "auc", MACRO)
            cells = (
                folds_words(accuracy),
                estimate_words(accuracy),
                folds_words(area),
                estimate_words(area),
                estimate_words(run.row(model, "auc_hand_till")),
                estimate_words(run.row(model, "sensitivity", MACRO)),
            )
            rows.append(Row((MODEL_LABELS[model], *cells), level=1))
    return Table(
        "performance",
        "Three grades by every model, tested on patients that it was not trained on.",
        (
            Column("Model"),
            Column("folds", "center", "Accuracy"),
            Column("all patients", "center", "Accuracy"),
            Column("folds", "center", "Az"),
            Column("all patients", "center", "Az"),
            Column("Hand and Till", "center"),
            Column("Mean sensitivity", "center"),
        ),
        tuple(rows),
        notes=(
            "Folds: mean ± SD over the folds. All patients: estimate (95% CI) over the test patients of all folds, by resampled patients. "
            "Az: mean of the areas of each grade against the others.",
        ),
    )


def by_grade_table(run: Run) -> Table:
    """Each grade against the others, by the paper's networks."""
    rows = []
    for model in [m for m in PAPER_MODELS if m in run.models]:
        rows.append(Row((MODEL_LABELS[model],), heading=True))
        for grade in run.grades:
            cells = (estimate_words(run.row(model, measure, grade)) for measure in BY_GRADE)
            rows.append(Row((f"{GRADE_LABELS[grade]} (n = {run.flow(grade)})", *cells), level=1))
    return Table(
        "by_grade",
        "Each grade against the others.",
        (Column(""), *(Column(label, "center") for label in BY_GRADE.values())),
        tuple(rows),
        notes=(
            "Estimate (95% CI over patients). A patient counts for the grade with the largest probability.",
        ),
    )


def _difference_text(run: Run) -> list:
    """What the ablations say, from the intervals."""
    found = []
    for model, words in (
        ("scratch", "starting from random weights"),
        ("unaugmented", "no augmentation"),
        ("repeated", "each image 57 times instead of the 57-fold set"),
    ):
        row = run.comparison(BEST_MODEL, model, "accuracy", ALL, "bootstrap") if model in run.models else None
        if row is None:
            continue
        shown = "a difference" if row["lower"] > 0 or row["upper"] < 0 else "no difference"
        interval = interval_text(row["lower"], row["upper"])
        found.append(f"{words}: {number_text(row['difference'])} ({interval}), {shown} is shown")
    return rich(
        "Accuracy of the transferred network minus that with one thing changed: {found} (@comparisons). The network without augmentation takes "
        "57 times fewer steps in as many epochs; the one that sees each image 57 times takes as many steps as the augmented one, so that "
        "the images of the set can be told from the steps.",
        found="; ".join(found),
    )


def comparison_table(run: Run) -> Table:
    """The transferred network minus every other model."""
    rows = []
    for model in [m for m in run.models if m != BEST_MODEL]:
        pooled = run.comparison(BEST_MODEL, model, "accuracy", ALL, "bootstrap")
        mid_p = run.comparison(BEST_MODEL, model, "accuracy", ALL, "mcnemar_mid_p")
        corrected = run.comparison(BEST_MODEL, model, "accuracy", ALL, "corrected_t_folds")
        area = run.comparison(BEST_MODEL, model, "auc", MACRO, "bootstrap")

        def difference(row) -> str:
            return (
                "–"
                if row is None
                else f"{number_text(row['difference'])} ({interval_text(row['lower'], row['upper'])})"
            )

        def p_value(row) -> str:
            return "–" if row is None else p_text(row["p_value"])

        rows.append(
            Row(
                (
                    MODEL_LABELS[model],
                    difference(pooled),
                    p_value(mid_p),
                    p_value(corrected),
                    difference(area),
                )
            )
        )
    return Table(
        "comparisons",
        "The transferred network minus the others.",
        (
            Column("Other model"),
            Column("Accuracy (95% CI)", "center"),
            Column("McNemar", "right", "P"),
            Column("folds", "right", "P"),
            Column("Az (95% CI)", "center"),
        ),
        tuple(rows),
        notes=(
            "Intervals by resampled patients, the same for both models. McNemar: mid-P of the patients whom one of the two grades rightly. Folds: "
            "t-test of the folds' accuracies with Nadeau and Bengio's correction. Not corrected for the number of models.",
        ),
    )
