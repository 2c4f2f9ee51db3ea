"""All findings and volumes of a patient together: can any of it tell the groups apart? The study tests one at a
time.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.papers.covid_ct.comparisons import has_it
from scripts.papers.covid_ct.names import FINDINGS
from scripts.quantification.lung_regions import LOBES, LUNG

POSITIVE = "COVID-19 rather than another viral pneumonia"


def candidate_features(n_windows: int) -> list[dict[str, str]]:
    """Name and transform of every feature: findings 0 or 1, volumes in ml as ln(1 + ml)."""
    volumes = [f"lesion_ml|{lobe}" for lobe in LOBES]
    volumes += [f"lesion_ml|{LUNG}|w{w}" for w in range(n_windows)]
    return [
        *({"name": name, "transform": "none"} for name in FINDINGS),
        *({"name": name, "transform": "log1p"} for name in volumes),
    ]


def feature_values(table: pd.DataFrame, features: list[dict[str, Any]]) -> pd.DataFrame:
    """patient and a column a feature: findings as 0 or 1, volumes in ml; a column that the table lacks is missing.

    Parameters
    ----------
    table : patient, findings (yes or no), measures.
    """
    columns = {}
    for name in (feature["name"] for feature in features):
        if name not in table:
            columns[name] = pd.Series(float("nan"), index=table.index)
        elif name in FINDINGS:
            columns[name] = has_it(table, name)
        else:
            columns[name] = table[name].astype(float)
    return pd.DataFrame({"patient": table["patient"], **columns})


def known_features(values: pd.DataFrame, features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The features that somebody has: maps of lobes may be absent in a whole cohort."""
    return [feature for feature in features if values[feature["name"]].notna().any()]
