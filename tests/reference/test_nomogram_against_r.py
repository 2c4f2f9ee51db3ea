"""`scripts.survival.nomogram` against rms::nomogram: closed formulae around a Cox fit, 1e-8 relative.

rms interpolates the places of its survival ticks on a grid of 1000 points: there ours agrees to 1e-6. The
recipe also inverts S = S0^exp(lp) itself, and at those places ours agrees to 1e-8.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.cox import baseline_survival, fit_cox
from scripts.survival.nomogram import Nomogram, build_nomogram

STAGES = [(1.0, "I"), (2.0, "II"), (3.0, "III"), (4.0, "IV")]
TICKS = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]


@pytest.fixture(params=["rising", "falling", "categories"])
def case(request, read_input, read_expected):
    table = read_input("primary")
    expected = read_expected("nomogram")[request.param]
    x = table[["marker", "tnm"]].astype(float)
    if request.param == "falling":
        x["marker"] = -x["marker"]
    categories = None
    if request.param == "categories":
        categories = {"tnm": {stage: f"stage {text}" for stage, text in STAGES[1:]}}
        for stage, name in categories["tnm"].items():
            x[name] = (x["tnm"] == stage).astype(float)
        x = x.drop(columns="tnm")
    time, event = table["time"].to_numpy(), table["event"].to_numpy()
    fit = fit_cox(x, time, event)
    axes = {"marker": [(value, f"{value:g}") for value in expected["marker"]["values"]], "tnm": STAGES}
    labels = {"marker": "Marker", "tnm": "TNM stage"}
    baseline = baseline_survival(fit, x, time, event)
    nomogram = build_nomogram(fit, baseline, axes, labels, [36, 60], TICKS, categories=categories)
    return nomogram, x, expected


def test_points_of_the_axes(case, agree):
    nomogram, _, expected = case
    for axis in nomogram.axes:
        in_r = expected[axis.name]
        agree("nomogram: values of an axis", axis.values, in_r["values"], relative=0)
        agree("nomogram: points of an axis", axis.points, in_r["points"], absolute=1e-8)
        points = [nomogram.points(axis.name, value) for value in in_r["values"]]
        agree("nomogram: points of a value", points, in_r["points"], absolute=1e-8)


def test_patients(case, agree):
    nomogram, x, expected = case
    total = nomogram.total_points(x)
    in_r = expected["patients"]
    agree("nomogram: total points of patients", total, in_r["total_points"], absolute=1e-8)
    for months in (36, 60):
        agree("nomogram: survival of patients", nomogram.survival(total, months), in_r[f"survival_{months}"])


def test_survival_at_total_points(case, agree):
    nomogram, _, expected = case
    total = np.array(expected["total_points"], dtype=float)
    for outcome in expected["outcomes"]:
        obtained = nomogram.survival(total, outcome["months"])
        agree("nomogram: survival at total points", obtained, outcome["at_total"])


def test_ticks_of_survival(case, agree):
    nomogram, _, expected = case
    for outcome in expected["outcomes"]:
        survival = nomogram.survival(np.array(outcome["exact"]), outcome["months"])
        agree("nomogram: survival at its ticks", survival, outcome["ticks"])
        survival = nomogram.survival(np.array(outcome["tick_points"]), outcome["months"])
        agree("nomogram: survival at the ticks of rms", survival, outcome["ticks"], relative=0, absolute=1e-6)


def test_a_nomogram_read_back_is_the_same(case, agree):
    nomogram, x, expected = case
    again = Nomogram.from_dict(nomogram.to_dict())
    agree("nomogram: read back", again.total_points(x), expected["patients"]["total_points"], absolute=1e-8)
