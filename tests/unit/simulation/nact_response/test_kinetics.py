import numpy as np
import pytest

from scripts.simulation.nact_response.kinetics import FAST, PERSISTENT, Curve


@pytest.mark.parametrize("curve", [FAST, PERSISTENT, Curve(0.02, 0.002)])
def test_the_peak_is_one_and_where_it_is_said_to_be(curve):
    seconds = np.linspace(0, 3000, 300_001)
    values = curve.at(seconds)
    assert values.max() == pytest.approx(1, abs=1e-9)
    assert seconds[values.argmax()] == pytest.approx(curve.peak_s, abs=0.02)


def test_values_by_hand():
    # k = w: the peak is at ln 2 / k, where (1 - 1/2) 1/2 = 1/4; at 2 ln 2 / k it is (3/4) (1/4)
    curve = Curve(0.01, 0.01)
    assert curve.peak_s == pytest.approx(100 * np.log(2))
    assert curve.at(200 * np.log(2)) == pytest.approx(0.75)
    np.testing.assert_array_equal(curve.at([-10.0, 0.0]), 0.0)


def test_washout_and_persistence():
    assert FAST.at(371) < FAST.at(133)
    assert PERSISTENT.at(371) > PERSISTENT.at(133)
    assert FAST.at(90) > 0.9
    assert PERSISTENT.at(90) < 0.7
