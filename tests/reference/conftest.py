"""What the tests against R share: inputs, expected values, and a comparison that remembers the largest
deviation.

`pytest tests/reference -v` ends with the largest deviation seen of each quantity.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

HERE = Path(__file__).parent
DEVIATIONS: dict[str, tuple[float, float]] = {}


@pytest.fixture(scope="session")
def read_input():
    """name -> the table inputs/<name>.csv."""
    return lambda name, **how: pd.read_csv(HERE / "inputs" / f"{name}.csv", **how)


@pytest.fixture(scope="session")
def read_expected():
    """topic -> the values that R wrote to expected/<topic>.json."""
    return lambda topic: json.loads((HERE / "expected" / f"{topic}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def half_years():
    """Times rounded up to half years, as record.R does it: many events at the same time."""
    return lambda time: np.ceil(np.asarray(time) / 6) * 6


@pytest.fixture(scope="session")
def agree():
    """Assert that |obtained - expected| <= absolute + relative * |expected|, null in the JSON being NaN."""

    def compare(quantity: str, obtained, expected, relative: float = 1e-8, absolute: float = 0.0) -> None:
        obtained = np.asarray(obtained, dtype=float)
        expected = np.asarray(expected, dtype=float)
        assert obtained.shape == expected.shape, f"{quantity}: shape {obtained.shape}, in R {expected.shape}"
        gap = np.abs(obtained - expected)
        known = gap[~np.isnan(gap)]
        size = np.abs(expected)[~np.isnan(gap)]
        if known.size:
            largest = float(known.max())
            ratio = float(np.max(known / np.maximum(size, np.finfo(float).tiny), initial=0.0, where=size > 0))
            before = DEVIATIONS.get(quantity, (0.0, 0.0))
            DEVIATIONS[quantity] = (max(before[0], largest), max(before[1], ratio))
        np.testing.assert_allclose(obtained, expected, rtol=relative, atol=absolute, err_msg=quantity)

    return compare


def pytest_terminal_summary(terminalreporter, config) -> None:
    """With -v: the largest absolute and relative deviation from R of each quantity."""
    if not DEVIATIONS or config.getoption("verbose") < 1:
        return
    terminalreporter.section("largest deviations from R (absolute, relative)")
    for quantity, (absolute, relative) in sorted(DEVIATIONS.items()):
        terminalreporter.write_line(f"{quantity:<52} {absolute:.1e}  {relative:.1e}")
