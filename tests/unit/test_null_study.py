"""Cohorts without effect: the honest fit calls 1 in 20 different, a leaky one many; intervals hold the truth.

The full study is tests/benchmarks/null_cohorts.py; here a small one, with limits from binomial quantiles.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.survival.concordance import harrell_concordance
from scripts.survival.signature import SignatureSettings
from tests.benchmarks.interval_coverage import HAZARD, interval_coverage, population_values
from tests.benchmarks.null_study import (
    STAGE_LOG_HAZARD,
    draw_null_cohorts,
    draw_outcome,
    draw_stage,
    run_null_study,
    summarise_null_study,
)

N_COHORTS = 24
SETTINGS = SignatureSettings(n_folds=5)


def test_null_cohorts_look_like_the_paper():
    cohorts = draw_null_cohorts(generator(1))
    assert cohorts.features.shape == (381, 107)
    assert cohorts.n_primary == 242
    rates = [draw_null_cohorts(generator(i, "rate")).event.mean() for i in range(20)]
    assert np.mean(rates) == pytest.approx(0.27, abs=0.02)
    correlation = np.abs(np.corrcoef(cohorts.features, rowvar=False))[np.triu_indices(107, 1)]
    assert correlation.max() > 0.9
    assert 0.1 < np.median(correlation) < 0.5
    signal = cohorts.features.abs().mean()
    assert signal.max() / signal.min() > 1e4


def test_no_feature_and_only_stage_is_related_to_recurrence():
    z = []
    for i in range(10):
        cohorts = draw_null_cohorts(generator(i, "relation"), n_primary=300, n_validation=0)
        c = [
            harrell_concordance(cohorts.time, cohorts.event, cohorts.features.iloc[:, j])
            for j in range(0, 107, 9)
        ]
        z += [(found.estimate - 0.5) / found.standard_error for found in c]
    assert np.mean(np.abs(z) > 1.96) < binom.ppf(0.9999, len(z), 0.07) / len(z)
    assert harrell_concordance(cohorts.time, cohorts.event, cohorts.stage).ci_low > 0.5


@pytest.fixture(scope="module")
def outcomes():
    return run_null_study(N_COHORTS, generator(1, "test"), SETTINGS)


def test_the_honest_fit_finds_nothing(outcomes):
    summary = summarise_null_study(outcomes).set_index("version")
    for version in ("honest", "each_cohort"):
        assert summary.loc[version, "ks_p"] > 0.01
        assert summary.loc[version, "below_05"] * summary.loc[version, "n"] <= binom.ppf(
            0.999, N_COHORTS, 0.05
        )


def test_a_fit_that_sees_the_validation_cohort_finds_what_is_not_there(outcomes):
    summary = summarise_null_study(outcomes).set_index("version")
    for version in ("selection_seen", "apparent"):
        assert summary.loc[version, "ks_p"] < 0.01
        assert summary.loc[version, "below_05"] * summary.loc[version, "n"] > binom.ppf(
            0.999, N_COHORTS, 0.05
        )


def test_processes_do_not_change_the_study(outcomes):
    again = run_null_study(2, generator(5, "threads"), SETTINGS)
    pd.testing.assert_frame_equal(again, run_null_study(2, generator(5, "threads"), SETTINGS, threads=2))


def test_degenerate_pairs_are_counted_and_left_out():
    outcomes = pd.DataFrame(
        {
            "version": ["honest"] * 4,
            "p_value": [0.01, 0.5, np.nan, 0.9],
            "n_high": [50, 100, 139, 4],
            "n_low": [89, 39, 0, 135],
        }
    )
    row = summarise_null_study(outcomes).iloc[0]
    assert (row["n"], row["degenerate"]) == (3, 1)
    assert row["below_05"] == pytest.approx(1 / 3)
    # exact (Clopper-Pearson) limits of 1 of 3: 1 - 0.975^(1/3) and the 0.975 quantile of Beta(2, 2)
    assert (row["below_05_low"], row["below_05_high"]) == pytest.approx((0.0084038, 0.9057007), rel=1e-5)
    assert summarise_null_study(outcomes, 5).iloc[0]["n"] == 2
    with pytest.raises(
        InputError, match=r"null study, honest: expected cohorts with 60 patients in each group, found none"
    ):
        summarise_null_study(outcomes, 60)


def test_population_values_agree_with_a_very_large_cohort():
    """Integration over pairs against the estimators on 6,000 patients (standard error of C about 0.005)."""
    truth = population_values(generator(1), 400_000)
    rng = generator(2)
    stage, marker = draw_stage(6000, rng), rng.normal(size=6000)
    predictor = STAGE_LOG_HAZARD * stage + 0.8 * marker
    time, event = draw_outcome(predictor, rng, HAZARD)
    for name, score in (("the model", predictor), ("TNM stage", stage)):
        found = harrell_concordance(time, event, score)
        assert abs(found.estimate - truth[f"C-index of {name}"]) < 4 * found.standard_error
        assert found.standard_error < 0.01
    assert np.mean(np.exp(-60 * HAZARD * np.exp(predictor))) == pytest.approx(
        truth["survival at 60 months"], abs=0.01
    )


def test_intervals_hold_the_truth():
    table = interval_coverage(150, generator(3, "coverage")).set_index("quantity")
    lowest = binom.ppf(0.0005, 150, 0.935) / 150
    assert (table["coverage"] >= lowest).all(), table.to_string()
    assert (table["coverage"] <= 1).all()
    assert len(table) == 9
