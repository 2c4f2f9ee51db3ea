"""Running sums walked by hand; DeepCC's own answers stand in tests/reference."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.expression.functional_spectrum import enrichment_scores, functional_spectra


def inside(genes, members):
    return np.array([gene in members for gene in genes])


def test_running_sum_walked_by_hand():
    # order a 4, b 3, c 1, d -2, e -2.5 (set: a, c, d; |values| 4 + 1 + 2 = 7; two genes outside, each -1/2)
    # a +4/7 = 0.5714 (highest), b 0.0714, c 0.2143, d 0.5, e 0
    values = np.array([[4.0, 3.0, 1.0, -2.0, -2.5]])
    assert enrichment_scores(values, inside("abcde", "acd")) == pytest.approx([4 / 7])
    # set: c, e (1 + 2.5 = 3.5; three outside): a -1/3, b -2/3, c -2/3 + 2/7, d -0.714 (lowest), e 0
    assert enrichment_scores(values, inside("abcde", "ce")) == pytest.approx([-1 + 2 / 7])
    # the order of the columns does not matter
    shuffled = [3, 0, 4, 2, 1]
    mixed = enrichment_scores(values[:, shuffled], inside("abcde", "ce")[shuffled])
    assert mixed == pytest.approx([-1 + 2 / 7])


def test_exponent_0_is_the_kolmogorov_smirnov_statistic_and_2_weighs_squares():
    values = np.array([[4.0, 3.0, 1.0, -2.0, -2.5]])
    # each of a, c, d lifts by 1/3: 0.333, -0.167, 0.167, 0.5 (highest), 0
    assert enrichment_scores(values, inside("abcde", "acd"), exponent=0) == pytest.approx([0.5])
    # squares 16 + 1 + 4 = 21: a 16/21
    assert enrichment_scores(values, inside("abcde", "acd"), exponent=2) == pytest.approx([16 / 21])


def test_equal_deviations_give_the_negative_score():
    # order a (outside), b (set), c (set), d (outside) with |b| = |c|: -1/2, 0, +1/2, 0
    values = np.array([[3.0, 1.0, -1.0, -3.0]])
    assert enrichment_scores(values, inside("abcd", "bc")) == pytest.approx([-0.5])


def test_the_extremes_of_the_score():
    values = np.array([[5.0, 4.0, -1.0, -3.0, -5.0]])
    assert enrichment_scores(values, inside("abcde", "ab")) == pytest.approx([1.0])
    assert enrichment_scores(values, inside("abcde", "de")) == pytest.approx([-1.0])
    assert enrichment_scores(values, inside("abcde", "abcde")) == pytest.approx([1.0])
    assert enrichment_scores(values, inside("abcde", "")) == pytest.approx([0.0])
    assert enrichment_scores(np.zeros((1, 4)), inside("abcd", "ab")) == pytest.approx([0.0])


def walk(values, member, exponent):
    """The running sum step by step, as the papers define it."""
    order = sorted((k for k in range(len(values)) if not np.isnan(values[k])), key=lambda k: -values[k])
    total = sum(abs(values[k]) ** exponent for k in order if member[k])
    n_outside = sum(not member[k] for k in order)
    if total == 0:
        return 0.0
    level = highest = lowest = 0.0
    for k in order:
        level += abs(values[k]) ** exponent / total if member[k] else -1 / n_outside
        highest, lowest = max(highest, level), min(lowest, level)
    return highest if highest + lowest > 1e-12 else lowest


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_every_patient_agrees_with_the_step_by_step_walk(exponent):
    generator = np.random.default_rng(8)
    values = generator.normal(size=(40, 30))
    values[generator.random(values.shape) < 0.1] = np.nan
    for size in (1, 2, 7, 15, 29):
        member = np.zeros(30, bool)
        member[generator.choice(30, size, replace=False)] = True
        expected = [walk(row, member, exponent) for row in values]
        assert enrichment_scores(values, member, exponent) == pytest.approx(expected, abs=1e-12)


def table(values, genes, patients=None):
    return pd.DataFrame(values, columns=list(genes), index=patients or [f"P{k}" for k in range(len(values))])


def test_genes_are_centred_on_the_cohort():
    # gene a is 2 above its mean in P0 and 2 below in P1; b, c, d less so. Raw levels play no part.
    raw = table([[7.0, 4.0, 3.0, 20.0], [3.0, 5.0, 3.5, 20.5]], "abcd")
    spectra = functional_spectra(raw, {"A": ["a"], "D": ["d"]})
    assert spectra.index.tolist() == ["P0", "P1"]
    assert spectra.loc["P0", "A"] == pytest.approx(1.0)
    assert spectra.loc["P1", "A"] == pytest.approx(-1.0)
    # centred P0: a 2, c -0.25, d -0.25 (a tie, in order of name), b -0.5: d comes after a, c
    assert spectra.loc["P0", "D"] == pytest.approx(-2 / 3)
    assert functional_spectra(raw, {"D": ["d"]}, centre=False).loc["P0", "D"] == pytest.approx(1.0)


def test_a_shift_of_a_whole_gene_changes_nothing():
    generator = np.random.default_rng(1)
    values = generator.normal(size=(9, 12))
    sets = {"S": list("acfh"), "T": list("bl")}
    one = functional_spectra(table(values, "abcdefghijkl"), sets)
    other = functional_spectra(table(values + generator.normal(size=12) * 5, "abcdefghijkl"), sets)
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_gene_in_two_columns_counts_once_with_its_highest_centred_value():
    twice = table([[2.0, 0.0, 1.0, 5.0], [0.0, 1.0, 0.0, 1.0]], "aabc")
    # centred: a 1 and -0.5, b 0.5, c 2 in P0 -> a 1; P1: a -1 and 0.5, b -0.5, c -2 -> a 0.5
    spectra = functional_spectra(twice, {"A": ["a"]})
    once = functional_spectra(table([[1.0, 0.5, 2.0], [0.5, -0.5, -2.0]], "abc"), {"A": ["a"]}, centre=False)
    np.testing.assert_allclose(spectra, once)
    assert spectra["A"].tolist() == pytest.approx([-0.5, 1.0])


def test_what_cannot_be_scored_is_refused_or_zero():
    values = table([[1.0, 2.0], [2.0, 1.5]], "ab")
    assert functional_spectra(values, {"A": ["a"], "ELSEWHERE": ["z"]})["ELSEWHERE"].tolist() == [0.0, 0.0]
    with pytest.raises(
        InputError, match="expected genes named as in the gene sets, such as TP53, found a, b"
    ):
        functional_spectra(values, {"S": ["TP53"]})
    with pytest.raises(InputError, match="at least 2 patients.*found 1"):
        functional_spectra(values.iloc[:1], {"A": ["a"]})
