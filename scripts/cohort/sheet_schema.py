"""What a paper's sample sheet may hold: config/schemas/sheets/<paper>.yaml, read and itself checked.

A schema file has

- `columns`: name -> what may stand in it. Every column has `description` and `kind` (id, path, text, number,
  category, date) and may have `required` (the roles for which a sheet needs it: development, predict),
  `may_be_empty`, `absent` (role -> value taken where a sheet of that role lacks the column) and `without`
  (what cannot be done without it; a sheet that lacks the column gets this as a warning). By kind:
  number: `unit`; `min`, `max`, `above` (a bound that is itself refused), `plausible` ([low, high], a warning
  outside), `slips` of unit;
  category: `values` (value -> words read as it); `refused` (word -> why), `threshold` (which value a number
  in the cell becomes), `unit`;
  date: `earliest`; path: `part` (the column that tells the parts of one file from each other), `holds` (what is
  an image of a case: volume, picture (2-D), signal (MEG), phases, of which there must be `fewest_phases`; or what is
  drawn on one, with `drawn_on`, its image: a mask; an annotation (points and outlines, of a picture; one a reader);
  or labels, a map of several regions that a case may lack);
  text: `pattern`, `form` (the pattern in words), `longest`.
- `one_row_per`, `group`, `together`, `survival`, `apart_in_time`, `contradictions`: what must hold between
  cells and rows; `scripts.cohort.sheet_rules` applies them.
- `classes`: which values of a category a classifier tells apart; `scripts.cohort.class_rules` applies it.
- `visits` (in order of time: `image`, and `date`, a column) and `side` (a column, left or right): what must hold
  between the images of a patient; `scripts.cohort.visit_rules` applies them.
- `subject` (an id column): where a row is one picture of a patient who may have several, whose it is; the columns of
  `same_in_subject` say the same in all rows of a patient. `scripts.cohort.subject_rules` applies them.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from scripts.cohort.case_images import DRAWN, HELD, LABELS, PHASES
from scripts.cohort.sheet_columns import ROLES, Column, SheetSchema, Slip, Threshold, Value, fold
from scripts.cohort.sheet_references import reference_faults, require_keys
from scripts.errors import FaultList, InputError, nearest


def load_schema(path: str | Path) -> SheetSchema:
    """Read and check a schema file.

    Raises
    ------
    InputError : the file cannot be read, or (as a FaultList) everything that is wrong in it, with its place.
    """
    try:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), _UniqueKeys)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(str(path), "a readable YAML file", " ".join(str(error).split())) from error
    return parse_schema(content, str(path))


def parse_schema(content: Any, source: str = "schema") -> SheetSchema:
    """The schema that `content` (parsed YAML) describes; a FaultList with everything that is wrong in it."""
    faults: list[str] = []
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("columns"), dict)
        or not content["columns"]
    ):
        raise FaultList(source, ["expected a mapping with 'columns', one entry a column"])
    require_keys("top level", content, _TOP, faults)
    columns = {}
    for name, entry in content["columns"].items():
        before = len(faults)
        column = _column(name, entry, faults)
        if len(faults) == before:
            columns[name] = column
    if not faults:
        reference_faults(content, columns, faults)
    if faults:
        raise FaultList(source, faults)
    optional = {
        key: content[key]
        for key in ("group", "survival", "apart_in_time", "side", "classes", "subject")
        if key in content
    }
    return SheetSchema(
        source=source,
        columns=columns,
        one_row_per=content["one_row_per"],
        together=tuple(content.get("together", ())),
        contradictions=tuple(content.get("contradictions", ())),
        visits=tuple(content.get("visits", ())),
        same_in_subject=tuple(content.get("same_in_subject", ())),
        **optional,
    )


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key may stand once; plain YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key, (key_node, _) in zip(keys, node.value, strict=True):
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' twice", key_node.start_mark)
        return super().construct_mapping(node, deep)


_number = (int, float)
_TOP = {
    "columns": dict,
    "one_row_per": str,
    "group?": str,
    "together?": list,
    "survival?": dict,
    "apart_in_time?": str,
    "contradictions?": list,
    "visits?": list,
    "side?": str,
    "classes?": dict,
    "subject?": str,
    "same_in_subject?": list,
}
_COMMON = {
    "description": str,
    "kind": str,
    "required?": list,
    "may_be_empty?": bool,
    "absent?": dict,
    "without?": str,
}
_KINDS: dict[str, dict[str, Any]] = {
    "id": {},
    "path": {"part?": str, "holds?": str, "drawn_on?": str, "fewest_phases?": int},
    "text": {"pattern?": str, "form?": str, "longest?": int},
    "number": {
        "unit": str,
        "min?": _number,
        "max?": _number,
        "above?": _number,
        "plausible?": list,
        "slips?": list,
    },
    "category": {"values": dict, "refused?": dict, "threshold?": dict, "unit?": str},
    "date": {"earliest?": date},
}
_SLIPS = (
    {"looks_like": str, "remedy": str, "half_above": _number},
    {"looks_like": str, "remedy": str, "all_below": _number},
    {"looks_like": str, "remedy": str, "from": _number, "to": _number},
)
_THRESHOLD = {"at": _number, "below": (str, int), "from": (str, int), "max": _number}


def _column(name: Any, entry: Any, faults: list[str]) -> Column | None:
    where = f"columns.{name}"
    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name) or name.startswith("note"):
        faults.append(
            f"{where}: expected a name of small letters, digits and _ that does not begin with 'note'."
        )
        return None
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if kind not in _KINDS:
        faults.append(
            f"{where}.kind: expected one of {', '.join(_KINDS)}, found {kind!r}.{nearest(kind, _KINDS)}"
        )
        return None
    if not require_keys(where, entry, _COMMON | _KINDS[kind], faults):
        return None
    fields = dict(entry)
    fields["required"] = tuple(entry.get("required", ()))
    for role in (*fields["required"], *entry.get("absent", {})):
        if role not in ROLES:
            faults.append(f"{where}: unknown role '{role}'.{nearest(role, ROLES)} Known: {', '.join(ROLES)}.")
    if kind == "number":
        _number_fields(where, fields, faults)
    if kind == "category":
        _category_fields(where, fields, faults)
    if kind == "path":
        _path_fields(where, entry, faults)
    if kind == "text":
        try:
            re.compile(fields.get("pattern", ""))
        except re.error as error:
            faults.append(f"{where}.pattern: {error}.")
    return Column(name=name, **fields)


def _path_fields(where: str, entry: dict[str, Any], faults: list[str]) -> None:
    holds = entry.get("holds", "")
    if holds and holds not in HELD:
        faults.append(
            f"{where}.holds: expected one of {', '.join(HELD)}, found '{holds}'.{nearest(holds, HELD)}"
        )
    if ("drawn_on" in entry) != (holds in DRAWN):
        kinds = " or ".join(DRAWN)
        faults.append(f"{where}: expected 'drawn_on' with holds: {kinds}, and with nothing else.")
    if holds == LABELS and not entry.get("may_be_empty", False):
        faults.append(f"{where}: expected may_be_empty: true with holds: {LABELS}.")
    if "fewest_phases" in entry and (holds != PHASES or entry["fewest_phases"] < 1):
        faults.append(f"{where}: expected 'fewest_phases', 1 or more, with holds: {PHASES} alone.")


def _number_fields(where: str, fields: dict[str, Any], faults: list[str]) -> None:
    if "plausible" in fields:
        fields["plausible"] = tuple(fields["plausible"])
        numbers = all(isinstance(v, _number) and not isinstance(v, bool) for v in fields["plausible"])
        if len(fields["plausible"]) != 2 or not numbers or fields["plausible"][0] >= fields["plausible"][1]:
            faults.append(f"{where}.plausible: expected [low, high], found {list(fields['plausible'])}.")
    slips = []
    for number, slip in enumerate(fields.get("slips", ()), start=1):
        place = f"{where}.slips[{number}]"
        form = next((f for f in _SLIPS if isinstance(slip, dict) and set(f) == set(slip)), None)
        if form is None:
            faults.append(
                f"{place}: expected looks_like and remedy with one of half_above, all_below, or from and to."
            )
        elif require_keys(place, slip, form, faults):
            renamed = {"from": "start", "to": "end"}
            slips.append(Slip(**{renamed.get(key, key): value for key, value in slip.items()}))
    fields["slips"] = tuple(slips)


def _category_fields(where: str, fields: dict[str, Any], faults: list[str]) -> None:
    meaning: dict[str, Value] = {}
    for value, words in fields["values"].items():
        if isinstance(value, bool) or not isinstance(value, Value):
            faults.append(f"{where}.values: {value!r} is no word or whole number; put it in quotes.")
            continue
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            faults.append(f"{where}.values.{value}: expected a list of words in quotes, found {words!r}.")
            continue
        for word in (str(value), *words):
            other = meaning.setdefault(fold(word), value)
            if other != value:
                faults.append(f"{where}.values: '{word}' stands for both {other} and {value}.")
    if len({isinstance(value, int) for value in fields["values"]}) > 1:
        faults.append(f"{where}.values: expected all words or all whole numbers, found both.")
    fields["values"] = {v: tuple(w) if isinstance(w, list) else () for v, w in fields["values"].items()}
    for word, why in fields.get("refused", {}).items():
        if not isinstance(word, str) or not isinstance(why, str):
            faults.append(
                f"{where}.refused: expected words in quotes with a reason, found {word!r}: {why!r}."
            )
        elif fold(word) in meaning:
            faults.append(f"{where}.refused: '{word}' is also a word for {meaning[fold(word)]}.")
    fields["refused"] = {fold(str(word)): why for word, why in fields.get("refused", {}).items()}
    for role, value in fields.get("absent", {}).items():
        if value not in fields["values"]:
            faults.append(f"{where}.absent.{role}: {value!r} is not one of the values.")
    threshold = fields.get("threshold")
    if threshold is not None and require_keys(f"{where}.threshold", threshold, _THRESHOLD, faults):
        for side in ("below", "from"):
            if threshold[side] not in fields["values"]:
                faults.append(f"{where}.threshold.{side}: {threshold[side]!r} is not one of the values.")
        fields["threshold"] = Threshold(
            threshold["at"], threshold["below"], threshold["from"], threshold["max"]
        )
