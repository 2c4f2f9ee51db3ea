import errno
import json
import signal
import subprocess

import pytest

from scripts.errors import CaseError, FaultList, InputError, OutOfMemory
from scripts.workflow import failures
from scripts.workflow.failures import Failure, killed_by_slurm, killed_locally, told_by

# What a SLURM 22.05 said of jobs that ended so: the executor's message and the job's log in .snakemake/slurm_logs.
POLLED = (
    "SLURM-job '2' failed, SLURM status is: '{}'. Detailed failure reason unavailable (status command is not"
)
OVER = (
    "slurmstepd-c1: error: StepId=3.0 exceeded memory limit (1229213696 > 1048576000), being killed\n"
    "slurmstepd-c1: error: Exceeded job memory limit\n"
    "slurmstepd-c1: error: *** STEP 3.0 ON c1 CANCELLED AT 2026-11-21T10:54:03 ***\n"
)
LATE = "slurmstepd-c1: error: *** STEP 2.0 ON c1 CANCELLED AT 2026-11-21T10:57:47 DUE TO TIME LIMIT ***\n"
GONE = "slurmstepd-c1: error: *** JOB 5 ON c1 CANCELLED AT 2026-11-21T10:54:09 ***\n"
LOST = "slurmstepd: error: *** JOB 6 ON c1 CANCELLED AT 2026-11-21T10:54:09 DUE TO NODE FAILURE, SEE SLURMCTLD ***"
OWN = "CalledProcessError: Command 'python x.py' returned non-zero exit status 1.\n"


@pytest.mark.parametrize(
    ("status", "log", "kind"),
    [
        (POLLED.format("TIMEOUT"), LATE, "time"),
        (POLLED.format("FAILED"), LATE, "time"),
        (POLLED.format("FAILED"), OVER, "memory"),
        (POLLED.format("OUT_OF_MEMORY"), "", "memory"),
        (POLLED.format("FAILED"), "slurmstepd: error: Detected 1 oom_kill event in StepId=9.0.", "memory"),
        (POLLED.format("FAILED"), "Command 'x' died with <Signals.SIGKILL: 9>.", "memory"),
        (POLLED.format("CANCELLED"), GONE, "cancelled"),
        (POLLED.format("CANCELLED"), "died with <Signals.SIGKILL: 9>", "cancelled"),
        ("", GONE, "cancelled"),
        (
            "SLURM-job '6' failed due to a node failure, SLURM status is: 'NODE_FAIL'. Failed nodes",
            "",
            "node",
        ),
        ("", LOST, "node"),
        ("BOOT_FAIL", "", "node"),
        ("TIMEOUT", "", "time"),
        ("OUT_OF_MEMORY", "", "memory"),
        ("SLURM sbatch failed. The error message was 'sbatch: error: invalid partition'.\n", "", "input"),
    ],
)
def test_what_slurm_ended_is_told_apart(status, log, kind):
    assert killed_by_slurm(status, log)["kind"] == kind


@pytest.mark.parametrize("status", [POLLED.format("FAILED"), "FAILED", ""])
def test_a_job_that_failed_by_itself_is_not_blamed_on_slurm(status):
    assert killed_by_slurm(status, OWN) is None


def test_slurm_tells_what_was_asked_for():
    assert "(4000 MB asked)" in killed_by_slurm("OUT_OF_MEMORY", "", mem_mb=4000)["cause"]
    assert "(30 minutes asked)" in killed_by_slurm("TIMEOUT", "", runtime=30)["cause"]
    refused = killed_by_slurm("SLURM sbatch failed. The error message was 'invalid\npartition'.\n  x 'y'", "")
    assert refused["cause"] == "SLURM refused the job: invalid partition"


@pytest.mark.parametrize("number", [9, 11, 15])
@pytest.mark.parametrize("through", ["", "true; ", "set -euo pipefail; "])
def test_the_signal_is_read_from_what_python_says_of_a_command(number, through):
    script = f"import os; os.kill(os.getpid(), {number})"
    with pytest.raises(subprocess.CalledProcessError) as error:
        subprocess.run(f'{through}python3 -c "{script}"', shell=True, check=True, executable="/bin/bash")
    assert failures.exit_signal(str(error.value)) == number


def test_an_exit_by_itself_has_no_signal():
    assert failures.exit_signal("Command 'x' returned non-zero exit status 1.") is None
    assert failures.exit_signal("Command 'x' returned non-zero exit status 137.") == 9
    assert failures.exit_signal("Command 'x' returned non-zero exit status 255.") is None


def test_kill_9_is_most_likely_memory_and_other_signals_are_named():
    killed = killed_locally(signal.SIGKILL, 4000)
    assert (killed["kind"], killed["cause"]) == (
        "memory",
        "killed by the system, most likely for memory (4000 MB asked)",
    )
    assert "SIGSEGV" in killed_locally(signal.SIGSEGV)["cause"]
    assert "SIGTERM" in killed_locally(signal.SIGTERM)["cause"]
    assert killed_locally(signal.SIGINT)["kind"] == "interrupted"


def test_an_exception_becomes_kind_cause_and_remedy():
    wrong = told_by(InputError("a.csv", "a number", "'x'", "Write 1.", patients=["P1"]))
    assert (wrong["kind"], wrong["cause"]) == ("input", "a.csv: expected a number, found 'x'.")
    assert (wrong["remedy"], wrong["patients"]) == ("Write 1.", ("P1",))
    assert told_by(CaseError("empty"))["kind"] == "case"
    assert told_by(MemoryError("12 GiB"))["cause"] == "out of memory: 12 GiB"
    assert told_by(OutOfMemory("killed", ["P2"]))["patients"] == ("P2",)
    assert told_by(ValueError("two\nlines"))["cause"] == "ValueError: two lines"
    assert "report it" in told_by(ValueError("no"))["remedy"]
    assert "requirements/" in told_by(ModuleNotFoundError("No module named 'mne'"))["remedy"]


def test_the_faults_of_a_list_stay_in_the_message_and_the_cause_is_one_line():
    told = told_by(FaultList("a.yaml", ["one", "two"], "Mend them."))
    assert told["cause"] == "a.yaml: 2 faults"
    assert "  - two" in told["message"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "no permission"),
        (errno.EACCES, "no permission"),
        (errno.EFBIG, "may not grow"),
        (errno.EIO, "the disk failed"),
    ],
)
def test_what_the_disk_refuses_is_told_as_that(number, words):
    told = told_by(OSError(number, "x", "results/a.csv"))
    assert told["kind"] == "disk"
    assert words in told["cause"]
    assert "results/a.csv" in told["cause"]


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "results").write_text("")
    fault = failures.disk_fault(errno.ENOTDIR, tmp_path / "results" / "a" / "b.csv")
    assert fault["cause"].endswith(f" {tmp_path / 'results'}")
    assert str(tmp_path / "results") in failures.disk_state(tmp_path / "results" / "a")["cause"]
    assert failures.disk_state(tmp_path / "not_yet" / "there") is None


def test_a_record_is_read_by_its_run_alone(tmp_path):
    log = tmp_path / "logs" / "a.log"
    failure = Failure("rule", {"batch": "b0"}, "code", "cause", patients=("ä",), log=str(log), run="one")
    assert failures.write_failure(failure)
    assert failures.read_failure(log, "one") == failure
    assert failures.read_failure(log, "two") is None
    record = json.loads((tmp_path / "logs" / "a.log.failure.json").read_text())
    wanted = {"rule", "wildcards", "kind", "patients", "cause", "message", "remedy", "attempt", "log"}
    assert wanted <= set(record)
    failures.remove_failure(log)
    assert failures.read_failure(log, "one") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"rule": 1}', '{"unknown": 1, "patients": [], "among": []}']
)
def test_half_a_record_is_none(tmp_path, text):
    failures.record_path(tmp_path / "a.log").write_text(text)
    assert failures.read_failure(tmp_path / "a.log", "one") is None


def test_where_the_disk_takes_no_record_it_is_said(tmp_path):
    (tmp_path / "logs").write_text("a file")
    assert not failures.write_failure(
        Failure("rule", {}, "code", "cause", log=str(tmp_path / "logs" / "a.log"))
    )
