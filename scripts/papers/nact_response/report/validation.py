"""Report sections of frozen models on another cohort: how well scores and classes tell responders, where responses are known."""

from __future__ import annotations

from typing import Any

from scripts.papers.nact_response.cohorts import (
    COHORT_LABELS,
    FEWEST_OF_A_CLASS,
    MODEL_LABELS,
    POOLED,
    in_sentence,
)
from scripts.papers.nact_response.report.external import Prediction
from scripts.papers.nact_response.report.prediction import (
    PERFORMANCE_COLUMNS,
    auc_words,
    comparison_of_areas,
    listing,
    performance_row,
)
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text

GROUP_LABELS = {POOLED: "All patients", **COHORT_LABELS}
THIRD_LABELS = {1: "Lowest", 2: "Middle", 3: "Highest"}


def without_responses(known: int) -> Section:
    """Why there is no validation."""
    why = (
        f"Fewer than {FEWEST_OF_A_CLASS} responders or non-responders are known"
        if known
        else "The cohort has no Miller-Payne grades"
    )
    return Section(
        "Validation",
        (Note("Not validated", (f"{why}: scores and classes are given, their accuracy is not known.",)),),
    )


def validation_section(found: Prediction) -> Section:
    """How well scores and classes tell responders, with intervals."""
    groups = found.groups()
    letters = "AB" if len(groups) > 1 else ("",)
    tested = found.auc_comparison[found.auc_comparison["cohort"] == groups[-1]]
    blocks: list[Any] = [Paragraph(group_text(found, group)) for group in groups]
    blocks += [
        performance_of(found),
        Figure(
            "roc",
            "ROC curves of the frozen models. Dots: the operating point of each model's frozen cut-off.",
            tuple(Panel(f"roc_{group}.svg", letter) for group, letter in zip(groups, letters, strict=True)),
        ),
        Paragraph(
            rich(
                "Whether responses become more frequent with the score is in @thirds: what calibration would be for a probability. Differences "
                "between the models are in @delong."
            )
        ),
        thirds_table(found),
        comparison_of_areas(tested, f"({in_sentence(GROUP_LABELS[groups[-1]])})"),
    ]
    return Section("Validation", tuple(blocks))


def group_text(found: Prediction, group: str) -> list:
    """AUC of every model in one group, and the operating point of the model that is shown."""
    rows = found.performance[found.performance["cohort"] == group].set_index("model", drop=False)
    models = [model for model in found.models() if model in rows.index]
    above = [in_sentence(MODEL_LABELS[m]) for m in models if rows.loc[m, "auc_lower"] > 0.5]
    shown = rows.loc[found.shown_model()]
    return rich(
        "{group} ({positive} responders, {negative} non-responders), AUC: {listed} (@performance, @roc). {above}. At its frozen cut-off the "
        "model '{model}' finds {se} of the responders and {sp} of the non-responders.",
        group=GROUP_LABELS[group],
        positive=int(shown["n_responders"]),
        negative=int(shown["n"] - shown["n_responders"]),
        listed=", ".join(f"{in_sentence(MODEL_LABELS[m])} {auc_words(rows.loc[m])}" for m in models),
        above=f"The interval lies above 0.5 for {listing(above)}" if above else "No interval lies above 0.5",
        model=in_sentence(MODEL_LABELS[found.shown_model()]),
        se=estimate_text(shown["sensitivity"], shown["sensitivity_lower"], shown["sensitivity_upper"]),
        sp=estimate_text(shown["specificity"], shown["specificity_lower"], shown["specificity_upper"]),
    )


def performance_of(found: Prediction) -> Table:
    """AUC, sensitivity, specificity and predictive values of every model in every group."""
    rows = []
    for group in found.groups():
        part = found.performance[found.performance["cohort"] == group]
        if len(found.groups()) > 1:
            rows.append(Row((GROUP_LABELS[group],), heading=True))
        rows += [performance_row(r) for _, r in part.iterrows()]
    return Table(
        "performance",
        "Performance of the frozen models.",
        PERFORMANCE_COLUMNS,
        tuple(rows),
        notes=(
            "Estimate (95% CI). AUC, its standard error and P by DeLong; P against the model of fusion and molecular subtype. Sensitivity, "
            "specificity and predictive values at the frozen cut-offs; predictive values hold for the share of responders of this cohort.",
        ),
    )


def thirds_table(found: Prediction) -> Table:
    """Share of responders by third of the score."""
    rows = []
    for group in dict.fromkeys(found.thirds["cohort"]):
        if len(found.groups()) > 1:
            rows.append(Row((GROUP_LABELS[group],), heading=True))
        for r in found.thirds[found.thirds["cohort"] == group].to_dict("records"):
            scores = f"{number_text(r['lowest_score'])} to {number_text(r['highest_score'])}"
            share = estimate_text(r["share"], r["lower"], r["upper"])
            rows.append(Row((THIRD_LABELS[r["third"]], scores, f"{r['n_responders']} of {r['n']}", share), level=1))  # fmt: skip
    model = in_sentence(MODEL_LABELS[found.shown_model()])
    return Table(
        "thirds",
        f"Responders by third of the score of the model '{model}'.",
        (Column("Third"), Column("Scores", "center"), Column("Responders", "center"), Column("Share (95% CI)", "center")),
        tuple(rows),
        floating=True,
    )  # fmt: skip
