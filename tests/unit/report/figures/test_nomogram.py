"""Nomograms: places of ticks, labels that do not touch."""

import itertools

import numpy as np
import pytest

from scripts.report.figures.nomogram import Scale, draw_nomogram
from scripts.report.figures.style import new_figure, save_svg

STAGE = Scale("TNM stage", (0, 25, 50, 100), ("I", "II", "III", "IV"))
OUTCOME = Scale("3-year DFS", (40, 80, 120), ("0.9", "0.7", "0.5"))


def drawn(covariates, outcomes, total, path=None):
    figure = new_figure(178, 90)
    draw_nomogram(figure, covariates, outcomes, total)
    if path:
        save_svg(figure, path)
    return figure


def positions(figure):
    return {text.get_text(): text.get_position() for text in figure.axes[0].texts}


def test_scales_from_points_to_outcomes(tmp_path):
    figure = drawn([STAGE], [OUTCOME], 150, tmp_path / "x.svg")
    at = positions(figure)
    rows = [at[name][1] for name in ("Points", "TNM stage", "Total points", "3-year DFS")]
    assert rows == sorted(rows)
    assert [at[name][0] for name in ("II", "III", "IV")] == [0.25, 0.5, 1.0]
    # total points run to 160, the next round step over 150; outcomes lie on that scale
    assert at["160"][0] == 1.0
    assert [at[name][0] for name in ("0.9", "0.7", "0.5")] == pytest.approx([40 / 160, 80 / 160, 120 / 160])


def test_ticks_outside_total_points_are_left_out_and_an_empty_scale_says_so(tmp_path):
    at = positions(
        drawn([STAGE], [Scale("DFS", (-20, 60, 300), ("0.99", "0.5", "0.1"))], 100, tmp_path / "x.svg")
    )
    assert "0.5" in at
    assert "0.99" not in at
    assert "0.1" not in at
    assert "outside the range of total points" in positions(
        drawn([STAGE], [Scale("DFS", (300,), ("0.1",))], 100)
    )


def test_ticks_at_one_place_share_a_label(tmp_path):
    at = positions(
        drawn([Scale("Grade", (0, 0, 40), ("high", "moderate", "low"))], [], 100, tmp_path / "x.svg")
    )
    assert "high, moderate" in at


def test_no_two_labels_touch(tmp_path):
    crowded = Scale("Rad-score", tuple(range(0, 101, 1)), tuple(f"−{v / 100:.2f}" for v in range(101)))
    tight = Scale("5-year DFS", tuple(np.linspace(50, 60, 9)), tuple(f"0.{v}" for v in range(10, 19)))
    figure = drawn([STAGE, Scale("Sex", (0, 1), ("female", "male")), tight], [tight], 200, tmp_path / "x.svg")
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    dense = drawn([crowded], [], 100)
    labels = [t.get_window_extent() for t in dense.axes[0].texts if t.get_text().startswith("−")]
    assert 50 < len(labels) <= 101  # ticks that find no room keep no label
    assert {"−0.00", "−1.00"} <= {t.get_text() for t in dense.axes[0].texts}
    assert not any(a.overlaps(b) for a, b in itertools.combinations(labels, 2))


def test_nothing_is_drawn_outside_the_figure(tmp_path):
    figure = drawn(
        [STAGE, Scale("A covariate of a long name (per unit)", (0, 100), ("lowest value", "highest"))],
        [OUTCOME],
        150,
        tmp_path / "x.svg",
    )
    inside = figure.bbox
    for box in [text.get_window_extent() for text in figure.axes[0].texts]:
        assert inside.x0 <= box.x0 <= box.x1 <= inside.x1
        assert inside.y0 <= box.y0 <= box.y1 <= inside.y1


def test_a_figure_too_low_grows():
    figure = new_figure(178, 10)
    draw_nomogram(figure, [STAGE], [OUTCOME], 150)
    assert figure.get_figheight() * 25.4 > 20


def test_a_model_without_covariates_or_points(tmp_path):
    assert "Total points" in positions(drawn([], [], 0.0, tmp_path / "x.svg"))
