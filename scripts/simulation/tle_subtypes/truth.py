"""The truth behind a simulated cohort, written down."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from scripts.simulation.tle_subtypes.helmet import SLOW_REGIONS, of_regions
from scripts.simulation.tle_subtypes.identifiers import N_RECORDINGS, SENSORS
from scripts.simulation.tle_subtypes.patients import TOO_FAR_MM, SubtypeModel


def describe_truth(latents: pd.DataFrame, model: SubtypeModel) -> dict[str, Any]:
    """Everything planted, ready for JSON.

    Parameters
    ----------
    latents : patient, subtype, slow_z, movement_<k>.

    Returns
    -------
    dict with
        model : separation, log_sd, own_log_sd. bayes : accuracy and auc of the best threshold in the population.
        sample : n, n_cps, and the accuracy of that threshold on these patients.
        slow_sensors : names of the sensors with the slow activity that tells the subtypes apart.
        recordings : how many, and how many of them with a head movement above the limit.
    """
    right = (latents["slow_z"] > 0) == (latents["subtype"] == "cps")
    movement = latents[[f"movement_{k}" for k in range(1, N_RECORDINGS + 1)]].to_numpy()
    slow = of_regions(SLOW_REGIONS)
    return {
        "model": asdict(model),
        "bayes": model.bayes,
        "sample": {
            "n": len(latents),
            "n_cps": int((latents["subtype"] == "cps").sum()),
            "accuracy": float(right.mean()),
        },
        "slow_sensors": [name for name, is_slow in zip(SENSORS, slow, strict=True) if is_slow],
        "recordings": {"n": int(movement.size), "moved": int(np.sum(movement >= TOO_FAR_MM[0]))},
    }
