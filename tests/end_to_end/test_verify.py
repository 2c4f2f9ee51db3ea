"""`results/<paper>/verify.csv`: a share of the finished jobs computed again, byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.verification import planned, verify_run
from scripts.workflow.config import read_yaml
from tests.end_to_end.runs import PDF, ROOT, TABLES, finished, write_config

VERIFY = "results/crc_nomogram/verify.csv"
SEED = 2020


@pytest.fixture(scope="module")
def jobs(simulated_run: Path) -> list[dict]:
    """All jobs behind the finished target."""
    program = [
        sys.executable,
        planned.__file__,
        str(ROOT / "Snakefile"),
        str(ROOT / "config/config.yaml"),
        PDF,
    ]
    done = subprocess.run(program, cwd=simulated_run, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def draw_of(jobs: list[dict], wanted: set[str], share: float) -> int:
    """The first draw whose jobs are all among the wanted rules."""
    draws = range(1, 100_000)
    return next(
        d for d in draws if {job["rule"] for job in verify_run.drawn_jobs(jobs, share, SEED, d)} == wanted
    )


def test_the_plan_holds_every_job_of_the_run(jobs: list[dict], simulated_run: Path) -> None:
    made = {path for job in jobs for path in job["outputs"]}
    assert len(jobs) == 29
    assert PDF in made
    assert all((simulated_run / path).exists() for path in made)


def test_a_finished_run_gives_the_same_bytes_again(
    jobs: list[dict], simulated_run: Path, copy_of: Callable
) -> None:
    folder = copy_of(simulated_run)
    draw = draw_of(jobs, {"apply_model_crc_nomogram", "draw_figures_crc_nomogram"}, 0.05)
    write_config(folder / "mine.yaml", verify={"share": 0.05, "draw": draw})
    done = finished(folder, VERIFY, "--configfile", "mine.yaml")
    assert done.rules == {"verify_run": 1}
    table = pd.read_csv(folder / VERIFY)
    assert set(table["rule"]) == {"apply_model_crc_nomogram", "draw_figures_crc_nomogram"}
    assert set(table["verdict"]) == {"same bytes"}
    assert table["output"].str.endswith(".svg").sum() > 15
    assert not (folder / "cache/verify/crc_nomogram").exists()
    assert "Nothing to be done" in finished(folder, PDF).said


def test_a_result_changed_by_hand_is_found(jobs: list[dict], simulated_run: Path, copy_of: Callable) -> None:
    folder = copy_of(simulated_run)
    path = folder / TABLES / "table1.csv"
    times = path.stat()
    path.write_text(path.read_text().replace("0", "1", 1))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    draw = draw_of(jobs, {"describe_cohort_crc_nomogram"}, 0.01)
    table = verify_run.verify_run(
        folder,
        folder / "cache/verify/crc_nomogram",
        read_yaml(ROOT / "config/config.yaml"),
        PDF,
        share=0.01,
        seed=SEED,
        draw=draw,
    )
    differing = table[table["verdict"] != "same bytes"]
    assert differing["output"].tolist() == ["results/crc_nomogram/tables/table1.csv"]
    with pytest.raises(InputError, match=r"table1\.csv: other bytes"):
        verify_run.require_same(table)
