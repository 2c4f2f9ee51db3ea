"""The one screen of a check: never more than a screen, errors first, and a stop that is a stop."""

from types import SimpleNamespace

import pytest

from scripts.cohort.admission import LINES, WIDTH, NotAdmitted, verdict_message
from scripts.cohort.admit_cohort import admit, main
from scripts.cohort.faults import Fault
from scripts.errors import InputError
from scripts.tables import read_json, write_json

VERDICT = {
    "sheet": "data/hospital.csv",
    "role": "development",
    "rows": 381,
    "admitted": 379,
    "excluded": 2,
    "max_failed_cases": 3,
    "cohorts": {"primary": 240, "validation": 139},
    "kept_out": {"without follow-up": 1},
    "errors": 2,
    "warnings": 1,
    "stop": False,
}


def message(faults, **changes):
    return verdict_message(VERDICT | changes, faults, "results/check/faults.csv")


def test_a_cohort_that_passes():
    assert message([], errors=0, warnings=0, excluded=0, kept_out={}) == (
        "data/hospital.csv: 381 rows, 0 errors, 0 warnings\n"
        "  379 admitted (primary 240, validation 139); 0 cases failed (3 may)"
    )


def test_faults_of_one_kind_are_told_together():
    faults = [
        Fault("error", line, "P", "age", "a number", f"'{line}y'", "Write it.") for line in (4, 9, 12, 15, 20)
    ]
    faults += [Fault("warning", None, "", "admission_date", "cohorts apart", "12 of 139", "Look.")]
    assert message(faults, stop=True, errors=5) == (
        "data/hospital.csv: 381 rows, 5 errors, 1 warning\n"
        "  379 rows in order (primary 240, validation 139); 1 of them without "
        "follow-up; 2 cases failed (3 may)\n"
        "  error  age, lines 4, 9, 12, 15 and 1 more: expected a number, found '4y'; '9y' and 3 others. "
        "Write it.\n"
        "  warning  admission_date: expected cohorts apart, found 12 of 139. Look.\n"
        "Every fault, a row each: results/check/faults.csv\n"
        "Nothing was computed. Correct the errors and run the same command again."
    )


def test_errors_come_first():
    faults = [Fault("warning", 2, "P", "age", "w", "x"), Fault("error", 9, "Q", "sex", "e", "y")]
    text = message(faults)
    assert text.index("error  sex, line 9") < text.index("warning  age, line 2")


@pytest.mark.parametrize("kinds", [1, 15, 18, 19, 20, 200])
@pytest.mark.parametrize(("words", "found"), [("short", "x"), ("short", "x" * 300), ("long " * 80, "x")])
def test_never_more_than_a_screen(kinds, words, found):
    faults = [
        Fault("error", line, "P", "age", f"{words}{kind}", found)
        for kind in range(kinds)
        for line in range(2, 50)
    ]
    lines = message(faults, stop=True).split("\n")
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert lines[-2:] == [
        "Every fault, a row each: results/check/faults.csv",
        "Nothing was computed. Correct the errors and run the same command again.",
    ]
    told = sum("age, lines" in line for line in lines)
    left = [line for line in lines if "more kind" in line]
    assert left == (
        [] if told == kinds else [f"  and {kinds - told} more kind{'s' * (kinds - told > 1)} of fault"]
    )
    assert told >= min(kinds, 8)


def test_a_stop_carries_the_message_alone():
    with pytest.raises(NotAdmitted) as stop:
        admit({"stop": True, "message": "all\nof it"})
    assert str(stop.value) == "all\nof it"
    assert isinstance(stop.value, InputError)
    admit({"stop": False, "message": ""})


def test_main_copies_the_verdict_or_writes_nothing(tmp_path, capsys):
    job = SimpleNamespace(
        input=SimpleNamespace(verdict=str(tmp_path / "verdict.json")),
        output=SimpleNamespace(admitted=str(tmp_path / "admitted.json")),
    )
    write_json({"stop": True, "message": "no"}, job.input.verdict)
    with pytest.raises(NotAdmitted, match="^no$"):
        main(job)
    assert not (tmp_path / "admitted.json").exists()
    write_json({"stop": False, "message": "yes"}, job.input.verdict)
    main(job)
    assert read_json(job.output.admitted) == {"stop": False, "message": "yes"}
    assert capsys.readouterr().out == "yes\n"


def test_a_picture_in_two_cohorts_is_told_before_a_cell_and_no_kind_is_left_out_for_length():
    faults = [Fault("error", 2 + k, "P", f"column{k}", "w " * 60, "x " * 60, "y " * 60) for k in range(12)]
    faults.append(
        Fault("error", 300, "P", "image", "an image of its own", "that of line 7 in another cohort", "")
    )
    text = message(faults, stop=True, errors=13)
    assert len(text.splitlines()) <= LINES
    assert text.index("image, line 300") < text.index("column0")
    assert all(f"column{k}," in text for k in range(12))
