"""Grids of pictures: a tile a picture at its place, maps over them, nothing to show said."""

import numpy as np
import pytest

from scripts.report.figures.picture_grid import Tile, draw_picture_grid
from scripts.report.figures.style import new_figure, save_svg

PICTURE = np.linspace(0, 1, 20).reshape(4, 5)


def test_tiles_stand_where_they_are_given(tmp_path):
    figure = new_figure(80, 60)
    rows = [
        [Tile(PICTURE), None],
        [Tile(PICTURE * 2, limits=None), Tile(PICTURE, map=PICTURE, mask=PICTURE > 0.5)],
    ]
    draw_picture_grid(figure, rows, ["first", "second"], ["left", "right"])
    images = [len(axes.images) for axes in figure.axes]
    assert images == [1, 0, 1, 2]
    assert figure.axes[0].get_ylabel() == "first"
    assert figure.axes[1].get_title() == "right"
    # without limits a tile is shown between its own extremes
    assert figure.axes[2].images[0].get_clim() == pytest.approx((0, 2))
    save_svg(figure, tmp_path / "a.svg")


def test_a_map_is_scaled_to_its_own_largest_value():
    figure = new_figure(40, 40)
    draw_picture_grid(figure, [[Tile(PICTURE, map=np.clip(PICTURE - 0.5, -1, None) * 8)]])
    shown = figure.axes[0].images[1].get_array()
    assert shown.max() == pytest.approx(1.0)
    assert shown.min() == 0.0


def test_nothing_to_show_is_said():
    figure = new_figure(40, 40)
    draw_picture_grid(figure, [])
    assert "no pictures" in figure.axes[0].texts[0].get_text()
