"""Density-descending clusters against loops written out, blobs that everybody parts alike, and hand-made rows."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score

from scripts.clustering.density_descending import density_descending_clusters
from scripts.errors import InputError

ROW = np.array([[0.0], [1.0], [2.1], [3.4], [20.0], [21.0], [22.3], [50.0]])


def test_density_and_separation_of_a_row_by_loops():
    found = density_descending_clusters(ROW, neighbour_share=0.2, reach=4.0)
    pairs = sorted(abs(a - b) for i, a in enumerate(ROW[:, 0]) for b in ROW[:i, 0])
    assert len(pairs) == 28
    assert found.cutoff == pytest.approx(
        pairs[5] + 0.4 * (pairs[6] - pairs[5])
    )  # the 0.2 quantile: 0.2 x 27 = 5.4
    density = [
        sum(np.exp(-(((a - b) / found.cutoff) ** 2)) for j, b in enumerate(ROW[:, 0]) if i != j)
        for i, a in enumerate(ROW[:, 0])
    ]
    np.testing.assert_allclose(found.density, density, atol=1e-12)
    for i in range(len(ROW)):
        denser = [abs(ROW[i, 0] - ROW[j, 0]) for j in range(len(ROW)) if density[j] > density[i]]
        assert found.separation[i] == pytest.approx(
            min(denser) if denser else max(abs(ROW[:, 0] - ROW[i, 0]))
        )


def test_a_row_falls_apart_where_the_reach_ends():
    found = density_descending_clusters(ROW, 0.2, reach=4.0)
    assert found.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 2]
    assert density_descending_clusters(ROW, 0.2, reach=19.5).labels.tolist() == [0, 0, 0, 0, 0, 0, 0, 1]
    assert set(density_descending_clusters(ROW, 0.2, reach=100).labels) == {0}


def test_the_reach_is_the_median_separation_and_robust_deviations():
    found = density_descending_clusters(ROW, 0.2, reach_factor=2.0)
    others = np.sort(found.separation[found.order[1:]])
    middle = others[3]
    spread = np.median(np.abs(others - middle))
    assert len(others) == 7
    assert found.reach == pytest.approx(middle + 2 * 1.4826 * spread)


def blobs(seed=0):
    random = np.random.default_rng(seed)
    centres = np.repeat([[0, 0, 0], [30, 0, 0], [0, 40, 10]], [120, 60, 40], axis=0)
    return centres + random.normal(0, 2, (220, 3)), np.repeat([0, 1, 2], [120, 60, 40])


def test_blobs_are_parted_as_scikit_learn_parts_them():
    x, truth = blobs()
    found = density_descending_clusters(x, reach=15.0)
    np.testing.assert_array_equal(found.labels == 0, truth == truth[found.order[0]])
    assert adjusted_rand_score(truth, found.labels) == 1
    assert adjusted_rand_score(KMeans(3, n_init=5, random_state=0).fit_predict(x), found.labels) == 1
    assert adjusted_rand_score(DBSCAN(eps=15.0, min_samples=3).fit_predict(x), found.labels) == 1


def test_without_a_number_of_clusters_no_cluster_holds_two_blobs():
    x, truth = blobs(1)
    found = density_descending_clusters(x)
    assert all(len(set(truth[found.labels == label])) == 1 for label in set(found.labels))
    densest = found.labels == 0
    assert densest.sum() > 0.8 * (truth == truth[found.order[0]]).sum()


def test_peaks_are_the_densest_of_their_clusters_in_falling_order():
    found = density_descending_clusters(blobs()[0], reach=15.0)
    assert [found.labels[peak] for peak in found.peaks] == [0, 1, 2]
    for cluster, peak in enumerate(found.peaks):
        assert found.density[peak] == found.density[found.labels == cluster].max()
    assert list(found.density[found.peaks]) == sorted(found.density[found.peaks], reverse=True)


def test_turning_scaling_and_moving_change_no_cluster():
    x, _ = blobs(2)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    moved = 3.5 * x @ turn.T + [100, -20, 7]
    np.testing.assert_array_equal(
        density_descending_clusters(x).labels, density_descending_clusters(moved).labels
    )


def test_the_order_of_the_samples_does_not_matter():
    x, _ = blobs(3)
    order = np.random.default_rng(1).permutation(len(x))
    whole, shuffled = density_descending_clusters(x).labels, density_descending_clusters(x[order]).labels
    np.testing.assert_array_equal(whole[order], shuffled)


def test_copies_do_not_make_the_cutoff_vanish():
    x = np.repeat([[0.0, 0.0], [1.0, 0.0], [9.0, 9.0]], 5, axis=0)
    assert density_descending_clusters(x, 0.02, reach=3.0).labels.tolist() == [0] * 10 + [1] * 5


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (np.zeros((6, 3)), "6 times the same"),
        (np.zeros((4, 3)), "shape"),
        (np.full((6, 3), np.nan), "no numbers"),
    ],
)
def test_what_cannot_be_clustered(x, found):
    with pytest.raises(InputError, match=found):
        density_descending_clusters(x)
