import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.nact_response.response import (
    FORETOLD,
    IMAGES,
    LATENTS,
    SUBTYPES,
    ResponseModel,
    score_weights,
    visible,
)

PLACE = {name: k for k, name in enumerate(LATENTS)}
MODEL = ResponseModel(residual={"heterogeneity": -1.0, "enhancement": -0.5}, shrinkage=0.7, patchiness=-0.2)


def test_weights_by_hand():
    weights = MODEL.weights
    assert weights[PLACE["heterogeneity"]] == pytest.approx(-0.3)
    assert weights[PLACE["residual_heterogeneity"]] == pytest.approx(-np.sqrt(0.91))
    assert weights[PLACE["enhancement"]] == pytest.approx(-0.15)
    assert weights[PLACE["shrinkage"]] == 0.7
    assert weights[PLACE["patchiness"]] == -0.2
    assert weights[PLACE["size"]] == weights[PLACE["irregularity"]] == 0
    assert FORETOLD == 0.3


def test_what_each_image_cannot_show():
    later = ["residual_heterogeneity", "residual_enhancement", "shrinkage", "patchiness"]
    assert not visible("baseline")[:, [PLACE[name] for name in later]].any()
    shape_of_change = ["heterogeneity", "enhancement", "residual_heterogeneity", "residual_enhancement"]
    assert not visible("jacobian")[:, [PLACE[name] for name in shape_of_change]].any()
    assert not visible("delta")[:, [PLACE["size"], PLACE["irregularity"], PLACE["patchiness"]]].any()
    assert np.linalg.matrix_rank(visible("fusion")) == len(LATENTS)
    with pytest.raises(KeyError):
        visible("ultrasound")


@pytest.mark.parametrize("image", IMAGES)
def test_the_best_score_is_the_regression_on_what_is_seen(image):
    factors = generator(1, "z").standard_normal((400_000, len(LATENTS)))
    seen = factors @ visible(image).T
    target = factors @ MODEL.weights
    coefficients = np.linalg.lstsq(seen, target, rcond=None)[0]
    expected = seen @ coefficients
    np.testing.assert_allclose(factors @ score_weights(image, MODEL), expected, atol=0.03)


def test_effects_of_subtypes_are_by_their_place():
    effects = ResponseModel().subtype_effects(np.array([3, 0, 1, 2]))
    names = [SUBTYPES[k] for k in (3, 0, 1, 2)]
    assert effects.tolist() == [ResponseModel().subtype[name] for name in names]
    assert effects[1] < effects[2] < 0 < effects[3] < effects[0]
