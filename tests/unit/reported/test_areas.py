"""Areas under ROC curves: bounds by geometry, and against curves drawn at random."""

import numpy as np
import pytest

from scripts.reported.areas import roc_area
from scripts.reported.printed import Printed

N = Printed


def mann_whitney(positive, negative):
    """Share of pairs in which the positive has the higher score; ties count half."""
    above = np.subtract.outer(positive, negative)
    return (np.sign(above) / 2 + 0.5).mean()


def one(comparisons):
    (found,) = comparisons
    return found


def test_a_standard_error_that_no_area_has():
    """sqrt(0.568 x 0.432 / 22) = 0.1056."""
    found = one(roc_area(N("0.568"), se=N("0.155"), n_positive=23, n_negative=30))
    assert not found.agrees
    assert found.found == "no area of 0.568 has a standard error above 0.106 with 23 positive and 30 negative"
    assert one(roc_area(N("0.568"), se=N("0.079"), n_positive=23, n_negative=30)).agrees


def test_the_bound_of_the_standard_error_holds_where_all_depends_on_the_smaller_group():
    """Each negative lies below or above all positives, so the area is a share of negatives with variance
    A (1 - A) / n_negative."""
    generator = np.random.default_rng(1)
    areas = [mann_whitney([0.5] * 50, generator.random(8) > 0.7) for _ in range(2000)]
    assert np.std(areas) == pytest.approx((0.7 * 0.3 / 8) ** 0.5, rel=0.05)
    assert one(roc_area(N("0.70"), se=N("0.162"), n_positive=50, n_negative=8)).agrees


def test_a_point_of_the_curve_bounds_its_area():
    """Sensitivity 0.9, specificity 0.8: at least 0.72 (a step), at most 1 - 0.1 x 0.2 = 0.98."""
    assert one(roc_area(N("0.72"), sensitivity=N("0.9"), specificity=N("0.8"))).agrees
    assert one(roc_area(N("0.98"), sensitivity=N("0.900"), specificity=N("0.800"))).agrees
    found = one(roc_area(N("0.99"), sensitivity=N("0.900"), specificity=N("0.800")))
    assert (found.agrees, found.found) == (False, "a curve through this point has an area of 0.72 to 0.98")
    assert not one(roc_area(N("0.70"), sensitivity=N("0.900"), specificity=N("0.800"))).agrees


def test_curves_at_random_keep_to_the_bounds_of_each_of_their_points():
    generator = np.random.default_rng(2)
    for _ in range(200):
        truth = np.repeat([1, 0], generator.integers(2, 20, 2))
        scores = np.round(generator.normal(truth * generator.normal(0.5, 1), 1), generator.integers(0, 3))
        area = mann_whitney(scores[truth == 1], scores[truth == 0])
        cut = generator.choice(scores)
        rates = (scores[truth == 1] >= cut).mean(), (scores[truth == 0] < cut).mean()
        texts = [N(f"{x:.3f}") for x in (area, *rates)]
        assert one(roc_area(texts[0], sensitivity=texts[1], specificity=texts[2])).agrees


def test_an_interval_holds_its_area():
    assert one(roc_area(N("0.74"), ci=[N("0.69"), N("0.80")])).agrees
    assert not one(roc_area(N("0.82"), ci=[N("0.69"), N("0.80")])).agrees
    assert not one(roc_area(N("0.98"), ci=[N("0.95"), N("1.01")])).agrees


def test_nothing_beside_the_area_is_nothing_to_compare():
    assert list(roc_area(N("0.7"))) == []
    assert list(roc_area(None, sensitivity=N("0.9"), specificity=N("0.8"))) == []
