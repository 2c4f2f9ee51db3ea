"""What splitting by slice adds to the accuracy, and how well each map points at the tumour; both over patients."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.evaluation.predictions import (
    ModelPredictions,
    mean_over_repeats,
    patients_of,
    read_predictions,
)
from scripts.seeds import generator
from scripts.statistics.clustered_bootstrap import (
    patient_codes,
    patient_draws,
    percentile_limits,
    replicates,
    share_limits,
)
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

SCHEMES = ("patient", "slice")
GAP = (
    "model",
    *(f"{name}_{scheme}" for scheme in SCHEMES for name in ("accuracy", "lower", "upper", "n")),
    "gap",
    "gap_lower",
    "gap_upper",
)
POINTS = ("hit", "inside")


def share(weights: NDArray, right: NDArray) -> NDArray:
    """(b,) weighted share of right cases in each resample; NaN without a case.

    Parameters
    ----------
    weights : (b, n). right : (n,) 0 and 1, or shares.
    """
    total = weights.sum(axis=1)
    return np.divide(weights @ right, total, out=np.full(len(weights), np.nan), where=total > 0)


def rights(model: ModelPredictions) -> tuple[NDArray, NDArray]:
    """(n,) whether each test slice was called right, as the joint vote of the repeats, and its patient."""
    vote = mean_over_repeats(model)
    return (vote.called == vote.truth).astype(float), vote.patients


def gap_row(
    by_patient: ModelPredictions, by_slice: ModelPredictions, known: pd.Index, draws: NDArray
) -> dict[str, float | str]:
    """Accuracy of one model under both splits, and the difference: GAP.

    The same resamples of patients are used for both, so that where both test the same slices the difference is paired.
    """
    row: dict[str, float | str] = {"model": by_patient.model}
    drawn = {}
    for scheme, model in zip(SCHEMES, (by_patient, by_slice), strict=True):
        right, patients = rights(model)
        drawn[scheme] = replicates(
            partial(share, right=right), patient_codes(pd.Series(patients), known), draws
        )
        estimate = float(right.mean())
        lower, upper, _ = share_limits(drawn[scheme], estimate, len(set(patients)))
        row |= {
            f"accuracy_{scheme}": estimate,
            f"lower_{scheme}": lower,
            f"upper_{scheme}": upper,
            f"n_{scheme}": len(right),
        }
    lower, upper = percentile_limits(drawn["slice"] - drawn["patient"])
    gap = float(row["accuracy_slice"]) - float(row["accuracy_patient"])
    return row | {"gap": gap, "gap_lower": float(lower), "gap_upper": float(upper)}


def gap_table(
    by_patient: Sequence[ModelPredictions],
    by_slice: Sequence[ModelPredictions],
    n_bootstrap: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """A row a model: GAP."""
    known = patients_of([*by_patient, *by_slice])
    draws = patient_draws(len(known), n_bootstrap, random)
    sliced = {model.model: model for model in by_slice}
    rows = [gap_row(model, sliced[model.model], known, draws) for model in by_patient]
    return pd.DataFrame(rows, columns=list(GAP))


def saliency_table(pointing: pd.DataFrame, n_bootstrap: int, random: np.random.Generator) -> pd.DataFrame:
    """How well the maps of each model and method point at the tumour, with intervals over patients.

    Parameters
    ----------
    pointing : a row a map: model, method, patient, hit, inside, by_chance (hits of a point anywhere in the head),
        centre (whether the picture's middle hits).

    Returns
    -------
    model, method, n, n_patients; hit and inside with lower and upper limits; by_chance, centre: means over the slices.
    A map without a greatest value (NaN) counts as a miss.
    """
    patients = pd.Index(sorted(pointing["patient"].unique()))
    draws = patient_draws(len(patients), n_bootstrap, random)
    rows = []
    for (model, method), maps in pointing.groupby(["model", "method"], sort=False):
        codes = patient_codes(maps["patient"], patients)
        row = {"model": model, "method": method, "n": len(maps), "n_patients": maps["patient"].nunique()}
        for measure in POINTS:
            values = maps[measure].fillna(0.0).to_numpy(float)
            estimate = float(values.mean())
            found = replicates(partial(share, right=values), codes, draws)
            lower, upper, _ = share_limits(found, estimate, row["n_patients"])
            row |= {measure: estimate, f"{measure}_lower": lower, f"{measure}_upper": upper}
        rows.append(row | {name: float(maps[name].mean()) for name in ("by_chance", "centre")})
    return pd.DataFrame(rows)


def main(job: Job) -> None:
    """Rule measure_gap_brain_tumor_types; settings: evaluation.n_bootstrap, seed."""
    n_bootstrap = job.settings["evaluation"]["n_bootstrap"]
    by_patient, by_slice = (read_predictions(job.input[f"by_{scheme}"]) for scheme in SCHEMES)
    gap = gap_table(by_patient, by_slice, n_bootstrap, generator(job.seed, "brain_tumor_types", "gap"))
    random = generator(job.seed, "brain_tumor_types", "saliency")
    write_both(gap, job.output.gap)
    write_both(saliency_table(read_table(job.input.pointing), n_bootstrap, random), job.output.saliency)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
