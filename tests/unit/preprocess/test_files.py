"""Names of a step folder's files, and that a volume comes back as it was written."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.preprocess.files import KINDS, file_stem, has_volume, load_volume, save_volume, volume_path
from scripts.volumes import Volume


def test_a_stem_is_the_beginning_of_the_sha256_of_the_id():
    # printf 'abc' | sha256sum: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad (FIPS 180-2)
    assert file_stem("abc") == "ba7816bf8f01cfea"
    # printf 'Bühler/3' | sha256sum
    assert file_stem("Bühler/3") == "9e6958904480efdb"


def test_a_path_is_folder_stem_and_kind(tmp_path):
    assert volume_path(tmp_path, "abc", "enhancement") == tmp_path / "ba7816bf8f01cfea_enhancement.mha"
    assert len({volume_path(tmp_path, "abc", what) for what in KINDS}) == len(KINDS)


def test_an_unknown_kind_is_named_with_the_nearest():
    with pytest.raises(ValueError, match=r"expected one of .*, found 'jacobean'\. Did you mean 'jacobian'\?"):
        volume_path("folder", "abc", "jacobean")


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int16, bool])
def test_a_volume_comes_back_as_it_was_written(tmp_path, dtype):
    array = (np.arange(2 * 3 * 4).reshape(2, 3, 4) % 2).astype(dtype)
    direction = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    volume = Volume(array, (0.7, 1.1, 2.5), (-31.5, 12.25, 1000.0), direction)
    folder = tmp_path / "not" / "there"
    assert not has_volume(folder, "a/b", "mask")
    path = save_volume(volume, folder, "a/b", "mask")
    assert [path] == list(folder.iterdir())
    assert has_volume(folder, "a/b", "mask")
    assert not has_volume(folder, "a/b", "given_mask")
    back = load_volume(folder, "a/b", "mask")
    np.testing.assert_array_equal(back.array, array)
    assert back.array.dtype == (np.uint8 if dtype is bool else dtype)
    assert (back.spacing, back.origin, back.direction) == (volume.spacing, volume.origin, volume.direction)


def test_the_same_volume_is_the_same_bytes(tmp_path):
    volume = Volume(np.arange(24, dtype=np.float32).reshape(2, 3, 4), (1.0, 1.0, 1.0))
    first = save_volume(volume, tmp_path / "a", "x", "field").read_bytes()
    assert save_volume(volume, tmp_path / "b", "x", "field").read_bytes() == first


def test_a_missing_volume_is_named(tmp_path):
    with pytest.raises(InputError, match="2d711642b726b044_field.mha"):
        load_volume(tmp_path, "x", "field")
