"""NIfTI, NRRD and MHA files, whole and broken in the ways they break."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.cohort.volume_files import quiet_reader, read_volume_file
from scripts.errors import InputError
from scripts.volumes import ENDINGS, Volume, compare_geometry, to_sitk, write_volume


@pytest.fixture
def volume() -> Volume:
    z, y, x = np.indices((5, 6, 7))
    return Volume((100 * z + 10 * y + x).astype(np.int16), (0.75, 0.5, 3.0), (-10.5, 20.0, 400.0))


@pytest.mark.parametrize("ending", [*ENDINGS, ".NII.GZ", ".Nrrd"])
def test_reads_voxels_in_z_y_x_and_geometry(volume, tmp_path, ending):
    path = tmp_path / f"image{ending.lower()}"
    write_volume(volume, path)
    path = path.rename(tmp_path / f"patient.1{ending}")
    read = read_volume_file(path)
    assert read.array.dtype == np.int16
    assert read.array[4, 3, 2] == 432
    np.testing.assert_array_equal(read.array, volume.array)
    assert compare_geometry(volume, read) == []


def test_nifti_values_are_rescaled_as_the_header_says(volume, tmp_path):
    write_volume(volume, tmp_path / "image.nii")
    data = bytearray((tmp_path / "image.nii").read_bytes())
    struct.pack_into("<ff", data, 112, 0.5, -1024.0)  # scl_slope, scl_inter
    (tmp_path / "image.nii").write_bytes(data)
    np.testing.assert_array_equal(read_volume_file(tmp_path / "image.nii").array, volume.array * 0.5 - 1024)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("share", [0.97, 0.5])
def test_a_truncated_file_is_refused(volume, tmp_path, refused, ending, share):
    path = tmp_path / f"image{ending}"
    noise = np.random.default_rng(1).integers(-1000, 3000, volume.array.shape).astype(np.int16)
    write_volume(volume.with_array(noise), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(lambda: read_volume_file(path), str(path), "incomplete", "Copy or export the file again.")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("length", [1, 60, 130, 351])
def test_a_stub_of_a_header_is_refused(volume, tmp_path, refused, ending, length):
    path = tmp_path / f"image{ending}"
    write_volume(volume, path)
    path.write_bytes(path.read_bytes()[:length])
    refused(lambda: read_volume_file(path), str(path))


def test_damage_inside_a_compressed_file_is_seen_by_its_checksum(volume, tmp_path, refused):
    path = tmp_path / "image.nii.gz"
    noise = np.random.default_rng(1).integers(-1000, 3000, (40, 90, 90)).astype(np.int16)
    write_volume(Volume(noise, (1, 1, 1)), path)
    data = bytearray(path.read_bytes())
    data[-6] ^= 0x10  # of the CRC-32
    path.write_bytes(data)
    refused(lambda: read_volume_file(path), "a damaged or incomplete one")


def test_a_nifti_header_without_a_valid_size_is_refused(volume, tmp_path, refused):
    path = tmp_path / "image.nii"
    write_volume(volume, path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<h", data, 42, -7)  # dim[1]
    path.write_bytes(data)
    refused(lambda: read_volume_file(path), "a NIfTI-1 header", "no valid size")


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_is_read_and_its_length_checked(tmp_path, refused, order):
    array = np.arange(24, dtype=order + "f4").reshape(2, 3, 4)
    header = bytearray(352)
    struct.pack_into(order + "i", header, 0, 348)
    struct.pack_into(order + "8h", header, 40, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into(order + "hh", header, 70, 16, 32)  # float32
    struct.pack_into(order + "8f", header, 76, 1, 0.5, 0.6, 3, 1, 1, 1, 1)
    struct.pack_into(order + "f", header, 108, 352)
    header[344:348] = b"n+1\0"
    path = tmp_path / "image.nii"
    path.write_bytes(bytes(header) + array.tobytes())
    read = read_volume_file(path)
    np.testing.assert_array_equal(read.array, array)
    assert read.spacing == pytest.approx((0.5, 0.6, 3))
    path.write_bytes(path.read_bytes()[:-1])
    refused(lambda: read_volume_file(path), "expected 96 bytes of voxels, found 95")


def test_free_text_of_an_nrrd_header_may_hold_a_control_character_and_a_field_may_not(tmp_path, refused):
    voxels = np.arange(24, dtype="<u2")
    fields = b"type: ushort\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 3 2\n"
    axes = (
        b"space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nendian: little\nencoding: raw\n"
    )
    path = tmp_path / "image.nrrd"
    path.write_bytes(b"NRRD0004\n" + fields + axes + b"xyzt_units:=\2\n\n" + voxels.tobytes())  # as MITK
    np.testing.assert_array_equal(read_volume_file(path).array.ravel(), voxels)
    path.write_bytes(path.read_bytes().replace(b"ushort", b"ush\2rt"))
    refused(lambda: read_volume_file(path), "an NRRD header", "a damaged or incomplete one")


def test_nifti_2_is_refused(tmp_path, refused):
    path = tmp_path / "image.nii"
    path.write_bytes(struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n" + b"\0" * 600)
    refused(lambda: read_volume_file(path), "found NIfTI-2", "Save it as NIfTI-1 or NRRD")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file_is_refused(tmp_path, refused, ending):
    path = tmp_path / f"image{ending}"
    path.touch()
    refused(lambda: read_volume_file(path), str(path), "an empty file (0 bytes)")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_png_under_another_name_is_refused(tmp_path, refused, ending):
    sitk.WriteImage(sitk.Image(4, 4, sitk.sitkUInt8), str(tmp_path / "a.png"))
    path = (tmp_path / "a.png").rename(tmp_path / f"image{ending}")
    refused(lambda: read_volume_file(path), f"by its ending '{ending}'", "found a PNG picture")


@pytest.mark.parametrize(
    ("ending", "content", "found"),
    [
        (".nii.gz", "nii", "an uncompressed NIfTI file"),
        (".nii", "nii.gz", "a gzip-compressed file"),
        (".nrrd", "mha", "a MetaImage file"),
        (".mha", "nrrd", "an NRRD file"),
    ],
)
def test_an_ending_of_another_format_is_refused(volume, tmp_path, refused, ending, content, found):
    write_volume(volume, tmp_path / f"a.{content}")
    path = (tmp_path / f"a.{content}").rename(tmp_path / f"image{ending}")
    refused(lambda: read_volume_file(path), f"by its ending '{ending}'", f"found {found}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_text_and_compressed_text_are_refused(tmp_path, refused, ending):
    path = tmp_path / f"image{ending}"
    path.write_bytes(gzip.compress(b"patient,image\n") if ending == ".nii.gz" else b"patient,image\n")
    refused(lambda: read_volume_file(path), "a file of another kind")


def test_a_missing_file_and_another_ending_are_refused(tmp_path, refused):
    refused(lambda: read_volume_file(tmp_path / "none.nii"), "a readable file", "No such file")
    refused(
        lambda: read_volume_file(tmp_path / "image.mhd"), ".nii, .nii.gz, .nrrd, .mha", "the ending '.mhd'"
    )


def write_sitk(image: sitk.Image, path: Path) -> Path:
    sitk.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"CompressedDataSize", b"CompressedXataSize", "expected an MHA header"),
        (b"DimSize = 7 6 5", b"DimSize = 7 6  ", "expected an MHA header"),
        (b"DimSize = 7 6 5", b"DimSize = 7 6 9", "a complete MHA file"),
        (b"DimSize = 7 6 5", b"DimSize = 7 6 0", "expected an MHA header"),
        (b"MET_SHORT", b"MET_SHIRT", "expected an MHA header"),
        (b"ElementDataFile = LOCAL", b"ElementDataFile = a.raw", "one that names another file"),
        (b"ElementDataFile", b"ElementXataFile", "expected an MHA header"),
        (b"NDims", b"HeaderSize = 10\nNDims", "expected an MHA header"),
    ],
)
def test_a_damaged_mha_header_never_reaches_the_reader(volume, tmp_path, refused, old, new, words):
    path = tmp_path / "image.mha"
    write_volume(volume, path)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    refused(lambda: read_volume_file(path), words)


def test_an_uncompressed_mha_is_read(volume, tmp_path):
    path = write_sitk(to_sitk(volume), tmp_path / "image.mha")
    assert b"CompressedData = False" in path.read_bytes()
    np.testing.assert_array_equal(read_volume_file(path).array, volume.array)


@pytest.mark.parametrize("ending", ENDINGS)
def test_two_and_four_dimensions_are_refused(tmp_path, refused, ending):
    flat = write_sitk(sitk.Image(4, 3, sitk.sitkInt16), tmp_path / f"flat{ending}")
    refused(lambda: read_volume_file(flat), "expected a 3-D image", "a 2-D image (4 x 3 pixels)")
    phases = write_sitk(sitk.Image([4, 3, 2, 5], sitk.sitkInt16), tmp_path / f"phases{ending}")
    words = ("expected a 3-D image", "a 4-D image (4 x 3 x 2 x 5)", "Save the one volume")
    refused(lambda: read_volume_file(phases), *words)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_fourth_axis_of_length_one_is_dropped(tmp_path, ending):
    image = sitk.Image([4, 3, 2, 1], sitk.sitkInt16)
    image[3, 1, 1, 0] = 7
    read = read_volume_file(write_sitk(image, tmp_path / f"image{ending}"))
    assert read.array.shape == (2, 3, 4)
    assert read.array[1, 1, 3] == 7


@pytest.mark.parametrize("ending", ENDINGS)
def test_colour_and_vector_images_are_refused(tmp_path, refused, ending):
    path = write_sitk(sitk.Image([4, 3, 2], sitk.sitkVectorUInt8, 3), tmp_path / f"image{ending}")
    refused(lambda: read_volume_file(path), "one value in each voxel", "3 (a colour or vector image)")


def test_complex_voxels_are_refused(tmp_path, refused):
    path = write_sitk(sitk.Image([4, 3, 2], sitk.sitkComplexFloat32), tmp_path / "image.nii")
    refused(lambda: read_volume_file(path), "expected real voxel values, found complex ones")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_number_are_refused(volume, tmp_path, refused, ending, value):
    array = volume.array.astype(np.float32)
    array[0, 0, :2] = value
    write_volume(volume.with_array(array), tmp_path / f"image{ending}")
    words = ("a number in every voxel", "2 of 210 voxels NaN or infinite")
    refused(lambda: read_volume_file(tmp_path / f"image{ending}"), *words)


def test_a_sheared_grid_is_refused(volume, tmp_path, refused):
    path = tmp_path / "image.nii"
    write_volume(volume, path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<hh", data, 252, 0, 1)  # qform_code, sform_code
    struct.pack_into("<f", data, 284, 0.4)  # srow_x[1]: y steps also move along x
    path.write_bytes(data)
    refused(lambda: read_volume_file(path), "three perpendicular axes", "a sheared grid")


def test_reading_leaves_standard_error_and_warnings_as_they_were(capfd):
    before = sitk.ProcessObject_GetGlobalWarningDisplay()

    def fail() -> None:
        with quiet_reader():
            os.write(2, b"MetaImage: data not read completely\n")
            assert sitk.ProcessObject_GetGlobalWarningDisplay() is False
            raise InputError("a", "b", "c")

    with pytest.raises(InputError):
        fail()
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
    assert sitk.ProcessObject_GetGlobalWarningDisplay() is before
