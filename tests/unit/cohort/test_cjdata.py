"""The .mat files of the public set, made here as MATLAB stores them: 7.3 (HDF5, axes reversed) and 5."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from scripts.cohort.cjdata import read_cjdata

IMAGE = np.arange(6 * 9, dtype=np.int16).reshape(6, 9) * 600  # (y, x), no two equal
MASK = np.zeros((6, 9), np.uint8)
MASK[1:3, 4:7] = 1
BORDER = [4.0, 1.0, 6.0, 1.0, 6.0, 2.0, 4.0, 2.0]  # x1, y1, x2, y2, ...
FIELDS = {
    "image": IMAGE,
    "label": np.array([[3.0]]),
    "PID": "100360",
    "tumorBorder": np.array([BORDER]),
    "tumorMask": MASK,
}


def write_73(path, **changes):
    """As MATLAB 7.3 does: 512 bytes of header, then HDF5 with every array transposed and text as numbers."""
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("cjdata")
        for name, value in (FIELDS | changes).items():
            if value is None:
                continue
            array = np.array([[ord(c)] for c in value], np.uint16).T if isinstance(value, str) else value
            group[name] = np.asarray(array).T
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: PCWIN64".ljust(508) + b"\x00\x02IM")
    return path


def write_5(path, **changes):
    savemat(path, {"cjdata": {name: v for name, v in (FIELDS | changes).items() if v is not None}})
    return path


@pytest.mark.parametrize("write", [write_73, write_5])
def test_a_slice_of_either_version(tmp_path, write):
    found = read_cjdata(write(tmp_path / "1.mat"))
    np.testing.assert_array_equal(found.image, IMAGE)
    np.testing.assert_array_equal(found.mask, MASK)
    assert (found.image.dtype, found.mask.dtype) == (np.uint16, np.uint8)
    assert (found.tumour_type, found.subject) == ("pituitary", "100360")
    np.testing.assert_array_equal(found.border, [[4, 1], [6, 1], [6, 2], [4, 2]])


@pytest.mark.parametrize(("label", "word"), [(1.0, "meningioma"), (2.0, "glioma"), (3.0, "pituitary")])
def test_labels(tmp_path, label, word):
    assert read_cjdata(write_73(tmp_path / "1.mat", label=np.array([[label]]))).tumour_type == word


@pytest.mark.parametrize("write", [write_73, write_5])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": np.array([[4.0]])}, ("1 (meningioma), 2 (glioma), 3 (pituitary)", "found 4")),
        ({"tumorMask": None}, ("cjdata.tumorMask", "only")),
        ({"tumorMask": MASK[:, :5]}, ("a mask of 6 x 9", "6 x 5")),
        ({"tumorMask": MASK * 2}, ("with 0 and 1", "0, 2")),
        ({"tumorMask": MASK * 0}, ("with 0 and 1", "6 x 9 with 0")),
        ({"image": IMAGE - 5}, ("whole intensities from 0 to 65535", "-5 to")),
        ({"image": IMAGE / 7}, ("whole intensities", "with fractions")),
        ({"image": np.zeros((2, 3, 4))}, ("a 2-D image", "an array")),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, refused, write, changes, words):
    path = write(tmp_path / "1.mat", **changes)
    refused(lambda: read_cjdata(path), *words)


def test_files_of_another_kind(tmp_path, refused):
    (tmp_path / "a.mat").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(600))
    refused(lambda: read_cjdata(tmp_path / "a.mat"), "a MATLAB file", "a PNG picture")
    whole = write_73(tmp_path / "b.mat").read_bytes()
    (tmp_path / "b.mat").write_bytes(whole[: len(whole) // 3])
    refused(lambda: read_cjdata(tmp_path / "b.mat"), "a complete MATLAB file")
    refused(lambda: read_cjdata(tmp_path / "none.mat"), "a .mat file", "no file")
    with h5py.File(tmp_path / "c.mat", "w") as file:
        file["other"] = [1]
    refused(lambda: read_cjdata(tmp_path / "c.mat"), "'cjdata'", "only other")
