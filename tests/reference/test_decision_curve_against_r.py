"""`scripts.survival.decision_curve` against net benefits from R's survfit: closed formulae, 1e-10 relative.

A net benefit is a difference and may be near 0: 1e-12 absolute.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.decision_curve import decision_curve


@pytest.mark.parametrize("months", [36, 60])
def test_net_benefit(months, read_input, read_expected, agree):
    table = read_input("validation")
    expected = read_expected("decision_curve")[str(months)]
    risks = {name: np.array(values) for name, values in expected["risks"].items()}
    curve = decision_curve(
        table["time"].to_numpy(), table["event"].to_numpy(), risks, months, np.array(expected["thresholds"])
    )
    in_r = {**expected["net_benefit"], "treat all": expected["treat_all"]}
    in_r["treat none"] = np.zeros(len(expected["thresholds"]))
    assert set(curve["model"]) == set(in_r)
    for model, values in in_r.items():
        obtained = curve[curve["model"] == model].sort_values("threshold")["net_benefit"]
        agree("decision curve: net benefit", obtained, values, relative=1e-10, absolute=1e-12)
