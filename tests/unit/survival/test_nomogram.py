"""Nomogram: points, total points and survival of a model of round numbers, by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.survival.cox import CoxFit, survival_at
from scripts.survival.nomogram import Nomogram, build_nomogram

BASELINE = pd.DataFrame({"months": [0.0, 20.0, 36.0, 60.0, 80.0], "survival": [1.0, 0.95, 0.9, 0.8, 0.8]})
SCORE = [(-1.0, "-1"), (0.0, "0"), (1.0, "1")]
STAGE = [(1.0, "I"), (2.0, "II"), (3.0, "III"), (4.0, "IV")]


def model(coefficients: dict[str, float]) -> CoxFit:
    p = len(coefficients)
    values = np.array(list(coefficients.values()))
    return CoxFit(list(coefficients), values, np.eye(p), -10.0, -12.0, 100, 30, np.zeros(p))


def nomogram(score: float = 1.0, stage: float = 0.5, **options) -> Nomogram:
    fit = model({"score": score, "stage": stage})
    axes = {"score": SCORE, "stage": STAGE}
    return build_nomogram(fit, BASELINE, axes, {"stage": "TNM stage"}, [36, 60], **options)


def test_points_by_hand():
    # score spans 2 units of linear predictor, so 100 points; stage 1.5, so 75
    found = nomogram()
    assert [axis.label for axis in found.axes] == ["score", "TNM stage"]
    assert found.axes[0].points == pytest.approx([0, 50, 100])
    assert found.axes[1].points == pytest.approx([0, 25, 50, 75])
    assert found.axes[1].labels == ["I", "II", "III", "IV"]
    assert found.total_points_per_unit == pytest.approx(50)
    assert found.lowest_predictor == pytest.approx(-1 + 0.5)
    assert found.max_total_points == pytest.approx(175)
    assert found.points("score", 0.5) == pytest.approx(75)
    assert found.points("score", 2.0) == pytest.approx(150)  # beyond the axis the scale goes on


def test_a_protective_covariate_runs_the_other_way():
    found = nomogram(score=-1.0)
    assert found.axes[0].points == pytest.approx([100, 50, 0])
    assert found.points("score", 1.0) == pytest.approx(0)


def test_total_points_and_survival_are_those_of_the_model():
    found = nomogram()
    patients = pd.DataFrame({"stage": [1.0, 4.0, 2.0], "score": [-1.0, 1.0, 0.3], "age": [60, 70, 80]})
    total = found.total_points(patients)
    assert total == pytest.approx([0, 175, 65 + 25])
    by_hand = [
        found.points("score", a) + found.points("stage", b)
        for a, b in zip(patients.score, patients.stage, strict=True)
    ]
    assert total == pytest.approx(by_hand)
    predictor = patients["score"] + 0.5 * patients["stage"]
    for months in (36, 60):
        np.testing.assert_allclose(found.survival(total, months), survival_at(BASELINE, predictor, months))


def test_survival_ticks_stand_where_the_model_has_that_survival():
    found = nomogram(survival_ticks=(0.99, 0.9, 0.5, 0.2, 0.005))
    for axis in found.outcomes:
        np.testing.assert_allclose(found.survival(axis.total_points, axis.months), axis.survival, rtol=1e-12)
        assert all(0 <= points <= 175 for points in axis.total_points)
    # at 60 months survival runs from 0.8^exp(-0.5) = 0.873 to 0.8^exp(3) = 0.011
    assert found.outcomes[1].survival == pytest.approx([0.5, 0.2])
    assert found.outcomes[0].baseline_survival == 0.9


def test_categories_join_indicators_on_one_axis():
    fit = model({"score": 1.0, "stage_2": 0.2, "stage_3": 1.0})
    axes = {"score": SCORE, "stage": STAGE[:3]}
    found = build_nomogram(fit, BASELINE, axes, {}, [36], categories={"stage": {2: "stage_2", 3: "stage_3"}})
    assert found.axes[1].points == pytest.approx([0, 10, 50])
    assert found.points("stage", 3) == pytest.approx(50)
    patients = pd.DataFrame({"score": [0.0, 0.0], "stage_2": [0.0, 1.0], "stage_3": [0.0, 0.0]})
    assert found.total_points(patients) == pytest.approx([50, 60])
    again = Nomogram.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    with pytest.raises(InputError, match="one of the categories 1, 2, 3 of 'stage', found 4"):
        found.points("stage", 4)


def test_survives_json():
    found = nomogram()
    assert Nomogram.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_refusals():
    fit = model({"score": 1.0, "stage": 0.5})
    axes = {"score": SCORE, "stage": STAGE}

    def build(axes=axes, months=(36,), fit=fit, baseline=BASELINE, **options):
        return build_nomogram(fit, baseline, axes, {}, list(months), **options)

    with pytest.raises(
        InputError, match=r"each covariate of \['score', 'stage'\] on one axis, found axes for"
    ):
        build({"score": SCORE})
    with pytest.raises(InputError, match="axes named as covariates, found 'scores'. Did you mean 'score'"):
        build({"scores": SCORE, "stage": STAGE})
    with pytest.raises(InputError, match="two or more different values on the axis 'score'"):
        build({"score": [(1.0, "1"), (1.0, "one")], "stage": STAGE})
    with pytest.raises(InputError, match="an axis along which the risk changes"):
        build(fit=model({"score": 0.0, "stage": 0.0}))
    with pytest.raises(InputError, match="a horizon within the follow-up of 80 months, found 120"):
        build(months=[120])
    with pytest.raises(InputError, match="a baseline survival between 0 and 1 at 10 months, found 1"):
        build(months=[10])
    with pytest.raises(InputError, match="survival ticks above 0 and below 1"):
        build(survival_ticks=(0.5, 1.0))
    found = nomogram()
    with pytest.raises(InputError, match="a horizon among 36, 60 months, found 48"):
        found.survival([100], 48)
    with pytest.raises(InputError, match="an axis 'stages', found none. Did you mean 'stage'"):
        found.points("stages", 1)
    with pytest.raises(InputError, match="covariate 'stage', found none so named"):
        found.total_points(pd.DataFrame({"score": [1.0]}))
