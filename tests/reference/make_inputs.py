"""Write the tables under `inputs/` from which R makes the reference values.

Run from the project's root: `python tests/reference/make_inputs.py [FOLDER]`. The tables are made up; what
matters is what they hold: tied event times, events and censorings at the same time, an event at exactly 36
months and a censoring at exactly 60, features of very different scales, markers with and without ties.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20241105
N_FOLDS = 10
N_BOOTSTRAP = 40
SCALES = [1, 0.05, 20, 3, 1, 0.4, 100, 1, 8, 0.01, 1, 2, 0.7, 50, 1]


def features(generator: np.random.Generator, n: int, p: int, n_factors: int) -> tuple[np.ndarray, np.ndarray]:
    """`p` correlated standard-normal features that share `n_factors` latent factors; both are returned."""
    loadings = np.random.default_rng(SEED + p).normal(size=(n_factors, p))
    latent = generator.normal(size=(n, n_factors))
    x = latent @ loadings / np.sqrt(n_factors) + 0.7 * generator.normal(size=(n, p))
    return x, latent


def outcome(
    generator: np.random.Generator, linear_predictor: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Months (to 0.1, so some are tied) and event: Weibull of shape 0.9, censored from 20 to 95 months."""
    n = len(linear_predictor)
    waiting = generator.exponential(size=n) / (rate * np.exp(linear_predictor))
    recurrence = waiting ** (1 / 0.9)
    censoring = generator.uniform(20, 95, size=n)
    event = (recurrence <= censoring).astype(int)
    time = np.maximum(np.round(np.minimum(recurrence, censoring), 1), 0.2)
    return time, event


def clinical(generator: np.random.Generator, n: int) -> pd.DataFrame:
    """One made-up cohort with its outcome, clinical covariates, features f01 to f15 and two markers."""
    x, latent = features(generator, n, 15, 4)
    tnm = generator.choice([1, 2, 3, 4], size=n, p=[0.2, 0.3, 0.4, 0.1])
    age = np.round(generator.normal(62, 11, size=n)).astype(int)
    sex = generator.integers(0, 2, size=n)
    truth = 0.7 * latent[:, 0] - 0.4 * latent[:, 1] + 0.45 * (tnm - 2.5) + 0.01 * (age - 62)
    time, event = outcome(generator, truth, 0.0075)
    marker = np.round(0.6 * latent[:, 0] - 0.3 * latent[:, 1] + 0.5 * generator.normal(size=n), 6)
    events, censored = np.flatnonzero(event == 1), np.flatnonzero(event == 0)
    time[events[:2]] = [36.0, time[censored[0]]]
    time[censored[1:4]] = [60.0, time[events[2]], 36.0]
    time[events[5:7]] = time[events[4]]
    table = pd.DataFrame({"patient": [f"P{i + 1:03d}" for i in range(n)], "time": time, "event": event})
    for column in range(15):
        table[f"f{column + 1:02d}"] = [
            float(f"{v:.8g}") for v in 5 * SCALES[column] + SCALES[column] * x[:, column]
        ]
    table["tnm"], table["age"], table["sex"] = tnm, age, sex
    table["marker"], table["marker_coarse"] = marker, np.round(marker, 0)
    table["group"] = np.where(marker > 0.1, "high", "low")
    return table


def high_dimensional(generator: np.random.Generator, n: int, p: int) -> pd.DataFrame:
    """A table with nearly as many features (x01 ...) as patients."""
    x, latent = features(generator, n, p, 8)
    time, event = outcome(generator, latent[:, 0] - 0.6 * latent[:, 1] + 0.5 * x[:, 3], 0.008)
    table = pd.DataFrame(np.round(x, 6), columns=[f"x{i + 1:02d}" for i in range(p)])
    table.insert(0, "time", time)
    table.insert(1, "event", event)
    return table


def folds(generator: np.random.Generator, event: np.ndarray) -> pd.DataFrame:
    """Fold numbers 0 to 9, events and censored patients dealt out separately."""
    fold = np.empty(len(event), dtype=int)
    for status in (1, 0):
        members = generator.permutation(np.flatnonzero(event == status))
        fold[members] = np.arange(len(members)) % N_FOLDS
    return pd.DataFrame({"fold": fold})


def main(folder: Path) -> None:
    """Write every table into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(SEED)
    primary, validation = clinical(generator, 240), clinical(generator, 139)
    wide = high_dimensional(generator, 120, 85)
    primary.to_csv(folder / "primary.csv", index=False)
    validation.to_csv(folder / "validation.csv", index=False)
    wide.to_csv(folder / "wide.csv", index=False)
    folds(generator, primary["event"].to_numpy()).to_csv(folder / "folds_primary.csv", index=False)
    folds(generator, wide["event"].to_numpy()).to_csv(folder / "folds_wide.csv", index=False)
    resamples = generator.integers(0, len(primary), size=(N_BOOTSTRAP, len(primary)))
    np.savetxt(folder / "resamples_primary.csv", resamples, fmt="%d", delimiter=",")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "inputs")
