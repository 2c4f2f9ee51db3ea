"""Report section: what the paper's own printed tables say, by the same comparisons on its printed counts and means."""

from __future__ import annotations

from scripts.papers.covid_ct.report.cells import difference, p_cell, verdict_words
from scripts.papers.covid_ct.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import number_text
from scripts.statistics.equivalence import ALIKE, BOTH, DIFFERENT, OPEN

BLOCKS = {"findings": "Table 2", "characteristics": "Table 1"}
MEASURES = {"volume": "volume, cm³", "percent": "percentage, %", "": ""}


def section(run: Run) -> Section:
    """The section 'What the printed tables say'."""
    table = run.tables["printed_counts"]
    findings = table[table["family"] == "findings"]
    counts = {name: int((findings["verdict"] == name).sum()) for name in (DIFFERENT, ALIKE, BOTH, OPEN)}
    largest = 100 * float(findings[["ci_low", "ci_high"]].abs().max().max())
    margin = 100 * run.value("equivalence.margin_proportion")
    text = rich(
        "The paper prints counts, and counts can be tested again. Of its {n} findings (@printed_table, @printed_findings) {different} differ, and "
        "{alike} are alike within {margin:.0f} percentage points by the test of likeness{open}. So the printed counts do support that each finding "
        "differs by less than {margin:.0f} points where that test says so (at its 5% level, hence by its 90% interval); at the 95% level they leave "
        "differences of up to {largest:.0f} points possible. "
        "They say nothing of what findings tell together. The printed P values are not those of the printed counts by the usual "
        "tests (last section).",
        n=len(findings),
        different=counts[DIFFERENT] + counts[BOTH] or "none",
        alike=counts[ALIKE] + counts[BOTH] or "none",
        margin=margin,
        open=f", for {counts[OPEN]} it is open" if counts[OPEN] else "",
        largest=largest,
    )
    means = run.tables["printed_means"]
    third = means[means["table"] == "Table 3"]
    by = {spread: third[third["spread"] == spread] for spread in third["spread"].unique()}
    alpha = run.value("tests.alpha")
    significant = {spread: int((rows["p_value"] < alpha).sum()) for spread, rows in by.items()}
    lobes = third.drop_duplicates(["printed", "measure"])
    more = int((lobes["mean_other"] > lobes["mean_covid"]).sum())
    second = rich(
        "Table 3 prints a mean and a figure after ±, without saying what that figure is (@printed_means). In all {more} of its {rows} rows the mean of "
        "the other pneumonias is larger. Read as a standard deviation, {sd} of {rows} rows differ at the {alpha:.0%} level by Welch's test on the "
        "moments; read as a standard error, {se}. A rank test of skewed values may say otherwise than a test of means, so that neither reading "
        "refutes the printed P values; but the table as printed does not show that the volumes are alike.",
        more=more,
        rows=len(by["standard deviation"]),
        sd=significant["standard deviation"],
        se=significant["standard error"] or "none",
        alpha=alpha,
    )
    return Section(
        "What the printed tables say",
        (
            Paragraph(text),
            Figure(
                "printed_findings",
                "The paper's Table 2, worked out again from its counts: differences between the groups, as in @findings."
                if not run.has_regions("findings")
                else rich(
                    "The paper's Table 2, worked out again from its counts: differences between the groups, as in @findings."
                ),
                (Panel("printed_findings.svg"),),
            ),
            printed_table(run),
            Paragraph(second),
            means_table(run),
        ),
    )


def printed_table(run: Run) -> Table:
    """Tables 1 and 2 again from their counts."""
    table, lines = run.tables["printed_counts"], []
    for family, heading in BLOCKS.items():
        lines.append(Row((heading,), heading=True))
        for row in table[table["family"] == family].to_dict("records"):
            lines.append(
                Row(
                    (
                        row["printed"],
                        f"{int(row['x_covid'])} of {int(row['n_covid'])}",
                        f"{int(row['x_other'])} of {int(row['n_other'])}",
                        difference(row),
                        number_text(row["printed_p"]),
                        p_cell(row["p_value"]),
                        p_cell(row["p_beside"]),
                        p_cell(row["p_alike"]),
                        verdict_words(row),
                    ),
                    level=1,
                )
            )
    return Table(
        "printed_table",
        "The paper's counts, tested again.",
        (
            Column("As printed"),
            Column("COVID-19", "center"),
            Column("Other", "center"),
            Column("Difference, points\n(95% CI)", "center"),
            Column("printed", "right", "P, different?"),
            Column("again", "right", "P, different?"),
            Column("Fisher", "right", "P, different?"),
            Column("P", "right", "Alike?"),
            Column("Verdict"),
        ),
        tuple(lines),
        notes=(
            "Again: the chi-square test as in this run. Fisher: the exact test. Alike and intervals as in the table of findings.",
        ),
    )


def means_table(run: Run) -> Table:
    """Tables 1 and 3 again from their moments, under both readings of ±."""
    means, lines, last = run.tables["printed_means"], [], ""
    keys = means.drop_duplicates(["table", "printed", "measure"])[["table", "printed", "measure"]]
    for key in keys.itertuples(index=False):
        part = means[
            (means["table"] == key.table)
            & (means["printed"] == key.printed)
            & (means["measure"] == key.measure)
        ]
        by = {row["spread"]: row for row in part.to_dict("records")}
        first = by["standard deviation"]
        if key.table != last:
            lines.append(Row((key.table,), heading=True))
            last = key.table
        name = ", ".join(filter(None, (key.printed, MEASURES[key.measure])))
        error = by.get("standard error")
        lines.append(
            Row(
                (
                    name,
                    f"{first['mean_covid']:g} ± {first['printed_covid']:g}",
                    f"{first['mean_other']:g} ± {first['printed_other']:g}",
                    number_text(first["printed_p"]),
                    p_cell(first["p_value"]),
                    number_text(first["g"]),
                    p_cell(error["p_value"]) if error else "",
                    number_text(error["g"]) if error else "",
                ),
                level=1,
            )
        )
    return Table(
        "printed_means",
        "The paper's means, tested again by Welch's test on the printed moments.",
        (
            Column("As printed"),
            Column("COVID-19", "center"),
            Column("Other", "center"),
            Column("P printed", "right"),
            Column("P", "right", "± is the SD"),
            Column("Difference, SD", "right", "± is the SD"),
            Column("P", "right", "± is the standard error"),
            Column("Difference, SD", "right", "± is the standard error"),
        ),
        tuple(lines),
    )
