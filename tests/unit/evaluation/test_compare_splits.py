"""A planted leak: the same model with better figures on one split than on the other."""

from types import SimpleNamespace

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.evaluation.compare_splits import compare_splits, main
from scripts.evaluation.performance import measure_names, of_repeats
from scripts.evaluation.predictions import predictions_of
from scripts.tables import read_table, write_table

SETTINGS = {"n_bootstrap": 200, "calibration_bins": 10}
NAMES = ("by_slice", "by_patient")


def test_the_gap_is_found(folds_of):
    leaky = predictions_of(folds_of({"cnn": 2.5, "vgg": 1.0}, most=4))
    honest = predictions_of(folds_of({"vgg": 1.0, "cnn": 1.0, "unet": 1.0}, most=4, seed=0))
    table = compare_splits(leaky, honest, NAMES, SETTINGS, 1)
    assert table["model"].unique().tolist() == ["cnn", "vgg"]
    row = table[
        (table["model"] == "cnn") & (table["measure"] == "accuracy") & (table["class"] == "all")
    ].iloc[0]
    right = [np.mean(m.repeats[0].called == m.repeats[0].truth) for m in (leaky[0], honest[1])]
    assert row[["estimate_a", "estimate_b", "difference"]].tolist() == pytest.approx(
        [*right, right[0] - right[1]]
    )
    assert 0.05 < row["lower"] < row["difference"] < row["upper"]
    assert row[["split_a", "split_b"]].tolist() == list(NAMES)
    assert len(table) == 2 * len(measure_names(leaky[0].classes))


def test_the_same_predictions_have_no_gap(folds_of):
    models = predictions_of(folds_of({"cnn": 1.0}, n_repeats=2))
    table = compare_splits(models, models, NAMES, SETTINGS, 1)
    assert (table[["difference", "lower", "upper"]] == 0).all(axis=None)


def test_hold_outs_of_different_patients(folds_of):
    """Nobody is tested in both: the interval is as wide as that of two independent shares."""
    folds = folds_of({"cnn": 1.0}, n_folds=2, n_patients=240)
    one, other = (predictions_of([fold]) for fold in folds)
    row = compare_splits(one, other, NAMES, SETTINGS, 1).iloc[0]
    p = [float(of_repeats(m[0], 10)[0, 0]) for m in (one, other)]
    error = np.sqrt(sum(q * (1 - q) / 120 for q in p))
    assert row["upper"] - row["lower"] == pytest.approx(3.92 * error, rel=0.2)


def test_the_step_on_files(folds_of, tmp_path):
    paths = []
    for name, skill in zip(NAMES, (2.0, 1.0), strict=True):
        for place, table in folds_of({"cnn": skill}, n_folds=3):
            path = tmp_path / place.model / name / f"r{place.repeat}_f{place.fold}" / "predictions.parquet"
            write_table(table, path)
            paths.insert(0, path)
    job = SimpleNamespace(
        input=SimpleNamespace(predictions=paths),
        output=SimpleNamespace(split_gaps=tmp_path / "split_gaps.csv"),
        settings={"evaluation": SETTINGS, "compared": list(NAMES)},
        seed=1,
    )
    main(job)
    found = read_table(tmp_path / "split_gaps.parquet")
    assert found["difference"].iloc[0] > 0
    assert (found["split_a"] == "by_slice").all()


def test_faults(folds_of):
    cnn, vgg = (predictions_of(folds_of({name: 1.0})) for name in ("cnn", "vgg"))
    with pytest.raises(
        InputError, match="by_slice and by_patient: expected a model that was trained on both, found vgg"
    ):
        compare_splits(cnn, vgg, NAMES, SETTINGS, 1)
    binary = predictions_of(folds_of({"cnn": 1.0}, classes=("a", "b")))
    with pytest.raises(
        InputError, match="model cnn: expected classes glioma, meningioma, pituitary, found a, b"
    ):
        compare_splits(cnn, binary, NAMES, SETTINGS, 1)
