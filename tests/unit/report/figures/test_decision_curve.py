"""Decision curves."""

import pandas as pd
import pytest

from scripts.report.figures.decision_curve import draw_decision_curve
from scripts.report.figures.style import new_figure, save_svg

CURVES = pd.DataFrame(
    [
        (model, t, b)
        for model, v in (("nomogram", (0.2, 0.1)), ("treat all", (0.19, -0.5)), ("treat none", (0, 0)))
        for t, b in zip((0.1, 0.5), v, strict=True)
    ],
    columns=["model", "threshold", "net_benefit"],
)


def drawn(path, curves):
    figure = new_figure(85, 70)
    draw_decision_curve(figure, curves, months=60, title="Validation")
    save_svg(figure, path)
    return figure.axes[0]


def test_lines_labels_and_floor(tmp_path):
    axes = drawn(tmp_path / "x.svg", CURVES)
    assert [line.get_label() for line in axes.lines] == ["Nomogram", "Treat all", "Treat none"]
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 3
    assert axes.get_ylim() == pytest.approx((-0.05, 0.224))
    assert axes.get_xlabel() == "Threshold probability of recurrence by 5 years"


def test_the_references_are_known_in_any_case(tmp_path):
    lower, upper = (
        drawn(tmp_path / "x.svg", t).lines for t in (CURVES, CURVES.assign(model=CURVES.model.str.title()))
    )
    assert [line.get_color() for line in lower] == [line.get_color() for line in upper]


def test_no_curves(tmp_path):
    assert len(drawn(tmp_path / "x.svg", CURVES.iloc[:0]).lines) == 0
