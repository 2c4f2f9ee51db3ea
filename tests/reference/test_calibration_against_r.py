"""`scripts.survival.calibration` against rms (groupkm, calibrate.cph) and survival.

Groups are cut at quantiles of the predictions; calibrate() is given the same cuts and the same resamples.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.calibration import bootstrap_calibration, calibration_curve, calibration_slope


class Replay:
    """Stands in for a numpy Generator and deals out given resamples of the patients, one a call."""

    def __init__(self, resamples: np.ndarray) -> None:
        self.resamples = list(resamples)
        self.n = resamples.shape[1]

    def integers(self, low: int, high: int, size: int) -> np.ndarray:
        assert (low, high, size) == (0, self.n, self.n)
        return self.resamples.pop(0)


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("calibration")


@pytest.mark.parametrize("months", [36, 60])
@pytest.mark.parametrize("n_groups", [3, 5])
def test_bootstrap(months, n_groups, expected, read_input, agree):
    table = read_input("primary")
    in_r = expected[f"bootstrap_{months}_{n_groups}"]
    resamples = read_input("resamples_primary", header=None).to_numpy()
    replay = Replay(resamples)
    obtained = bootstrap_calibration(
        table[expected["columns"]].astype(float), table["time"].to_numpy(), table["event"].to_numpy(),
        months, n_groups, n_bootstrap=len(resamples), generator=replay,
    )  # fmt: skip
    assert not replay.resamples
    np.testing.assert_array_equal(obtained["n"], in_r["n"])
    np.testing.assert_array_equal(obtained["n_bootstrap"], in_r["n_bootstrap"])
    agree("calibration: mean predicted", obtained["predicted"], in_r["predicted"])
    agree("calibration: observed", obtained["observed"], in_r["observed"])
    agree("calibration: optimism", obtained["optimism"], in_r["optimism"], relative=0, absolute=1e-8)
    agree("calibration: corrected", obtained["corrected"], in_r["corrected"])


@pytest.mark.parametrize("months", [36, 60])
@pytest.mark.parametrize("n_groups", [3, 4])
def test_curve(months, n_groups, expected, read_input, agree):
    table = read_input("validation")
    in_r = expected[f"validation_{months}_{n_groups}"]
    survival = np.array(in_r["survival"])
    obtained = calibration_curve(
        table["time"].to_numpy(), table["event"].to_numpy(), survival, months, n_groups
    )
    np.testing.assert_array_equal(obtained["n"], in_r["n"])
    for column in ("predicted", "observed", "ci_low", "ci_high"):
        agree(f"calibration curve: {column}", obtained[column], in_r[column], relative=1e-10)


def test_slope(read_input, read_expected, agree):
    validation = read_input("validation")
    in_r = read_expected("cox")["calibration_slope"]
    linear_predictor = np.array(in_r["linear_predictor"])
    slope = calibration_slope(validation["time"].to_numpy(), validation["event"].to_numpy(), linear_predictor)
    for key in ("slope", "standard_error", "ci_low", "ci_high"):
        agree(f"calibration slope: {key}", slope[key], in_r[key])
