"""Selection frequencies."""

import pandas as pd

from scripts.report.figures.stability import draw_stability
from scripts.report.figures.style import new_figure, save_svg

TABLE = pd.DataFrame(
    {
        "feature": ["a", "b", "c", "d"],
        "frequency": [0.2, 0.9, 0.5, 0.0],
        "selected": [True, True, False, False],
    }
)


def drawn(path, table, **kwargs):
    figure = new_figure(120, 70)
    draw_stability(figure, table, 100, **kwargs)
    save_svg(figure, path)
    return figure.axes[0]


def test_bars_by_frequency(tmp_path):
    axes = drawn(
        tmp_path / "x.svg", TABLE.assign(ci_low=TABLE.frequency - 0.1, ci_high=TABLE.frequency + 0.05)
    )
    assert [t.get_text() for t in axes.get_yticklabels()] == ["b", "c", "a"]
    widths = {bar.get_y() + 0.35: (bar.get_width(), bar.get_hatch()) for bar in axes.patches}
    assert {round(k): v for k, v in widths.items()} == {0: (0.9, None), 1: (0.5, "////"), 2: (0.2, None)}
    assert axes.get_xlabel() == "Selected in (fraction of 100 resamples)"
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["in the model", "not in the model"]


def test_the_model_is_always_shown(tmp_path):
    axes = drawn(tmp_path / "x.svg", TABLE, most_shown=2)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["b", "a"]


def test_nothing_selected(tmp_path):
    axes = drawn(tmp_path / "x.svg", TABLE.assign(frequency=0.0, selected=False))
    assert [t.get_text() for t in axes.texts] == ["no feature was selected in any of 100 resamples"]
