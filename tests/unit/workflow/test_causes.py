import json

import pytest

from scripts.workflow import causes as of
from scripts.workflow.causes import Cohort, Stored

NOBODY = Cohort(frozenset(), frozenset())


def stored(*values):
    """As Snakemake keeps parameters: literals, sorted, without names."""
    return of.stored_params(
        sorted(repr(value if isinstance(value, str) else json.dumps(value)) for value in values)
    )


def case(patient, **cells):
    return {"patient": patient, "image": f"{patient}.mha", "mask": f"{patient}_mask.mha", **cells}


def test_parameters_are_told_apart_by_their_form():
    settings, cases = {"evaluation": {"n_bootstrap": 20}}, [case("P1")]
    contents = {"data/P1.mha": "ab12", "sheet.csv": "sha256:00"}
    assert stored(settings, cases, contents, "0123456789abcdef") == Stored(
        settings, cases, contents, "0123456789abcdef"
    )
    assert stored() == Stored()
    assert of.stored_params(["no literal(", "3", "None", "'a sentence'"]) == Stored()


def test_settings_differ_by_dotted_keys_with_both_values():
    before = {"a": {"b": 1, "c": [1, 2]}, "seed": 7, "gone": None}
    after = {"a": {"b": 1.5, "c": [1, 2]}, "seed": 8, "new": "x"}
    assert list(of.changed_settings(before, after)) == [
        of.ChangedSetting("a.b", "1", "1.5"),
        of.ChangedSetting("gone", "null", of.ABSENT),
        of.ChangedSetting("new", of.ABSENT, '"x"'),
        of.ChangedSetting("seed", "7", "8"),
    ]
    assert not list(of.changed_settings(after, after))


def test_parameters_of_a_report_are_known_by_their_names():
    before = {"cohort": "mine", "parameters": [{"name": "radiomics.bin_width", "value": 25.0, "reason": "a"}]}
    after = {"cohort": "mine", "parameters": [{"name": "radiomics.bin_width", "value": 20.0, "reason": "a"}]}
    assert list(of.changed_settings(before, after)) == [
        of.ChangedSetting("radiomics.bin_width", "25.0", "20.0")
    ]


def test_contents_differ_by_path():
    changes = of.changed_contents({"a": "1", "b": "1", "c": "1"}, {"b": "2", "c": "1", "d": "1"})
    assert list(changes) == [of.GoneInput("a"), of.ChangedFile("b"), of.NewInput("d")]


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        ({"f": "1", "g": "1"}, {"f": "2", "g": "1"}, [of.ChangedCode("f", "")]),
        (
            {"f": "1", "old": "1"},
            {"f": "1", "new": "1"},
            [of.ChangedCode("new", ""), of.ChangedCode("old", "")],
        ),
        (None, {"f": "2"}, [of.ChangedCode("", "step.py")]),
        ({"f": "1"}, None, [of.ChangedCode("", "step.py")]),
        ({"f": "1"}, {"f": "1"}, [of.ChangedCode("", "step.py")]),
    ],
    ids=["one", "new and gone", "not kept", "not known", "equal parts"],
)
def test_code_differs_by_definition_or_by_script(before, after, causes):
    assert of.changed_code(before, after, "step.py") == causes


def test_new_and_removed_patients_are_those_of_the_cohort():
    cohort = Cohort(frozenset({"P1", "P2", "P3"}), frozenset({"P1", "P3", "P4"}))
    assert of.changed_cases([case("P1"), case("P2")], [case("P1"), case("P3"), case("P4")], cohort) == [
        of.NewCase("P4"),
        of.RemovedCase("P2"),
    ]


def test_patients_who_come_from_another_batch_are_no_new_ones():
    everybody = frozenset({"P1", "P2"})
    assert of.changed_cases([case("P1")], [case("P2")], Cohort(everybody, everybody)) == [
        of.Regrouped("cases_per_job")
    ]
    grown = Cohort(everybody, everybody | {"P3"})
    assert of.changed_cases([case("P1")], [case("P2")], grown) == [
        of.Regrouped("patients were added or removed")
    ]


def test_a_cell_of_a_case_is_told_with_both_values():
    found = of.changed_cases([case("P1")], [case("P1", mask="other.mha")], NOBODY)
    assert found == [of.ChangedCase("P1", "mask", "P1_mask.mha", "other.mha")]
    twice = [case("P1"), case("P1", image="second.mha")]
    assert of.changed_cases([case("P1")], twice, NOBODY) == [of.ChangedCase("P1", "rows", "1", "2")]


def test_files_that_move_with_their_patients_are_known():
    before, after = [case("P1"), case("P2")], [case("P1", mask="b.mha"), case("P3")]
    assert of.renamed_files(before, after) == {
        "P1_mask.mha", "b.mha", "P2", "P2.mha", "P2_mask.mha", "P3", "P3.mha", "P3_mask.mha",
    }  # fmt: skip
    assert of.renamed_files(None, None) == set()
