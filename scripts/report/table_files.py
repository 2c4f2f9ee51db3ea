"""Tables of a report as files: the same cells as in the PDF, in CSV and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.report.document import Document, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.tables import write_table

if TYPE_CHECKING:
    import pandas as pd


def table_to_data(table: Table, numbers: dict[str, str] | None = None) -> pd.DataFrame:
    """The cells as plain text, one column a column; head levels are joined by ' | ', twins get ' (2)'.

    Indentation is kept as a column `level`, and a heading row has its text in the first column, level -1.
    """
    import pandas as pd

    names: list[str] = []
    for index, column in enumerate(table.columns):
        groups = [column.group] if isinstance(column.group, str) else list(column.group)
        label = plain(column.label, numbers).replace("\n", " ")
        name = " | ".join([*filter(None, groups), *filter(None, [label])]) or f"column {index + 1}"
        twins = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({twins + 1})" if twins else name)
    records = []
    for row in table.rows:
        cells = [plain(cell, numbers) for cell in row.cells]
        cells += [""] * (len(names) - len(cells))
        records.append([-1 if row.heading else row.level, *cells])
    data = pd.DataFrame(records, columns=["level", *names])
    return data.astype({"level": "int64"} | dict.fromkeys(names, "object"))


def write_table_files(document: Document, folder: str | Path) -> list[Path]:
    """Write every table of `document` as folder/<key>.csv and .parquet; gives the paths, in order."""
    numbers = check_document(document)
    written = []
    for block in blocks_of(document):
        if isinstance(block, Table):
            data = table_to_data(block, numbers)
            for ending in (".csv", ".parquet"):
                path = Path(folder) / f"{block.key}{ending}"
                write_table(data, path)
                written.append(path)
    return written
