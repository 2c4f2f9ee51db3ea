"""What a user sees when SLURM ends a job, and what the run does about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cluster.cluster import wait_until

pytestmark = pytest.mark.cluster

SNAKEFILE = Path(__file__).parent / "faults" / "Snakefile"


def outputs(*names):
    return [f"out/{name}.json" for name in names]


def paragraphs(said):
    """The final screen: what is told of each cause, with the steps that failed by it."""
    return said[said.rindex(" failed; ") :].split("\n\n")[1:]


def told_of(said, step):
    """The part of the final screen about one step; '' where it says nothing of it."""
    return "".join(part for part in paragraphs(said) if re.search(rf"^step +{step}", part, re.MULTILINE))


@pytest.fixture(scope="module")
def own_faults(start, tmp_path_factory):
    """A run of steps that fail by themselves, ask for too little, or take a GPU; with a second attempt."""
    folder = tmp_path_factory.mktemp("own")
    names = ("fine", "refused", "too_large", "grows", "pair/refuse", "on_gpu_1", "on_gpu_2")
    run = start(
        folder, SNAKEFILE, *outputs(*names), "--retries", "1", "--set-resources", "on_gpu:slurm_partition=gpu"
    )
    return folder, run


@pytest.fixture(scope="module")
def outer_faults(start, cluster, own_faults, tmp_path_factory):
    """A run of steps that are ended from outside: out of time, cancelled alone and in a group, on a lost node."""
    folder = tmp_path_factory.mktemp("outer")
    names = ("too_slow", "cancelled", "pair/wait", "lost", "requeued")
    run = start(folder, SNAKEFILE, *outputs(*names), "--retries", "0")
    logs = folder / "logs"

    def has_begun(*steps):
        return all((logs / f"{step}.log.began").exists() for step in steps)

    wait_until(lambda: has_begun("cancelled", "pair/wait", "lost", "requeued"), 180, "the steps to begin")
    here = {
        job["comment"]: job["id"]
        for job in cluster.jobs()
        if job["state"] == "RUNNING" and job["folder"] == str(folder)
    }
    for comment, job in here.items():
        if "cancelled" in comment or "pair" in comment:
            cluster.ask("scancel", job)
    cluster.lose_node("c2")
    again = here["rule_requeued"]
    wait_until(lambda: cluster.state(again) == "PENDING", 120, "SLURM to put the job of the lost node back")
    cluster.start_node("c2")  # SLURM starts the job again two minutes later
    return folder, run


# The outer faults come first: both runs go on side by side.


@pytest.mark.parametrize(
    ("step", "cause"),
    [
        ("too_slow", "out of time (1 minutes asked)"),
        ("cancelled", "cancelled by somebody (scancel)"),
        ("pair_", "cancelled by somebody (scancel)"),
        ("lost", "the node was lost"),
    ],
)
def test_what_ended_a_job_from_outside_is_told_apart(outer_faults, step, cause):
    done = outer_faults[1].ended()
    assert done.status == 1, done.ending
    assert cause in told_of(done.said, step), done.ending
    assert "Traceback" not in done.said


def test_a_job_that_slurm_started_again_after_a_lost_node_ends_as_if_nothing_had_been(outer_faults):
    folder, run = outer_faults
    said = run.ended().said
    assert (folder / "out/requeued.json").exists()
    assert told_of(said, "requeued") == ""


def test_steps_end_where_nothing_goes_wrong(own_faults):
    folder, run = own_faults
    done = run.ended()
    assert done.status == 1, done.ending
    assert json.loads((folder / "out/fine.json").read_text())["SLURM_JOB_ID"]


def test_a_user_s_fault_is_told_in_words_and_not_tried_again(own_faults):
    said = own_faults[1].ended().said
    told = told_of(said, "refused")
    assert "patients.csv, row 3: expected a number of months, found 'soon'" in told
    assert "Mend the cell." in told
    assert "logs/refused.log" in told
    assert "Traceback" not in said
    assert "again: refused" not in said


def test_a_step_over_its_memory_is_told_as_that_and_names_what_it_asked_for(own_faults):
    told = told_of(own_faults[1].ended().said, "too_large")
    assert "over its memory (1000 MB asked)" in told
    assert "mem_mb" in told


def test_a_step_that_asks_for_more_at_the_second_attempt_ends_and_is_recorded(own_faults):
    folder, run = own_faults
    said = run.ended().said
    assert (folder / "out/grows.json").exists()
    assert told_of(said, "grows") == ""
    retried = (folder / "logs/retried.tsv").read_text()
    assert "grows" in retried
    assert "over its memory" in retried


def test_of_a_group_the_step_at_fault_is_told_and_no_other(own_faults):
    said = own_faults[1].ended().said
    assert "patients.csv, row 3" in told_of(said, "pair_second")
    assert told_of(said, "pair_first") == ""


def test_a_step_sees_as_many_cards_as_it_asked_for(own_faults):
    folder, run = own_faults
    run.ended()
    seen = [json.loads((folder / f"out/on_gpu_{n}.json").read_text()) for n in (1, 2)]
    assert seen[0]["CUDA_VISIBLE_DEVICES"] in ("0", "1")
    assert seen[1]["CUDA_VISIBLE_DEVICES"] == "0,1"


def test_a_partition_that_is_not_there_is_told_in_slurm_s_words(start, tmp_path):
    done = start(
        tmp_path,
        SNAKEFILE,
        "out/fine.json",
        "--retries",
        "0",
        "--default-resources",
        "slurm_partition=nonesuch",
    ).ended()
    assert done.status == 1
    assert "SLURM refused the job: sbatch: error: invalid partition specified: nonesuch" in done.said
    assert "--wrap" not in done.said
