import numpy as np
import pytest

from scripts.report.figures.box_plots import draw_box_plots, draw_paired_boxes
from scripts.report.figures.style import new_figure, save_svg


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_boxes_are_at_the_quartiles_and_count_who_is_known():
    figure = new_figure()
    draw_box_plots(figure, {"No": [1, 2, 3, 4, 5, np.nan], "Yes": [10, 20, 30]}, "value", p_value=0.03)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["No\n(n = 5)", "Yes\n(n = 3)"]
    box = axes.patches[0].get_path().vertices
    assert (box[:, 1].min(), box[:, 1].max()) == (2, 4)
    assert "P = 0.03" in texts(figure)


def test_every_value_is_a_dot():
    figure = new_figure()
    draw_box_plots(figure, {"a": [3.0, 1.0, 2.0]}, "value")
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert sorted(dots[0].get_ydata()) == [1.0, 2.0, 3.0]
    assert texts(figure) == []


@pytest.mark.parametrize(("p_value", "words"), [(0.0001, "P < 0.001"), (0.2, "P = 0.20")])
def test_pairs_are_joined_and_who_lacks_a_visit_is_left_out(p_value, words):
    figure = new_figure()
    draw_paired_boxes(figure, {"Group": ([1, 2, np.nan, 7], [3, 4, 5, np.nan])}, "value", [p_value])
    joined = [tuple(line.get_ydata()) for line in figure.axes[0].lines if line.get_linewidth() == 0.4]
    assert joined == [(1, 3), (2, 4)]
    assert words in texts(figure)
    assert "Group (n = 2)" in texts(figure)


def test_limits_of_the_axis_are_kept():
    figure = new_figure()
    draw_box_plots(figure, {"a": [0.6, 0.7]}, "value", limits=(0.48, 0.9))
    assert figure.axes[0].get_ylim() == (0.48, 0.9)


def test_nothing_to_show_is_said(tmp_path):
    figure = new_figure()
    draw_box_plots(figure, {"a": [np.nan]}, "value")
    assert texts(figure) == ["no values"]
    save_svg(figure, tmp_path / "empty.svg")


def test_equal_data_give_equal_bytes(tmp_path):
    for name in ("one", "two"):
        figure = new_figure()
        draw_box_plots(figure, {"a": np.arange(9.0), "b": np.arange(5.0)}, "value", 0.5, "title", 1.0)
        save_svg(figure, tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
