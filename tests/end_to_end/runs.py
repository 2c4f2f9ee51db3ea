"""Runs from the command line, as a user starts them, and what they leave behind."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
PDF = "results/crc_nomogram.pdf"
RESULTS = Path("results/crc_nomogram")
TABLES = RESULTS / "tables"
CACHE = Path("cache/crc_nomogram")
BANNER = "SIMULATED PATIENTS: drawn by a program"
MODEL_BANNER = "MODEL OF SIMULATED PATIENTS"
LIMIT_S = 1500


@dataclass(frozen=True)
class Done:
    """An ended command: its status and everything it wrote to the terminal."""

    status: int
    said: str

    @property
    def rules(self) -> dict[str, int]:
        """Rule -> number of jobs, from the table of jobs that Snakemake prints before it starts."""
        table = re.search(r"^job\s+count\n-+\s+-+\n(.*?)^total", self.said, re.MULTILINE | re.DOTALL)
        rows = table.group(1).split("\n") if table else []
        return {row.split()[0].removesuffix("_crc_nomogram"): int(row.split()[1]) for row in rows if row}

    @property
    def ending(self) -> str:
        """The last lines, cut to a width that can be read."""
        return "\n".join(line[:300] for line in self.said.splitlines()[-60:])

    @property
    def batches(self) -> set[str]:
        """Batches whose features are (or would be) extracted."""
        return set(re.findall(r"radiomic features of batch (b[0-9a-f]*)", self.said))


def command(*arguments: str | Path, cores: int = 2) -> list[str]:
    """The command line of a user."""
    start = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", str(cores)]
    return [*start, *map(str, arguments)]


def snakemake(folder: Path, *arguments: str | Path, cores: int = 2) -> Done:
    """Run Snakemake in `folder` and gather what it said."""
    done = subprocess.run(
        command(*arguments, cores=cores),
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_S,
    )
    return Done(done.returncode, done.stdout)


def finished(folder: Path, *arguments: str | Path, cores: int = 2) -> Done:
    """`snakemake`, which must succeed."""
    done = snakemake(folder, *arguments, cores=cores)
    assert done.status == 0, done.ending
    return done


def refused(folder: Path, *arguments: str | Path) -> str:
    """What `snakemake` says when it must fail, and without a traceback."""
    done = snakemake(folder, *arguments)
    assert done.status == 1, done.ending
    assert "Traceback" not in done.said, done.ending
    assert "Cannot restore" not in done.said, done.ending
    return done.said


def result_tables(folder: Path) -> dict[str, bytes]:
    """Every result table of a run, CSV and Parquet: path below `folder` -> bytes."""
    paths = [p for ending in ("csv", "parquet") for p in (folder / RESULTS).rglob(f"*.{ending}")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def table(folder: Path, name: str) -> pd.DataFrame:
    """A result table by its name."""
    return pd.read_parquet(folder / TABLES / f"{name}.parquet")


def features(folder: Path, cohort: str = "simulated", extraction: str = "config") -> pd.DataFrame:
    """The radiomic features of a run, index patient."""
    path = folder / CACHE / cohort / "features" / f"{extraction}.parquet"
    return pd.read_parquet(path).set_index("patient")


def write_config(path: Path, **entries: object) -> Path:
    """A user's configuration file."""
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")
    return path


def write_sheet(rows: pd.DataFrame | Iterable[dict[str, str]], path: Path) -> Path:
    """A sample sheet as text cells, empty where a value is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).fillna("").to_csv(path, index=False)
    return path
