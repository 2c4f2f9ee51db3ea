"""Tables that every report has: reported beside obtained, parameters with their sources, digests; and tables
from data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from scripts.errors import InputError, nearest
from scripts.report.document import Column, Row, Table
from scripts.report.rich_text import code
from scripts.report.wording import MISSING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """One number of the study beside this run's.

    `Verdict("C-index", "abstract", "0.74 (0.69–0.80)", "0.71", "0.66–0.77", "simulated, n = 242",
    group="Primary cohort")`

    Parameters
    ----------
    quantity : what it is. where : where the study prints it (page, table, row).
    reported, obtained, interval : texts; '' is printed as a dash. obtained_on : the patients behind
        `obtained`.
    group : a heading row over neighbouring verdicts that share it.
    """

    quantity: Any
    where: Any
    reported: Any
    obtained: Any
    interval: Any = ""
    obtained_on: Any = ""
    group: str = ""


def verdict_table(
    key: str, caption: Any, verdicts: Sequence[Verdict], notes: Sequence[Any] = (), wide: bool = False
) -> Table:
    """The table 'reported beside obtained'."""
    columns = (
        Column("Quantity"),
        Column("Where printed"),
        Column("Reported", "center"),
        Column("Obtained", "center", "This run"),
        Column("95% CI", "center", "This run"),
        Column("Obtained on", "left", "This run"),
    )
    rows: list[Row] = []
    group = ""
    for verdict in verdicts:
        if verdict.group and verdict.group != group:
            rows.append(Row((verdict.group,), heading=True))
        group = verdict.group
        cells = (verdict.where, verdict.reported, verdict.obtained, verdict.interval, verdict.obtained_on)
        rows.append(Row((verdict.quantity, *(cell or MISSING for cell in cells)), level=1 if group else 0))
    return Table(key, caption, columns, tuple(rows), tuple(notes), wide=wide)


STANDINGS = {
    "source": "Paper",
    "assumed": "Assumed",
    "honest": "Departs from the paper",
    "beyond": "Not in the paper",
}
CHANGES = {"simulated": "reduced for simulated patients", "user": "set by the user"}


def value_text(value: Any) -> str:
    """A parameter's value as readers see it: 'none', 'yes', '36, 60', '0.8'."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(value_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def reason_text(parameter: Mapping[str, Any]) -> str:
    """What a parameter rests on, in one line."""
    return " ".join(parameter["reason"].split()).replace("`", "'")


def parameter_table(
    key: str, caption: Any, parameters: Sequence[Mapping[str, Any]], notes: Sequence[Any] = ()
) -> Table:
    """Every parameter as it ran and what its value rests on.

    Parameters
    ----------
    parameters : `scripts.workflow.papers.Parameter` as dicts: name, value, published, standing (source, assumed, honest
        or beyond), reason, changed ('', 'simulated' or 'user'; then the published value stands in brackets).
    """
    rows = []
    for parameter in parameters:
        value = value_text(parameter["value"])
        if parameter["changed"]:
            published = value_text(parameter["published"])
            value += f" ({CHANGES[parameter['changed']]}; published run: {published})"
        rests_on = f"{STANDINGS[parameter['standing']]}: {reason_text(parameter)}"
        rows.append(Row((code(parameter["name"]), value, rests_on)))
    columns = (Column("Parameter"), Column("Value"), Column("Rests on"))
    return Table(key, caption, columns, tuple(rows), tuple(notes))


def digest_table(
    key: str,
    caption: Any,
    entries: Sequence[tuple[Any, str]],
    labels: tuple[str, str] = ("Item", "Version or digest"),
) -> Table:
    """Versions, digests and paths in fixed-width type: `digest_table("versions", "Software.", [("numpy",
    "2.4.6")])`.
    """
    rows = tuple(Row((name, code(value))) for name, value in entries)
    return Table(key, caption, tuple(Column(label) for label in labels), rows)


def abreast(entries: Sequence[tuple], across: int) -> list[tuple]:
    """Cells of rows that hold `across` entries each; the list runs down the first columns, then down the next."""
    height = -(-len(entries) // across)
    filled = [*entries, *[("",) * len(entries[0])] * (height * across - len(entries))] if entries else []
    return [sum(filled[i::height], ()) for i in range(height)]


def settings_table(key: str, caption: Any, settings: Mapping[str, Any]) -> Table:
    """Every leaf of a tree of settings by its dotted name, two abreast."""
    leaves = [(code(name), value_text(value)) for name, value in _leaves(settings)]
    columns = (Column("Setting"), Column("Value"), Column("Setting"), Column("Value"))
    return Table(key, caption, columns, tuple(Row(cells) for cells in abreast(leaves, 2)))


def _leaves(branch: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in branch.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def code_and_software_table(key: str, paper: str, records: Sequence[Mapping[str, Any]]) -> Table:
    """Fingerprints of the steps' code beside the packages that they ran with.

    Parameters
    ----------
    records : provenance of the steps, in order: step (its rule, with or without the paper's name), code, versions
        (package -> version).
    """
    steps = [
        (record["step"].removesuffix(f"_{paper}").replace("_", " "), record["code"]) for record in records
    ]
    versions = {name: version for record in records for name, version in record["versions"].items()}
    software = sorted(versions.items(), key=lambda item: item[0].lower())
    rows = (
        Row((step, code(print_) if print_ else "", package, code(version) if version else ""))
        for (step, print_), (package, version) in zip_longest(steps, software, fillvalue=("", ""))
    )
    columns = (
        Column("Step", group="Code"),
        Column("Fingerprint", group="Code"),
        Column("Package", group="Software"),
        Column("Version", group="Software"),
    )
    caption = "Code of each step, and the software that it ran with."
    return Table(key, caption, columns, tuple(rows), floating=False)


def table_from_data(
    key: str,
    caption: Any,
    data: pd.DataFrame,
    columns: Mapping[str, Column],
    notes: Sequence[Any] = (),
    level: str | None = None,
    wide: bool = False,
) -> Table:
    """A table whose rows are those of `data`, cells turned into text; missing values become empty cells.

    Parameters
    ----------
    columns : column of `data` -> how it is headed, in order: `{"p_value": Column("P", "right")}`.
    level : column of `data` that holds the indentation of each row's first cell (0, 1, ...).

    Raises InputError where `data` lacks a column.
    """
    for name in [*columns, *([level] if level else [])]:
        if name not in data.columns:
            raise InputError(
                f"Table '{key}'", f"a column '{name}'", "none", nearest(name, data.columns).strip()
            )
    rows = []
    for record in data.to_dict("records"):
        cells = tuple(
            "" if record[name] is None or record[name] != record[name] else str(record[name])
            for name in columns
        )
        rows.append(Row(cells, level=int(record[level]) if level else 0))
    return Table(key, caption, tuple(columns.values()), tuple(rows), tuple(notes), wide=wide)


def exclusion_table(ledger: pd.DataFrame, case: str = "patient", by_cohort: bool = False) -> Table:
    """Everybody who was kept out of the whole study, with the step that did it and the cause.

    Parameters
    ----------
    ledger : patient, step, cause, excluded_from ('all', or what of), and cohort for `by_cohort`.
    case : what one is called.
    """
    shown = ledger[ledger["excluded_from"] == "all"]
    columns = [Column(case.capitalize()), Column("Step"), Column("Cause")]
    if by_cohort:
        columns.insert(1, Column("Cohort"))
    rows = []
    for r in shown.to_dict("records"):
        cohort = (str(r["cohort"]),) if by_cohort else ()
        rows.append(Row((r["patient"], *cohort, str(r["step"]).replace("_", " "), r["cause"])))
    return Table("ledger", f"Excluded {case}s.", columns, tuple(rows))
