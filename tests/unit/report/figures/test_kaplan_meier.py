"""Kaplan-Meier figures from small tables."""

import numpy as np
import pandas as pd
import pytest

from scripts.report.figures.kaplan_meier import draw_kaplan_meier
from scripts.report.figures.style import new_figure, save_svg

NAMES = ["months", "at_risk", "events", "censored", "survival", "ci_low", "ci_high"]
LOW = pd.DataFrame([(0, 4, 0, 0, 1, 1, 1), (10, 4, 0, 1, 1, 1, 1), (30, 3, 0, 3, 1, 1, 1)], columns=NAMES)
HIGH = pd.DataFrame(
    [(0, 3, 0, 0, 1, 1, 1), (6, 3, 1, 0, 2 / 3, 0.3, 1), (12, 2, 1, 1, 1 / 3, 0.07, 1)], columns=NAMES
)
AT_RISK = pd.DataFrame(
    [("low", 0, 4), ("low", 24, 3), ("high", 0, 3), ("high", 24, 0)], columns=["group", "months", "at_risk"]
)


def drawn(curves, at_risk=AT_RISK, path=None, **kwargs):
    figure = new_figure(85, 80)
    draw_kaplan_meier(figure, curves, at_risk, labels={"low": "Low risk", "high": "High risk"}, **kwargs)
    if path:
        save_svg(figure, path)
    return figure.axes


def test_steps_bands_marks_and_labels(tmp_path):
    axes, table = drawn(
        {"low": LOW, "high": HIGH}, texts=("HR 5.65", "P < 0.001"), title="Primary", path=tmp_path / "x.svg"
    )
    steps = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
    assert len(steps) == 2
    np.testing.assert_allclose(steps[1].get_ydata(), [1, 2 / 3, 1 / 3])
    assert steps[0].get_linestyle() != steps[1].get_linestyle()
    marks = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "|"]
    assert marks == [[10, 30], [12]]
    assert len(axes.collections) == 2
    assert axes.get_xlabel() == "Time (months)"
    assert axes.get_ylabel() == "Disease-free survival"
    assert list(axes.get_xticks()) == [0, 24]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["Low risk", "High risk"]
    assert [t.get_text() for t in axes.texts] == ["HR 5.65\nP < 0.001"]
    assert axes.get_title(loc="left") == "Primary"
    assert [t.get_text() for t in table.texts] == ["4", "3", "3", "0", "No. at risk"]
    assert [t.get_text() for t in table.get_yticklabels()] == ["Low risk", "High risk"]


@pytest.mark.parametrize(("high", "corner"), [(0.9, (0.03, 0.03)), (0.1, (0.98, 0.97))])
def test_text_stands_where_curves_leave_room(high, corner):
    curve = pd.DataFrame(
        [(0, 9, 0, 0, 1, 1, 1), (1, 9, 1, 0, high, high, high), (30, 1, 0, 1, high, high, high)],
        columns=NAMES,
    )
    axes, _ = drawn({"high": curve}, texts=("HR",))
    assert axes.texts[0].get_position() == corner


def test_a_group_without_events_and_unknown_limits(tmp_path):
    unknown = LOW.assign(ci_low=np.nan, ci_high=np.nan)
    axes, _ = drawn({"low": unknown}, texts=("not estimable",), path=tmp_path / "x.svg")
    assert set(axes.lines[0].get_ydata()) == {1.0}


def test_a_group_without_patients(tmp_path):
    axes, table = drawn(
        {"low": LOW, "high": HIGH.iloc[:0]}, AT_RISK[AT_RISK["group"] == "low"], path=tmp_path / "x.svg"
    )
    assert len(axes.lines) == 4
    assert [t.get_text() for t in table.texts] == ["4", "3", "No. at risk"]
