"""Report section beyond the paper: what is measured when the set is augmented before it is divided into folds."""

from __future__ import annotations

from scripts.papers.glioma_grading.compare_orders import ALL, AVERAGED, BY_IMAGE, BY_PATIENT, OWN
from scripts.papers.glioma_grading.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text

ORDER_LABELS = {
    BY_PATIENT: "Divided by patient, then augmented",
    BY_IMAGE: "Augmented, then divided by image",
}
TESTED_LABELS = {
    OWN: "Own image of each patient",
    ALL: "All 57 images of each",
    AVERAGED: "Mean probability of the 57 images",
}


def accuracy_words(row) -> str:
    """'0.77 (0.64–0.90)' of a row of `orders`."""
    return estimate_text(row["accuracy"], row["accuracy_lower"], row["accuracy_upper"])


def section(run: Run) -> Section:
    """The section 'Order of augmentation and division'."""
    leak = run.tables["leak"].iloc[0]
    honest, same, leaky = run.order(BY_PATIENT, OWN), run.order(BY_PATIENT, ALL), run.order(BY_IMAGE, ALL)
    printed = run.reported["values"]["accuracy.transferred"]
    gain = leaky["accuracy"] - same["accuracy"]
    text = rich(
        "Where all images of the 57-fold set are divided into folds one by one, {leaking} of the test images have copies of the same "
        "patient in their training set, {copies} on average. The same network with the same settings then seems to have an accuracy of "
        "{leaky} (SD over the folds {sd_leaky}), against {same} on the same images when folds divide patients (SD {sd_same}), and {honest} "
        "on each patient's own image (@orders_table, @orders): {gain} is due to recognising patients, not grades. The paper prints "
        "{printed} ± {printed_sd} for what its wording and its numbers say were images (see 'Where the paper does not agree with itself').",
        leaking=f"{100 * leak['leaking']:.0f}%",
        copies=number_text(leak["copies"], 0),
        leaky=accuracy_words(leaky),
        sd_leaky=number_text(leaky["sd_folds"]),
        same=accuracy_words(same),
        sd_same=number_text(same["sd_folds"]),
        honest=accuracy_words(honest),
        gain=number_text(gain),
        printed=number_text(printed["value"], 3),
        printed_sd=number_text(printed["sd"]),
    )
    return Section(
        "Order of augmentation and division",
        (
            Paragraph(text),
            orders_table(run),
            Figure(
                "orders",
                "Accuracy of the same network by what was divided and what was tested, with 95% CI over patients."
                + (
                    " The dotted line is the largest accuracy that any classifier can expect in these simulated patients."
                    if run.simulated
                    else ""
                ),
                (Panel("orders.svg"),),
            ),
        ),
    )


def orders_table(run: Run) -> Table:
    """Both orders and every way of testing."""
    rows, before = [], None
    for r in run.tables["orders"].to_dict("records"):
        if r["order"] != before:
            rows.append(Row((ORDER_LABELS[r["order"]],), heading=True))
            before = r["order"]
        rows.append(
            Row(
                (
                    TESTED_LABELS[r["tested"]],
                    f"{int(r['n_images']):,}",
                    f"{number_text(r['mean_folds'])} ± {number_text(r['sd_folds'])}",
                    accuracy_words(r),
                    estimate_text(r["az"], r["az_lower"], r["az_upper"]),
                ),
                level=1,
            )
        )
    return Table(
        "orders_table",
        "What the transferred network seems to reach, by order of augmentation and division.",
        (
            Column("Tested"),
            Column("Images", "right"),
            Column("Accuracy, folds ± SD", "center"),
            Column("Accuracy (95% CI)", "center"),
            Column("Az (95% CI)", "center"),
        ),
        tuple(rows),
        notes=(
            "Intervals by resampled patients, who stay together with all their images; images for independent would make them too narrow. "
            "Below 'augmented, then divided' each interval is that of an estimate that is wrong.",
        ),
    )
