"""A scratch folder in which a run looks finished."""

import os
from pathlib import Path

import pytest

from scripts.verification.mirror import mirror_run, restore


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with data beside and above it, and files that a run made."""
    folder = tmp_path / "home" / "study"
    for path in (
        "cache/p/a.parquet",
        "cache/verify/old",
        "results/p.pdf",
        "results/p/figures/f.svg",
        "logs/x.log",
        "mine.csv",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    os.utime(folder / "results/p.pdf", ns=(5, 1_000_000_007))
    (tmp_path / "home" / "data").mkdir()
    (tmp_path / "home" / "data" / "sheet.csv").write_text("sheet")
    (tmp_path / "shared.csv").write_text("shared")
    return folder


@pytest.fixture
def inner(run: Path) -> Path:
    return mirror_run(run, run / "cache/verify/p", leave_out=run / "cache/verify")


def test_what_a_run_made_is_there_with_its_times_and_without_logs(run: Path, inner: Path) -> None:
    made = sorted(p.relative_to(inner).as_posix() for p in inner.rglob("*") if p.is_file())
    assert made == ["cache/p/a.parquet", "mine.csv", "results/p.pdf", "results/p/figures/f.svg"]
    assert (inner / "results/p.pdf").stat().st_mtime_ns == 1_000_000_007
    assert (inner / "results/p.pdf").samefile(run / "results/p.pdf")


def test_data_beside_and_above_are_reached_by_the_same_relative_paths(inner: Path) -> None:
    there = os.getcwd()
    try:
        os.chdir(inner)
        assert Path("../data/sheet.csv").read_text() == "sheet"
        assert Path("../../shared.csv").read_text() == "shared"
        assert Path("mine.csv").read_text() == "mine.csv"
    finally:
        os.chdir(there)


def test_an_output_written_anew_leaves_the_runs_own_alone(run: Path, inner: Path) -> None:
    (inner / "results/p.pdf").unlink()
    (inner / "results/p.pdf").write_text("new")
    (inner / "results/p/figures/f.svg").unlink()
    (inner / "results/p/figures/g.svg").write_text("new")
    assert (run / "results/p.pdf").read_text() == "results/p.pdf"
    for path in ("results/p.pdf", "results/p/figures"):
        restore(run, inner, path)
    assert (inner / "results/p.pdf").samefile(run / "results/p.pdf")
    assert [p.name for p in (inner / "results/p/figures").iterdir()] == ["f.svg"]
    assert [p.name for p in (run / "results/p/figures").iterdir()] == ["f.svg"]


def test_copies_where_the_file_system_has_no_hard_links(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no hard links")

    monkeypatch.setattr(os, "link", refuse)
    inner = mirror_run(run, run / "cache/verify/p", leave_out=run / "cache/verify")
    assert (inner / "results/p.pdf").read_text() == "results/p.pdf"
    assert (inner / "results/p.pdf").stat().st_mtime_ns == 1_000_000_007
