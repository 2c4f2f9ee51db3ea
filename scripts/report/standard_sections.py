"""Sections that every report has: where the run departs from the paper, and its parameters with what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.report.document import BulletList, Section
from scripts.report.rich_text import code
from scripts.report.standard_tables import parameter_table, reason_text, value_text

Parameters = Sequence[Mapping[str, Any]]


def departures_section(parameters: Parameters) -> Section:
    """Defaults that are more honest than the paper's way, then what the user set otherwise.

    Parameters
    ----------
    parameters : name, value, published, standing (source, assumed, honest, beyond), reason, changed ('', 'simulated',
        'user') of each.
    """
    items = [
        [code(p["name"]), f" = {value_text(p['value'])}: {reason_text(p)}."]
        for p in parameters
        if p["standing"] == "honest"
    ]
    for p in parameters:
        if p["changed"] == "user":
            values = f" = {value_text(p['value'])}: set in the configuration (published {value_text(p['published'])})."
            items.append([code(p["name"]), values])
    return Section("Departures from the paper", (BulletList(tuple(items)),))


def parameters_section(parameters: Parameters) -> Section:
    """Every parameter as it ran, with what its value rests on."""
    caption = "Parameters of this run and what they rest on."
    return Section("Parameters", (parameter_table("parameters", caption, parameters),))
