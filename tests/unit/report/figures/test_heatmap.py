"""Correlation heatmaps."""

import numpy as np
import pandas as pd

from scripts.report.figures.heatmap import draw_heatmap
from scripts.report.figures.style import new_figure, save_svg

SETS = ["HALLMARK_GLYCOLYSIS", "HALLMARK_MYC_TARGETS_V1"]
FEATURES = ["original_glrlm_RunVariance", "original_glcm_MCC"]
R = pd.DataFrame([[0.42, -0.1], [np.nan, -0.38]], SETS, FEATURES)
P = pd.DataFrame([[0.0005, 0.4], [np.nan, 0.02]], SETS, FEATURES)


def drawn(path, r, p):
    figure = new_figure(120, 80)
    draw_heatmap(figure, r, p)
    save_svg(figure, path)
    return figure.axes


def test_colours_stars_and_names(tmp_path):
    axes, bar = drawn(tmp_path / "x.svg", R, P)
    mesh = axes.collections[0]
    np.testing.assert_allclose(np.ma.filled(mesh.get_array(), np.nan), R.to_numpy())
    assert mesh.get_clim() == (-0.5, 0.5)
    marks = {text.get_position()[0]: text.get_text() for text in axes.texts}
    assert marks == {0.5: "0.42***", 1.5: "−0.38*"}
    assert [t.get_text() for t in axes.get_yticklabels()] == ["Glycolysis", "MYC targets V1"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["GLRLM run variance", "GLCM MCC"]
    assert bar.get_ylabel() == "Pearson's r"
    assert axes.get_ylim() == (2, 0)


def test_p_values_are_matched_by_name(tmp_path):
    axes, _ = drawn(tmp_path / "x.svg", R, P.iloc[::-1, ::-1])
    assert {text.get_position()[0]: text.get_text() for text in axes.texts} == {
        0.5: "0.42***",
        1.5: "−0.38*",
    }


def test_a_single_feature(tmp_path):
    axes, _ = drawn(tmp_path / "x.svg", R.iloc[:1, :1], P)
    assert len(axes.texts) == 1


def test_an_empty_heatmap_says_so(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", R.iloc[:0], P.iloc[:0])
    assert [t.get_text() for t in axes.texts] == ["no gene set correlates with a feature at P < 0.05"]
    (axes,) = drawn(tmp_path / "y.svg", R.iloc[:, :0], P)
    assert len(axes.texts) == 1


def test_no_correlation_is_defined(tmp_path):
    axes, _ = drawn(tmp_path / "x.svg", R * np.nan, P)
    assert axes.collections[0].get_clim() == (-1, 1)


def test_many_columns_keep_the_stars_only(tmp_path):
    many = pd.concat([R.iloc[:1, :1].set_axis([f"f{i}"], axis=1) for i in range(9)], axis=1)
    axes, _ = drawn(tmp_path / "x.svg", many, many * 0)
    assert {text.get_text() for text in axes.texts} == {"***"}
