"""Equation 2 by hand, and what happens at a zero denominator."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.papers.nact_response.delta import delta_features


def table(patients, **columns):
    return pd.DataFrame({"patient": patients, **columns})


BASELINE = table(["A", "B", "C"], energy=[100.0, 50.0, 0.0], skewness=[-2.0, 0.5, np.nan])


def test_by_hand():
    """Figure 5: a fall from 100 to 12.4 is 0.876; a rise is below 0; a negative baseline turns the sign."""
    later = table(["A", "B", "C"], energy=[12.4, 75.0, 3.0], skewness=[-1.0, 0.5, 1.0])
    change = delta_features(BASELINE, later)
    np.testing.assert_allclose(change["energy"], [0.876, -0.5, np.nan])
    np.testing.assert_allclose(change["skewness"], [0.5, 0.0, np.nan])
    assert change["patient"].tolist() == ["A", "B", "C"]


def test_zero_denominator():
    later = table(["A", "B", "C"], energy=[1.0, 1.0, 3.0], skewness=[1.0, 1.0, 1.0])
    assert np.isnan(delta_features(BASELINE, later)["energy"].iloc[2])
    zero = delta_features(BASELINE, later, "zero")
    assert zero["energy"].iloc[2] == 0
    assert np.isnan(zero["skewness"].iloc[2])  # a value that is missing stays missing
    tiny = delta_features(table(["A"], energy=[1e-300]), table(["A"], energy=[1e300]))
    assert np.isnan(tiny["energy"].iloc[0])
    nothing = delta_features(table(["A"], energy=[0.0]), table(["A"], energy=[0.0]))
    assert np.isnan(nothing["energy"].iloc[0])


def test_patients_of_both_visits_whatever_the_order():
    later = table(["C", "A"], skewness=[1.0, -1.0], energy=[1.0, 50.0])
    change = delta_features(BASELINE, later)
    assert change["patient"].tolist() == ["A", "C"]
    assert change["energy"].iloc[0] == 0.5
    assert list(change) == list(BASELINE)


def test_faults():
    with pytest.raises(InputError, match=r"the same in both, found skewness in one alone"):
        delta_features(BASELINE, table(["A"], energy=[1.0]))
    with pytest.raises(InputError, match=r"missing or zero, found 'zeros'. Did you mean 'zero'"):
        delta_features(BASELINE, BASELINE, "zeros")
