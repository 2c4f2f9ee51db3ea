"""Covariates of a nomogram by their names in the bundle: how a rad-score and a TNM stage enter a Cox model."""

from __future__ import annotations

import numpy as np
import pandas as pd

STAGES = (1, 2, 3, 4)


def covariate_names(settings: dict[str, str]) -> list[str]:
    """Names for the settings rad_score ('continuous', 'group') and tnm_stage ('ordinal', 'categorical').

    `rad_score` is the score, `high_risk` 1 above the cut-off and 0 below; `tnm_stage` is 1 to 4,
    `tnm_stage_2`, `_3` and `_4` are indicators against stage I.
    """
    radiomics = ["rad_score"] if settings["rad_score"] == "continuous" else ["high_risk"]
    ordinal = settings["tnm_stage"] == "ordinal"
    return radiomics + (["tnm_stage"] if ordinal else [f"tnm_stage_{level}" for level in STAGES[1:]])


def covariate_values(
    names: list[str], rad_score: np.ndarray, risk_group: np.ndarray, tnm_stage: np.ndarray | None
) -> pd.DataFrame:
    """(n, len(names)) values; missing where the stage is missing.

    Parameters
    ----------
    rad_score : (n,) score. risk_group : (n,) 'low' or 'high'. tnm_stage : (n,) 1-4, NaN where unknown.
    """
    columns = {}
    for name in names:
        if name == "rad_score":
            columns[name] = np.asarray(rad_score, dtype=float)
        elif name == "high_risk":
            columns[name] = (np.asarray(risk_group) == "high").astype(float)
        else:
            stage = pd.to_numeric(pd.Series(tnm_stage), errors="raise").to_numpy(dtype=float, na_value=np.nan)
            if name != "tnm_stage":
                level = int(name.rsplit("_", 1)[1])
                stage = np.where(np.isnan(stage), np.nan, (stage == level).astype(float))
            columns[name] = stage
    return pd.DataFrame(columns)
