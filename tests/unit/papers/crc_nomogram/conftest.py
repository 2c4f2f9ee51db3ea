import numpy as np
import pandas as pd
import pytest

from scripts.radiomics.features import FEATURE_NAMES
from scripts.seeds import generator
from scripts.workflow.papers import pick, resolve_parameters


@pytest.fixture(scope="session")
def study():
    """(features, clinical) of 160 + 90 patients without images; three features and the stage carry the hazard."""
    rng = generator(11, "paper tests")
    n = 250
    patients = [f"T-{i:03d}" for i in range(n)]
    values = rng.normal(size=(n, len(FEATURE_NAMES))) + 5
    stage = rng.integers(1, 5, n).astype(float)
    risk = 0.8 * (values[:, 3] - values[:, 20]) + 0.5 * (values[:, 60] - 5) + 0.7 * (stage - 2.5)
    time = rng.exponential(90 * np.exp(-risk))
    follow_up = rng.uniform(62, 110, n)
    features = pd.DataFrame(values, columns=list(FEATURE_NAMES))
    features.insert(0, "patient", patients)
    clinical = pd.DataFrame(
        {
            "patient": patients,
            "cohort": ["primary"] * 160 + ["validation"] * 90,
            "dfs_months": np.round(np.minimum(time, follow_up) + 0.1, 1),
            "recurrence": (time <= follow_up).astype(float),
            "tnm_stage": stage,
            "sex": rng.choice(["F", "M"], n),
            "age": rng.integers(40, 85, n).astype(float),
            "differentiation": rng.choice(["high", "moderate", "low"], n),
            "cea": rng.choice(["low", "high"], n),
            "lymph_node": np.where(stage > 2, "yes", "no"),
        }
    )
    clinical.loc[[5, 200], ["dfs_months", "recurrence"]] = np.nan
    clinical.loc[210, "tnm_stage"] = np.nan
    clinical.loc[[8, 9], "differentiation"] = None
    return features, clinical


@pytest.fixture(scope="session")
def settings():
    """The simulated run's parameters, as the steps get them."""
    return pick(
        resolve_parameters("crc_nomogram", simulated=True), "signature", "nomogram", "tables", "evaluation"
    )
