"""A few patients as they were measured: the slice with most lesion in the lung window, with lobes and lesions over
it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.cohort.case_images import from_settings
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.quantification.hounsfield import window_index, window_words
from scripts.quantification.lesions import threshold_lesions
from scripts.quantification.lung_mask import lung_mask
from scripts.quantification.measure_lesions import complete_settings, read_case
from scripts.report.figures.style import COLOURS, ORANGE, PAGE_MM, SKY, drawing, in_style, say_empty
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged, read_records
from scripts.workflow.job import Job

LEVEL_HU, WIDTH_HU = -500.0, 1500.0  # the usual lung window
ROW_MM = 50.0
WINDOW_COLOURS = ("#CFE8F7", SKY, COLOURS[0], "#5A1E00")


def slice_of(image: Volume, lesions: np.ndarray, lobes: np.ndarray | None) -> dict[str, Any]:
    """The transverse slice with the largest lesion area, the middle one where there is no lesion; arrays (y, x)."""
    areas = lesions.sum(axis=(1, 2))
    z = int(np.argmax(areas)) if areas.any() else image.array.shape[0] // 2
    return {
        "image": image.array[z].copy(),
        "lesions": lesions[z].copy(),
        "lobes": None if lobes is None else lobes[z].copy(),
        "pixel": image.spacing[:2],
    }


@in_style
def draw_measured(figure: Figure, cases: list[dict[str, Any]], edges: list[float]) -> None:
    """Two pictures a patient: outlines of lobes and lesions over the CT, and the lesions coloured by their window."""
    if not cases:
        say_empty(figure.subplots(), "no cases")
        return
    grid = figure.subplots(2, len(cases), squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for k, case in enumerate(cases):
        for axes in grid[:, k]:
            _show(axes, case)
        grid[0, k].set_title(case["title"], fontsize=7.5, fontweight="normal", pad=3)
        if case["lobes"] is not None:
            _outline(
                grid[0, k], case, [case["lobes"] == label for label in np.unique(case["lobes"])[1:]], SKY, 0.6
            )
        _outline(grid[0, k], case, [case["lesions"]], ORANGE, 0.9)
        windows = window_index(case["image"], edges)
        colours = np.zeros((*windows.shape, 4))
        for w in range(len(edges) + 1):
            part = case["lesions"] & (windows == w)
            colours[part] = (*_rgb(WINDOW_COLOURS[w % len(WINDOW_COLOURS)]), 1.0)
        grid[1, k].imshow(colours, extent=_extent(case), interpolation="nearest", aspect="equal")
    handles = [
        grid[1, 0].plot([], [], "s", color=WINDOW_COLOURS[w % len(WINDOW_COLOURS)], label=words)[0]
        for w, words in enumerate(window_words(edges))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _extent(case: dict[str, Any]) -> tuple[float, float, float, float]:
    (dx, dy), (rows, columns) = case["pixel"], case["image"].shape
    return (-0.5 * dx, (columns - 0.5) * dx, (rows - 0.5) * dy, -0.5 * dy)


def _show(axes: Axes, case: dict[str, Any]) -> None:
    low, high = LEVEL_HU - WIDTH_HU / 2, LEVEL_HU + WIDTH_HU / 2
    axes.imshow(
        case["image"], cmap="gray", vmin=low, vmax=high, extent=_extent(case), interpolation="nearest",
        aspect="equal",
    )  # fmt: skip


def _outline(axes: Axes, case: dict[str, Any], masks: list[np.ndarray], colour: str, width: float) -> None:
    dx, dy = case["pixel"]
    rows, columns = case["image"].shape
    x, y = (np.arange(columns + 2) - 1) * dx, (np.arange(rows + 2) - 1) * dy
    for mask in masks:
        if mask.any():
            axes.contour(x, y, np.pad(mask, 1).astype(float), levels=[0.5], colors=[colour], linewidths=width)


def main(job: Job) -> None:
    """Rule picture_lesions; a case that cannot be read is left to the check, which names it."""
    settings = complete_settings(job.settings["measurement"])
    (which,) = from_settings(job.settings)
    records, shown = dict(read_records(job.input.contents)), []
    for case in job.cases:
        try:
            image, drawn, maps = read_case(case, which, records)
            known = [np.isin(maps[name].array, settings[f"{name[:-1]}_labels"]) for name in maps]
            lungs = np.any(known, axis=0) if known else lung_mask(image, settings["lung_mask"])
            by_hand = drawn is not None and settings["source"] != "threshold"
            lesions = drawn.array > 0 if by_hand else threshold_lesions(image, lungs, settings["lesions"])
            lobes = maps["lobes"].array if "lobes" in maps else None
            shown.append(slice_of(image, lesions, lobes) | {"title": case["patient"]})
        except FileChanged:
            raise
        except (CaseError, InputError) as error:
            print(f"{case['patient']}: {error}")
        except Exception as error:
            print(f"{case['patient']}:\n{calls(error)}")
    with drawing(job.output.picture, PAGE_MM, 2 * ROW_MM * min(1.0, 3.4 / max(1, len(shown)))) as figure:
        draw_measured(figure, shown, settings["edges_hu"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
