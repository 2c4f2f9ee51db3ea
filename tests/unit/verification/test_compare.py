"""Comparing a recomputed output with the run's."""

from pathlib import Path

import pandas as pd
import pytest

from scripts.tables import write_json, write_table
from scripts.verification.compare import DIFFERENT, SAME, WITHIN, compare_output


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two empty folders: the run's, the recomputation's."""
    folders = tmp_path / "ours", tmp_path / "theirs"
    for folder in folders:
        folder.mkdir()
    return folders


def verdict(two: tuple[Path, Path], path: str, tolerance: float | None = None) -> tuple[str, str]:
    (found,) = compare_output(path, *two, tolerance)
    return found.verdict, found.what


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_numbers_of_tables_within_and_beyond_the_tolerance(two: tuple[Path, Path], ending: str) -> None:
    for folder, value in zip(two, (1.0, 1.0005), strict=True):
        write_table(pd.DataFrame({"name": ["a", "b"], "x": [2.0, value]}), folder / f"t.{ending}")
    path = f"t.{ending}"
    assert verdict(two, path)[0] == DIFFERENT  # bytes count where no tolerance is given
    assert verdict(two, path, 1e-3) == (WITHIN, "largest relative difference 0.0005")
    assert verdict(two, path, 1e-4) == (DIFFERENT, "row 2, x: 1.0 and 1.0005")


def test_words_and_rows_have_no_tolerance(two: tuple[Path, Path]) -> None:
    write_table(pd.DataFrame({"name": ["a"]}), two[0] / "t.csv")
    write_table(pd.DataFrame({"name": ["b"]}), two[1] / "t.csv")
    assert verdict(two, "t.csv", 0.5) == (DIFFERENT, "row 1, name: 'a' and 'b'")
    write_table(pd.DataFrame({"name": ["a", "a"]}), two[1] / "t.csv")
    assert verdict(two, "t.csv", 0.5) == (DIFFERENT, "rows: '1' and '2'")


def test_not_a_number_equals_only_itself(two: tuple[Path, Path]) -> None:
    write_table(pd.DataFrame({"x": [1.0, None], "y": [1.0, 1.0]}), two[0] / "t.parquet")
    write_table(pd.DataFrame({"x": [1.0, None], "y": [1.0, 1.1]}), two[1] / "t.parquet")
    assert verdict(two, "t.parquet", 0.2)[0] == WITHIN
    write_table(pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, 1.1]}), two[1] / "t.parquet")
    assert verdict(two, "t.parquet", 0.2) == (DIFFERENT, "row 2, x: nan and 2.0")


def test_json_by_its_numbers(two: tuple[Path, Path]) -> None:
    write_json({"a": [1.0, {"b": 2.0}], "c": "x"}, two[0] / "m.json")
    write_json({"a": [1.0, {"b": 2.0002}], "c": "x"}, two[1] / "m.json")
    assert verdict(two, "m.json", 1e-3)[0] == WITHIN
    assert verdict(two, "m.json", 1e-5) == (DIFFERENT, "a[1].b: 2.0 and 2.0002")
    write_json({"a": [1.0], "c": "x"}, two[1] / "m.json")
    assert verdict(two, "m.json", 1e-3)[0] == DIFFERENT


def test_folders_file_by_file_and_missing_ones(two: tuple[Path, Path]) -> None:
    for folder in two:
        (folder / "figures").mkdir()
        (folder / "figures/a.svg").write_text("<svg/>")
    (two[0] / "figures/b.svg").write_text("<svg/>")
    found = {one.path: (one.verdict, one.what) for one in compare_output("figures", *two)}
    assert found == {
        "figures/a.svg": (SAME, ""),
        "figures/b.svg": (DIFFERENT, "not made by the recomputation"),
    }
    (two[0] / "report.pdf").write_bytes(b"1234")
    (two[1] / "report.pdf").write_bytes(b"12345")
    assert verdict(two, "report.pdf", 1.0) == (DIFFERENT, "other bytes (4 and 5 bytes)")
