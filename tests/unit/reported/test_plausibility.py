"""From the list `checks` of a file to results: references, rows, groups, and slips."""

import os
import subprocess
import sys

import pytest

from scripts.errors import InputError
from scripts.reported.__main__ import FOLDER, listing, main
from scripts.reported.plausibility import CHECKS, compare_printed, findings
from scripts.reported.printed import parse_reported

FILE = """
paper: made_up
values:
  n_patients.all: {value: 30, where: Table 1}
  n_patients.cases: {value: 10, where: Table 1}
  n_patients.controls: {value: 20, where: Table 1}
  accuracy.cnn: {value: 0.750, sd: 0.12, where: Table 2}
table_1:
  - {variable: Sex, level: F, cases: [6, 60.0], controls: [9, 45.0], p: "0.44"}
  - {variable: Sex, level: M, cases: [4, 40.0], controls: [11, 55.0]}
  - {variable: Smoker, level: "Yes", cases: [3, 33.3], controls: [5, 25.0], p: "0.64"}
  - {variable: Smoker, level: "No", cases: [6, 66.7], controls: [15, 75.0]}
  - {variable: Age, statistic: mean_sd, cases: [50.0, 10.0], controls: [55.0, 10.0], p: "0.21"}
table_2:
  cnn: {precision: 0.80, recall: 0.60, f1: 0.69}
  svm: {precision: 0.50, recall: 0.20, f1: 0.62}
"""


def results(checks, text=FILE):
    return compare_printed(parse_reported(f"{text}\nchecks:\n{checks}"))


def told(found):
    return [(r.subject, r.agrees, r.printed) for r in found]


def test_values_are_named_by_their_keys():
    (found,) = results(
        "- {check: add_up, where: Table 1, parts: [n_patients.cases, n_patients.controls], whole: n_patients.all}"
    )
    assert (found.title, found.where, found.subject, found.agrees) == (
        CHECKS["add_up"].title,
        "Table 1",
        "",
        True,
    )
    assert found.printed == "10 + 20 = 30"


def test_other_fields_of_a_value_numbers_themselves_and_paths_from_the_top():
    check = "- {check: mean_sd, where: T, mean: accuracy.cnn, sd: accuracy.cnn/sd, n: 10, items: 4}"
    (found,) = results(check)
    assert (found.agrees, found.printed) == (True, "0.750 ± 0.12, n = 10")
    (found,) = results("- {check: same, where: T, numbers: [0.80, table_2/cnn/precision]}")
    assert found.printed == "0.80 and 0.80"
    (found,) = results("- {check: same, where: T, numbers: [60.0, table_1/0/cases/1]}")
    assert found.printed == "60.0 and 60.0"


def test_each_row_of_a_mapping_and_of_a_list():
    check = "- {check: f1, where: Table 2, rows: table_2, precision: precision, recall: recall, f1: f1}"
    assert told(results(check)) == [
        ("cnn", True, "F1 0.69 with precision 0.80, recall 0.60"),
        ("svm", False, "F1 0.62 with precision 0.50, recall 0.20"),
    ]
    (found,) = results(check.replace("rows: table_2", "rows: table_2, only: {key: svm}"))
    assert found.subject == "svm"
    check = "- {check: share, where: T, rows: table_1, having: level, label: level, share: cases/1, n: 10, scale: 100}"
    assert [(r.subject, r.agrees) for r in results(check)] == [
        ("F", True),
        ("M", True),
        ("Yes", False),
        ("No", False),
    ]


def test_rows_are_judged_together_by_variable():
    check = (
        "- {check: percentages, where: T, rows: table_1, having: level, by: variable, labels: level, "
        "counts: cases/0, percents: cases/1, n: n_patients.cases}"
    )
    found = results(check)
    assert all(r.agrees for r in found)  # of smokers 9 are known
    assert [r.subject for r in found] == ["Sex"] * 3 + ["Smoker"] * 3
    assert found[-1].printed == "No: 6 (66.7%)"
    check = (
        "- {check: p_of_counts, where: T, rows: table_1, having: level, by: variable, "
        "counts: [cases/0, controls/0], p: p}"
    )
    assert told(results(check)) == [
        ("Sex", True, "P 0.44 for 6/4 against 9/11"),  # chisq.test(correct = FALSE): 0.4386
        ("Smoker", True, "P 0.64 for 3/6 against 5/15"),  # 0.6424
    ]


def test_all_rows_together():
    check = (
        "- {check: mean_of, where: T, rows: table_2, together: true, parts: precision, whole: 0.65, "
        "averaged_over: both}"
    )
    (found,) = results(check)
    assert (found.agrees, found.printed, found.found) == (
        True,
        "0.65 for the mean of 0.80, 0.50",
        "the mean of both is 0.650",
    )


def test_means_of_one_row():
    check = (
        "- {check: p_of_means, where: T, rows: table_1, only: {statistic: mean_sd}, means: [cases/0, controls/0], "
        "sds: [cases/1, controls/1], n: [n_patients.cases, n_patients.controls], p: p}"
    )
    assert told(results(check)) == [
        ("Age", True, "P 0.21 for 50.0 ± 10.0 (n = 10) against 55.0 ± 10.0 (n = 20)")
    ]


def test_merged_checks_and_readings():
    found = results(
        "- &first {check: same, where: T, numbers: [1.0, 1.0], reading: 'of  no\n   matter'}\n"
        "- {<<: *first, numbers: [1.0, 2.0]}"
    )
    assert [r.agrees for r in found] == [True, False]
    assert found[1].reading == "of no matter"


def test_findings_are_what_does_not_agree():
    reported = parse_reported(FILE + "checks:\n- {check: same, where: T, numbers: [1.0, 1.0, 2.0]}")
    assert [r.printed for r in findings(reported)] == ["1.0 and 2.0"]
    assert findings({"paper": "x"}) == []


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("{check: f11, where: T}", r"check 1 \(f11\): expected a check of .*, found 'f11'\. *Did you mean 'f1'"),
        ("{check: f1}", "expected a key 'where', found none"),
        ("{check: same, where: T}", "expected an argument 'numbers', found none"),
        ("{check: same, where: T, number: [1, 2]}", "found 'number'. Did you mean 'numbers'?"),
        ("{check: same, where: T, numbers: [n_patient.all, 2]}", "'n_patient.all'. Did you mean 'n_patients.all'?"),
        ("{check: same, where: T, numbers: [table_2/cnn/recal, 2]}", "found no 'recal' there. Did you mean 'recall'?"),
        ("{check: same, where: T, numbers: [table_1/9/cases, 2]}", "expected 'table_1/9/cases', found no '9' there"),
        ("{check: f1, where: T, rows: table_2, only: {key: rf}, precision: 1, recall: 1, f1: f1}", "no row is chosen"),
        ("{check: f1, where: T, precision: null, recall: 0.5, f1: 0.5}", "expected numbers to compare, found none"),
    ],
)  # fmt: skip
def test_slips_are_told_in_words(check, message):
    with pytest.raises(InputError, match=message):
        results(f"- {check}")


def test_bounds_of_p_values_stand_for_themselves_and_empty_cells_are_not_compared():
    found = results("- {check: p_of_counts, where: T, counts: [20, 2], n: [30, 30], p: '<0.001'}")
    assert told(found) == [("", True, "P <0.001 for 20/10 against 2/28")]
    check = "- {check: share, where: T, rows: table_1, only: {variable: Sex}, label: level, share: p, n: 10}"
    with pytest.raises(
        InputError, match=r"expected arguments that fit one another, found F \{'share': '0.44'"
    ):
        results(check)
    text = FILE.replace("svm: {precision: 0.50", "svm: {precision: null")
    assert [
        r.subject for r in results("- {check: share, where: T, rows: table_2, share: precision, n: 10}", text)
    ] == ["cnn"]


def test_a_check_that_takes_any_rate_refuses_unknown_ones():
    with pytest.raises(InputError, match="'sensitivty'. Did you mean 'sensitivity'?"):
        results("- {check: two_classes, where: T, n_positive: 10, n_negative: 20, sensitivty: 0.5}")


def test_the_command_lists_what_does_not_hold(capsys, tmp_path):
    path = tmp_path / "made_up.yaml"
    path.write_text(
        FILE
        + "checks:\n- {check: f1, where: Table 2, rows: table_2, precision: precision, recall: recall, f1: f1}"
    )
    assert listing(path) == [
        "made_up: 2 comparisons, 1 does not hold",
        "  Table 2. F1 against precision and recall",
        "    svm: F1 0.62 with precision 0.50, recall 0.20; F1 would be 0.29; F1 is never above both",
    ]
    assert main(["nmosd_ms"]) == 0
    assert capsys.readouterr().out.startswith("nmosd_ms: ")
    assert main(["nmosd"]) == 2
    assert "found 'nmosd'. Did you mean 'nmosd_ms'?" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_error():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "scripts.reported", "nmosd_ms"]
    run = subprocess.run(
        command, cwd=FOLDER.parents[1], stdout=write, stderr=subprocess.PIPE, check=False, text=True
    )
    os.close(write)
    assert (run.returncode, run.stderr) == (0, "")


def test_every_study_is_compared():
    for path in FOLDER.glob("*.yaml"):
        assert listing(path)[0].split(": ")[1] != "0 comparisons, 0 do not hold", path.stem
