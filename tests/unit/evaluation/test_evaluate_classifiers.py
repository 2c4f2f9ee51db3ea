"""Comparisons of models, and the whole step on files."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from scripts.evaluation.evaluate_classifiers import evaluate_classifiers, main
from scripts.evaluation.predictions import predictions_of
from scripts.statistics.resampled_t import corrected_interval
from scripts.statistics.roc import area_difference
from scripts.tables import read_table, write_table

SETTINGS = {"n_bootstrap": 200, "calibration_bins": 10}
TABLES = (
    "performance",
    "fold_performance",
    "confusion",
    "roc_points",
    "calibration",
    "comparisons",
    "learning_curves",
)


def comparisons(folds):
    return evaluate_classifiers(predictions_of(folds), [], SETTINGS, 1)["comparisons"]


def row_of(table, a, b, test, measure="accuracy", of="all"):
    mine = table[
        (table["model_a"] == a) & (table["model_b"] == b) & (table["test"] == test)
        & (table["measure"] == measure) & (table["class"] == of)
    ]  # fmt: skip
    assert len(mine) == 1
    return mine.iloc[0]


def test_tests_of_single_samples(folds_of):
    folds = folds_of({"cnn": 0.8, "vgg": 1.6, "unet": 1.2}, n_patients=90)
    table = comparisons(folds)
    cnn, vgg, _ = predictions_of(folds)
    a, b = ((m.repeats[0].called == m.repeats[0].truth) for m in (cnn, vgg))
    counts = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
    exact = row_of(table, "cnn", "vgg", "mcnemar_exact")
    assert exact["p_value"] == pytest.approx(statsmodels_mcnemar(counts, exact=True).pvalue)
    assert exact["difference"] == pytest.approx(a.mean() - b.mean())
    assert "mcnemar_clustered" not in set(table["test"])
    y = (cnn.repeats[0].truth == 1).astype(int)
    delong = row_of(table, "cnn", "vgg", "delong", "auc", "meningioma")
    expected = area_difference(y, cnn.repeats[0].probabilities[:, 1], vgg.repeats[0].probabilities[:, 1])
    assert (delong["difference"], delong["p_value"]) == pytest.approx((expected.difference, expected.p_value))
    drawn = row_of(table, "cnn", "vgg", "bootstrap", "auc", "meningioma")
    assert drawn["difference"] == pytest.approx(delong["difference"])
    assert drawn["upper"] - drawn["lower"] == pytest.approx(delong["upper"] - delong["lower"], rel=0.25)
    for test, of in (
        ("mcnemar_exact", "all"),
        ("delong", "meningioma"),
    ):  # over the three pairs of models alone
        mine = table[(table["test"] == test) & (table["class"] == of)]
        assert len(mine) == 3
        np.testing.assert_allclose(mine["p_holm"], multipletests(mine["p_value"], method="holm")[1])
    assert table.loc[table["test"] == "bootstrap", "p_holm"].isna().all()


def test_tests_over_folds_and_repeats(folds_of):
    folds = folds_of({"cnn": 0.8, "vgg": 1.6}, n_repeats=6)
    table = comparisons(folds)
    cnn, vgg = predictions_of(folds)
    differences = np.array([
        (x.called == x.truth)[x.folds == fold].mean() - (y.called == y.truth)[y.folds == fold].mean()
        for x, y in zip(cnn.repeats, vgg.repeats, strict=True) for fold in range(1, 6)
    ])  # fmt: skip
    found = row_of(table, "cnn", "vgg", "corrected_t_folds")
    assert found[["difference", "lower", "upper", "p_value"]].tolist() == pytest.approx(
        corrected_interval(differences, 5)
    )
    assert row_of(table, "cnn", "vgg", "wilcoxon_folds")["p_value"] < found["p_value"]
    assert row_of(table, "cnn", "vgg", "wilcoxon_repeats")["p_value"] == pytest.approx(2 / 2**6)
    assert row_of(table, "cnn", "vgg", "mcnemar_exact")["difference"] < 0  # of the votes of six repeats


def test_tests_of_several_slices(folds_of):
    table = comparisons(folds_of({"cnn": 0.8, "vgg": 1.6}, most=6))
    assert "mcnemar_exact" not in set(table["test"])
    assert row_of(table, "cnn", "vgg", "mcnemar_clustered")["p_value"] < 0.05


def test_a_model_against_its_copy(folds_of):
    folds = folds_of({"cnn": 1.0})
    copies = [
        (place.__class__("copy", place.scheme, place.repeat, place.fold), table) for place, table in folds
    ]
    table = comparisons(folds + copies)
    assert (table["difference"] == 0).all()
    assert (table["p_value"].dropna() == 1).all()
    drawn = table[table["test"] == "bootstrap"]
    assert (drawn[["lower", "upper"]] == 0).all(axis=None)


def test_hold_out_and_one_model(folds_of):
    table = comparisons(folds_of({"cnn": 1.0, "vgg": 1.2}, n_folds=1))
    assert not {"wilcoxon_folds", "corrected_t_folds", "wilcoxon_repeats"} & set(table["test"])
    assert comparisons(folds_of({"cnn": 1.0})).empty


def test_the_step_on_files(folds_of, tmp_path):
    """Twice the same; every table as CSV and Parquet; the order of the files counts for nothing but the models'."""
    inputs = {"predictions": [], "histories": []}
    for place, table in folds_of({"cnn": 0.8, "vgg": 1.6}, n_repeats=2, most=3):
        folder = tmp_path / "training" / place.model / place.scheme / f"r{place.repeat}_f{place.fold}"
        write_table(table, folder / "predictions.parquet")
        write_table(pd.DataFrame({"epoch": [1, 2], "training_loss": [1.0, 0.5]}), folder / "history.csv")
        inputs["predictions"].append(folder / "predictions.parquet")
        inputs["histories"].append(folder / "history.csv")
    written = []
    for run in ("one", "two"):
        output = {name: tmp_path / run / f"{name}.csv" for name in TABLES}
        main(
            SimpleNamespace(
                input=SimpleNamespace(**inputs), output=output, settings={"evaluation": SETTINGS}, seed=3
            )
        )
        written.append({name: path.read_bytes() for name, path in output.items()})
        inputs = {name: paths[:10][::-1] + paths[10:] for name, paths in inputs.items()}
    assert written[0] == written[1]
    performance = read_table(tmp_path / "one" / "performance.parquet")
    assert performance["model"].unique().tolist() == ["cnn", "vgg"]
    accuracy = performance[(performance["measure"] == "accuracy") & (performance["class"] == "all")]
    assert accuracy["estimate"].is_monotonic_increasing
    curves = read_table(tmp_path / "one" / "learning_curves.csv")
    assert curves["n_folds"].tolist() == [10] * 4


def test_a_class_without_test_samples_and_folds_of_one_patient(folds_of):
    """Every table is there, with gaps where nothing can be said; no warning on the way."""
    folds = folds_of({"cnn": 1.0, "vgg": 1.5}, n_patients=9, n_folds=9)
    lacking = [(place, table[table["label"] != "pituitary"]) for place, table in folds]
    tables = evaluate_classifiers(predictions_of(lacking), [], SETTINGS, 1)
    performance = tables["performance"].set_index(["model", "measure", "class"])
    gaps = performance.loc[("cnn", "sensitivity", "pituitary")]
    assert np.isnan([gaps["estimate"], gaps["lower"], gaps["mean_folds"]]).all()
    assert (gaps["interval"], gaps["n_patients"]) == ("none", 0)
    assert 0 <= performance.loc[("cnn", "accuracy", "all"), "estimate"] <= 1
    assert set(tables["roc_points"]["class"]) == {"glioma", "meningioma", "pituitary"}
    drawn = tables["comparisons"].query("test == 'delong'")
    assert drawn["class"].tolist() == ["glioma", "meningioma"]
