"""CE, Sharp and Tönnis of hips drawn by hand; sides, signs, and what may be done to a film without changing an
angle.
"""

import math

import numpy as np
import pytest

from scripts.errors import CaseError
from scripts.papers.hip_dysplasia.angles import (
    angle_gradients,
    as_printed,
    propagated_covariances,
    signed_angles,
)
from scripts.papers.hip_dysplasia.names import ANGLES

# Pixels: x to the right, y downwards; the patient's right is on the left of the film, so outwards is -x on the
# right side. Right: edge 40 out and 40 up of the centre (CE 45), 60 out and 60 up of the lower edge (Sharp
# 45), level with the weight-bearing edge (Tönnis 0). Left: edge 10 inwards and 50 up (CE negative), roof
# falling to the outside (Tönnis negative).
POINTS = {
    "right": {"a": (100, 100), "b": (60, 60), "g": (120, 120), "w": (90, 60)},
    "left": {"a": (300, 100), "b": (290, 50), "g": (280, 120), "w": (270, 40)},
}
BY_HAND = {
    "right": {"ce": 45.0, "sharp": 45.0, "tonnis": 0.0},
    "left": {
        "ce": -math.degrees(math.atan(10 / 50)),
        "sharp": math.degrees(math.atan(70 / 10)),
        "tonnis": -math.degrees(math.atan(10 / 20)),
    },
}


def film(points=POINTS):
    return {side: {name: np.array(p, float) for name, p in own.items()} for side, own in points.items()}


def mapped(points, matrix, shift=(0, 0)):
    return {
        side: {name: np.asarray(matrix) @ p + np.asarray(shift) for name, p in own.items()}
        for side, own in points.items()
    }


def same(found, expected, tolerance=1e-9):
    for side in ("right", "left"):
        assert found[side] == pytest.approx(expected[side], abs=tolerance)


def test_angles_by_hand_with_their_sign_and_side():
    same(signed_angles(film()), BY_HAND)


def test_magnitudes_are_what_equations_1_to_3_give():
    points, found = film(), signed_angles(film())

    def arccos(u, v):
        return math.degrees(math.acos(u @ v / np.hypot(*u) / np.hypot(*v)))

    up = np.array([0.0, -1.0])  # c lies above a: both centres are level here
    other = {"right": "left", "left": "right"}
    for side in ("right", "left"):
        p, across = points[side], points[side]["g"] - points[other[side]]["g"]
        printed = {
            "ce": arccos(up, p["b"] - p["a"]),
            "sharp": arccos(p["b"] - p["g"], across),
            "tonnis": arccos(p["b"] - p["w"], across),
        }
        assert {angle: as_printed(found[side][angle]) for angle in ANGLES} == pytest.approx(printed)


@pytest.mark.parametrize("degrees", [3, 90, 180, -137])
def test_turning_and_scaling_and_moving_change_nothing(degrees):
    turn = math.radians(degrees)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    same(signed_angles(mapped(film(), 2.7 * rotation, (500, -80))), BY_HAND)


def test_mirroring_changes_nothing_where_the_sides_keep_their_names():
    same(signed_angles(mapped(film(), [[-1, 0], [0, 1]], (640, 0))), BY_HAND)
    same(signed_angles(mapped(film(), [[1, 0], [0, -1]])), BY_HAND)


def test_out_is_away_from_the_other_hip_so_swapped_names_swap_the_rows_alone():
    found = signed_angles({"right": film()["left"], "left": film()["right"]})
    same(found, {"right": BY_HAND["left"], "left": BY_HAND["right"]})


def test_uneven_centres_turn_the_vertical_with_them():
    points = film()
    points["left"]["a"] = np.array(
        [300.0, 120.0]
    )  # the line of the centres falls by atan(20/200) to the left
    found = signed_angles(points)
    assert found["right"]["ce"] == pytest.approx(45 + math.degrees(math.atan(20 / 200)))
    assert found["right"]["sharp"] == pytest.approx(45)  # which goes by the line of the lower edges
    assert found["right"]["tonnis"] == pytest.approx(0)  # and so does Tönnis


def test_points_that_give_no_frame_are_refused():
    points = film()
    points["left"]["a"] = points["right"]["a"]
    with pytest.raises(CaseError, match="points 'a' of both sides apart, found them in one place"):
        signed_angles(points)
    points = film()
    points["left"]["w"] = np.array([270.0, 150.0])
    with pytest.raises(CaseError, match="both weight-bearing areas on one side"):
        signed_angles(points)


@pytest.mark.parametrize("name", ["b", "g", "w"])
def test_a_point_named_for_the_other_side_is_refused(name):
    points = film()
    points["left"][name], points["right"][name] = points["right"][name], points["left"][name]
    with pytest.raises(CaseError, match="of the left hip to the left of the right one's.*sides mixed up"):
        signed_angles(points)


def test_gradients_of_ce_by_hand():
    gradients = angle_gradients(film(), 1e-3)["right"]["ce"]
    # b is 56.57 pixels from a; moved across the line a-b the angle turns by 1/56.57 rad a pixel
    slope = math.degrees(1 / math.hypot(40, 40))
    outwards_down = np.array([-1, 1]) / math.sqrt(2)
    assert gradients["right", "b"] @ outwards_down == pytest.approx(slope, rel=1e-5)
    assert gradients["right", "b"] @ np.array([1, 1]) == pytest.approx(0, abs=1e-6)
    # the other centre, 200 pixels away, lifted by a pixel turns the vertical: towards b's side of it, less CE
    assert gradients["left", "a"] @ np.array([0, -1]) == pytest.approx(-math.degrees(1 / 200), rel=1e-5)
    np.testing.assert_allclose(gradients["right", "w"], 0, atol=1e-9)


def test_propagated_errors_are_those_of_drawn_errors():
    points, radius = film(), 40.0
    deviations = {"a": 0.004, "b": 0.02, "g": 0.025, "w": 0.03}
    found = propagated_covariances(points, deviations, radius)
    random, drawn = np.random.default_rng(0), []
    for _ in range(6000):
        moved = {
            side: {name: p + random.normal(0, deviations[name] * radius, 2) for name, p in own.items()}
            for side, own in points.items()
        }
        angles = signed_angles(moved)
        drawn.append([angles[side][angle] for side in ("right", "left") for angle in ANGLES])
    for k, side in enumerate(("right", "left")):
        own = np.array(drawn)[:, 3 * k : 3 * k + 3]
        sds = np.sqrt(found[side].diagonal())
        np.testing.assert_allclose(sds, own.std(axis=0), rtol=0.05)
        np.testing.assert_allclose(found[side] / np.outer(sds, sds), np.corrcoef(own.T), atol=0.05)
    assert abs(np.corrcoef(np.array(drawn)[:, :3].T)[0, 2]) > 0.2  # so that independence would be seen
