"""Report sections: whose films these are, how points and angles were found, how well two readers agree."""

from __future__ import annotations

import pandas as pd

from scripts.papers.hip_dysplasia.names import (
    ANGLE_LABELS,
    KNOWLEDGE_LABELS,
    POINT_LABELS,
    SIDES,
    VERDICT_LABELS,
)
from scripts.papers.hip_dysplasia.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, interval_text, number_text

GROUP_LABELS = {"all": "All hips", **{side: f"{side.capitalize()} hips" for side in SIDES}}
GROUP_LABELS |= {name: f"Class by CE: {label}" for name, label in KNOWLEDGE_LABELS.items()}
MOST_FILMS = 4


def patients(run: Run) -> Section:
    """Films, patients and their angles."""
    excluded = run.flow("excluded")
    lost = (
        "No film was excluded."
        if not excluded
        else f"{excluded} {'film was' if excluded == 1 else 'films were'} excluded, each with its cause."
    )
    table = run.tables["table1"]
    rows = tuple(Row((r["variable"], str(r["value"]).replace("-", "–"))) for r in table.to_dict("records"))
    blocks = [
        Paragraph(
            rich(
                "{films} films gave {hips} hips, {right} right and {left} left (@flow, @characteristics). {lost} A few films as they were given stand in "
                "@examples.",
                films=run.flow("analysed"),
                hips=run.flow("hips"),
                right=run.flow("right"),
                left=run.flow("left"),
                lost=lost,
            )
        ),
        Figure("flow", "Films from the sample sheet to the analysis.", (Panel("flow.svg"),)),
        Table("characteristics", "Patients and films.", (Column(""), Column("All")), rows),
        Figure(
            "examples",
            "Films of a few patients as they were given. Chosen by order of identifier.",
            (Panel("examples.svg"),),
        ),
    ]
    if excluded:
        out = run.tables["exclusions"]
        out = out[out["excluded_from"] == "all"].drop_duplicates("patient")
        lines = tuple(Row((r["patient"], str(r["step"]), str(r["cause"]))) for r in out.to_dict("records"))
        blocks.append(
            Table(
                "exclusions",
                "Films that were excluded.",
                (Column("Patient"), Column("Step"), Column("Cause")),
                lines,
            )
        )
    return Section("Patients and films", tuple(blocks))


def angle_rows(table: pd.DataFrame) -> list[Row]:
    """Mean (SD) and range of each angle by group."""
    rows = []
    for angle, label in ANGLE_LABELS.items():
        rows.append(Row((f"{label} angle, °",), heading=True))
        for r in table[table["angle"] == angle].to_dict("records"):
            cells = (
                GROUP_LABELS[r["group"]],
                str(int(r["n"])),
                f"{number_text(r['mean'], 1)} ({number_text(r['sd'], 1)})",
            )
            rows.append(Row((*cells, interval_text(r["low"], r["high"], 1)), level=1))
    return rows


def measurement(run: Run, overlays: dict[str, str]) -> Section:
    """How points, circle and angles were found, with the figures of the method.

    Parameters
    ----------
    overlays : patient -> verdicts in words, of the films that are shown, in order.
    """
    signs = run.tables["signs"].set_index("quantity")
    circles = run.tables["circles"].set_index("quantity")
    shown = tuple(
        Panel(f"{patient}.jpg", letter, 86.0, f"Film of {patient} with contours and angles")
        for patient, letter in zip(overlays, "ABCDEFGH", strict=False)
    )
    words = "; ".join(
        f"{letter}, {patient}: {text}"
        for (patient, text), letter in zip(overlays.items(), "ABCDEFGH", strict=False)
    )
    lost, of = (
        int(signs.loc["negative_ce_called_otherwise", "n"]),
        int(signs.loc["negative_ce_called_otherwise", "of"]),
    )
    return Section(
        "From contours to angles",
        (
            Paragraph(
                rich(
                    "The first film's points and lines are drawn in @sketches (the paper's Figure 2) and its circles in @circles (Figure 3); @overlays "
                    "shows films with everything that was found in them, and `results/hip_dysplasia/overlays` holds such a picture of every film. Angles "
                    "are summarised in @angles.",
                )
            ),
            Figure(
                "sketches",
                "The angles of the first film (the paper's Figure 2): CE, Sharp, Tönnis, CCD of both hips. Red: the lines of each hip; "
                "blue, broken: the line across the film that they are measured against.",
                (Panel("angles.svg"),),
            ),
            Figure(
                "circles",
                "The circle of either femoral head (the paper's Figure 3). d uppermost, e outermost point of the head's contour, g lower edge of the "
                "acetabulum, f where e-g crosses the contour, a the centre of the circle through d, e and f (blue). Red, broken, with a cross: "
                "the circle nearest to the whole contour.",
                (Panel("circles.svg"),),
            ),
            Paragraph(
                rich(
                    "The centre of the three-point circle lies {median} radii from that of the least-squares circle for the median hip (95th percentile "
                    "{p95}), which moves the CE angle by {ce}° ({ce95}°).",
                    median=number_text(circles.loc["centre", "median"], 3),
                    p95=number_text(circles.loc["centre", "p95"], 3),
                    ce=number_text(circles.loc["ce", "median"], 2),
                    ce95=number_text(circles.loc["ce", "p95"], 2),
                )
            ),
            Paragraph(
                rich(
                    "**What the equations leave out.** Equations 1 and 3 are arc cosines and give no sign. {ce} of {n} hips have a negative CE angle and "
                    "{tonnis} a negative Tönnis angle; of the negative CE angles {lost} of {of} would pass the limit on CE without the sign. With the "
                    "angles as printed {differ} of {n} hips get another verdict.",
                    ce=int(signs.loc["negative_ce", "n"]),
                    n=int(signs.loc["negative_ce", "of"]),
                    tonnis=int(signs.loc["negative_tonnis", "n"]),
                    lost=lost,
                    of=of,
                    differ=int(signs.loc["verdict_differs", "n"]),
                )
            ),
            Figure(
                "overlays",
                f"Films with contours, circle, points and the lines of the angles (CE orange, Sharp green, Tönnis red). {words}. The first film and, where there "
                "are such, the first one with each verdict.",
                shown,
            ),
            Table(
                "angles",
                "Angles by side and by class.",
                (Column(""), Column("n", "right"), Column("Mean (SD)", "center"), Column("Range", "center")),
                tuple(angle_rows(run.tables["angles"])),
            ),
        ),
    )


def shown_films(verdicts: pd.DataFrame) -> dict[str, str]:
    """Patient -> verdicts in words: the first film, and the first one with each verdict that it does not have."""
    by_film = {patient: set(part["verdict"]) for patient, part in verdicts.groupby("patient", sort=False)}
    chosen = list(by_film)[:1]
    for verdict in VERDICT_LABELS:
        if not any(verdict in by_film[patient] for patient in chosen):
            chosen += [patient for patient, found in by_film.items() if verdict in found][:1]
    for patient in by_film:
        if len(chosen) < 2 and patient not in chosen:
            chosen.append(patient)
    words = {}
    for patient in chosen[:MOST_FILMS]:
        part = verdicts[verdicts["patient"] == patient].set_index("side")["verdict"]
        words[patient] = ", ".join(f"{side} {VERDICT_LABELS[part[side]]}" for side in SIDES)
    return words


def readers(run: Run) -> Section:
    """How well two readers agree, what it does to an angle, and angles by hand."""
    agreement, error, by_hand = (run.tables[name] for name in ("agreement", "landmark_error", "by_hand"))
    blocks: list = []
    if agreement.empty:
        blocks.append(
            Paragraph("No film was read by two readers, or too few: the error of an angle is not known here.")
        )
    else:
        rows = []
        for r in agreement.to_dict("records"):
            if r["side"] == "both":
                rows.append(Row((f"{ANGLE_LABELS[r['angle']]} angle, °",), heading=True))
            rows.append(
                Row(
                    (
                        "Both sides" if r["side"] == "both" else r["side"].capitalize(),
                        str(int(r["n"])),
                        estimate_text(r["bias"], r["limit_low"], r["limit_high"], 1),
                        number_text(r["sd_observed"], 2),
                        number_text(r["sd_propagated"], 2),
                        number_text(r["icc"], 3),
                    ),
                    level=1,
                )
            )
        points = tuple(
            Row(
                (
                    POINT_LABELS[r["point"]].capitalize(),
                    number_text(r["sd_radii"], 3),
                    number_text(r["sd_pixels"], 2),
                    number_text(r["sd_mm"], 2),
                )
            )
            for r in error.to_dict("records")
        )
        blocks += [
            Paragraph(
                rich(
                    "{n} hips were drawn by two readers (@readings). Differences between the points of both readers (@points) were carried into the angles to "
                    "first order; @agreement shows the error of one reading that follows beside the one that the angles themselves show. Where they differ, "
                    "errors of neighbouring points are not independent, as the propagation takes them.",
                    n=int(agreement.iloc[0]["n"]),
                )
            ),
            Figure(
                "readings",
                "Difference of two readings against their mean, with bias and limits of agreement (Bland and Altman).",
                (Panel("readings.svg"),),
            ),
            Table(
                "agreement",
                "Agreement of two readers.",
                (
                    Column(""),
                    Column("Hips", "right"),
                    Column("Bias (limits of agreement)", "center"),
                    Column("measured", "center", "SD of one reading, °"),
                    Column("from the points", "center", "SD of one reading, °"),
                    Column("ICC(2,1)", "right"),
                ),
                tuple(rows),
            ),
            Table(
                "points",
                "Error of a point in one reading, along each axis (SD).",
                (
                    Column("Point"),
                    Column("Radii of the head", "right"),
                    Column("Pixels", "right"),
                    Column("mm", "right"),
                ),
                points,
                floating=True,
            ),
        ]
    if len(by_hand):
        hand = tuple(
            Row(
                (
                    f"{ANGLE_LABELS[r['angle']]}, °",
                    str(int(r["n"])),
                    estimate_text(r["bias"], r["limit_low"], r["limit_high"], 1),
                    number_text(r["icc"], 3),
                )
            )
            for r in by_hand.to_dict("records")
        )
        blocks += [
            Paragraph(
                rich(
                    "The paper's radiologist measured each angle as well; @by_hand compares the angles by hand of the sheet with those found here."
                )
            ),
            Table(
                "by_hand",
                "Angles by hand minus angles from the contours.",
                (
                    Column("Angle"),
                    Column("Hips", "right"),
                    Column("Bias (limits of agreement)", "center"),
                    Column("ICC(2,1)", "right"),
                ),
                hand,
                floating=True,
            ),
        ]
    return Section("Readers", tuple(blocks))
