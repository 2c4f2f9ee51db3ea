"""Gene sets from .gmt files, and how much of each an expression table holds."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import FaultList, InputError

if TYPE_CHECKING:
    import pandas as pd

REMEDY = "A line of a .gmt file is: name <tab> description <tab> gene <tab> gene ..."


def read_gene_sets(path: str | Path) -> dict[str, list[str]]:
    """Gene sets of a .gmt file (or .gmt.gz), in the order of the file.

    A line is a set: its name, a description (may be empty), then its genes, separated by tabs. Empty lines
    are skipped, and a gene that a set names twice counts once.

    Returns
    -------
    dict: name of the set -> its genes.

    Raises
    ------
    InputError : the file cannot be read, or holds no set.
    FaultList : every malformed line, by its number.
    """
    path = Path(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as stream:
            lines = stream.read().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(str(path), "a .gmt file of gene sets", str(error), REMEDY) from error
    sets: dict[str, list[str]] = {}
    first_line: dict[str, int] = {}
    faults = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = (field.strip() for field in line.split("\t"))
        genes = list(dict.fromkeys(gene for gene in rest[1:] if gene))
        if not rest:
            faults.append(f"line {number}: no tab in '{_short(line)}'")
        elif not name:
            faults.append(f"line {number}: the set has no name")
        elif not genes:
            faults.append(f"line {number}: set '{name}' names no gene")
        elif spaced := [gene for gene in genes if " " in gene or "," in gene]:
            faults.append(f"line {number}: set '{name}': '{_short(spaced[0])}' is not one gene")
        elif name in sets:
            faults.append(f"line {number}: set '{name}' stands in line {first_line[name]} already")
        else:
            sets[name], first_line[name] = genes, number
    if faults:
        raise FaultList(str(path), faults, REMEDY)
    if not sets:
        raise InputError(str(path), "at least one gene set", "none", REMEDY)
    return sets


def _short(text: str, length: int = 40) -> str:
    return text if len(text) <= length else f"{text[:length]}..."


def coverage(genes: Iterable[str], gene_sets: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """How much of each set a table of these genes holds.

    Returns
    -------
    DataFrame, one row a set: gene_set, n_genes (in the set), n_found (in the table), missing_fraction (0 to
    1).
    """
    import pandas as pd

    held = set(genes)
    rows = [
        (name, len(members), sum(gene in held for gene in members)) for name, members in gene_sets.items()
    ]
    table = pd.DataFrame(rows, columns=["gene_set", "n_genes", "n_found"])
    return table.assign(missing_fraction=1 - table["n_found"] / table["n_genes"])
