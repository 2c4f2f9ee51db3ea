"""A card's branch as settings: unknown names and impossible values are refused by name."""

from __future__ import annotations

import pytest

from scripts.errors import InputError
from scripts.preprocess.bias_field import BiasFieldSettings
from scripts.preprocess.enhancement import PhaseSettings
from scripts.preprocess.intensity import IntensitySettings
from scripts.preprocess.resampling import ResamplingSettings
from scripts.preprocess.settings import is_number, is_whole, settings_of
from scripts.preprocess.tumour_mask import SegmentationSettings


def test_given_values_over_the_defaults():
    assert settings_of(BiasFieldSettings, None, "bias_field") == BiasFieldSettings()
    assert settings_of(BiasFieldSettings, {"levels": 1}, "bias_field") == BiasFieldSettings(levels=1)
    own = BiasFieldSettings(levels=2)
    assert settings_of(BiasFieldSettings, own, "bias_field") is own


def test_a_list_of_the_card_is_a_tuple():
    chosen = settings_of(ResamplingSettings, {"spacing_mm": [1, 1, 2]}, "resampling")
    assert chosen.wanted((5.0, 5.0, 5.0)) == (1.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("kind", "branch", "given", "message"),
    [
        (
            ResamplingSettings,
            "resampling",
            {"spacing": 1},
            r"resampling\.spacing: .*Did you mean 'spacing_mm'",
        ),
        (
            ResamplingSettings,
            "resampling",
            {"spacing_mm": [1, 1]},
            r"\(0 keeps an axis as it is\), found \[1, 1\]",
        ),
        (ResamplingSettings, "resampling", {"spacing_mm": -1}, "a number above 0.*found -1"),
        (ResamplingSettings, "resampling", {"interpolator": "cubic"}, "one of linear, bspline, nearest"),
        (IntensitySettings, "intensity", {"method": "zscore"}, "one of none, z_score, percentile, histogram"),
        (IntensitySettings, "intensity", {"region": "breast"}, "one of body, whole, found 'breast'"),
        (IntensitySettings, "intensity", {"low_percentile": 99}, "0 <= low < high <= 100"),
        (IntensitySettings, "intensity", {"high_percentile": 101}, "0 <= low < high <= 100"),
        (
            IntensitySettings,
            "intensity",
            {"method": "histogram", "low_percentile": 10},
            "low below 10 and high above 90",
        ),
        (
            PhaseSettings,
            "phases",
            {"chosen": "third"},
            "one of third_postcontrast, highest_enhancement, or a",
        ),
        (PhaseSettings, "phases", {"chosen": 0}, "a whole number from 1, found 0"),
        (SegmentationSettings, "segmentation", {"source": "given"}, "one of given_or_fuzzy, fuzzy"),
        (
            SegmentationSettings,
            "segmentation",
            {"n_clusters": 1},
            "n_clusters: expected a whole number from 2",
        ),
        (
            SegmentationSettings,
            "segmentation",
            {"fuzziness": 1},
            "fuzziness: expected a number above 1, found 1",
        ),
        (
            SegmentationSettings,
            "segmentation",
            {"q": -0.5},
            "segmentation.q: expected a number from 0, found -0.5",
        ),
        (SegmentationSettings, "segmentation", {"tolerance": 0}, "tolerance: expected a number above 0"),
    ],
)
def test_what_cannot_be(kind, branch, given, message):
    with pytest.raises(InputError, match=message):
        settings_of(kind, given, branch)


def test_kinds_of_numbers():
    assert is_number(0)
    assert is_number(0.0, 0)
    assert not is_number(0, 0, above=True)
    assert not is_number(True)
    assert not is_number(float("nan"))
    assert is_whole(2, 2)
    assert not is_whole(2.0, 2)
    assert not is_whole(True, 1)
