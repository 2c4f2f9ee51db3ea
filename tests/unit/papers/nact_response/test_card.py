"""The card's branches are what the stages take: no name that a stage does not have, no default that differs unsaid."""

import dataclasses

import pytest

from scripts.classification.combat import NEW_BATCH as COMBAT_NEW_BATCH
from scripts.classification.inclusion import SvmSettings
from scripts.classification.rivals import default_rivals
from scripts.papers.nact_response.compare_rivals import NEW_BATCH
from scripts.papers.nact_response.delta import ZERO_DENOMINATOR
from scripts.papers.nact_response.fit_models import PREPARATION, read_settings
from scripts.preprocess.bias_field import BiasFieldSettings
from scripts.preprocess.enhancement import PhaseSettings
from scripts.preprocess.intensity import IntensitySettings
from scripts.preprocess.register_visits import IMAGES
from scripts.preprocess.registration import RegistrationSettings
from scripts.preprocess.resampling import ResamplingSettings
from scripts.preprocess.settings import settings_of
from scripts.preprocess.tumour_mask import SegmentationSettings
from scripts.radiomics.features import complete_settings
from scripts.statistics.group_tests import GROUP_TESTS, PAIRED_TESTS
from scripts.workflow.papers import paper_card, pick, resolve_parameters

STAGES = {
    "phases": PhaseSettings,
    "bias_field": BiasFieldSettings,
    "resampling": ResamplingSettings,
    "intensity": IntensitySettings,
    "segmentation": SegmentationSettings,
    "registration": RegistrationSettings,
}
CARD = paper_card("nact_response")["parameters"]


def branch(name, simulated=False):
    return pick(resolve_parameters("nact_response", simulated), name)[name]


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("name", STAGES)
def test_a_stage_takes_its_branch_whole(name, simulated):
    values = branch(name, simulated)
    if name == "registration":
        assert values.pop("image") in IMAGES
    settings_of(STAGES[name], values, name)
    assert set(values) == {field.name for field in dataclasses.fields(STAGES[name])}


def test_the_published_settings_are_the_stages_defaults():
    for name, kind in STAGES.items():
        values = branch(name)
        values.pop("image", None)
        assert settings_of(kind, values, name) == kind()


@pytest.mark.parametrize("simulated", [False, True])
def test_features_and_models_take_theirs(simulated):
    complete_settings(branch("radiomics", simulated))
    complete_settings(branch("jacobian_radiomics", simulated))
    settings, _ = read_settings({"svm": branch("svm", simulated)})
    assert isinstance(settings, SvmSettings)
    rivals = branch("rivals", simulated)
    default_rivals({name: rivals[name] for name in ("lasso", "forest", "xgboost")})


def test_the_words_allowed_are_those_that_the_stages_know():
    assert CARD["delta"]["zero_denominator"]["allowed"] == list(ZERO_DENOMINATOR)
    assert CARD["feature_tests"]["groups"]["allowed"] == list(GROUP_TESTS)
    assert CARD["feature_tests"]["visits"]["allowed"] == list(PAIRED_TESTS)
    assert CARD["registration"]["image"]["allowed"] == list(IMAGES)
    assert set(CARD["combat"]["compared"]["value"]) - {"none"} == set(NEW_BATCH)
    assert set(NEW_BATCH.values()) == set(COMBAT_NEW_BATCH)
    assert set(PREPARATION) <= set(CARD)


def test_reductions_are_sizes_and_never_larger_than_the_published_ones():
    published, reduced = (resolve_parameters("nact_response", simulated) for simulated in (False, True))
    for name, parameter in reduced.items():
        value, full = parameter.value, published[name].value
        if parameter.changed and name not in ("resampling.spacing_mm", "svm.inclusion_step", "svm.step"):
            assert len(value) < len(full) if isinstance(value, list) else value < full, name
