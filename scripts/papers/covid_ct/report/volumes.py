"""Report section: lesion volumes by lobe (the paper's Table 3), segment and CT number (its supplementary tables)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from scripts.papers.covid_ct.comparisons import PROPORTION
from scripts.papers.covid_ct.names import (
    CHARACTERISTICS,
    FAMILY_LABELS,
    FINDINGS,
    GROUP_LABELS,
    GROUPS,
    split_measure,
)
from scripts.papers.covid_ct.report.cells import (
    UNCORRECTED,
    described,
    difference,
    further,
    likeness,
    p_cell,
    verdict_words,
)
from scripts.papers.covid_ct.report.run import Run
from scripts.quantification.hounsfield import window_words
from scripts.quantification.lung_regions import LUNG, WORDS
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, interval_text
from scripts.statistics.equivalence import ALIKE, BOTH, DIFFERENT, OPEN

CLINICAL_LABELS = {**FINDINGS, **{k: v for block in CHARACTERISTICS.values() for k, v in block.items()}}
BLOCKS = {"volume": "Infected volume, ml", "percent": "Percentage of infection, %"}


def section(run: Run) -> Section:
    """The section 'Infected volumes'."""
    blocks: list = [Paragraph(summary_sentence(run, ("whole_volume", "lobe_volume", "window_volume")))]
    if run.has_regions("lobe_volume"):
        blocks += [
            comparison_table(
                run, "lobes", "Infected lung by lobe (the paper's Table 3).", ("lobe_volume", "lobe_percent"),
                means=True,
            )
        ]  # fmt: skip
    panels = ("A",) if run.has_regions("lobe_volume") else ()
    figure = (Panel("lobes.svg", "A"), Panel("windows.svg", "B")) if panels else (Panel("windows.svg"),)
    blocks += [
        Figure(
            "boxes",
            "Infected volume by lobe (A) and by CT number in both lungs (B)."
            if panels
            else "Infected volume by CT number in both lungs.",
            figure,
        ),
        comparison_table(
            run,
            "windows_table",
            "Infected lung by CT number, and in both lungs (the paper's Supplementary Table 2).",
            ("whole_volume", "window_volume", "whole_percent", "window_percent"),
        ),
        Figure(
            "volumes",
            "Probability that a patient with COVID-19 has more infected lung than one with another viral pneumonia: 0.5 is no difference. "
            "No thick line where likeness was tested on means.",
            (Panel("volumes.svg"),),
        ),
    ]
    if run.has_regions("segment_volume"):
        blocks += [
            Paragraph(summary_sentence(run, ("segment_volume", "segment_percent"))),
            Figure(
                "segments_figure",
                "Infected volume of the eighteen segments, as in @volumes; the numbers are in @segments.",
                (Panel("segments.svg"),),
            ),
        ]
    return Section("Infected volumes", tuple(fix_captions(blocks)))


def fix_captions(blocks: list) -> list:
    """Captions with references as rich text."""
    found = []
    for block in blocks:
        if isinstance(block, Figure) and isinstance(block.caption, str) and "@" in block.caption:
            block = Figure(block.key, rich(block.caption), block.panels)
        found.append(block)
    return found


def summary_sentence(run: Run, families: Sequence[str]) -> list:
    """How many comparisons of some families differ, are alike, or remain open."""
    rows = pd.concat([run.family(name) for name in families], ignore_index=True)
    counts = {name: int((rows["verdict"] == name).sum()) for name in (DIFFERENT, ALIKE, BOTH, OPEN)}
    alpha = run.value("tests.alpha")
    return rich(
        "Of {n} comparisons of {what}, {different} at the {alpha:.0%} level, {holm} after Holm's correction within their family; {alike} "
        "alike within the margin{both}, and for {open} neither is shown{untested}.{means} All comparisons, those of lobes by CT number too, are in "
        "@all_comparisons.",
        n=len(rows),
        what="segments" if families[0].startswith("segment") else "lobes, windows and both lungs",
        different=_are(counts[DIFFERENT] + counts[BOTH], "differs", "differ"),
        alpha=alpha,
        holm=int((rows["p_holm"] < alpha).sum()) or "none",
        alike=_are(counts[ALIKE] + counts[BOTH], "is", "are"),
        both=f" ({counts[BOTH]} of them both)" if counts[BOTH] else "",
        open=counts[OPEN] or "none",
        untested=f" ({len(rows) - sum(counts.values())} could not be tested)"
        if len(rows) > sum(counts.values())
        else "",
        means=means_apart(run, rows),
    )


def _are(n: int, one: str, more: str) -> str:
    return f"{n or 'none'} {one if n == 1 else more}"


def means_apart(run: Run, rows: pd.DataFrame) -> str:
    """Which comparisons are alike by rank while the t-test beside it differs, in one sentence; '' where none."""
    alike = rows["verdict"].isin([ALIKE]) & (rows["alike_scale"] == "probability of superiority")
    apart = rows[alike & (rows["p_beside"] < run.value("tests.alpha"))]
    if not len(apart):
        return ""
    places = ", ".join(dict.fromkeys(place_of(run, name) for name in apart["quantity"]))
    return f" Of those alike by rank, {_are(len(apart), 'has', 'have')} means that differ by the t-test ({places})."


def place_of(run: Run, name: str) -> str:
    """What a measure is of: a region, a window, or both."""
    _, region, window = split_measure(name)
    words = window_words(run.value("measurement.edges_hu"))
    parts = [WORDS[region] if region != LUNG or not window else ""]
    parts.append(words[int(window[1:])] if window else "")
    return ", ".join(filter(None, parts))


def comparison_table(run: Run, key: str, caption: str, families: Sequence[str], means: bool = False) -> Table:
    """A row a comparison; `means`: mean ± SD, as the paper's Table 3 prints them, instead of median and quartiles."""
    lines: list[Row] = []
    last = ""
    for family in families:
        heading = BLOCKS[family.rsplit("_", 1)[1]]
        if heading != last:
            lines.append(Row((heading,), heading=True))
        last = heading
        for row in run.family(family).to_dict("records"):
            shown = described(row | {"test": "student" if means else "median"}, GROUPS[0])
            other = described(row | {"test": "student" if means else "median"}, GROUPS[1])
            lines.append(
                Row(
                    (
                        place_of(run, row["quantity"]),
                        shown,
                        other,
                        difference(row),
                        p_cell(row["p_value"]) + ("ᵗ" if row["test"] == "student" else ""),
                        p_cell(row["p_holm"]),
                        p_cell(row["p_alike"]),
                        verdict_words(row),
                    ),
                    level=1,
                )
            )
    head = "Mean ± SD" if means else "Median (quartiles)"
    columns = (
        Column(""),
        Column("COVID-19", "center", head),
        Column("Other", "center", head),
        Column("Superiority\n(95% CI)", "center"),
        Column("P", "right", "Different?"),
        Column("Holm", "right", "Different?"),
        Column("P", "right", "Alike?"),
        Column("Verdict"),
    )
    return Table(
        key,
        caption,
        columns,
        tuple(lines),
        notes=(
            "Superiority: probability that a value in COVID-19 exceeds one in other viral pneumonia, DeLong's interval. Different: Mann-Whitney, or "
            "t-test (ᵗ) where both groups pass for normal; Holm within each block. Alike: two one-sided tests of superiority against 0.5 ± "
            f"{run.value('equivalence.margin_superiority'):g} (after a t-test, of means against {run.value('equivalence.margin_sd'):g} pooled SD). Alike "
            f"is who has more, not by how much. {UNCORRECTED}",
        ),
    )


def appendix(run: Run) -> Section:
    """The segments, and every comparison in full: both groups, all effects, all P values, the interval of likeness."""
    segments = (
        (
            comparison_table(
                run, "segments", "Infected lung by segment (the paper's Supplementary Table 1).",
                ("segment_volume", "segment_percent"),
            ),
        )
        if run.has_regions("segment_volume")
        else ()
    )  # fmt: skip
    lines: list[Row] = []
    for family, heading in FAMILY_LABELS.items():
        rows = run.family(family)
        if not len(rows):
            continue
        lines.append(Row((heading,), heading=True))
        for row in rows.to_dict("records"):
            lines.append(Row(full_cells(run, row), level=1))
    columns = (
        Column(""),
        *(Column(GROUP_LABELS[g], "center") for g in GROUPS),
        Column("Difference or\nsuperiority (95% CI)", "center"),
        Column("Odds ratio or\nHedges' g (95% CI)", "center"),
        Column("Shift\n(95% CI)", "center"),
        Column("P", "right", "Different?"),
        Column("beside", "right", "Different?"),
        Column("Holm", "right", "Different?"),
        Column("q", "right", "Different?"),
        Column("90% CI", "center", "Alike?"),
        Column("P", "right", "Alike?"),
        Column("Verdict"),
    )
    table = Table(
        "all_comparisons",
        "Every comparison of the two groups.",
        columns,
        tuple(lines),
        notes=(
            "Yes-or-no values: n (%), difference in percentage points, odds ratio; numbers: median (quartiles) or mean ± SD after a t-test, probability "
            "of superiority, Hedges' g, Hodges and Lehmann's shift (COVID-19 − other). Beside: Fisher's exact test, or the other of t-test and "
            "Mann-Whitney. Holm and q (Benjamini and Hochberg) within each block. 90% CI: of the test of likeness; of means where the t-test was taken.",
        ),
        wide=True,
    )
    return Section("All comparisons", (*segments, table))


def full_cells(run: Run, row: dict) -> tuple:
    """The cells of one comparison in the table of all."""
    proportion = row["kind"] == PROPORTION
    name = row["quantity"]
    label = place_of(run, name) if "|" in name else CLINICAL_LABELS[name]
    digits = 1 if not proportion and row["alike_scale"] == "difference of means" else None
    likely = likeness(row) if digits is None else interval_text(row["alike_low"], row["alike_high"], digits)
    return (
        label,
        *(described(row, g) for g in GROUPS),
        difference(row),
        further(row),
        "" if proportion else estimate_text(row["shift"], row["shift_low"], row["shift_high"], 1),
        p_cell(row["p_value"]) + ("ᵗ" if row["test"] == "student" else ""),
        p_cell(row["p_beside"]),
        p_cell(row["p_holm"]),
        p_cell(row["q_value"]),
        likely,
        p_cell(row["p_alike"]),
        verdict_words(row),
    )
