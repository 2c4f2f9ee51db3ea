"""Mutations of the sample sheet: encodings, frames, cells, identifiers, and damaged workbooks and Parquet files."""

from __future__ import annotations

import os
import struct

import numpy as np
import pandas as pd

from tests.mutations.bench import Bench, mutation
from tests.mutations.volume_files import PNG, flip

NUMBERS = ("dfs_months", "age")
CATEGORIES = ("cohort", "recurrence", "tnm_stage", "sex", "differentiation", "lymph_node")


def _row(bench: Bench) -> int:
    return int(bench.rng.integers(len(bench.rows)))


@mutation(
    times=1, utf16="utf-16", little="utf-16-le", big="utf-16-be", utf32="utf-32", ebcdic="cp500", utf7="utf-7"
)
def encoded(bench: Bench, encoding: str):
    bench.rows.loc[3, "note_reader"] = "Müller"
    bench.write("sheet.csv", bench.text().encode(encoding))
    return None if encoding == "utf-7" else "refused"


@mutation(times=2, latin="latin-1", dos="cp850", cyrillic="koi8-r", chinese="gb18030")
def encoded_with_foreign_letters(bench: Bench, encoding: str):
    column = str(bench.rng.choice(["note_reader", "patient"]))
    word = {"koi8-r": "Петров", "gb18030": "病人"}.get(encoding, "Jürgen")
    bench.rows.loc[3, column] = word
    bench.write("sheet.csv", bench.text().encode(encoding))
    return "refused"


@mutation(times=2)
def byte_order_mark(bench: Bench):
    bench.write("sheet.csv", bench.text().encode("utf-8-sig"))
    return "used"


@mutation(times=2, dos="\r\n", mac="\r", double="\n\n")
def line_ends(bench: Bench, end: str):
    bench.write("sheet.csv", bench.text().replace("\n", end))
    return "used"


@mutation(times=2, semicolon=(";", "sheet.csv"), tab=("\t", "sheet.tsv"))
def separator(bench: Bench, mark: str, name: str):
    bench.write(name, bench.text(mark))
    return "used"


@mutation(
    times=2,
    tab=("\t", "sheet.csv"),
    comma=(",", "sheet.tsv"),
    bar=("|", "sheet.csv"),
    space=(" ", "sheet.csv"),
)
def wrong_separator(bench: Bench, mark: str, name: str):
    bench.write(name, bench.text(mark))
    return "refused"


@mutation(times=40)
def flipped(bench: Bench):
    bench.write("sheet.csv", flip(bench.text().encode(), bench.rng, int(bench.rng.integers(1, 4))))


@mutation(times=15)
def truncated(bench: Bench):
    data = bench.text().encode()
    bench.write("sheet.csv", data[: int(bench.rng.integers(1, len(data)))])


@mutation(
    times=4,
    nul="\0",
    quote='"',
    escape="\x1b",
    form_feed="\f",
    comma=",",
    bell="\a",
    separator="\u2028",
    end="\x85",
)
def character_inserted(bench: Bench, character: str):
    text = bench.text()
    at = int(bench.rng.integers(len(text)))
    bench.write("sheet.csv", text[:at] + character + text[at:])


@mutation(times=2)
def quote_left_open(bench: Bench):
    bench.write("sheet.csv", bench.text().replace("second reading", '"second reading', 1))
    return "refused"


@mutation(times=10)
def two_header_names_swapped(bench: Bench):
    names = list(bench.rows.columns)
    known = [n for n in names if not n.startswith("note")]
    a, b = bench.rng.choice(known, 2, replace=False)
    bench.rows.columns = [{a: b, b: a}.get(n, n) for n in names]


@mutation(times=8)
def header_twice(bench: Bench):
    text = bench.text()
    a, b = bench.rng.choice(list(bench.rows.columns), 2, replace=False)
    header, rest = text.split("\n", 1)
    bench.write("sheet.csv", ",".join(b if n == a else n for n in header.split(",")) + "\n" + rest)
    return "refused"


@mutation(times=3)
def no_header(bench: Bench):
    bench.write("sheet.csv", bench.text().split("\n", 1)[1])
    return "refused"


@mutation(times=2)
def header_alone(bench: Bench):
    bench.write("sheet.csv", bench.text().split("\n", 1)[0])
    return "refused"


@mutation(times=6)
def column_deleted(bench: Bench):
    needed = [n for n in bench.rows.columns if not n.startswith(("note", "image_series", "mask_roi"))]
    bench.rows = bench.rows.drop(columns=str(bench.rng.choice(needed)))
    return "refused"


@mutation(times=6)
def column_misspelt(bench: Bench):
    needed = [n for n in bench.rows.columns if not n.startswith("note")]
    name = str(bench.rng.choice(needed))
    bench.rows = bench.rows.rename(columns={name: name[:2] + name[3:]})
    return "refused"


@mutation(times=6)
def cell_lost_or_added(bench: Bench):
    lines = bench.text().splitlines()
    at = int(bench.rng.integers(1, len(lines)))
    cells = lines[at].split(",")
    place = int(bench.rng.integers(len(cells)))
    cells[place : place + 1] = [] if bench.rng.random() < 0.5 else [cells[place]] * 2
    lines[at] = ",".join(cells)
    bench.write("sheet.csv", "\n".join(lines))
    return "refused"


@mutation(times=6)
def column_shifted_down(bench: Bench):
    """Values of one column a row lower: nothing can know, so they are used as they stand, or a code is refused."""
    name = str(bench.rng.choice([*NUMBERS, *CATEGORIES, "patient", "image", "mask"]))
    bench.rows[name] = np.roll(bench.rows[name], 1)
    return "refused" if name in ("image", "mask") else None


@mutation(
    times=3,
    comma="12,5",
    date="2020-05-01",
    month="5-May",
    negative="-3",
    nan_word="#N/A",
    huge="1e400",
    infinite="inf",
    minus_inf="-Infinity",
    words="two years",
    unit="12 months",
    thousands="1,234.5",
    zero="0",
    many="99999",
    bound=">60",
    hexadecimal="0x1F",
    underscore="1_000",
    full_width="１２",
    arabic="١٢",
    minus_sign="−12",
    question="?",
    exponent="1e",
    power="2e1",
    plus="+12",
    dots="1.2.3",
    blank="  ",
    none="NA",
)
def number_cell(bench: Bench, text: str):
    name = str(bench.rng.choice(NUMBERS))
    bench.rows.loc[_row(bench), name] = text
    takes = {"2e1", "+12", "  ", "NA", "0"}
    return None if text in takes else "refused"


@mutation(
    times=4,
    unknown="maybe",
    two="2",
    minus="-1",
    dot="1.0",
    date="3-Mar",
    long="x" * 4000,
    formula="=1+1",
    error="#REF!",
    emoji="🙂",
    tab="yes\t",
    capital="YES",
)
def category_cell(bench: Bench, text: str):
    bench.rows.loc[_row(bench), str(bench.rng.choice(CATEGORIES))] = text


@mutation(
    times=3, comma="4,5", unit="12 ng/ml", negative="-1", huge="1e9", bound="<5", unclear=">3", word="hihg"
)
def measured_category(bench: Bench, text: str):
    bench.rows.loc[_row(bench), "cea"] = text
    return "used" if text == "<5" else "refused"


@mutation(
    times=2,
    blank="",
    spaces=" P03",
    slash="a/b",
    up="../P03",
    back="a\\b",
    newline="P\n03",
    null="nul\x00",
    tab="P\t3",
    long="P" * 65,
    zero_width="P\u200b03",
    no_break="P\u00a003",
    twice="P04",
    case="p04",
    full_width="Ｐ04",
    power="1E+05",
    quote='P"3',
    star="P*",
    dot=".hidden",
    right_to_left="P\u202e30",
    missing="NA",
    error="#NAME?",
    combining="P\u0301",
    surrogate="\U0001f600",
)
def identifier(bench: Bench, text: str):
    bench.rows.loc[3, "patient"] = text
    return None if text in ("p04", "P\u0301", "\U0001f600", "Ｐ04") else "refused"


@mutation(
    times=2,
    cyrillic="Р03",
    name="Maier, Hans",
    zeros="0003",
    decimal="3.0",
    date="2020-01-03",
    formula="=cmd|' /C calc'!A0",
    sign="-3",
)
def identifier_of_another_look(bench: Bench, text: str):
    bench.rows.loc[3, "patient"] = text


@mutation(times=4)
def row_twice(bench: Bench):
    bench.rows = pd.concat([bench.rows, bench.rows.iloc[[_row(bench)]]])
    return "refused"


@mutation(times=4)
def files_of_two_patients_swapped(bench: Bench):
    """Image and mask together, so that nothing can know: used as the sheet says."""
    a, b = bench.rng.choice(len(bench.rows) - 5, 2, replace=False)
    for name in ("image", "mask"):
        bench.rows.loc[[a, b], name] = bench.rows.loc[[b, a], name].tolist()
    return "used"


@mutation(times=2)
def rows_shuffled(bench: Bench):
    bench.rows = bench.rows.sample(frac=1, random_state=int(bench.rng.integers(2**31)))
    return "used"


@mutation(times=2, days=30.4, years=1 / 12)
def column_in_another_unit(bench: Bench, factor: float):
    bench.rows["dfs_months"] = [
        f"{float(v) * factor * (4 if factor > 1 else 1):.4g}" for v in bench.rows["dfs_months"]
    ]
    return "refused"


@mutation(
    times=2,
    one_cohort=("cohort", "primary"),
    no_events=("recurrence", "0"),
    all_events=("recurrence", "1"),
    no_time=("dfs_months", ""),
)
def column_of_one_value(bench: Bench, name: str, text: str):
    bench.rows[name] = text
    return "refused"


# Other kinds of files under a sheet's name


@mutation(
    times=2,
    png=PNG,
    pdf=b"%PDF-1.7\n%x",
    web=b"<!DOCTYPE html>\n<html></html>",
    empty=b"",
    blank=b" \n\n ",
    zip=b"PK\x03\x04" + bytes(60),
    old=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    noise=None,
)
def something_else(bench: Bench, content: bytes | None):
    name = f"sheet{('.csv', '.xlsx', '.parquet', '.tsv')[bench.turn % 4] if bench.turn else '.csv'}"
    bench.write(name, bench.rng.bytes(900) if content is None else content)
    return "refused"


@mutation(times=1, xls=".xls", ods=".ods", txt=".txt", none="", numbers=".numbers")
def another_ending(bench: Bench, ending: str):
    bench.write(f"sheet{ending}", bench.text())
    return "refused"


@mutation(times=1, csv=".csv", xlsx=".xlsx", parquet=".parquet")
def special_file_as_sheet(bench: Bench, ending: str):
    bench.sheet = bench.folder / f"sheet{ending}"
    kind = int(bench.rng.integers(4))
    if kind == 0:
        bench.sheet.mkdir()
    elif kind == 1:
        os.mkfifo(bench.sheet)
    else:
        bench.sheet.symlink_to("/dev/zero" if kind == 2 else bench.sheet.name)
    return "refused"


def _workbook(bench: Bench, rows: pd.DataFrame | None = None) -> bytes:
    path = bench.folder / "made.xlsx"
    (bench.rows if rows is None else rows).to_excel(path, index=False)
    return path.read_bytes()


def _parquet(bench: Bench, rows: pd.DataFrame | None = None) -> bytes:
    path = bench.folder / "made.parquet"
    (bench.rows if rows is None else rows).to_parquet(path, index=False)
    return path.read_bytes()


MAKERS = {"xlsx": _workbook, "parquet": _parquet}


@mutation(times=3, xlsx="xlsx", parquet="parquet")
def another_format(bench: Bench, kind: str):
    """The same values as numbers, as a program writes them."""
    for name in NUMBERS:
        bench.rows[name] = pd.to_numeric(bench.rows[name])
    bench.write(f"sheet.{kind}", MAKERS[kind](bench))
    return "used"


@mutation(times=20, xlsx="xlsx", parquet="parquet")
def container_flipped(bench: Bench, kind: str):
    bench.write(f"sheet.{kind}", flip(MAKERS[kind](bench), bench.rng, int(bench.rng.integers(1, 5))))


@mutation(times=10, xlsx="xlsx", parquet="parquet")
def container_truncated(bench: Bench, kind: str):
    data = MAKERS[kind](bench)
    bench.write(f"sheet.{kind}", data[: int(bench.rng.integers(1, len(data)))])
    return "refused"


@mutation(
    times=1,
    csv_as_xlsx=("csv", "xlsx"),
    csv_as_parquet=("csv", "parquet"),
    xlsx_as_csv=("xlsx", "csv"),
    parquet_as_csv=("parquet", "csv"),
    xlsx_as_parquet=("xlsx", "parquet"),
    parquet_as_xlsx=("parquet", "xlsx"),
)
def container_misnamed(bench: Bench, kind: str, ending: str):
    bench.write(f"sheet.{ending}", MAKERS[kind](bench) if kind in MAKERS else bench.text())
    return "refused"


@mutation(
    times=2,
    date=pd.Timestamp("2020-05-01"),
    logical=True,
    text="12,5",
    infinite=float("inf"),
    negative=-4.0,
    error="#DIV/0!",
    formula="=1/0",
)
def workbook_cell(bench: Bench, value: object):
    rows = bench.rows.astype(object)
    rows.loc[_row(bench), "dfs_months"] = value
    if value == float("inf"):
        bench.write(
            "sheet.parquet", _parquet(bench, rows.assign(dfs_months=pd.to_numeric(rows["dfs_months"])))
        )
    else:
        bench.write("sheet.xlsx", _workbook(bench, rows))
    return "refused"


@mutation(
    times=2,
    nested=lambda r: r.assign(age=[[int(a)] for a in r["age"]]),
    binary=lambda r: r.assign(sex=[s.encode() for s in r["sex"]]),
    moments=lambda r: r.assign(dfs_months=pd.Timestamp("2020-01-01")),
    logical=lambda r: r.assign(dfs_months=True),
    no_rows=lambda r: r.head(0),
    no_columns=lambda r: r[[]],
    nul=lambda r: r.assign(image=["P00/ima\0ge.nii.gz", *r["image"][1:]]),
    nul_in_id=lambda r: r.assign(patient=["P\0", *r["patient"][1:]]),
    infinite=lambda r: r.assign(age=[np.inf, *pd.to_numeric(r["age"][1:])]),
    lines=lambda r: r.assign(tnm_stage=["I\nII", *r["tnm_stage"][1:]]),
)  # fmt: skip
def parquet_column(bench: Bench, change):
    bench.write("sheet.parquet", _parquet(bench, change(bench.rows)))
    return "refused"


@mutation(times=2, categories="category", numbers="int64")
def parquet_type(bench: Bench, kind: str):
    bench.write("sheet.parquet", _parquet(bench, bench.rows.astype({"age": kind, "recurrence": kind})))
    return "used"


@mutation(times=2)
def parquet_with_a_lying_footer(bench: Bench):
    data = bytearray(_parquet(bench))
    struct.pack_into("<i", data, len(data) - 8, int(bench.rng.integers(0, 2**31 - 1)))
    bench.write("sheet.parquet", bytes(data))
    return "refused"
