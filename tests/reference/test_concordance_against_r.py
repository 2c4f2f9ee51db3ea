"""`scripts.survival.concordance` against R's survival::concordance: counts exact, the rest 1e-10 relative.

Uno's C is R's timewt = "n/G2", ymax = tau. scikit-survival takes the censoring survival at an event, not just
before it, and leaves events at tau out: another number where events share a time with censorings or tau.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.concordance import concordance_difference, harrell_concordance, uno_concordance


@pytest.fixture(params=["primary", "primary_tied", "validation", "validation_tied"])
def cohort(request, read_input, read_expected, half_years):
    table = read_input(request.param.split("_")[0])
    time = half_years(table["time"]) if request.param.endswith("tied") else table["time"].to_numpy()
    return table, time, table["event"].to_numpy(), read_expected("concordance")[request.param]


@pytest.mark.parametrize("risk", ["marker", "marker_coarse", "tnm", "age"])
def test_harrell(cohort, risk, agree):
    table, time, event, expected = cohort
    expected = expected["harrell"][risk]
    obtained = harrell_concordance(time, event, table[risk].to_numpy(float))
    counts = (obtained.concordant, obtained.discordant, obtained.tied_risk)
    assert counts == (expected["concordant"], expected["discordant"], expected["tied_risk"])
    assert obtained.n_pairs == sum(counts)
    agree("concordance: estimate", obtained.estimate, expected["estimate"], relative=1e-12)
    agree("concordance: standard error", obtained.standard_error, expected["standard_error"], relative=1e-10)


@pytest.mark.parametrize("pair", range(3))
def test_difference(cohort, pair, agree):
    table, time, event, expected = cohort
    expected = expected["differences"][pair]
    a, b = (table[expected[side]].to_numpy(float) for side in "ab")
    obtained = concordance_difference(time, event, a, b)
    agree("concordance: difference", obtained["difference"], expected["difference"], relative=1e-10)
    agree(
        "concordance: its standard error",
        obtained["standard_error"],
        expected["standard_error"],
        relative=1e-10,
    )
    agree("concordance: its p-value", obtained["p_value"], expected["p_value"])


@pytest.mark.parametrize("name", ["primary", "validation"])
@pytest.mark.parametrize("which", range(3))
def test_uno(name, which, read_input, read_expected, agree):
    table = read_input(name)
    expected = read_expected("concordance")[name]["uno"][which]
    for risk, estimate in expected["estimate"].items():
        obtained = uno_concordance(
            table["time"].to_numpy(), table["event"].to_numpy(), table[risk].to_numpy(float), expected["tau"],
            n_bootstrap=5, generator=np.random.default_rng(1),
        )  # fmt: skip
        agree("concordance: Uno", obtained["estimate"], estimate, relative=1e-10)
