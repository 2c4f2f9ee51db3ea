"""What the rules of a sheet's schema say about its columns, held against the columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.cohort.case_images import ANNOTATION, DRAWN, MASK, PICTURE
from scripts.cohort.sheet_columns import Column
from scripts.errors import nearest

_TOGETHER = {"columns": list, "neither": str, "excluded_from": str}
_SURVIVAL = {"time": str, "event": str, "fitted_on": (str, int), "fewest_events": int}
_CONTRADICTION = {"when": dict, "expected": str}
_CLASSES = {"column": str, "of": dict, "fitted_on?": (str, int), "fewest": int}
_VISIT = {"image": str, "date?": str}


def require_keys(where: str, entry: Any, known: dict[str, Any], faults: list[str]) -> bool:
    """Whether `entry` has the keys and types of `known` ('?' marks an optional key); faults are added."""
    if not isinstance(entry, dict):
        faults.append(f"{where}: expected a mapping, found {entry!r}.")
        return False
    before = len(faults)
    types = {key.rstrip("?"): kind for key, kind in known.items()}
    for key, value in entry.items():
        if key not in types:
            faults.append(f"{where}: unknown key '{key}'.{nearest(key, types)}")
        elif not isinstance(value, types[key]) or (isinstance(value, bool) and types[key] is not bool):
            faults.append(f"{where}.{key}: found {value!r}, which is of another type than expected.")
    missing = [key for key in known if not key.endswith("?") and key not in entry]
    if missing:
        faults.append(f"{where}: missing {', '.join(missing)}.")
    return len(faults) == before


def reference_faults(content: dict[str, Any], columns: dict[str, Column], faults: list[str]) -> None:
    """What the rules say about columns must be true of the columns."""

    def refer(where: str, name: Any, *kinds: str) -> bool:
        if name not in columns:
            faults.append(f"{where}: no column '{name}'.{nearest(name, columns)}")
        elif kinds and columns[name].kind not in kinds:
            faults.append(
                f"{where}: expected a column of kind {' or '.join(kinds)}, '{name}' is {columns[name].kind}."
            )
        else:
            return True
        return False

    def refer_value(where: str, name: str, value: Any) -> None:
        if value not in columns[name].values:
            known = ", ".join(map(str, columns[name].values))
            faults.append(f"{where}: '{name}' has no value {value!r}. Known: {known}.")

    refer("one_row_per", content["one_row_per"], "id")
    if "group" in content:
        refer("group", content["group"], "category")
    if "apart_in_time" in content:
        refer("apart_in_time", content["apart_in_time"], "date")
    if "subject" in content:
        refer("subject", content["subject"], "id")
    for name in content.get("same_in_subject", ()):
        refer("same_in_subject", name, "category", "number")
        if "subject" not in content:
            faults.append("same_in_subject: needs 'subject'.")
    named = "side" in content and refer("side", content["side"], "category")
    if named and set(columns[content["side"]].values) != {"left", "right"}:
        faults.append(f"side: expected the values left and right of '{content['side']}'.")
    for column in columns.values():
        if column.part:
            refer(f"columns.{column.name}.part", column.part, "text")
    _images(content, columns, refer, faults)
    for number, rule in enumerate(content.get("together", ()), start=1):
        if require_keys(f"together[{number}]", rule, _TOGETHER, faults):
            for name in rule["columns"]:
                refer(f"together[{number}].columns", name)
    survival = content.get("survival")
    if survival is not None and require_keys("survival", survival, _SURVIVAL, faults):
        refer("survival.time", survival["time"], "number")
        if refer("survival.event", survival["event"], "category") and set(
            columns[survival["event"]].values
        ) != {0, 1}:
            faults.append(f"survival.event: expected the values 0 and 1 of '{survival['event']}'.")
        if "group" not in content:
            faults.append("survival: needs 'group'.")
        elif content["group"] in columns:
            refer_value("survival.fitted_on", content["group"], survival["fitted_on"])
    classes = content.get("classes")
    if classes is not None and require_keys("classes", classes, _CLASSES, faults):
        if refer("classes.column", classes["column"], "category"):
            for name, values in classes["of"].items():
                for value in values if isinstance(values, list) else [values]:
                    refer_value(f"classes.of.{name}", classes["column"], value)
        if ("group" in content) != ("fitted_on" in classes):
            faults.append("classes: expected 'fitted_on' where there is a 'group', and only there.")
        elif content.get("group") in columns:
            refer_value("classes.fitted_on", content["group"], classes["fitted_on"])
    for number, rule in enumerate(content.get("contradictions", ()), start=1):
        where = f"contradictions[{number}]"
        if require_keys(where, rule, _CONTRADICTION, faults):
            for name, values in rule["when"].items():
                if refer(f"{where}.when", name, "category"):
                    for value in values if isinstance(values, list) else [values]:
                        refer_value(f"{where}.when", name, value)


def _images(
    content: dict[str, Any], columns: dict[str, Column], refer: Callable[..., bool], faults: list[str]
) -> None:
    """Masks and visits name images, no image has two masks or two visits."""
    images = [column.name for column in columns.values() if column.holds not in ("", *DRAWN)]
    for column in columns.values():
        where = f"columns.{column.name}.drawn_on"
        if column.holds != ANNOTATION or not refer(where, column.drawn_on, "path"):
            continue
        if columns[column.drawn_on].holds != PICTURE:
            faults.append(f"{where}: '{column.drawn_on}' holds no picture.")
    masks = {column.name: column.drawn_on for column in columns.values() if column.holds == MASK}
    drawn = {column.name: column.drawn_on for column in columns.values() if column.holds in DRAWN}
    for mask, image in drawn.items():
        if refer(f"columns.{mask}.drawn_on", image, "path") and image not in images:
            faults.append(f"columns.{mask}.drawn_on: '{image}' holds no image.")
        elif mask in masks and list(masks.values()).count(image) > 1:
            faults.append(f"columns.{mask}.drawn_on: another mask is on '{image}', too.")
    seen = []
    for number, visit in enumerate(content.get("visits", ()), start=1):
        where = f"visits[{number}]"
        if not require_keys(where, visit, _VISIT, faults):
            continue
        if refer(f"{where}.image", visit["image"], "path") and visit["image"] not in images:
            faults.append(f"{where}.image: '{visit['image']}' holds no image.")
        elif visit["image"] in seen:
            faults.append(f"{where}.image: '{visit['image']}' has a visit already.")
        seen.append(visit["image"])
        if "date" in visit:
            refer(f"{where}.date", visit["date"], "date")
