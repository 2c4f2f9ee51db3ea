"""Figures of classifiers: many ROC curves, the number of features, the null cohort."""

import numpy as np
import pandas as pd

from scripts.report.figures.multi_roc import draw_multi_roc
from scripts.report.figures.null_distribution import draw_null_distribution
from scripts.report.figures.roc import RocLine
from scripts.report.figures.selection_path import draw_selection_paths
from scripts.report.figures.style import new_figure, save_svg


def labels(figure):
    return [
        t.get_text()
        for axes in figure.axes
        if axes.get_legend()
        for t in axes.get_legend().get_texts()
    ]  # fmt: skip


def test_each_curve_is_named_with_its_area_and_runs_from_corner_to_corner(tmp_path):
    lines = [
        RocLine("One", [0, 0.2, 1], [0, 0.7, 1], 0.75, 0.6, 0.9),
        RocLine("Two", [1, 0.5, 0], [1, 0.6, 0], 0.55),
    ]
    figure = new_figure(150, 84)
    draw_multi_roc(figure, lines, "Set", "One", [(0.2, 0.7), (np.nan, np.nan)])
    assert labels(figure) == ["One\nAUC 0.75 (0.60–0.90)", "Two\nAUC 0.55"]
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    assert [(c.get_xdata()[0], c.get_xdata()[-1]) for c in curves] == [(0, 1), (0, 1)]
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [(*dot.get_xdata(), *dot.get_ydata()) for dot in dots] == [(0.2, 0.7)]
    save_svg(figure, tmp_path / "roc.svg")


def test_the_key_below_has_a_line_a_curve_and_lies_under_the_axes(tmp_path):
    figure = new_figure(88, 110)
    draw_multi_roc(figure, [RocLine("One", [0, 0.2, 1], [0, 0.7, 1], 0.75, 0.6, 0.9)], below=True)
    save_svg(figure, tmp_path / "roc.svg")
    assert labels(figure) == ["One, AUC 0.75 (0.60–0.90)"]
    square, key = (axes.get_position() for axes in figure.axes)
    assert key.y1 <= square.y0


def test_the_chosen_number_of_features_is_marked(tmp_path):
    path = pd.DataFrame(
        {"model": ["a"] * 3, "n_features": [3, 1, 2], "cv_auc": [0.6, 0.5, 0.8], "chosen": [False, False, True]}
    )  # fmt: skip
    figure = new_figure(178, 60)
    draw_selection_paths(figure, path, {"a": "Model A", "b": "not there"})
    axes = figure.axes[0]
    assert axes.get_title(loc="left") == "Model A"
    assert [text.get_text() for text in axes.texts] == ["2"]
    curve = next(line for line in axes.lines if line.get_marker() == "o")
    assert curve.get_xdata().tolist() == [1, 2, 3]
    save_svg(figure, tmp_path / "path.svg")


def test_the_null_cohort_names_means_and_true_labels(tmp_path):
    figure = new_figure(178, 76)
    draw_null_distribution(figure, {"inside": [0.4, 0.6], "before": [0.7, 0.9]}, {"inside": 0.65})
    assert labels(figure) == ["inside: mean 0.50", "inside, true labels: 0.65", "before: mean 0.80"]
    counts = sum(patch.get_height() for patch in figure.axes[0].patches)
    assert counts == 4
    save_svg(figure, tmp_path / "null.svg")


def test_no_shuffling_is_said():
    figure = new_figure()
    draw_null_distribution(figure, {}, {})
    assert figure.axes[0].texts[0].get_text() == "no shuffled labels"
