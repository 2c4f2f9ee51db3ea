"""`scripts.survival.time_roc` against the R package survivalROC 1.0.3.1, and Uno's AUC against time_roc.R.

Closed formulae, 1e-10 relative; true and false positives near 0 are differences of numbers near 1: 1e-12
absolute.

For the nearest-neighbour estimate survivalROC.C takes the neighbours of the smallest marker value from the
middle of the sample, and cuts through patients of equal marker by their order in the table, so that turning
the rows round changes its AUC. `NNE_mended` holds the values with neighbours chosen by mid-rank (time_roc.R).
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.time_roc import ipcw_auc, time_dependent_roc, youden_cutoff

MARKERS = ["marker", "marker_coarse", "tnm"]


@pytest.fixture(params=["primary", "validation"])
def cohort(request, read_input, read_expected):
    return read_input(request.param), read_expected("time_roc")[request.param]


def curve_of(table, marker, months, method):
    columns = (table["time"].to_numpy(), table["event"].to_numpy(), table[marker].to_numpy(float))
    return time_dependent_roc(*columns, months, method=method)


@pytest.mark.parametrize("method", ["KM", "NNE"])
@pytest.mark.parametrize("months", [36, 60])
@pytest.mark.parametrize("marker", MARKERS)
def test_curve(cohort, marker, months, method, agree):
    table, expected = cohort
    expected = expected[marker][str(months)]["NNE_mended" if method == "NNE" else "KM"]
    curve = curve_of(table, marker, months, method)
    assert (curve.cutoffs[0], curve.true_positive[0], curve.false_positive[0]) == (-np.inf, 1, 1)
    np.testing.assert_array_equal(curve.cutoffs[1:], expected["cutoffs"])
    for quantity in ("true_positive", "false_positive"):
        obtained = getattr(curve, quantity)[1:]
        agree(f"time roc: {method} {quantity}", obtained, expected[quantity], relative=1e-10, absolute=1e-12)
    agree(f"time roc: {method} auc", curve.auc, expected["auc"], relative=1e-10)
    agree(f"time roc: {method} survival", curve.survival, expected["survival"], relative=1e-10)


@pytest.mark.parametrize("months", [36, 60])
def test_joint_survival_of_survivalroc(cohort, months, agree):
    """Without ties, S(c, t) = FP(c) S(t) above the smallest value is survivalROC.C's own."""
    table, expected = cohort
    shipped = expected["marker"][str(months)]["NNE"]
    curve = curve_of(table, "marker", months, "NNE")
    in_r = np.array(shipped["false_positive"]) * shipped["survival"]
    obtained = curve.false_positive[1:] * curve.survival
    agree("time roc: NNE joint survival", obtained, in_r, relative=1e-10, absolute=1e-12)


@pytest.mark.parametrize("months", [36, 60])
def test_youden_cutoff(cohort, months):
    table, expected = cohort
    for marker in MARKERS:
        curve = curve_of(table, marker, months, "KM")
        assert youden_cutoff(curve) == expected[marker][str(months)]["youden_KM"]


@pytest.mark.parametrize("marker", MARKERS)
def test_ipcw_auc(cohort, marker, agree):
    table, expected = cohort
    obtained = ipcw_auc(
        table["time"].to_numpy(), table["event"].to_numpy(), table[marker].to_numpy(float), [36, 60],
        n_bootstrap=5, generator=np.random.default_rng(1),
    )  # fmt: skip
    in_r = [expected[marker][months]["ipcw_auc"] for months in ("36", "60")]
    agree("time roc: ipcw auc", obtained["auc"], in_r, relative=1e-10)
