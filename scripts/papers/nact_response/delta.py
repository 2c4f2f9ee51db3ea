"""Changes of features between two visits (deltaRAD), by equation 2."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.errors import InputError, nearest

ZERO_DENOMINATOR = ("missing", "zero")


def delta_features(
    baseline: pd.DataFrame, follow_up: pd.DataFrame, zero_denominator: str = "missing"
) -> pd.DataFrame:
    """(baseline - follow-up) / baseline of every feature: 0 is no change, 1 all lost, below 0 a rise.

    A feature that can be negative, such as a skewness, changes sign with its baseline value, and one that is near 0 at
    baseline changes without bound; that is equation 2, and nothing is done about it.

    Parameters
    ----------
    baseline, follow_up : column patient and the same features; a row a patient.
    zero_denominator : where the baseline value is 0 (or so small that the quotient is no number): 'missing', or 'zero',
        which calls it no change.

    Returns
    -------
    DataFrame with the columns of `baseline`, a row for each patient of `baseline` who is in `follow_up`, in its order;
    a change is missing where one of its values is.

    Raises
    ------
    InputError : the features differ, or an unknown `zero_denominator`.
    """
    if zero_denominator not in ZERO_DENOMINATOR:
        raise InputError(
            "delta.zero_denominator", " or ".join(ZERO_DENOMINATOR), f"'{zero_denominator}'",
            nearest(zero_denominator, ZERO_DENOMINATOR).strip(),
        )  # fmt: skip
    names = [name for name in baseline if name != "patient"]
    if odd := sorted({*names} ^ {name for name in follow_up if name != "patient"}):
        raise InputError("features of two visits", "the same in both", f"{', '.join(odd[:5])} in one alone")
    later = follow_up.set_index("patient")
    patients = baseline.loc[baseline["patient"].isin(later.index), "patient"].reset_index(drop=True)
    before = baseline.set_index("patient").loc[patients, names].to_numpy(dtype=float)
    after = later.loc[patients, names].to_numpy(dtype=float)
    known = np.isfinite(before) & np.isfinite(after)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = (before - after) / before
    undefined = known & ~np.isfinite(change)
    change[~known] = np.nan
    change[undefined] = np.nan if zero_denominator == "missing" else 0.0
    table = pd.DataFrame(change, columns=names)
    table.insert(0, "patient", patients.to_numpy())
    return table
