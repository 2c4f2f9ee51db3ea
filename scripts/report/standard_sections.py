"""Sections that every report has: where the run departs from the paper, its parameters, its versions and digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.report.document import BulletList, Section
from scripts.report.rich_text import code
from scripts.report.standard_tables import (
    code_and_software_table,
    digest_table,
    parameter_table,
    reason_text,
    value_text,
)

Parameters = Sequence[Mapping[str, Any]]


def departures_section(parameters: Parameters, further: Sequence[Any] = ()) -> Section:
    """Defaults more honest than the paper's way, what the user set otherwise, then what no parameter says.

    Parameters
    ----------
    parameters : name, value, published, standing (source, assumed, honest, beyond), reason, changed ('', 'simulated',
        'user') of each.
    further : departures that no parameter stands for, a text each.
    """
    items: list = [
        [code(p["name"]), f" = {value_text(p['value'])}: {reason_text(p)}."]
        for p in parameters
        if p["standing"] == "honest" and p["changed"] != "user"
    ]
    for p in parameters:
        if p["changed"] == "user":
            values = f" = {value_text(p['value'])}: set in the configuration (published {value_text(p['published'])})."
            items.append([code(p["name"]), values])
    return Section("Departures from the paper", (BulletList((*items, *further)),))


def parameters_section(parameters: Parameters) -> Section:
    """Every parameter as it ran, with what its value rests on."""
    caption = "Parameters of this run and what they rest on."
    return Section("Parameters", (parameter_table("parameters", caption, parameters),))


def provenance_section(
    paper: str, digests: Sequence[tuple[Any, str]], seed: int, records: Sequence[Mapping[str, Any]]
) -> Section:
    """Digests of the inputs, the seed, fingerprints of the steps' code and the software that they ran with.

    Parameters
    ----------
    digests : (what, its digest) of each input. records : provenance of the steps, in order (`code_and_software_table`).
    """
    return Section(
        "Versions and digests",
        (
            digest_table("digests", "Inputs.", [*digests, ("seed", str(seed))]),
            code_and_software_table("versions", paper, records),
        ),
    )
