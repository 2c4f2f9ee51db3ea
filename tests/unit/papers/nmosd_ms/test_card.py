"""The card's branches are what the stages take, and the reductions are sizes alone."""

import dataclasses

import pytest

from scripts.evaluation.predictions import FoldPlace
from scripts.networks.fractals import FractalSettings
from scripts.papers.nmosd_ms.augmentation import AXES
from scripts.papers.nmosd_ms.lesion_maps import IMAGES, INTERPOLATIONS, PreparationSettings
from scripts.papers.nmosd_ms.names import NETWORKS, ORACLES, RIVALS, SCHEME
from scripts.preprocess.settings import settings_of
from scripts.splits.near_identical import NearIdenticalSettings
from scripts.splits.scheme import SplitScheme
from scripts.training.settings import TrainingSettings
from scripts.workflow.config import ROOT
from scripts.workflow.papers import paper_card, pick, resolve_parameters

CARD = paper_card("nmosd_ms")["parameters"]
BOTH = pytest.mark.parametrize("simulated", [False, True])


def branch(name, simulated=False):
    found = pick(resolve_parameters("nmosd_ms", simulated), name)
    for part in name.split("."):
        found = found[part]
    return found


@BOTH
def test_stages_take_their_branches_whole(simulated):
    values = branch("preparation", simulated)
    settings_of(PreparationSettings, values, "preparation")
    assert set(values) == {field.name for field in dataclasses.fields(PreparationSettings)}
    TrainingSettings.read(branch("training", simulated))
    TrainingSettings.read(branch("pretraining.training", simulated))
    FractalSettings.read(branch("pretraining.fractals", simulated))
    SplitScheme.read(branch("splits", simulated)[SCHEME], SCHEME)
    NearIdenticalSettings(**branch("near_identical", simulated))
    assert set(branch("augmentation", simulated)["flip_axes"]) <= set(AXES)


def test_the_published_preparation_is_the_stages_default():
    assert settings_of(PreparationSettings, branch("preparation"), "preparation") == PreparationSettings()


def test_the_words_allowed_are_those_that_the_stages_know():
    assert CARD["preparation"]["image"]["allowed"] == list(IMAGES)
    assert CARD["preparation"]["interpolation"]["allowed"] == list(INTERPOLATIONS)
    assert list(branch("models")) == list(NETWORKS)


def test_the_rules_name_the_rivals_that_are_fitted():
    files = ("rules/papers/nmosd_ms.smk", "rules/papers/functions/nmosd_ms.smk")
    rules = "".join((ROOT / file).read_text() for file in files)
    for names in (RIVALS, ORACLES):
        assert "[" + ", ".join(f'"{name}"' for name in names) + "]" in rules
    assert f'"{SCHEME}"' in rules
    assert FoldPlace.of(f"a/{next(iter(RIVALS))}/{SCHEME}/r2_f3/x.parquet").fold == 3


def test_reductions_are_sizes_and_never_larger_than_the_published_ones():
    published, reduced = (resolve_parameters("nmosd_ms", simulated) for simulated in (False, True))
    for name, parameter in reduced.items():
        value, full = parameter.value, published[name].value
        if name.endswith(".pretrained"):
            assert value == ("procedural" if full == "torchvision" else full)
        elif parameter.changed:
            assert value < full, name


@BOTH
def test_networks_differ_in_nothing_but_what_they_are_compared_for(simulated):
    models = branch("models", simulated)
    assert len({model["sizes"]["width"] for model in models.values()}) == 1
    assert {model["sizes"]["dropout"] for model in models.values()} == {0.15}
    assert [m for m, values in models.items() if values["pretrained"] != "none"] == [
        "two_view_18_pretrained", "two_view_34_pretrained",
    ]  # fmt: skip
