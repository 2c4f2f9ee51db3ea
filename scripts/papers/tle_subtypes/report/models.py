"""Report sections: what the models reach (Table 1), heads (Figure 2) and ablations (Table 2), by patient and by epoch."""

from __future__ import annotations

from scripts.papers.tle_subtypes.names import (
    BAND_RIVALS,
    BEST_MODEL,
    BY_EPOCH,
    BY_PATIENT,
    HEADS,
    MEASURES,
    MODEL_LABELS,
    SCHEME_LABELS,
    SCHEMES,
    TABLE_1,
    TABLE_2,
)
from scripts.papers.tle_subtypes.report.run import SHOWN, Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import MISSING, estimate_text, number_text, p_text

CLASS_NOTE = "Recall, precision and F1-score are of CPS; the paper does not say of which class. Interval: bootstrap over patients."


def table_1(run: Run) -> Section:
    """The section 'Performance comparison'."""
    chance = max(run.flow("cps"), run.flow("sps")) / run.flow("analysed")
    text = rich(
        "MSAM, CNN, SVM and random forest were compared on the same epochs, divided in both ways (@performance, @roc, @confusion). On epochs of "
        "patients of whom no epoch was trained on, MSAM has an accuracy of {msam}; calling every epoch by the commoner subtype would be right in "
        "{chance} of the patients. Called by the mean probability of all its epochs, {right} of {n} patients are called right "
        "({calls}).",
        msam=run.words(BEST_MODEL, "accuracy"),
        chance=number_text(chance),
        right=int(run.calls(BEST_MODEL)["right"]),
        n=int(run.calls(BEST_MODEL)["n"]),
        calls=estimate_text(*(run.calls(BEST_MODEL)[name] for name in ("accuracy", "lower", "upper"))),
    )
    panels = tuple(Panel(f"roc_{scheme}.svg", letter) for scheme, letter in zip(SCHEMES, "AB", strict=True))
    return Section(
        "Performance comparison",
        (
            Paragraph(text),
            measures_table(
                run,
                "performance",
                "Performance of the methods (the paper's Table 1).",
                (*TABLE_1, *BAND_RIVALS),
            ),
            Figure("roc", "ROC curves of the methods of Table 1, CPS against SPS.", panels),
            Figure(
                "confusion",
                "What epochs of either subtype are called, divided by patient.",
                (Panel("confusion.svg"),),
            ),
            Paragraph(
                rich("Differences of MSAM to the other methods, on the same epochs, are in @differences.")
            ),
            difference_table(run),
        ),
    )


def measures_table(run: Run, key: str, caption: str, models: tuple[str, ...]) -> Table:
    """A row a model, under a heading for either split."""
    rows = []
    for scheme in SCHEMES:
        rows.append(Row((SCHEME_LABELS[scheme],), heading=True))
        for model in models:
            cells = (run.words(model, measure, scheme) for measure in SHOWN)
            rows.append(Row((MODEL_LABELS[model], *cells), level=1))
    columns = (Column("Method"), *(Column(label, "center") for *_, label in SHOWN.values()))
    return Table(key, caption, columns, tuple(rows), notes=(f"Estimate (95% CI). {CLASS_NOTE}",))


def difference_table(run: Run) -> Table:
    """MSAM minus each other model, divided by patient."""
    rows = []
    for model, label in MODEL_LABELS.items():
        accuracy = run.difference(BEST_MODEL, model, "bootstrap", "accuracy")
        if model == BEST_MODEL or accuracy is None:
            continue
        mcnemar = run.difference(BEST_MODEL, model, "mcnemar_clustered", "accuracy")
        folds = run.difference(BEST_MODEL, model, "corrected_t_folds", "accuracy")
        area = run.difference(BEST_MODEL, model, "delong", "auc")
        rows.append(
            Row(
                (
                    label,
                    estimate_text(accuracy["difference"], accuracy["lower"], accuracy["upper"]),
                    *(MISSING if test is None else p_text(test["p_value"]) for test in (mcnemar, folds)),
                    MISSING
                    if area is None
                    else estimate_text(area["difference"], area["lower"], area["upper"]),
                    MISSING if area is None else p_text(area["p_value"]),
                )
            )
        )
    return Table(
        "differences",
        f"{MODEL_LABELS[BEST_MODEL]} minus each other model, divided by patient.",
        (
            Column("Model"),
            Column("Difference (95% CI)", "center", "Accuracy"),
            Column("P, McNemar", "right", "Accuracy"),
            Column("P, folds", "right", "Accuracy"),
            Column("Difference (95% CI)", "center", "AUC"),
            Column("P, DeLong", "right", "AUC"),
        ),
        tuple(rows),
        notes=(
            "McNemar's test for patients with several epochs; DeLong's likewise; folds: t-test with Nadeau and Bengio's correction for "
            "overlapping training patients. No P value is corrected for the number of comparisons.",
        ),
    )


def heads(run: Run) -> Section:
    """The section 'Number of heads' (Figure 2)."""
    best = {
        scheme: max(HEADS, key=lambda n, s=scheme: run.performance(HEADS[n], "accuracy", s)["estimate"])
        for scheme in SCHEMES
    }
    spread = {
        scheme: [run.performance(model, "accuracy", scheme)["estimate"] for model in HEADS.values()]
        for scheme in SCHEMES
    }
    interval = run.performance(BEST_MODEL, "accuracy")
    text = rich(
        "MSAM was trained with 2, 4, 8 and 16 heads (@heads, @heads_table). By patient the accuracy is highest with {patient} heads, by epoch with "
        "{epoch}; the four differ by {spread} by patient, where the interval of one of them is {width} wide. The paper prints best accuracy and "
        "F1-score with 8 heads, best recall and precision with 4, and no interval.",
        patient=best[BY_PATIENT],
        epoch=best[BY_EPOCH],
        spread=number_text(max(spread[BY_PATIENT]) - min(spread[BY_PATIENT])),
        width=number_text(interval["upper"] - interval["lower"]),
    )
    return Section(
        "Number of heads",
        (
            Paragraph(text),
            Figure(
                "heads",
                "Performance by number of heads (the paper's Figure 2), with 95% CI over patients.",
                (Panel("heads.svg"),),
            ),
            measures_table(
                run,
                "heads_table",
                "Performance by number of heads (the paper's Figure 2).",
                tuple(HEADS.values()),
            ),
        ),
    )


def ablations(run: Run) -> Section:
    """The section 'Ablation study' (Table 2)."""
    claims = []
    for model, words in (("attn_1", "self-attention"), ("attn_2", "multi-head self-attention")):
        row = run.difference(BEST_MODEL, model, "bootstrap", "accuracy")
        told = "supported" if row["lower"] > 0 else "contradicted" if row["upper"] < 0 else "not shown"
        text = estimate_text(row["difference"], row["lower"], row["upper"])
        claims.append(f"of the {words} layer {told} ({text})")
    text = rich(
        "Either layer of attention was left out in turn (@ablations). By patient, a gain of accuracy {first} and {second}.",
        first=claims[0],
        second=claims[1],
    )
    table = measures_table(run, "ablations", "MSAM without its parts (the paper's Table 2).", TABLE_2)
    return Section("Ablation study", (Paragraph(text), table))


def two_splits(run: Run) -> Section:
    """The section 'Epochs or patients': what the paper's way to divide adds."""
    rises = [model for model in MODEL_LABELS if run.gap(model, "accuracy")["lower"] > 0]
    listed = ", ".join(f"{MODEL_LABELS[m]} {run.gap_words(m, 'accuracy')}" for m in rises)
    said = (
        f"The accuracy by epoch is higher than by patient, beyond chance, for {len(rises)} of {len(MODEL_LABELS)} models: {listed}. "
        if rises
        else "For none of the models the accuracy by epoch is higher than by patient beyond chance. "
    )
    text = rich(
        "Where epochs are divided one by one, a network is tested on patients of whom it has seen other epochs. {said}(@two_splits, "
        "@gap_table.) Whether there is anything to be learnt that way was asked of subtypes dealt out to the patients at random: a random forest "
        "on band power then has an accuracy of {patient} by patient, and of {epoch} by epoch (mean, least and most of {n} shuffles). Nothing "
        "can be learnt of such subtypes but whose epoch it is.",
        said=said,
        patient=run.shuffled_words(BY_PATIENT),
        epoch=run.shuffled_words(BY_EPOCH),
        n=run.value("leak.permutations"),
    )
    rows = []
    for model, label in MODEL_LABELS.items():
        calls = (run.calls(model, scheme) for scheme in SCHEMES)
        rows.append(
            Row(
                (
                    label,
                    *(run.gap_words(model, measure) for measure in (*MEASURES, "auc")),
                    *(f"{int(c['right'])} of {int(c['n'])}" for c in calls),
                )
            )
        )
    columns = (
        Column("Model"),
        *(Column(label, "center", "By epoch minus by patient (95% CI)") for *_, label in SHOWN.values()),
        Column("By patient", "center", "Patients called right"),
        Column("By epoch", "center", "Patients called right"),
    )
    table = Table(
        "gap_table",
        "What dividing epochs instead of patients adds.",
        columns,
        tuple(rows),
        notes=(
            "Both ways test the same epochs; the difference is paired. A patient is called by the mean probability of its epochs.",
        ),
        wide=True,
    )
    figure = Figure(
        "two_splits",
        "Accuracy of every model, divided by patient and by epoch, and the difference, with 95% CI over patients.",
        (Panel("two_splits.svg"),),
    )
    return Section("Epochs or patients", (Paragraph(text), figure, table))
