"""Made-up cohorts of samples."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def cohort():
    """cohort(patients by label, most samples a patient, seed) -> sample, patient, label."""

    def make(patients: dict[str, int], most: int = 1, seed: int = 0) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        rows = []
        for label, n in patients.items():
            for p in range(n):
                patient = f"{label}{p:03d}"
                rows += [(f"{patient}_{s}", patient, label) for s in range(random.integers(1, most + 1))]
        return pd.DataFrame(rows, columns=["sample", "patient", "label"])

    return make


@pytest.fixture
def pairs():
    """pairs((a, b), ...) -> the table of near-identical samples."""

    def make(*of_samples: tuple[str, str]) -> pd.DataFrame:
        return pd.DataFrame(list(of_samples), columns=["sample_a", "sample_b"], dtype=object)

    return make
