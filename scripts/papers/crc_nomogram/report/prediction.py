"""The report of a frozen model on another cohort: scores, and external validation where there are outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from scripts.papers.crc_nomogram.report.run import MODEL_LABELS, years
from scripts.papers.crc_nomogram.report.signature import group_sentence
from scripts.report.document import (
    Column,
    Document,
    Figure,
    Note,
    PageBreak,
    Panel,
    Paragraph,
    Row,
    ScoreFormula,
    Section,
    Table,
)
from scripts.report.figures.calibration import draw_calibration
from scripts.report.figures.decision_curve import draw_decision_curve
from scripts.report.figures.kaplan_meier import draw_kaplan_meier
from scripts.report.figures.score_distribution import draw_score_distribution
from scripts.report.figures.style import drawing
from scripts.report.replication import MODEL_BANNER, SIMULATED_BANNER
from scripts.report.rich_text import rich
from scripts.report.standard_tables import digest_table, exclusion_table
from scripts.report.wording import estimate_text, number_text, p_text

MEASURES = {"harrell_c": "C-index (Harrell)", "uno_c": "C-index (Uno)"}
MOST_PATIENTS = 300


def draw_prediction(
    folder: Path,
    found: dict[str, pd.DataFrame],
    predictions: pd.DataFrame,
    table: pd.DataFrame,
    model: dict[str, Any],
) -> None:
    """The figures of the report, as far as the outcomes go."""
    states = predictions[["patient", "rad_score"]].merge(
        table.reindex(columns=["patient", "recurrence"]), on="patient", how="left"
    )
    with drawing(folder / "scores.svg", height_mm=72.0) as figure:
        draw_score_distribution(
            figure, states["rad_score"], states["recurrence"], model["signature"]["cutoff"]["value"]
        )
    if "kaplan_meier" in found:
        curves = {g: c for g, c in found["kaplan_meier"].groupby("risk_group", sort=False)}
        groups = {group: curves[group] for group in ("low", "high") if group in curves}
        with drawing(folder / "kaplan_meier.svg", height_mm=72.0) as figure:
            draw_kaplan_meier(
                figure, groups, found["at_risk"], labels={"low": "Low risk", "high": "High risk"}
            )
    if "calibration" in found:
        for months, curve in found["calibration"].groupby("months"):
            with drawing(folder / f"calibration_{months:g}.svg", height_mm=80.0) as figure:
                draw_calibration(
                    figure, curve, table[f"survival_{months:g}m"], float(months), f"{years(months)} DFS"
                )
    if "decision_curve" in found:
        months = float(found["calibration"]["months"].max())
        with drawing(folder / "decision.svg", height_mm=75.0) as figure:
            draw_decision_curve(figure, found["decision_curve"].replace({"model": MODEL_LABELS}), months)


def compose_prediction(
    found: dict[str, pd.DataFrame],
    predictions: pd.DataFrame,
    model: dict[str, Any],
    ledger: pd.DataFrame,
    cohort: str,
    model_name: str,
    simulated: bool,
    record: dict[str, Any],
    n_followed: int,
    card: dict[str, Any],
) -> Document:
    """The document; see `validate_prediction.validation_tables` for `found`."""
    fitted_on_simulated = model["source"]["kind"] == "simulated"
    banner = SIMULATED_BANNER if simulated else MODEL_BANNER if fitted_on_simulated else ""
    sections = [_model_section(model, model_name), _scores_section(predictions, ledger, n_followed)]
    sections.append(_validation_section(found) if found else _without_outcomes(n_followed))
    sections.append(_patients_section(predictions))
    named = {
        "model": "frozen model",
        "features": "feature table",
        "extraction": "extraction settings",
        "clinical": "clinical table",
    }
    digests = [(named[key], record["inputs"][path]) for key, path in record["input_names"].items()]
    versions = sorted(record["versions"].items(), key=lambda item: item[0].lower())
    sections.append(
        Section(
            "Versions and digests",
            (digest_table("digests", "Inputs.", digests), digest_table("versions", "Software.", versions)),
        )
    )
    return Document(
        title="A frozen rad-score on another cohort",
        subtitle=card["short_title"],
        kicker="External validation" if found else "Prediction",
        citation=" ".join(card["citation"].split()),
        short_title=f"Model {model_name} on {cohort}",
        cohort_line=f"'{cohort}', {len(predictions)} patients scored, {n_followed} with follow-up",
        facts=(("Model", f"{model_name}: {model['source']['text']}"),),
        banner=banner,
        sections=tuple(sections),
    )


def _model_section(model: dict[str, Any], name: str) -> Section:
    signature, created = model["signature"], model["created_from"]
    terms = tuple((number_text(f["coefficient"], 3), f["name"]) for f in signature["features"])
    scaled = (
        "Features are z-scored by the mean and SD of the training patients, which the model carries."
        if signature["scaling"] == "training"
        else "Features are z-scored by the mean and SD of this cohort, because the model carries no scaling statistics: the scores "
        "depend on who else is in the cohort."
    )
    events = "" if created["events"] is None else f", {created['events']} recurrences"
    survival = (
        "The nomogram adds TNM stage and gives probabilities of disease-free survival."
        if model["nomogram"]
        else "The model has no nomogram: it gives risk groups and no probabilities."
    )
    return Section(
        "The model",
        (
            Paragraph(
                f"Model '{name}', made from {created['n']} patients{events}; high risk above {number_text(signature['cutoff']['value'], 3)}. "
                f"{scaled} {survival} Nothing was fitted on the patients of this report."
            ),
            ScoreFormula("score", "Rad-score", terms),
        ),
    )


def _scores_section(predictions: pd.DataFrame, ledger: pd.DataFrame, n_followed: int) -> Section:
    high = int((predictions["risk_group"] == "high").sum())
    lost = ledger[ledger["excluded_from"] == "all"]["patient"].nunique()
    who = "1 patient was" if lost == 1 else f"{lost} patients were"
    excluded = "No patient was excluded" if not lost else f"{who} excluded (see the table of exclusions)"
    exclusions = (exclusion_table(ledger, by_cohort=True),) if lost else ()
    return Section(
        "Scores",
        (
            *exclusions,
            Paragraph(
                rich(
                    "{n} patients were scored: {high} at high and {low} at low risk (@scores). {excluded}; {followed} have follow-up.",
                    n=len(predictions),
                    high=high,
                    low=len(predictions) - high,
                    excluded=excluded,
                    followed=n_followed,
                )
            ),
            Figure(
                "scores", "Rad-score of the patients, with recurrence where known.", (Panel("scores.svg"),)
            ),
        ),
    )


def _without_outcomes(n_followed: int) -> Section:
    why = "The cohort has no outcomes" if not n_followed else "The cohort has too few recurrences"
    return Section(
        "Validation",
        (Note("Not validated here", (f"{why}: the scores are given, their accuracy is not known.",)),),
    )


def _validation_section(found: dict[str, pd.DataFrame]) -> Section:
    groups = found["risk_groups"].iloc[0]
    blocks: list = [
        Paragraph(
            [
                *rich(
                    "Recurrence was seen in {el:.0f} of {nl:.0f} followed patients at low and {eh:.0f} of {nh:.0f} at high risk; high "
                    "against low risk: ",
                    el=groups["events_low"],
                    nl=groups["n_low"],
                    eh=groups["events_high"],
                    nh=groups["n_high"],
                ),
                *group_sentence(groups),
                *rich(" (@kaplan_meier). "),
                *(rich("Discrimination is in @discrimination.") if "discrimination" in found else []),
            ]
        )
    ]
    blocks.append(
        Figure(
            "kaplan_meier",
            "Disease-free survival by risk group, with 95% confidence bands.",
            (Panel("kaplan_meier.svg"),),
        )
    )
    if "discrimination" in found:
        blocks.append(_discrimination_table(found["discrimination"]))
    if "comparison" in found and len(found["comparison"]):
        row = found["comparison"].set_index("measure").loc["harrell_c"]
        blocks.append(
            Paragraph(
                rich(
                    "Difference in C-index between nomogram and TNM stage alone: {d} (*P* {p}).",
                    d=estimate_text(row["difference"], row["ci_low"], row["ci_high"]),
                    p=p_text(row["p_value"])
                    if p_text(row["p_value"])[0] in "<>"
                    else f"= {p_text(row['p_value'])}",
                )
            )
        )
    if "calibration" in found:
        slope = found["calibration_slope"].iloc[0]
        months = sorted(found["calibration"]["months"].unique())
        blocks += [
            Paragraph(
                rich("Calibration slope {s} (1 is right, below 1 too extreme; @calibration). Net benefit is in @decision.",
                     s=estimate_text(slope["slope"], slope["ci_low"], slope["ci_high"]))
            ),
            Figure(
                "calibration",
                "Predicted against observed disease-free survival in groups by prediction, with 95% CI.",
                tuple(Panel(f"calibration_{m:g}.svg", letter) for m, letter in zip(months, "ABCDEF", strict=False)),
            ),
            Figure("decision", "Decision curve.", (Panel("decision.svg"),)),
        ]  # fmt: skip
    return Section("Validation", (*blocks, PageBreak()))


def _discrimination_table(table: pd.DataFrame) -> Table:
    rows = []
    for model, members in table.groupby("model", sort=False):
        rows.append(Row((MODEL_LABELS[model],), heading=True))
        for r in members.to_dict("records"):
            label = MEASURES.get(r["measure"]) or f"AUC, {years(r['months'])} DFS"
            rows.append(Row((label, estimate_text(r["estimate"], r["ci_low"], r["ci_high"])), level=1))
    first = table.iloc[0]
    return Table(
        "discrimination",
        "Discrimination.",
        (Column(""), Column("Estimate (95% CI)", "center")),
        tuple(rows),
        notes=(f"{int(first['n'])} patients, {int(first['n_events'])} recurrences.",),
    )


def _patients_section(predictions: pd.DataFrame) -> Section:
    """Scores of the patients, as many side by side as a page holds."""
    survival = [c for c in predictions if c.startswith("survival_")]
    abreast = 2 if survival else 3
    one = [Column("Patient"), Column("Rad-score", "right"), Column("Group")]
    one += [
        Column(f"{years(float(c.removeprefix('survival_').removesuffix('m')))} DFS", "right")
        for c in survival
    ]
    shown = predictions.head(MOST_PATIENTS)
    cells = [
        (
            r["patient"],
            number_text(r["rad_score"], 3),
            r["risk_group"],
            *(number_text(r[c], 2) for c in survival),
        )
        for r in shown.to_dict("records")
    ]
    blank = ("",) * len(one)
    cells += [blank] * (-len(cells) % abreast)
    rows = tuple(Row(sum(cells[i : i + abreast], ())) for i in range(0, len(cells), abreast))
    rest = len(predictions) - len(shown)
    notes = (f"The other {rest} patients are in tables/predictions.csv.",) if rest else ()
    opening = Paragraph(rich("The scores of the patients, in the order of the sheet, are in @patients."))
    return Section(
        "Patients", (opening, Table("patients", "Scores by patient.", tuple(one) * abreast, rows, notes))
    )
