"""Confusion matrices, ROC bands, reliability and learning curves from small tables."""

import numpy as np
import pandas as pd
import pytest

from scripts.report.figures.confusion_matrix import draw_confusion_matrices
from scripts.report.figures.learning_curves import ACCURACY, LOSS, CurvePanel, draw_learning_curves
from scripts.report.figures.reliability import draw_reliability
from scripts.report.figures.roc_bands import bands_of, draw_roc_bands
from scripts.report.figures.style import new_figure, save_svg

NAN = float("nan")


def saved(figure, tmp_path):
    save_svg(figure, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").stat().st_size > 2000


@pytest.fixture
def confusion():
    rows = [
        ("cnn", "a", "a", 8, 0.8),
        ("cnn", "a", "b", 2, 0.2),
        ("cnn", "b", "a", 2.5, 0.25),
        ("cnn", "b", "b", 7.5, 0.75),
    ]
    rows += [("vgg", *row[1:]) for row in rows]
    return pd.DataFrame(rows, columns=["model", "truth", "called", "n", "share"])


def test_rows_are_the_truth(confusion, tmp_path):
    figure = new_figure(178, 60)
    draw_confusion_matrices(
        figure, confusion, {"cnn": "CNN", "vgg": "VGG16"}, {"b": "Class B", "a": "Class A"}
    )
    saved(figure, tmp_path)
    first, second = figure.axes
    at = {text.get_position(): text.get_text() for text in first.texts}
    # (column, row): what b is called stands in the first row
    assert at == {(0, 0): "7.5\n75%", (1, 0): "2.5\n25%", (0, 1): "2\n20%", (1, 1): "8\n80%"}
    assert [t.get_text() for t in first.get_yticklabels()] == ["Class\nB", "Class\nA"]
    assert (first.get_ylabel(), first.get_xlabel()) == ("Truth", "Called")
    low, high = first.get_ylim()
    assert low > high  # the first row is on top
    assert second.get_title(loc="left") == "VGG16"


def test_a_class_without_cases_and_no_model(confusion, tmp_path):
    figure = new_figure()
    draw_confusion_matrices(figure, confusion, {"cnn": ""}, {"a": "A", "b": "B", "c": "C"})
    saved(figure, tmp_path)
    assert sum(text.get_text() == "–" for text in figure.axes[0].texts) == 5
    figure = new_figure()
    draw_confusion_matrices(figure, confusion, {})
    assert figure.axes[0].texts[0].get_text() == "no predictions"


def test_four_models_take_two_rows(confusion):
    figure = new_figure()
    draw_confusion_matrices(figure, confusion, {"cnn": "1", "vgg": "2", "x": "3", "y": "4"})
    assert len(figure.axes) == 6
    assert not figure.axes[5].axison


@pytest.fixture
def curves():
    points = pd.DataFrame(
        {"model": "cnn", "class": "a", "false_positive_rate": [0, 0.5, 1], "true_positive_rate": [0.2, 0.8, 1],
         "lower": [0.1, 0.7, 1], "upper": [0.3, 0.9, 1]}
    )  # fmt: skip
    performance = pd.DataFrame(
        {"model": ["cnn", "cnn"], "class": ["a", "a"], "measure": ["f1", "auc"], "estimate": [0.5, 0.71],
         "lower": [0.4, 0.62], "upper": [0.6, 0.80]}
    )  # fmt: skip
    return points, performance


def test_bands_of_a_curve(curves, tmp_path):
    bands = bands_of(*curves, {("cnn", "a"): "Glioma"})
    figure = new_figure(85, 85)
    draw_roc_bands(figure, bands, "CNN")
    saved(figure, tmp_path)
    (axes,) = figure.axes
    _, line = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), [[0, 0], [0, 0.2], [0.5, 0.8], [1, 1]])
    (band,) = axes.collections
    assert {tuple(v) for v in band.get_paths()[0].vertices} >= {(0, 0.1), (0.5, 0.7), (0.5, 0.9), (1, 1)}
    assert axes.get_legend().get_texts()[0].get_text() == "Glioma\nAUC 0.71 (0.62–0.80)"


def test_many_curves_have_no_bands(curves):
    figure = new_figure(85, 85)
    draw_roc_bands(figure, bands_of(*curves, {("cnn", "a"): "A"}) * 5)
    assert not figure.axes[0].collections
    figure = new_figure()
    draw_roc_bands(figure, [])
    assert len(figure.axes[0].lines) == 1


def test_reliability(tmp_path):
    calibration = pd.DataFrame(
        {"model": ["cnn"] * 3 + ["vgg"], "class": ["called", "called", "a", "called"], "bin_low": [0.4, 0.6, 0.0, 0.6],
         "bin_high": [0.6, 0.8, 0.2, 0.8], "n": [30, 10, 5, 7], "predicted": [0.52, 0.7, 0.1, 0.66],
         "observed": [0.5, 0.9, 0.1, 0.7], "lower": [0.4, 0.8, 0, NAN], "upper": [0.6, 1.0, 0.3, NAN]}
    )  # fmt: skip
    figure = new_figure(85, 95)
    draw_reliability(figure, calibration, {"cnn": "CNN", "vgg": "VGG16"})
    saved(figure, tmp_path)
    axes, below = figure.axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata())}
    assert lines["CNN"] == [[0.52, 0.5], [0.7, 0.9]]
    assert lines["VGG16"] == [[0.66, 0.7]]
    assert lines["perfect"] == [[0, 0], [1, 1]]
    (bars,) = [c for c in axes.collections if len(c.get_segments()) == 2]
    np.testing.assert_allclose(bars.get_segments()[0], [[0.52, 0.4], [0.52, 0.6]])
    np.testing.assert_allclose([patch.get_height() for patch in below.patches], [0.75, 0.25, 1.0])
    figure = new_figure()
    draw_reliability(figure, calibration, {"unet": "UNet"})
    assert figure.axes[0].texts[0].get_text() == "no predictions"


@pytest.fixture
def history():
    rows = [
        (model, metric, epoch, value + epoch / 10, sd)
        for model, sd in (("cnn", 0.1), ("vgg", NAN))
        for metric, value in (
            ("training_loss", 1.0),
            ("validation_loss", 2.0),
            ("training_accuracy", 0.5),
            ("learning_rate", 0),
        )
        for epoch in (1, 2, 3)
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "epoch", "mean", "sd"])


def test_learning_curves(history, tmp_path):
    figure = new_figure(178, 72)
    draw_learning_curves(figure, history, {"vgg": "VGG16", "cnn": "CNN"})
    saved(figure, tmp_path)
    loss, accuracy = figure.axes
    assert (loss.get_ylabel(), accuracy.get_ylabel(), loss.get_xlabel()) == ("Loss", "Accuracy", "Epoch")
    assert [line.get_ydata()[0] for line in loss.lines] == [1.1, 1.1, 2.1, 2.1]
    assert loss.lines[0].get_linestyle() != loss.lines[2].get_linestyle()
    assert loss.lines[0].get_color() != loss.lines[1].get_color() == loss.lines[3].get_color()
    assert len(loss.collections) == 2  # bands of the CNN alone: one fold has no deviation
    vertices = {tuple(np.round(v, 6)) for v in loss.collections[0].get_paths()[0].vertices}
    assert {(1, 1.0), (1, 1.2), (3, 1.2), (3, 1.4)} <= vertices
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["VGG16", "CNN", "training", "validation"]


def test_one_model_one_epoch_and_none(history, tmp_path):
    figure = new_figure()
    draw_learning_curves(
        figure, history[history["epoch"] == 1], {"cnn": "CNN"}, [LOSS, CurvePanel("x", {"y": "z"})]
    )
    saved(figure, tmp_path)
    (axes,) = figure.axes
    assert axes.lines[0].get_marker() == "o"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation"]
    figure = new_figure()
    draw_learning_curves(figure, history, {"unet": "UNet"}, [ACCURACY])
    assert figure.axes[0].texts[0].get_text() == "no history of a training"
