"""Calibration figures from small tables."""

import numpy as np
import pandas as pd

from scripts.report.figures.calibration import draw_calibration
from scripts.report.figures.style import new_figure, save_svg

CURVE = pd.DataFrame(
    {
        "predicted": [0.5, 0.7, 0.9],
        "observed": [0.4, 0.75, 0.92],
        "ci_low": [0.2, 0.6, 0.8],
        "ci_high": [0.6, 0.9, 1.0],
    }
)


def drawn(path, curve, **kwargs):
    figure = new_figure(85, 85)
    draw_calibration(figure, curve, **kwargs)
    save_svg(figure, path)
    return figure.axes


def test_observed_corrected_diagonal_and_histogram(tmp_path):
    curve = CURVE.assign(corrected=[0.38, 0.7, 0.9])
    top, axes = drawn(
        tmp_path / "x.svg",
        curve,
        predicted=[0.5] * 3 + [0.9] * 7,
        months=60,
        title="Primary",
        texts=("slope 1",),
    )
    lines = {line.get_label(): line for line in axes.lines}
    np.testing.assert_allclose(lines["observed (95% CI)"].get_ydata(), CURVE["observed"])
    np.testing.assert_allclose(lines["corrected for optimism"].get_ydata(), curve["corrected"])
    diagonal = lines["perfect agreement"]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    bars = axes.collections[0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], CURVE[["ci_low", "ci_high"]])
    assert sum(bar.get_height() for bar in top.patches) == 10
    assert axes.get_xlabel() == "Predicted 5-year disease-free survival"
    assert axes.get_ylabel() == "Observed 5-year disease-free survival"


def test_without_correction_histogram_or_limits(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", CURVE.assign(ci_low=np.nan, ci_high=np.nan), months=36)
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["perfect agreement", "observed (95% CI)"]
    assert axes.get_xlabel().startswith("Predicted 3-year")


def test_columns_of_limits_may_be_absent(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", CURVE[["predicted", "observed"]])
    assert len(axes.lines) == 2


def test_no_group_at_all(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", CURVE.iloc[:0])
    assert len(axes.lines) == 1
    (axes,) = drawn(tmp_path / "y.svg", CURVE[["predicted"]])
    assert len(axes.lines) == 1
