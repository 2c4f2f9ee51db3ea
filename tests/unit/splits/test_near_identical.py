"""Planted copies among images that share an anatomy; thumbnails by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter, zoom

from scripts.splits.near_identical import (
    NearIdenticalSettings,
    contents_of,
    near_identical_pairs,
    neighbour_similarity,
    similar_pairs,
    thumbnails_of,
)
from scripts.splits.thumbnails import standardised, thumbnail

SETTINGS = NearIdenticalSettings()


def head(random, size=96):
    """A bright disc that all images share, with structure of its own: raw thumbnails correlate at 0.9."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    own = gaussian_filter(random.normal(size=(size, size)), size / 16)
    image = (np.hypot(y, x) < 0.42) * (140 + 40 * own / own.std())
    return np.clip(image, 0, 255).astype(np.uint8)[None]


@pytest.fixture(scope="module")
def heads():
    random = np.random.default_rng(0)
    return {f"s{i:02d}": head(random) for i in range(40)}


def table_of(images):
    names = list(images)
    return pd.DataFrame({"sample": names, "patient": [f"p{n}" for n in names], "label": "x"})


def test_block_means_by_hand():
    image = np.arange(24).reshape(1, 4, 6)
    np.testing.assert_array_equal(thumbnail(image, 2), [[(0 + 1 + 2 + 6 + 7 + 8) / 6, 7], [16, 19]])
    colour = np.stack([np.zeros((4, 6)), 2 * image[0]])
    np.testing.assert_array_equal(thumbnail(colour, 2), thumbnail(image, 2))
    np.testing.assert_array_equal(thumbnail(np.array([[[1, 2]]]), 4), [[1, 1, 2, 2]] * 4)
    assert thumbnail(np.ones((1, 5, 6, 7)), 3).shape == (3, 3, 3)
    # of 0 1 2 3 4 the halves hold 0, 1 and half of 2; half of 2, 3 and 4
    np.testing.assert_allclose(thumbnail(np.arange(5.0).reshape(1, 1, 5), 2)[0], [2 / 2.5, 8 / 2.5])


def test_what_all_share_makes_nothing_alike(heads):
    stack = thumbnails_of(list(heads), heads.get, SETTINGS)
    raw = standardised(stack) @ standardised(stack).T
    assert np.median(raw[np.triu_indices(40, 1)]) > 0.8
    assert len(similar_pairs(stack, NearIdenticalSettings(similarity=0.8))) == 0


@pytest.mark.parametrize(
    ("alter", "turn"),
    [
        (lambda a: a, ""),
        (lambda a: a.reshape(1, 48, 2, 48, 2).mean((2, 4)), ""),
        (lambda a: zoom(a, (1, 1.3, 1.3), order=1, grid_mode=True, mode="nearest"), ""),
        (lambda a: (a * 0.7 + 20).astype(np.uint8), ""),
        (lambda a: np.clip(a + np.random.default_rng(1).normal(0, 12, a.shape), 0, 255), ""),
        (lambda a: a.repeat(3, axis=0), ""),
        (lambda a: a[:, :, ::-1], "mirrored x"),
        (lambda a: a[:, ::-1, ::-1], "turned 180"),
        (lambda a: np.rot90(a, 1, (1, 2)), "turned 90"),
        (lambda a: np.rot90(a, 3, (1, 2)), "turned 270"),
    ],
)
def test_planted_copies_are_found(heads, alter, turn):
    """One altered copy under another patient's name: that pair and no other, and how it was turned."""
    images = heads | {"t00": alter(heads["s17"])}
    found = near_identical_pairs(table_of(images), images.get, SETTINGS)
    assert found[["sample_a", "sample_b", "patient_a", "patient_b"]].to_numpy().tolist() == [
        ["s17", "t00", "ps17", "pt00"]
    ]
    assert found["similarity"].iloc[0] > 0.97
    turns = {turn, {"turned 90": "turned 270", "turned 270": "turned 90"}.get(turn, turn)}
    assert found["turned"].iloc[0] in turns


def test_turns_only_where_asked(heads):
    images = heads | {"t00": heads["s17"][:, ::-1]}
    assert near_identical_pairs(table_of(images), images.get, NearIdenticalSettings(turned=False)).empty


def test_volumes():
    random = np.random.default_rng(2)
    images = {
        f"v{i}": gaussian_filter(random.normal(size=(24, 30, 28)), 3)[None].astype(np.float32)
        for i in range(12)
    }
    images["w0"] = images["v3"] * 2 + 1
    images["w1"] = images["v5"][:, :, :, ::-1]
    found = near_identical_pairs(table_of(images), images.get, SETTINGS)
    assert found[["sample_a", "sample_b"]].to_numpy().tolist() == [["v3", "w0"], ["v5", "w1"]]
    assert found["turned"].tolist() == ["", "mirrored x"]


def test_one_lesion_at_one_place_is_no_copy():
    """Lesion maps: lesions of other shapes in one block of the thumbnail are told apart, and a copy is found."""
    random = np.random.default_rng(6)
    images = {}
    for i in range(40):
        image = np.zeros((1, 96, 96, 96), np.float32)
        z, y, x = random.integers(3, 9, 3) * 8 if i > 1 else (24, 32, 40)
        depth, height, width = random.integers(2, 8, 3) if i > 1 else ((2, 7, 4), (6, 3, 5))[i]
        image[0, z : z + depth, y : y + height, x : x + width] = 1
        images[f"s{i:02d}"] = image
    images["t0"] = images["s07"][:, :, :, ::-1]
    stack = thumbnails_of(list(images), images.get, SETTINGS)
    assert (contents_of(stack) < 2).all()
    assert (0, 1) in set(
        similar_pairs(stack, SETTINGS)[["first", "second"]].itertuples(index=False, name=None)
    )
    found = near_identical_pairs(table_of(images), images.get, SETTINGS)
    assert found[["sample_a", "sample_b"]].to_numpy().tolist() == [["s07", "t0"]]


def test_content_of_heads(heads):
    assert (contents_of(thumbnails_of(list(heads), heads.get, SETTINGS)) > 100).all()
    assert contents_of(np.zeros((1, 4, 4))).tolist() == [0]
    half = np.zeros((1, 4, 4))
    half[0, :2] = 1
    assert contents_of(half)[0] == pytest.approx(16)


def test_empty_images_are_like_nothing(heads):
    images = heads | {"e0": np.zeros((1, 96, 96), np.uint8), "e1": np.full((1, 96, 96), 7, np.uint8)}
    assert near_identical_pairs(table_of(images), images.get, SETTINGS).empty


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_images(n):
    random = np.random.default_rng(3)
    images = {f"s{i}": random.integers(0, 255, (1, 40, 40)) for i in range(n)}
    assert near_identical_pairs(table_of(images), images.get, SETTINGS).empty
    if n:
        images["t"] = images["s0"]
        assert len(near_identical_pairs(table_of(images), images.get, SETTINGS)) == 1


def test_many_copies_in_blocks(heads, monkeypatch):
    """Three copies of one image are three pairs, also where they lie in different blocks."""
    monkeypatch.setattr("scripts.splits.near_identical.BLOCK", 7)
    images = heads | {"t0": heads["s02"], "t1": heads["s02"]}
    found = near_identical_pairs(table_of(images), images.get, SETTINGS)
    assert sorted(map(tuple, found[["sample_a", "sample_b"]].to_numpy())) == [
        ("s02", "t0"), ("s02", "t1"), ("t0", "t1"),
    ]  # fmt: skip


def test_neighbours(heads):
    images = list(heads.values())[:12]
    series = np.stack(
        [thumbnail(images[0], 32), thumbnail(images[0] * 0.9, 32), *[thumbnail(i, 32) for i in images[1:]]]
    )
    found = neighbour_similarity(series)
    assert found[0] > 0.99
    assert (np.abs(found[1:]) < 0.7).all()
