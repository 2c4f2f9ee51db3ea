"""Drawings that only this paper has: runs of neighbouring slices, and what each method shows of a slice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.papers.brain_tumor_types.names import METHOD_LABELS, MODEL_LABELS
from scripts.report.figures.picture_grid import Tile, draw_picture_grid
from scripts.report.figures.style import BLUE, GREY, VERMILLION, in_style, legend_above, say_empty
from scripts.training.samples import SampleSource

STRIP = (4, 12)  # rows and slices of the strip of neighbours
BINS = np.linspace(-0.5, 1.0, 46)


@in_style
def draw_similarities(figure: Figure, groups: pd.DataFrame, least: float) -> None:
    """How alike neighbours are, with the value below which a run may end; and the sizes of the runs.

    Parameters
    ----------
    groups : similarity (NaN where there is none), run, subject; where patients are known, neighbours of two of them are
        shown apart from those of one.
    """
    left, right = figure.subplots(1, 2)
    known = groups[groups["similarity"].notna()]
    if known.empty:
        say_empty(left, "no neighbours in the numbering")
    elif known["subject"].notna().all():
        same = (groups["subject"] == groups["subject"].shift())[known.index]
        left.hist(known.loc[same, "similarity"], BINS, color=BLUE, label="of one patient")
        left.hist(
            known.loc[~same, "similarity"], BINS, color=VERMILLION, hatch="////", label="of two patients"
        )
    else:
        left.hist(known["similarity"], BINS, color=BLUE, label="neighbours")
    if len(known):
        left.axvline(least, color=GREY, linestyle=(0, (3, 2)), label="a run may end below")
        left.set_xlabel("Correlation with the slice before")
        left.set_ylabel("Slices")
        legend_above(left, columns=2)
    sizes = groups["run"].value_counts()
    right.hist(sizes, np.arange(0.5, sizes.max() + 1.5), color=BLUE)
    right.set_xlabel("Slices of a run")
    right.set_ylabel("Runs")


def strip_of_groups(groups: pd.DataFrame) -> pd.DataFrame:
    """Neighbouring slices to look at: the STRIP first ones of the table's middle, in its order."""
    n = STRIP[0] * STRIP[1]
    start = max(0, (len(groups) - n) // 2)
    return groups.iloc[start : start + n].reset_index(drop=True)


def draw_groups(figure: Figure, strip: pd.DataFrame, source: SampleSource) -> None:
    """Neighbouring slices in the order of their numbers; a white bar at the left of the first slice of each run."""
    tiles = []
    starts = strip["run"] != strip["run"].shift()
    for sample, first in zip(strip["sample"], starts, strict=True):
        picture = source.read(sample)[0].astype(float) / 255
        edge = max(1, picture.shape[1] // 64)
        if first:
            picture = picture.copy()
            picture[:, : 3 * edge] = 1.0
        tiles.append(Tile(picture))
    rows = [tiles[k : k + STRIP[1]] for k in range(0, len(tiles), STRIP[1])]
    draw_picture_grid(figure, rows)


def saliency_rows(examples: Mapping[str, NDArray], number: int) -> tuple[list[list[Tile | None]], list[str]]:
    """Tiles of one slice: the paper's five pictures of the encoder, then each network with its maps.

    Parameters
    ----------
    examples : what `measure_saliency` kept: <model>/<what> -> (n, y, x).
    """

    def of(key: str) -> NDArray:
        return examples[key][number]

    picture, mask = of("encoder/picture"), of("encoder/mask")
    gradient = of("encoder/gradient")
    paper: list[Tile | None] = [
        Tile(picture, mask=mask),
        Tile(of("unet/own")),
        Tile(of("unet/joined"), limits=None),
        Tile(gradient, limits=None),
        Tile(picture, map=gradient),
    ]
    rows, labels = [paper], ["Figures 13, 14"]
    for model, words in MODEL_LABELS.items():
        base, outline = of(f"{model}/picture"), of(f"{model}/mask")
        line: list[Tile | None] = [Tile(base, mask=outline)]
        for method in METHOD_LABELS:
            key = f"{model}/{method}"
            line.append(Tile(base, map=of(key), mask=outline) if key in examples else None)
        rows.append(line)
        labels.append(words)
    return rows, labels
