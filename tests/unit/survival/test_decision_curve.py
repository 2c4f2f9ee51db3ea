"""Decision curves: the classical net benefit without censoring, Kaplan-Meier by hand with it, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.survival.decision_curve import decision_curve
from scripts.survival.kaplan_meier import survival_probability


def benefit(curve, model: str) -> np.ndarray:
    return curve.loc[curve["model"] == model, "net_benefit"].to_numpy()


def test_without_censoring_it_is_true_less_weighted_false_positives():
    generator = np.random.default_rng(1)
    time, risk = generator.exponential(30, 200), generator.uniform(size=200)
    thresholds = np.array([0.1, 0.25, 0.5, 0.8])
    curve = decision_curve(time, np.ones(200), {"model": risk}, 24, thresholds)
    recurred = time <= 24
    for threshold, found in zip(thresholds, benefit(curve, "model"), strict=True):
        treated = risk >= threshold
        true, false = (treated & recurred).mean(), (treated & ~recurred).mean()
        assert found == pytest.approx(true - false * threshold / (1 - threshold))


def test_with_censoring_by_hand():
    # acted on: the first four; survival at 24 months 3/4 * 1/2 among them
    time, event = [5, 10, 20, 40, 50, 50], [1, 0, 1, 0, 0, 1]
    risk = [0.6, 0.5, 0.4, 0.4, 0.3, 0.1]
    curve = decision_curve(time, event, {"model": risk}, 24, [0.4])
    survival, share = 3 / 8, 4 / 6
    assert benefit(curve, "model")[0] == pytest.approx((1 - survival) * share - survival * share * 0.4 / 0.6)


def test_treating_all_and_none():
    generator = np.random.default_rng(2)
    time, event = generator.exponential(30, 100) + 0.1, generator.integers(0, 2, 100)
    thresholds = np.array([0.05, 0.3])
    curve = decision_curve(time, event, {"a": np.ones(100), "b": np.zeros(100)}, 20, thresholds)
    assert curve["model"].unique().tolist() == ["a", "b", "treat all", "treat none"]
    survival = survival_probability(time, event, 20)
    np.testing.assert_allclose(
        benefit(curve, "treat all"), (1 - survival) - survival * thresholds / (1 - thresholds)
    )
    assert benefit(curve, "a").tolist() == benefit(curve, "treat all").tolist()
    assert benefit(curve, "b").tolist() == benefit(curve, "treat none").tolist() == [0, 0]


def test_order_of_patients_does_not_matter():
    generator = np.random.default_rng(3)
    time, event, risk = (
        generator.exponential(30, 50) + 1,
        generator.integers(0, 2, 50),
        generator.uniform(size=50),
    )
    order = generator.permutation(50)
    first = decision_curve(time, event, {"m": risk}, 20, [0.2, 0.6])
    again = decision_curve(time[order], event[order], {"m": risk[order]}, 20, [0.2, 0.6])
    np.testing.assert_allclose(first["net_benefit"], again["net_benefit"], rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"predicted_risk": {"m": [2.0, -1.0]}},
            "probabilities of recurrence by 'm', found -1 to 2. A linear",
        ),
        ({"predicted_risk": {"m": [0.5]}}, "2 values of the risk by 'm', found 1"),
        ({"predicted_risk": {"m": [0.5, np.nan]}}, "finite values of the risk by 'm'"),
        (
            {"predicted_risk": {"treat all": [0.5, 0.5]}},
            "model names other than 'treat all' and 'treat none'",
        ),
        ({"thresholds": [0.0, 0.5]}, "thresholds above 0 and below 1"),
        ({"thresholds": []}, "thresholds above 0 and below 1"),
        ({"months": 70}, "patients followed for 70 months, found none beyond 60"),
        ({"event": [0, 0]}, "at least 1 event"),
    ],
)
def test_refusals(change, message):
    given = {"time": [10, 60], "event": [1, 0], "predicted_risk": {"m": [0.5, 0.4]}, "months": 36} | change
    with pytest.raises(InputError, match=message):
        decision_curve(**({"thresholds": [0.5]} | given))
