"""The report of a frozen criterion on another cohort: verdicts of every hip, and how they stand beside the classes by CE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from scripts.model.gaussian_bundle import region_of
from scripts.papers.hip_dysplasia.names import (
    ANGLE_LABELS,
    ANGLES,
    KNOWLEDGE,
    KNOWLEDGE_LABELS,
    VERDICT_LABELS,
    VERDICTS,
)
from scripts.papers.hip_dysplasia.report.pages import banner, percent
from scripts.report.document import Column, Document, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import digest_table
from scripts.report.wording import MISSING, interval_text, number_text
from scripts.statistics.intervals import wilson_interval

SHORT = {"normal": "inside", "dysplasia": "dysplasia", "atypical": "elsewhere"}


def compose_prediction(
    verdicts: pd.DataFrame,
    model: Mapping[str, Any],
    ledger: pd.DataFrame,
    card: Mapping[str, Any],
    record: Mapping[str, Any],
    names: Mapping[str, str],
    simulated: bool,
) -> Document:
    """The document.

    Parameters
    ----------
    verdicts : a row a hip, of `apply_criterion`. names : `cohort` and `model`. record : provenance of the verdicts.
    """
    return Document(
        title=f"{card['short_title']}: a frozen criterion on other patients",
        subtitle=f"Model '{names['model']}' on cohort '{names['cohort']}'",
        kicker="External application",
        short_title=card["short_title"],
        citation=" ".join(card["citation"].split()),
        doi=card["doi"],
        cohort_line=f"cohort '{names['cohort']}': {verdicts['patient'].nunique()} films, {len(verdicts)} hips",
        banner=banner(model, simulated),
        sections=(_model(model), _verdicts(verdicts, ledger), _hips(verdicts), _provenance(record)),
    )


def _model(model: Mapping[str, Any]) -> Section:
    region, created = region_of(model), model["created_from"]
    deviations = region.covariance.diagonal() ** 0.5
    rows = tuple(
        Row((ANGLE_LABELS[angle], number_text(mean, 1), number_text(sd, 1)))
        for angle, mean, sd in zip(ANGLES, region.mean, deviations, strict=True)
    )
    text = (
        f"{model['source']['text']} {created['n_normal']} hips taken for normal, of {created['n_samples']} of {created['n_patients']} patients; "
        f"{100 * model['level']:g}% of their distribution, and about "
        f"{100 * region.share_of_new(model['level']):.0f}% of further normal hips, lie in its ellipsoid. Nothing was fitted on the films of this report."
    )
    table = Table(
        "region",
        "The normal region.",
        (Column("Angle"), Column("Mean, °", "right"), Column("SD, °", "right")),
        rows,
    )
    return Section("The criterion", (Paragraph(text), table))


def _verdicts(verdicts: pd.DataFrame, ledger: pd.DataFrame) -> Section:
    lost = ledger[ledger["excluded_from"] == "all"].drop_duplicates("patient")
    n, rows = len(verdicts), []
    for name in VERDICTS:
        hits = int((verdicts["verdict"] == name).sum())
        ci = wilson_interval(hits, n)
        by_class = [
            str(int(((verdicts["knowledge"] == k) & (verdicts["verdict"] == name)).sum())) for k in KNOWLEDGE
        ]
        rows.append(Row((VERDICT_LABELS[name], str(hits), interval_text(ci.ci_low, ci.ci_high), *by_class)))
    words = "Nobody was excluded." if lost.empty else f"{len(lost)} films were excluded, each with its cause."
    columns = (Column("Verdict"), Column("Hips", "right"), Column("Share, 95% CI", "center"))
    columns = (*columns, *(Column(KNOWLEDGE_LABELS[k], "right", "By the CE angle, hips") for k in KNOWLEDGE))
    blocks: list = [
        Paragraph(
            rich(
                "Verdicts of {n} hips stand in @summary, each in @hips. {words} The sheet holds no diagnosis that the criterion could be validated against: "
                "the classes by CE are another criterion, not the truth.",
                n=n,
                words=words,
            )
        ),
        Table(
            "summary",
            "Verdicts.",
            columns,
            tuple(rows),
            notes=("Intervals (Wilson) take hips as independent, which both hips of a patient are not.",),
        ),
    ]
    if len(lost):
        listed = tuple(Row((r["patient"], str(r["cause"]))) for r in lost.to_dict("records"))
        blocks.append(
            Table("exclusions", "Films that were excluded.", (Column("Patient"), Column("Cause")), listed)
        )
    return Section("Verdicts", tuple(blocks))


def _hips(verdicts: pd.DataFrame) -> Section:
    rows = []
    for r in verdicts.to_dict("records"):
        angles = [
            number_text(r[a], 1)
            if r[f"{a}_sd"] != r[f"{a}_sd"]
            else f"{number_text(r[a], 1)} ± {number_text(r[f'{a}_sd'], 1)}"
            for a in ANGLES
        ]
        other = r["chance_of_other_verdict"]
        rows.append(
            Row(
                (
                    r["patient"],
                    r["side"],
                    *angles,
                    percent(r["probability"]),
                    SHORT[r["verdict"]],
                    MISSING if other != other else percent(other),
                )
            )
        )
    columns = (Column("Patient"), Column("Side"), *(Column(f"{ANGLE_LABELS[a]}, °", "right") for a in ANGLES))
    columns = (*columns, Column("As far out", "right"), Column("Verdict"), Column("Could differ", "right"))
    note = (
        "± SD of one reading, of this cohort where films were read twice, else of the model's. As far out: share of normal hips. Could differ: chance that another reading "
        "falls on the other side of the ellipsoid."
    )
    return Section(
        "Every hip", (Table("hips", "Angles and verdict of every hip.", columns, tuple(rows), notes=(note,)),)
    )


def _provenance(record: Mapping[str, Any]) -> Section:
    entries = sorted(record["versions"].items(), key=lambda item: item[0].lower())
    table = digest_table("versions", "Software.", [("code of the step", record["code"]), *entries])
    return Section("Versions", (replace(table, floating=False),))
