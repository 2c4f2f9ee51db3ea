"""Report section: what the networks reached (Table 2, Figure 4), what they cost (Table 3), tests between them."""

from __future__ import annotations

from scripts.papers.nmosd_ms.names import BEST_MODEL, MODEL_LABELS, NETWORKS, PAPER_MODELS, RIVALS
from scripts.papers.nmosd_ms.report.run import MEASURES, Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import MISSING, estimate_text, number_text, p_text


def measure_words(run: Run, model: str, measure: str) -> str:
    """'0.75 (0.66–0.83)', a dash where there is no such measure."""
    row = run.performance(model, measure)
    return MISSING if row is None else estimate_text(row["estimate"], row["lower"], row["upper"])


def section(run: Run) -> Section:
    """The section 'Networks'."""
    chance = max(run.flow("ms"), run.flow("nmosd")) / run.flow("analysed")
    best = max(PAPER_MODELS, key=lambda model: run.performance(model, "accuracy")["estimate"])
    text = rich(
        "Seven networks were trained on the same folds ({folds}) and judged on the patients that their fold held out (@performance, "
        "@networks_roc, @confusion). {best} had the highest accuracy of the paper's six, {accuracy}; calling everybody by the commoner "
        "disease would be right in {chance}. Intervals resample patients; the SD says how far another split and training moves the number.",
        folds=run.folds_words(),
        best=MODEL_LABELS[best],
        accuracy=measure_words(run, best, "accuracy"),
        chance=number_text(chance),
    )
    return Section(
        "Networks",
        (
            Paragraph(text),
            performance_table(run),
            Figure(
                "networks_roc",
                "ROC curves of the networks, NMOSD against MS, on held-out patients.",
                (Panel("roc_networks.svg"),),
            ),
            Figure(
                "confusion",
                "What patients of either disease were called by the paper's six networks (mean over repeats).",
                (Panel("confusion.svg"),),
            ),
            Paragraph(
                rich(
                    "@accuracy_by_epoch follows the accuracy of training and held-out patients over the epochs (the paper's Figure 4). The "
                    "held-out patients are only watched: the weights of the last epoch are judged, whatever the epochs before it reached."
                )
            ),
            Figure(
                "accuracy_by_epoch",
                "Accuracy after each epoch, mean over the folds with a band of one standard deviation (the paper's Figure 4).",
                (Panel("accuracy_by_epoch.svg"),),
            ),
            Paragraph(comparison_words(run)),
            difference_table(run),
            Paragraph(complexity_words(run)),
            complexity_table(run),
        ),
    )


def performance_table(run: Run) -> Table:
    """Table 2, with intervals over patients and the SD over repeats (over folds where there is one repeat)."""
    several = run.tables["performance"]["sd_repeats"].notna().any()
    spread, words = ("sd_repeats", "repeats") if several else ("sd_folds", "folds")
    rows = []
    for model, label in NETWORKS.items():
        if run.performance(model, "accuracy") is None:
            continue
        sd = run.performance(model, "accuracy")[spread]
        rows.append(Row((label, *(measure_words(run, model, name) for name in MEASURES), number_text(sd, 3))))
    columns = (
        Column("Network"),
        *(Column(label, "center", "Estimate (95% CI)") for label, *_ in MEASURES.values()),
        Column(f"SD of accuracy\nover {words}", "right"),
    )
    notes = (
        "Sensitivity is of NMOSD, specificity of MS. Estimate: held-out patients of all folds of a repeat together, mean over repeats. "
        "Interval: bootstrap over patients, the trained networks left as they are.",
    )
    return Table(
        "performance",
        "Performance on held-out patients (the paper's Table 2).",
        columns,
        tuple(rows),
        notes,
    )


def comparison_words(run: Run) -> list:
    """What the tests say of pretraining and of compression, by their intervals."""
    rows = [
        (m, run.difference(BEST_MODEL, m, "bootstrap", "accuracy")) for m in PAPER_MODELS if m != BEST_MODEL
    ]
    shown = [model for model, row in rows if row is not None and row["lower"] > 0]
    listed = ", ".join(MODEL_LABELS[model] for model in shown)
    said = (
        f"by these data it is more accurate than {listed}"
        if shown
        else "none of the differences of accuracy to the other five is told from chance by these data"
    )
    return rich(
        "The paper's best network, {best}, was compared with the others on the same patients (@differences): {said}.",
        best=MODEL_LABELS[BEST_MODEL],
        said=said,
    )


def difference_table(run: Run) -> Table:
    """Differences of the paper's best network to every other model that is no oracle."""
    rows = []
    for model, label in {**NETWORKS, **RIVALS}.items():
        accuracy = run.difference(BEST_MODEL, model, "bootstrap", "accuracy")
        if model == BEST_MODEL or accuracy is None:
            continue
        mcnemar = run.difference(BEST_MODEL, model, "mcnemar_exact", "accuracy")
        area = run.difference(BEST_MODEL, model, "delong", "auc")
        folds = run.difference(BEST_MODEL, model, "corrected_t_folds", "accuracy")
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
        f"{MODEL_LABELS[BEST_MODEL]} minus each other model, on the same held-out patients.",
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
            "McNemar's exact and DeLong's test on the mean probability of a patient over the repeats; folds: t-test with Nadeau and "
            "Bengio's correction for overlapping training patients. No P value is corrected for the number of comparisons.",
        ),
    )


def complexity_words(run: Run) -> list:
    """Why the counts of Table 3 are met or not."""
    table = run.tables["table3"].set_index("network")
    met = table.index[table["difference"] == 0]
    block = table[table["difference"] != 0]
    said = (
        [f"The published {' and '.join(met)} have just the printed number of parameters. "]
        if len(met)
        else []
    )
    if len(block):
        first = int(block["difference"].iloc[0])
        said.append(
            f"The networks of two views have {first:,} more than printed: the compression block as the text describes it (kernel 7, stride 3, 32 "
            "channels a view, 100 sections, biases, batch normalisation) holds 313,792, and 307,328 are left for it in the printed totals. "
            "These come out with 98 sections a view, without biases and normalisation; what the authors' block was cannot be read from the text. "
        )
    return rich("{said}(@complexity.)", said="".join(said))


def complexity_table(run: Run) -> Table:
    """Table 3."""
    rows = []
    for r in run.tables["table3"].to_dict("records"):
        numbers = (f"{int(r[name]):,}" for name in ("printed", "published", "matching", "ran"))
        rows.append(Row((r["network"], *numbers, f"{r['printed_seconds']:g}", number_text(r["seconds"], 1))))
    devices = " and ".join(sorted(set(run.tables["trainings"]["device"])))
    return Table(
        "complexity",
        "Parameters and time of the networks (the paper's Table 3).",
        (
            Column("Network"),
            Column("Printed", "right", "Parameters"),
            Column("As published", "right", "Parameters"),
            Column("Other block", "right", "Parameters"),
            Column("As run", "right", "Parameters"),
            Column("Printed", "right", "Seconds an epoch"),
            Column("This run", "right", "Seconds an epoch"),
        ),
        tuple(rows),
        notes=(
            "As published: the network of the text at 100 sections and full width. Other block: with 98 sections a view, without biases "
            f"and normalisation. Seconds: printed on an NVIDIA 1080 Ti, here on the {devices} (median) at the size of this run.",
        ),
    )
