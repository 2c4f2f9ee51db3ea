"""Report sections beyond the paper: rivals without a network, one view alone, calibration, recovery."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nmosd_ms.names import BEST_MODEL, MODEL_LABELS, ORACLES, RIVALS
from scripts.papers.nmosd_ms.report.networks import measure_words
from scripts.papers.nmosd_ms.report.run import MEASURES, Run
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import MISSING, estimate_text, number_text, p_text


def rivals(run: Run) -> Section:
    """Logistic regressions under the same folds."""
    volume = measure_words(run, "lesion_volume", "accuracy")
    best = measure_words(run, BEST_MODEL, "accuracy")
    test = run.difference(BEST_MODEL, "lesion_volume", "delong", "auc")
    p_value = MISSING if test is None else p_text(test["p_value"])
    rows = [
        Row((label, *(measure_words(run, model, name) for name in MEASURES)))
        for model, label in {BEST_MODEL: MODEL_LABELS[BEST_MODEL], **RIVALS}.items()
    ]
    text = rich(
        "Patients with MS have more lesion (@characteristics), so that the volume alone tells something. A logistic regression on its logarithm, "
        "under the same folds, has an accuracy of {volume} beside {best} of {model}, the paper's best network (AUC: *P* {p}, DeLong; "
        "@rivals_table, @rivals_roc). A penalised logistic regression on a coarse lesion map ({cells} cells along each axis) asks "
        "what places tell without a network.",
        volume=volume,
        best=best,
        model=MODEL_LABELS[BEST_MODEL],
        p=p_value,
        cells=run.value("rivals.cells"),
    )
    return Section(
        "Rivals without a network",
        (
            Paragraph(text),
            Table(
                "rivals_table",
                "The paper's best network and two rivals on the same held-out patients.",
                (Column("Model"), *(Column(label, "center") for label, *_ in MEASURES.values())),
                tuple(rows),
                notes=("Estimate (95% CI) over patients.",),
            ),
            Figure(
                "rivals_roc",
                "ROC curves of the paper's best network and the rivals.",
                (Panel("roc_rivals.svg"),),
            ),
        ),
    )


def views(run: Run) -> Section:
    """What the second view is worth."""
    one, two = "one_view_18", "two_view_18"
    row = run.difference(two, one, "bootstrap", "accuracy")
    if row is None:
        return Section("One view or two", (Paragraph("The network of one view was not trained."),))
    supported = row["lower"] > 0 or row["upper"] < 0
    return Section(
        "One view or two",
        (
            Paragraph(
                rich(
                    "The text argues that one view would lose the structure along its axis. With all 64 channels of the compression given to the "
                    "axial sections, and ResNet-18 from scratch behind it, the accuracy was {one}; with two views of 32 channels it was {two}. The "
                    "difference of {difference} is {told}.",
                    one=measure_words(run, one, "accuracy"),
                    two=measure_words(run, two, "accuracy"),
                    difference=estimate_text(row["difference"], row["lower"], row["upper"]),
                    told="told from chance" if supported else "not told from chance by these data",
                )
            ),
        ),
    )


def calibration(run: Run) -> Section:
    """Whether probabilities mean what they say."""
    return Section(
        "Calibration",
        (
            Paragraph(
                rich(
                    "@reliability compares the probability of NMOSD that a model gives with the share of such patients who have it; networks "
                    "fitted to few patients tend to be surer than they are right."
                )
            ),
            Figure(
                "reliability",
                "Reliability of the probability of NMOSD, with 95% CI over patients, and how the predictions spread.",
                (Panel("reliability.svg"),),
            ),
        ),
    )


def recovery(run: Run) -> Section:
    """Planted truth against what the run found."""
    table = run.tables["recovery"]
    broken = table[~table["ok"].astype(bool)]
    listed = "; ".join(f"{r.quantity} ({str(r.group).lower()})" for r in broken.itertuples())
    names = f"Not held: {listed}. " if len(broken) else ""
    rows, group = [], None
    for r in table.to_dict("records"):
        if r["group"] != group:
            group = r["group"]
            rows.append(Row((str(group),), heading=True))
        rows.append(
            Row(
                (
                    r["quantity"],
                    number_text(r["planted"]),
                    estimate_text(r["found"], r["lower"], r["upper"]),
                    MISSING if pd.isna(r["bayes"]) else number_text(r["bayes"], 3),
                    "yes" if r["ok"] else "no",
                    r["rule"],
                ),
                level=1,
            )
        )
    return Section(
        "Recovery of the planted truth",
        (
            Note(
                "Simulated patients",
                (
                    "The patients of this report were drawn by a program. Numbers and places of the lesions differ between the diseases by a known "
                    "law, with overlap, and everything that an image shows of the disease it shows through them; so the accuracy of the best "
                    "possible classifier (Bayes) is known. Networks learn from few patients and need not come near it; what a logistic regression "
                    "on the true counts reaches under the same folds says how near a reader who counts without error would come.",
                ),
            ),
            Paragraph(
                rich(
                    "{ok} of {n} rules hold (@recovery_table, @recovery). {names}",
                    ok=len(table) - len(broken),
                    n=len(table),
                    names=names,
                )
            ),
            Figure(
                "recovery",
                "Planted values (diamonds: Bayes, the best threshold on the volume, or what the true counts reach) and what was found "
                "(dots), with 95% CI.",
                (Panel("recovery.svg"),),
            ),
            Table(
                "recovery_table",
                f"Planted against found. Planted of a network: what '{ORACLES['true_counts']}' reaches under the same folds; of "
                "the lesion volume: the best threshold in the population; else Bayes.",
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
