"""The schema of a sheet is itself checked: every fault at once, with its place."""

import copy
from pathlib import Path

import pytest
import yaml

from scripts.cohort.sheet_columns import fold
from scripts.cohort.sheet_schema import load_schema, parse_schema
from scripts.errors import FaultList, InputError

SCHEMAS = Path(__file__).resolve().parents[3] / "config" / "schemas" / "sheets"
SMALL = {
    "one_row_per": "patient",
    "group": "cohort",
    "columns": {
        "patient": {"description": "Identifier.", "kind": "id", "required": ["development"]},
        "cohort": {"description": "Cohort.", "kind": "category", "values": {"a": ["x"], "b": []}},
        "months": {"description": "Time.", "kind": "number", "unit": "months", "above": 0},
        "event": {"description": "Event.", "kind": "category", "values": {0: ["no"], 1: ["yes"]}},
        "day": {"description": "Day.", "kind": "date"},
        "image": {"description": "Image.", "kind": "path", "part": "series"},
        "series": {"description": "Series.", "kind": "text", "may_be_empty": True},
    },
    "together": [{"columns": ["months", "event"], "neither": "no time", "excluded_from": "survival"}],
    "survival": {"time": "months", "event": "event", "fitted_on": "a", "fewest_events": 5},
    "apart_in_time": "day",
    "contradictions": [{"when": {"cohort": "a", "event": [0, 1]}, "expected": "nobody"}],
}


def changed(place, value, schema=SMALL):
    """A schema with one entry replaced; `place` is 'columns/patient/kind', value None deletes."""
    content = copy.deepcopy(schema)
    *parents, last = place.split("/")
    branch = content
    for key in parents:
        branch = branch[int(key)] if isinstance(branch, list) else branch[key]
    last = int(last) if isinstance(branch, list) else last
    if value is None:
        del branch[last]
    else:
        branch[last] = value
    return content


def faults_of(content):
    with pytest.raises(FaultList) as error:
        parse_schema(content, "the schema")
    assert str(error.value).startswith("the schema: ")
    return error.value.faults


def test_a_schema_as_the_checks_use_it():
    schema = parse_schema(SMALL)
    assert list(schema.columns) == list(SMALL["columns"])
    assert schema.columns["cohort"].words == {"a": "a", "x": "a", "b": "b"}
    assert [name for name, c in schema.columns.items() if c.in_table] == [
        "patient",
        "cohort",
        "months",
        "event",
    ]
    assert [name for name, c in schema.columns.items() if c.numeric] == ["months", "event"]
    assert parse_schema({"one_row_per": "p", "columns": {"p": SMALL["columns"]["patient"]}}).survival == {}


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_schema_of_the_project_is_sound(path):
    schema = load_schema(path)
    assert schema.columns[schema.one_row_per].required == ("development", "predict")
    assert all(column.description.endswith(".") for column in schema.columns.values())


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        ("groups", "cohort", "top level: unknown key 'groups'. Did you mean 'group'?"),
        ("one_row_per", None, "top level: missing one_row_per."),
        ("one_row_per", "patients", "one_row_per: no column 'patients'. Did you mean 'patient'?"),
        ("one_row_per", "cohort", "one_row_per: expected a column of kind id, 'cohort' is category."),
        ("group", "months", "group: expected a column of kind category, 'months' is number."),
        ("apart_in_time", "months", "apart_in_time: expected a column of kind date, 'months' is number."),
        ("columns/patient/knd", "id", "columns.patient: unknown key 'knd'. Did you mean 'kind'?"),
        ("columns/patient/kind", "identifier", "columns.patient.kind: expected one of id, path,"),
        ("columns/patient/kind", "dates", "found 'dates'. Did you mean 'date'?"),
        ("columns/patient/description", None, "columns.patient: missing description."),
        (
            "columns/patient/required",
            "development",
            "columns.patient.required: found 'development', which is of",
        ),
        ("columns/patient/required", ["develop"], "unknown role 'develop'. Did you mean 'development'?"),
        ("columns/patient/unit", "m", "columns.patient: unknown key 'unit'."),
        ("columns/months/unit", None, "columns.months: missing unit."),
        ("columns/months/above", True, "columns.months.above: found True, which is of another type"),
        ("columns/months/plausible", [3, 1], "columns.months.plausible: expected [low, high], found [3, 1]."),
        ("columns/months/plausible", [1], "columns.months.plausible: expected [low, high], found [1]."),
        (
            "columns/months/slips",
            [{"looks_like": "days"}],
            "columns.months.slips[1]: expected looks_like and rem",
        ),
        ("columns/months/slips", ["days"], "columns.months.slips[1]: expected looks_like"),
        (
            "columns/months/slips",
            [{"looks_like": "days", "remedy": "x", "half_above": "9"}],
            "columns.months.slips[1].half_above: found '9'",
        ),
        (
            "columns/cohort/values",
            {True: [], False: []},
            "True is no word or whole number; put it in quotes.",
        ),
        (
            "columns/cohort/values",
            {"a": [1], "b": []},
            "columns.cohort.values.a: expected a list of words in quotes",
        ),
        (
            "columns/cohort/values",
            {"a": ["B "], "b": []},
            "columns.cohort.values: 'b' stands for both a and b.",
        ),
        ("columns/cohort/values", {"a": [], 1: []}, "expected all words or all whole numbers, found both."),
        ("columns/cohort/refused", {"X": "why"}, "columns.cohort.refused: 'X' is also a word for a."),
        (
            "columns/cohort/refused",
            {2: "why"},
            "columns.cohort.refused: expected words in quotes with a reason",
        ),
        (
            "columns/cohort/absent",
            {"predict": "c"},
            "columns.cohort.absent.predict: 'c' is not one of the values.",
        ),
        ("columns/cohort/absent", {"test": "a"}, "columns.cohort: unknown role 'test'."),
        (
            "columns/cohort/threshold",
            {"at": 5, "below": "low", "from": "b", "max": 9},
            "columns.cohort.threshold.below: 'low' is not one of the values.",
        ),
        ("columns/cohort/threshold", {"at": 5}, "columns.cohort.threshold: missing below, from, max."),
        ("columns/image/part", "serie", "columns.image.part: no column 'serie'. Did you mean 'series'?"),
        ("columns/image/part", "day", "columns.image.part: expected a column of kind text, 'day' is date."),
        ("columns/series/pattern", "(", "columns.series.pattern: missing )"),
        ("columns/day/earliest", "1980", "columns.day.earliest: found '1980', which is of another type"),
        (
            "columns/notes",
            {"description": "x", "kind": "id"},
            "columns.notes: expected a name of small letters",
        ),
        ("columns/Sex", {"description": "x", "kind": "id"}, "columns.Sex: expected a name of small letters"),
        ("columns/sex", "F or M", "columns.sex.kind: expected one of id, path,"),
        ("together/0/columns", ["month"], "together[1].columns: no column 'month'. Did you mean 'months'?"),
        ("together/0/neither", None, "together[1]: missing neither."),
        ("survival/time", "day", "survival.time: expected a column of kind number, 'day' is date."),
        ("survival/event", "cohort", "survival.event: expected the values 0 and 1 of 'cohort'."),
        ("survival/fitted_on", "c", "survival.fitted_on: 'cohort' has no value 'c'. Known: a, b."),
        ("survival/fewest_events", 2.5, "survival.fewest_events: found 2.5"),
        ("group", None, "survival: needs 'group'."),
        ("contradictions/0/when", {"cohort": "c"}, "contradictions[1].when: 'cohort' has no value 'c'."),
        (
            "contradictions/0/when",
            {"months": 3},
            "contradictions[1].when: expected a column of kind category",
        ),
        ("contradictions/0", "never", "contradictions[1]: expected a mapping, found 'never'."),
    ],
)
def test_every_fault_of_a_schema(place, value, fault):
    assert fault in " | ".join(faults_of(changed(place, value)))


VISITS = {
    "one_row_per": "patient",
    "columns": {
        "patient": {"description": "Identifier.", "kind": "id"},
        "first": {"description": "Image.", "kind": "path", "holds": "phases", "fewest_phases": 4},
        "second": {"description": "Image.", "kind": "path", "holds": "volume"},
        "mask": {"description": "Mask.", "kind": "path", "holds": "mask", "drawn_on": "second"},
        "other": {"description": "A table.", "kind": "path"},
        "day": {"description": "Day.", "kind": "date"},
        "side": {"description": "Side.", "kind": "category", "values": {"left": ["l"], "right": []}},
    },
    "visits": [{"image": "first", "date": "day"}, {"image": "second"}],
    "side": "side",
    "group": "side",
    "classes": {"column": "side", "of": {"a": ["left"], "b": "right"}, "fitted_on": "left", "fewest": 3},
}


def test_the_images_of_a_case():
    images = parse_schema(VISITS).images
    assert [(i.column, i.holds, i.mask, i.mask_needed, i.fewest_phases) for i in images] == [
        ("first", "phases", "", False, 4),
        ("second", "volume", "mask", True, 1),
    ]
    assert parse_schema(VISITS).visits[1] == {"image": "second"}
    assert parse_schema(SMALL).images == ()


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (
            "columns/first/holds",
            "phase",
            "columns.first.holds: expected one of volume, phases, picture, signal, mask, annotation, labels, found",
        ),
        (
            "columns/second/fewest_phases",
            2,
            "columns.second: expected 'fewest_phases', 1 or more, with holds",
        ),
        ("columns/first/fewest_phases", 0, "columns.first: expected 'fewest_phases', 1 or more, with holds"),
        (
            "columns/mask/drawn_on",
            None,
            "columns.mask: expected 'drawn_on' with holds: mask or annotation or labels, and with",
        ),
        (
            "columns/second/drawn_on",
            "first",
            "columns.second: expected 'drawn_on' with holds: mask or annotation or labels, and with",
        ),
        (
            "columns/mask/drawn_on",
            "secnd",
            "columns.mask.drawn_on: no column 'secnd'. Did you mean 'second'?",
        ),
        ("columns/mask/drawn_on", "other", "columns.mask.drawn_on: 'other' holds no image."),
        ("columns/mask/drawn_on", "day", "columns.mask.drawn_on: expected a column of kind path, 'day' is"),
        (
            "columns/other",
            VISITS["columns"]["mask"],
            "columns.mask.drawn_on: another mask is on 'second', too.",
        ),
        ("visits/0/image", "other", "visits[1].image: 'other' holds no image."),
        ("visits/1/image", "first", "visits[2].image: 'first' has a visit already."),
        ("visits/0/date", "side", "visits[1].date: expected a column of kind date, 'side' is category."),
        ("visits/0/day", "day", "visits[1]: unknown key 'day'."),
        ("side", "day", "side: expected a column of kind category, 'day' is date."),
        ("classes/column", "day", "classes.column: expected a column of kind category, 'day' is date."),
        ("classes/of/a", ["up"], "classes.of.a: 'side' has no value 'up'. Known: left, right."),
        ("classes/fitted_on", "up", "classes.fitted_on: 'side' has no value 'up'."),
        ("classes/fewest", None, "classes: missing fewest."),
        ("group", None, "classes: expected 'fitted_on' where there is a 'group', and only there."),
        ("subject", "day", "subject: expected a column of kind id, 'day' is date."),
        ("same_in_subject", ["side"], "same_in_subject: needs 'subject'."),
        (
            "columns/side/values",
            {"l": [], "right": []},
            "side: expected the values left and right of 'side'.",
        ),
    ],
)
def test_every_fault_of_images_and_visits(place, value, fault):
    assert fault in " | ".join(faults_of(changed(place, value, VISITS)))


def test_all_faults_at_once():
    content = changed("columns/months/unit", None)
    content["columns"]["patient"]["knd"] = "id"
    content["extra"] = 1
    assert len(faults_of(content)) == 3


@pytest.mark.parametrize("content", [None, [], {}, {"columns": {}}, {"columns": "patient"}])
def test_what_is_no_schema(content):
    assert faults_of(content) == ["expected a mapping with 'columns', one entry a column"]


def test_unreadable_files(tmp_path):
    path = tmp_path / "schema.yaml"
    with pytest.raises(InputError, match="expected a readable YAML file"):
        load_schema(path)
    path.write_text("columns: [")
    with pytest.raises(InputError, match="expected a readable YAML file"):
        load_schema(path)
    path.write_text(yaml.safe_dump(SMALL) + "group: cohort\n")
    with pytest.raises(InputError, match="key 'group' twice"):
        load_schema(path)
    path.write_text(yaml.safe_dump(SMALL))
    assert load_schema(path).columns == parse_schema(SMALL).columns


def test_folded_words():
    assert fold("  Stage\tIIIA ") == fold("stage iiia")
