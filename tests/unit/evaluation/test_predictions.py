"""Reading of the predictions of folds, and what is refused."""

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.evaluation.predictions import (
    FoldPlace,
    mean_over_repeats,
    patients_of,
    predictions_of,
    read_predictions,
)
from scripts.tables import write_table


def test_a_place_is_in_the_path():
    path = "cache/x/simulated/training/vgg16/by_patient/r3_f12/predictions.parquet"
    assert FoldPlace.of(path) == FoldPlace("vgg16", "by_patient", 3, 12)
    with pytest.raises(InputError, match=r"a folder r<repeat>_f<fold>, found 'fold_1'"):
        FoldPlace.of("training/m/s/fold_1/predictions.parquet")


def test_folds_become_repeats(folds_of, tmp_path):
    folds = folds_of({"cnn": 1.0, "vgg": 2.0}, n_repeats=2, most=3)
    paths = []
    for place, table in folds:
        paths.append(
            tmp_path / place.model / place.scheme / f"r{place.repeat}_f{place.fold}" / "predictions.parquet"
        )
        write_table(table, paths[-1])
    models = read_predictions(paths)
    assert [m.model for m in models] == ["cnn", "vgg"]
    assert models[0].classes == ("glioma", "meningioma", "pituitary")
    assert [r.number for r in models[1].repeats] == [1, 2]
    first = models[0].repeats[0]
    table = folds[0][1]
    assert first.samples.tolist() == sorted(table["sample"])
    row = table[table["part"] == "test"].iloc[0]
    place = first.samples.tolist().index(row["sample"])
    assert first.folds[place] == 1
    assert models[0].classes[first.truth[place]] == row["label"]
    np.testing.assert_array_equal(
        first.probabilities[place], row[["p_glioma", "p_meningioma", "p_pituitary"]]
    )
    assert len(patients_of(models)) == 60


def test_votes_of_repeats(folds_of):
    (model,) = predictions_of(folds_of({"cnn": 1.0}, n_repeats=3))
    vote = mean_over_repeats(model)
    expected = np.mean([r.probabilities for r in model.repeats], axis=0)
    np.testing.assert_allclose(vote.probabilities, expected)
    np.testing.assert_array_equal(vote.truth, model.repeats[0].truth)
    np.testing.assert_array_equal(vote.patients, model.repeats[2].patients)


def altered(folds, number, **columns):
    place, table = folds[number]
    return [*folds[:number], (place, table.assign(**columns)), *folds[number + 1 :]]


def test_faults(folds_of):
    folds = folds_of({"cnn": 1.0, "vgg": 2.0})
    with pytest.raises(InputError, match="samples of the train part, found none"):
        predictions_of(folds, "train")
    with pytest.raises(InputError, match="fold 2 of repeat 1: expected labels glioma, .*, found 'lymphoma'"):
        predictions_of(altered(folds, 1, label="lymphoma"))
    with pytest.raises(InputError, match="probabilities of sum 1, found others"):
        predictions_of(altered(folds, 1, p_glioma=0.99))
    with pytest.raises(InputError, match="probabilities of sum 1"):
        predictions_of(altered(folds, 1, p_glioma=np.nan))
    with pytest.raises(InputError, match="each test sample in one fold, found 'P"):
        predictions_of(altered(folds, 1, part="test"))
    with pytest.raises(InputError, match="predictions of vgg: expected the test samples and folds of cnn"):
        predictions_of(folds[:-1])
    renamed = folds[1][1].rename(columns={"p_glioma": "p_oedema"})
    with pytest.raises(
        InputError, match="expected the classes glioma, meningioma, pituitary, found oedema, "
    ):
        predictions_of([folds[0], (folds[1][0], renamed)])
    with pytest.raises(InputError, match="the classes of two or more, found none"):
        predictions_of([(folds[0][0], folds[0][1][["sample", "part", "label"]])])
