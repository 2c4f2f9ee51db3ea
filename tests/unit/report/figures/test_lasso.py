"""LASSO figures from small paths."""

import numpy as np

from scripts.report.figures.lasso import draw_coefficient_paths, draw_cross_validation
from scripts.report.figures.style import new_figure, save_svg

LAMBDAS = np.exp([-1.0, -2.0, -3.0])
PATHS = np.array([[0, 0, 0], [0.2, 0, 0], [0.5, -0.3, 0]])
NAMES = ["original_glrlm_RunVariance", "original_glcm_MCC", "original_shape_MeshVolume"]


def test_cross_validation_curve(tmp_path):
    figure = new_figure(85, 75)
    draw_cross_validation(figure, LAMBDAS, [10, 9, 9.5], [0.5, 0.4, 0.6], [0, 1, 2], LAMBDAS[1], LAMBDAS[0])
    save_svg(figure, tmp_path / "x.svg")
    axes = figure.axes[0]
    points = axes.lines[0]
    np.testing.assert_allclose(points.get_xdata(), [-1, -2, -3])
    np.testing.assert_allclose(points.get_ydata(), [10, 9, 9.5])
    bars = axes.collections[0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[9.5, 10.5], [8.6, 9.4], [8.9, 10.1]])
    texts = [t.get_text() for t in axes.get_legend().get_texts()]
    assert texts == ["λ.min = 0.135 (1 feature)", "λ.1se = 0.368 (0 features)"]
    (upper,) = axes.child_axes
    assert {
        float(x): t.get_text() for x, t in zip(upper.get_xticks(), upper.get_xticklabels(), strict=True)
    } == {
        -1: "0",
        -2: "1",
        -3: "2",
    }
    assert axes.get_xlabel() == "log λ"
    assert upper.get_xlabel() == "Number of features"


def paths(tmp_path, chosen, **kwargs):
    figure = new_figure(85, 90)
    draw_coefficient_paths(figure, LAMBDAS, PATHS, NAMES, chosen, **kwargs)
    save_svg(figure, tmp_path / "x.svg")
    return figure.axes[0], [t.get_text() for t in figure.legends[0].get_texts()]


def test_selected_paths_are_named_largest_first(tmp_path):
    axes, texts = paths(tmp_path, LAMBDAS[2])
    assert texts == ["GLRLM run variance (0.500)", "GLCM MCC (−0.300)"]
    named = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert named["GLCM MCC (−0.300)"] == [0, 0, -0.3]


def test_a_single_feature_leaves_the_others_grey(tmp_path):
    axes, texts = paths(tmp_path, LAMBDAS[1])
    assert texts == ["GLRLM run variance (0.200)"]
    assert sum(line.get_color() == "#D9D9D9" for line in axes.lines) == 1


def test_no_feature_selected(tmp_path):
    assert paths(tmp_path, LAMBDAS[0])[1] == ["no feature has a coefficient at this penalty"]


def test_more_features_than_names(tmp_path):
    assert paths(tmp_path, LAMBDAS[2], most_named=1)[1] == ["GLRLM run variance (0.500)", "and 1 more"]
