"""What `scripts.survival.outcome` refuses, and how it says so."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.survival.outcome import read_months, read_outcome, read_scores


def test_arrays_come_back_as_float_and_bool():
    time, event = read_outcome([3, 5.5], [1, 0])
    assert time.dtype == float
    assert event.tolist() == [True, False]


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([1, 2], [1], "expected 2 times and as many events, found 2 times, 1 events"),
        ([], [], "expected at least one patient, found none"),
        ([1, np.nan], [1, 0], r"finite times in months, found 1 other, the first nan at position 1"),
        ([1, np.inf], [1, 0], "finite times"),
        ([0, 2, -1], [1, 0, 0], "times above 0 months, found 2 other, the first 0 at position 0"),
        ([1, 2], [1, 2], "events coded 0 and 1, found 1 other, the first 2 at position 1"),
        ([1, 2], [0, 0], "at least 1 event, found 0 in 2 patients"),
        (["x", 2], [1, 0], "values that are no numbers"),
        ([[1, 2]], [1, 0], r"an array of shape \(1, 2\)"),
    ],
)
def test_a_faulty_outcome_is_refused(time, event, message):
    with pytest.raises(InputError, match=message):
        read_outcome(time, event)


def test_fewest_events_and_number_of_patients():
    with pytest.raises(InputError, match="at least 5 events, found 1 in 2"):
        read_outcome([1, 2], [1, 0], min_events=5)
    with pytest.raises(InputError, match="my model: expected 3 times"):
        read_outcome([1, 2], [1, 0], where="my model", n=3)
    assert read_outcome([1, 2], [0, 0], min_events=0)[1].sum() == 0


def test_faulty_scores_and_horizons_are_refused():
    with pytest.raises(InputError, match="expected 2 values of risk, found 3"):
        read_scores([1, 2, 3], 2, "risk")
    with pytest.raises(InputError, match="finite values of risk, found 1 other"):
        read_scores([1, np.nan], 2, "risk")
    for months in (0, -1, np.nan, "soon"):
        with pytest.raises(InputError, match="a horizon above 0 months"):
            read_months(months, "curve")
