"""Rows of a registration's pictures."""

import numpy as np
import pytest

from scripts.report.figures.registration import (
    PANELS,
    RegistrationSlice,
    checkerboard,
    draw_registrations,
    jacobian_reach,
)
from scripts.report.figures.style import new_figure, save_svg


def case(rows=30, columns=40, spacing=(0.5, 2.0), jacobian=None, **kwargs):
    mask = np.zeros((rows, columns), np.uint8)
    mask[10:20, 10:30] = 1
    later = np.zeros_like(mask)
    later[12:18, 14:26] = 1
    images = [np.full((rows, columns), value) + np.arange(columns) for value in (0.0, 100.0, 200.0)]
    change = np.ones((rows, columns)) if jacobian is None else jacobian
    return RegistrationSlice(*images, change, mask, later, mask, spacing, **kwargs)


def drawn(path, cases, **kwargs):
    figure = new_figure(178, 60)
    draw_registrations(figure, cases, **kwargs)
    save_svg(figure, path)
    return figure


def corners(contours):
    path = np.concatenate([p.vertices for p in contours.get_paths()])
    return [path[:, 0].min(), path[:, 0].max(), path[:, 1].min(), path[:, 1].max()]


def test_five_pictures_of_a_case_under_one_window(tmp_path):
    figure = drawn(tmp_path / "x.svg", [case(title="SIM-0001", note="Dice 0.5")], aspect=1 / 3)
    axes = figure.axes[:5]
    assert [a.get_title() for a in axes] == list(PANELS)
    clims = {a.images[0].get_clim() for a in axes}
    assert len(clims) == 1
    assert axes[0].images[0].get_extent() == [-0.25, 19.75, 59.0, -1.0]  # 40 x 0.5 mm by 30 x 2 mm
    assert axes[0].get_ylim()[0] > axes[0].get_ylim()[1]
    texts = [text.get_text() for text in figure.texts]
    assert "SIM-0001" in texts
    assert "Dice 0.5" in texts
    (bar,) = axes[0].lines
    assert np.ptp(bar.get_xdata()) == 20


def test_outlines_lie_between_the_pixels_inside_and_outside(tmp_path):
    axes = drawn(tmp_path / "x.svg", [case()], aspect=1 / 3).axes
    baseline = [4.75, 14.75, 19.0, 39.0]  # x 9.5 and 29.5 pixels of 0.5 mm, y 9.5 and 19.5 of 2 mm
    later = [6.75, 12.75, 23.0, 35.0]
    assert corners(axes[0].collections[0]) == baseline
    assert [corners(c) for c in axes[1].collections] == [baseline, later]
    assert [corners(c) for c in axes[2].collections] == [baseline, baseline]
    assert axes[1].collections[0].get_linestyle() != axes[1].collections[1].get_linestyle()


def test_halving_and_doubling_are_equally_far_from_white(tmp_path):
    jacobian = np.ones((30, 40))
    jacobian[:, :10], jacobian[:, 30:] = 0.5, 2.0
    axes = drawn(tmp_path / "x.svg", [case(jacobian=jacobian)], aspect=1 / 3).axes
    picture = axes[4].images[1]
    assert picture.get_clim() == (-1.0, 1.0)
    np.testing.assert_allclose(picture.get_array()[0, [0, 20, 39]], [-1, 0, 1])
    colours = picture.cmap(picture.norm(np.array([-0.8, 0.0, 0.8])))[:, :3]
    darkness = 1 - colours.mean(axis=1)
    assert darkness[1] < 0.05
    assert darkness[0] == pytest.approx(darkness[2], abs=0.12)
    scale = axes[-1]
    assert scale.get_ylabel() == "volume after / before"
    assert [t.get_text() for t in scale.get_yticklabels()] == ["0.5", "0.7", "1", "1.4", "2"]


def test_the_scale_holds_nearly_all_values_within_its_limits():
    assert jacobian_reach([np.full((9, 9), 0.9)]) == 2.0
    assert jacobian_reach([np.full((9, 9), 1 / 3)]) == pytest.approx(3.0)
    assert jacobian_reach([np.full((9, 9), 0.01), np.ones((9, 9))]) == 4.0
    assert jacobian_reach([]) == 2.0


def test_a_checkerboard_takes_squares_by_turns():
    board = checkerboard(np.zeros((4, 8)), np.ones((4, 8)), squares=4)
    assert board[0].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert board[2].tolist() == [1, 1, 0, 0, 1, 1, 0, 0]


def test_a_view_is_cut_to_its_shape_about_its_centre(tmp_path):
    axes = drawn(tmp_path / "x.svg", [case(spacing=(1.0, 1.0))], aspect=2.0).axes
    assert axes[0].images[0].get_array().shape == (20, 40)
    assert axes[0].get_ylim() == (19.5, -0.5)
    tall = drawn(tmp_path / "y.svg", [case(spacing=(1.0, 1.0))], aspect=0.5).axes[0].images[0].get_array()
    assert tall.shape == (30, 15)
    np.testing.assert_array_equal(tall[0], np.arange(12, 27))  # (40 - 15) // 2


def test_many_cases_are_rows_with_heads_once(tmp_path):
    figure = drawn(tmp_path / "x.svg", [case(title=name) for name in "ABC"], aspect=1.35)
    assert len(figure.axes) == 3 * 5 + 1
    assert [a.get_title() for a in figure.axes[5:15]] == [""] * 10
    tops = [figure.axes[5 * row].get_position().y1 for row in range(3)]
    assert tops == sorted(tops, reverse=True)


def test_no_case_says_so(tmp_path):
    drawn(tmp_path / "x.svg", [])
    assert (tmp_path / "x.svg").is_file()


def test_a_flat_image_and_an_empty_mask_are_drawn(tmp_path):
    flat = np.zeros((10, 10))
    none = np.zeros((10, 10), np.uint8)
    one = RegistrationSlice(flat, flat, flat, flat + 1, none, none, none, (1.0, 1.0))
    drawn(tmp_path / "x.svg", [one])
