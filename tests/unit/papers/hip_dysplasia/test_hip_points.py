"""Points of a hip drawn by hand, the CCD angle of a hand-made femur, films turned and mirrored."""

import math

import numpy as np
import pytest

from scripts.errors import CaseError
from scripts.landmarks.landmark_table import Drawn
from scripts.papers.hip_dysplasia.angles import signed_angles
from scripts.papers.hip_dysplasia.hip_points import frame_of, hips_of
from scripts.papers.hip_dysplasia.neck_shaft import femoral_axes

RADIUS = 50.0
CENTRES = {"right": np.array([150.0, 200.0]), "left": np.array([450.0, 200.0])}


def arc(centre, radius, start, end, outside, n=181):
    """Points at angles from upwards, in degrees, positive to the outside (x direction `outside`)."""
    angles = np.radians(np.linspace(start, end, n))
    return centre + radius * np.column_stack([outside * np.sin(angles), -np.cos(angles)])


def film(flat=0.0):
    """Heads of radius 50 from the outside over the top to below; acetabula of radius 60 from 40 degrees
    outside to 120 inside.
    """
    contours = {}
    for side, centre in CENTRES.items():
        outside = -1 if side == "right" else 1
        head = arc(centre, RADIUS, 90, -210, outside)
        head[:, 1] = centre[1] + (head[:, 1] - centre[1]) * (1 - flat)
        contours[side, "femoral_head"] = Drawn(head)
        contours[side, "acetabulum"] = Drawn(arc(centre, 60, 40, -120, outside))
        contours[side, "weight_bearing_edge"] = Drawn(arc(centre, 60, -20, -20, outside, 1))
    return contours


def turned(contours, degrees, mirror=False, scale=1.0):
    turn = math.radians(degrees)
    matrix = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    if mirror:
        matrix = matrix @ np.diag([-1.0, 1.0])
    return {key: Drawn(drawn.points @ matrix.T + [700, 300], drawn.closed) for key, drawn in contours.items()}


def test_points_of_the_circle_and_of_the_acetabulum():
    _, hips = hips_of(film())
    right, centre = hips["right"], CENTRES["right"]
    np.testing.assert_allclose(right.points["d"], centre + [0, -50], atol=1e-9)
    np.testing.assert_allclose(right.points["e"], centre + [-50, 0], atol=1e-9)
    edge, lower = np.radians(40), np.radians(120)
    np.testing.assert_allclose(right.points["b"], centre + 60 * np.array([-np.sin(edge), -np.cos(edge)]))
    np.testing.assert_allclose(right.points["g"], centre + 60 * np.array([np.sin(lower), -np.cos(lower)]))
    f, e, g = right.points["f"], right.points["e"], right.points["g"]
    assert np.hypot(*(f - centre)) == pytest.approx(
        50, abs=0.02
    )  # on the contour, between two of its vertices
    along = (f - e) / np.hypot(*(f - e))
    np.testing.assert_allclose(along, (g - e) / np.hypot(*(g - e)), atol=1e-9)
    for circle in (right.three_point, right.least_squares):
        np.testing.assert_allclose(circle.centre, centre, atol=0.02)
        assert circle.radius == pytest.approx(50, abs=0.02)


def test_angles_of_the_drawn_film():
    _, hips = hips_of(film())
    angles = signed_angles({side: hip.points for side, hip in hips.items()})
    # edge at 40 degrees; b - w is a chord of the circle of radius 60 between 40 and -20: it falls outwards by
    # their mean, 10
    for side in ("right", "left"):
        assert angles[side]["ce"] == pytest.approx(40, abs=0.05)
        assert angles[side]["tonnis"] == pytest.approx(-10, abs=1e-6)
        # b - g is a chord between 40 and -120 degrees, whose mean is -40: it rises by 40
        assert angles[side]["sharp"] == pytest.approx(40, abs=1e-6)


@pytest.mark.parametrize(
    ("degrees", "mirror", "scale"), [(7, False, 1), (200, False, 0.3), (0, True, 1), (-95, True, 4)]
)
def test_a_turned_mirrored_or_scaled_film_gives_the_same_angles(degrees, mirror, scale):
    plain = hips_of(film(flat=0.06))[1]
    changed = hips_of(turned(film(flat=0.06), degrees, mirror, scale))[1]
    first = signed_angles({side: hip.points for side, hip in plain.items()})
    second = signed_angles({side: hip.points for side, hip in changed.items()})
    for side in ("right", "left"):
        assert second[side] == pytest.approx(first[side], abs=1e-6)
        assert changed[side].radius == pytest.approx(scale * plain[side].radius)


def test_along_the_rows_of_the_film_a_turned_film_gives_other_points():
    plain, tilted = film(flat=0.06), turned(film(flat=0.06), 8)
    pelvis = signed_angles({s: h.points for s, h in hips_of(tilted, "pelvis")[1].items()})
    rows = signed_angles({s: h.points for s, h in hips_of(tilted, "film")[1].items()})
    level = signed_angles({s: h.points for s, h in hips_of(plain, "film")[1].items()})
    assert pelvis["right"]["ce"] == pytest.approx(level["right"]["ce"], abs=1e-6)
    assert abs(rows["right"]["ce"] - level["right"]["ce"]) > 0.05


def test_the_least_squares_centre_is_a_choice():
    contours = film(flat=0.06)
    hip = hips_of(contours, centre="least_squares")[1]["left"]
    np.testing.assert_array_equal(hip.points["a"], hip.least_squares.centre)
    assert not np.allclose(hip.points["a"], hip.three_point.centre)


def test_points_drawn_for_themselves_come_before_the_contours():
    contours = film()
    contours["right", "lateral_edge"] = Drawn(np.array([[100.0, 150.0]]))
    contours["right", "lower_edge"] = Drawn(np.array([[190.0, 240.0]]))
    hip = hips_of(contours)[1]["right"]
    np.testing.assert_array_equal(hip.points["b"], [100, 150])
    np.testing.assert_array_equal(hip.points["g"], [190, 240])


def test_of_a_drawn_roof_the_inner_end_counts():
    contours = film()
    contours["left", "weight_bearing_edge"] = Drawn(arc(CENTRES["left"], 60, 30, -20, 1))
    plain = hips_of(film())[1]["left"].points["w"]
    np.testing.assert_allclose(hips_of(contours)[1]["left"].points["w"], plain)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop(("left", "femoral_head")), "expected the left femoral_head drawn"),
        (
            lambda c: c.update({("left", "weight_bearing_edge"): Drawn(np.array([[450.0, 290.0]]))}),
            "both weight-bearing areas above the centres of their heads, found one below",
        ),
        (
            lambda c: c.update({("right", "lower_edge"): Drawn(np.array([[40.0, 200.0]]))}),
            "cross the head's contour again",
        ),
        (lambda c: c.update({("left", "femoral_head"): c["right", "femoral_head"]}), "in one place"),
        (
            lambda c: c.update(
                {("left", "femoral_head"): Drawn(np.array([[400.0, 200], [450, 200], [500, 200]]))}
            ),
            r"found points on one line \(contour of the left femoral head\)",
        ),
        (
            # d and e are one point
            lambda c: c.update(
                {
                    ("left", "femoral_head"): Drawn(
                        np.array([[500.0, 150], [450, 200], [440, 260], [405, 200]])
                    )
                }
            ),
            r"three on one line \(uppermost, outermost and third point of the left femoral head\)",
        ),
    ],
)
def test_films_without_angles_say_why(change, message):
    contours = film()
    change(contours)
    with pytest.raises(CaseError, match=message):
        hips_of(contours)


def test_the_frame_is_along_the_line_of_both_heads():
    frame = frame_of(turned(film(), 30))
    np.testing.assert_allclose(
        frame.outside["left"], [math.cos(math.radians(30)), math.sin(math.radians(30))], atol=1e-9
    )
    np.testing.assert_allclose(frame.outside["right"], -frame.outside["left"])
    np.testing.assert_allclose(frame.up, [math.sin(math.radians(30)), -math.cos(math.radians(30))], atol=1e-9)


def femur(neck_degrees, shaft_degrees):
    """A femur of straight borders: head at the origin (radius 1), neck at an angle from upwards, shaft from
    its end downwards.
    """
    neck = np.array([math.sin(math.radians(neck_degrees)), -math.cos(math.radians(neck_degrees))])
    down = np.array([math.sin(math.radians(shaft_degrees)), -math.cos(math.radians(shaft_degrees))])
    over = np.array([neck[1], -neck[0]])
    side = np.array([-down[1], down[0]])
    root = 3.0 * neck
    return np.array(
        [
            0.9 * neck + 0.4 * over,
            2.2 * neck + 0.4 * over,
            root + 0.5 * side - 0.5 * down,
            root + 0.5 * side + 5 * down,
            root - 0.5 * side + 5 * down,
            root - 0.5 * side + 1.2 * down,
            2.2 * neck - 0.4 * over,
            0.9 * neck - 0.4 * over,
        ]
    )


@pytest.mark.parametrize(("neck", "shaft", "ccd"), [(130, 180, 130), (120, 186, 114), (145, 175, 150)])
def test_ccd_of_straight_borders(neck, shaft, ccd):
    contour, out, up = femur(neck, shaft), np.array([1.0, 0.0]), np.array([0.0, -1.0])
    # the neck points away from the head, so CCD is the angle between its reverse and the shaft: 180 - (shaft - neck)
    assert 180 - (shaft - neck) == ccd
    axes = femoral_axes(Drawn(contour), np.zeros(2), 1.0, out, up)
    assert axes.ccd == pytest.approx(ccd, abs=0.3)
    away, along = (np.array([math.sin(math.radians(d)), -math.cos(math.radians(d))]) for d in (neck, shaft))
    for point in axes.shaft:  # in the middle between both borders, on the line from the neck's end downwards
        assert (point - 3.0 * away) @ [-along[1], along[0]] == pytest.approx(0, abs=1e-9)
    mirrored = femoral_axes(Drawn(contour * [-1, 1]), np.zeros(2), 1.0, -out, up)
    assert mirrored.ccd == pytest.approx(axes.ccd)
    backwards = femoral_axes(Drawn(contour[::-1]), np.zeros(2), 1.0, out, up)
    assert backwards.ccd == pytest.approx(axes.ccd)
    closed = femoral_axes(Drawn(contour, True), np.zeros(2), 1.0, out, up)
    assert closed.ccd == pytest.approx(axes.ccd)


def test_a_femur_that_cannot_be_cut_says_so():
    contour, out, up = femur(130, 180), np.array([1.0, 0.0]), np.array([0.0, -1.0])
    with pytest.raises(CaseError, match="both borders of the neck at 30 radii"):
        femoral_axes(Drawn(contour), np.zeros(2), 1.0, out, up, neck_radii=[30])
    with pytest.raises(CaseError, match="both borders of the shaft 90 radii"):
        femoral_axes(Drawn(contour), np.zeros(2), 1.0, out, up, shaft_levels=[90, 1])
