"""Volumes by counting voxels by hand, from files of several orders of axes, and what a case without maps gives."""

import numpy as np
import pandas as pd
import pytest

from scripts.cohort.case_images import CaseImage
from scripts.errors import CaseError, InputError
from scripts.quantification.lung_regions import LOBES, SEGMENTS, SEGMENTS_OF
from scripts.quantification.measure_lesions import (
    HOW,
    complete_settings,
    measure_case,
    measured,
    read_case,
)
from scripts.quantification.measures import long_measures, measure, measure_columns, regions_of
from scripts.volumes import Volume, reorient, write_volume

SPACING = (2.0, 2.5, 4.0)  # 20 mm3 a voxel
SETTINGS = {
    "edges_hu": [-750, -300, 50],
    "air_tolerance_hu": 50,
    "lobe_labels": [1, 2, 3, 4, 5],
    "segment_labels": list(range(1, 19)),
    "lesions": "drawn_or_threshold",
    "lung_mask": {"smallest_ml": 1.0, "closing_mm": 0.0},
    "threshold": {"opening_mm": 0.0, "smallest_ml": 0.0},
}
WHICH = CaseImage(mask="lesions", mask_roi="lesions_roi", mask_needed=False, labels=("lobes", "segments"))


@pytest.fixture
def chest():
    """Tissue around eighteen slabs of lung, one a segment, 4 x 20 x 20 voxels each; a lesion in two of them."""
    image = np.full((76, 24, 40), 40.0)
    image[:, :2] = image[:, -2:] = image[..., :2] = image[..., -2:] = -1000
    segments = np.zeros(image.shape, np.uint8)
    for k in range(18):
        segments[2 + 4 * k : 6 + 4 * k, 4:20, 10:30] = k + 1
    image[segments > 0] = -860
    lesions = np.zeros(image.shape, np.uint8)
    lesions[2:4, 5:10, 12:16] = 1  # right_1: 40 voxels
    image[2:4, 5:10, 12:16] = -500
    image[2, 5, 12] = 100
    lesions[6:7, 5:7, 12:15] = 1  # right_2: 6 voxels
    image[6:7, 5:7, 12:15] = -100
    lobes = np.zeros(image.shape, np.uint8)
    for number, lobe in enumerate(LOBES, start=1):
        lobes[np.isin(segments, [1 + SEGMENTS.index(name) for name in SEGMENTS_OF[lobe]])] = number
    return {name: Volume(a, SPACING) for name, a in
            {"image": image, "lesions": lesions, "lobes": lobes, "segments": segments}.items()}  # fmt: skip


def settings(**changes):
    return complete_settings(SETTINGS | changes)


def test_volumes_by_hand(chest):
    maps = {name: chest[name] for name in ("lobes", "segments")}
    row = measure_case(chest["image"], chest["lesions"], maps, settings())
    assert row["lesion_ml|right_1"] == pytest.approx(40 * 0.02)
    assert row["region_ml|right_1"] == pytest.approx(4 * 16 * 20 * 0.02)
    assert row["percent|right_1"] == pytest.approx(100 * 40 / 1280)
    assert row["lesion_ml|right_upper"] == pytest.approx(46 * 0.02)
    assert row["percent|right_upper"] == pytest.approx(100 * 46 / (3 * 1280))
    assert row["lesion_ml|lung"] == pytest.approx(46 * 0.02)
    assert row["lesion_ml|left_10"] == 0
    assert [row[f"lesion_ml|lung|w{w}"] / 0.02 for w in range(4)] == pytest.approx([0, 39, 6, 1])
    assert row["percent|right_2|w2"] == pytest.approx(100 * 6 / 1280)
    assert row["lesions_from"] == "drawn"
    assert row["regions_from"] == "lobes and segments"
    assert row["lung_mask_dice"] == pytest.approx(1, abs=0.01)


def test_windows_add_up_to_the_whole_and_segments_to_their_lobe(chest):
    row = measure_case(
        chest["image"], chest["lesions"], {n: chest[n] for n in ("lobes", "segments")}, settings()
    )
    for region in ("lung", *LOBES, *SEGMENTS):
        assert sum(row[f"lesion_ml|{region}|w{w}"] for w in range(4)) == pytest.approx(
            row[f"lesion_ml|{region}"]
        )
    for lobe, names in SEGMENTS_OF.items():
        assert sum(row[f"lesion_ml|{name}"] for name in names) == pytest.approx(row[f"lesion_ml|{lobe}"])


def test_lobes_are_the_unions_of_segments_where_only_these_are_given(chest):
    both = measure_case(
        chest["image"], chest["lesions"], {n: chest[n] for n in ("lobes", "segments")}, settings()
    )
    one = measure_case(chest["image"], chest["lesions"], {"segments": chest["segments"]}, settings())
    for lobe in LOBES:
        assert one[f"lesion_ml|{lobe}"] == both[f"lesion_ml|{lobe}"]


def test_without_maps_lobes_and_segments_are_missing_and_never_zero(chest):
    row = measure_case(chest["image"], chest["lesions"], {}, settings())
    assert row["regions_from"] == "by CT number"
    assert row["lesion_ml|lung"] == pytest.approx(46 * 0.02)
    assert all(np.isnan(row[f"lesion_ml|{name}"]) for name in (*LOBES, *SEGMENTS))
    assert np.isnan(row["lung_mask_dice"])
    only_lobes = measure_case(chest["image"], chest["lesions"], {"lobes": chest["lobes"]}, settings())
    assert np.isnan(only_lobes["percent|right_1"])
    assert only_lobes["lesion_ml|right_upper"] == pytest.approx(46 * 0.02)


def test_a_drawn_lesion_at_the_chest_wall_is_lung_where_no_map_says_otherwise(chest):
    # 4 x 5 x 3 voxels of consolidation at the side of a slab: no air, and no hole of the mask by CT number
    image, lesions = chest["image"].array.copy(), np.zeros_like(chest["lesions"].array)
    image[10:14, 8:13, 10:13], lesions[10:14, 8:13, 10:13] = 20, 1
    row = measure_case(chest["image"].with_array(image), chest["lesions"].with_array(lesions), {}, settings())
    lung = 18 * 4 * 16 * 20
    assert (row["lesion_ml|lung"], row["outside_ml"]) == (pytest.approx(60 * 0.02), 0)
    assert row["region_ml|lung"] == pytest.approx(lung * 0.02)
    assert row["lung_mask_ml"] == pytest.approx((lung - 60) * 0.02)


def test_lungs_are_what_either_map_shows_and_air_is_the_images_own(chest):
    segments = chest["segments"].array.copy()
    segments[segments == 7] = 0
    maps = {"lobes": chest["lobes"], "segments": chest["segments"].with_array(segments)}
    image = chest["image"].with_array(np.where(chest["image"].array == -1000, -1020, chest["image"].array))
    row = measure_case(image, chest["lesions"], maps, settings())
    assert row["region_ml|lung"] == pytest.approx(18 * 1280 * 0.02)
    assert row["air_hu"] == -1020


def test_a_region_that_its_map_does_not_show_is_missing_and_never_zero(chest):
    lobes = chest["lobes"].array.copy()
    lobes[lobes == 2] = 3  # a map of a patient without a middle lobe
    row = measure_case(
        chest["image"], chest["lesions"], {"lobes": chest["lobes"].with_array(lobes)}, settings()
    )
    for name in ("region_ml|right_middle", "lesion_ml|right_middle", "percent|right_middle|w1"):
        assert np.isnan(row[name])
    assert row["lesion_ml|right_lower"] == 0  # there, without a lesion


def test_lesions_by_ct_number_where_none_are_drawn(chest):
    row = measure_case(chest["image"], None, {"segments": chest["segments"]}, settings())
    assert row["lesions_from"] == "by CT number"
    assert row["lesion_ml|lung"] == pytest.approx(45 * 0.02)  # all but the voxel of 100 HU
    assert np.isnan(row["threshold_dice"])
    ignored = measure_case(
        chest["image"], chest["lesions"], {"segments": chest["segments"]}, settings(lesions="threshold")
    )
    assert ignored["lesion_ml|lung"] == row["lesion_ml|lung"]
    assert ignored["threshold_dice"] == pytest.approx(2 * 45 / (45 + 46))
    drawn = measure_case(chest["image"], chest["lesions"], {"segments": chest["segments"]}, settings())
    assert (drawn["lesion_ml|lung"], drawn["threshold_ml"]) == pytest.approx((46 * 0.02, 45 * 0.02))
    with pytest.raises(CaseError, match=r"expected a lesion mask \(measurement.lesions: drawn\), found none"):
        measure_case(chest["image"], None, {"segments": chest["segments"]}, settings(lesions="drawn"))


def test_a_patient_without_lesions_has_zero(chest):
    empty = chest["lesions"].with_array(np.zeros_like(chest["lesions"].array))
    row = measure_case(chest["image"], empty, {"lobes": chest["lobes"]}, settings())
    assert (row["lesion_ml|lung"], row["percent|left_lower"]) == (0, 0)


def test_other_labels_are_named_in_the_settings(chest):
    moved = chest["lobes"].with_array(np.where(chest["lobes"].array > 0, chest["lobes"].array + 9, 0))
    with pytest.raises(
        CaseError, match=r"lobes: expected the labels \[1, 2, 3, 4, 5\] \(measurement.lobe_labels\), found"
    ):
        measure_case(chest["image"], chest["lesions"], {"lobes": moved}, settings())
    row = measure_case(
        chest["image"], chest["lesions"], {"lobes": moved}, settings(lobe_labels=[10, 11, 12, 13, 14])
    )
    assert row["lesion_ml|right_upper"] == pytest.approx(46 * 0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lobe_labels": [1, 2, 3, 4, 4]}, "measurement.lobe_labels: expected a label for each region"),
        ({"lesions": "given"}, "measurement.lesions: expected one of drawn_or_threshold"),
        ({"edges_hu": [50, -300]}, "windows.edges_hu: expected ascending CT numbers"),
        ({"threshold": {"opening": 3}}, "measurement.threshold.opening: expected one of from_hu"),
    ],
)
def test_settings_that_cannot_be(changes, message):
    with pytest.raises(InputError, match=message):
        settings(**changes)


def test_an_image_that_is_not_in_hounsfield_units_is_a_cause(chest):
    with pytest.raises(CaseError, match="found it at -900 HU"):
        measure_case(chest["image"].with_array(chest["image"].array + 100), None, {}, settings())


def test_files_in_another_order_of_axes_and_another_format_give_the_same(chest, tmp_path):
    paths = {}
    for name, volume in chest.items():
        turned = volume if name == "image" else reorient(volume, (0, -1, 0, 1, 0, 0, 0, 0, -1))
        paths[name] = str(tmp_path / f"{name}.nii.gz")
        kind = np.int16 if name == "image" else np.uint8
        write_volume(
            Volume(turned.array.astype(kind), turned.spacing, turned.origin, turned.direction), paths[name]
        )
    case = {"patient": "A", **paths}
    row = measured(case, WHICH, settings(), {}).measures
    expected = measure_case(
        chest["image"], chest["lesions"], {n: chest[n] for n in ("lobes", "segments")}, settings()
    )
    assert {k: v for k, v in row.items() if k not in HOW} == pytest.approx(
        {k: v for k, v in expected.items() if k not in HOW}
    )
    image, lesions, maps = read_case({"patient": "A", "image": paths["image"]}, WHICH)
    assert lesions is None
    assert maps == {}
    assert image.spacing == pytest.approx(SPACING)


def test_long_table_leaves_out_what_nobody_has():
    columns = measure_columns(4)
    row = measure(
        [("lung", np.ones((2, 2, 2), bool))],
        np.ones((2, 2, 2), bool),
        np.zeros((2, 2, 2), np.uint8),
        500.0,
        4,
    )
    assert list(row) == columns
    table = long_measures(pd.DataFrame([{"patient": "A", **row}]), 4)
    assert table["region"].unique().tolist() == ["lung"]
    assert table["window"].tolist() == ["all", "0", "1", "2", "3"]
    assert table["lesion_ml"].tolist() == [4.0, 4.0, 0.0, 0.0, 0.0]
    assert table["percent"].tolist() == [100.0, 100.0, 0.0, 0.0, 0.0]


def test_regions_need_not_overlap_the_mask_of_lungs():
    lobes = np.array([[[1, 2, 0]]])
    found = dict(regions_of(lobes, None, lobes > 0, [1, 2, 3, 4, 5], list(range(1, 19))))
    assert set(found) == {"lung", *LOBES}
    assert found["left_lower"].sum() == 0
