import os
from pathlib import Path

import numpy as np
import pytest

from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.errors import CaseError, InputError
from scripts.papers.nmosd_ms.lesion_maps import PreparationSettings, head_box, prepare, resized
from scripts.volumes import Volume, reorient

SPACING = (2.2, 2.5, 3.0)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def head(shape=(20, 40, 30), box=((2, 18), (5, 37), (4, 28)), noise=0.0):
    """A bright block in dark air, and a lesion mask on its grid."""
    values = noise * np.random.default_rng(0).random(shape)
    values[tuple(slice(*edges) for edges in box)] = 500.0
    mask = np.zeros(shape, np.uint8)
    mask[8:10, 20:24, 10:13] = 1
    return Volume(values.astype(np.float32), SPACING), Volume(mask, SPACING)


def test_the_box_is_the_heads_and_specks_do_not_widen_it():
    flair, _ = head(noise=20.0)
    flair.array[1, 1, 1] = 5000.0  # one voxel; smoothing leaves a speck above the threshold
    assert head_box(flair) == (slice(2, 18), slice(5, 37), slice(4, 28))
    assert head_box(flair, margin=4) == (slice(0, 20), slice(1, 40), slice(0, 30))


def test_an_image_without_anything_is_a_case_error():
    empty = Volume(np.ones((8, 8, 8), np.float32), SPACING)
    with pytest.raises(CaseError, match="every voxel of the image is 1"):
        head_box(empty)


def test_linear_resizing_interpolates_at_the_centres():
    ramp = np.broadcast_to(np.arange(10.0)[:, None, None], (10, 6, 6))
    # centres of 5 voxels on 10: 0.5, 2.5, ...
    assert resized(ramp, 5)[:, 0, 0] == pytest.approx([0.5, 2.5, 4.5, 6.5, 8.5])
    assert resized(ramp, 20)[5, 3, 3] == pytest.approx((5 + 0.5) / 2 - 0.5)
    assert resized(ramp, 5, "nearest")[:, 0, 0] == pytest.approx([1, 3, 5, 7, 9])
    assert resized(ramp, 4, "area")[0, 0, 0] == pytest.approx((0 + 1 + 2) / 3)


def test_volume_is_kept_and_the_cube_is_full_of_the_box():
    flair, lesions = head()
    prepared = prepare(flair, lesions, PreparationSettings(size=32))
    measures = prepared.measures
    assert prepared.image.shape == (1, 32, 32, 32)
    assert prepared.image.dtype == np.uint8
    assert measures["lesion_ml"] == pytest.approx(2 * 4 * 3 * 16.5 / 1000)
    assert measures["resized_ml"] == pytest.approx(measures["lesion_ml"], rel=0.02)
    whole = prepare(
        flair, lesions, PreparationSettings(size=8, interpolation="area")
    )  # 2, 4 and 3 voxels in one
    assert whole.measures["resized_ml"] == pytest.approx(measures["lesion_ml"], rel=1e-5)
    assert [measures[f"box_{a}_mm"] for a in "xyz"] == pytest.approx([24 * 2.2, 32 * 2.5, 16 * 3])
    assert measures["n_lesions"] == 1
    z, y, x = np.nonzero(prepared.image[0] > 127)
    assert (z.min(), z.max()) == ((8 - 2) * 2, (10 - 2) * 2 - 1)  # 16 slices on 32
    assert x.mean() == pytest.approx(((10 + 13) / 2 - 4) * 32 / 24 - 0.5, abs=0.5)
    assert y.mean() == pytest.approx(((20 + 24) / 2 - 5) - 0.5, abs=0.5)


def test_place_and_size_of_the_head_do_not_matter():
    one = prepare(*head(), PreparationSettings(size=16)).image
    flair, lesions = head()
    moved = [Volume(np.roll(v.array, (2, -3, 1), (0, 1, 2)), SPACING) for v in (flair, lesions)]
    larger = [Volume(v.array, tuple(1.3 * s for s in SPACING)) for v in (flair, lesions)]
    assert np.array_equal(one, prepare(*moved, PreparationSettings(size=16)).image)
    assert np.array_equal(one, prepare(*larger, PreparationSettings(size=16)).image)


def test_the_plane_of_acquisition_does_not_matter():
    flair, lesions = head()
    turned = [reorient(volume, SAGITTAL) for volume in (flair, lesions)]
    assert turned[0].array.shape != flair.array.shape
    settings = PreparationSettings(size=16)
    assert np.array_equal(prepare(flair, lesions, settings).image, prepare(*turned, settings).image)


def test_the_other_images():
    flair, lesions = head(noise=10.0)
    flair.array[2:18, 5:37, 4:6] = 900.0
    flair.array[lesions.array > 0] = 900.0
    grey = prepare(flair, lesions, PreparationSettings(size=28, image="flair")).image[0]
    inside = prepare(flair, lesions, PreparationSettings(size=28, image="lesion_flair")).image[0]
    assert grey[14, 5, 9] == pytest.approx(255 * 500 / 900, abs=8)
    assert inside[14, 5, 5] == 0
    assert inside.max() == 255
    assert grey.max() == 255


def test_a_mask_outside_the_head_is_a_case_error():
    flair, lesions = head()
    lesions.array[8:10, 1:3, 10:13] = 1  # a third of the mask
    with pytest.raises(CaseError, match="at most 5% of the mask outside the box .* found 33%"):
        prepare(flair, lesions, PreparationSettings(size=16))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": 4}, "preparation.size: expected a whole number from 8 on, found 4"),
        ({"image": "t1"}, "preparation.image: expected one of lesions, lesion_flair, flair"),
        ({"interpolation": "cubic"}, "preparation.interpolation"),
        ({"margin_voxels": -1}, "preparation.margin_voxels"),
    ],
)
def test_impossible_settings_are_named(values, words):
    with pytest.raises(InputError, match=words):
        PreparationSettings(**values)


REAL = os.environ.get("REAL_DATA")


@pytest.mark.skipif(not REAL, reason="REAL_DATA is not set")
@pytest.mark.parametrize(("patient", "ml"), [("07", 154 * 8 / 1000), ("19", 6456 * 8 / 1000)])
def test_real_lesion_maps_keep_their_volume(patient, ml):
    """openMS, brain-extracted FLAIR of 2 mm; the numbers of lesion voxels are those of its README."""
    folder = Path(REAL) / "volumes" / "openMS_cross_sectional_2mm" / f"patient{patient}"
    flair = read_image(folder / "FLAIR.nii.gz")
    prepared = prepare(flair, read_mask(folder / "lesion_mask.nii.gz", flair), PreparationSettings())
    assert prepared.measures["lesion_ml"] == pytest.approx(ml)
    assert prepared.measures["resized_ml"] == pytest.approx(ml, rel=0.01)
    assert prepared.measures["outside"] == 0
    assert prepared.image.sum() / 255 * np.prod(
        [prepared.measures[f"box_{a}_mm"] / 100 for a in "xyz"]
    ) / 1000 == pytest.approx(ml, rel=0.01)
