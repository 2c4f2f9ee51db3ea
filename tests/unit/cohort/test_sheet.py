"""read_rows: what a sheet's text is, whatever the file, and every way in which a file is refused."""

import datetime
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from scripts.cohort.sheet import Row, read_rows, resolve_path
from scripts.errors import InputError

ROOT = Path(__file__).resolve().parents[3]


def sheet(folder, content, name="sheet.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(folder, rows, formats=None, name="sheet.xlsx"):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    book.save(folder / name)
    return folder / name


def parquet(folder, name="sheet.parquet", **columns):
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / name)
    return folder / name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comma.csv", "patient,age\n001,64\n002,71.5\n"),
        ("semicolon.CSV", "patient;age\n001;64\n002;71.5\n"),
        ("tab.tsv", "patient\tage\n001\t64\n002\t71.5\n"),
        ("mark.csv", "\ufeffpatient,age\n001,64\n002,71.5\n"),
        ("windows.csv", "patient,age\r\n001,64\r\n002,71.5\r\n"),
        ("old_mac.csv", "patient,age\r001,64\r002,71.5\r"),
        ("no_last_break.csv", "patient,age\n001,64\n002,71.5"),
        ("quoted.csv", '"patient","age"\n"001","64"\n"002",71.5\n'),
        ("appended.csv", "patient,age,,\n001,64,,\n002,71.5,,\n"),
        ("spaces_in_header.csv", " patient , age\n001,64\n002,71.5\n"),
    ],
)
def test_text_in_every_dress_gives_the_same_rows(tmp_path, name, content):
    rows = read_rows(sheet(tmp_path, content, name))
    assert rows == [Row(2, {"patient": "001", "age": "64"}), Row(3, {"patient": "002", "age": "71.5"})]


def test_lines_are_those_of_the_file_where_lines_are_empty_or_cells_hold_line_breaks(tmp_path):
    path = sheet(tmp_path, 'patient,note\n\nA,"two\nlines"\nB,\n,\n\nC,x\n')
    assert [(row.line, row.values["patient"]) for row in read_rows(path)] == [(3, "A"), (5, "B"), (8, "C")]
    assert read_rows(path)[0].values["note"] == "two\nlines"


def test_cells_stay_as_they_stand(tmp_path):
    (row,) = read_rows(sheet(tmp_path, 'patient;file;cea\n A 1 ;"C:\\x;y.nii";3,4\n'))
    assert row.values == {"patient": " A 1 ", "file": "C:\\x;y.nii", "cea": "3,4"}
    (row,) = read_rows(sheet(tmp_path, 'patient,"a;b;c"\nJürg,1\n'))
    assert row.values == {"patient": "Jürg", "a;b;c": "1"}
    (row,) = read_rows(sheet(tmp_path, "patient,site;ward,age\nA,B;3,64\n"))
    assert row.values == {"patient": "A", "site;ward": "B;3", "age": "64"}


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("sheet.csv", b"", "expected a sample sheet, found an empty file"),
        ("sheet.csv", b" \n \n", "expected a sample sheet, found an empty file"),
        ("sheet.csv", b"\xef\xbb\xbf", "expected a sample sheet, found an empty file"),
        ("sheet.csv", b"\npatient,age\nA,1\n", "line 1: expected the column names, found no header"),
        (
            "sheet.csv",
            b"A,64\nB,71\n",
            "line 1: expected column names, found the number '64' in column 2. Line 1 looks",
        ),
        ("sheet.csv", b"patient,age\n", "a row a patient under the header, found a header alone"),
        ("sheet.csv", b"patient,age,sex,age\nA,1,F,2\n", "every column name once, found 'age' 2 times"),
        ("sheet.csv", b"patient,,age\nA,1,2\n", "a name for every column, found none for column 2"),
        ("sheet.csv", b"patient,age,\nA,1,2\n", "a name for every column, found none for column 3"),
        (
            "sheet.csv",
            b"patient,age\nA,1\nB\nC,1,2\n",
            "2 cells in every row, as in the header, found 1 in line 3, 3 in line 4",
        ),
        ("sheet.csv", b"patient,age\n" + b"A\n" * 9, "1 in line 6 and 4 more such lines"),
        ("sheet.csv", b"patient,age\nA,12,5\n", "Write decimals with a point"),
        ("sheet.csv", b"patient,age\nA,1\nB\x00,2\n", "line 3: expected text, found a NUL byte"),
        (
            "sheet.csv",
            "patient,age\nA,1\nMüller,2\n".encode("latin-1"),
            "line 3: expected UTF-8 text, found the byte 0xFC",
        ),
        ("sheet.csv", "patient,age\nA,1\n".encode("utf-16"), "expected UTF-8 text, found UTF-16 text"),
        ("sheet.csv", b'patient,age\nA,1\n"B,2\nC,3\n', "line 3: expected cells in matching quotes"),
        ("sheet.csv", b'patient,age\n"A"B,1\n', "line 2: expected cells in matching quotes"),
        (
            "sheet.csv",
            b"patient\tage\nA\t1\n",
            "separated by commas or semicolons, found tabs. Rename the file to .tsv",
        ),
        ("sheet.tsv", b"patient,age\nA,1\n", "separated by tabs, found no tab. Rename the file to .csv"),
        ("sheet.csv", b"PK\x03\x04rest", "expected text, found a zip container such as an Excel workbook"),
        (
            "sheet.xls",
            b"x",
            "ending in .csv, .tsv, .xlsx, .parquet, found '.xls'. Save the workbook as .xlsx",
        ),
        ("sheet.txt", b"x", "ending in .csv, .tsv, .xlsx, .parquet, found '.txt'."),
        ("sheet", b"x", "found ''."),
        ("sheet.xlsx", b"patient,age\n", "expected an XLSX workbook, found a file that cannot be read"),
        ("sheet.parquet", b"patient,age\n", "expected a Parquet table, found a file that cannot be read"),
    ],
)
def test_refused_files(tmp_path, name, content, text):
    path = sheet(tmp_path, content, name)
    with pytest.raises(InputError) as fault:
        read_rows(path)
    assert text in str(fault.value)
    assert str(path) in str(fault.value)


def test_a_file_that_is_not_there_names_its_neighbours(tmp_path):
    sheet(tmp_path, "patient\nA\n", "patients.csv")
    with pytest.raises(InputError, match=r"no such file. In that folder: patients.csv\."):
        read_rows(tmp_path / "sheet.csv")
    with pytest.raises(InputError, match="There is no folder '.*absent' either"):
        read_rows(tmp_path / "absent" / "sheet.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="found a folder. Name the file inside it"):
        read_rows(tmp_path / "folder.csv")


def test_a_workbook_reads_as_a_person_sees_it(tmp_path):
    path = workbook(
        tmp_path,
        [
            ["patient", "number", "code", "day", "moment", "flag", "share", "error", None],
            [
                "001",
                12.0,
                7,
                datetime.date(2012, 3, 1),
                datetime.datetime(2012, 3, 1, 14, 30),
                True,
                0.25,
                "#N/A",
            ],
            [None] * 8,
            [2, 0.1 + 0.2, 12, datetime.datetime(2009, 12, 31), None, False, 1, ""],
        ],
        {"C2": "000", "C4": "000", "G2": "0%", "G4": "0%"},
    )
    first, second = read_rows(path)
    assert (first.line, second.line) == (2, 4)
    assert first.values == {
        "patient": "001",
        "number": "12",
        "code": "007",
        "day": "2012-03-01",
        "moment": "2012-03-01 14:30:00",
        "flag": "TRUE",
        "share": "25%",
        "error": "#N/A",
    }
    assert list(second.values.values()) == ["2", "0.3", "012", "2009-12-31", "", "FALSE", "100%", ""]


def test_the_first_worksheet_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["patient"])
    book.active.append(["first"])
    book.create_sheet("other").append(["nothing"])
    book.active = 1
    book.save(tmp_path / "sheet.xlsx")
    assert [row.values["patient"] for row in read_rows(tmp_path / "sheet.xlsx")] == ["first"]


def test_a_formula_gives_its_stored_result_or_a_fault(tmp_path):
    path = workbook(tmp_path, [["patient", "age"], ["A", "=60+4"]])
    cell = b"><f>60+4</f><v /></c>"
    for stored, age in ((b"><f>60+4</f><v>64</v></c>", "64"), (b' t="str"><f>60+4</f><v></v></c>', "")):
        with zipfile.ZipFile(path) as book, zipfile.ZipFile(tmp_path / "stored.xlsx", "w") as copy:
            assert cell in book.read("xl/worksheets/sheet1.xml")
            for name in book.namelist():
                copy.writestr(name, book.read(name).replace(cell, stored))
        assert [row.values for row in read_rows(tmp_path / "stored.xlsx")] == [{"patient": "A", "age": age}]
    with pytest.raises(
        InputError, match="line 2: expected values, found a formula without a stored result in column 2"
    ):
        read_rows(path)


def test_parquet_of_every_type(tmp_path):
    path = parquet(
        tmp_path,
        patient=["001", "002"],
        whole=[1, None],
        real=[1.0, 2.25],
        single=pyarrow.array([0.1, None], pyarrow.float32()),
        missing=[float("nan"), 3.0],
        flag=[True, None],
        day=[datetime.date(2012, 3, 1), None],
        moment=pyarrow.array([1330560000_000_000_001, None], pyarrow.timestamp("ns")),
        word=pyarrow.array(["a", "b"]).dictionary_encode(),
    )
    first, second = read_rows(path)
    assert (first.line, second.line) == (2, 3)
    assert list(first.values.values()) == [
        "001",
        "1",
        "1",
        "0.1",
        "",
        "TRUE",
        "2012-03-01",
        "2012-03-01",
        "a",
    ]
    assert list(second.values.values()) == ["002", "", "2.25", "", "3", "", "", "", "b"]


def test_parquet_of_lists_or_a_name_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="column 'x': expected one value a cell, found list"):
        read_rows(parquet(tmp_path, x=[[1], [2]]))
    table = pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], names=["a", "a"])
    pyarrow.parquet.write_table(table, tmp_path / "twice.parquet")
    with pytest.raises(InputError, match="every column name once, found 'a' 2 times"):
        read_rows(tmp_path / "twice.parquet")


def test_the_same_table_in_four_files_gives_the_same_rows(tmp_path):
    table = pd.DataFrame(
        {"patient": ["001", "P2"], "months": [12.5, 40.0], "event": [1, 0], "grade": ["low", None]}
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    table.to_excel(tmp_path / "t.xlsx", index=False)
    table.to_parquet(tmp_path / "t.parquet", index=False)
    as_text = read_rows(tmp_path / "t.csv")
    assert as_text[1].values == {"patient": "P2", "months": "40.0", "event": "0", "grade": ""}
    assert read_rows(tmp_path / "t.tsv") == as_text
    assert read_rows(tmp_path / "t.xlsx") == read_rows(tmp_path / "t.parquet")
    assert read_rows(tmp_path / "t.xlsx")[1].values == as_text[1].values | {"months": "40"}


@pytest.mark.parametrize("ending", ["xlsx", "parquet"])
def test_a_damaged_file_is_refused_in_words(tmp_path, ending):
    table = pd.DataFrame({"patient": [f"P{k:03d}" for k in range(30)], "months": np.arange(30) / 4})
    good = tmp_path / f"good.{ending}"
    table.to_excel(good, index=False) if ending == "xlsx" else table.to_parquet(good, index=False)
    whole = good.read_bytes()
    refused = 0
    for seed in range(150):
        chance = random.Random(seed)
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 3, 20])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if seed % 3 == 0:
            damaged = damaged[: chance.randrange(1, len(damaged))]
        path = tmp_path / f"damaged.{ending}"
        path.write_bytes(damaged)
        try:
            read_rows(path)  # a changed byte may lie where nobody reads
        except InputError:
            refused += 1
    assert refused > 75


def test_relative_paths_are_counted_from_the_sheet(tmp_path):
    assert resolve_path("images/a.nii", tmp_path / "sheet.csv") == str(tmp_path / "images" / "a.nii")
    assert resolve_path("../a.nii", tmp_path / "x" / "sheet.csv") == str(tmp_path / "a.nii")
    assert resolve_path("/data/a.nii", tmp_path / "sheet.csv") == "/data/a.nii"


def test_reading_text_imports_the_standard_library_alone(tmp_path):
    path = sheet(tmp_path, "patient\nA\n")
    script = (
        "import sys; before = set(sys.modules); from scripts.cohort.sheet import read_rows; "
        f"read_rows({str(path)!r}); "
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['scripts']"
