"""Planted against estimated."""

import numpy as np
import pandas as pd
import pytest

from scripts.report.figures.recovery import draw_recovery, draw_recovery_on_one_scale
from scripts.report.figures.style import new_figure, save_svg

TABLE = pd.DataFrame(
    [
        ("C-index", 0.78, 0.75, 0.70, 0.80),
        ("Slope", 1.0, 0.9, np.nan, np.nan),
        ("Unknown", 2.0, np.nan, np.nan, np.nan),
    ],
    columns=["quantity", "planted", "estimated", "ci_low", "ci_high"],
)


def drawn(path, table):
    figure = new_figure(140, 60)
    draw_recovery(figure, table)
    save_svg(figure, path)
    return figure.axes


def test_each_line_has_its_own_scale_and_numbers(tmp_path):
    axes, beside = drawn(tmp_path / "x.svg", TABLE)
    planted = [
        line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D" and len(line.get_xdata())
    ]
    assert planted[0] == pytest.approx(0.08 + 0.84 * 0.8)  # 0.78 between 0.70 and 0.80
    (interval,) = [line for line in axes.lines if line.get_marker() == "|" and len(line.get_xdata()) == 2]
    np.testing.assert_allclose(interval.get_xdata(), [0.08, 0.92])
    assert [t.get_text() for t in beside.texts] == [
        "Planted", "0.78", "1.00", "2.00", "Estimated (95% CI)", "0.75 (0.70–0.80)", "0.90", "–",
    ]  # fmt: skip
    assert [t.get_text() for t in axes.get_yticklabels()] == ["C-index", "Slope", "Unknown"]


def test_one_scale_holds_every_value_and_groups_have_headings(tmp_path):
    table = TABLE.iloc[:2].assign(group=["First", "Second"], planted=[0.78, 1.4])
    figure = new_figure(178, 60)
    draw_recovery_on_one_scale(figure, table)
    save_svg(figure, tmp_path / "x.svg")
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["First", "C-index", "Second", "Slope"]
    assert [t.get_fontweight() for t in axes.get_yticklabels()] == ["bold", "normal"] * 2
    low, high = axes.get_xlim()
    assert low < 0
    assert high > 1.4
    marks = [line for line in axes.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert [(*m.get_xdata(), *m.get_ydata()) for m in marks] == [(0.78, 1), (1.4, 3)]
    (interval,) = [line for line in axes.lines if line.get_marker() == "|" and len(line.get_xdata()) == 2]
    np.testing.assert_allclose(interval.get_xdata(), [0.70, 0.80])


def test_nothing_planted(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", TABLE.iloc[:0])
    assert [t.get_text() for t in axes.texts] == ["nothing was planted"]
