"""ROC figures from small curves."""

import numpy as np

from scripts.report.figures.roc import RocLine, draw_cutoff, draw_roc
from scripts.report.figures.style import new_figure, save_svg

MODEL = RocLine("Nomogram", [1, 0.5, 0], [1, 0.9, 0], 0.7, 0.61, 0.79)
STAGE = RocLine("TNM stage", [0, 1], [0, 1], 0.5)


def test_two_curves_with_areas(tmp_path):
    figure = new_figure(85, 85)
    draw_roc(figure, [MODEL, STAGE], title="Validation", texts=["difference 0.20"])
    save_svg(figure, tmp_path / "x.svg")
    (axes,) = figure.axes
    diagonal, model, stage, _ = axes.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    np.testing.assert_array_equal(model.get_xdata(), [0, 0.5, 1])
    np.testing.assert_array_equal(model.get_ydata(), [0, 0.9, 1])
    assert model.get_linestyle() != stage.get_linestyle()
    texts = [t.get_text() for t in axes.get_legend().get_texts()]
    assert texts == ["Nomogram\nAUC 0.70 (0.61–0.79)", "TNM stage\nAUC 0.50", "difference 0.20"]
    assert axes.get_xlabel() == "1 − specificity (false positive fraction)"
    assert axes.get_aspect() == 1.0


def test_no_curve(tmp_path):
    figure = new_figure()
    draw_roc(figure, [])
    save_svg(figure, tmp_path / "x.svg")
    assert len(figure.axes[0].lines) == 1


def test_cutoff_is_marked_with_what_it_does(tmp_path):
    figure = new_figure(85, 85)
    draw_cutoff(figure, MODEL, -0.077, 0.5, 0.9, others={"published": (-0.1, 0.6, 0.92)})
    save_svg(figure, tmp_path / "x.svg")
    (axes,) = figure.axes
    texts = [t.get_text() for t in axes.get_legend().get_texts()]
    assert texts == [
        "Nomogram, AUC 0.70 (0.61–0.79)",
        "Rad-score cut-off −0.077\nsensitivity 0.90, specificity 0.50",
        "published −0.100\nsensitivity 0.92, specificity 0.40",
    ]
    (youden,) = axes.collections
    np.testing.assert_array_equal(youden.get_segments()[0], [[0.5, 0.5], [0.5, 0.9]])
