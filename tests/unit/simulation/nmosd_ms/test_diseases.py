import itertools
from math import comb, lgamma

import numpy as np
import pytest
from scipy import stats

from scripts.simulation.nmosd_ms.diseases import (
    DISEASES,
    LESION_LOG_SD,
    LESION_ML,
    REGIONS,
    WMH_ML,
    LesionModel,
    draw_counts,
    draw_volumes,
    lesion_number,
    log_likelihoods,
    log_odds,
)

# Few lesions in two regions, so that every outcome can be listed
SMALL = LesionModel(
    wmh_ml={"ms": (1.5, 1.6), "nmosd": (0.9, 1.2)},
    shares={"ms": (0.7, 0.3), "nmosd": (0.35, 0.65)},
    concentration=4.0,
)


@pytest.mark.parametrize("disease", DISEASES)
def test_the_lesion_volume_has_the_papers_mean_and_sd(disease):
    random = np.random.default_rng(11)
    numbers = draw_counts(disease, 40_000, LesionModel(), random).sum(axis=1)
    owner = np.repeat(np.arange(len(numbers)), numbers)
    volume = np.bincount(owner, weights=draw_volumes(len(owner), random))
    mean, sd = WMH_ML[disease]
    assert numbers.min() == 1
    assert volume.mean() == pytest.approx(mean, rel=0.03)
    assert volume.std() == pytest.approx(sd, rel=0.06)


def test_a_spread_that_no_number_of_lesions_has_is_refused():
    with pytest.raises(ValueError, match="no number of lesions gives 9 ± 1 ml"):
        lesion_number(9.0, 1.0)


def test_lesions_lie_where_the_shares_say():
    counts = draw_counts("nmosd", 30_000, LesionModel(), np.random.default_rng(3))
    share = counts.sum(axis=0) / counts.sum()
    assert share == pytest.approx([0.16, 0.08, 0.20, 0.20, 0.36], abs=0.02)
    assert len(REGIONS) == counts.shape[1]


def _probability(counts, disease, model):
    """By hand: negative binomial number, times binomial counts averaged over beta shares (two regions)."""
    mean, k = lesion_number(*model.wmh_ml[disease])
    total, p = sum(counts), k / (k + mean - 1)
    number = stats.nbinom.pmf(total - 1, k, p)
    a, b = (model.concentration * share for share in model.shares[disease])
    log = lgamma(counts[0] + a) + lgamma(counts[1] + b) - lgamma(total + a + b)
    log += lgamma(a + b) - lgamma(a) - lgamma(b)
    return number * comb(total, counts[0]) * np.exp(log)


def test_log_odds_are_those_of_all_probabilities_written_out():
    for counts in [(1, 0), (0, 1), (3, 2), (0, 9)]:
        by_hand = [_probability(counts, d, SMALL) for d in DISEASES]
        expected = np.log(by_hand[1] * 41 / (by_hand[0] * 47))
        assert log_odds(np.array([counts]), SMALL)[0] == pytest.approx(expected, rel=1e-9)


def test_probabilities_of_all_outcomes_add_up_to_one():
    for place, _ in enumerate(DISEASES):
        counts = np.array([(i, n - i) for n in range(1, 120) for i in range(n + 1)])
        number, places = log_likelihoods(counts, SMALL)
        shared = [lgamma(i + j + 1) - lgamma(i + 1) - lgamma(j + 1) for i, j in counts]
        total = np.exp(number[:, place] + places[:, place] + shared).sum()
        assert total == pytest.approx(1, abs=1e-6)


def test_places_of_beta_binomial_counts_are_scipys():
    a, b = (4.0 * s for s in SMALL.shares["ms"])
    _, places = log_likelihoods(np.array([[3, 4]]), SMALL)
    assert np.exp(places[0, 0]) * comb(7, 3) == pytest.approx(stats.betabinom.pmf(3, 7, a, b), rel=1e-9)


def test_drawn_counts_follow_the_probabilities():
    drawn = draw_counts("ms", 60_000, SMALL, np.random.default_rng(8))
    for counts in itertools.product(range(3), range(3)):
        if sum(counts):
            expected = _probability(counts, "ms", SMALL)
            found = np.mean((drawn == counts).all(axis=1))
            assert found == pytest.approx(expected, abs=4.5 * np.sqrt(expected / len(drawn)))


def test_lesion_volumes_are_log_normal():
    logs = np.log(draw_volumes(20_000, np.random.default_rng(1)))
    assert logs.mean() == pytest.approx(np.log(LESION_ML), abs=0.02)
    assert logs.std() == pytest.approx(LESION_LOG_SD, abs=0.02)
