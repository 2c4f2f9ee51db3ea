"""How well two readers of the same films agree, and what their errors do to an angle.

Both readers err; the difference of two readings has twice the variance of one. So the standard deviation of a
single reading is sqrt(mean(difference^2) / 2) (Dahlberg's error; a constant difference between the readers
counts in it).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.papers.hip_dysplasia.angles import propagated_covariances
from scripts.papers.hip_dysplasia.measurements import film_points
from scripts.papers.hip_dysplasia.names import ANGLES, FIRST, POINTS, SECOND, SIDES

FEWEST_FILMS = 5
ERROR_SDS = tuple(f"{angle}_sd" for angle in ANGLES)
ERROR_CORRELATIONS = {
    f"{ANGLES[i]}_{ANGLES[j]}_error": (i, j) for i, j in combinations(range(len(ANGLES)), 2)
}


def paired_hips(hips: pd.DataFrame) -> pd.DataFrame:
    """A row a hip that both readers measured: the columns of the first one, and of the second one with `_2`."""
    first, second = (hips[hips["reader"] == reader] for reader in (FIRST, SECOND))
    return first.merge(second, on=["patient", "side"], suffixes=("", "_2"), validate="one_to_one")


def single_reading_sd(difference: NDArray) -> float:
    """SD of one reading from differences of two, in their unit; NaN without any."""
    d = np.asarray(difference, float)
    return float(np.sqrt((d**2).mean() / 2)) if len(d) else float("nan")


def intraclass_correlation(readings: NDArray) -> float:
    """ICC(2,1): two-way random effects, absolute agreement, single measure (Shrout and Fleiss 1979).

    (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n), MSR between hips, MSC between readers.

    Parameters
    ----------
    readings : (n, k), n hips by k readers.
    """
    x = np.asarray(readings, float)
    n, k = x.shape
    rows, columns, grand = x.mean(axis=1), x.mean(axis=0), x.mean()
    between_rows = k * ((rows - grand) ** 2).sum() / (n - 1)
    between_columns = n * ((columns - grand) ** 2).sum() / (k - 1)
    error = ((x - rows[:, None] - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    whole = between_rows + (k - 1) * error + k * (between_columns - error) / n
    return float((between_rows - error) / whole)


def landmark_deviations(hips: pd.DataFrame) -> dict[str, float]:
    """Point -> SD of one reading along each axis, in radii of the head (of the first reader's circle); {} for
    too few films.

    Pooled over both axes, sides and all films that two readers drew.
    """
    pairs = paired_hips(hips)
    if pairs["patient"].nunique() < FEWEST_FILMS:
        return {}
    radius = pairs["least_squares_radius"].to_numpy(float)
    found = {}
    for name in POINTS:
        apart = [
            (pairs[f"{name}_{axis}"] - pairs[f"{name}_{axis}_2"]).to_numpy(float) / radius for axis in "xy"
        ]
        found[name] = single_reading_sd(np.concatenate(apart))
    return found


def with_reading_error(hips: pd.DataFrame, deviations: Mapping[str, float]) -> pd.DataFrame:
    """The first reader's hips with `<angle>_sd`, the SD in degrees that the points' errors cause, and
    `<angle>_<angle>_error`, the correlation of these errors; NaN where they are unknown.
    """
    first = hips[hips["reader"] == FIRST].reset_index(drop=True)
    named = {name: np.full(len(first), np.nan) for name in [*ERROR_SDS, *ERROR_CORRELATIONS]}
    if deviations:
        for _, film in first.groupby("patient", sort=False):
            radius = float(film["least_squares_radius"].mean())
            covariances = propagated_covariances(film_points(film), deviations, radius)
            for index, side in zip(film.index, film["side"], strict=True):
                sds = np.sqrt(covariances[side].diagonal())
                for name, sd in zip(ERROR_SDS, sds, strict=True):
                    named[name][index] = sd
                for name, (i, j) in ERROR_CORRELATIONS.items():
                    named[name][index] = covariances[side][i, j] / (sds[i] * sds[j])
    return first.assign(**named)


def error_covariances(samples: pd.DataFrame) -> NDArray:
    """(n, 3, 3) covariances of the errors of one reading, ANGLES by ANGLES, degrees squared; NaN where unknown.

    Parameters
    ----------
    samples : of `with_reading_error`.
    """
    sds = samples[list(ERROR_SDS)].to_numpy(float)
    correlations = np.tile(np.eye(len(ANGLES)), (len(samples), 1, 1))
    for name, (i, j) in ERROR_CORRELATIONS.items():
        correlations[:, i, j] = correlations[:, j, i] = samples[name].to_numpy(float)
    return correlations * sds[:, :, None] * sds[:, None, :]


def agreement_table(hips: pd.DataFrame, deviations: Mapping[str, float]) -> pd.DataFrame:
    """A row an angle (CCD too) and side (both, right, left): how two readers agree.

    Columns: angle, side, n, bias (second minus first), limit_low and limit_high (bias -/+ 1.96 SD of the differences,
    Bland and Altman), sd_observed (of one reading), sd_propagated (root mean square of what the points' errors cause;
    not of CCD), icc. Empty where nobody read twice.
    """
    pairs, rows = paired_hips(hips), []
    propagated = with_reading_error(hips, deviations) if len(pairs) else None
    for angle in (*ANGLES, "ccd"):
        for side in ("both", *SIDES):
            part = pairs if side == "both" else pairs[pairs["side"] == side]
            part = part[part[angle].notna() & part[f"{angle}_2"].notna()]
            if len(part) < FEWEST_FILMS:
                continue
            difference = (part[f"{angle}_2"] - part[angle]).to_numpy(float)
            sd, own = difference.std(ddof=1), float("nan")
            if angle in ANGLES:
                known = propagated.merge(part[["patient", "side"]], on=["patient", "side"])[f"{angle}_sd"]
                own = float(np.sqrt((known**2).mean()))
            rows.append(
                {
                    "angle": angle,
                    "side": side,
                    "n": len(part),
                    "bias": float(difference.mean()),
                    "limit_low": float(difference.mean() - 1.96 * sd),
                    "limit_high": float(difference.mean() + 1.96 * sd),
                    "sd_observed": single_reading_sd(difference),
                    "sd_propagated": own,
                    "icc": intraclass_correlation(part[[angle, f"{angle}_2"]].to_numpy(float)),
                }
            )
    columns = ["angle", "side", "n", "bias", "limit_low", "limit_high", "sd_observed", "sd_propagated", "icc"]
    return pd.DataFrame(rows, columns=columns)


def deviations_table(deviations: Mapping[str, float], hips: pd.DataFrame) -> pd.DataFrame:
    """point, sd_radii, sd_pixels (at the mean radius), sd_mm (NaN where no film's spacing is known)."""
    first = hips[hips["reader"] == FIRST]
    radius = float(first["least_squares_radius"].mean())
    in_mm = float((first["least_squares_radius"] * first["spacing_mm"]).mean())
    rows = [(name, sd, sd * radius, sd * in_mm) for name, sd in deviations.items()]
    return pd.DataFrame(rows, columns=["point", "sd_radii", "sd_pixels", "sd_mm"])
