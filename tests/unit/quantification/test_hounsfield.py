"""CT numbers: where air lies, and which window a value is in."""

import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.quantification.hounsfield import air_level, require_hounsfield, window_index, window_words


def chest(offset=0.0, scale=1.0, padding=None):
    """A quarter air, a quarter lung, half tissue, with noise of 15 HU; `padding` in the corners."""
    random = np.random.default_rng(1)
    levels = np.repeat([-1000.0, -860.0, 40.0, 40.0], 4000)
    values = (levels + random.normal(0, 15, levels.size)) * scale + offset
    if padding is not None:
        values[:500] = padding
    return values.reshape(20, 20, 40)


@pytest.mark.parametrize("padding", [None, -1024.0, -2000.0, -3024.0])
def test_air_is_found_beside_padding(padding):
    assert air_level(chest(padding=padding)) == pytest.approx(-1000, abs=8)


@pytest.mark.parametrize(("offset", "found"), [(-24.0, -1024), (30.0, -970), (-100.0, -1100)])
def test_an_offset_shows_in_air(offset, found):
    assert air_level(chest(offset)) == pytest.approx(found, abs=5)


@pytest.mark.parametrize("offset", [-300.0, -60.0, 60.0, 250.0])
def test_air_beside_the_patient_shows_any_offset_with_padding_or_without(offset):
    random = np.random.default_rng(2)
    image = random.normal(-1000, 12, (12, 40, 40))
    image[:, 8:32, 8:32] = random.normal(40, 12, (12, 24, 24))
    assert air_level(image + offset) == pytest.approx(-1000 + offset, abs=3)
    image[:, :, :2] = -3000
    assert air_level(image + offset) == pytest.approx(-1000 + offset, abs=3)


def test_padding_nearly_as_dark_as_air_is_not_taken_for_it():
    random = np.random.default_rng(2)
    image = np.full((12, 40, 40), -1200.0)
    image[:, 2:-2, 2:-2] = random.normal(-1000, 12, (12, 36, 36))
    image[:, 12:28, 12:28] = 40
    assert air_level(image) == pytest.approx(-1000, abs=3)


def test_air_is_looked_for_on_the_sides_and_not_on_the_ends_of_the_patient():
    random = np.random.default_rng(2)
    image = random.normal(-750, 12, (12, 20, 60))  # air that is 250 HU off
    image[:, 4:-4] = random.normal(40, 12, (12, 12, 60))
    image[[0, -1]] = 40
    assert air_level(image) == pytest.approx(-750, abs=3)


def test_a_crop_to_the_lungs_is_not_taken_for_air_of_another_number():
    random = np.random.default_rng(2)
    image = random.normal(-860, 40, (12, 40, 40))
    image[:, :, :6] = image[:, :, -6:] = image[:, :4] = image[:, -4:] = 40
    assert np.isnan(air_level(image)) or air_level(image) < -920


def test_an_image_that_is_not_in_hounsfield_units_is_refused():
    assert require_hounsfield(chest(), 50) == pytest.approx(-1000, abs=3)
    with pytest.raises(CaseError, match="expected air at -1000 HU within 50, found it at -1100 HU"):
        require_hounsfield(chest(-100), 50)


def test_without_air_lung_is_enough_and_without_lung_it_is_no_chest():
    tissue = np.full((10, 10, 10), 40.0)
    assert np.isnan(air_level(tissue))
    with pytest.raises(CaseError, match="found neither: the darkest value is 40"):
        require_hounsfield(tissue, 50)
    with pytest.raises(CaseError, match="expected air at -1000 HU and lung below -700 HU, found neither"):
        require_hounsfield(chest(scale=0.5), 50)
    tissue[2:4] = -860  # 200 voxels of lung
    assert np.isnan(require_hounsfield(tissue, 50))
    tissue[2, 0, 0] = 40
    with pytest.raises(CaseError, match="the darkest value is -860"):
        require_hounsfield(tissue, 50)


def test_windows_are_half_open_and_cover_every_value():
    values = np.array([-1000, -751, -750, -301, -300, 49, 50, 3000])
    assert window_index(values, [-750, -300, 50]).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert window_words([-750, -300, 50]) == [
        "below −750 HU", "−750 to −300 HU", "−300 to 50 HU", "50 HU and above",
    ]  # fmt: skip


@pytest.mark.parametrize("edges", [[], [-300, -750], [50, 50]])
def test_edges_must_ascend(edges):
    with pytest.raises(InputError, match="expected ascending CT numbers"):
        window_index(np.zeros(3), edges)
