"""Files of figures: size, equal bytes, glyphs, no global state."""

import re

import matplotlib
import pytest

from scripts.errors import InputError
from scripts.report.figures.style import (
    COLOURS,
    drawing,
    in_style,
    legend_above,
    line_look,
    new_figure,
    say_empty,
    text_width_mm,
)


@in_style
def plot(figure, label="curve"):
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], label=label)
    axes.fill_between([0, 1], [0, 1], hatch="//")
    axes.set_xlabel("Time (months)")
    return axes


def test_svg_has_its_size_no_date_and_no_font(tmp_path):
    with drawing(tmp_path / "x.svg", 85, 60) as figure:
        plot(figure)
    text = (tmp_path / "x.svg").read_text()
    width, height = (float(v) for v in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', text).groups())
    assert width / 72 * 25.4 == pytest.approx(85, abs=0.01)
    assert height / 72 * 25.4 == pytest.approx(60, abs=0.01)
    assert "<dc:date>" not in text
    assert "<text" not in text


def test_equal_figures_give_equal_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        with drawing(tmp_path / name) as figure:
            plot(figure)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_settings_of_the_caller_neither_matter_nor_change(tmp_path):
    before = dict(matplotlib.rcParams)
    with drawing(tmp_path / "a.svg") as figure:
        plot(figure)
    assert dict(matplotlib.rcParams) == before
    with (
        matplotlib.rc_context({"font.size": 20, "svg.fonttype": "none"}),
        drawing(tmp_path / "b.svg") as figure,
    ):
        plot(figure)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_missing_glyph_is_named():
    with (
        pytest.raises(InputError, match=r"figure x.svg: .* found '漢' \(U\+6F22\)"),
        drawing("/nowhere/x.svg") as figure,
    ):
        plot(figure).set_title("漢")


def test_no_file_is_left_when_drawing_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), drawing(tmp_path / "x.svg"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_looks_differ_in_colour_or_dashes():
    looks = [str(line_look(i)) for i in range(35)]
    assert len(set(looks)) == 35
    assert len(set(COLOURS)) == 7


def test_legend_columns_follow_the_width():
    figure = new_figure(85, 60)
    axes = figure.subplots()
    for label in ("a", "b", "c"):
        axes.plot([0], [0], label=label)
    legend_above(axes)
    assert axes.get_legend()._ncols == 3
    other = new_figure(85, 60).subplots()
    for label in [f"{i} a long label that fills more than half" for i in range(4)]:
        other.plot([0], [0], label=label)
    legend_above(other)
    assert other.get_legend()._ncols == 1


def test_legend_above_of_nothing():
    axes = new_figure().subplots()
    legend_above(axes)
    assert axes.get_legend() is None


def test_text_width_grows_with_text_and_size():
    figure = new_figure()
    assert text_width_mm(figure, "mm", 8) == pytest.approx(2 * text_width_mm(figure, "m", 8), rel=0.1)
    assert text_width_mm(figure, "m", 16) == pytest.approx(2 * text_width_mm(figure, "m", 8), rel=0.1)


def test_empty_axes_say_so():
    axes = new_figure().subplots()
    say_empty(axes, "nothing here")
    assert [text.get_text() for text in axes.texts] == ["nothing here"]
