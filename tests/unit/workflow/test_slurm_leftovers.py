"""Jobs of a killed run in SLURM, with scripts in the place of squeue and scancel that keep the jobs in a file."""

import os
import stat

import pytest

from scripts.workflow import slurm_leftovers
from scripts.workflow.slurm_leftovers import LeftoverError, cancel_jobs

SQUEUE = """#!/bin/sh
echo "squeue $*" >> {folder}/calls
cat {folder}/jobs
"""
SCANCEL = """#!/bin/sh
echo "scancel $*" >> {folder}/calls
: > {folder}/jobs
"""


def install(folder, name, text):
    path = folder / name
    path.write_text(text.format(folder=folder))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Folder on PATH with squeue and scancel; `jobs` holds the numbers of living jobs, `calls` what was called."""
    install(tmp_path, "squeue", SQUEUE)
    install(tmp_path, "scancel", SCANCEL)
    (tmp_path / "jobs").write_text("11\n12\n")
    (tmp_path / "calls").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(slurm_leftovers, "PAUSE_S", 0.01)
    return tmp_path


def test_jobs_are_cancelled_by_the_runs_name_and_waited_for(cluster):
    assert cancel_jobs("a-run") == 2
    calls = (cluster / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["squeue", "scancel", "squeue"]
    assert all(call.split()[-1] == "--name=a-run" for call in calls)


def test_with_no_jobs_left_nothing_is_cancelled(cluster):
    (cluster / "jobs").write_text("")
    assert cancel_jobs("a-run") == 0
    assert "scancel" not in (cluster / "calls").read_text()


def test_jobs_that_do_not_end_are_named(cluster, monkeypatch):
    install(cluster, "scancel", "#!/bin/sh\nexit 0\n")
    monkeypatch.setattr(slurm_leftovers, "PATIENCE_S", 0.3)
    with pytest.raises(LeftoverError, match=r"have not ended: 11, 12\. Wait .* squeue --name=a-run"):
        cancel_jobs("a-run")


def test_a_command_that_fails_is_told_with_its_words_and_what_to_do(cluster):
    install(cluster, "scancel", "#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n")
    with pytest.raises(LeftoverError, match=r"scancel failed \(Unable to contact .*scancel --name=a-run"):
        cancel_jobs("a-run")


def test_a_host_without_slurm_says_where_to_cancel(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeftoverError, match=r"no scancel on this host.* scancel --name=a-run"):
        cancel_jobs("a-run")
