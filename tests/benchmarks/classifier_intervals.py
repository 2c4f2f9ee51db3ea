"""How often the intervals of classifiers hold the truth: python -m tests.benchmarks.classifier_intervals

Made-up classifiers of three classes (45, 30 and 25 % of the patients) whose measures in the whole population are known
from 60,000 patients. BCa limits, which the project uses, beside plain percentiles of the same resamples.
"""

import argparse

import numpy as np

from scripts.evaluation.performance import measure_names, measure_values
from scripts.statistics.clustered_bootstrap import (
    bca_limits,
    patient_resamples,
    percentile_limits,
    replicates,
)

POPULATION, N_BOOTSTRAP, BINS = 60_000, 400, 10
# Patients, most cases of one, how well the classifier tells them apart, how alike a patient's cases are
DESIGNS = ((60, 1, 2.0, 0.0), (60, 12, 2.0, 1.0), (200, 12, 3.0, 1.0))
SHOWN = (
    ("accuracy", "all"), ("auc_hand_till", "all"), ("brier", "all"), ("sensitivity", "macro"), ("f1", "macro"),
    ("auc", "macro"), ("sensitivity", "c"), ("specificity", "c"), ("precision", "c"), ("f1", "c"), ("auc", "c"),
)  # fmt: skip


def draw_cases(
    random: np.random.Generator, n_patients: int, most: int, skill: float, alike: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patient, class and probabilities (n, 3) of each case."""
    patients = np.repeat(np.arange(n_patients), random.integers(1, most + 1, n_patients))
    truth = random.choice(3, n_patients, p=[0.45, 0.3, 0.25])[patients]
    logits = skill * np.eye(3)[truth] + alike * random.normal(size=(n_patients, 3))[patients]
    weights = np.exp(logits + random.normal(size=logits.shape))
    return patients, truth, weights / weights.sum(axis=1, keepdims=True)


def coverage(design: tuple[int, int, float, float], n_cohorts: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Share of cohorts whose interval holds the population's value of each measure, by kind of limits."""
    random = np.random.default_rng(seed)
    _, truth, p = draw_cases(random, POPULATION, *design[1:])
    population = measure_values(truth, p, np.ones((1, len(truth))), BINS)[0]
    held = {kind: np.zeros(len(population)) for kind in ("BCa", "percentile")}
    for _ in range(n_cohorts):
        patients, truth, p = draw_cases(random, *design)

        def statistic(weights: np.ndarray, truth: np.ndarray = truth, p: np.ndarray = p) -> np.ndarray:
            return measure_values(truth, p, weights, BINS)

        values = replicates(statistic, patients, patient_resamples(design[0], N_BOOTSTRAP, random).weights)
        estimate = statistic(np.ones((1, len(truth))))[0]
        for kind, (lower, upper) in {
            "BCa": bca_limits(values, estimate, N_BOOTSTRAP),
            "percentile": percentile_limits(values[:N_BOOTSTRAP]),
        }.items():
            held[kind] += (lower <= population) & (population <= upper)
    return {kind: counts / n_cohorts for kind, counts in held.items()}


def main() -> None:
    """Print a table for each design."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cohorts", type=int, default=250)
    n_cohorts = arguments.parse_args().cohorts
    names = measure_names("abc")
    for design in DESIGNS:
        found = coverage(design, n_cohorts)
        print(
            f"\n{design[0]} patients of up to {design[1]} cases, {n_cohorts} cohorts: share that hold the truth"
        )
        for key in SHOWN:
            values = [found[kind][names.index(key)] for kind in found]
            print(f"  {' '.join(key):22}" + "".join(f"{value:8.3f}" for value in values))
        means = [np.mean([found[kind][names.index(key)] for key in SHOWN]) for kind in found]
        print(f"  {'mean':22}" + "".join(f"{value:8.3f}" for value in means) + f"   ({', '.join(found)})")


if __name__ == "__main__":
    main()
