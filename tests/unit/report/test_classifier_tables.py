"""Cells of the tables of classifiers, by hand."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.report.classifier_tables import (
    Shown,
    classes_table,
    differences_table,
    found,
    models_table,
    split_sizes_table,
)
from scripts.report.rich_text import plain

NAN = float("nan")


def cells(table):
    return [[plain(cell) for cell in row.cells] for row in table.rows]


@pytest.fixture
def performance():
    rows = [
        ("cnn", "accuracy", "all", 0.75, 0.701, 0.7996, 0.752, 0.031, 0.02),
        ("vgg", "accuracy", "all", 1.0, 0.96, 1.0, 1.0, 0.0, NAN),
        *(
            ("cnn", "f1", of, 0.5 + 0.1 * i, 0.4, 0.7, 0.5, 0.1, NAN)
            for i, of in enumerate(["a", "b", "macro"])
        ),
        *(("cnn", "auc", of, 0.9, NAN, NAN, 0.9, NAN, NAN) for of in ["a", "b", "macro"]),
    ]
    names = [
        "model",
        "measure",
        "class",
        "estimate",
        "lower",
        "upper",
        "mean_folds",
        "sd_folds",
        "sd_repeats",
    ]
    return pd.DataFrame(rows, columns=names)


def test_models_with_intervals_and_deviations(performance):
    models = {"cnn": "CNN", "vgg": "VGG16"}
    shown = [Shown("accuracy", "all", "Accuracy", percent=True, digits=1)]
    assert cells(models_table("k", "c", performance, models, shown)) == [
        ["CNN", "75.0% (70.1–80.0)"],
        ["VGG16", "100.0% (96.0–100.0)"],
    ]
    plain_number = [Shown("accuracy", "all", "Accuracy", digits=3)]
    assert cells(models_table("k", "c", performance, models, plain_number, "folds")) == [
        ["CNN", "0.752 ± 0.031"],
        ["VGG16", "1.000 ± 0.000"],
    ]
    assert cells(models_table("k", "c", performance, models, plain_number, "repeats")) == [
        ["CNN", "0.750 ± 0.020"],
        ["VGG16", "1.000"],
    ]


def test_classes_and_their_average(performance):
    table = classes_table(
        "k", "c", performance, "cnn", {"b": "B", "a": "A"}, {"f1": "F1-score", "auc": "AUC"}
    )
    assert cells(table) == [
        ["B", "60% (40–70)", "90%"],
        ["A", "50% (40–70)", "90%"],
        ["Average", "70% (40–70)", "90%"],
    ]
    assert [row.rule for row in table.rows] == [False, False, True]


def test_differences():
    columns = ["model_a", "model_b", "measure", "class", "test", "difference", "lower", "upper", "p_holm"]
    comparisons = pd.DataFrame(
        [
            ("cnn", "vgg", "accuracy", "all", "bootstrap", -0.05, -0.081, -0.02, NAN),
            ("cnn", "vgg", "accuracy", "all", "mcnemar_exact", -0.05, NAN, NAN, 0.0123),
            ("cnn", "unet", "accuracy", "all", "bootstrap", 0.01, -0.01, 0.03, NAN),
            ("cnn", "vgg", "auc", "a", "bootstrap", 0.5, 0.5, 0.5, NAN),
        ],
        columns=columns,
    )
    shown = Shown("accuracy", "all", "accuracy", percent=True, digits=1)
    table = differences_table(
        "k",
        "c",
        comparisons,
        {"cnn": "CNN", "vgg": "VGG16"},
        shown,
        {"mcnemar_exact": "McNemar", "delong": "DeLong"},
    )
    assert cells(table) == [["CNN against VGG16", "−5.0 (−8.1 to −2.0)", "0.01", "–"]]


def test_sizes_of_a_split():
    counts = pd.DataFrame(
        [(1, 1, "train", "a", 40, 10), (1, 1, "test", "a", 9, 3),
         (1, 2, "train", "a", 38, 9), (1, 2, "test", "a", 11, 4),
         (1, 1, "train", "b", 20, 5), (1, 1, "test", "b", 5, 2),
         (1, 2, "train", "b", 20, 5), (1, 2, "test", "b", 5, 2)],
        columns=["repeat", "fold", "part", "label", "n_samples", "n_patients"],
    )  # fmt: skip
    table = split_sizes_table("k", "c", counts, {"a": "A", "b": "B"})
    assert cells(table) == [
        ["A", "38–40 (9–10)", "9–11 (3–4)"],
        ["B", "20 (5)", "5 (2)"],
        ["All", "58–60 (14–15)", "14–16 (5–6)"],
    ]
    assert [plain(c.label) for c in table.columns] == ["Class", "Training", "Test"]


def test_faults(performance):
    with pytest.raises(InputError, match=r"one row of accuracy \(all\) of model 'resnet', found 0"):
        found(performance, "resnet", "accuracy")
    with pytest.raises(InputError, match="interval or folds or repeats, found 'sd'"):
        Shown("accuracy", "all", "").text(performance.iloc[0], "sd")
    assert np.isnan(found(performance, "cnn", "auc", "a")["lower"])
