"""Example slices."""

import numpy as np
import pytest

from scripts.report.figures.cases import ExampleSlice, draw_cases, largest_slice
from scripts.report.figures.style import new_figure, save_svg


def drawn(path, cases, **kwargs):
    figure = new_figure(178, 50)
    draw_cases(figure, cases, **kwargs)
    save_svg(figure, path)
    return figure.axes


def case(**kwargs):
    mask = np.zeros((20, 40), bool)
    mask[5:10, 10:20] = True
    return ExampleSlice(np.zeros((20, 40)), mask, (0.5, 2.0), **kwargs)


def test_window_shape_and_outline(tmp_path):
    axes, empty, *_ = drawn(tmp_path / "x.svg", [case(title="P1"), case()], columns=2)
    image = axes.images[0]
    assert image.get_clim() == (-125, 225)
    assert image.get_extent() == [-0.25, 19.75, 39.0, -1.0]
    (outline,) = axes.collections
    path = np.concatenate([p.vertices for p in outline.get_paths()])
    # half way between the pixels inside and outside: x 9.5 and 19.5 pixels of 0.5 mm, y 4.5 and 9.5 of 2 mm
    assert (path[:, 0].min(), path[:, 0].max()) == (4.75, 9.75)
    assert (path[:, 1].min(), path[:, 1].max()) == (9.0, 19.0)
    (bar,) = axes.lines
    assert np.ptp(bar.get_xdata()) == 20
    assert axes.get_title() == ""
    assert axes.get_title(loc="left") == "P1"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_view_is_cut_around_the_mask(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", [case()], view_mm=10)
    assert axes.get_xlim() == pytest.approx((14.5 * 0.5 - 5, 14.5 * 0.5 + 5))
    assert axes.get_ylim() == pytest.approx((7 * 2.0 + 5, 7 * 2.0 - 5))


def test_a_mask_at_the_edge_is_closed_and_an_empty_one_drawn_without(tmp_path):
    edge = ExampleSlice(np.zeros((4, 4)), np.ones((4, 4)), (1.0, 1.0))
    empty = ExampleSlice(np.zeros((4, 4)), np.zeros((4, 4)), (1.0, 1.0))
    first, second = drawn(tmp_path / "x.svg", [edge, empty], view_mm=30)
    assert len(first.collections) == 1
    assert len(second.collections) == 0


def test_no_cases(tmp_path):
    (axes,) = drawn(tmp_path / "x.svg", [])
    assert [t.get_text() for t in axes.texts] == ["no cases"]


def test_largest_slice_and_ties():
    mask = np.zeros((4, 3, 3), bool)
    mask[1, :2, :2] = True
    mask[2, 1:, 1:] = True
    assert largest_slice(mask) == 1
