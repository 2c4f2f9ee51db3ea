"""Pictures: what is read of each format, to the grey value, and the text of every refusal."""

import numpy as np
import pytest
from PIL import Image

from scripts.cohort.pictures import read_picture, read_picture_mask
from scripts.errors import InputError
from scripts.volumes import Volume, digest

SHAPE = (12, 20)  # y, x


def ramp(dtype=np.uint8, top=240):
    """Every pixel another value along both axes."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return ((y * SHAPE[1] + x) * top // (SHAPE[0] * SHAPE[1])).astype(dtype)


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.TIFF"])
@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 240), (np.uint16, 60000)])
def test_grey_values_come_as_they_were_saved(tmp_path, name, dtype, top):
    array = ramp(dtype, top)
    volume = read_picture(save(tmp_path / name, array))
    assert volume.array.shape == (1, *SHAPE)
    np.testing.assert_array_equal(volume.array[0], array)
    assert volume.spacing == (1.0, 1.0, 1.0)


def test_a_jpeg_is_within_its_rounding(tmp_path):
    array = ramp()
    found = read_picture(save(tmp_path / "a.jpg", array, quality=100)).array[0]
    assert np.abs(found.astype(int) - array).max() <= 4


def test_grey_saved_in_colour_is_grey(tmp_path):
    array = np.stack([ramp()] * 3, axis=-1)
    np.testing.assert_array_equal(read_picture(save(tmp_path / "a.png", array)).array[0], ramp())
    opaque = np.dstack([array, np.full(SHAPE, 255, np.uint8)])
    np.testing.assert_array_equal(read_picture(save(tmp_path / "b.png", opaque)).array[0], ramp())


def test_one_picture_in_two_formats_has_one_digest(tmp_path):
    png, tif = (read_picture(save(tmp_path / name, ramp())) for name in ("a.png", "a.tif"))
    assert digest(png) == digest(tif)
    other = ramp()
    other[3, 4] += 1
    assert digest(read_picture(save(tmp_path / "c.png", other))) != digest(png)


def colour():
    array = np.stack([ramp()] * 3, axis=-1)
    array[5, 5] = (200, 10, 10)
    return array


def test_colour_is_refused(tmp_path, refused):
    path = save(tmp_path / "a.png", colour())
    refused(lambda: read_picture(path), "a grey picture", "differ by up to 190", "without marks")


def test_cmyk_is_refused(tmp_path, refused):
    path = tmp_path / "a.jpg"
    Image.fromarray(colour()).convert("CMYK").save(path)
    refused(lambda: read_picture(path), "a grey picture", "the colour space CMYK")


def test_transparent_pixels_are_refused(tmp_path, refused):
    array = np.dstack([np.stack([ramp()] * 3, axis=-1), np.full(SHAPE, 255, np.uint8)])
    array[0, :3, 3] = 0
    path = save(tmp_path / "a.png", array)
    refused(lambda: read_picture(path), "without transparent pixels", "3 of 240")


def test_several_pages_are_refused(tmp_path, refused):
    path = tmp_path / "a.tif"
    page = Image.fromarray(ramp())
    page.save(path, save_all=True, append_images=[page])
    refused(lambda: read_picture(path), "one picture in the file", "2 pages")


def test_an_orientation_is_refused(tmp_path, refused):
    path, exif = tmp_path / "a.jpg", Image.Exif()
    exif[274] = 6
    Image.fromarray(ramp()).save(path, exif=exif)
    refused(lambda: read_picture(path), "stored as it is seen", "its mask would lie elsewhere")


def test_a_thumbnail_is_refused(tmp_path, refused):
    path = save(tmp_path / "a.png", ramp()[:4])
    refused(lambda: read_picture(path), "at least 8 pixels on a side", "20 x 4")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_file_cut_off_is_incomplete(tmp_path, refused, name):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64)).astype(np.uint8)
    path = save(tmp_path / name, noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(lambda: read_picture(path), "a complete", "a damaged or incomplete one")


def test_other_content_than_the_ending_says(tmp_path, refused):
    path = save(tmp_path / "a.png", ramp())
    path.rename(tmp_path / "a.jpg")
    refused(lambda: read_picture(tmp_path / "a.jpg"), "a JPEG picture, by its ending '.jpg'", "a PNG picture")


def test_other_files_are_refused(tmp_path, refused):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    refused(lambda: read_picture(tmp_path / "a.gif"), ".jpg, .jpeg, .png, .tif, .tiff", "the ending '.gif'")
    refused(lambda: read_picture(tmp_path / "empty.png"), "an image file", "an empty file (0 bytes)")
    refused(lambda: read_picture(tmp_path / "folder.png"), "a picture", "a folder")
    refused(lambda: read_picture(tmp_path / "none.png"), "a file", "nothing of that name")


def test_nan_is_refused(tmp_path, refused):
    array = ramp(np.float32)
    array[2, 2] = np.nan
    path = save(tmp_path / "a.tif", array)
    refused(lambda: read_picture(path), "a number in every voxel", "1 of 240 voxels NaN")


PICTURE = Volume(ramp()[None], (1.0, 1.0, 1.0))


def region():
    mask = np.zeros(SHAPE, np.uint8)
    mask[3:7, 5:12] = 1
    return mask


@pytest.mark.parametrize("inside", [1, 128, 255])
def test_a_mask_of_two_values(tmp_path, inside):
    path = save(tmp_path / "m.png", region() * np.uint8(inside))
    found = read_picture_mask(path, PICTURE)
    np.testing.assert_array_equal(found.array[0], region())
    assert found.array.dtype == np.uint8


def test_a_mask_of_one_bit_and_one_of_a_palette(tmp_path):
    Image.fromarray(region() * 255).convert("1").save(tmp_path / "bits.png")
    palette = Image.fromarray(region(), mode="L").convert("P")
    palette.putpalette([0, 0, 0, 250, 10, 10])
    palette.save(tmp_path / "palette.png")
    for name in ("bits.png", "palette.png"):
        np.testing.assert_array_equal(read_picture_mask(tmp_path / name, PICTURE).array[0], region())


def test_one_label_of_several(tmp_path, refused):
    labels = region() * 2
    labels[0, 0] = 1
    path = save(tmp_path / "m.png", labels)
    np.testing.assert_array_equal(read_picture_mask(path, PICTURE, roi="2").array[0], region())
    refused(
        lambda: read_picture_mask(path, PICTURE),
        "one label, or the label to use",
        "1 (1 voxel), 2 (28 voxels)",
    )
    refused(lambda: read_picture_mask(path, PICTURE, roi="7"), "the label 7", "1 (1 voxel)")


def test_masks_at_fault(tmp_path, refused):
    small = save(tmp_path / "small.png", region()[:, :10])
    refused(lambda: read_picture_mask(small, PICTURE), "a mask of 20 x 12 pixels", "10 x 12")
    soft = save(tmp_path / "soft.jpg", region() * np.uint8(200))
    refused(lambda: read_picture_mask(soft, PICTURE), "0 and one other value", "JPEG's compression", "as PNG")
    empty = save(tmp_path / "empty.png", np.zeros(SHAPE, np.uint8))
    refused(lambda: read_picture_mask(empty, PICTURE), "a pixel inside the mask", "an empty mask")
    painted = save(tmp_path / "painted.png", colour())
    refused(lambda: read_picture_mask(painted, PICTURE), "a grey picture", "colour")


def test_errors_are_of_the_user(tmp_path):
    with pytest.raises(InputError):
        read_picture(tmp_path / "nothing.png")
