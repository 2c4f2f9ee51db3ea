"""The card's branches are what the steps take: no name that a step does not have, reductions in sizes alone."""

import pytest

from scripts.networks.fractals import FractalSettings
from scripts.papers.glioma_grading.augmentation import SIGNS
from scripts.papers.glioma_grading.names import (
    LEAKY_MODEL,
    LEAKY_SCHEME,
    MODEL_LABELS,
    NETWORKS,
    RIVALS,
    SCHEME,
)
from scripts.papers.glioma_grading.networks import AUGMENTATIONS, build
from scripts.papers.glioma_grading.prepare_images import KINDS
from scripts.papers.glioma_grading.tumour_slice import ASPECT, CHOSEN_BY, OUTSIDE
from scripts.preprocess.settings import settings_of
from scripts.splits.near_identical import NearIdenticalSettings
from scripts.splits.scheme import SplitScheme
from scripts.training.settings import TrainingSettings
from scripts.workflow.papers import paper_card, pick, resolve_parameters

CARD = paper_card("glioma_grading")["parameters"]
SIMULATED = pytest.mark.parametrize("simulated", [False, True])


def branch(name, simulated=False):
    return pick(resolve_parameters("glioma_grading", simulated), name)[name]


@SIMULATED
def test_the_steps_take_their_branches_whole(simulated):
    for name, kind in KINDS.items():
        settings_of(kind, branch(name, simulated), name)
    settings_of(NearIdenticalSettings, branch("near_identical", simulated), "near_identical")
    TrainingSettings.read(branch("training", simulated))
    for name, scheme in branch("splits", simulated).items():
        SplitScheme.read(scheme, name)
    pretraining = branch("pretraining", simulated)
    FractalSettings.read(pretraining["fractals"])
    TrainingSettings.read(pretraining["training"])


def test_the_published_preparation_is_the_default():
    for name, kind in KINDS.items():
        assert settings_of(kind, branch(name), name) == kind()


@SIMULATED
def test_every_model_can_be_built_and_all_have_one_size(simulated):
    models = branch("models", simulated)
    assert set(models) == {*NETWORKS, LEAKY_MODEL}
    assert set(MODEL_LABELS) == {*models, *RIVALS}
    assert len({str(model["sizes"]) for model in models.values()}) == 1
    assert all(model["augmentation"] in AUGMENTATIONS for model in models.values())


def test_the_published_network_is_torchvisions_with_a_head_of_three():
    import torch

    with torch.device("meta"):
        network = build(branch("models")["transferred"], 3)
    # AlexNet of torchvision, 61,100,840 parameters, less 4096 x 1000 + 1000 of its last layer, and 4096 x 3 + 3
    assert sum(p.numel() for p in network.parameters()) == 61_100_840 - 4_097_000 + 12_291


def test_the_splits_are_those_that_the_steps_name():
    splits = branch("splits")
    assert set(splits) == {SCHEME, LEAKY_SCHEME}
    assert splits[SCHEME]["group"] == "patient"
    assert splits[LEAKY_SCHEME]["group"] == "sample"
    assert splits[SCHEME]["n_folds"] == splits[LEAKY_SCHEME]["n_folds"] == 10


def test_the_words_allowed_are_those_that_the_steps_know():
    assert CARD["slice"]["chosen_by"]["allowed"] == list(CHOSEN_BY)
    assert CARD["crop"]["outside"]["allowed"] == list(OUTSIDE)
    assert CARD["crop"]["aspect"]["allowed"] == list(ASPECT)
    assert CARD["augmentation"]["sign"]["allowed"] == list(SIGNS)


def test_reductions_are_sizes_and_never_larger_than_the_published_ones():
    published, reduced = (resolve_parameters("glioma_grading", simulated) for simulated in (False, True))
    for name, parameter in reduced.items():
        if parameter.changed and not name.endswith("pretrained"):
            assert parameter.value < published[name].value, name
    changed = {name for name, p in reduced.items() if p.changed}
    assert {name for name in changed if name.endswith("pretrained")} == {
        f"models.{m}.pretrained" for m in ("transferred", "unaugmented", "repeated", "augmented_first")
    }
