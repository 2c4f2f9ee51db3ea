"""Tables of a report as CSV and Parquet."""

import pandas as pd

from scripts.report.document import Column, Document, Row, Section, Table
from scripts.report.rich_text import emph, rich
from scripts.report.table_files import table_to_data, write_table_files

TABLE = Table(
    "cox",
    "c",
    (
        Column(""),
        Column("HR", group=("Primary", "Univariable")),
        Column(emph("P"), group="Primary"),
        Column("P", group="Primary"),
    ),
    (Row(("Group",), heading=True), Row(('Sex, "F"', "1.26", rich("*0.39*"), "<0.001"), level=1)),
)


def test_heads_are_joined_and_twins_numbered():
    data = table_to_data(TABLE)
    assert list(data.columns) == [
        "level",
        "column 1",
        "Primary | Univariable | HR",
        "Primary | P",
        "Primary | P (2)",
    ]
    assert data.to_numpy().tolist() == [
        [-1, "Group", "", "", ""],
        [1, 'Sex, "F"', "1.26", "0.39", "<0.001"],
    ]


def test_files_hold_the_same_cells(tmp_path):
    empty = Table("none", "c", (Column("A"),), ())
    document = Document("T", sections=(Section("S", (TABLE, Section("SS", (empty,)))),))
    written = write_table_files(document, tmp_path / "tables")
    assert [path.name for path in written] == ["cox.csv", "cox.parquet", "none.csv", "none.parquet"]
    expected = table_to_data(TABLE)
    pd.testing.assert_frame_equal(pd.read_parquet(written[1]), expected)
    read = pd.read_csv(written[0], keep_default_na=False, dtype=str)
    pd.testing.assert_frame_equal(read, expected.astype(str), check_dtype=False)
    assert len(pd.read_parquet(written[3])) == 0
