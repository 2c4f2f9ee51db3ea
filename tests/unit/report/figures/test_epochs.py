"""Trainings by epoch: which lines are drawn, over which epochs."""

import pandas as pd
import pytest

from scripts.report.figures.epochs import draw_epochs
from scripts.report.figures.style import new_figure, save_svg

HISTORY = pd.DataFrame(
    {"epoch": [1, 2, 3, 4], "training_loss": [4.0, 3.0, 2.0, 1.0], "validation_loss": [4.0, 3.5, 3.2, 3.1],
     "training_accuracy": [0.2, 0.4, 0.6, 0.8]}
)  # fmt: skip


def test_a_panel_a_measure_and_a_line_a_part(tmp_path):
    figure = new_figure(160, 60)
    draw_epochs(figure, HISTORY, {"loss": "Loss", "accuracy": "Accuracy"}, kept=3)
    loss, accuracy = figure.axes
    assert loss.get_lines()[0].get_ydata().tolist() == [4.0, 3.0, 2.0, 1.0]
    assert [line.get_label() for line in loss.get_lines()] == ["training", "validation", "kept"]
    # no validation accuracy: no line of it
    assert [line.get_label() for line in accuracy.get_lines()] == ["training", "kept"]
    assert accuracy.get_ylabel() == "Accuracy"
    save_svg(figure, tmp_path / "a.svg")


def test_a_part_of_the_epochs():
    figure = new_figure(80, 60)
    draw_epochs(figure, HISTORY, {"loss": "Loss"}, epochs=(2, 3), log=True)
    (axes,) = figure.axes
    assert axes.get_lines()[0].get_xdata().tolist() == [2, 3]
    assert axes.get_yscale() == "log"


@pytest.mark.parametrize("epochs", [(9, 12)])
def test_no_such_epochs(epochs):
    figure = new_figure(80, 60)
    draw_epochs(figure, HISTORY, {"loss": "Loss"}, epochs=epochs)
    assert "no such epochs" in figure.axes[0].texts[0].get_text()
