"""The LASSO: cross-validated deviance along the penalty, and the coefficients' paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from scripts.report.figures.names import feature_label
from scripts.report.figures.style import BLACK, BLUE, GREY, PALE, in_style, line_look
from scripts.report.wording import number_text

LAMBDA_LABEL = "log λ"


@in_style
def draw_cross_validation(
    figure: Figure,
    lambdas: ArrayLike,
    deviance: ArrayLike,
    standard_error: ArrayLike,
    n_nonzero: ArrayLike,
    lambda_min: float,
    lambda_1se: float,
    title: str = "",
) -> None:
    """Mean cross-validated partial-likelihood deviance ± its standard error against the natural log of
    lambda.

    The upper axis counts the features with a coefficient; vertical lines mark lambda.min (smallest deviance,
    dashed) and lambda.1se (largest penalty within one standard error of it, dotted).
    """
    x, mean, error = (
        np.log(np.asarray(lambdas, float)),
        np.asarray(deviance, float),
        np.asarray(standard_error, float),
    )
    counts = np.asarray(n_nonzero, int)
    axes = figure.subplots()
    axes.errorbar(
        x,
        mean,
        error,
        fmt="o",
        color=BLUE,
        ecolor=GREY,
        markersize=2.6,
        elinewidth=0.6,
        capsize=1.2,
        capthick=0.6,
    )
    _mark_lambdas(axes, lambda_min, lambda_1se, x, counts)
    axes.set_xlabel(LAMBDA_LABEL)
    axes.set_ylabel("Partial-likelihood deviance\n(mean ± SE over folds)")
    _count_axis(axes, x, counts)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))
    axes.legend(loc="upper left", handlelength=1.6)
    if title:
        axes.set_title(title, pad=8)


@in_style
def draw_coefficient_paths(
    figure: Figure,
    lambdas: ArrayLike,
    coefficients: ArrayLike,
    names: Sequence[str],
    lambda_chosen: float,
    n_nonzero: ArrayLike | None = None,
    title: str = "",
    most_named: int = 10,
) -> None:
    """Coefficients (k, p) of p features at k penalties; those not zero at `lambda_chosen` are coloured and
    named.

    The key under the axes gives each selected feature's coefficient at `lambda_chosen`, largest first; more
    than `most_named` of them are coloured but the rest is only counted. With none selected the key says so.
    """
    lambdas, paths = np.asarray(lambdas, float), np.asarray(coefficients, float)
    x = np.log(lambdas)
    chosen = int(np.argmin(np.abs(x - np.log(lambda_chosen))))
    selected = np.flatnonzero(paths[chosen])
    selected = selected[np.argsort(-np.abs(paths[chosen, selected]), kind="stable")]
    axes = figure.subplots()
    for j in range(paths.shape[1]):
        if j not in selected and np.any(paths[:, j]):
            axes.plot(x, paths[:, j], color=PALE, linewidth=0.7, zorder=1)
    for rank, j in enumerate(selected):
        label = (
            f"{feature_label(names[j])} ({number_text(paths[chosen, j], 3)})" if rank < most_named else None
        )
        axes.plot(x, paths[:, j], label=label, zorder=3, **line_look(rank))
    if len(selected) > most_named:
        axes.plot([], [], color="none", label=f"and {len(selected) - most_named} more")
    if not len(selected):
        axes.plot([], [], color="none", label="no feature has a coefficient at this penalty")
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.axvline(np.log(lambda_chosen), color=BLACK, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_xlabel(LAMBDA_LABEL)
    axes.set_ylabel("Coefficient\n(per SD of the feature)")
    counts = (paths != 0).sum(axis=1) if n_nonzero is None else np.asarray(n_nonzero, int)
    _count_axis(axes, x, counts)
    figure.legend(loc="outside lower center", ncols=1, handlelength=2.6)
    if title:
        axes.set_title(title, pad=8)


def _mark_lambdas(
    axes: Axes, lambda_min: float, lambda_1se: float, x: np.ndarray, counts: np.ndarray
) -> None:
    for name, value, dashes in (("λ.min", lambda_min, (0, (4, 2))), ("λ.1se", lambda_1se, (0, (1, 1.5)))):
        count = counts[int(np.argmin(np.abs(x - np.log(value))))]
        label = f"{name} = {value:.3g} ({count} feature{'' if count == 1 else 's'})"
        axes.axvline(np.log(value), color=BLACK, linewidth=0.9, linestyle=dashes, label=label)


def _count_axis(axes: Axes, x: np.ndarray, counts: np.ndarray) -> None:
    """Numbers of features on the upper side, at up to eight penalties spread over the axis."""
    upper = axes.secondary_xaxis("top")
    picked = np.unique(np.linspace(0, len(x) - 1, min(8, len(x))).round().astype(int))
    upper.set_xticks(x[picked], [str(counts[i]) for i in picked])
    upper.set_xlabel("Number of features")
    upper.spines["top"].set_visible(True)
