"""A branch of a paper's card as a stage's settings: every name known, every value possible."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from scripts.errors import InputError, nearest

Settings = TypeVar("Settings")


def settings_of(kind: type[Settings], given: Mapping[str, Any] | Settings | None, branch: str) -> Settings:
    """`given` as an instance of the dataclass `kind`, whose defaults stand in for what is not given.

    Parameters
    ----------
    given : names and values as the card has them, an instance of `kind` (returned as it is), or None (defaults).
    branch : what to call it in a message, such as 'bias_field'.

    Raises
    ------
    InputError : a name that `kind` does not have (with the nearest one), or a value that `kind` refuses.
    """
    if isinstance(given, kind):
        return given
    names = [field.name for field in fields(kind)]
    for name in given or {}:
        if name not in names:
            raise InputError(
                f"{branch}.{name}", f"one of {', '.join(names)}", f"'{name}'", nearest(name, names).strip()
            )
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in (given or {}).items()})


def expect(holds: bool, setting: str, expected: str, found: Any) -> None:
    """InputError naming the setting where `holds` is false."""
    if not holds:
        shown = list(found) if isinstance(found, tuple) else found
        raise InputError(setting, expected, repr(shown))


def is_number(value: Any, low: float = -math.inf, *, above: bool = False) -> bool:
    """Whether `value` is a finite number (no bool) from `low` on; `above`: greater than it."""
    real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return real and (value > low if above else value >= low)


def is_whole(value: Any, low: int) -> bool:
    """Whether `value` is a whole number (no bool) from `low` on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= low
