"""The first paper on a cluster whose submit host dies and returns: the same bytes as on one machine."""

from __future__ import annotations

import pytest

from tests.cluster.cluster import wait_until
from tests.end_to_end.conftest import SMALL
from tests.end_to_end.runs import PDF, RESULTS, ROOT, finished, result_tables, write_config

pytestmark = pytest.mark.cluster

# More than half of a node's processors: of two batches one runs, and one waits in the queue.
SETTINGS = {
    "cases_per_job": 256,
    "threads_per_job": 5,
    "papers": {"crc_nomogram": {"cohort": "simulated", "parameters": SMALL}},
}
COMMAND = (PDF, "--configfile", "small.yaml")


def test_a_submit_host_dies_and_returns_and_the_results_are_those_of_one_machine(cluster, start, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        write_config(folder / "small.yaml", **SETTINGS)
    cluster.ask("scontrol", "update", "NodeName=c2", "State=DRAIN", "Reason=test")
    try:
        first = start(there, ROOT / "Snakefile", *COMMAND)
        wait_until(
            lambda: {"RUNNING", "PENDING"} == {state for _, state in batches(cluster, there)},
            400,
            "one batch to run and one to wait",
        )
        left = [job for job, _ in batches(cluster, there)]
        first.kill()
        assert len(left) == 2
        assert {cluster.state(job) for job in left} == {"RUNNING", "PENDING"}, "they outlive the submit host"

        done = start(there, ROOT / "Snakefile", *COMMAND).ended(900)
    finally:
        cluster.ask("scontrol", "update", "NodeName=c2", "State=RESUME")
    assert done.status == 0, done.ending
    assert "Jobs of the killed run cancelled in SLURM: 2" in done.said
    assert {cluster.state(job) for job in left} == {"CANCELLED"}
    started = [job["comment"].removeprefix("rule_") for job in cluster.jobs() if job["folder"] == str(there)]
    assert any(name.startswith("model_apply_model") for name in started), started
    assert not any(name.startswith(("fit_model", "write_report", "admit_cohort")) for name in started), (
        started
    )
    assert "Traceback" not in done.said

    finished(here, *COMMAND)
    assert result_tables(there) == result_tables(here)
    for path in (PDF, RESULTS / "model.json", *figures(here)):
        assert (there / path).read_bytes() == (here / path).read_bytes(), path


def batches(cluster, folder):
    """Id and state of the jobs that extract the features of a batch and have not ended."""
    return [
        (job["id"], job["state"])
        for job in cluster.jobs()
        if "extract_features" in job["comment"]
        and job["folder"] == str(folder)
        and job["state"] in ("RUNNING", "PENDING")
    ]


def figures(folder):
    found = sorted(path.relative_to(folder) for path in (folder / RESULTS / "figures").rglob("*.svg"))
    assert found
    return found
