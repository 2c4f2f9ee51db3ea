import gzip

import numpy as np
import pandas as pd
import pytest

from scripts.errors import FaultList, InputError
from scripts.expression.expression_table import read_expression

PATIENTS_BY_GENES = "id,TP53,KRAS,APC\n007,1.5,2.25,-3\nB,4,,0.5\n"
GENES_BY_PATIENTS = "gene\t007\tB\nTP53\t1.5\t4\nKRAS\t2.25\tNA\nAPC\t-3\t0.5\n"
EXPECTED = pd.DataFrame(
    [[1.5, 2.25, -3.0], [4.0, np.nan, 0.5]], index=["007", "B"], columns=["TP53", "KRAS", "APC"]
)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("patients", [None, ["007", "B", "elsewhere"]])
def test_patients_in_rows_keep_their_leading_zeros(tmp_path, patients):
    table = read_expression(write(tmp_path / "e.csv", PATIENTS_BY_GENES), patients)
    pd.testing.assert_frame_equal(table, EXPECTED, check_index_type=False, check_column_type=False)


def test_patients_in_columns_are_turned_round(tmp_path):
    table = read_expression(write(tmp_path / "e.tsv", GENES_BY_PATIENTS), ["B", "007"])
    pd.testing.assert_frame_equal(table, EXPECTED, check_index_type=False, check_column_type=False)


def test_compressed_parquet_and_r_tables_are_the_same(tmp_path):
    patients = ["007", "B"]
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(PATIENTS_BY_GENES.encode()))
    EXPECTED.to_parquet(tmp_path / "named.parquet")
    EXPECTED.rename_axis("gene_id").reset_index().to_parquet(tmp_path / "column.parquet")
    EXPECTED.T.rename_axis("gene").reset_index().to_parquet(tmp_path / "turned.parquet")
    write(tmp_path / "r.txt", "TP53\tKRAS\tAPC\n007\t1.5\t2.25\t-3\nB\t4\tNA\t0.5\n")  # no corner
    for name in ("e.csv.gz", "named.parquet", "column.parquet", "turned.parquet", "r.txt"):
        table = read_expression(tmp_path / name, patients)
        pd.testing.assert_frame_equal(table, EXPECTED, check_index_type=False, check_column_type=False)


def test_ids_of_digits_alone_stay_text(tmp_path):
    path = write(tmp_path / "e.csv", "id,7157,3845\n007,1.5,2\n0123,3,4\n")  # Entrez ids of TP53, KRAS
    table = read_expression(path, ["007", "0123"])
    assert table.index.tolist() == ["007", "0123"]
    assert table.columns.tolist() == ["7157", "3845"]


def test_only_the_studys_patients_are_kept(tmp_path):
    path = write(tmp_path / "e.csv", PATIENTS_BY_GENES + "C,9,9.5,9\n")
    assert read_expression(path, ["C", "007"]).index.tolist() == ["007", "C"]


def test_a_gene_in_two_columns_stays_in_two_columns(tmp_path):
    table = read_expression(write(tmp_path / "e.csv", "id,TP53,KRAS,TP53\nA,1.5,2,3\nB,4,5,6\n"), ["A"])
    assert table.columns.tolist() == ["TP53", "KRAS", "TP53"]


def test_the_side_of_the_patients_must_be_clear(tmp_path):
    path = write(tmp_path / "e.csv", "id,P1,P2\nP1,0.5,1\nP3,2,3\n")
    with pytest.raises(
        InputError, match="patient ids in both .'P1' in the first row, 'P1' in the first column"
    ):
        read_expression(path, ["P1", "P2", "P3"])
    with pytest.raises(
        InputError, match="such as X, found P1, P3 in the first column, P1, P2 in the first row"
    ):
        read_expression(path, ["X"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,A,B\nP1,1200.5,3\nP2,4.5,5\n", r"log scale, at most 50, found 1200.5 for gene A in patient P1"),
        ("id,A,B\nP1,12,3\nP2,4,\n", r"nothing but whole numbers, as counts are. Give log2\(x \+ 1\)"),
        ("id,A,B\nP1,1.5,3\nP2,-inf,5\n", r"found an infinite one. Give log2\(x \+ 1\)"),
        ("id,A,B\nP1,1.5,3\nP1,4.5,5\n", r"each patient once, found P1 more than once. Keep one"),
        ("id,A,B\nP1,,\n", r"expected expression values, found none"),
        ("id,A,B\n", r"No columns to parse"),
        ("", r"No columns to parse"),
        ("id;A;B\nP1;1.5;2\n", r"expected columns separated by ',', found one column"),
    ],
)
def test_tables_that_are_not_expression_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_expression(write(tmp_path / "e.csv", text))


def test_cells_and_lines_at_fault_are_named(tmp_path):
    path = write(tmp_path / "e.csv", "id,A,B\nP1,1.5,high\nP2,n.d.,5\n")
    with pytest.raises(FaultList) as error:
        read_expression(path)
    assert error.value.faults == ["P2, A: 'n.d.' is no number", "P1, B: 'high' is no number"]
    path = write(tmp_path / "cut.csv", "id,A,B\nP1,1.5,2\nP2,5\n")
    with pytest.raises(FaultList, match="line 3: 2 fields, the header has 3"):
        read_expression(path)
    path = write(tmp_path / "many.csv", "id,A\n" + "".join(f"P{k},x\n" for k in range(15)))
    with pytest.raises(FaultList) as error:
        read_expression(path)
    assert len(error.value.faults) == 11
    assert error.value.faults[-1] == "and 5 more"


def test_files_of_other_kinds_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected a .csv, .tsv, .txt .each also .gz. or .parquet table"):
        read_expression(write(tmp_path / "e.xlsx", ""))
    with pytest.raises(InputError, match="No such file"):
        read_expression(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="a readable Parquet table"):
        read_expression(write(tmp_path / "e.parquet", "not parquet"))
