import numpy as np
import pytest

from scripts.report.figures.image_grid import Picture, draw_maps, draw_pictures
from scripts.report.figures.style import new_figure, save_svg


def test_pictures_keep_the_shape_of_their_pixels(tmp_path):
    figure = new_figure(120, 60)
    outline = np.zeros((4, 6), bool)
    outline[1:3, 2:4] = True
    row = [
        Picture(np.arange(24.0).reshape(4, 6), "a", (3.0, 1.0), outline=outline, box=(1, 2, 2, 3)),
        Picture(None),
        Picture(np.ones((2, 2)), "c", window=(0, 2)),
    ]
    draw_pictures(figure, [row, row[:1]])
    save_svg(figure, tmp_path / "x.svg")
    first = figure.axes[0]
    assert first.get_aspect() == 3
    assert first.get_title(loc="left") == "a"
    (frame,) = first.patches
    assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == (1.5, 0.5, 3, 2)
    assert figure.axes[2].images[0].get_clim() == (0, 2)
    assert not figure.axes[1].images


def test_maps_share_one_scale(tmp_path):
    figure = new_figure(120, 80)
    maps = [[np.full((3, 3), 0.2), None], [np.full((3, 3), 0.5), np.zeros((3, 3))]]
    draw_maps(figure, maps, ("MS", "NMOSD"), ("from above", "from the front"), "Share")
    save_svg(figure, tmp_path / "x.svg")
    shown = [axes.images[0].get_clim() for axes in figure.axes if axes.images]
    assert set(shown) == {(0, 0.5)}
    assert len(shown) == 3
    assert figure.axes[0].get_ylabel() == "MS"


@pytest.mark.parametrize(
    "draw", [lambda f: draw_pictures(f, []), lambda f: draw_maps(f, [[None]], "a", "b", "c")]
)
def test_nothing_to_show_is_said(draw, tmp_path):
    figure = new_figure()
    draw(figure)
    save_svg(figure, tmp_path / "x.svg")
    assert any("no " in text.get_text() for axes in figure.axes for text in axes.texts)
