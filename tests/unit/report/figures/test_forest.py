"""Forest plots and rivals."""

import numpy as np
import pandas as pd

from scripts.report.figures.forest import draw_forest, draw_rivals
from scripts.report.figures.style import new_figure, save_svg

NAMES = ["label", "hazard_ratio", "ci_low", "ci_high", "p_value", "group"]
ESTIMATES = pd.DataFrame(
    [
        ("Rad-score", 5.35, 2.14, 13.39, 0.0002, "Primary"),
        ("TNM stage", 2.3, 1.62, 300, 0.03, "Primary"),
        ("Sex", np.nan, np.nan, np.nan, np.nan, "Validation"),
    ],
    columns=NAMES,
)


def texts(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def drawn(path, draw, *args, **kwargs):
    figure = new_figure(150, 60)
    draw(figure, *args, **kwargs)
    save_svg(figure, path)
    return figure.axes


def test_rows_groups_numbers_and_arrows(tmp_path):
    axes, beside = drawn(tmp_path / "x.svg", draw_forest, ESTIMATES)
    labels = axes.get_yticklabels()
    assert [t.get_text() for t in labels] == ["Primary", "Rad-score", "TNM stage", "Validation", "Sex"]
    assert [t.get_fontweight() for t in labels] == ["bold", "normal", "normal", "bold", "normal"]
    assert texts(beside) == [
        "Hazard ratio (95% CI)", "5.35 (2.14–13.39)", "2.30 (1.62–300.00)", "–", "P", "<0.001", "0.03", "–",
    ]  # fmt: skip
    assert axes.get_xscale() == "log"
    points = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "s"]
    assert points == [(5.35, 1), (2.3, 2)]
    arrows = [(line.get_marker(), line.get_ydata()[0]) for line in axes.lines if line.get_marker() in "<>"]
    assert arrows == [(">", 2)]
    assert axes.get_xlim()[1] == 50


def test_columns_lie_beside_the_axes(tmp_path):
    axes, beside = drawn(tmp_path / "x.svg", draw_forest, ESTIMATES.drop(columns="group"))
    figure = axes.get_figure(root=True)
    right = axes.get_window_extent().x1
    for text in beside.texts:
        box = text.get_window_extent()
        assert box.x0 >= right
        assert box.x1 <= figure.bbox.x1
    heads = [t.get_window_extent() for t in beside.texts if t.get_text() in ("Hazard ratio (95% CI)", "P")]
    assert heads[0].x1 < heads[1].x0


def test_forest_of_nothing(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", draw_forest, ESTIMATES.iloc[:0])
    assert texts(axes) == ["no estimates"]


def test_forest_without_a_finite_estimate(tmp_path):
    axes, _ = drawn(tmp_path / "x.svg", draw_forest, ESTIMATES.iloc[2:])
    assert not [line for line in axes.lines if line.get_marker() == "s"]


def test_rivals_by_cohort(tmp_path):
    rivals = pd.DataFrame(
        [
            (m, 0.6 + i / 10, 0.5, 0.9, c)
            for i, m in enumerate(("TNM", "Cox"))
            for c in ("Primary", "Validation")
        ],
        columns=["model", "estimate", "ci_low", "ci_high", "cohort"],
    )
    (axes,) = drawn(tmp_path / "x.svg", draw_rivals, rivals)
    first, second = axes.containers
    np.testing.assert_allclose(first.lines[0].get_xdata(), [0.6, 0.7])
    np.testing.assert_allclose(first.lines[0].get_ydata(), [-0.15, 0.85])
    assert first.lines[0].get_marker() != second.lines[0].get_marker()
    assert (second.lines[0].get_ydata() > first.lines[0].get_ydata()).all()
    assert [t.get_text() for t in axes.get_yticklabels()] == ["TNM", "Cox"]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["Primary", "Validation"]
    segments = first.lines[2][0].get_segments()
    np.testing.assert_allclose([s[:, 0] for s in segments], [[0.5, 0.9], [0.5, 0.9]])


def test_rivals_without_cohorts_missing_and_none(tmp_path):
    rivals = pd.DataFrame(
        {"model": ["A", "B"], "estimate": [0.6, np.nan], "ci_low": [np.nan, 0], "ci_high": [np.nan, 1]}
    )
    (axes,) = drawn(tmp_path / "x.svg", draw_rivals, rivals)
    assert axes.get_legend() is None
    assert len(axes.containers[0].lines[0].get_xdata()) == 1
    (axes,) = drawn(tmp_path / "y.svg", draw_rivals, rivals.iloc[:0])
    assert texts(axes) == ["no models"]
