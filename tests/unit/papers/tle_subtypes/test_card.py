"""The card's branches are what the stages take, and the reductions are sizes alone."""

import dataclasses

import numpy as np
import pytest
import torch

from scripts.papers.tle_subtypes.describe_networks import shape_of
from scripts.papers.tle_subtypes.names import BEST_MODEL, HEADS, NETWORKS, SCHEMES
from scripts.papers.tle_subtypes.networks import GATHERED, TOKENS, build
from scripts.preprocess.meg_epochs import SCALES, EpochSettings, SignalSettings
from scripts.preprocess.settings import settings_of
from scripts.simulation.tle_subtypes.identifiers import SENSORS
from scripts.splits.near_identical import NearIdenticalSettings
from scripts.splits.scheme import SplitScheme
from scripts.training.settings import TrainingSettings
from scripts.workflow.papers import paper_card, pick, resolve_parameters

CARD = paper_card("tle_subtypes")["parameters"]
BOTH = pytest.mark.parametrize("simulated", [False, True])


def branch(name, simulated=False):
    found = pick(resolve_parameters("tle_subtypes", simulated), name)
    for part in name.split("."):
        found = found[part]
    return found


@BOTH
def test_stages_take_their_branches_whole(simulated):
    for name, kind in (("signal", SignalSettings), ("epochs", EpochSettings)):
        values = branch(name, simulated)
        settings_of(kind, values, name)
        assert set(values) == {field.name for field in dataclasses.fields(kind)}
    TrainingSettings.read(branch("training", simulated))
    NearIdenticalSettings(**branch("near_identical", simulated))
    for scheme in SCHEMES:
        SplitScheme.read(branch("splits", simulated)[scheme], scheme)


def test_the_published_preparation_is_the_stages_default():
    assert settings_of(SignalSettings, branch("signal"), "signal") == SignalSettings()
    assert settings_of(EpochSettings, branch("epochs"), "epochs") == EpochSettings()


def test_the_words_allowed_are_those_that_the_stages_know():
    assert CARD["epochs"]["scale"]["allowed"] == list(SCALES)
    sizes = CARD["models"][BEST_MODEL]["sizes"]
    assert (sizes["tokens"]["allowed"], sizes["gathered"]["allowed"]) == (list(TOKENS), list(GATHERED))


def test_models_are_those_of_the_report_and_differ_in_what_they_are_compared_for():
    models = branch("models")
    assert set(models) == set(NETWORKS)
    assert {models[name]["heads"]: name for name in HEADS.values()} == HEADS
    for name in (*HEADS.values(), "attn_1", "attn_2"):
        assert models[name]["sizes"] == models[BEST_MODEL]["sizes"]
    removed = {name: (models[name]["self_attention"], models[name]["heads"]) for name in ("attn_1", "attn_2")}
    assert removed == {"attn_1": (False, 4), "attn_2": (True, 0)}


def test_one_split_is_by_patient_and_one_by_epoch():
    groups = {scheme: branch("splits")[scheme]["group"] for scheme in SCHEMES}
    assert groups == {"by_patient": "patient", "by_epoch": "sample"}


@BOTH
def test_every_model_is_built_and_runs(simulated):
    values = {name: branch(name, simulated) for name in ("signal", "epochs")}
    shape = shape_of(values)
    for model in branch("models", simulated).values():
        with torch.device("meta"):
            network = build(model, 2, None, shape=shape)
            assert network(torch.zeros(2, *shape)).shape == (2, 2)


def test_the_simulated_helmet_has_the_sensors_of_its_card():
    assert branch("signal", True)["sensors"] == len(SENSORS)


def test_reductions_are_sizes_and_never_larger_than_the_published_ones():
    published, reduced = (resolve_parameters("tle_subtypes", simulated) for simulated in (False, True))
    for name, parameter in reduced.items():
        if parameter.changed:
            assert (np.array(parameter.value) <= np.array(published[name].value)).all(), name
