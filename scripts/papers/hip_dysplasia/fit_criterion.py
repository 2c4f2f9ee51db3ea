"""Cluster the hips of the cohort, take the densest cluster for normal, freeze its normal distribution."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.clustering.density_descending import DensityClusters
from scripts.model.gaussian_bundle import build_gaussian_bundle, write_gaussian_bundle
from scripts.papers.hip_dysplasia.criterion import OUTWARD, fit_criterion, sample_values
from scripts.papers.hip_dysplasia.names import ANGLES
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job
from scripts.workflow.provenance import table_digest


def cluster_table(samples: pd.DataFrame, clusters: DensityClusters) -> pd.DataFrame:
    """patient, side, the angles, cluster (0: the densest), density, separation (degrees), rank (0: the
    densest), is_peak.
    """
    rank = pd.Series(range(len(samples)), index=clusters.order).sort_index()
    return samples[["patient", "side", *ANGLES]].assign(
        cluster=clusters.labels,
        density=clusters.density,
        separation=clusters.separation,
        rank=rank.to_numpy(),
        is_peak=samples.index.isin(clusters.peaks),
    )


def main(job: Job) -> None:
    """Rule fit_criterion; settings: measurement, clustering, criterion, simulated."""
    samples = read_table(job.input.samples)
    error = read_table(job.input.landmark_error)
    settings = job.settings
    values = sample_values(samples, settings["measurement"]["signs"])
    clusters, region = fit_criterion(values, settings["clustering"])
    simulated = settings["simulated"]
    bundle = build_gaussian_bundle(
        "hip_dysplasia",
        region,
        ANGLES,
        "degrees",
        settings["criterion"]["level"],
        OUTWARD,
        {
            "n_patients": int(samples["patient"].nunique()),
            "n_samples": len(samples),
            "n_normal": region.n,
            "training_digest": table_digest(samples[["patient", "side", *ANGLES]]),
            "code": job.code,
            "seed": job.seed,
            "settings": settings["clustering"],
        },
        settings["measurement"],
        dict(zip(error["point"], error["sd_radii"], strict=True)),
        "simulated" if simulated else "fitted",
        "Fitted on simulated patients: for trying the software, not for people."
        if simulated
        else "Fitted on the hips of this run's cohort.",
    )
    write_gaussian_bundle(bundle, job.output.model)
    write_both(cluster_table(samples, clusters), job.output.clusters)
    facts = {"cutoff": clusters.cutoff, "reach": clusters.reach, "n_clusters": int(clusters.labels.max()) + 1}
    write_both(
        pd.DataFrame([{**facts, "n_samples": len(samples), "n_normal": region.n}]), job.output.clustering
    )


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
