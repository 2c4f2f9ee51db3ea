import pytest

from scripts.workflow.progress import (
    MOST_LINES,
    Progress,
    Step,
    exactly,
    in_words,
    measured_seconds,
    paper_of,
)


def step(rule, *needs, paper="crc"):
    return Step(rule, paper, frozenset(needs))


def test_measured_jobs_side_by_side_share_the_machine():
    progress = Progress({i: step("check") for i in range(6)}, {"check": 10.0}, slots=2)
    assert progress.line("crc", 0.0) == "crc: 0 of 6 steps, about 30 s left"
    progress.start(0, 0.0)
    progress.start(1, 0.0)
    assert progress.seconds_left("crc", 5.0) == (25.0, True)
    progress.finish(0, 10.0)
    assert progress.line("crc", 10.0).startswith("crc: 1 of 6 steps, about 20 s")


def test_a_chain_is_not_shortened_by_more_cores():
    steps = {0: step("a"), 1: step("b", 0), 2: step("c", 1), 3: step("d")}
    progress = Progress(steps, {"a": 10.0, "b": 20.0, "c": 30.0, "d": 1.0}, slots=8)
    assert progress.seconds_left("crc", 0.0) == (60.0, True)


def test_without_a_measure_there_is_no_estimate_then_a_guess():
    progress = Progress({i: step(f"rule{i}") for i in range(6)}, {}, slots=1)
    assert progress.line("crc", 0.0) == "crc: 0 of 6 steps, no estimate yet"
    for job in range(3):
        progress.start(job, 20.0 * job)
        assert "no estimate yet" in progress.line("crc", 20.0 * job)
        progress.finish(job, 20.0 * (job + 1))
    assert progress.line("crc", 60.0) == "crc: 3 of 6 steps, perhaps 1 min left"


def test_the_runs_own_rate_of_a_rule_counts_as_measured():
    progress = Progress({i: step("check") for i in range(4)}, {}, slots=1)
    progress.start(0, 0.0)
    progress.finish(0, 30.0)
    assert progress.line("crc", 30.0) == "crc: 1 of 4 steps, about 2 min left"


def test_a_job_that_takes_longer_than_ever_is_not_over():
    progress = Progress({0: step("check")}, {"check": 100.0}, slots=1)
    progress.start(0, 0.0)
    assert progress.seconds_left("crc", 1000.0) == (10.0, True)


def test_papers_are_counted_apart_and_the_last_step_needs_no_estimate():
    progress = Progress({0: step("a"), 1: step("b", paper="other"), 2: step("all", 0, 1, paper="")}, {}, 1)
    assert progress.papers() == ["crc", "other"]
    progress.finish(0, 1.0)
    progress.finish(0, 1.0)
    assert progress.line("crc", 1.0) == "crc: 1 of 1 steps"
    assert progress.counts("other") == (0, 1)
    progress.finish(99, 1.0)


def test_of_thousands_of_steps_not_every_one_has_a_line():
    progress = Progress({i: step("a") for i in range(10 * MOST_LINES)}, {}, 1)
    told = 0
    for job in progress.steps:
        progress.finish(job, 1.0)
        told += progress.is_worth_a_line("crc")
    assert told == MOST_LINES


def test_seconds_come_from_the_benchmarks_of_earlier_runs(tmp_path):
    for name, seconds in (("a/x/check/b0", "1.0"), ("a/y/check/b0", "3.0"), ("a/y/check/b1", "8.0")):
        path = tmp_path / "benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")
    (tmp_path / "benchmarks" / "a" / "y" / "check" / "b2.tsv").write_text("s\n-\n")
    (tmp_path / "benchmarks" / "a" / "y" / "check" / "b3.tsv").write_text("")
    patterns = {
        "check": "benchmarks/{paper}/{cohort,[a-z]+}/check/{batch}.tsv",
        "fit": "benchmarks/{paper}/fit.tsv",
    }
    assert measured_seconds(patterns, tmp_path) == {"check": 3.0}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "5 s"), (38, "40 s"), (61, "1 min"), (3500, "58 min"), (3600, "1 h"), (7860, "2 h 10 min")],
)
def test_an_estimate_is_no_more_exact_than_it_deserves(seconds, words):
    assert in_words(seconds) == words


def test_a_measured_time_is_told_exactly():
    assert [exactly(s) for s in (4, 64, 7860)] == ["4 s", "1 min 4 s", "2 h 11 min"]


def test_the_paper_is_the_folder_of_the_log():
    assert paper_of("logs/crc/x/a.log") == "crc"
    assert paper_of("logs/a.log") == paper_of("") == paper_of("elsewhere/crc/a.log") == ""


def test_a_first_run_counts_on_what_its_steps_took_elsewhere_at_its_own_pace():
    steps = {1: Step("fit", "crc", expected_s=10.0), 2: Step("draw", "crc", frozenset({1}), 30.0)}
    progress = Progress(steps, {}, slots=1)
    assert progress.seconds_left("crc", 0.0) == (40.0, False)
    progress.start(1, 0.0)
    progress.finish(1, 20.0)  # twice as slow as elsewhere
    assert progress.seconds_left("crc", 20.0) == (60.0, False)
    assert progress.line("crc", 20.0) == "crc: 1 of 2 steps, perhaps 1 min left"


def test_what_was_measured_here_counts_before_what_was_elsewhere():
    steps = {1: Step("fit", "crc", expected_s=10.0), 2: Step("draw", "crc", expected_s=30.0)}
    assert Progress(steps, {"fit": 2.0, "draw": 3.0}, slots=1).seconds_left("crc", 0.0) == (5.0, True)
    assert Progress(steps, {"fit": 2.0}, slots=1).seconds_left("crc", 0.0) == (32.0, False)
