"""One page a patient for a radiologist: the film with its lines, the angles beside the normal range, what follows and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.model.gaussian_bundle import region_of
from scripts.papers.hip_dysplasia.names import (
    ANGLE_LABELS,
    ANGLES,
    ATYPICAL,
    DYSPLASIA,
    INSIDE,
    KNOWLEDGE_LABELS,
    SIDES,
)
from scripts.report.document import (
    Column,
    Document,
    Figure,
    Note,
    PageBreak,
    Panel,
    Paragraph,
    Row,
    Section,
    Table,
)
from scripts.report.replication import MODEL_BANNER, SIMULATED_BANNER
from scripts.report.rich_text import strong
from scripts.report.wording import MISSING, interval_text, number_text

PAGE_WORDS = {
    INSIDE: "within the range of normal hips",
    DYSPLASIA: "outside the range of normal hips, on the side of dysplasia",
    ATYPICAL: "outside the range of normal hips, but not as dysplasia is: look at it again",
}
FILM_MM = 165.0
TO_RANGE = 1.96
NARROW = "\u00a0"  # a space that no line breaks at
PLUS_MINUS = "± is the standard deviation of one reading, from the errors of the points between two readers. "
NO_PLUS_MINUS = "How far another reading would differ is not known: no films were read twice. "
UNSURE = 0.05  # chance that another reading of the film changes the verdict


def banner(model: Mapping[str, Any], simulated: bool) -> str:
    """What stands on every page."""
    if simulated:
        return SIMULATED_BANNER
    return MODEL_BANNER if model["source"]["kind"] == "simulated" else ""


def overlay_files(folders: list[str]) -> dict[str, Path]:
    """Patient -> overlay picture, of the folders of all batches."""
    return {path.stem: path for folder in folders for path in sorted(Path(folder).glob("*.jpg"))}


def percent(probability: float) -> str:
    """'31 %', '0.4 %', '< 0.1 %', with spaces that do not break."""
    value = 100 * probability
    return (
        f"<{NARROW}0.1{NARROW}%"
        if value < 0.1
        else f"{value:.1f}{NARROW}%"
        if value < 10
        else f"{value:.0f}{NARROW}%"
    )


def verdict_words(row: Mapping[str, Any]) -> list:
    """One line about a hip: the verdict, the share of normal hips as far out, how sure a reading is of it."""
    words = [strong(f"{row['side'].capitalize()} hip: "), PAGE_WORDS[row["verdict"]], ". "]
    words.append(f"{percent(row['probability'])} of normal hips lie at least as far out. ")
    other = row["chance_of_other_verdict"]
    if other == other:
        sure = "Another reading of this film would most likely say the same"
        if other >= UNSURE:
            sure = "Close to the border: another reading of this film could say otherwise"
        words.append(f"{sure} (chance of another verdict {percent(other)}).")
    return words


def angle_table(patient: str, rows: Mapping[str, Mapping[str, Any]], model: Mapping[str, Any]) -> Table:
    """Angles of both hips with the SD of a reading, beside mean +/- 1.96 SD of normal hips."""
    region, lines = region_of(model), []
    for place, angle in enumerate(ANGLES):
        half = TO_RANGE * float(np.sqrt(region.covariance[place, place]))
        normal = interval_text(region.mean[place] - half, region.mean[place] + half, 0)
        lines.append(
            Row((f"{ANGLE_LABELS[angle]} angle, °", *(_angle(rows[side], angle) for side in SIDES), normal))
        )
    lines.append(Row(("CCD angle, °", *(number_text(rows[side]["ccd"], 0) for side in SIDES), MISSING)))
    by_ce = [KNOWLEDGE_LABELS.get(rows[side]["knowledge"], MISSING) for side in SIDES]
    lines.append(Row(("By the CE angle alone", *by_ce, ""), rule=True))
    columns = (Column(""), *(Column(f"{side.capitalize()} hip", "center") for side in SIDES))
    columns = (*columns, Column("Normal hips,\nmiddle 95 %", "center"))
    return Table(f"angles_{key_of(patient)}", f"Angles of {patient}.", columns, tuple(lines), floating=False)


def _angle(row: Mapping[str, Any], angle: str) -> str:
    """'31.2 ± 1.4', without the SD where nobody knows it."""
    value, sd = row[angle], row[f"{angle}_sd"]
    return number_text(value, 1) if sd != sd else f"{number_text(value, 1)} ± {number_text(sd, 1)}"


def key_of(patient: str) -> str:
    """A key of letters, digits, - and _ that no other patient has."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else f"-{ord(c):x}-" for c in str(patient))


def page_of(patient: str, hips: pd.DataFrame, model: Mapping[str, Any]) -> Section:
    """One patient's page."""
    rows = {row["side"]: row for row in hips.to_dict("records")}
    film = Figure(
        f"film_{key_of(patient)}",
        "CE orange, Sharp green, Tönnis red; contours as drawn, the circle through three points of each head.",
        (
            Panel(
                f"{patient}.jpg", width_mm=FILM_MM, alternative=f"Film of {patient} with contours and angles"
            ),
        ),
    )
    said = (Paragraph(verdict_words(rows[side])) for side in SIDES)
    return Section(patient, (*said, angle_table(patient, rows, model), film, PageBreak()))


def compose_pages(
    verdicts: pd.DataFrame,
    model: Mapping[str, Any],
    card: Mapping[str, Any],
    cohort: str,
    simulated: bool,
    lost: pd.DataFrame,
) -> Document:
    """A page for each patient of `verdicts`, after a page that says how to read them.

    Parameters
    ----------
    lost : patient and cause of those without a page.
    """
    created, level = model["created_from"], 100 * model["level"]
    read_twice = verdicts[[f"{angle}_sd" for angle in ANGLES]].notna().any(axis=None)
    plus_minus = PLUS_MINUS if read_twice else NO_PLUS_MINUS
    how = (
        "Each page shows the film as it was annotated, with the lines of the angles; look first whether the points lie where they should.",
        f"The criterion is a normal distribution of CE, Sharp and Tönnis angles together, of {created['n_normal']} hips taken for normal out of "
        f"{created['n_samples']}; {level:g} % of that distribution lie inside its ellipsoid; of further normal hips, which it was not made from, "
        f"about {100 * region_of(model).share_of_new(model['level']):.0f} %. Angles are looked at together: a hip may lie "
        "outside although each angle alone is in its range.",
        f"{plus_minus}A negative CE angle: the edge lies medial "
        "to the centre of the head. A negative Tönnis angle: the roof falls to the outside.",
        "The verdict is that of a study run again by a program. It says nothing of symptoms and replaces no radiologist.",
    )
    sections = [Section("How to read the pages", (Note("What a page says", how), *_lost(lost), PageBreak()))]
    order = list(dict.fromkeys(verdicts["patient"]))
    sections += [page_of(patient, verdicts[verdicts["patient"] == patient], model) for patient in order]
    return Document(
        title=f"Hips of {len(order)} patients",
        subtitle=card["short_title"],
        kicker="One page a patient",
        short_title=card["short_title"],
        cohort_line=f"{'built-in simulated cohort' if simulated else 'cohort'} '{cohort}'",
        facts=(("Criterion", model["source"]["text"]),),
        banner=banner(model, simulated),
        sections=tuple(sections),
    )


def _lost(lost: pd.DataFrame) -> tuple[Table, ...]:
    """Patients without a page, each with its cause."""
    if lost.empty:
        return ()
    rows = tuple(Row((row.patient, str(row.cause))) for row in lost.itertuples())
    return (Table("without_page", "Patients without a page.", (Column("Patient"), Column("Cause")), rows),)
