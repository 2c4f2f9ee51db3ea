"""How much of the planted truth of a simulated cohort the run found again.

The truth is what `scripts.simulation.tle_subtypes` wrote down when it drew the patients: one number a patient, the
logarithm of the slow amplitude over frontal and parietal sensors, whose means are apart in the two subtypes. No
classifier of other patients can be right more often, in the long run, than the best threshold on that number (Bayes).
A quantity is `ok` where it keeps its `rule`. The rules were laid down before the first whole run, but for the one that
says so; how strong the planted difference is had been chosen in trial runs before that.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from scripts.papers.tle_subtypes.features import band_powers
from scripts.papers.tle_subtypes.names import (
    BEST_MODEL,
    BY_EPOCH,
    BY_PATIENT,
    LEFT_OUT,
    MODEL_LABELS,
    SCHEME_LABELS,
    SCHEMES,
)
from scripts.preprocess.helmet import sensor_map
from scripts.statistics.roc import area
from scripts.tables import read_json, read_table, write_both
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

COLUMNS = ("group", "quantity", "planted", "found", "lower", "upper", "ok", "rule")
NAN = float("nan")
SIGNALS, PATIENTS, EPOCHS, SHUFFLED, LOCATIONS = (
    "Recordings",
    "Accuracy by patient",
    "Accuracy by epoch",
    "Shuffled subtypes",
    "Locations",
)
SLOW_HZ = (2.0, 5.0)
LEAST_CORRELATION = 0.8
LEAKY_MODEL = "forest_bands"
NEAR_CHANCE, LEAST_OF_LEAK = 0.15, 0.8
LEAST_AREA = 0.8
ADDED = "; added after the first whole run"


def recovery_row(
    group: str, quantity: str, planted: float, found: Sequence[float], ok: bool, rule: str
) -> dict[str, Any]:
    """One line with the names COLUMNS; found : estimate, and lower and upper limit where there are any."""
    estimate, lower, upper = (*found, NAN, NAN)[:3]
    values = (group, quantity, float(planted), float(estimate), float(lower), float(upper), bool(ok), rule)
    return dict(zip(COLUMNS, values, strict=True))


def slow_power(source: SampleSource, rate_hz: float, slow: np.ndarray) -> pd.Series:
    """patient -> mean log power from 2 to 4 Hz over its epochs, of the sensors `slow` less the others.

    Parameters
    ----------
    slow : (sensors,) whether a sensor has the planted slow activity.
    """
    table = source.table
    values = []
    for sample in table["sample"]:
        power = band_powers(source.read(sample)[0], rate_hz, [SLOW_HZ])
        values.append(power[slow].mean() - power[~slow].mean())
    return pd.Series(values, index=table["patient"].astype(str)).groupby(level=0).mean()


def correlation_interval(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Pearson's correlation with Fisher's 95% interval."""
    found = stats.pearsonr(a, b)
    interval = found.confidence_interval(0.95)
    return float(found.statistic), float(interval.low), float(interval.high)


def signal_rows(
    recordings: pd.DataFrame, power: pd.Series, latents: pd.DataFrame, truth: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Recordings left out for head movement, and the slow activity that the epochs show.

    Parameters
    ----------
    recordings : patient, moved. power : of `slow_power`. latents : patient, slow_z.
    """
    moved, planted = int(recordings["moved"].sum()), truth["recordings"]["moved"]
    z = latents.set_index("patient")["slow_z"]
    known = [patient for patient in power.index if patient in z.index]
    found = correlation_interval(power[known].to_numpy(), z[known].to_numpy())
    return [
        recovery_row(
            SIGNALS,
            LEFT_OUT,
            planted,
            [moved],
            moved == planted,
            "just those planted",
        ),
        recovery_row(
            SIGNALS,
            "Correlation of measured and planted slow activity",
            1.0,
            found,
            found[0] >= LEAST_CORRELATION,
            f"{LEAST_CORRELATION:g} or more",
        ),
    ]


def accuracy_rows(performance: Mapping[str, pd.DataFrame], bayes: float) -> list[dict[str, Any]]:
    """Every model by patient against Bayes, the paper's own against chance, and the leak of dividing epochs.

    Parameters
    ----------
    performance : split -> table of the evaluation. bayes : accuracy of the best threshold in the population.
    """
    found = {
        scheme: table[(table["measure"] == "accuracy") & (table["class"] == "all")].set_index("model")
        for scheme, table in performance.items()
    }
    rows = []
    for model, label in MODEL_LABELS.items():
        row = found[BY_PATIENT].loc[model]
        own = (row["estimate"], row["lower"], row["upper"])
        rule = "interval not above Bayes" + (", and above 0.5" if model == BEST_MODEL else "")
        ok = own[1] <= bayes and (model != BEST_MODEL or own[1] > 0.5)
        rows.append(recovery_row(PATIENTS, label, bayes, own, ok, rule))
    row = found[BY_EPOCH].loc[LEAKY_MODEL]
    own = (row["estimate"], row["lower"], row["upper"])
    rule = "interval above Bayes: what no classifier of other patients reaches, so the leak is found"
    rows.append(recovery_row(EPOCHS, MODEL_LABELS[LEAKY_MODEL], bayes, own, own[1] > bayes, rule))
    return rows


def shuffled_rows(shuffled: pd.DataFrame) -> list[dict[str, Any]]:
    """What a forest seems to learn of subtypes dealt out at random; limits are the least and the most of the
    shuffles."""
    rows = []
    for scheme in SCHEMES:
        own = shuffled.loc[shuffled["scheme"] == scheme, "accuracy"]
        mean = float(own.mean())
        honest = scheme == BY_PATIENT
        ok = abs(mean - 0.5) <= NEAR_CHANCE if honest else mean >= LEAST_OF_LEAK
        rule = f"within {NEAR_CHANCE:g} of 0.5" if honest else f"{LEAST_OF_LEAK:g} or more, which is all leak"
        found = (mean, float(own.min()), float(own.max()))
        rows.append(recovery_row(SHUFFLED, SCHEME_LABELS[scheme], 0.5, found, ok, rule))
    return rows


def location_rows(locations: pd.DataFrame, slow_sensors: Sequence[str]) -> list[dict[str, Any]]:
    """How well attention and silencing rank the planted sensors before the others (area, of the means over folds)."""
    means = locations.groupby("sensor", sort=True)[["attention", "loss", "moved"]].mean()
    planted = means.index.isin(slow_sensors).astype(int)
    rows = []
    for column, label, added in (
        ("loss", "Planted sensors by what is lost without them", ""),
        ("attention", "Planted sensors by the attention they receive", ""),
        ("moved", "Planted sensors by how far the log-odds move without them", ADDED),
    ):
        values = means[column].to_numpy()
        known = np.isfinite(values).all() and 0 < planted.sum() < len(planted)
        found = area(planted, values) if known else NAN
        ok = known and found >= LEAST_AREA
        rows.append(
            recovery_row(LOCATIONS, f"{label}, area", 1.0, [found], ok, f"{LEAST_AREA:g} or more{added}")
        )
    return rows


def main(job: Job) -> None:
    """Rule assess_recovery."""
    truth = read_json(job.input.truth)
    source = SampleSource(job.input.samples, job.input.table)
    names = sensor_map([read_table(path) for path in job.input.sensors])["sensor"]
    slow = names.isin(truth["slow_sensors"]).to_numpy()
    power = slow_power(source, job.settings["signal"]["resample_hz"], slow)
    performance = {scheme: read_table(job.input[f"performance_{scheme}"]) for scheme in SCHEMES}
    rows = [
        *signal_rows(read_table(job.input.recordings), power, read_table(job.input.latents), truth),
        *accuracy_rows(performance, truth["bayes"]["accuracy"]),
        *shuffled_rows(read_table(job.input.shuffled)),
        *location_rows(read_table(job.input.locations), truth["slow_sensors"]),
    ]
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
