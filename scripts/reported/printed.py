"""Numbers as they are printed: their text, and which values round to it.

`resources/reported/<paper>.yaml` holds numbers as the study prints them, trailing zeros and all: 0.750 says more than
0.75. `read_reported` keeps that.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from scripts.errors import InputError

SLACK = 1e-9  # relative; of sums and products in floating point


class Printed(float):
    """A number with the text that it is printed as: `Printed("0.750")` is 0.75 with three decimals."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> Printed:
        number = super().__new__(cls, text)
        number.text = str(text)
        return number

    def __getnewargs__(self) -> tuple[str]:
        return (self.text,)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, with numbers that have a decimal point as `Printed`."""


def _printed(loader: _Loader, node: yaml.ScalarNode) -> float:
    number = loader.construct_yaml_float(node)
    try:
        return Printed(node.value) if float(node.value) == number else number
    except ValueError:  # .inf, .nan and the like
        return number


_Loader.add_constructor("tag:yaml.org,2002:float", _printed)


def parse_reported(text: str) -> dict[str, Any]:
    """The content of a file of reported numbers; what has a decimal point is `Printed`, all else as YAML has it."""
    return yaml.load(text, Loader=_Loader)


def read_reported(path: str | Path) -> dict[str, Any]:
    """`parse_reported` of a file. Raises InputError where it is no YAML or does not hold a mapping."""
    try:
        content = parse_reported(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as slip:
        raise InputError(str(path), "YAML", " ".join(str(slip).split())) from None
    if not isinstance(content, dict):
        raise InputError(str(path), "a mapping of reported numbers", type(content).__name__)
    return content


def shown(number: float | int | str) -> str:
    """A number as printed."""
    return number.text if isinstance(number, Printed) else str(number)


class Reach(NamedTuple):
    """Values from `low` to `high`, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether `value` is among them, but for floating point."""
        slack = SLACK * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack

    def meets(self, other: Reach) -> bool:
        """Whether the two have a value in common, but for floating point."""
        slack = SLACK * max(1.0, abs(self.low), abs(self.high))
        return self.low <= other.high + slack and other.low <= self.high + slack


def unit_of(number: float | int) -> float:
    """What one unit of the last printed digit is worth: 0.001 for 0.750, 1 for 44, 1e-6 for 4.9e-5."""
    text = number.text if isinstance(number, Printed) else repr(number)
    return 10.0 ** Decimal(text).as_tuple().exponent


def reach(number: float | int) -> Reach:
    """The values that are printed as `number`: half a unit of its last digit to either side.

    Both ends count, since some round 0.125 to 0.13 and others to 0.12. A plain float counts with the digits of its
    shortest form, so that lost zeros make the reach wider, never narrower.
    """
    half = unit_of(number) / 2
    return Reach(float(number) - half, float(number) + half)


def share_reach(share: float | int) -> Reach:
    """As `reach`, of a number that lies between 0 and 1 by its nature."""
    low, high = reach(share)
    return Reach(max(low, 0.0), min(high, 1.0))


def p_reach(p: str | float) -> Reach:
    """The P values that are printed as `p`: '0.04' is 0.035 to 0.045, '<0.001' is 0 to 0.001, '>0.05' is 0.05 to 1.

    Raises InputError where `p` is neither a number nor a bound.
    """
    text = shown(p).strip().replace(" ", "")
    try:
        if text[:1] in ("<", "≤"):
            return Reach(0.0, float(text[1:]))
        if text[:1] in (">", "≥"):
            return Reach(float(text[1:]), 1.0)
        return share_reach(Printed(text))
    except ValueError:
        raise InputError("P value", "a number, or a number after < or >", repr(p)) from None


def cut_off(value: float, number: float | int) -> bool:
    """Whether `value`, with its further digits cut off instead of rounded, is printed as `number`."""
    unit = unit_of(number)
    return 0 <= abs(value) - abs(float(number)) < unit * (1 - SLACK) and (value >= 0) == (number >= 0)


def decimals_text(value: float, number: float | int, more: int = 1) -> str:
    """`value` with `more` decimals than `number` is printed with."""
    places = max(0, -Decimal(shown(number)).as_tuple().exponent) + more
    return f"{value:.{places}f}"


class Compared(NamedTuple):
    """One comparison of printed numbers: whether they agree, what is printed, what would follow instead."""

    agrees: bool
    printed: str
    found: str = ""
