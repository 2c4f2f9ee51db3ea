"""The two criteria beside each other, measured with intervals over patients; what the signs and the circle change.

Both hips of a patient are alike, so intervals resample patients, each with both hips.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.papers.hip_dysplasia.criterion import AS_PRINTED, SIGNED, fit_criterion, judge, sample_values
from scripts.papers.hip_dysplasia.names import (
    ABNORMAL,
    ANGLES,
    BORDERLINE,
    DYSPLASIA,
    INSIDE,
    KNOWLEDGE,
    NORMAL,
    VERDICTS,
)
from scripts.seeds import generator
from scripts.statistics.clustered_bootstrap import (
    patient_codes,
    patient_resamples,
    percentile_limits,
    replicates,
    share_limits,
)
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

IN_SAMPLE, LEFT_OUT = "in_sample", "left_out"
Share = tuple[NDArray, NDArray]  # which hips count as yes, and among which


def shares_of(verdicts: pd.DataFrame) -> dict[str, Share]:
    """Name -> (yes, among) of what is reported of a set of verdicts; `knowledge`, `verdict`, `outside_plane`, `ce`."""
    outside = (verdicts["verdict"] != INSIDE).to_numpy()
    plane = verdicts["outside_plane"].to_numpy(bool)
    of_class = {name: (verdicts["knowledge"] == name).to_numpy() for name in KNOWLEDGE}
    known, everybody = verdicts["knowledge"].notna().to_numpy(), np.ones(len(verdicts), bool)
    dysplasia = (verdicts["verdict"] == DYSPLASIA).to_numpy()
    return {
        "outside": (outside, everybody),
        "dysplasia": (dysplasia, everybody),
        "abnormal_outside": (outside, of_class[ABNORMAL]),
        "borderline_outside": (outside, of_class[BORDERLINE]),
        "normal_inside": (~outside, of_class[NORMAL]),
        "outside_not_abnormal": (~of_class[ABNORMAL], outside & known),
        "same_call": (outside == of_class[ABNORMAL], known),
        "plane_outside": (plane, everybody),
        "plane_same_call": (plane == of_class[ABNORMAL], known),
        "abnormal_tonnis_high": (verdicts["tonnis_high"].to_numpy(bool), of_class[ABNORMAL]),
    }


def kappa(weights: NDArray, a: NDArray, b: NDArray) -> NDArray:
    """Cohen's kappa of two yes/no calls in each resample; weights (b, n), calls (n,). NaN where chance alone
    agrees wholly.
    """
    total = weights.sum(axis=1)
    agreed = (weights * (a == b)).sum(axis=1) / total
    yes_a, yes_b = (weights * a).sum(axis=1) / total, (weights * b).sum(axis=1) / total
    chance = yes_a * yes_b + (1 - yes_a) * (1 - yes_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan)


def share(weights: NDArray, yes: NDArray, among: NDArray) -> NDArray:
    """Share of yes among some in each resample; NaN where nobody is there."""
    n = (weights * among).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, (weights * (yes & among)).sum(axis=1) / n, np.nan)


def measure(verdicts: pd.DataFrame, judged: str, n_bootstrap: int, seed: int) -> pd.DataFrame:
    """A row a measure: judged, measure, yes, n (hips), estimate, lower, upper (BCa over patients; exact where
    all are alike).

    Parameters
    ----------
    verdicts : a row a hip. judged : `in_sample` or `left_out`, for the column. The resamples depend on the seed alone.
    """
    patients = pd.Index(verdicts["patient"].unique())
    random = generator(seed, "hip_dysplasia", "evaluate_criterion")
    draws = patient_resamples(len(patients), n_bootstrap, random)
    codes = patient_codes(verdicts["patient"], patients)
    rows = []
    for name, (yes, among) in shares_of(verdicts).items():
        n, hits = int(among.sum()), int((yes & among).sum())
        estimate = hits / n if n else float("nan")
        lower = upper = float("nan")
        if n:
            values = replicates(lambda w, y=yes, a=among: share(w, y, a), codes, draws.weights)
            holders = int(verdicts.loc[among, "patient"].nunique())
            lower, upper, _ = share_limits(values, estimate, holders, n_bootstrap=draws.n_bootstrap)
        rows.append((judged, name, hits, n, estimate, lower, upper))
    known = verdicts["knowledge"].notna().to_numpy()
    calls = {
        "kappa": (verdicts["verdict"] != INSIDE).to_numpy(),
        "plane_kappa": verdicts["outside_plane"].to_numpy(bool),
    }
    abnormal = (verdicts["knowledge"] == ABNORMAL).to_numpy()
    for name, call in calls.items():
        everybody = np.ones((1, len(verdicts))) * known
        estimate = float(kappa(everybody, call, abnormal)[0]) if known.any() else float("nan")
        lower = upper = float("nan")
        if estimate == estimate:
            values = replicates(lambda w, c=call: kappa(w * known, c, abnormal), codes, draws.weights)
            lower, upper = (float(v[0]) for v in percentile_limits(values[: draws.n_bootstrap, None]))
        rows.append((judged, name, int(known.sum()), int(known.sum()), estimate, lower, upper))
    return pd.DataFrame(rows, columns=["judged", "measure", "yes", "n", "estimate", "lower", "upper"])


def cross_table(verdicts: pd.DataFrame) -> pd.DataFrame:
    """knowledge, verdict, n: hips of each class by CE and verdict by the ellipsoid, zeros too."""
    rows = [
        (name, verdict, int(((verdicts["knowledge"] == name) & (verdicts["verdict"] == verdict)).sum()))
        for name in KNOWLEDGE
        for verdict in VERDICTS
    ]
    return pd.DataFrame(rows, columns=["knowledge", "verdict", "n"])


def signs_table(samples: pd.DataFrame, settings: dict[str, Any]) -> pd.DataFrame:
    """What the arc cosines of equations 1 and 3 lose, a row a quantity: quantity, n, of.

    Hips with a negative CE or Tönnis angle; of them those that the limit on CE calls otherwise without the
    sign; hips whose verdict differs where clustering and criterion take the angles as printed.
    """
    limit = settings["knowledge"]["dysplasia_below"]
    n = len(samples)
    judged = {}
    for signs in (SIGNED, AS_PRINTED):
        values = sample_values(samples, signs)
        _, region = fit_criterion(values, settings["clustering"])
        judged[signs] = judge(values, region, settings["criterion"]["level"])["verdict"].to_numpy()
    negative = {angle: (samples[angle] < 0).to_numpy() for angle in ANGLES}
    moved = negative["ce"] & (samples["ce_as_printed"] >= limit).to_numpy()
    rows = [
        ("negative_ce", int(negative["ce"].sum()), n),
        ("negative_tonnis", int(negative["tonnis"].sum()), n),
        ("negative_ce_called_otherwise", int(moved.sum()), int(negative["ce"].sum())),
        ("verdict_differs", int((judged[SIGNED] != judged[AS_PRINTED]).sum()), n),
    ]
    return pd.DataFrame(rows, columns=["quantity", "n", "of"])


def circle_table(samples: pd.DataFrame) -> pd.DataFrame:
    """The three-point circle against the least-squares one, a row a quantity: quantity, median, p95, largest.

    centre (distance of the centres, in radii), radius (difference of the radii, in radii), ce (difference of
    the CE angles, degrees), all as magnitudes.
    """
    r = samples["least_squares_radius"]
    apart = np.hypot(
        samples["three_point_x"] - samples["least_squares_x"],
        samples["three_point_y"] - samples["least_squares_y"],
    )
    values = {
        "centre": apart / r,
        "radius": (samples["three_point_radius"] - r).abs() / r,
        "ce": (samples["ce"] - samples["ce_least_squares"]).abs(),
    }
    rows = [(name, v.median(), v.quantile(0.95), v.max()) for name, v in values.items()]
    return pd.DataFrame(rows, columns=["quantity", "median", "p95", "largest"])


def main(job: Job) -> None:
    """Rule evaluate_criterion; settings: knowledge, clustering, criterion, evaluation."""
    samples, verdicts = read_table(job.input.samples), read_table(job.input.verdicts)
    left_out = read_table(job.input.cross_validated)
    said = verdicts[["patient", "side", "ce", "knowledge", "tonnis_high"]]
    left_out = said.merge(left_out, on=["patient", "side"], validate="one_to_one")
    n_bootstrap = job.settings["evaluation"]["n_bootstrap"]
    parts = [
        measure(table, judged, n_bootstrap, job.seed)
        for judged, table in ((IN_SAMPLE, verdicts), (LEFT_OUT, left_out))
    ]
    write_both(pd.concat(parts, ignore_index=True), job.output.agreement_of_criteria)
    crossed = [cross_table(t).assign(judged=j) for j, t in ((IN_SAMPLE, verdicts), (LEFT_OUT, left_out))]
    write_both(pd.concat(crossed, ignore_index=True), job.output.cross_table)
    write_both(signs_table(samples, job.settings), job.output.signs)
    write_both(circle_table(samples), job.output.circles)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
