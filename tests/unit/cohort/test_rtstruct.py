"""Contours to masks: shapes whose voxels can be counted by hand, and contours that do not fit the image."""

from __future__ import annotations

import math

import matplotlib.path
import numpy as np
import pytest

from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.rtstruct import fill_contours
from scripts.volumes import Volume, reorient

TURN = math.radians(25)
OBLIQUE = (1, 0, 0, 0, math.cos(TURN), -math.sin(TURN), 0, math.sin(TURN), math.cos(TURN))
SAGITTAL = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)


def grid(direction=(1, 0, 0, 0, 1, 0, 0, 0, 1), size=(12, 10, 6)) -> Volume:
    """An anisotropic grid of x, y, z `size` whose origin is off zero."""
    return Volume(np.zeros(size[::-1], dtype=np.int16), (0.75, 0.5, 3.0), (-10.5, 20.25, 400.0), direction)


def outline(image: Volume, indices: list[tuple[float, float]], z: float) -> np.ndarray:
    """(n, 3) points in mm of an outline given in x and y indices of slice z."""
    points = np.array([(x, y, z) for x, y in indices]) * image.spacing
    return points @ image.axes.T + image.origin


def box(x0: float, x1: float, y0: float, y1: float) -> list[tuple[float, float]]:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), OBLIQUE, SAGITTAL])
def test_a_box_on_voxel_borders_fills_exactly_its_voxels(direction):
    image = grid(direction)
    contours = [outline(image, box(2.5, 7.5, 3.5, 5.5), z) for z in (1, 2, 4)]
    expected = np.zeros(image.array.shape, dtype=np.uint8)
    expected[[1, 2, 4], 4:6, 3:8] = 1
    filled = fill_contours(contours, image, "mask")
    assert filled.dtype == np.uint8
    np.testing.assert_array_equal(filled, expected)


def test_a_file_s_region_lies_where_its_points_are(tmp_path, write_series, write_structure):
    write_series(tmp_path / "ct", np.zeros((6, 10, 12), np.uint16), (0.75, 0.5, 3), (-10.5, 20.25, 400))
    image = read_image(tmp_path / "ct")
    path = write_structure(tmp_path / "rs.dcm", {"GTV": [outline(image, box(8.5, 9.5, 0.5, 1.5), 5)]})
    mask = read_mask(path, image, roi="GTV")
    assert np.argwhere(mask.array).tolist() == [[5, 1, 9]]  # z, y, x
    assert (mask.spacing, mask.origin, mask.direction) == (image.spacing, image.origin, image.direction)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_cylinder_holds_the_centres_within_its_radius(reverse):
    image = Volume(np.zeros((3, 60, 40), np.int16), (0.75, 0.5, 3.0), (-14.0, -14.9, 0.0))
    angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False)[:: -1 if reverse else 1]
    circle = np.column_stack([10 * np.cos(angles), 10 * np.sin(angles), np.full(2000, 3.0)])
    filled = fill_contours([circle], image, "mask")
    y, x = np.indices((60, 40))
    distance = np.hypot(x * 0.75 - 14.0, y * 0.5 - 14.9)
    assert np.abs(distance - 10).min() > 2e-4  # no centre so near that polygon and circle differ
    np.testing.assert_array_equal(filled[1], distance < 10)
    assert filled[[0, 2]].sum() == 0
    # area: 100 pi = 314.16 mm2 in pixels of 0.375 mm2
    assert filled.sum() * 0.375 == pytest.approx(100 * math.pi, rel=0.01)


def test_a_ring_has_a_hole_and_an_island_in_the_hole_is_filled():
    image = grid()
    boxes = [box(0.5, 10.5, 0.5, 8.5), box(2.5, 8.5, 2.5, 6.5), box(4.5, 5.5, 3.5, 4.5)]
    filled = fill_contours([outline(image, b, 2) for b in boxes], image, "mask")
    assert filled.sum() == 10 * 8 - 6 * 4 + 1
    assert filled[2, 4].tolist() == [0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0]


def test_a_keyhole_contour_has_a_hole():
    image = grid()
    outer, inner = box(0.5, 10.5, 0.5, 8.5), box(2.5, 8.5, 2.5, 6.5)
    keyhole = [*outer, outer[0], inner[0], *inner[::-1], outer[0]]
    assert fill_contours([outline(image, keyhole, 2)], image, "mask").sum() == 10 * 8 - 6 * 4


def test_regions_that_share_an_outline_share_no_voxel_and_leave_none_out():
    image = grid()
    # outlines through voxel centres: x = 2, 5, 8
    left = fill_contours([outline(image, box(2, 5, 1, 4), 0)], image, "mask")
    right = fill_contours([outline(image, box(5, 8, 1, 4), 0)], image, "mask")
    assert left[0, 1:4, 2:5].all()
    assert left.sum() == 9 == right.sum()
    assert (left + right).max() == 1
    assert (left + right)[0, 1:4, 2:8].all()


def test_a_slanted_outline_by_hand():
    # triangle (0,0) (4,0) (0,4): a centre is inside where x + y < 4, the outline's low sides included
    image = grid()
    filled = fill_contours([outline(image, [(0, 0), (4, 0), (0, 4)], 0)], image, "mask")
    assert filled[0, :4, :5].tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert filled.sum() == 10


@pytest.mark.parametrize("seed", range(5))
def test_random_outlines_agree_with_matplotlib(seed):
    generator = np.random.default_rng(seed)
    image = grid(size=(40, 30, 1))
    angles = np.sort(generator.uniform(0, 2 * np.pi, 25))
    radii = generator.uniform(4, 14, 25)
    points = np.column_stack([20 + radii * np.cos(angles), 15 + radii * np.sin(angles)])
    filled = fill_contours([outline(image, points.tolist(), 0)], image, "mask")
    y, x = np.indices((30, 40))
    centres = np.column_stack([x.ravel(), y.ravel()])
    expected = matplotlib.path.Path(points).contains_points(centres).reshape(30, 40)
    assert expected.sum() > 100
    np.testing.assert_array_equal(filled[0], expected)


def test_a_contour_stored_twice_counts_once_and_a_line_counts_nothing():
    image = grid()
    square = outline(image, box(2.5, 5.5, 2.5, 5.5), 1)
    line = outline(image, [(1, 1), (8, 8)], 1)
    assert fill_contours([square, square, line], image, "mask").sum() == 9
    assert fill_contours([line], image, "mask").sum() == 0


def test_a_contour_may_reach_half_a_voxel_past_the_image(refused):
    image = grid()
    filled = fill_contours([outline(image, box(-1, 12, -1, 10), 0)], image, "mask")
    assert filled[0].all()
    beyond = outline(image, box(2.5, 14, 2.5, 5.5), 0)
    words = (
        "contours inside the image",
        "points 1.875 mm beyond its edge along x",
    )  # 14 - 11.5 voxels of 0.75
    refused(lambda: fill_contours([beyond], image, "mask"), *words)
    below = outline(image, box(2.5, 5, -3, 5.5), 0)
    refused(lambda: fill_contours([below], image, "mask"), "points 1.250 mm beyond its edge along y")


def test_contours_between_slices_are_refused_with_the_distance(refused):
    image = grid()
    contours = [outline(image, box(2.5, 5.5, 2.5, 5.5), z) for z in (1, 2.4, 3.5)]
    found = "found 2 of 3 between slices, up to 1.500 mm from the nearest (slices are 3.000 mm apart)"
    refused(lambda: fill_contours(contours, image, "rs.dcm, ROI 'GTV'"), "rs.dcm, ROI 'GTV'", found)
    near = outline(image, box(2.5, 5.5, 2.5, 5.5), 2.08)
    assert fill_contours([near], image, "mask")[2].sum() == 9


def test_contours_beyond_the_image_are_refused_with_the_distance(refused):
    image = grid()
    contours = [outline(image, box(2.5, 5.5, 2.5, 5.5), z) for z in (4, 5, 6, 7)]
    found = "found 2 of 4 outside the image, up to 6.000 mm beyond its last slice"
    refused(lambda: fill_contours(contours, image, "mask"), found)
    before = outline(image, box(2.5, 5.5, 2.5, 5.5), -1)
    refused(lambda: fill_contours([before], image, "mask"), "1 of 1 outside the image, up to 3.000 mm")


def test_contours_across_the_slices_are_refused(refused):
    image = grid()
    upright = reorient(
        grid(SAGITTAL)
    ).axes  # the identity: contours drawn in axial planes of a sagittal image
    assert np.array_equal(upright, np.eye(3))
    sagittal = grid(SAGITTAL)
    points = np.array(sagittal.origin) + [(0, 0, 0), (6, 0, 0), (6, 2, 0), (0, 2, 0)]
    refused(lambda: fill_contours([points], sagittal, "mask"), "parallel to the slices", "cross 6.000 mm")
    tilted = outline(image, box(2.5, 5.5, 2.5, 5.5), 1) + [(0, 0, 0), (0, 0, 0), (0, 0, 0.7), (0, 0, 0.7)]
    refused(lambda: fill_contours([tilted], image, "mask"), "parallel to the slices", "cross 0.700 mm")


@pytest.fixture
def image(tmp_path, write_series) -> Volume:
    write_series(tmp_path / "ct", np.zeros((6, 10, 12), np.uint16), (0.75, 0.5, 3), (-10.5, 20.25, 400))
    return read_image(tmp_path / "ct")


def square(image: Volume, z: int = 2, low: float = 2.5) -> list[np.ndarray]:
    return [outline(image, box(low, 5.5, low, 5.5), z)]


def test_the_region_is_chosen_by_name(image, tmp_path, write_structure, refused):
    regions = {"GTV-1": square(image), "BODY": square(image, low=0.5), "drawn later": []}
    path = write_structure(tmp_path / "rs.dcm", regions)
    assert read_mask(path, image, roi="GTV-1").array.sum() == 9
    assert read_mask(path, image, roi="BODY").array.sum() == 25
    found = "found 2: 'GTV-1', 'BODY'. Name one of them."
    refused(lambda: read_mask(path, image), "expected one ROI, or the ROI to use", found)
    words = ("expected the ROI 'gtv-1'", "no such name among 'GTV-1', 'BODY'", "Did you mean 'GTV-1'?")
    refused(lambda: read_mask(path, image, roi="gtv-1"), *words)
    refused(lambda: read_mask(path, image, roi="drawn later"), "found one without contours")
    text = refused(lambda: read_mask(path, image, roi="liver"), "no such name among")
    assert "Did you mean" not in text


def test_the_only_region_with_contours_needs_no_name(image, tmp_path, write_structure, refused):
    path = write_structure(tmp_path / "rs.dcm", {"empty": [], "GTV": square(image)})
    assert read_mask(path, image).array.sum() == 9
    path = write_structure(tmp_path / "rs.dcm", {"empty": []})
    refused(lambda: read_mask(path, image), "expected an ROI with contours, found none")


def test_a_name_given_twice_is_refused(image, tmp_path, write_structure, refused):
    path = write_structure(tmp_path / "rs.dcm", [("GTV", square(image)), ("GTV", square(image, 3))])
    refused(lambda: read_mask(path, image, roi="GTV"), "one ROI 'GTV'", "2 of that name")


def test_open_contours_and_points_are_refused(image, tmp_path, write_structure, refused):
    for kind in ("OPEN_PLANAR", "POINT"):
        path = write_structure(tmp_path / "rs.dcm", {"GTV": square(image)}, kind=kind)
        refused(lambda p=path: read_mask(p, image), "closed planar contours", f"found {kind}")
    path = write_structure(tmp_path / "rs.dcm", {"GTV": square(image)}, kind="CLOSEDPLANAR_XOR")
    assert read_mask(path, image).array.sum() == 9


def test_another_series_or_frame_of_reference_is_refused(image, tmp_path, write_structure, refused):
    path = write_structure(tmp_path / "rs.dcm", {"GTV": square(image)}, series_uid="1.2.3.4")
    refused(lambda: read_mask(path, image), "drawn on the image's series", "drawn on the series 1.2.3.4")
    assert read_mask(path, image.with_array(image.array)).array.sum() == 9  # an image that is not DICOM
    path = write_structure(tmp_path / "rs.dcm", {"GTV": square(image)}, frame_of_reference="1.2.3.5")
    assert read_mask(path, image).array.sum() == 9  # names its series; its frame of reference was invented
    path = write_structure(
        tmp_path / "rs.dcm", {"GTV": square(image)}, series_uid="", frame_of_reference="1.2.3.5"
    )
    refused(
        lambda: read_mask(path, image), "in the image's frame of reference", "another FrameOfReferenceUID"
    )


def test_a_region_between_all_voxel_centres_is_refused(image, tmp_path, write_structure, refused):
    path = write_structure(tmp_path / "rs.dcm", {"GTV": [outline(image, box(2.1, 2.9, 2.1, 2.9), 2)]})
    refused(lambda: read_mask(path, image, roi="GTV"), "inside the region 'GTV'", "none (an empty mask)")


def test_a_structure_set_beside_its_series_is_found_in_the_folder(image, tmp_path, write_structure):
    write_structure(tmp_path / "ct" / "rs.dcm", {"GTV": square(image)})
    assert read_mask(tmp_path / "ct", image).array.sum() == 9
    assert read_image(tmp_path / "ct").size == image.size


def test_a_structure_set_cut_anywhere_is_refused(image, tmp_path, write_structure, refused):
    contours = [*square(image), *square(image, 3), *square(image, 4)]
    path = write_structure(tmp_path / "rs.dcm", {"GTV": contours})
    whole = path.read_bytes()
    for length in range(1, len(whole) - 1, 29):
        path.write_bytes(whole[:length])
        refused(lambda: read_mask(path, image), str(path))


def test_points_that_are_no_triples_are_refused(image, tmp_path, write_structure, refused):
    path = write_structure(tmp_path / "rs.dcm", {"GTV": [square(image)[0].ravel()[:11]]})
    refused(lambda: read_mask(path, image), "one with damaged contours")
