"""The rad-score's fit: filter and scaling by hand, planted features found again, no hidden dependence."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.survival.rad_score import RadScore
from scripts.survival.signature import (
    SignatureSettings,
    between_scores,
    filter_features,
    fit_signature,
    for_resampling,
)


def cohort(effects, n=160, p=12, seed=1, hazard=0.01):
    """n patients, p independent features on different scales; `effects` = {feature number: log hazard}."""
    rng = generator(seed, "test_signature")
    z = rng.normal(size=(n, p))
    scale = 10.0 ** np.linspace(3, -2, p)
    features = pd.DataFrame(
        scale * (1 + z), columns=[f"f{j:02d}" for j in range(p)], index=[f"P{i}" for i in range(n)]
    )
    log_hazard = sum(effect * z[:, j] for j, effect in effects.items()) + np.zeros(n)
    recurrence = rng.exponential(1 / (hazard * np.exp(log_hazard)))
    censoring = rng.uniform(20, 100, n)
    return features, np.minimum(recurrence, censoring), (recurrence <= censoring).astype(int)


QUICK = for_resampling(SignatureSettings())


def test_the_paper_keeps_85_of_107_features():
    features = pd.DataFrame(np.tile([[1.0], [2.0]], 107) * np.arange(1, 108))
    filtering = filter_features(features, SignatureSettings())
    assert filtering["kept"].sum() == 85
    assert filtering.loc[filtering["kept"], "feature"].min() == 22  # the 22 weakest, 0..21, are out


def test_signal_is_the_mean_absolute_value():
    features = pd.DataFrame(
        {"swings": [-9.0, 9.0, -9.0, 9.0], "steady": [5.0, 5.1, 5.0, 5.1], "small": [1.0, 2, 3, 2]}
    )
    filtering = filter_features(features, SignatureSettings(keep_fraction=0.67))
    assert filtering["signal"].tolist() == pytest.approx([9.0, 5.05, 2.0])
    assert filtering["kept"].tolist() == [True, True, False]
    assert filtering["cause"].tolist() == ["", "", "low signal"]


def test_signal_of_z_scores_ignores_the_unit():
    # SD by n - 1: (-1, 1, -1, 1) has |z| sqrt(3) / 2 = 0.8660; (0, 0, 0, 4) has 0.5, 0.5, 0.5, 1.5, mean 0.75
    features = pd.DataFrame({"even": [-1.0, 1.0, -1.0, 1.0], "outlier": [0.0, 0.0, 0.0, 4000.0]})
    filtering = filter_features(features, SignatureSettings(keep_fraction=0.5, signal="mean_absolute_z"))
    assert filtering["signal"].tolist() == pytest.approx([0.8660254, 0.75])
    assert filtering["kept"].tolist() == [True, False]


def test_constant_and_incomplete_features_are_no_candidates_and_said_so():
    features, time, event = cohort({0: 1.0})
    features["f03"] = 7.0
    features.iloc[4, 5] = np.nan
    fit = fit_signature(features, time, event, QUICK, generator(1))
    causes = fit.filtering.set_index("feature")["cause"]
    assert causes["f03"] == "constant"
    assert causes["f05"] == "missing values"
    assert len(fit.kept) == 8  # 80 % of the 10 others
    assert not {"f03", "f05"} & set(fit.kept)


def test_a_planted_feature_is_selected_with_its_sign():
    features, time, event = cohort({1: 1.2, 4: -1.2}, n=300)
    fit = fit_signature(features, time, event, QUICK, generator(2))
    coefficients = dict(zip(fit.features, fit.coefficients, strict=True))
    assert {"f01", "f04"} <= set(coefficients)
    assert coefficients["f01"] > 0.5
    assert coefficients["f04"] < -0.5
    assert fit.lambda_rule == "min"
    assert fit.lambda_value == fit.cross_validation.lambda_min


def test_the_score_is_the_sum_of_coefficients_and_z_scores():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    fit = fit_signature(features, time, event, QUICK, generator(3))
    by_hand = sum(
        c * (features[name] - features[name].mean()) / features[name].std(ddof=1)
        for name, c in zip(fit.features, fit.coefficients, strict=True)
    )
    np.testing.assert_allclose(fit.training_score, by_hand, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(fit.training_score, fit.score(features))


def test_a_patients_score_does_not_depend_on_who_else_is_scored():
    features, time, event = cohort({1: 1.0, 4: -1.0, 6: 0.5})
    fit = fit_signature(features, time, event, QUICK, generator(3))
    one_by_one = [fit.score(features.iloc[[i]]).iloc[0] for i in range(len(features))]
    assert one_by_one == fit.training_score.tolist()


def test_scaling_each_cohort_centres_each_cohort_and_training_does_not():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    shifted = features * 3 + 500
    both = pd.concat([features, shifted.add_prefix("V", axis=0)])
    labels = ["primary"] * len(features) + ["validation"] * len(shifted)
    leaky = fit_signature(
        features, time, event, dataclasses.replace(QUICK, scaling="each_cohort"), generator(3)
    )
    honest = fit_signature(features, time, event, QUICK, generator(3))
    own = leaky.score(both, labels).to_numpy().reshape(2, -1)
    np.testing.assert_allclose(own[0], own[1], atol=1e-12)
    np.testing.assert_allclose(own[0], honest.training_score, atol=1e-12)
    training = honest.score(both, labels).to_numpy().reshape(2, -1)
    np.testing.assert_array_equal(training[0], own[0])
    assert np.abs(training[1] - own[1]).mean() > 1


def test_the_unit_of_a_feature_does_not_change_the_score():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    settings = dataclasses.replace(QUICK, signal="mean_absolute_z")
    fit = fit_signature(features, time, event, settings, generator(3))
    millimetres = fit_signature(features * 10.0, time, event, settings, generator(3))
    assert millimetres.features == fit.features
    np.testing.assert_allclose(millimetres.training_score, fit.training_score, atol=1e-10)


def test_the_cutoff_splits_the_training_patients_as_youden_does():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    fit = fit_signature(features, time, event, QUICK, generator(4))
    youden = fit.roc.cutoffs[np.argmax(fit.roc.true_positive - fit.roc.false_positive)]
    np.testing.assert_array_equal(fit.group(fit.training_score) == "high", fit.training_score > youden)
    assert youden < fit.cutoff
    assert not np.isclose(fit.training_score, fit.cutoff, rtol=0, atol=1e-9).any()


def test_a_score_at_the_cutoff_is_low_risk():
    score = RadScore(("a",), np.array([1.0]), "training", np.zeros(1), np.ones(1), 1, 0.5)
    assert score.group(pd.Series([0.4, 0.5, 0.6])).tolist() == ["low", "low", "high"]


def test_between_scores():
    scores = np.array([0.0, 1.0, 3.0])
    assert between_scores(1.0, scores) == 2.0
    assert between_scores(3.0, scores) == 3.0
    assert between_scores(-np.inf, scores) == -np.inf


def test_where_cross_validation_keeps_nothing_the_first_feature_enters_or_the_fit_is_refused():
    for seed in range(20):
        features, time, event = cohort({}, seed=seed)
        fit = fit_signature(features, time, event, QUICK, generator(seed))
        if fit.lambda_rule == "first_entered":
            break
    assert fit.lambda_rule == "first_entered"
    assert len(fit.features) >= 1
    path = fit.cross_validation.path
    higher = path.lambdas > fit.lambda_value
    assert not path.coefficients[higher].any()
    with pytest.raises(InputError, match=r"at least one feature at lambda\.min.*Set empty: first_entered"):
        fit_signature(features, time, event, dataclasses.replace(QUICK, empty="refuse"), generator(seed))


def test_1se_keeps_no_more_features_than_min():
    features, time, event = cohort({1: 1.2, 4: -1.2}, n=300)
    few = fit_signature(features, time, event, dataclasses.replace(QUICK, lambda_rule="1se"), generator(2))
    many = fit_signature(features, time, event, QUICK, generator(2))
    assert few.lambda_value > many.lambda_value
    assert len(few.features) <= len(many.features)


def test_the_shortened_path_of_resampling_chooses_the_same_features():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    folds = np.arange(len(event)) % 10
    whole = fit_signature(features, time, event, SignatureSettings(), folds=folds)
    short = fit_signature(features, time, event, QUICK, folds=folds)
    assert short.features == whole.features
    assert short.lambda_value == pytest.approx(whole.lambda_value, rel=0.06)


def test_a_path_that_ends_too_early_is_solved_again():
    features, time, event = cohort({1: 1.5, 4: -1.5}, n=300)
    folds = np.arange(len(event)) % 10
    stub = dataclasses.replace(SignatureSettings(), min_ratio=0.5)
    fit = fit_signature(features, time, event, stub, folds=folds)
    assert fit.lambda_value < 0.5 * fit.cross_validation.lambdas[0]
    whole = fit_signature(features, time, event, SignatureSettings(), folds=folds)
    assert fit.lambda_value == pytest.approx(whole.lambda_value)


def test_the_same_generator_gives_the_same_fit():
    features, time, event = cohort({1: 0.4})
    first, second = (fit_signature(features, time, event, QUICK, generator(5, "fit")) for _ in range(2))
    assert first.cutoff == pytest.approx(second.cutoff, rel=1e-9)
    pd.testing.assert_series_equal(first.training_score, second.training_score, rtol=1e-9)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"keep_fractoin": 0.5},
            r"expected keys among keep_fraction, .*found 'keep_fractoin'.*Did you mean 'keep_fraction'",
        ),
        ({"cutoff": {"month": 36}}, r"signature settings, cutoff: .*'month'\. Did you mean 'months'"),
        ({"scaling": "per_cohort"}, r"scaling: expected one of training, each_cohort, found 'per_cohort'"),
        ({"cutoff": {"method": "nne"}}, r"method: expected one of NNE, KM, found 'nne'"),
        ({"keep_fraction": 0}, r"keep_fraction: expected a share above 0 and at most 1, found 0"),
        ({"n_folds": 2}, r"n_folds: expected 3 or more, found 2"),
    ],
)
def test_settings_that_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        SignatureSettings.from_dict(values)


def test_settings_survive_a_round_trip():
    settings = SignatureSettings.from_dict(
        {"scaling": "each_cohort", "cutoff": {"months": 36, "method": "KM"}}
    )
    assert settings.cutoff.months == 36
    assert SignatureSettings.from_dict(settings.to_dict()) == settings


def test_a_missing_feature_is_named():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    fit = fit_signature(features, time, event, QUICK, generator(3))
    with pytest.raises(
        InputError, match=f"feature table: expected the column.*{fit.features[0]}.*Extract the features"
    ):
        fit.score(features.drop(columns=fit.features[0]))


def test_a_patient_without_a_value_is_named():
    features, time, event = cohort({1: 1.0, 4: -1.0})
    fit = fit_signature(features, time, event, QUICK, generator(3))
    features.loc["P7", fit.features[0]] = np.nan
    with pytest.raises(
        InputError, match=r"patient P7: expected a finite value.*found none\. Exclude such patients"
    ):
        fit.score(features)


def test_a_cohort_too_small_to_scale_itself_is_refused():
    score = RadScore(("a",), np.array([1.0]), "each_cohort", None, None, 1, 0.5)
    table = pd.DataFrame({"a": np.arange(9.0)})
    with pytest.raises(InputError, match=r"cohort validation: expected 10 patients or more .*, found 9"):
        score.score(table, ["validation"] * 9)
    with pytest.raises(
        InputError, match=r"cohort x: expected features that differ between patients, found constant a"
    ):
        score.score(pd.DataFrame({"a": np.ones(12)}), ["x"] * 12)


def test_too_few_events_are_refused():
    features, time, event = cohort({1: 1.0})
    event[:] = 0
    event[:9] = 1
    with pytest.raises(InputError, match=r"at least 10 events, one a fold, found 9\. Lower n_folds"):
        fit_signature(features, time, event, QUICK, generator(1))
