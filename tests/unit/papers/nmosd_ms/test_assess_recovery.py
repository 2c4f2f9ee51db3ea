import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.papers.nmosd_ms.assess_recovery import diagnosis_rows, image_rows, mean_interval, near
from scripts.papers.nmosd_ms.names import MODEL_LABELS
from tests.unit.papers.nmosd_ms.conftest import BAYES


def test_the_mean_has_scipys_t_interval():
    values = np.random.default_rng(0).normal(3, 2, 25)
    mean, low, high, error = mean_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert error == pytest.approx(stats.sem(values))
    assert mean == pytest.approx(values.mean())


def table(shift=0.0, kept=1.0):
    random = np.random.default_rng(4)
    samples = pd.DataFrame({"label": ["ms"] * 200 + ["nmosd"] * 200})
    samples["lesion_ml"] = np.where(samples["label"] == "ms", 9.0, 3.5) + random.normal(shift, 1, 400)
    return samples.assign(resized_ml=kept * samples["lesion_ml"])


def test_images_keep_their_rules_and_break_them():
    wmh = {"ms": [9.0, 1.0], "nmosd": [3.5, 1.0]}
    assert [row["ok"] for row in image_rows(table(), wmh)] == [True] * 3
    assert [row["ok"] for row in image_rows(table(shift=0.5), wmh)] == [False, False, True]
    assert [row["ok"] for row in image_rows(table(kept=0.9), wmh)] == [True, True, False]


def performance(**limits):
    rows = [
        {"model": model, "measure": "accuracy", "class": "all", "estimate": e, "lower": low, "upper": high}
        for model, (e, low, high) in limits.items()
    ]
    return pd.DataFrame(rows)


def test_near_is_three_standard_errors():
    # an interval of 2 x 1.96 x 0.05
    for value, expected in ((0.64, False), (0.66, True), (0.94, True), (0.96, False)):
        assert near((0.8, 0.702, 0.898), value) == expected


def test_a_network_may_fall_short_of_bayes_and_neither_exceed_it_nor_be_at_chance():
    found = performance(
        best_score=(0.88, 0.80, 0.95), true_counts=(0.84, 0.76, 0.91), lesion_volume=(0.66, 0.60, 0.72),
        two_view_18=(0.65, 0.56, 0.74), two_view_34=(0.60, 0.50, 0.70), resnet_18_3d=(0.96, 0.92, 0.99),
    )  # fmt: skip
    rows = {r["quantity"]: r for r in diagnosis_rows(found, BAYES, "accuracy", "all", "Accuracy", 0.55)}
    assert len(rows) == 6  # nothing of a model without a number
    assert rows[MODEL_LABELS["best_score"]]["ok"]
    assert rows[MODEL_LABELS["lesion_volume"]]["planted"] == 0.69
    assert rows[MODEL_LABELS["two_view_18"]]["ok"]
    assert rows[MODEL_LABELS["two_view_18"]]["planted"] == 0.84  # what the true counts reach
    assert not rows[MODEL_LABELS["two_view_34"]]["ok"]
    assert not rows[MODEL_LABELS["resnet_18_3d"]]["ok"]
    worse = performance(
        best_score=(0.7, 0.64, 0.76), true_counts=(0.95, 0.9, 0.99), lesion_volume=(0.8, 0.77, 0.83)
    )
    assert not any(r["ok"] for r in diagnosis_rows(worse, BAYES, "accuracy", "all", "Accuracy", 0.55))
