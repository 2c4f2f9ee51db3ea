from pathlib import Path

import pytest

from scripts.workflow.failure_screen import LINES, WIDTH, line_of, screen
from scripts.workflow.failures import Failure


def failure(rule="extract_features", batch="b0", kind="code", cause="ValueError: no", **others):
    wildcards = {"paper": "crc", "cohort": "mine", "batch": batch} if batch else {"paper": "crc"}
    log = f"logs/crc/mine/{rule}/{batch}.log"
    return Failure(rule, wildcards, kind, cause, **({"remedy": "Look.", "log": log} | others))


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for batch in ("b0", "b1", "b2", "b3"):
        path = Path(f"logs/crc/mine/extract_features/{batch}.log")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_who_where_why_what_to_do_and_the_log_are_told(logs):
    said = screen([failure(patients=("P7",))], 12, 29, snakemake_log="whole.log")
    assert "1 step failed; 12 of 29 steps are done." in said
    for words in (
        "step      extract_features of crc, cohort mine, batch b0",
        "patient   P7",
        "cause     ValueError: no",
        "to do     Look.",
        "log       logs/crc/mine/extract_features/b0.log",
        "the same command goes on from there",
        "whole.log",
    ):
        assert words in said


def test_the_same_cause_of_many_jobs_is_told_once(logs):
    said = screen([failure(batch=f"b{i}", patients=(f"P{i}",)) for i in range(4)], 1, 9)
    assert said.count("cause") == 1
    assert "batches b0, b1, b2, b3" in said
    assert "patients  P0, P1, P2, P3" in said
    assert "b1.log and 2 more" in said
    assert "4 steps failed" in said


def test_other_causes_are_told_apart():
    said = screen([failure(), failure(batch="b1", cause="KeyError: 'a'")], 1, 9)
    assert said.count("cause  ") == 2


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_it_is_one_screen_however_much_fails(count):
    many = [
        failure(
            batch=f"b{i}",
            cause=f"ValueError: {i} " + "very long words " * 20,
            kind="input",
            message="\n".join(["first", *(f"  - fault {n} " + "x" * 200 for n in range(50))]),
            patients=tuple(f"PATIENT-{n:05}" for n in range(500)),
        )
        for i in range(count)
    ]
    lines = screen(many, 1, 99, snakemake_log="whole.log").splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert any("to do" in line for line in lines)
    assert "whole.log" in lines[-1]
    if count == 40:
        assert any("more kinds of failure" in line for line in lines)


def test_patients_of_a_killed_batch_are_a_suspicion():
    said = screen([failure(among=tuple(f"P{i}" for i in range(9)))], 1, 9)
    assert "one or more of 9: P0, P1, P2, P3, P4, P5 and 3 more" in said
    assert "patients  P0\n" in screen([failure(among=("P0",))], 1, 9)


def test_the_lines_of_a_remedy_are_kept():
    said = screen(
        [failure(kind="input", remedy="Mend them:\n  - P1: empty\n  - P2: flat", message="m")], 1, 9
    )
    assert "to do     Mend them:\n            - P1: empty\n            - P2: flat" in said


def test_a_screen_of_its_own_is_alone_or_the_last():
    own = failure("admit_cohort", kind="input", is_screen=True, message="line 1\nline 2")
    assert screen([own], 1, 9, snakemake_log="whole.log") == "line 1\nline 2"
    assert screen([own, own], 1, 9) == "line 1\nline 2"
    both = screen([own, failure()], 1, 9)
    assert both.endswith("\n\nline 1\nline 2")
    assert "2 steps failed" in both
    assert "ValueError: no" in both


def test_without_a_failure_there_is_nothing_to_tell_but_a_stop_is_told():
    assert screen([], 9, 9) == ""
    assert "Stopped on request; 3 of 9 steps are done.\n\nThe same command goes on" in screen(
        [], 3, 9, stopped=True
    )
    assert "The run stopped; 3 of 9" in screen([], 3, 9, other=["The disk is full."])


def test_the_line_while_the_run_goes_on_names_the_job():
    assert line_of(failure()) == "failed: crc extract_features b0: ValueError: no"
    assert len(line_of(failure(cause="x" * 500))) <= WIDTH
    assert line_of(failure("fit_model_crc", batch="")).startswith("failed: crc fit_model: ")
