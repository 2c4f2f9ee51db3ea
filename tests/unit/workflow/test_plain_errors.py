import errno
import os

import pytest

from scripts.workflow.plain_errors import in_plain_words, without_calls

MISSING = """MissingInputException in rule check_cohort in file "/p/rules/cohort.smk", line 43:
Missing input files for rule check_cohort:
    output: results/a/faults.csv
    wildcards: paper=a, cohort=mine
    affected files:
        data/sheet.csv
        data/schema.yaml"""
NO_RULE = (
    "MissingRuleException:\nNo rule to produce results/crc.pfd (if you use input functions make sure that "
    "they don't raise unexpected exceptions)."
)


def of_disk(number):
    return 'Traceback (most recent call last):\n\n  File "/s/x.py", line 2, in f\n    open("a")\n\n' + (
        f"OSError: [Errno {number}] {os.strerror(number)}: 'results/a.csv'\n"
    )


def test_a_missing_file_is_named_with_what_to_do():
    said = in_plain_words("MissingInputException", MISSING)
    assert said.startswith("Expected the files that check_cohort reads, found none:\n  data/sheet.csv\n")
    assert "  data/schema.yaml" in said
    assert "same command again" in said
    assert "rules/cohort.smk" not in said


def test_a_misspelt_target_gets_the_nearest():
    said = in_plain_words("MissingRuleException", NO_RULE, ["results/crc.pdf", "check"])
    assert (
        said
        == "Expected something that can be made, found 'results/crc.pfd'. Did you mean 'results/crc.pdf'?"
    )
    assert "For example: check." in in_plain_words("MissingRuleException", NO_RULE, ["check"])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EROFS, "No permission"),
        (errno.ENOTDIR, "A file lies where"),
    ],
)
def test_a_fault_of_the_disk_has_no_traceback(number, words):
    said = in_plain_words("OSError", of_disk(number))
    assert said.startswith(words)
    assert "results/a.csv" in said
    assert "File" not in said.replace("A file", "")
    assert len(said.splitlines()) == 2


def test_a_file_that_went_away_is_named():
    assert "results/a.csv" in in_plain_words("FileNotFoundError", of_disk(errno.ENOENT))
    late = "OSError: Missing files after 5 seconds. This might be:\ncache/b.parquet (missing locally, dir: a)"
    assert "  cache/b.parquet\n" in in_plain_words("OSError", late)


@pytest.mark.parametrize(
    ("exception", "words"),
    [
        ("LockException", "snakemake --unlock"),
        ("IncompleteFilesException", "--rerun-incomplete"),
        ("ProtectedOutputException", "Make them writable"),
    ],
)
def test_what_snakemake_refuses_says_what_to_do(exception, words):
    assert words in in_plain_words(exception, "Error: long words")


def test_an_echo_of_failed_jobs_says_nothing_new():
    assert (
        in_plain_words("WorkflowError", "WorkflowError:\nAt least one job did not complete successfully.")
        == ""
    )


def test_of_an_unknown_error_the_message_stays_and_the_calls_go():
    said = without_calls(
        'KeyError in file "/p/Snakefile", line 3:\n\'a\'\n  File "/p/Snakefile", line 3, in <module>'
    )
    assert "'a'" in said
    assert 'File "' not in said
    said = without_calls("Traceback (most recent call last):\n  File x\n    call\n\nValueError: no\n")
    assert said == "ValueError: no"


def test_a_file_from_the_future_is_named():
    text = "Output a.csv has older modification time (2026-11-21 11:38:25.9) than input data/s.csv "
    text += "(2026-12-01 11:38:13.7). "
    said = in_plain_words("RuleException", text + "This could indicate a clock skew problem in your network")
    assert said.startswith("data/s.csv is dated 2026-12-01 11:38:13, later than now")
