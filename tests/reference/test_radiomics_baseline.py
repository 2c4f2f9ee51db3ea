"""pyradiomics' published baselines: the fork that is installed here gives the values of the upstream project.

Each column of the baseline files holds its own settings; they are handed to `extract_features` under this
project's names. Cases whose images are not in REAL_DATA cannot be recomputed and are left out.
"""

import ast
import csv
import os
from functools import cache
from pathlib import Path

import pytest
import SimpleITK as sitk

from scripts.radiomics.features import FEATURES_OF_CLASS, SETTINGS, extract_features
from scripts.volumes import Volume, from_sitk

REAL_DATA = os.environ.get("REAL_DATA")
pytestmark = pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")
FOLDER = Path(REAL_DATA or "") / "radiomics_baseline"

OUR_NAME = {setting.pyradiomics: name for name, setting in SETTINGS.items()}
# what no feature depends on here: provenance, a slower way to crop, an axis for slices that is the default
WITHOUT_EFFECT = {"additionalInfo": True, "preCrop": False, "minimumROISize": None, "force2Ddimension": 0}
# This column was written by 2.0.1b1, before a change of the mesh (the resampled one, by 2.1.0, agrees).
OLD_MESH = {
    ("brain1", "MeshVolume"): 16149.4954427,
    ("brain1", "Sphericity"): 0.480242186182,
    ("brain1", "SurfaceArea"): 6433.7343171,
    ("brain1", "SurfaceVolumeRatio"): 0.398386088279,
}


@cache
def columns(group: str) -> dict[str, tuple[dict, dict[str, float]]]:
    """Variant -> (its settings in pyradiomics' names, feature -> value) of one feature class."""
    with (FOLDER / "baseline" / f"baseline_{group}.csv").open(encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    by_name = {row[0]: row[1:] for row in rows}
    found = {}
    for place, variant in enumerate(header[1:]):
        values = {
            name.removeprefix(f"original_{group}_"): float(cells[place])
            for name, cells in by_name.items()
            if name.startswith("original_")
        }
        found[variant] = ast.literal_eval(by_name["diagnostics_Configuration_Settings"][place]), values
    return found


@cache
def volumes(case: str) -> tuple[Volume, Volume]:
    return tuple(
        from_sitk(sitk.ReadImage(str(FOLDER / f"{case}_{kind}.nrrd"))) for kind in ("image", "label")
    )


@cache
def recomputed(case: str, settings: tuple) -> dict[str, float]:
    return extract_features(*volumes(case), {k: list(v) if isinstance(v, tuple) else v for k, v in settings})


def ours(theirs: dict) -> tuple:
    """The settings under this project's names; `interpolator: None` only goes with no resampling."""
    theirs = {name: value for name, value in theirs.items() if name not in WITHOUT_EFFECT}
    if theirs["interpolator"] is None:
        assert theirs.pop("resampledPixelSpacing") is None
        del theirs["interpolator"]
    return tuple((OUR_NAME[k], tuple(v) if isinstance(v, list) else v) for k, v in theirs.items())


def cases() -> list[tuple[str, str]]:
    if not REAL_DATA:
        return []
    return [
        (group, variant)
        for group in FEATURES_OF_CLASS
        for variant in columns(group)
        if (FOLDER / f"{variant.split('_')[0]}_image.nrrd").exists()
    ]


@pytest.mark.parametrize(("group", "variant"), cases())
def test_the_published_baseline_is_reproduced(group, variant):
    theirs, expected = columns(group)[variant]
    assert {name: theirs[name] for name in WITHOUT_EFFECT} == WITHOUT_EFFECT
    obtained = recomputed(variant.split("_")[0], ours(theirs))
    assert set(expected) == set(FEATURES_OF_CLASS[group].split())
    for name, value in expected.items():
        found = obtained[f"original_{group}_{name}"]
        if (variant, name) in OLD_MESH:
            assert value == OLD_MESH[variant, name]
            assert found != pytest.approx(value, rel=1e-5)
            assert found == pytest.approx(value, rel=1e-3)
        else:
            assert found == pytest.approx(value, rel=2e-12, abs=1e-12), name


def test_there_is_something_to_compare():
    assert len(cases()) >= 43
    assert len({variant for _, variant in cases()}) >= 8
