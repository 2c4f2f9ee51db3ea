"""The null cohort: responses shuffled among the development set's patients, so that there is nothing to find.

With the selection inside the outer folds the mean area is 0.5; with the selection before all folds it is not, and what
it is above 0.5 is what the leaky order invents.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from scripts.classification.inclusion import SvmSettings
from scripts.papers.nact_response.feature_sets import columns_of
from scripts.papers.nact_response.fit_models import areas_in_order, read_patients, read_settings
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.tables import write_both
from scripts.workflow.job import Job

ORDERS = ("honest", "leaky")


def shuffled_areas(
    permutation: int, x: np.ndarray, y: np.ndarray, settings: SvmSettings, always: np.ndarray, seed: int
) -> list[dict[str, float | int | str]]:
    """Rows order, permutation, auc of one shuffling of the responses `y` among the cases of `x`."""
    shuffled = generator(seed, "test_null", permutation).permutation(y)
    rows = []
    for order in ORDERS:
        stream = generator(seed, "test_null", permutation, order)
        areas = areas_in_order(order, x, shuffled, settings, always, stream)
        rows.append({"order": order, "permutation": permutation, "auc": areas.interval()[0]})
    return rows


def null_summary(table: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Mean area over the shufflings with Student's interval: order, n_permutations, mean, lower, upper, and
    contains_half, whether 0.5 lies in the interval.
    """
    rows = []
    for order in ORDERS:
        areas = table.loc[table["order"] == order, "auc"].to_numpy()
        n = len(areas)
        half = stdtrit(n - 1, (1 + level) / 2) * areas.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
        mean = areas.mean()
        rows.append(
            {"order": order, "n_permutations": n, "mean": mean, "lower": mean - half, "upper": mean + half,
             "contains_half": bool(mean - half <= 0.5 <= mean + half)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def main(job: Job) -> None:
    """Rule test_null."""
    development = read_patients(job).known("development")
    settings, subtype = read_settings(job.settings)
    null = job.settings["null"]
    names, always = columns_of(null["model"], development.values, subtype)
    work = partial(
        shuffled_areas,
        x=development.values[names].to_numpy(dtype=float),
        y=development.response,
        settings=settings,
        always=always,
        seed=job.seed,
    )
    done = map_cases(work, list(range(1, null["n_permutations"] + 1)), job.threads)
    table = pd.DataFrame([row for rows in done for row in rows])
    table = table.sort_values(["order", "permutation"], ignore_index=True)
    write_both(table, job.output.null_cohort)
    write_both(null_summary(table), job.output.null_summary)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
