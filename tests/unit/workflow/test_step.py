import json
from types import SimpleNamespace

import pytest

from scripts.errors import InputError
from scripts.workflow.contents import file_digest
from scripts.workflow.step import run


class Named(list):
    """A list with names, as Snakemake hands them to a script."""

    def __init__(self, **named):
        super().__init__(named.values())
        self.__dict__.update(named)
        self._named = named

    def items(self):
        return self._named.items()


def snakemake(tmp_path, provenance=False, **params):
    (tmp_path / "in.csv").write_text("a\n1\n")
    outputs = {"table": str(tmp_path / "out.csv")}
    if provenance:
        outputs["provenance"] = str(tmp_path / "record.json")
    return SimpleNamespace(
        rule="a_step",
        input=Named(table=str(tmp_path / "in.csv")),
        output=Named(**outputs),
        params=Named(**params),
        wildcards=Named(),
        threads=2,
        log=[str(tmp_path / "logs" / "a_step.log")],
    )


def copy_input(job):
    print("working")
    with open(job.output.table, "w") as stream:
        stream.write(json.dumps(job.settings))


def test_settings_cases_seed_and_code_reach_the_step_and_messages_the_log(tmp_path):
    seen = []

    def main(job):
        seen.append(job)
        copy_input(job)

    run(
        snakemake(tmp_path, settings='{"alpha": 0.05, "seed": 7}', cases='[{"patient": "p"}]', code="abc"),
        main,
    )
    (job,) = seen
    assert (job.settings, job.seed, job.cases, job.code, job.threads) == (
        {"alpha": 0.05},
        7,
        [{"patient": "p"}],
        "abc",
        2,
    )
    assert "working" in (tmp_path / "logs" / "a_step.log").read_text()


def test_a_users_slip_is_a_message_without_a_traceback(tmp_path, capsys):
    def main(job):
        raise InputError("sheet.csv, line 3", "a number", "'abc'", "Write 12.5.")

    with pytest.raises(SystemExit) as error:
        run(snakemake(tmp_path), main)
    assert error.value.code == 1
    shown = capsys.readouterr().err
    assert shown.strip() == "sheet.csv, line 3: expected a number, found 'abc'. Write 12.5."
    assert "Traceback" not in (tmp_path / "logs" / "a_step.log").read_text()


def test_a_failure_of_ours_names_the_log_and_leaves_the_traceback_there(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(snakemake(tmp_path), lambda job: 1 / 0)
    shown = capsys.readouterr().err
    assert "a_step failed: ZeroDivisionError" in shown
    assert "a_step.log" in shown
    assert "Traceback" not in shown
    assert "Traceback" in (tmp_path / "logs" / "a_step.log").read_text()


def test_provenance_records_what_was_read_written_and_run(tmp_path):
    run(snakemake(tmp_path, provenance=True, settings='{"alpha": 0.05, "seed": 7}', code="abc"), copy_input)
    record = json.loads((tmp_path / "record.json").read_text())
    assert (record["step"], record["code"], record["seed"], record["settings"]) == (
        "a_step",
        "abc",
        7,
        {"alpha": 0.05},
    )
    # printf 'a\n1\n' | sha256sum
    assert list(record["inputs"].values()) == [
        "309b0e45a73d3fc5325e2b6ed0a01ef8b9cde6b05a5633c1f893f970d52bfddc"
    ]
    assert set(record["outputs"]) == {str(tmp_path / "out.csv")}
    assert record["versions"]["numpy"][0].isdigit()


def test_a_small_file_changed_since_the_plan_stops_the_step(tmp_path, capsys):
    sheet = tmp_path / "in.csv"
    job = snakemake(tmp_path)
    job.params = Named(contents=json.dumps({str(sheet): f"sha256:{file_digest(sheet)}"}))
    run(job, copy_input)
    with pytest.raises(SystemExit):
        run(job, lambda job: sheet.write_text("a\n2\n"))
    assert "in.csv: expected the content that it had before" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(job, lambda job: pytest.fail("it must stop before it starts"))
