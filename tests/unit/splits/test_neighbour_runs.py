"""Runs of neighbours: where they end, by hand; similarity of neighbours by numpy's correlation."""

import numpy as np
import pandas as pd

from scripts.splits.neighbour_runs import kept_together, runs, similarity_to_previous

NAN = float("nan")


def test_a_run_ends_where_neighbours_differ_and_it_is_long_enough():
    similarity = [NAN, 0.9, 0.1, 0.8, 0.2, 0.9, 0.9, 0.1]
    assert runs(similarity, 0.5, 1).tolist() == [0, 0, 1, 1, 2, 2, 2, 3]
    assert runs(similarity, 0.5, 3).tolist() == [0, 0, 0, 0, 1, 1, 1, 2]
    assert runs(similarity, 0.0, 1).tolist() == [0] * 8


def test_a_run_always_ends_at_a_gap():
    assert runs([NAN, NAN, 0.9, NAN], 0.5, 5).tolist() == [0, 1, 1, 2]


def test_equal_to_the_bound_is_similar_enough():
    assert runs([NAN, 0.5, 0.49], 0.5, 1).tolist() == [0, 0, 1]


def test_similarity_of_neighbours():
    random = np.random.default_rng(4)
    stack = random.normal(size=(6, 5, 5))  # too few for a mean that is worth taking off
    table = pd.DataFrame({"label": list("aaabbb"), "number": [1, 2, 4, 5, 6, 7]})
    found = similarity_to_previous(table, stack)
    expected = [NAN, 0, NAN, NAN, 0, 0]
    for k in (1, 4, 5):
        expected[k] = np.corrcoef(stack[k].ravel(), stack[k - 1].ravel())[0, 1]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_unknown_numbers_have_no_neighbours():
    table = pd.DataFrame({"label": ["a", "a"], "number": pd.array([None, None], dtype="Int64")})
    assert np.isnan(similarity_to_previous(table, np.ones((2, 4, 4)))).all()


def test_share_of_patients_kept_whole():
    groups = pd.Series(["g1", "g1", "g2", "g2", "g3"])
    patients = pd.Series(["A", "A", "A", "B", "C"])  # A stands in two groups
    assert kept_together(groups, patients) == 2 / 3
