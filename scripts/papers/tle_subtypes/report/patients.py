"""Report section: who was studied, their recordings, and what an epoch looks like."""

from __future__ import annotations

import pandas as pd

from scripts.papers.tle_subtypes.names import SUBTYPE_LABELS, SUBTYPES
from scripts.papers.tle_subtypes.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import p_text


def section(run: Run) -> Section:
    """The section 'Patients and recordings'."""
    excluded, unknown = run.flow("excluded"), run.flow("movement unknown")
    text = rich(
        "{n} patients were cross-validated, {cps} with complex (CPS) and {sps} with simple partial seizures (SPS; @flow, "
        "@characteristics). {excluded} Of {recordings} recordings {moved} were left out for a head movement above {limit:g} mm; {unknown}. "
        "They hold {cut} epochs of {seconds:g} s, of which {epochs} are used.",
        n=run.flow("analysed"),
        cps=run.flow("cps"),
        sps=run.flow("sps"),
        excluded=f"{excluded} {'was' if excluded == 1 else 'were'} excluded, each with its cause in the ledger."
        if excluded
        else "No patient was excluded.",
        recordings=f"{run.flow('recordings'):,}",
        moved=run.flow("moved"),
        limit=run.value("signal.most_head_movement_mm"),
        unknown=f"{unknown} say nothing of it and were kept" if unknown else "all say how far the head moved",
        cut=f"{run.flow('epochs in the recordings'):,}",
        seconds=run.value("epochs.seconds"),
        epochs=f"{run.flow('epochs'):,}",
    )
    blocks = [
        Paragraph(text),
        Figure("flow", "Flow of patients from the sample sheet to the analysis.", (Panel("flow.svg"),)),
        characteristics_table(run.tables["table1"]),
        Figure(
            "traces",
            "An epoch of one patient of either subtype as the networks take it, every sensor on the same scale. The first of each by order of "
            "identifier, not chosen by result.",
            (Panel("traces.svg"),),
        ),
        Figure(
            "spectra",
            "Power of the epochs in bands, mean over sensors: mean over the patients of a subtype, with one standard deviation.",
            (Panel("spectra.svg"),),
        ),
    ]
    if excluded:
        blocks.append(exclusion_table(run.tables["exclusions"]))
    return Section("Patients and recordings", tuple(blocks))


def characteristics_table(table: pd.DataFrame) -> Table:
    """Who the patients are, by subtype."""
    rows, last = [], ""
    for record in table.to_dict("records"):
        p_value = p_text(record["p_value"]) if record["p_value"] == record["p_value"] else ""
        cells = tuple(record[s] for s in SUBTYPES)
        if record["level"]:
            if record["variable"] != last:
                rows.append(Row((record["variable"], *[""] * len(SUBTYPES), p_value)))
            last = record["variable"]
            rows.append(Row((record["level"], *cells, ""), level=1))
        else:
            label = "Patients" if record["variable"] == "n" else record["variable"]
            rows.append(Row((label, *cells, p_value)))
    return Table(
        "characteristics",
        "Patients and recordings.",
        (Column(""), *(Column(SUBTYPE_LABELS[s], "center") for s in SUBTYPES), Column("P", "right")),
        tuple(rows),
        notes=(
            "Mean (SD) or n (%). P: Student's t-test (as an analysis of variance), chi-square test with continuity correction.",
        ),
    )
