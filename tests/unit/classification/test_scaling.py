"""Z-scores by the training cases, by hand."""

import numpy as np
import pytest

from scripts.classification.scaling import Scaling
from scripts.errors import InputError


def test_by_hand():
    """Values 1, 3, 5: mean 3, sd sqrt((4 + 0 + 4) / 2) = 2."""
    scaling = Scaling.learn(np.array([[1.0], [3.0], [5.0]]))
    assert scaling.apply(np.array([[7.0], [2.0]])).ravel().tolist() == [2.0, -0.5]


def test_a_missing_value_is_the_training_mean_and_sets_nothing():
    scaling = Scaling.learn(np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0]]))
    assert scaling.mean.tolist() == [3.0, 4.0]
    np.testing.assert_allclose(scaling.sd, [np.sqrt(8), 2.0])
    assert scaling.apply(np.array([[np.nan, 4.0]])).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize(
    "column", [[7.0, 7.0, 7.0], [0.1 + 0.2, 0.3, 0.3], [np.nan] * 3, [np.nan, 2.0, np.nan]]
)
def test_a_feature_that_does_not_vary_is_not_blown_up(column):
    scaling = Scaling.learn(np.array(column)[:, None])
    assert not scaling.varies[0]
    assert scaling.sd[0] == 1.0
    assert np.abs(scaling.apply(np.array(column)[:, None])).max() < 1e-15


def test_a_new_case_does_not_change_the_scale():
    x = np.random.default_rng(1).normal(size=(20, 3))
    scaling = Scaling.learn(x[:10])
    np.testing.assert_array_equal(scaling.apply(x)[:10], scaling.apply(x[:10]))


def test_faults():
    with pytest.raises(InputError, match=r"at least 2 training cases, found 1"):
        Scaling.learn(np.ones((1, 3)))
    with pytest.raises(InputError, match=r"finite or missing values, found 1 infinite"):
        Scaling.learn(np.array([[1.0], [np.inf]]))
