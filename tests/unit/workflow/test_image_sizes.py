"""Image sizes read from headers, against volumes that SimpleITK and pydicom wrote."""

import os

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.workflow.image_sizes import NOTHING, ImageSize, image_size
from tests.end_to_end.formats import write_dicom

SHAPE = (7, 11, 13)
TYPES = {
    np.uint8: False,
    np.int16: False,
    np.uint16: False,
    np.int32: False,
    np.float32: True,
    np.float64: True,
}


def write(path, dtype=np.int16, shape=SHAPE, compress=True):
    """A volume of `shape` (z, y, x) as SimpleITK writes it."""
    image = sitk.GetImageFromArray(np.arange(np.prod(shape)).reshape(shape).astype(dtype))
    sitk.WriteImage(image, str(path), useCompression=compress)
    return path


@pytest.mark.parametrize("dtype", TYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("compress", [True, False])
def test_a_file_is_as_large_as_what_was_written(tmp_path, ending, dtype, compress):
    path = write(tmp_path / f"image{ending}", dtype, compress=compress)
    found = image_size(str(path))
    assert found.voxels == 7 * 11 * 13
    assert found.bytes_per_voxel == np.dtype(dtype).itemsize
    assert found.is_float == TYPES[dtype]


def test_a_nifti_that_is_rescaled_is_read_as_floats(tmp_path):
    path = write(tmp_path / "image.nii")
    content = bytearray(path.read_bytes())
    content[112:116] = np.float32(0.5).tobytes()  # scl_slope
    path.write_bytes(content)
    found = image_size(str(path))
    assert (found.voxels, found.bytes_per_voxel, found.is_float) == (1001, 4, True)
    assert sitk.ReadImage(str(path)).GetPixelID() == sitk.sitkFloat32


def test_a_big_endian_nifti_is_read(tmp_path):
    path = write(tmp_path / "image.nii")
    content = bytearray(path.read_bytes())
    fields = ((0, "i4", 1), (40, "i2", 8), (70, "i2", 2), (112, "f4", 2))
    for start, kind, count in fields:
        values = np.frombuffer(bytes(content), f"<{kind}", count, start)
        content[start : start + values.nbytes] = values.astype(f">{kind}").tobytes()
    path.write_bytes(content)
    assert image_size(str(path)).voxels == 1001


def test_a_dicom_folder_counts_its_slices_also_in_subfolders(tmp_path):
    source = write(tmp_path / "image.mha")
    slices = write_dicom(source, tmp_path / "series")
    (tmp_path / "series" / "below").mkdir()
    first = next((tmp_path / "series").glob("*.dcm"))
    first.rename(tmp_path / "series" / "below" / first.name)
    (tmp_path / "series" / ".hidden").write_bytes(b"not counted")
    assert len(slices) == 7
    assert image_size(str(tmp_path / "series")).voxels == 1001
    assert image_size(str(tmp_path / "series")).megabytes == pytest.approx(1001 * 4 / 1e6)


@pytest.mark.parametrize("implicit", [True, False])
def test_a_multi_frame_dicom_file_counts_its_frames(tmp_path, implicit):
    source = write(tmp_path / "image.mha")
    dataset = write_dicom(source, tmp_path / "series")[0]
    dataset.NumberOfFrames = 7
    dataset.PixelData = dataset.PixelData * 7
    if implicit:
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
        dataset._read_implicit = True
    path = tmp_path / "frames.dcm"
    dataset.save_as(path, implicit_vr=implicit, little_endian=True)
    assert image_size(str(path)).voxels == 1001


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_4d_nifti_counts_its_phases(tmp_path, ending):
    phases = [sitk.GetImageFromArray(np.full(SHAPE, k, np.float32)) for k in range(5)]
    sitk.WriteImage(sitk.JoinSeries(phases), str(tmp_path / f"series{ending}"))
    found = image_size(str(tmp_path / f"series{ending}"))
    assert found == ImageSize(5 * 1001, 4, True, 5)
    assert image_size(str(write(tmp_path / f"one{ending}"))).volumes == 1


def test_a_folder_of_volume_files_adds_them_up(tmp_path):
    for k, dtype in enumerate((np.int16, np.int16, np.float32)):
        write(tmp_path / f"phase_{k}.mha", dtype)
    (tmp_path / "notes.txt").write_bytes(bytes(5000))
    (tmp_path / ".hidden.mha").write_bytes(bytes(5000))
    assert image_size(str(tmp_path)) == ImageSize(3 * 1001, 4, True, 3)


def test_what_has_no_header_is_guessed_from_its_bytes(tmp_path):
    (tmp_path / "odd.nii.gz").write_bytes(b"no gzip at all" * 10)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_bytes(b"12345")
    assert image_size(str(tmp_path / "odd.nii.gz")).voxels == 140
    assert image_size(str(tmp_path / "folder")).voxels == 5
    assert image_size(str(tmp_path / "missing.nii")) == NOTHING
    (tmp_path / "empty.mha").touch()
    assert image_size(str(tmp_path / "empty.mha")).voxels == 0


@pytest.mark.parametrize("sides", [(32767, 32767, 32767), (-4, 5, 6), (0, 1, 1)])
def test_a_damaged_header_asks_for_no_absurd_memory(tmp_path, sides):
    path = write(tmp_path / "image.nii.gz")
    import gzip

    content = bytearray(gzip.decompress(path.read_bytes()))
    content[42:48] = np.array(sides, "<i2").tobytes()
    path.write_bytes(gzip.compress(bytes(content)))
    assert image_size(str(path)).voxels == os.path.getsize(path)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".mha", ".dcm"])
def test_no_cut_file_raises(tmp_path, ending):
    whole = tmp_path / f"whole{ending}"
    if ending == ".dcm":
        write_dicom(write(tmp_path / "image.mha"), tmp_path / "series")
        whole = next((tmp_path / "series").glob("*.dcm"))
    else:
        write(whole)
    content = whole.read_bytes()
    for length in range(0, len(content), max(1, len(content) // 60)):
        part = tmp_path / f"{length}{ending}"
        part.write_bytes(content[:length])
        assert image_size(str(part)).voxels >= 0


def test_recordings_count_their_samples_of_four_bytes(tmp_path):
    (tmp_path / "sub-01" / "meg" / "b.ds").mkdir(parents=True)
    (tmp_path / "sub-01" / "meg" / "a_meg.fif").write_bytes(bytes(4000))
    (tmp_path / "sub-01" / "meg" / "a_meg.json").write_text("{}")
    (tmp_path / "sub-01" / "meg" / "b.ds" / "b.meg4").write_bytes(bytes(8000))
    (tmp_path / "sub-01" / "meg" / "b.ds" / "b.res4").write_bytes(bytes(500))
    assert image_size(str(tmp_path / "sub-01")) == ImageSize(3000, 4, False, 2)
    assert image_size(str(tmp_path / "sub-01" / "meg" / "a_meg.fif")) == ImageSize(1000, 4, False, 1)
