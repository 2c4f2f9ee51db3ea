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
from tests.end_to_end.visits import TARGET as VISITS_PDF

VERIFY = "results/crc_nomogram/verify.csv"
SEED = 2020


def jobs_behind(folder: Path, target: str, configfile: Path) -> list[dict]:
    """All jobs behind a target in a folder, finished or not."""
    program = [sys.executable, planned.__file__, str(ROOT / "Snakefile"), str(configfile), target]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def jobs(simulated_run: Path) -> list[dict]:
    """All jobs behind the finished target."""
    return jobs_behind(simulated_run, PDF, ROOT / "config/config.yaml")


def draw_of(jobs: list[dict], wanted: set[str], share: float, most: int = 100_000) -> int:
    """The first draw, of `most`, whose jobs are of the wanted rules and no others."""
    draws = range(1, most)
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


def test_the_steps_of_the_images_give_the_same_bytes_again(visits_study: Path, copy_of: Callable) -> None:
    wanted = {"correct_bias", "segment_tumours", "register_visits", "picture_registration"}
    jobs = jobs_behind(visits_study, VISITS_PDF, visits_study / "mine.yaml")
    share = (len(wanted) - 0.5) / len(jobs)
    folder = copy_of(visits_study)
    write_config(
        folder / "verify.yaml", verify={"share": share, "draw": draw_of(jobs, wanted, share, 1_000_000)}
    )
    target = "results/nact_response/verify.csv"
    done = finished(folder, target, "--configfile", "mine.yaml", "verify.yaml")
    assert done.rules == {"verify_run": 1}
    table = pd.read_csv(folder / target)
    assert set(table["rule"]) == wanted
    assert set(table["verdict"]) == {"same bytes"}
    assert table["output"].str.endswith(".mha").sum() > 15
    assert not (folder / "cache/verify/nact_response").exists()
