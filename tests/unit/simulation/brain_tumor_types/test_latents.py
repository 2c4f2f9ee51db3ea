"""Bayes accuracy of three Gaussians against closed forms and drawn slices; patients' shares of the variance."""

import numpy as np
import pytest
from scipy import stats

from scripts.simulation.brain_tumor_types.latents import PRIORS, TYPES, LatentModel, bayes_accuracy


def test_means_are_as_far_apart_as_stated():
    means = LatentModel(distance=2.5).means
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.linalg.norm(means[a] - means[b]) == pytest.approx(2.5)


def test_types_that_do_not_differ_leave_the_commonest():
    assert bayes_accuracy(LatentModel(distance=0.0))[0] == pytest.approx(max(PRIORS), abs=1e-4)


def test_two_types_have_a_closed_form():
    """With a third that never occurs and equal priors the rule is a line half way: Phi(d / 2)."""
    found, recalls = bayes_accuracy(LatentModel(distance=2.0), (0.5, 0.5, 1e-300))
    assert found == pytest.approx(stats.norm.cdf(1.0), abs=1e-4)
    assert recalls[:2] == pytest.approx([stats.norm.cdf(1.0)] * 2, abs=1e-3)


def test_equal_priors_have_a_one_dimensional_integral():
    """Three sectors of 120 degrees: the share right is that of a Gaussian in its own, by integrating along its axis."""
    from scipy.integrate import quad

    d = 2.4
    radius = d / np.sqrt(3)
    inner, _ = quad(
        lambda x: stats.norm.pdf(x - radius) * (2 * stats.norm.cdf(np.tan(np.pi / 3) * x) - 1), 0, 20
    )
    assert bayes_accuracy(LatentModel(distance=d), (1 / 3, 1 / 3, 1 / 3))[0] == pytest.approx(inner, abs=2e-4)


def test_the_best_rule_on_drawn_slices_reaches_it():
    model, random = LatentModel(), np.random.default_rng(5)
    kinds = random.choice(3, 40_000, p=PRIORS)
    z = np.concatenate([model.draw(k, 1, random) for k in kinds])
    right = model.posterior(z).argmax(axis=1) == kinds
    accuracy, recalls = bayes_accuracy(model)
    assert right.mean() == pytest.approx(accuracy, abs=4 * np.sqrt(0.1 * 0.9 / 40_000))
    for k in range(3):
        assert right[kinds == k].mean() == pytest.approx(recalls[k], abs=0.015)


def test_slices_of_a_patient_share_what_is_stated():
    model, random = LatentModel(patient_share=0.6), np.random.default_rng(6)
    pairs = np.array([model.draw(0, 2, random) for _ in range(4000)]) - model.means[0]
    assert pairs.var() == pytest.approx(1.0, abs=0.05)
    assert (pairs[:, 0] * pairs[:, 1]).mean() == pytest.approx(0.6, abs=0.05)


def test_a_posterior_is_that_of_bayes_rule():
    model = LatentModel()
    z = np.array([[0.3, -1.2]])
    densities = [p * stats.multivariate_normal.pdf(z[0], m) for p, m in zip(PRIORS, model.means, strict=True)]
    np.testing.assert_allclose(model.posterior(z)[0], np.array(densities) / sum(densities), rtol=1e-10)


def test_types():
    assert TYPES == ("meningioma", "glioma", "pituitary")
    assert sum(PRIORS) == pytest.approx(1.0)
