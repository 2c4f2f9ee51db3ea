"""Report section: lesion volumes by lobe (the paper's Table 3), segment and CT number (its supplementary tables)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from scripts.papers.covid_ct.names import GROUP_LABELS, GROUPS, split_measure
from scripts.papers.covid_ct.report.cells import (
    described,
    difference,
    further,
    likeness,
    mean_and_deviation,
    p_cell,
    verdict_words,
)
from scripts.papers.covid_ct.report.run import Run
from scripts.quantification.hounsfield import window_words
from scripts.quantification.lung_regions import LUNG, WORDS
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text
from scripts.statistics.equivalence import ALIKE, BOTH, DIFFERENT, OPEN

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
            comparison_table(
                run, "segments", "Infected lung by segment (the paper's Supplementary Table 1).",
                ("segment_volume", "segment_percent"),
            ),
            Figure(
                "segments_figure",
                "Infected volume of the eighteen segments, as in @volumes.",
                (Panel("segments.svg"),),
            ),
        ]  # fmt: skip
    if run.has_regions("lobe_window_volume"):
        blocks.append(
            comparison_table(
                run, "lobe_windows", "Infected volume of each lobe by CT number.", ("lobe_window_volume",)
            )
        )
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
        "Of {n} comparisons of {what}, {different} differ at the {alpha:.0%} level, {holm} after Holm's correction within their family; {alike} are "
        "alike within the margin, and for {open} neither is shown.",
        n=len(rows),
        what="segments" if families[0].startswith("segment") else "lobes, windows and both lungs",
        different=counts[DIFFERENT] + counts[BOTH] or "none",
        alpha=alpha,
        holm=int((rows["p_holm"] < alpha).sum()) or "none",
        alike=counts[ALIKE] + counts[BOTH] or "none",
        open=counts[OPEN] or "none",
    )


def place_of(run: Run, name: str) -> str:
    """What a measure is of: a region, a window, or both."""
    _, region, window = split_measure(name)
    words = window_words(run.value("measurement.edges_hu"))
    parts = [WORDS[region] if region != LUNG or not window else ""]
    parts.append(words[int(window[1:])] if window else "")
    return ", ".join(filter(None, parts))


def comparison_table(run: Run, key: str, caption: str, families: Sequence[str], means: bool = False) -> Table:
    """A row a comparison; `means` adds mean ± SD beside median and quartiles, as the paper's Table 3 prints them."""
    lines: list[Row] = []
    last = ""
    for family in families:
        heading = BLOCKS[family.rsplit("_", 1)[1]]
        if heading != last:
            lines.append(Row((heading,), heading=True))
        last = heading
        for row in run.family(family).to_dict("records"):
            shown = [described(row | {"test": "median"}, g) for g in GROUPS]
            if means:
                shown = [mean_and_deviation(row, g) for g in GROUPS] + shown
            shift = estimate_text(row["shift"], row["shift_low"], row["shift_high"], 1)
            lines.append(
                Row(
                    (
                        place_of(run, row["quantity"]),
                        *shown,
                        difference(row),
                        shift,
                        further(row),
                        p_cell(row["p_value"]) + ("ᵗ" if row["test"] == "student" else ""),
                        p_cell(row["p_holm"]),
                        p_cell(row["q_value"]),
                        likeness(row) if row["alike_scale"] == "probability of superiority" else "means",
                        p_cell(row["p_alike"]),
                        verdict_words(row),
                    ),
                    level=1,
                )
            )
    middle = [Column(GROUP_LABELS[g], "center", "Median (quartiles)") for g in GROUPS]
    if means:
        middle = [Column(GROUP_LABELS[g], "center", "Mean ± SD") for g in GROUPS] + middle
    columns = (
        Column(""),
        *middle,
        Column("Superiority\n(95% CI)", "center"),
        Column("Shift\n(95% CI)", "center"),
        Column("Hedges' g\n(95% CI)", "center"),
        Column("P", "right", "Different?"),
        Column("P (Holm)", "right", "Different?"),
        Column("q", "right", "Different?"),
        Column("90% CI", "center", "Alike?"),
        Column("P", "right", "Alike?"),
        Column("Verdict"),
    )
    return Table(
        key,
        caption,
        columns,
        tuple(lines),
        notes=(
            "Superiority: probability that a value in COVID-19 exceeds one in other viral pneumonia, DeLong's interval. Shift: Hodges and "
            "Lehmann's, COVID-19 − other. P: Mann-Whitney, or t-test (ᵗ) where both groups pass for normal. Holm and q within each block.",
            f"Alike: two one-sided tests of superiority against 0.5 ± {run.value('equivalence.margin_superiority'):g} (or, after a t-test, of "
            f"means against {run.value('equivalence.margin_sd'):g} pooled SD).",
        ),
        wide=True,
    )
