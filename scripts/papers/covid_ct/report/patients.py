"""Report section: who was studied (the paper's Table 1), and how lungs and lesions were found."""

from __future__ import annotations

import pandas as pd

from scripts.papers.covid_ct.names import CHARACTERISTICS, GROUP_LABELS, GROUPS
from scripts.papers.covid_ct.report.cells import described, p_cell
from scripts.papers.covid_ct.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import estimate_text, number_text

TEST_MARKS = {
    "student": "t",
    "mann_whitney": "U",
    "chi-square": "χ",
    "chi-square, continuity-corrected": "χ",
    "Fisher's exact": "F",
}


def section(run: Run) -> Section:
    """The section 'Patients'."""
    excluded = run.step("excluded")
    rows = run.family("characteristics")
    notable = rows[rows["p_value"] < run.value("tests.alpha")]
    text = rich(
        "{total} patients were compared: {covid} with COVID-19 and {other} with another viral pneumonia (@flow). {excluded} {listed} "
        "({n} comparisons, uncorrected; {corrected} after Holm's correction).",
        total=run.n("covid") + run.n("other"),
        covid=run.n("covid"),
        other=run.n("other"),
        excluded=f"{excluded} {'was excluded, with the' if excluded == 1 else 'were excluded, each with its'} cause in the ledger."
        if excluded
        else "No patient was excluded.",
        listed=rich(
            "Characteristics are in @characteristics; {n} of them {differ} at the {alpha:.0%} level",
            n=len(notable) or "none",
            differ="differs" if len(notable) == 1 else "differ",
            alpha=run.value("tests.alpha"),
        )
        if len(rows)
        else "The sheet has no clinical columns",
        n=len(rows),
        corrected=int((rows["p_holm"] < run.value("tests.alpha")).sum()) or "none",
    )
    blocks: list = [
        Paragraph(text),
        Figure("flow", "Flow of patients from the sample sheet to the comparison.", (Panel("flow.svg"),)),
    ]
    if len(rows):
        blocks.append(characteristics_table(rows))
    blocks += [how_paragraph(run), how_table(run.tables["how"]), picture()]
    if excluded:
        blocks.append(exclusion_table(run.tables["exclusions"]))
    return Section("Patients", tuple(blocks))


def picture() -> Figure:
    """The measured lesions of a few patients."""
    return Figure(
        "lesions",
        "A few patients as they were measured, in the slice with most lesion (lung window, level −500, width 1500 HU): above, lesions (orange) "
        "and lobes (blue); below, the lesions by CT number. Chosen by order of identifier, not by result.",
        (Panel("lesions.svg"),),
    )


def characteristics_table(rows: pd.DataFrame) -> Table:
    """Table 1 as the paper prints it, with the test of each row."""
    found = {row["quantity"]: row for row in rows.to_dict("records")}
    lines = []
    for heading, columns in CHARACTERISTICS.items():
        known = {name: label for name, label in columns.items() if name in found}
        if heading and known:
            lines.append(Row((heading,), heading=True))
        for name, label in known.items():
            row = found[name]
            missing = sum(int(row[f"n_{g}"]) for g in GROUPS)
            lines.append(
                Row(
                    (
                        label,
                        *(described(row, g) for g in GROUPS),
                        rich("{p}^{mark}^", p=p_cell(row["p_value"]), mark=TEST_MARKS.get(row["test"], "")),
                        p_cell(row["p_holm"]),
                        str(missing),
                    ),
                    level=1 if heading else 0,
                )
            )
    return Table(
        "characteristics",
        "Characteristics of the patients (the paper's Table 1).",
        (
            Column(""),
            *(Column(GROUP_LABELS[g], "center") for g in GROUPS),
            Column("P", "right"),
            Column("P (Holm)", "right"),
            Column("Known", "right"),
        ),
        tuple(lines),
        notes=(
            "n (%), mean ± SD where the t-test was chosen, else median (quartiles). ^t^ Student's t-test, ^U^ Mann-Whitney, ^χ^ chi-square, "
            "^F^ Fisher's exact test.".replace("^", ""),
        ),
        floating=True,
    )


def how_paragraph(run: Run) -> Paragraph:
    """Where lungs, lobes, segments and lesions come from, in words."""
    how = run.tables["how"]
    n, drawn = len(how), run.drawn()
    by_number = int((~how["regions_from"].str.contains("lobes|segments")).sum())
    sources = [
        f"Lesions are the mask of the sheet in {drawn} of {n} patients"
        + (f" and were found by CT number in the other {n - drawn}" if drawn < n else "")
        + ".",
    ]
    if drawn < n:
        sources.append(
            "A threshold is not the paper's trained system: it takes vessels, atelectasis and, in thick slices, the dome of the diaphragm for lesions, and leaves out faint ones."
        )
    if 0 < drawn < n:
        sources.append(
            "Volumes of the two kinds are not alike, and a comparison that mixes them must be read with that in mind."
        )
    if by_number:
        sources.append(
            f"{by_number} {'patient has' if by_number == 1 else 'patients have'} no map of lobes or segments: there the lungs were found by CT "
            "number, and lobes and segments are absent from every table."
        )
    for family, words in (("lobe_volume", "lobes"), ("segment_volume", "segments")):
        if not run.has_regions(family):
            sources.append(f"No patient has {words}, so that every table of {words} is absent.")
    sources.append("What was measured beside the volumes is in @how.")
    return Paragraph(rich(" ".join(sources)))


def how_table(how: pd.DataFrame) -> Table:
    """Checks of every image: air, agreement of masks by CT number with the given ones."""
    labels = {
        "air_hu": ("CT number of air, HU", 0),
        "threshold_ml": ("Lesions by CT number, ml", 1),
        "threshold_dice": ("Dice of these with the drawn lesions", 2),
        "lung_mask_ml": ("Lungs by CT number, ml", 0),
        "lung_mask_dice": ("Dice of these with the given maps", 2),
        "outside_ml": ("Lesion outside of all regions, ml", 2),
    }
    rows = []
    for column, (label, digits) in labels.items():
        known = how[column].dropna().astype(float)
        cells = ["–"] * 2
        if len(known):
            low, middle, high = known.quantile([0.25, 0.5, 0.75])
            cells = [estimate_text(middle, low, high, digits), _ends(known, digits)]
        rows.append(Row((label, str(len(known)), *cells)))
    return Table(
        "how",
        "How lungs and lesions were found: what was measured of every image.",
        (
            Column(""),
            Column("Patients", "right"),
            Column("Median (quartiles)", "center"),
            Column("Least to greatest", "center"),
        ),
        tuple(rows),
        notes=(
            "Air is −1000 HU by definition; an image whose air lies elsewhere is refused. Images without air outside the lungs have none to "
            "judge.",
        ),
        floating=True,
    )


def _ends(known: pd.Series, digits: int) -> str:
    return f"{number_text(known.min(), digits)} to {number_text(known.max(), digits)}"
