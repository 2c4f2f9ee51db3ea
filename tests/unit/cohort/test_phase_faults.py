"""Faults of contrast series by hand-made intensities, and of visits by their dates."""

from datetime import datetime

import numpy as np
import pytest

from scripts.cohort.phase_faults import mean_intensities, phase_faults, series_digest, visit_order_faults
from scripts.cohort.phases import PhaseSeries
from scripts.volumes import Volume, digest

SHAPE = (4, 10, 10)  # z, y, x
NAMES = ("phase_0.mha", "phase_1.mha", "phase_2.mha", "phase_3.mha")


def volume(enhanced: float, k: int = 0) -> Volume:
    """100 everywhere, `enhanced` in 8 voxels (2 %), and one voxel that no other phase has."""
    array = np.full(SHAPE, 100.0, np.float32)
    array[1:3, 4:6, 4:6] = enhanced
    array[0, 0, 0] += k / 1000
    return Volume(array, (1, 1, 1))


def series(*values: float) -> PhaseSeries:
    return PhaseSeries(tuple(volume(v, k) for k, v in enumerate(values)), None, NAMES[: len(values)])


def tumour(whole: bool = True) -> Volume:
    array = np.zeros(SHAPE, np.uint8)
    array[1:3, 4:6, 4 : 6 if whole else 5] = 1
    return Volume(array, (1, 1, 1))


@pytest.mark.parametrize("mask", [None, tumour(), tumour(False)], ids=["no mask", "mask", "half"])
def test_a_series_in_order_has_no_fault(mask):
    assert list(phase_faults(series(100, 180, 220, 210), mask, 4)) == []
    assert list(phase_faults(series(100), mask, 1)) == []


def test_too_few_phases():
    ((severity, *words),) = phase_faults(series(100, 180, 220), None, 4)
    assert severity == "error"
    assert words[:2] == ["at least 4 phases (one before and 3 after contrast)", "3"]


@pytest.mark.parametrize("mask", [None, tumour()], ids=["no mask", "mask"])
def test_another_order_is_told_by_the_darkest_phase(mask):
    ((severity, expected, found, remedy),) = phase_faults(series(200, 100, 220, 150), mask, 4)
    place = "under the mask" if mask else "where the series changes most"
    assert (severity, expected) == ("error", "the phase before contrast first, as the darkest")
    # (200 - 100) / 220 of the largest
    assert found == f"phase_1.mha darker than the first, phase_0.mha, by 45% {place} (100 and 200)"
    assert remedy.startswith("Look at the order")


@pytest.mark.parametrize(("first", "severity"), [(102, None), (107, "warning"), (115, "error")])
def test_a_little_darker_is_drift(first, severity):
    # 2, 7 and 15 of 115 at most: 1.7 %, 6.1 % to 6.5 %, 13 %
    faults = list(phase_faults(series(first, 100, 115, 110), tumour(), 4))
    assert [fault[0] for fault in faults] == ([severity] if severity else [])


def test_a_phase_twice():
    same = PhaseSeries((volume(100), volume(180), volume(180), volume(190)), None, NAMES)
    ((severity, expected, found, _),) = phase_faults(same, None, 4)
    assert (severity, expected) == ("error", "another image in every phase")
    assert found == "phase_1.mha again as phase_2.mha"


def test_means_under_the_mask_and_of_the_changing_voxels():
    volumes = series(100, 180, 220).volumes
    # 8 of 400 voxels are enhanced, which is the share that is looked at
    np.testing.assert_allclose(mean_intensities(volumes, tumour()), [100, 180, 220])
    np.testing.assert_allclose(mean_intensities(volumes, None), [100, 180, 220], rtol=1e-4)


def test_negative_and_unsigned_intensities_do_not_wrap():
    arrays = [np.full(SHAPE, v, np.uint8) for v in (200, 250)]
    arrays[1][0] = 10
    volumes = [Volume(a, (1, 1, 1)) for a in arrays]
    assert mean_intensities(volumes, None).tolist() == [200, 10]
    flat = PhaseSeries(tuple(Volume(np.full(SHAPE, v), (1, 1, 1)) for v in (-5, 0)), None, NAMES[:2])
    assert list(phase_faults(flat, None, 2)) == []


def test_the_digest_of_a_series():
    one, other = series(100, 180), series(180, 100)
    assert series_digest(series(100)) == digest(series(100).volumes[0])
    assert series_digest(one) != series_digest(other)
    assert len(series_digest(one)) == 64


ORDER = ["baseline", "follow_up"]


def test_visits_in_order_of_acquisition():
    first, second = datetime(2024, 1, 31, 10), datetime(2024, 3, 20, 9)
    assert list(visit_order_faults({"baseline": first, "follow_up": second}, ORDER)) == []
    assert list(visit_order_faults({"baseline": second, "follow_up": None}, ORDER)) == []
    assert list(visit_order_faults({"baseline": second, "follow_up": first}, [])) == []
    ((image, words),) = visit_order_faults({"baseline": second, "follow_up": first}, ORDER)
    # 31 January 10 h to 20 March 9 h: 29 days of February and 20 of March, less an hour
    assert image == "follow_up"
    assert words == (
        "an examination after that of baseline",
        "one 49 days before it, as DICOM says",
        "Are baseline and follow_up swapped?",
    )
    assert "2024" not in " ".join(words)
    ((_, words),) = visit_order_faults({"baseline": first, "follow_up": first}, ORDER)
    assert words[1] == "one at the same time, or less than a day before, as DICOM says"
