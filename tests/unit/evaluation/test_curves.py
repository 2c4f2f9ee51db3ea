"""ROC on a grid, reliability, and learning curves of folds that end at different epochs."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_curve

from scripts.evaluation.curves import GRID, calibration_table, learning_curves, read_histories, roc_table
from scripts.evaluation.predictions import FoldPlace, patients_of, predictions_of
from scripts.statistics.clustered_bootstrap import patient_resamples
from scripts.tables import write_table


def drawn(model, n=200):
    known = patients_of([model])
    return known, patient_resamples(len(known), n, np.random.default_rng(1))


def test_roc_against_scikit_learn(folds_of):
    (model,) = predictions_of(folds_of({"cnn": 1.0}, n_repeats=2))
    table = roc_table(model, *drawn(model))
    mine = table[table["class"] == "meningioma"]
    curves = [
        np.interp(GRID, *roc_curve(r.truth == 1, r.probabilities[:, 1], drop_intermediate=False)[:2])
        for r in model.repeats
    ]
    np.testing.assert_allclose(mine["true_positive_rate"], np.mean(curves, axis=0), atol=1e-12)
    inner = mine.iloc[1:-1]
    assert (inner["lower"] <= inner["true_positive_rate"]).all()
    assert (inner["true_positive_rate"] <= inner["upper"]).all()
    assert mine[["true_positive_rate", "lower", "upper"]].iloc[-1].tolist() == [1, 1, 1]


def test_calibration_of_calls_and_classes(folds_of):
    (model,) = predictions_of(folds_of({"cnn": 1.0}, n_repeats=2, n_patients=150))
    table = calibration_table(model, *drawn(model), n_bins=5)
    called = table[table["class"] == "called"]
    assert called["n"].sum() == 2 * 150
    assert called["bin_low"].min() >= 0.2  # the largest of three probabilities is a third or more
    r = pd.DataFrame({"p": np.concatenate([x.probabilities[:, 0] for x in model.repeats]),
                      "y": np.concatenate([x.truth == 0 for x in model.repeats])})  # fmt: skip
    expected = r.groupby(pd.cut(r["p"], np.linspace(0, 1, 6)), observed=True).agg(
        p=("p", "mean"), y=("y", "mean")
    )
    mine = table[table["class"] == "glioma"]
    np.testing.assert_allclose(mine["predicted"], expected["p"])
    np.testing.assert_allclose(mine["observed"], expected["y"])
    assert ((mine["lower"] <= mine["observed"]) & (mine["observed"] <= mine["upper"])).all()


def test_learning_curves_by_hand(tmp_path):
    """Fold 2 stops after two epochs: the third is of one fold alone."""
    histories = {
        "r1_f1": {
            "epoch": [1, 2, 3],
            "training_loss": [1.0, 0.8, 0.6],
            "validation_accuracy": [0.5, 0.6, 0.7],
        },
        "r1_f2": {"epoch": [1, 2], "training_loss": [0.6, 0.4], "validation_accuracy": [0.7, 0.8]},
    }
    paths = [tmp_path / "cnn" / "by_patient" / name / "history.csv" for name in histories]
    for path, history in zip(paths, histories.values(), strict=True):
        write_table(pd.DataFrame(history), path)
    table = learning_curves(read_histories(paths))
    assert table["metric"].tolist() == ["training_loss"] * 3 + ["validation_accuracy"] * 3
    loss = table[table["metric"] == "training_loss"]
    np.testing.assert_allclose(loss["mean"], [0.8, 0.6, 0.6])
    np.testing.assert_allclose(loss["sd"], [0.4 / np.sqrt(2), 0.4 / np.sqrt(2), np.nan])
    np.testing.assert_allclose(loss["lowest"], [0.6, 0.4, 0.6])
    np.testing.assert_allclose(loss["highest"], [1.0, 0.8, 0.6])
    assert loss["n_folds"].tolist() == [2, 2, 1]


def test_no_history():
    assert learning_curves([]).empty


def test_a_metric_that_one_model_lacks():
    one = pd.DataFrame({"epoch": [1, 2], "training_loss": [1.0, 0.5], "note": ["a", "b"]})
    other = pd.DataFrame({"epoch": [1, 2], "training_loss": [2.0, 1.5], "validation_loss": [np.nan, 1.0]})
    table = learning_curves([(FoldPlace("a", "s", 1, 1), one), (FoldPlace("b", "s", 1, 1), other)])
    assert table.groupby(["model", "metric"], sort=False).size().to_dict() == {
        ("a", "training_loss"): 2, ("b", "training_loss"): 2, ("b", "validation_loss"): 1,
    }  # fmt: skip
    assert table["mean"].tolist() == pytest.approx([1.0, 0.5, 2.0, 1.5, 1.0])
