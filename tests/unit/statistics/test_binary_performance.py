"""Sensitivity, specificity and predictive values: the paper's own counts, and nobody in a denominator."""

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.statistics.binary_performance import Counts, counts_of, diagnostic_performance


def patients(tp, fn, tn, fp):
    """(classes, calls) of so many patients."""
    y = np.repeat([1, 1, 0, 0], [tp, fn, tn, fp])
    return y, np.repeat([1, 0, 0, 1], [tp, fn, tn, fp])


@pytest.mark.parametrize(
    ("counts", "reported"),
    [  # Table 3 of nact_response: 23 responders and 30 nonresponders
        ((21, 2, 11, 19), (0.913, 0.367, 0.525, 0.846)),
        ((13, 10, 27, 3), (0.565, 0.900, 0.813, 0.730)),
        ((21, 2, 16, 14), (0.913, 0.533, 0.600, 0.889)),
        ((14, 9, 21, 9), (0.609, 0.700, 0.609, 0.700)),
        ((12, 11, 29, 1), (0.522, 0.967, 0.923, 0.725)),
        ((19, 4, 24, 6), (0.826, 0.800, 0.760, 0.857)),
    ],
)
def test_table_3(counts, reported):
    y, called = patients(*counts)
    assert counts_of(y, called) == Counts(*counts)
    found = diagnostic_performance(y, called)
    values = [found[name].estimate for name in ("sensitivity", "specificity", "ppv", "npv")]
    np.testing.assert_allclose(values, reported, atol=0.0005)


def test_intervals():
    """19 of 23 by Wilson's formula by hand: centre (x + z^2/2) / (n + z^2); the exact one is wider."""
    y, called = patients(19, 4, 24, 6)
    z2 = 1.959963985**2
    centre = (19 + z2 / 2) / (23 + z2)
    half = np.sqrt(z2) / (23 + z2) * np.sqrt(19 * 4 / 23 + z2 / 4)
    wilson = diagnostic_performance(y, called)["sensitivity"]
    assert (wilson.ci_low, wilson.ci_high) == pytest.approx((centre - half, centre + half), rel=1e-8)
    exact = diagnostic_performance(y, called, "clopper_pearson")["sensitivity"]
    assert exact.ci_low < wilson.ci_low
    assert exact.ci_high > wilson.ci_high


def test_nobody_is_called_positive():
    found = diagnostic_performance(*patients(0, 5, 7, 0))
    assert found["sensitivity"].estimate == 0
    assert np.isnan([found["ppv"].estimate, found["ppv"].ci_low, found["ppv"].ci_high]).all()


def test_faults():
    with pytest.raises(
        InputError, match=r"wilson or clopper_pearson, found 'wilsons'. Did you mean 'wilson'"
    ):
        diagnostic_performance(*patients(1, 1, 1, 1), "wilsons")
    with pytest.raises(InputError, match=r"a call for each case, found 3 for 4"):
        counts_of(np.array([1, 0, 1, 0]), np.array([1, 0, 1]))
