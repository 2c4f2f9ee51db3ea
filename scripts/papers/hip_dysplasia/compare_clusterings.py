"""The density-descending clusters against scikit-learn's own clusterings of the same hips.

Of every method the cluster that holds the densest hip is taken for normal, a normal distribution is fitted to
it, and hips are judged by it in the same way; so what differs is the clustering alone. `minimum_covariance`
clusters nothing: a robust mean and covariance of all hips (Rousseeuw). Settings are the libraries' own, or
follow from the same cut-off distance; none is tuned to a result.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering, KMeans, MeanShift
from sklearn.covariance import MinCovDet
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from scripts.clustering.density_descending import DensityClusters
from scripts.clustering.gaussian_region import GaussianRegion, fit_region
from scripts.errors import InputError
from scripts.papers.hip_dysplasia.criterion import fit_criterion, judge, sample_values
from scripts.papers.hip_dysplasia.names import ABNORMAL, INSIDE
from scripts.seeds import generator
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

OWN = "density_descending"
ROBUST = "minimum_covariance"
METHODS = {
    OWN: "Density-descending clusters (the paper's)",
    "gaussian_mixture": "Gaussian mixture, components by BIC",
    "k_means": "k-means, two clusters",
    "dbscan": "DBSCAN, reach as found here",
    "hdbscan": "HDBSCAN",
    "mean_shift": "Mean shift",
    "single_linkage": "Single linkage, cut at the reach",
    ROBUST: "Minimum covariance determinant, no clusters",
    "everybody": "All hips in one cluster",
}


def labels_of(
    method: str, values: NDArray, own: DensityClusters, settings: Mapping[str, Any], seed: int
) -> NDArray:
    """(n,) cluster of each hip by a method of METHODS other than ROBUST; -1 for a hip that it calls noise."""
    if method == OWN:
        return own.labels
    if method == "gaussian_mixture":
        fits = [
            GaussianMixture(k, n_init=3, random_state=seed).fit(values)
            for k in range(1, settings["most_components"] + 1)
        ]
        return min(fits, key=lambda fit: fit.bic(values)).predict(values)
    if method == "k_means":
        return KMeans(2, n_init=10, random_state=seed).fit_predict(values)
    if method == "dbscan":
        return DBSCAN(eps=own.reach, min_samples=settings["fewest_neighbours"]).fit_predict(values)
    if method == "hdbscan":
        return HDBSCAN(min_cluster_size=settings["fewest_in_cluster"], copy=True).fit_predict(values)
    if method == "mean_shift":
        return MeanShift().fit_predict(values)
    if method == "single_linkage":
        cut = AgglomerativeClustering(None, linkage="single", distance_threshold=own.reach)
        return cut.fit_predict(values)
    return np.zeros(len(values), int)


def normal_region(labels: NDArray, values: NDArray, densest: int) -> tuple[GaussianRegion, NDArray]:
    """The normal distribution of the cluster that holds the densest hip, and (n,) who is in it.

    Where the method calls that hip noise, the largest cluster is taken.
    """
    known = labels[labels >= 0]
    label = labels[densest] if labels[densest] >= 0 else np.bincount(known).argmax() if len(known) else -1
    inside = labels == label
    return fit_region(values[inside]), inside


def compare(
    samples: pd.DataFrame,
    verdicts: pd.DataFrame,
    settings: Mapping[str, Any],
    seed: int,
    truth: NDArray | None = None,
) -> pd.DataFrame:
    """A row a method.

    Parameters
    ----------
    samples, verdicts : the hips, and what the frozen criterion says of them (knowledge), in one order.
    settings : measurement.signs, clustering, criterion.level, rivals. truth : (n,) planted class of each hip,
        where it is known.

    Returns
    -------
    DataFrame: method, n_clusters, n_normal (hips in the normal cluster), n_noise; adjusted_rand (agreement
    with the paper's
        clusters); outside (share of hips outside its region); abnormal_outside, others_inside: shares of the
        hips with CE below the lower limit that lie outside, and of the others that lie inside; with a truth
        adjusted_rand_truth, normal_inside and unusual_outside, shares of the planted normal hips inside, and
        of the others outside; `cause` where a method gives no region.
    """
    values = sample_values(samples, settings["measurement"]["signs"])
    own, _ = fit_criterion(values, settings["clustering"])
    level, rows = settings["criterion"]["level"], []
    draw = int(generator(seed, "hip_dysplasia", "compare_clusterings").integers(2**31))
    abnormal = (verdicts["knowledge"] == ABNORMAL).to_numpy()
    for method in METHODS:
        row: dict[str, Any] = {"method": method, "cause": ""}
        try:
            if method == ROBUST:
                robust = MinCovDet(random_state=draw).fit(values)
                region = GaussianRegion(robust.location_, robust.covariance_, int(robust.support_.sum()))
                row |= {"n_clusters": 0, "n_normal": region.n, "n_noise": 0}
            else:
                labels = labels_of(method, values, own, settings["rivals"], draw)
                region, inside = normal_region(labels, values, int(own.order[0]))
                row |= {"n_clusters": len(set(labels[labels >= 0])), "n_normal": int(inside.sum())}
                row |= {"n_noise": int((labels < 0).sum())}
                row["adjusted_rand"] = float(adjusted_rand_score(own.labels, labels))
                if truth is not None:
                    row["adjusted_rand_truth"] = float(adjusted_rand_score(truth, labels))
        except InputError as error:
            rows.append(row | {"cause": str(error)})
            continue
        outside = (judge(values, region, level)["verdict"] != INSIDE).to_numpy()
        row |= {"outside": outside.mean(), "abnormal_outside": _share(outside, abnormal)}
        row |= {"others_inside": _share(~outside, ~abnormal)}
        if truth is not None:
            usual = truth == "normal"
            row |= {"normal_inside": _share(~outside, usual), "unusual_outside": _share(outside, ~usual)}
        rows.append(row)
    columns = [
        "method",
        "n_clusters",
        "n_normal",
        "n_noise",
        "adjusted_rand",
        "outside",
        "abnormal_outside",
        "others_inside",
    ]
    columns += ["adjusted_rand_truth", "normal_inside", "unusual_outside", "cause"]
    return pd.DataFrame(rows).reindex(columns=columns)


def _share(true: NDArray, among: NDArray) -> float:
    return float(true[among].mean()) if among.any() else float("nan")


def main(job: Job) -> None:
    """Rule compare_clusterings; input latents where the patients are simulated."""
    samples, verdicts = read_table(job.input.samples), read_table(job.input.verdicts)
    truth = None
    if "latents" in dict(job.input.items()):
        planted = samples[["patient", "side"]].merge(read_table(job.input.latents), on=["patient", "side"])
        truth = planted["hip_class"].to_numpy()
    write_both(compare(samples, verdicts, job.settings, job.seed, truth), job.output.clusterings)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
