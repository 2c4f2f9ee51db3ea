"""The criterion by hand, the limits on CE, what is counted and measured; rivals; cross-validation without the
patient.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from scripts.clustering.gaussian_region import GaussianRegion
from scripts.errors import InputError
from scripts.model.gaussian_bundle import require_same_measurement
from scripts.papers.hip_dysplasia.apply_criterion import samples_of
from scripts.papers.hip_dysplasia.compare_clusterings import METHODS, compare, normal_region
from scripts.papers.hip_dysplasia.criterion import (
    chance_of_other_verdict,
    fit_criterion,
    judge,
    knowledge_class,
    sample_values,
)
from scripts.papers.hip_dysplasia.cross_validate import cross_validate, fold_of_patients
from scripts.papers.hip_dysplasia.evaluate_criterion import (
    circle_table,
    cross_table,
    kappa,
    measure,
    share,
    signs_table,
)

MEAN = np.array([30.0, 40.0, 5.0])
REGION = GaussianRegion(MEAN, np.diag([25.0, 4.0, 9.0]), 50)


def test_verdicts_by_hand():
    at = np.array([[0, 0, 0], [-20, 1, 1], [20, 0, 0], [-20, -1, 1], [0, 5.5, 0]]) + MEAN
    found = judge(at, REGION, 0.95)
    # 20 / 5 = 4 standard deviations: 16 + 1/4 + 1/9; the limit of chi-square with 3 degrees of freedom is 7.81
    np.testing.assert_allclose(
        found["squared_distance"], [0, 16 + 0.25 + 1 / 9, 16, 16 + 0.25 + 1 / 9, 5.5**2 / 4]
    )
    assert stats.chi2.ppf(0.95, 3) == pytest.approx(7.8147, abs=1e-4)
    assert 5.5**2 / 4 < 7.8147 < 16
    assert found["verdict"].tolist() == ["normal", "dysplasia", "atypical", "atypical", "normal"]
    np.testing.assert_allclose(
        found["along_axis"], [0, 4, -4, 4, 0], atol=1e-12
    )  # the long axis is CE, towards less
    assert found["outside_plane"].tolist() == [False, True, False, True, False]
    # one-sided: 1.6449 SDs, 8.2243 degrees, leave 95 % of a normal distribution on the inner side
    border = judge(np.array([[-8.22, 0, 0], [-8.23, 0, 0]]) + MEAN, REGION, 0.95)
    assert border["outside_plane"].tolist() == [False, True]
    top = 1 / ((2 * np.pi) ** 1.5 * 30)
    np.testing.assert_allclose(found["density"][0], top)


def test_classes_by_ce_hold_both_limits_to_be_borderline():
    found = knowledge_class(np.array([19.99, 20, 22, 25, 25.01, np.nan]), 20, 25)
    assert found.tolist() == ["abnormal", "borderline", "borderline", "borderline", "normal", None]


def test_the_chance_of_another_verdict_by_hand():
    draws = np.random.default_rng(0).normal(size=(40_000, 3))
    edge = MEAN + [5 * np.sqrt(stats.chi2.ppf(0.95, 3)), 0, 0]
    sds = np.array([[1.0, 0, 0], [0, 0, 0], [np.nan, 1, 1], [1.0, 0, 0]])
    values = np.array([edge - [1, 0, 0], edge, edge, MEAN])
    covariances = np.array([np.diag(sd) ** 2 for sd in sds])
    found = chance_of_other_verdict(values, covariances, REGION, 0.95, draws)
    assert found[0] == pytest.approx(stats.norm.sf(1), abs=0.01)  # one standard deviation inside the border
    assert found[1] == 0
    assert np.isnan(found[2])
    assert found[3] == 0
    # One error z in all three angles, of two SDs of the region each: the squared distance is 3 (2 z)^2
    spread = 2 * np.sqrt(REGION.covariance.diagonal())
    found = chance_of_other_verdict(MEAN[None], np.outer(spread, spread)[None], REGION, 0.95, draws)
    limit = np.sqrt(stats.chi2.ppf(0.95, 3) / 12)
    assert found[0] == pytest.approx(2 * stats.norm.sf(limit), abs=0.01)


def test_signs_are_kept_or_left_out_as_asked():
    table = pd.DataFrame({"ce": [-3.0], "sharp": [40.0], "tonnis": [-5.0]})
    table = table.assign(ce_as_printed=3.0, sharp_as_printed=40.0, tonnis_as_printed=5.0)
    np.testing.assert_array_equal(sample_values(table), [[-3, 40, -5]])
    np.testing.assert_array_equal(sample_values(table, "as_printed"), [[3, 40, 5]])


def test_kappa_and_shares_are_scikit_learns():
    random = np.random.default_rng(3)
    a, b = random.random(60) < 0.4, random.random(60) < 0.5
    weights = random.multinomial(60, np.full(60, 1 / 60), size=4).astype(float)
    found = kappa(weights, a, b)
    for row, value in zip(weights, found, strict=True):
        assert value == pytest.approx(cohen_kappa_score(a, b, sample_weight=row))
    np.testing.assert_allclose(share(weights, a, b), [np.average(a[b], weights=row[b]) for row in weights])
    assert np.isnan(share(np.ones((1, 60)), a, np.zeros(60, bool)))[0]
    assert np.isnan(kappa(np.ones((1, 60)), np.zeros(60, bool), np.zeros(60, bool)))[0]


def made_up(n=40):
    knowledge = ["abnormal"] * 8 + ["borderline"] * 4 + ["normal"] * (n - 13) + [None]
    verdict = ["dysplasia"] * 7 + ["normal"] * 5 + ["atypical"] * 3 + ["normal"] * (n - 16) + ["atypical"]
    return pd.DataFrame(
        {
            "patient": [f"P{i // 2}" for i in range(n)],
            "knowledge": knowledge,
            "verdict": verdict,
            "outside_plane": [v == "dysplasia" for v in verdict],
            "tonnis_high": True,
        }
    )


def test_measures_are_the_counts():
    found = measure(made_up(), "in_sample", 100, 1).set_index("measure")
    assert (found.loc["outside", "yes"], found.loc["outside", "n"]) == (11, 40)
    assert found.loc["abnormal_outside", "estimate"] == 7 / 8
    assert found.loc["borderline_outside", "estimate"] == 0
    assert found.loc["normal_inside", "estimate"] == 24 / 27
    assert found.loc["outside_not_abnormal", "estimate"] == 3 / 10  # of a hip without a class nobody knows
    assert found.loc["same_call", "estimate"] == (7 + 4 + 24) / 39
    assert found.loc["plane_same_call", "estimate"] == 38 / 39
    assert found.loc["abnormal_tonnis_high", "lower"] == pytest.approx(
        0.025 ** (1 / 4)
    )  # exact: four patients, all of them
    known = made_up().dropna()
    expected = cohen_kappa_score(known["verdict"] != "normal", known["knowledge"] == "abnormal")
    assert found.loc["kappa", "estimate"] == pytest.approx(expected)
    inside = found[found["n"] > 0]
    assert (inside["lower"] <= inside["estimate"] + 1e-12).all()
    assert (inside["estimate"] <= inside["upper"] + 1e-12).all()
    assert cross_table(made_up())["n"].sum() == 39


def test_both_hips_of_a_patient_stay_in_one_fold(samples, settings):
    folds = fold_of_patients(samples["patient"], 5, 1)
    assert folds.groupby(samples["patient"]).nunique().eq(1).all()
    assert folds.groupby(folds).size().min() >= 12
    table = cross_validate(samples, settings, 1)
    assert table[["patient", "side"]].equals(samples[["patient", "side"]])


def test_a_hip_is_judged_by_a_criterion_without_its_patient(samples, settings):
    table = cross_validate(samples, settings, 1)
    members = table["fold"] == 0
    values = sample_values(samples)
    _, region = fit_criterion(values[~members.to_numpy()], settings["clustering"])
    np.testing.assert_allclose(
        table.loc[members, "squared_distance"], region.squared_distances(values[members.to_numpy()])
    )
    moved = samples.copy()
    moved.loc[members.to_numpy(), "ce"] -= 60  # their own values do not reach the criterion
    again = cross_validate(moved, settings, 1)
    others = ~members.to_numpy()
    assert (again.loc[members, "verdict"] != "normal").all()
    assert again.loc[members, "n_normal"].equals(table.loc[members, "n_normal"])
    assert not again.loc[others, "squared_distance"].equals(table.loc[others, "squared_distance"])


def test_rivals_are_judged_alike(samples, verdicts, settings, cohort):
    truth = samples[["patient", "side"]].merge(cohort[0], on=["patient", "side"])["hip_class"].to_numpy()
    table = compare(samples, verdicts, settings, 1, truth).set_index("method")
    assert list(table.index) == list(METHODS)
    own = table.loc["density_descending"]
    assert own["adjusted_rand"] == 1
    assert own["outside"] == pytest.approx((verdicts["verdict"] != "normal").mean())
    assert table.loc["everybody", "n_normal"] == len(samples)
    assert table["normal_inside"].between(0, 1).all()
    again = compare(samples, verdicts, settings, 1, truth).set_index("method")
    pd.testing.assert_frame_equal(table, again)


def test_of_other_clusterings_the_cluster_of_the_densest_hip_is_normal():
    values = np.random.default_rng(0).normal(size=(30, 3))
    labels = np.repeat([0, 1, -1], [12, 10, 8])
    assert normal_region(labels, values, 15)[1].tolist() == (labels == 1).tolist()
    assert normal_region(labels, values, 29)[1].tolist() == (labels == 0).tolist()  # noise: the largest


def test_signs_and_circles_are_counted(samples, settings):
    signs = signs_table(samples, settings).set_index("quantity")["n"]
    assert signs["negative_ce"] == (samples["ce"] < 0).sum()
    assert signs["negative_tonnis"] == (samples["tonnis"] < 0).sum()
    circles = circle_table(samples).set_index("quantity")
    apart = (samples["ce"] - samples["ce_least_squares"]).abs()
    assert circles.loc["ce", "largest"] == apart.max()
    assert (circles["median"] <= circles["p95"]).all()


def test_a_model_of_other_settings_is_refused(model, settings):
    require_same_measurement(model, settings["measurement"])
    with pytest.raises(InputError, match="centre: model 'three_point', features 'least_squares'"):
        require_same_measurement(model, settings["measurement"] | {"centre": "least_squares"})


def test_a_cohort_read_once_takes_the_models_reading_error(hips, cohort, model):
    once = hips[hips["reader"] == "annotation"]
    with_model = samples_of(once, cohort[1], model)
    np.testing.assert_allclose(with_model["ce_sd"], samples_of(hips, cohort[1], model)["ce_sd"])
    blind = samples_of(once, cohort[1], model | {"reading_error": {}})
    assert blind["ce_sd"].isna().all()
