"""Report section: which slices were studied, whose they are, and how they were split."""

from __future__ import annotations

import pandas as pd

from scripts.papers.brain_tumor_types.names import SCHEME_LABELS, TYPE_LABELS
from scripts.papers.brain_tumor_types.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import number_text

PART_LABELS = {"train": "Training", "validation": "Validation", "test": "Test"}


def section(run: Run) -> Section:
    """The section 'Slices and patients'."""
    flow = run.tables["flow"].set_index("step")["n"]
    lost = int(flow["in the sheet"] - flow["prepared"])
    text = rich(
        "{n} slices were prepared at {size} × {size} pixels{lost}; {masked} have a tumour mask, on which saliency is measured "
        "(@cohort). A few of them are in @examples.",
        n=int(flow["prepared"]),
        size=run.value("preparation.size"),
        lost=f", {lost} of the sheet's {int(flow['in the sheet'])} were excluded (@ledger)" if lost else "",
        masked=int(flow["with a mask"]),
    )
    blocks: list = [
        Paragraph(text),
        cohort_table(run),
        Figure(
            "examples",
            "A few slices as they were given, with the outline of the tumour mask (the paper's Figure 1 shows one of each type). Chosen by "
            "order of identifier, not by result.",
            (Panel("examples.svg"),),
        ),
        patients(run),
        splits(run),
    ]
    if lost:
        blocks.append(exclusion_table(run.tables["exclusions"], "slice"))
    return Section("Slices and patients", tuple(blocks))


def cohort_table(run: Run) -> Table:
    """Slices and patients of each type beside the paper's."""
    printed = run.reported["values"]
    rows = []
    for entry in run.tables["cohort"].to_dict("records"):
        label = entry["label"]
        total = label == "all"
        paper = printed["n_slices" if total else f"n_slices.{label}"]["value"]
        rows.append(
            Row(
                (
                    "All" if total else TYPE_LABELS[label],
                    str(entry["slices"]),
                    str(entry["patients"]),
                    number_text(entry["slices_a_patient"], 1),
                    str(entry["with_mask"]),
                    f"{number_text(100 * entry['tumour_share'], 1)}%" if entry["with_mask"] else "–",
                    f"{paper:,}",
                    str(printed["n_patients"]["value"]) if total else "–",
                ),
                rule=total,
            )
        )
    unit = "Patients" if run.known_patients else "Runs"
    return Table(
        "cohort",
        "Slices by tumour type (Section 3 of the paper).",
        (
            Column(""),
            Column("Slices", "right", "This run"),
            Column(unit, "right", "This run"),
            Column(f"Slices a {unit[:-1].lower()}", "right", "This run"),
            Column("With a mask", "right", "This run"),
            Column("Tumour's share of the picture", "right", "This run"),
            Column("Slices", "right", "Paper"),
            Column("Patients", "right", "Paper"),
        ),
        tuple(rows),
    )


def patients(run: Run) -> Section:
    """Whose slice is whose, and how runs of neighbours were made."""
    if run.known_patients:
        text = rich(
            "The sheet names the patient of every slice. The runs that would stand in for patients where a sheet names none keep all slices of "
            "{kept:.0%} of the patients together: {runs} runs of {size:.1f} slices (@similarities, @groups).",
            kept=run.grouping("kept_together"),
            runs=int(run.grouping("runs")),
            size=run.grouping("slices_a_run"),
        )
    else:
        text = rich(
            "The sheet names no patients. Slices of one patient are neighbours in the numbering, so runs of similar neighbours stand in for "
            "them: a run may end before a slice whose thumbnail ({edge} × {edge} pixels, less the mean of all) correlates below {least} with "
            "the one before it, once it has {fewest} slices, and ends where a number is missing. This gives {runs} runs of {size:.1f} "
            "slices (@similarities, @groups). A patient's slices in another plane may lie elsewhere in the numbering and form a run of their own, "
            "so a split by runs still lets some patients stand on both sides: the gap between the splits is a lower bound.",
            edge=32,
            least=run.value("grouping.least_similarity"),
            fewest=run.value("grouping.fewest_slices"),
            runs=int(run.grouping("runs")),
            size=run.grouping("slices_a_run"),
        )
    return Section(
        "Whose slices they are",
        (
            Paragraph(text),
            Figure(
                "similarities",
                "How much neighbours in the numbering resemble each other, and the sizes of the runs.",
                (Panel("similarities.svg"),),
            ),
            Figure(
                "groups",
                "Neighbouring slices from the middle of the numbering, row by row; a white bar marks the first slice of a run.",
                (Panel("groups.svg"),),
            ),
        ),
    )


def splits(run: Run) -> Section:
    """Slices and patients of each part, and how many patients stand on two sides."""
    table = run.tables["parts"]
    rows = []
    for scheme, label in SCHEME_LABELS.items():
        rows.append(Row((label,), heading=True))
        own = table[table["scheme"] == scheme]
        for part, words in PART_LABELS.items():
            members = own[own["part"] == part]
            rows.append(
                Row((words, *(_range(members[name]) for name in ("slices", "patients", "shared"))), level=1)
            )
    torn = table[(table["scheme"] == "slice") & (table["part"] == "test")]
    share = float((torn["shared"] / torn["patients"]).mean())
    text = rich(
        "Both splits have the same numbers of folds and the same parts; the paper has one split of {train}, {validation} and {test} slices. Split "
        "by slice, {share:.0%} of the {unit} of a test set also stand in its training or validation set; by patient none (@parts).",
        train=f"{run.reported['values']['n_slices.training']['value']:,}",
        validation=run.reported["values"]["n_slices.validation"]["value"],
        test=run.reported["values"]["n_slices.test"]["value"],
        share=share,
        unit="patients" if run.known_patients else "runs",
    )
    return Section(
        "Splits",
        (
            Paragraph(text),
            Table(
                "parts",
                "The parts of the splits; ranges over the folds.",
                (
                    Column(""),
                    Column("Slices", "right"),
                    Column("Patients" if run.known_patients else "Runs", "right"),
                    Column("Of these in another part, too", "right"),
                ),
                tuple(rows),
            ),
        ),
    )


def _range(values: pd.Series) -> str:
    if values.empty:
        return "–"
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
