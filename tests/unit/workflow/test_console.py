"""The console on records such as Snakemake sends; what a whole run shows is tested from the command line."""

import csv
import io
import logging
import threading
from types import SimpleNamespace

import pytest

from scripts.workflow import failures, unfinished
from scripts.workflow.console import RETRIED, TERMINAL, Console

KILLED = "RuleException:\nCalledProcessError in file:\nCommand 'python tmp1.fit.py' died with <Signals.SIGKILL: 9>."
FAILED = "RuleException:\nCalledProcessError in file:\nCommand 'python tmp1.fit.py' returned non-zero exit status 1."


class Job:
    def __init__(self, number, needs=()):
        self.number, self.needs = number, needs
        self.rule = SimpleNamespace(name=f"rule{number}", benchmark=None)
        self.log = [f"logs/crc/rule{number}.log"]
        self.wildcards = SimpleNamespace(items=lambda: [("batch", f"b{number}")])
        self.params = SimpleNamespace(items=lambda: [("cases", '[{"patient": "P1"}, {"patient": "P2"}]')])
        self.restart_times, self._attempt = 2, 1

    def is_group(self):
        return False


def snakemake(quiet=(), verbose=False, dryrun=False, jobs=3):
    planned = [Job(number) for number in range(jobs)]
    dag = SimpleNamespace(
        needrun_jobs=lambda exclude_finished=True: iter(planned),
        finished=lambda job: False,
        jobid=lambda job: job.number,
        job_dependencies=lambda job: [],
    )
    return SimpleNamespace(
        output_settings=SimpleNamespace(quiet=quiet, verbose=verbose, dryrun=dryrun),
        executor_plugin=object(),
        touch=False,
        local_exec=True,
        resource_settings=SimpleNamespace(cores=2),
        dag=dag,
        scheduler=SimpleNamespace(running=set(planned)),
        globals={"PAPERS": ["crc"]},
        logger_manager=SimpleNamespace(get_logfile=lambda: ["whole.log"]),
        planned=planned,
    )


class Run:
    """A logger as Snakemake sets it up, with a console, and functions that say what Snakemake would say."""

    def __init__(self, **settings):
        self.workflow = snakemake(**settings)
        self.stream = io.StringIO()
        terminal = logging.StreamHandler(self.stream)
        terminal.name = TERMINAL
        self.now = 0.0
        self.console = Console(self.workflow, terminal, clock=lambda: self.now)
        terminal.addFilter(self.console.is_for_the_terminal)
        self.logger = logging.Logger("snakemake.test", logging.INFO)
        self.kept = logging.StreamHandler(io.StringIO())
        for handler in (terminal, self.kept, self.console):
            self.logger.addHandler(handler)

    def say(self, text, event=None, level=logging.INFO, **facts):
        self.logger.log(level, text, extra={"event": event, **facts} if event else facts)

    def begin(self, job=0, mem_mb=4000):
        facts = {"wildcards": {"paper": "crc", "batch": f"b{job}"}, "log": [f"logs/crc/rule{job}.log"]}
        resources = {"mem_mb": mem_mb, "runtime": 10}
        message = f"crc: doing {job}"
        self.say(
            "",
            "job_info",
            jobid=job,
            rule_name=f"rule{job}",
            rule_msg=message,
            output=[],
            resources=resources,
            **facts,
        )

    def fail(self, job=0, text=FAILED, message=None, logs=(), **facts):
        def callback():
            if text:
                self.say(text, "error", logging.ERROR, exception="RuleException")
            log = [f"logs/crc/rule{job}.log", *logs]
            self.say(
                "Error",
                "job_error",
                logging.ERROR,
                jobid=job,
                rule_name=f"rule{job}",
                log=log,
                rule_msg=message,
                **facts,
            )

        thread = threading.Thread(target=callback)
        thread.start()
        thread.join()

    @property
    def shown(self):
        return self.stream.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(failures.RUN_VARIABLE, "run1")
    (tmp_path / "logs" / "crc").mkdir(parents=True)
    return tmp_path


def test_steps_are_counted_and_snakemakes_own_lines_go_to_the_log_alone():
    run = Run()
    run.say("Job stats", "run_info")
    run.say("Select jobs to execute...")
    run.begin()
    run.say("Finished jobid: 0", "job_finished", job_id=0)
    run.say(None, "progress", done=1, total=3)
    run.say("A warning", level=logging.WARNING)
    assert run.shown.splitlines() == [
        "Job stats",
        "crc: 0 of 3 steps, no estimate yet",
        "crc: 1 of 3 steps, no estimate yet; done: doing 0",
        "A warning",
    ]
    assert "Select jobs" in run.kept.stream.getvalue()


def test_a_failure_is_a_line_and_one_screen_without_snakemakes_words():
    run = Run()
    run.say("Job stats", "run_info")
    run.begin()
    failures.write_failure(
        failures.Failure(
            "rule0", {"batch": "b0"}, "code", "ValueError: no", log="logs/crc/rule0.log", run="run1"
        )
    )
    run.fail()
    run.say("Exiting because a job execution failed. Look above", level=logging.ERROR)
    run.say("WorkflowError:\nAt least one job did not complete successfully.", "error", logging.ERROR)
    run.console.close()
    run.console.close()
    logging.shutdown([])
    assert run.shown.count("failed: crc rule0 b0: ValueError: no") == 1
    assert run.shown.count("1 step failed; 0 of 3 steps are done.") == 1
    for words in ("RuleException", "CalledProcessError", "At least one job", "Exiting because"):
        assert words not in run.shown
        assert words in run.kept.stream.getvalue()


def test_a_killed_job_is_said_to_lack_memory_recorded_and_done_again():
    run = Run()
    run.say("Job stats", "run_info")
    for attempt in (1, 2):
        run.begin(mem_mb=4000 * attempt)
        run.fail(text=KILLED)
        assert failures.read_failure("logs/crc/rule0.log", "run1").attempt == attempt
        run.say("Trying to restart job 0.")
    run.begin(mem_mb=12000)
    for job in range(3):
        run.say("Finished", "job_finished", job_id=job)
    run.console.close()
    with RETRIED.open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [(row["attempt"], row["mem_mb"]) for row in rows] == [("1", "4000"), ("2", "8000")]
    assert "killed by the system, most likely for memory (8000 MB asked)" in run.shown
    assert "1 job was ended by the system and done again with more: logs/retried.tsv" in run.shown
    assert "failed;" not in run.shown
    assert run.workflow.planned[0]._attempt == 1


def test_a_job_that_failed_by_itself_has_no_other_attempt():
    run = Run()
    run.say("Job stats", "run_info")
    run.begin()
    run.begin(1)
    run.fail()
    assert [job._attempt for job in run.workflow.planned] == [3, 1, 1]
    assert not RETRIED.exists()


def test_the_patients_of_a_killed_batch_are_told():
    run = Run()
    run.say("Job stats", "run_info")
    run.workflow.planned[0].wildcards = SimpleNamespace(items=lambda: [("paper", "crc"), ("batch", "b0")])
    run.begin()
    run.fail(text=KILLED)
    run.console.close()
    assert "one or more of 2: P1, P2" in run.shown


def test_what_slurm_says_is_understood(folder):
    (folder / "slurm.log").write_text("slurmstepd: error: Exceeded job memory limit\n")
    run = Run()
    run.say("Job stats", "run_info")
    run.begin()
    run.fail(text="", message="SLURM-job '3' failed, SLURM status is: 'FAILED'. Detailed", logs=["slurm.log"])
    run.console.close()
    assert "over its memory (4000 MB asked)" in run.shown


def test_a_group_is_one_failure_and_its_innocent_members_none(folder):
    (folder / "slurm.log").write_text("CANCELLED AT 10:57:47 DUE TO TIME LIMIT ***\n")
    run = Run()
    run.say("Job stats", "run_info")
    members = [{"jobid": n, "rule_name": f"rule{n}", "log": [f"logs/crc/rule{n}.log"]} for n in (0, 1)]
    for job in (0, 1):
        run.begin(job)
    run.say("E", "group_error", logging.ERROR, groupid="g", aux_logs=["slurm.log"], job_error_info=members)
    for job in (0, 1):
        run.fail(job, text="", indent=True)
    run.console.close()
    assert "1 step failed" in run.shown
    assert "out of time (10 minutes asked)" in run.shown


def test_a_stop_on_request_is_no_failure():
    run = Run()
    run.say("Job stats", "run_info")
    run.begin()
    run.say("Terminating processes on user request, this might take some time.")
    run.fail(text=KILLED.replace("SIGKILL: 9", "SIGINT: 2"))
    run.console.close()
    assert "Stopped on request; 0 of 3 steps are done." in run.shown
    assert "failed" not in run.shown


def test_an_error_before_any_job_is_in_plain_words():
    run = Run()
    text = "MissingRuleException:\nNo rule to produce results/crd.pdf (if you use"
    run.say(text, "error", logging.ERROR, exception="MissingRuleException")
    run.console.close()
    assert "Did you mean" in run.shown
    assert "results/crc.pdf" in run.shown
    assert "MissingRuleException" not in run.shown


@pytest.mark.parametrize("quiet", ["progress", "all"])
def test_quiet_runs_show_no_progress_but_the_screen_of_a_failure(quiet):
    run = Run(quiet={quiet})
    run.say("Job stats", "run_info")
    run.begin()
    run.fail()
    run.say("Finished", "job_finished", job_id=1)
    run.console.close()
    assert "steps, " not in run.shown
    assert "1 step failed" in run.shown
    assert ("failed: crc" in run.shown) == (quiet == "progress")


def test_a_dry_run_is_as_snakemake_shows_it():
    run = Run(dryrun=True)
    run.say("Job stats", "run_info")
    run.say("Job 0: reading", "job_info", jobid=0)
    run.say("Select jobs to execute...")
    run.console.close()
    assert run.shown.splitlines() == ["Job stats", "Job 0: reading", "Select jobs to execute..."]


def test_verbose_shows_everything_and_the_screen():
    run = Run(verbose=True)
    run.say("Job stats", "run_info")
    run.begin()
    run.fail()
    run.console.close()
    assert "CalledProcessError" in run.shown
    assert "1 step failed" in run.shown


def test_a_fault_of_the_console_harms_no_run_and_hides_nothing(monkeypatch):
    run = Run()
    monkeypatch.setattr(run.workflow.dag, "needrun_jobs", lambda **_: 1 / 0)
    run.say("Job stats", "run_info")
    assert "ZeroDivisionError" in run.shown
    run.begin()
    run.fail()
    run.console.close()
    assert "CalledProcessError" in run.shown


def test_what_was_held_back_is_shown_when_the_last_word_fails(monkeypatch):
    run = Run()
    run.say("Job stats", "run_info")
    run.begin()
    run.fail(text=KILLED)
    run.say("SomeError: words", "error", logging.ERROR, exception="SomeError")
    monkeypatch.setattr("scripts.workflow.console.screen", lambda *_: 1 / 0)
    run.console.close()
    assert "SomeError: words" in run.shown
    assert "killed by the system" in run.shown


def test_without_a_terminal_handler_the_screen_goes_to_standard_error(capsys):
    console = Console(snakemake(), None)
    logger = logging.Logger("snakemake.test", logging.INFO)
    logger.addHandler(console)
    logger.error("Boom: words", extra={"event": "error", "exception": "Boom"})
    console.close()
    assert "Boom: words" in capsys.readouterr().err


def test_outputs_that_were_begun_and_are_missing_are_made_again_by_the_next_run(folder):
    (folder / ".snakemake").mkdir()
    (folder / "made.csv").write_text("")
    unfinished.begin(["made.csv", "lost.csv"])
    run = Run()
    run.workflow.dag.forcefiles = set()
    run.say("Building DAG of jobs...")
    assert run.workflow.dag.forcefiles == {"lost.csv"}
    run.say("Job stats", "run_info")
    assert unfinished.LIST.read_text() == "lost.csv\n"
    (folder / "lost.csv").write_text("")
    run.console.close()
    assert not unfinished.LIST.exists()
