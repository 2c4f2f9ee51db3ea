"""Which cases of a batch the check let through; the others are in the ledger already."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd


def admissible(cases: list[dict[str, Any]], checked: pd.DataFrame) -> list[dict[str, Any]]:
    """The cases without an error among their faults; the others are in the ledger already.

    Parameters
    ----------
    cases : the batch. checked : patient and faults (JSON text, a list of objects with `severity`); a patient may have
        several rows.

    Raises
    ------
    ValueError : a case of the batch was not checked.
    """
    refused: dict[str, bool] = {}
    for patient, faults in zip(checked["patient"].astype(str), checked["faults"], strict=True):
        has_error = any(fault["severity"] == "error" for fault in json.loads(faults))
        refused[patient] = refused.get(patient, False) or has_error
    if unchecked := [str(case["patient"]) for case in cases if str(case["patient"]) not in refused]:
        raise ValueError(f"not among the checked cases: {', '.join(unchecked[:5])}")
    return [case for case in cases if not refused[str(case["patient"])]]
