"""Tables of performance against scikit-learn, repeat by repeat and fold by fold; intervals; certainty that is none."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from scripts.evaluation.performance import (
    confusion_table,
    measure_names,
    measure_values,
    of_folds,
    of_repeats,
    performance_table,
    resampled,
)
from scripts.evaluation.predictions import patients_of, predictions_of
from scripts.statistics.clustered_bootstrap import patient_resamples

BINS = 10


def tables(model, n_bootstrap=300):
    known = patients_of([model])
    resamples = patient_resamples(len(known), n_bootstrap, np.random.default_rng(1))
    folds, values = of_folds(model, BINS), resampled(model, known, resamples, BINS)
    performance = performance_table(model, folds, values, n_bootstrap, BINS)
    return performance, folds, confusion_table(model, known, resamples)


def of_sklearn(truth, p):
    """measure, class -> value, of class words 0, 1, 2."""
    called = p.argmax(1)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, called, labels=[0, 1, 2])
    values = {
        ("accuracy", "all"): metrics.accuracy_score(truth, called),
        ("auc_hand_till", "all"): metrics.roc_auc_score(truth, p, multi_class="ovo"),
        ("brier", "all"): metrics.brier_score_loss(truth, p, labels=[0, 1, 2], scale_by_half=False),
        ("auc", "macro"): metrics.roc_auc_score(truth, p, multi_class="ovr"),
        ("sensitivity", "macro"): recall.mean(),
        ("f1", "macro"): f1.mean(),
    }
    for c, word in enumerate(("glioma", "meningioma", "pituitary")):
        values |= {("precision", word): precision[c], ("sensitivity", word): recall[c], ("f1", word): f1[c]}
        values["specificity", word] = metrics.recall_score(truth != c, called != c)
        values["auc", word] = metrics.roc_auc_score(truth == c, p[:, c])
    return values


def test_estimates_and_folds_against_scikit_learn(folds_of):
    (model,) = predictions_of(folds_of({"cnn": 1.0}, n_patients=90, n_repeats=3, most=2, n_folds=3))
    performance, folds, _ = tables(model, 50)
    found = performance.set_index(["measure", "class"])
    repeats = [of_sklearn(r.truth, r.probabilities) for r in model.repeats]
    for key in repeats[0]:
        values = [repeat[key] for repeat in repeats]
        assert found.loc[key, "estimate"] == pytest.approx(np.mean(values)), key
        assert found.loc[key, "sd_repeats"] == pytest.approx(np.std(values, ddof=1)), key
    of_fold = {
        (r.number, fold): of_sklearn(r.truth[r.folds == fold], r.probabilities[r.folds == fold])
        for r in model.repeats
        for fold in (1, 2, 3)
    }
    for key in repeats[0]:
        rows = folds[(folds["measure"] == key[0]) & (folds["class"] == key[1])]
        values = {(r.repeat, r.fold): r.value for r in rows.itertuples()}
        assert values == pytest.approx({place: of[key] for place, of in of_fold.items()}), key
        nine = list(values.values())
        assert found.loc[key, "mean_folds"] == pytest.approx(np.mean(nine))
        assert found.loc[key, "sd_folds"] == pytest.approx(np.std(nine, ddof=1))
    assert found.loc[("accuracy", "all"), ["n_samples", "n_patients"]].tolist() == [
        len(model.repeats[0].truth),
        90,
    ]
    assert found.loc[("f1", "glioma"), "n_patients"] == 30


def test_names_and_values_go_together(folds_of):
    (model,) = predictions_of(folds_of({"cnn": 1.0}, classes=("ms", "nmosd")))
    names = measure_names(model.classes)
    assert len(names) == len(set(names)) == of_repeats(model, BINS).shape[1] == 4 + 3 * 6
    found = tables(model, 20)[0].set_index(["measure", "class"])["estimate"]
    assert found["sensitivity", "nmosd"] == found["specificity", "ms"]
    assert found["auc", "nmosd"] == found["auc", "ms"] == found["auc_hand_till", "all"]


def test_resampling_is_repeating_patients(folds_of):
    """One resample by hand: the samples of each patient as often as drawn, through scikit-learn."""
    (model,) = predictions_of(folds_of({"cnn": 1.0}, n_repeats=2, most=4))
    known = patients_of([model])
    resamples = patient_resamples(len(known), 3, np.random.default_rng(2))
    found = pd.DataFrame(
        resampled(model, known, resamples, BINS),
        columns=pd.MultiIndex.from_tuples(measure_names(model.classes)),
    )
    times = dict(zip(known, resamples.weights[1], strict=True))
    expected = []
    for r in model.repeats:
        places = np.repeat(np.arange(len(r.truth)), [times[p] for p in r.patients])
        expected.append(of_sklearn(r.truth[places], r.probabilities[places]))
    for key in expected[0]:
        assert found[key].iloc[1] == pytest.approx(np.mean([e[key] for e in expected])), key


def test_intervals_hold_their_estimate_and_know_their_patients(folds_of):
    (alone,) = predictions_of(folds_of({"cnn": 1.0}, n_patients=200))
    (slices,) = predictions_of(folds_of({"cnn": 1.0}, n_patients=200, most=12))
    widths = []
    for model in (alone, slices):
        table = tables(model)[0]
        assert (table["lower"] <= table["estimate"]).all()
        # the calibration error of a resample is biased upward, so that the estimate may lie at its lower limit
        assert (table["estimate"] <= table["upper"])[table["measure"] != "calibration_error"].all()
        row = table.iloc[0]
        p, n = row["estimate"], row["n_samples"]
        widths.append((row["upper"] - row["lower"]) / (3.92 * np.sqrt(p * (1 - p) / n)))
    assert widths[0] == pytest.approx(1, abs=0.12)  # one sample each: the binomial interval
    assert widths[1] > 1.3  # slices of a patient are alike


def test_a_perfect_model_is_not_certain(folds_of):
    """20 patients of each class all right: sensitivity at least 0.025^(1/20), accuracy 0.025^(1/60)."""
    (model,) = predictions_of(folds_of({"cnn": 50.0}))
    performance, _, confusion = tables(model, 50)
    found = performance.set_index(["measure", "class"])
    assert found.loc[("accuracy", "all"), ["estimate", "lower", "upper"]].tolist() == pytest.approx(
        [1, 0.025 ** (1 / 60), 1]
    )
    assert found.loc[("sensitivity", "glioma"), "lower"] == pytest.approx(0.025 ** (1 / 20))
    assert found.loc[("specificity", "glioma"), "lower"] == pytest.approx(0.025 ** (1 / 40))
    assert found.loc[("accuracy", "all"), "interval"] == "exact"
    assert found.loc[("auc", "glioma"), "interval"] == "none"
    assert np.isnan(found.loc[("auc", "glioma"), "lower"])
    shares = confusion.set_index(["truth", "called"])
    assert shares.loc[("glioma", "pituitary"), ["share", "lower", "upper"]].tolist() == pytest.approx(
        [0, 0, 1 - 0.025 ** (1 / 20)]
    )


def test_confusion_table(folds_of):
    (model,) = predictions_of(folds_of({"cnn": 1.0}, n_repeats=2))
    table = tables(model)[2]
    counts = np.mean([metrics.confusion_matrix(r.truth, r.called) for r in model.repeats], axis=0)
    np.testing.assert_allclose(table["n"].to_numpy().reshape(3, 3), counts)
    np.testing.assert_allclose(table["share"].to_numpy().reshape(3, 3), counts / counts.sum(1, keepdims=True))
    assert table["truth"].tolist()[:4] == ["glioma"] * 3 + ["meningioma"]
    assert ((table["lower"] <= table["share"]) & (table["share"] <= table["upper"])).all()


def test_a_class_that_a_fold_lacks():
    truth, p = np.array([0, 0, 1]), np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1]])
    found = dict(zip(measure_names("abc"), measure_values(truth, p, np.ones((1, 3)), 5)[0], strict=True))
    assert found["accuracy", "all"] == pytest.approx(2 / 3)
    assert np.isnan(
        [found["auc", "c"], found["auc", "macro"], found["auc_hand_till", "all"], found["sensitivity", "c"]]
    ).all()
    assert found["auc", "a"] == 1.0
