"""Subtraction and the choice of phase; expected values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.preprocess.enhancement import chosen_phase, subtraction
from scripts.volumes import Volume


def series(*levels: float, shape: tuple[int, int, int] = (10, 10, 10)) -> list[Volume]:
    """Phases of 100 in which ten voxels have the given levels."""
    phases = []
    for level in levels:
        array = np.full(shape, 100, np.int16)
        array[0, 0, :10] = level
        phases.append(Volume(array, (1.0, 1.0, 1.0)))
    return phases


def test_enhancement_is_postcontrast_minus_precontrast():
    pre = Volume(np.array([[[10, 200, 60000]]], np.uint16), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    post = pre.with_array(np.array([[[30, 150, 60001]]], np.uint16))
    found = subtraction(post, pre)
    np.testing.assert_array_equal(found.array, [[[20, -50, 1]]])  # whole numbers without a sign do not wrap
    assert found.array.dtype == np.float32
    assert (found.spacing, found.origin) == (pre.spacing, pre.origin)


def test_third_postcontrast_is_the_fourth_of_the_series():
    assert chosen_phase(series(100, 110, 120, 130, 140, 150), "third_postcontrast") == 3
    assert chosen_phase(series(100, 110, 120, 130), 2) == 2


def test_the_highest_enhancement_of_the_most_enhancing_hundredth():
    assert chosen_phase(series(100, 150, 190, 170, 130), "highest_enhancement") == 2
    # all tissue drifts up to the last phase, but the ten bright voxels of a thousand wash out
    phases = series(100, 150, 190, 170)
    phases[3] = phases[3].with_array(phases[3].array + np.where(phases[3].array == 100, 15, 0))
    assert phases[3].array.mean() > phases[2].array.mean()
    assert chosen_phase(phases, "highest_enhancement") == 2


def test_what_is_bright_before_contrast_does_not_count():
    phases = [phase.with_array(phase.array.copy()) for phase in series(100, 150, 190, 170)]
    for phase, drift in zip(phases, (0, 0, 0, 20), strict=True):
        phase.array[5] = 900 + drift  # a tenth of the voxels is fat, and drifts to its peak in the last phase
    assert chosen_phase(phases, "highest_enhancement") == 2


def test_of_equal_phases_the_earliest():
    assert chosen_phase(series(100, 150, 190, 190), "highest_enhancement") == 2


def test_a_tumour_says_where_to_look():
    phases = series(100, 150, 190, 170)
    slow = np.zeros((10, 10, 10), np.uint8)
    slow[5, 5, 5] = 1
    phases[3].array[5, 5, 5] = 120
    assert chosen_phase(phases, "highest_enhancement", phases[0].with_array(slow)) == 3
    with pytest.raises(CaseError, match="found an empty mask"):
        chosen_phase(phases, "highest_enhancement", phases[0].with_array(slow * 0))


def test_too_few_phases():
    with pytest.raises(
        CaseError, match=r"at least 3 postcontrast phase\(s\) \('third_postcontrast'\), found 2"
    ):
        chosen_phase(series(1, 2, 3), "third_postcontrast")
    with pytest.raises(CaseError, match=r"at least 4 postcontrast phase\(s\) \('4'\), found 2"):
        chosen_phase(series(1, 2, 3), 4)
    with pytest.raises(CaseError, match=r"at least 1 .* found 0"):
        chosen_phase(series(1), "highest_enhancement")
    with pytest.raises(InputError, match="phases.chosen: expected one of third_postcontrast"):
        chosen_phase(series(1, 2), "peak")


def test_phases_of_other_grids():
    pre, post = series(1, 2)
    moved = Volume(post.array, (1.0, 1.0, 1.0), (0.0, 0.0, 2.0))
    with pytest.raises(CaseError, match="postcontrast do not lie on the same grid: origin z"):
        subtraction(moved, pre)
    with pytest.raises(CaseError, match="phase 2 do not lie on the same grid: origin z"):
        chosen_phase([pre, post, moved], "highest_enhancement")
