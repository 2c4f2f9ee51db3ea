from dataclasses import replace

from scripts.workflow import causes as of
from scripts.workflow import why
from scripts.workflow.plan import PlannedJob
from scripts.workflow.why import MOST_GROUPS, WIDTH, explain, summary


def job(rule, *causes, batch="", reads=(), makes=()):
    return PlannedJob(
        rule=f"{rule}_study",
        paper="study",
        cohort="mine",
        wildcards={"batch": batch} if batch else {},
        label=f"{rule} {batch}".strip(),
        inputs=tuple(reads),
        outputs=tuple(makes),
        renewed=tuple(reads),
        threads=1,
        resources={},
        causes=causes,
    )


def chain(*causes):
    """check b0 -> collect -> fit -> report; `causes` are those of the check."""
    return [
        job("check", *causes, batch="b0", makes=["checked"]),
        job("collect", reads=["checked"], makes=["table"]),
        job("fit", reads=["table"], makes=["model"]),
        job("report", reads=["model", "table"], makes=["pdf"]),
    ]


def test_nothing_to_do_is_said():
    assert explain([]) == "Nothing has changed: no job would run."
    assert summary([], 9) == ""


def test_a_first_run_names_no_cause_for_each_job():
    jobs = [replace(j, causes=(of.MissingOutput("x", made_before=False),)) for j in chain()]
    assert explain(jobs) == "Nothing is there yet: all 4 jobs would run: check b0, collect, fit and report."
    assert summary(jobs, 4) == "4 of 4 jobs to do: nothing is there yet."


def test_a_cause_is_told_with_what_it_reaches_and_what_follows():
    assert explain(chain(of.ChangedFile("data/P4.mha"))).splitlines() == [
        "Why 4 jobs would run:",
        "- data/P4.mha changed",
        "    reaches check b0, then collect, fit and report",
    ]
    assert summary(chain(of.ChangedFile("data/P4.mha")), 9) == "4 of 9 jobs to do: data/P4.mha changed."


def test_each_cause_is_followed_by_its_own_jobs_alone():
    jobs = chain(of.ChangedFile("a"))
    jobs[2] = replace(jobs[2], causes=(of.ChangedSetting("papers.study.parameters.n", "1", "2"),))
    lines = explain(jobs).splitlines()
    assert lines[2] == "    reaches check b0, then collect, fit and report"
    assert lines[3:] == ["- papers.study.parameters.n: 1 -> 2", "    reaches fit, then report"]


def test_files_and_patients_of_many_jobs_are_told_together_and_settings_where_they_reach_the_same():
    files = [job("check", of.ChangedFile(f"P{n}.mha"), batch=f"b{n}") for n in range(9)]
    text = explain(files)
    assert "- 9 files changed: P0.mha, P1.mha, P2.mha, P3.mha, P4.mha and 4 more" in text
    assert "reaches check (9 jobs)" in text
    assert explain([*files, job("report", of.ChangedFile("template"))]).count("\n- ") == 2
    first, second = of.ChangedSetting("a", "1", "2"), of.ChangedSetting("b", "1", "2")
    assert "- a: 1 -> 2; b: 1 -> 2" in explain([job("fit", first, second)])
    assert explain([job("fit", first), job("draw", second)]).count("\n- ") == 2


def test_code_is_told_by_function_and_file():
    names = [of.ChangedCode(f"scripts/a.py:{name}", "") for name in ("f", "g")]
    text = explain([job("fit", *names, of.ChangedCode("scripts/b.py", ""))])
    assert "the code changed: f and g in scripts/a.py and what runs on import in scripts/b.py" in text
    assert "- the code of scripts/c.py, or what it imports, changed" in explain(
        [job("fit", of.ChangedCode("", "scripts/c.py"))]
    )


def test_every_cause_has_words():
    causes = {
        of.MissingOutput("x.pdf", made_before=True): "x.pdf was deleted",
        of.NewInput("a"): "a is new",
        of.GoneInput("a"): "a is gone",
        of.NewCase("P1"): "patient P1 is new",
        of.RemovedCase("P1"): "patient P1 is gone",
        of.ChangedCase("P1", "mask", "a", "b"): "another mask of patient P1 (was 'a', is 'b')",
        of.Regrouped("cases_per_job"): "cases_per_job: other patients share a batch",
        of.Incomplete("x"): "a run was stopped while it made x",
        of.Forced(): "asked for on the command line",
        of.Unknown(""): "Snakemake gives no reason",
        of.Unknown("its own words"): "its own words",
    }
    for cause, words in causes.items():
        assert f"- {words}\n" in explain([job("fit", cause)])
    never = of.MissingOutput("y", made_before=False)
    assert "- y is not made yet\n" in explain([job("fit", never), job("draw", of.Forced())])


def test_it_stays_one_screen():
    settings = [
        of.ChangedSetting(f"papers.study.parameters.a_long_branch.key_{n}", "1", "2") for n in range(40)
    ]
    many = [
        job(f"a_rule_with_a_name_{n}", cause, reads=["x"], makes=["x"]) for n, cause in enumerate(settings)
    ]
    lines = explain(many).splitlines()
    assert lines[-1] == f"- and {40 - MOST_GROUPS} more changes"
    assert len(lines) <= 30
    assert max(map(len, lines)) <= WIDTH
    assert len(summary(many, 99).splitlines()) <= 5


def test_steps_without_a_record_are_named_with_how_to_be_sure():
    assert why.unjudged([]) == ""
    told = " ".join(why.unjudged(["write_report"]).split())
    assert told.startswith("Not judged, as there is no whole record of their last run: write_report.")
    assert told.endswith("--forcerun write_report.")
    assert "--forceall" in why.unjudged([f"r{n}" for n in range(9)])
