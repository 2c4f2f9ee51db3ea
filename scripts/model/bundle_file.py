"""What every frozen model shares: a JSON file that is checked whole, and the settings that its features need."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema

from scripts.errors import FaultList, InputError, nearest
from scripts.tables import read_json

Consistency = Callable[[Any], Iterable[str]]


def read_checked(path: str | Path, schema: Path, consistency: Consistency) -> Any:
    """Read a bundle and check it; every fault is named in one InputError.

    Parameters
    ----------
    schema : its JSON Schema. consistency : bundle of the right form -> its faults, a line each.

    Raises
    ------
    InputError : no such file, no JSON, or faults.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            str(path), "a model bundle (JSON)", "no such file", "Fit a model or give the path of one."
        )
    try:
        bundle = read_json(path)
    except ValueError as error:
        raise InputError(str(path), "JSON text", str(error)) from error
    refuse_faults(bundle, str(path), schema, consistency)
    return bundle


def refuse_faults(bundle: Any, where: str, schema: Path, consistency: Consistency) -> None:
    """Raise one FaultList with all faults of the form, or, where that is right, of the contents."""
    faults = list(_schema_faults(bundle, schema)) or list(consistency(bundle))
    if faults:
        raise FaultList(where, faults, f"Its layout is in config/schemas/{schema.name}.")


def _schema_faults(bundle: Any, schema: Path) -> Iterator[str]:
    validator = jsonschema.Draft202012Validator(read_json(schema))
    for error in sorted(validator.iter_errors(bundle), key=lambda e: [str(part) for part in e.absolute_path]):
        place = "/".join(str(part) for part in error.absolute_path) or "top level"
        hint = ""
        if error.validator == "additionalProperties" and isinstance(error.schema.get("properties"), Mapping):
            known = error.schema["properties"]
            hint = "".join(nearest(key, known) for key in error.instance if key not in known)
        yield f"{place}: {error.message}{hint}"
    for place, value in _numbers(bundle, ""):
        if not math.isfinite(value):
            yield f"{place}: {value} is not a finite number"


def _numbers(value: Any, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, f"{place}/{key}".lstrip("/"))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _numbers(inner, f"{place}/{position}".lstrip("/"))
    elif isinstance(value, float):
        yield place, value


def settings_differences(model: Mapping[str, Any], used: Mapping[str, Any], place: str = "") -> list[str]:
    """Settings on which a model and the features that it is given disagree, in words."""
    differences = []
    for key in sorted({*model, *used}):
        name = f"{place}{key}"
        if key not in model or key not in used:
            differences.append(f"{name}: {'only the model' if key in model else 'only the features'} set it")
        elif isinstance(model[key], Mapping) and isinstance(used[key], Mapping):
            differences += settings_differences(model[key], used[key], f"{name}.")
        elif model[key] != used[key]:
            differences.append(f"{name}: model {model[key]!r}, features {used[key]!r}")
    return differences
