"""Printed numbers keep their digits, and stand for the values that round to them."""

import copy
import json
from dataclasses import asdict, dataclass

import pandas as pd
import pytest
import yaml

from scripts.errors import InputError
from scripts.reported.printed import (
    Printed,
    Reach,
    cut_off,
    decimals_text,
    p_reach,
    parse_reported,
    reach,
    read_reported,
    shown,
    unit_of,
)


def test_numbers_of_a_file_keep_their_text():
    found = parse_reported("a: 0.750\nb: [44, 4.9e-5, -1.20]\nc: {d: '<0.001', e: .inf, f: 22.00}\n")
    assert found == {"a": 0.75, "b": [44, 4.9e-5, -1.2], "c": {"d": "<0.001", "e": float("inf"), "f": 22.0}}
    assert [shown(n) for n in (found["a"], *found["b"], found["c"]["f"])] == [
        "0.750", "44", "4.9e-5", "-1.20", "22.00",
    ]  # fmt: skip
    assert isinstance(found["b"][0], int)


def test_a_printed_number_is_a_float_wherever_one_is_wanted():
    number = Printed("0.750")
    assert number == 0.75
    assert f"{number:.2f}" == "0.75"
    assert json.dumps({"a": number}) == '{"a": 0.75}'
    assert pd.Series([number, 1.0]).dtype == float
    assert hash(number) == hash(0.75)


@dataclass
class _Holder:
    number: float


def test_copies_keep_the_text():
    for other in (
        copy.copy(Printed("0.750")),
        copy.deepcopy(Printed("0.750")),
        asdict(_Holder(Printed("0.750")))["number"],
    ):
        assert other.text == "0.750"


def test_a_file_without_a_mapping_or_without_yaml_is_refused(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("- 1\n")
    with pytest.raises(InputError, match="expected a mapping of reported numbers, found list"):
        read_reported(path)
    path.write_text("a: *nowhere\n")
    with pytest.raises(InputError, match=r"expected YAML, found .*undefined alias"):
        read_reported(path)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.75", 0.745, 0.755),
        ("0.750", 0.7495, 0.7505),
        ("4.9e-5", 4.85e-5, 4.95e-5),
        ("-1.2", -1.25, -1.15),
        ("22.00", 21.995, 22.005),
        ("1e2", 50, 150),
    ],
)
def test_reach_is_half_a_unit_of_the_last_digit(text, low, high):
    assert reach(Printed(text)) == pytest.approx((low, high), rel=1e-12)


def test_whole_numbers_and_plain_floats_have_a_reach():
    assert reach(44) == (43.5, 44.5)
    assert reach(0.75) == pytest.approx((0.745, 0.755))
    assert unit_of(Printed("0.750")) == pytest.approx(0.001)


def test_values_on_the_edge_count_and_those_beyond_do_not():
    wide = reach(Printed("0.12"))
    assert wide.holds(0.125)
    assert wide.holds(0.115)
    assert not wide.holds(0.12501)
    assert wide.meets(Reach(0.125, 0.2))
    assert not wide.meets(Reach(0.1251, 0.2))


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("0.04", 0.035, 0.045),
        ("<0.001", 0, 0.001),
        ("< 0.01", 0, 0.01),
        ("≤0.05", 0, 0.05),
        (">0.99", 0.99, 1),
        ("1.00", 0.995, 1),
        ("0.000", 0, 0.0005),
        (Printed("0.0865"), 0.08645, 0.08655),
    ],
)
def test_reach_of_p_values(printed, low, high):
    assert p_reach(printed) == pytest.approx((low, high), abs=1e-12)


def test_a_p_value_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="expected a number, or a number after < or >, found 'n.s.'"):
        p_reach("n.s.")


def test_cut_off_digits():
    assert cut_off(73.0769, Printed("73.07"))
    assert not cut_off(73.0769, Printed("73.08"))
    assert not cut_off(73.0869, Printed("73.07"))
    assert cut_off(12.0, 12)


def test_decimals_follow_the_printed_number():
    assert decimals_text(0.123456, Printed("0.12")) == "0.123"
    assert decimals_text(39.344, 40) == "39.3"
    assert decimals_text(39.344, 40, 0) == "39"


def test_yaml_stays_safe():
    with pytest.raises(yaml.YAMLError):
        parse_reported("a: !!python/object/apply:os.system ['true']\n")
