import subprocess

import pytest

from scripts.workflow import stray_words

COMMAND = (
    "Command 'set -euo pipefail; python /w/.snakemake/scripts/tmpa_1.fit.py' returned non-zero exit status 1."
)
SAID = """Traceback (most recent call last):
  File "/w/.snakemake/scripts/tmpa_1.fit.py", line 9, in <module>
    import radiomics
{}
Traceback (most recent call last):
  File "/w/.snakemake/scripts/tmpb_2.fit.py", line 9, in <module>
KeyError: 'other'
"""


@pytest.mark.parametrize(
    ("end", "kind", "words"),
    [
        ("ModuleNotFoundError: No module named 'radiomics'", "code", "requirements/"),
        ("ValueError: no", "code", "report it"),
        ("KeyboardInterrupt", "interrupted", ""),
    ],
)
def test_the_end_of_a_jobs_own_traceback_is_its_cause(tmp_path, end, kind, words):
    path = tmp_path / "stray.txt"
    path.write_text(SAID.format(end))
    told = stray_words.of_job(path, COMMAND)
    assert told["kind"] == kind
    assert words in told["remedy"]
    assert kind == "interrupted" or told["cause"] == end


def test_of_another_job_nothing_is_known(tmp_path):
    path = tmp_path / "stray.txt"
    assert stray_words.of_job(path, COMMAND) is None
    path.write_text(SAID.format("ValueError: no"))
    assert stray_words.of_job(path, COMMAND.replace("tmpa_1", "tmpc_3")) is None
    assert stray_words.of_job(path, "no script") is None


@pytest.mark.parametrize("place", ["stray.txt", "nowhere/stray.txt"])
def test_standard_error_goes_to_the_file_or_where_it_went_before(tmp_path, monkeypatch, place):
    from snakemake.shell import shell

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shell, "_process_prefix", None)
    stray_words.gather(place)
    command = f"{shell._get_process_prefix()} echo done; echo oh >&2"
    done = subprocess.run(
        command, shell=True, executable="/bin/bash", capture_output=True, text=True, check=True
    )
    assert done.stdout == "done\n"
    if place == "stray.txt":
        assert (tmp_path / place).read_text() == "oh\n"
        assert done.stderr == ""
        stray_words.remove_if_empty(tmp_path / place)
        assert (tmp_path / place).exists()
    else:
        assert done.stderr == "oh\n"
