"""Can the printed numbers of a study all be right? The comparisons that its file of reported numbers asks for.

The list `checks` of `resources/reported/<paper>.yaml` says which printed numbers hang together, since no program can
know what a table's columns mean:

    checks:
      - {check: f1, where: Table 1, rows: table_1, label: method, precision: precision, recall: recall, f1: f1}
      - {check: add_up, where: Participants, parts: [n_patients.ms, n_patients.nmosd], whole: n_patients.all}
      - {check: percentages, where: "Table 1, cases", rows: table_1, having: level, by: variable, labels: level,
         counts: cases/0, percents: cases/1, n: n_patients.cases}

`check` is a name of `CHECKS`; the arguments are those of its function. A text stands for a printed number: a cell of
the row (`cases/0`: item 0 of the row's cell `cases`), a key of `values` (its `value`; `accuracy.cnn/sd` for another of
its fields), or a path from the top of the file. Numbers stand for themselves. Further keys:

    where    what a reader is told: the table, the section
    rows     path of a table: the check is done for each row. Of a mapping, its items; the item's key is the cell `key`
    only     {cell: value or list of values}: these rows alone
    having   a path: rows that have it, and not empty, alone
    label    path of the cell that names a row (the first cell that holds a text)
    by       a cell: rows with the same value of it are judged together; arguments that take a list (`Check.lists`) get
             the cells of all of them, those that take several (`Check.columns`) a list for each path, the others the
             first row's cell
    together true: all rows are judged together, as with `by`
    reading  a sentence of ours about what is found, shown beneath it; dropped where nothing is found
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.errors import InputError, nearest
from scripts.reported.areas import roc_area
from scripts.reported.granularity import mean_sd, share
from scripts.reported.p_values import (
    p_of_correlation,
    p_of_counts,
    p_of_means,
    p_of_statistic,
    ratio_interval,
)
from scripts.reported.printed import Compared
from scripts.reported.rates import accuracy, f1_score, many_classes, two_classes
from scripts.reported.sums import add_up, mean_of, percentages, quotient, same


@dataclass(frozen=True)
class Check:
    """A kind of comparison.

    Parameters
    ----------
    function, title : what does it, and what a reader calls it.
    lists, columns : arguments that get, of rows judged together, the list of their cells; a list of cells a path.
    options : arguments whose texts are no references.
    """

    function: Callable[..., Iterator[Compared]]
    title: str
    lists: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


CHECKS = {
    "add_up": Check(add_up, "Numbers of patients that add up", ("parts",)),
    "percentages": Check(percentages, "Percentages against their counts", ("counts", "percents", "labels")),
    "share": Check(share, "Shares that whole numbers of patients can give"),
    "quotient": Check(quotient, "Quotients"),
    "same": Check(same, "Numbers that are printed twice", ("numbers",)),
    "mean_of": Check(
        mean_of, "Means over the rows of a table", ("parts", "weights"), options=("averaged_over",)
    ),
    "mean_sd": Check(mean_sd, "Means and standard deviations that so many values can have"),
    "f1": Check(f1_score, "F1 against precision and recall"),
    "accuracy": Check(accuracy, "Accuracy against sensitivity and specificity"),
    "two_classes": Check(two_classes, "Rates that numbers of patients can give together"),
    "many_classes": Check(
        many_classes,
        "Precision, recall and accuracy of several classes",
        ("precision", "recall", "n_of_class"),
    ),
    "p_of_counts": Check(p_of_counts, "P values of counts", columns=("counts",)),
    "p_of_means": Check(p_of_means, "P values of means and standard deviations"),
    "ratio_interval": Check(ratio_interval, "Ratios, their intervals and P values"),
    "p_of_correlation": Check(p_of_correlation, "P values of correlations"),
    "p_of_statistic": Check(p_of_statistic, "P values of test statistics", options=("kind",)),
    "roc_area": Check(roc_area, "Areas under ROC curves"),
}
KEYS = ("check", "where", "rows", "only", "having", "label", "by", "together", "reading")


@dataclass(frozen=True)
class Result:
    """One comparison of a study: kind of check, where it is printed, which row, both sides, our reading of it."""

    title: str
    where: str
    subject: str
    agrees: bool
    printed: str
    found: str
    reading: str = ""


def compare_printed(reported: Mapping[str, Any]) -> list[Result]:
    """All comparisons that `checks` asks for, in its order; none where there is no such list.

    Parameters
    ----------
    reported : content of a file of reported numbers, best by `scripts.reported.printed.read_reported`: with plain
        floats, zeros at the end of a number are lost, and less is found.

    Raises InputError where an entry names what is not there, lacks an argument, or compares nothing.
    """
    results = []
    for index, entry in enumerate(reported.get("checks") or [], start=1):
        where = f"reported numbers of {reported.get('paper', '?')}, check {index} ({entry.get('check')})"
        found = list(_entry_results(reported, entry, where))
        if not found:
            raise InputError(where, "numbers to compare", "none: all are empty, or no row is chosen")
        results += found
    return results


def findings(reported: Mapping[str, Any]) -> list[Result]:
    """Those of `compare_printed` that do not agree."""
    return [result for result in compare_printed(reported) if not result.agrees]


def _entry_results(reported: Mapping[str, Any], entry: Mapping[str, Any], where: str) -> Iterator[Result]:
    for key in ("check", "where"):
        if not entry.get(key):
            raise InputError(where, f"a key '{key}'", "none")
    if entry["check"] not in CHECKS:
        raise InputError(
            where, "a check of " + ", ".join(CHECKS), f"'{entry['check']}'", nearest(entry["check"], CHECKS)
        )
    check = CHECKS[entry["check"]]
    given = {key: value for key, value in entry.items() if key not in KEYS}
    _require_arguments(check, given, where)
    for subject, rows in _groups(reported, entry, where):
        together = "by" in entry or entry.get("together", False)
        arguments = {
            name: _argument(name, value, check, rows, reported, together, where)
            for name, value in given.items()
        }
        for compared in check.function(**arguments):
            reading = " ".join(entry.get("reading", "").split())
            yield Result(check.title, entry["where"], subject, *compared, reading)


def _require_arguments(check: Check, given: Mapping[str, Any], where: str) -> None:
    parameters = inspect.signature(check.function).parameters.values()
    names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    if len(names) == len(parameters):  # without **rates
        for name in given:
            if name not in names:
                raise InputError(
                    where, f"arguments of {', '.join(names)}", f"'{name}'", nearest(name, names).strip()
                )
    for p in parameters:
        if p.default is p.empty and p.kind is not p.VAR_KEYWORD and p.name not in given:
            raise InputError(where, f"an argument '{p.name}'", "none")


def _groups(
    reported: Mapping[str, Any], entry: Mapping[str, Any], where: str
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """(what it is about, rows) of each comparison; one empty row where there is no table."""
    if "rows" not in entry:
        yield "", [{}]
        return
    table = _look_up(entry["rows"], {}, reported, where)
    rows = [{"key": key, **row} for key, row in table.items()] if isinstance(table, Mapping) else list(table)
    for cell, wanted in (entry.get("only") or {}).items():
        wanted = wanted if isinstance(wanted, list) else [wanted]
        rows = [row for row in rows if row.get(cell) in wanted]
    if "having" in entry:
        rows = [row for row in rows if _has(row, entry["having"])]
    if entry.get("together"):
        if rows:
            yield "", rows
    elif "by" in entry:
        for value in dict.fromkeys(row[entry["by"]] for row in rows):
            yield str(value), [row for row in rows if row[entry["by"]] == value]
    else:
        for row in rows:
            label = _look_up(entry["label"], row, {}, where) if "label" in entry else _first_text(row)
            yield str(label), [row]


def _first_text(row: Mapping[str, Any]) -> str:
    return next((value for value in row.values() if isinstance(value, str)), "")


def _has(row: Mapping[str, Any], path: str) -> bool:
    try:
        return _look_up(path, row, {}, "") not in (None, "")
    except InputError:
        return False


def _argument(
    name: str, value: Any, check: Check, rows: list, reported: Mapping[str, Any], together: bool, where: str
) -> Any:
    """An argument's printed numbers."""
    if name in check.options:
        return value
    if together and name in check.lists and isinstance(value, str):
        return [_look_up(value, row, reported, where) for row in rows]
    if together and name in check.columns and all(isinstance(path, str) for path in value):
        return [[_look_up(path, row, reported, where) for row in rows] for path in value]
    return _resolved(value, rows[0], reported, where)


def _resolved(value: Any, row: Mapping[str, Any], reported: Mapping[str, Any], where: str) -> Any:
    if isinstance(value, str):
        return _look_up(value, row, reported, where)
    if isinstance(value, list):
        return [_resolved(item, row, reported, where) for item in value]
    return value


def _look_up(path: str, row: Mapping[str, Any], reported: Mapping[str, Any], where: str) -> Any:
    """What a path leads to: from the row, from `values`, or from the top of the file."""
    values = reported.get("values") or {}
    if path in values:
        return values[path]["value"]
    first, *rest = path.split("/")
    start = next((branch for branch in (row, values, reported) if first in branch), None)
    if start is None:
        known = [*row, *values, *reported]
        raise InputError(where, "a cell, a value or a path", f"'{path}'", nearest(first, known).strip())
    found: Any = start[first]
    for step in rest:
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif (
            isinstance(found, Sequence)
            and not isinstance(found, str)
            and step.isdigit()
            and int(step) < len(found)
        ):
            found = found[int(step)]
        else:
            known = list(found) if isinstance(found, Mapping) else []
            raise InputError(where, f"'{path}'", f"no '{step}' there", nearest(step, known).strip())
    return found
