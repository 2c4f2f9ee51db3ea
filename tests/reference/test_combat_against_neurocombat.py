"""`scripts.classification.combat` against neuroCombat (recipe: combat_by_neurocombat.py): 1e-8 relative, the tolerance
of the iteration.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from scripts.classification.combat import Combat

COLUMNS = [f"f{j:02d}" for j in range(1, 16)]


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("combat")


@pytest.fixture(scope="module")
def cases(read_input):
    table = read_input("primary")
    return table[COLUMNS].to_numpy(), np.minimum(table["tnm"].to_numpy(), 3).astype(str)


@pytest.fixture(scope="module")
def fitted(cases):
    return Combat.learn(cases[0][:90], cases[1][:90])


def test_it_was_made_from_the_committed_input(expected):
    path = Path(__file__).parent / "inputs" / "primary.csv"
    assert hashlib.md5(path.read_bytes()).hexdigest() == expected["made_with"]["inputs_md5"]["primary.csv"]


def test_shift_and_scale(fitted, expected, agree):
    for batch, gamma, variance in zip("123", expected["gamma"], expected["delta_squared"], strict=True):
        agree("ComBat: gamma*", fitted.shifts[batch], gamma, relative=1e-8, absolute=1e-10)
        agree("ComBat: delta*^2", fitted.scales[batch] ** 2, variance, relative=1e-8)


def test_training_cases(cases, fitted, expected, agree):
    harmonised = fitted.apply(cases[0][:90], cases[1][:90])
    agree("ComBat: training cases", harmonised[:20], expected["training"], relative=1e-8)
    agree("ComBat: sums over training cases", harmonised.sum(axis=0), expected["training_sum"], relative=1e-8)


def test_new_cases_of_known_batches(cases, fitted, expected, agree):
    agree(
        "ComBat: new cases", fitted.apply(cases[0][90:102], cases[1][90:102]), expected["new"], relative=1e-8
    )
