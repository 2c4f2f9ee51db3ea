"""Killed runs, two runs at once: the same command goes on, and nothing is written by two at a time."""

import json
import os
import signal
import stat
import subprocess
import time

import pytest

from scripts.workflow.config import ROOT
from tests.benchmarks.kills import kill_again_and_again, tables
from tests.end_to_end.runs import (
    CACHE,
    LIMIT_S,
    command,
    finished,
    refused,
    snakemake,
    write_config,
    write_sheet,
)

KILLS, SEED = 6, 5
TABLE = (CACHE / "mine" / "features" / "config.parquet").as_posix()
MINE = ("--configfile", "mine.yaml")
RECORD = ".snakemake/run.json"


@pytest.fixture
def cohort(patients, tmp_path):
    """cohort(name): a folder with a sheet and a configuration of twelve patients in several batches."""
    chosen = patients.iloc[:12].drop(columns=["cohort"])

    def make(name):
        folder = tmp_path / name
        write_sheet(chosen, folder / "sheet.csv")
        write_config(folder / "mine.yaml", cases_per_job=3, cohorts={"mine": {"sheet": "sheet.csv"}})
        return folder

    return make


@pytest.fixture
def start():
    """start(folder, *arguments): a run under way; killed afterwards if it still lives."""
    started = []

    def begin(folder, *arguments, **variables):
        with (folder / "first.log").open("wb") as words:
            process = subprocess.Popen(
                command(*arguments),
                cwd=folder,
                stdout=words,
                stderr=subprocess.STDOUT,
                env=os.environ | variables,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(condition, process):
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert process.poll() is None, "the run ended too early"
        assert time.monotonic() < end
        time.sleep(0.02)


def locks(folder):
    return list((folder / ".snakemake" / "locks").glob("*.lock"))


def test_killed_again_and_again_the_same_command_ends_in_the_same_bytes(cohort):
    whole, killed = cohort("whole"), cohort("killed")
    begin = time.monotonic()
    finished(whole, TABLE, *MINE)
    longest_s = time.monotonic() - begin
    tally = kill_again_and_again(killed, command(TABLE, *MINE), KILLS, SEED, longest_s, tables(whole))
    assert tally.amiss == []
    assert tally.beside_others == 0
    assert tally.kills == KILLS
    assert tally.with_jobs > 0
    assert tally.ends > 0
    assert not (killed / RECORD).exists()


def test_a_second_run_is_told_who_is_at_work_and_goes_on_when_that_one_is_killed(cohort, start):
    folder = cohort("shared")
    first = start(folder, TABLE, *MINE)
    wait_until(lambda: locks(folder), first)
    os.kill(first.pid, signal.SIGSTOP)  # at work for as long as this test looks at it
    record = json.loads((folder / RECORD).read_text())
    assert record["pid"] == first.pid

    said = refused(folder, TABLE, *MINE)
    assert f"by {record['user']} on {record['host']}, process {first.pid}, since {record['since']}" in said
    assert f"{TABLE} --configfile mine.yaml" in said
    assert "Wait for it to end" in said
    assert "--unlock" not in said
    for look in (["-n"], ["--summary"], ["--list-rules"]):
        looked = snakemake(folder, TABLE, *MINE, *look)
        assert looked.status == 0, looked.ending
        assert "Error" not in looked.said
    assert f"process {first.pid}" in snakemake(folder, "-n", TABLE, *MINE).said
    finished(folder, TABLE, *MINE, "--unlock")
    assert f"process {first.pid}" in refused(folder, TABLE, *MINE)

    first.kill()
    first.wait()
    again = finished(folder, TABLE, *MINE)
    assert "was killed; this one goes on where it stopped" in again.said
    assert not (folder / RECORD).exists()
    assert "was killed" not in finished(folder, TABLE, *MINE).said


def test_after_a_kill_a_dry_run_plans_and_says_so_in_peace(cohort, start):
    folder = cohort("killed")
    first = start(folder, TABLE, *MINE)
    wait_until(lambda: locks(folder), first)
    first.kill()
    first.wait()
    left = locks(folder)
    planned = finished(folder, "-n", TABLE, *MINE)
    assert "was killed" in planned.said
    assert "Error" not in planned.said
    assert "locked" not in planned.said
    assert planned.rules["collect_features"] == 1
    assert locks(folder) == left
    finished(folder, TABLE, *MINE, "--unlock")
    assert locks(folder) == []
    assert not (folder / RECORD).exists()


def test_metadata_cut_off_by_a_kill_is_made_again_without_a_warning(cohort, start):
    folder = cohort("cut")
    finished(folder, TABLE, *MINE)
    first = start(folder, TABLE, *MINE, "--forceall")
    wait_until(lambda: locks(folder), first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    notes = sorted((folder / ".snakemake" / "metadata").rglob("*"))
    cut = next(
        path for path in notes if path.is_file() and b'"rule": "collect_features"' in path.read_bytes()
    )
    cut.write_bytes(cut.read_bytes()[:100])
    again = finished(folder, TABLE, *MINE)
    assert "corrupted" not in again.said
    assert again.rules["collect_features"] == 1
    assert "Nothing to be done" in finished(folder, TABLE, *MINE).said


FAKES = {
    "sinfo": "exit 0",
    "sacct": "exit 1",
    "sbatch": 'echo "$*" >> "$CLUSTER/submitted"; echo 41 >> "$CLUSTER/jobs"; echo 41',
    "squeue": 'cat "$CLUSTER/jobs"',
    "scancel": 'echo "$*" >> "$CLUSTER/cancelled"; : > "$CLUSTER/jobs"',
}


def test_jobs_that_a_killed_run_left_in_slurm_are_cancelled_before_others_are_submitted(
    cohort, start, tmp_path, monkeypatch
):
    """SLURM's commands are replaced by scripts that keep their jobs in a file."""
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "jobs").touch()
    for name, line in FAKES.items():
        (cluster / name).write_text(f"#!/bin/sh\n{line}\n")
        (cluster / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(cluster), prepend=os.pathsep)
    monkeypatch.setenv("CLUSTER", str(cluster))
    folder = cohort("submitted")
    slurm = ("--workflow-profile", ROOT / "profiles" / "slurm", "--slurm-no-account")
    first = start(folder, TABLE, *MINE, *slurm, "--default-resources", "slurm_partition=cpu")
    wait_until((cluster / "submitted").exists, first)
    run = json.loads((folder / RECORD).read_text())["slurm_run"]
    assert f"--job-name {run} " in (cluster / "submitted").read_text()
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    again = finished(folder, TABLE, *MINE)
    assert "cancelled in SLURM" in again.said
    assert (cluster / "cancelled").read_text() == f"--name={run}\n"
