"""The waterfall of scores."""

import numpy as np

from scripts.report.figures.score_distribution import draw_score_distribution
from scripts.report.figures.style import VERMILLION, new_figure, save_svg


def test_bars_in_order_with_counts(tmp_path):
    figure = new_figure(85, 60)
    draw_score_distribution(figure, [0.3, -0.2, -0.1, 0.1], [1, 0, np.nan, 0], -0.1, title="Primary")
    save_svg(figure, tmp_path / "x.svg")
    (axes,) = figure.axes
    bars = sorted((bar.get_x() + 0.45, bar.get_height()) for bar in axes.patches)
    np.testing.assert_allclose(bars, [(0, -0.2), (1, -0.1), (2, 0.1), (3, 0.3)])
    (red,) = [
        bar
        for bar in axes.patches
        if bar.get_facecolor()[:3] == tuple(int(VERMILLION[i : i + 2], 16) / 255 for i in (1, 3, 5))
    ]
    assert red.get_height() == 0.3
    assert [t.get_text() for t in axes.get_legend().get_texts()] == [
        "Recurrence (n = 1)",
        "No recurrence (n = 2)",
        "Unknown (n = 1)",
        "cut-off −0.100: 2 low risk, 2 high risk",
    ]
    assert [line.get_ydata()[0] for line in axes.lines] == [0, -0.1]
    assert axes.get_ylabel() == "Rad-score"
    assert axes.get_xlabel() == "Patients in order of rad-score"


def test_words_of_another_outcome_and_a_score_at_the_cutoff():
    figure = new_figure(85, 60)
    words = {"outcomes": ("Non-responder", "Responder"), "sides": ("called no", "called yes")}
    draw_score_distribution(figure, [-1.0, 0.5, 2.0], [0, 1, 1], 0.5, at_cutoff_high=True, **words)
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["Responder (n = 2)", "Non-responder (n = 1)", "cut-off 0.500: 1 called no, 2 called yes"]


def test_nobody(tmp_path):
    figure = new_figure(85, 60)
    draw_score_distribution(figure, [], [], 0.0)
    save_svg(figure, tmp_path / "x.svg")
    assert len(figure.axes[0].patches) == 0


def test_the_key_covers_no_bar(tmp_path):
    figure = new_figure(87, 62)
    draw_score_distribution(figure, np.linspace(0, 1, 100), [0, 1] * 50, 0.5)
    save_svg(figure, tmp_path / "x.svg")
    (axes,) = figure.axes
    key = axes.get_legend().get_window_extent()
    bars = [bar.get_window_extent() for bar in axes.patches]
    assert not any(bar.overlaps(key) for bar in bars)
