"""Counts that add up, percentages, quotients, numbers printed twice: by hand."""

import pytest

from scripts.reported.printed import Printed
from scripts.reported.sums import add_up, mean_of, percentages, quotient, same

N = Printed


def verdicts(comparisons):
    return [c.agrees for c in comparisons]


def test_parts_add_up_or_do_not():
    assert verdicts(add_up([242, 139], 381)) == [True]
    (found,) = add_up([242, 139], 380)
    assert found == (False, "242 + 139 = 380", "the parts add up to 381")
    assert verdicts(add_up([242, 139], 382)) == [False]
    assert verdicts(add_up([9, 26], 36, at_most=True)) == [True]
    assert verdicts(add_up([9, 28], 36, at_most=True)) == [False]
    assert verdicts(add_up([9, None], 36)) == []


def test_percentages_of_all_patients():
    assert verdicts(percentages([46, 27], [N("63.0"), N("37.0")], 73)) == [True, True, True]
    *_, found = percentages([46, 27], [N("63.0"), N("36.8")], 73, labels=["F", "M"])
    assert found == (False, "M: 27 (36.8%)", "27 of 73 is 36.99%")


def test_percentages_of_the_patients_whose_value_is_known():
    known = [18, 50, 4], [N("25.0"), N("69.4"), N("5.6")]
    assert all(verdicts(percentages(*known, 73)))
    assert verdicts(percentages(*known, 73, known=False)) == [True, False, False, False]


def test_levels_of_more_patients_than_there_are():
    first, *_ = percentages([40, 40], [N("54.8"), N("54.8")], 73)
    assert first == (False, "40 + 40", "more than 73, 80 together")
    assert verdicts(percentages([40], [N("54.8")], 73)) == [True]


def test_a_percentage_that_was_cut_off_says_so():
    (found,) = percentages([38], [N("73.07")], 52)
    assert not found.agrees
    assert found.found == "38 of 52 is 73.077%, whose further digits were cut off, not rounded"


def test_shares_instead_of_percentages_and_rounding_to_either_side():
    assert verdicts(percentages([1], [N("0.12")], 8, scale=1)) == [True]
    assert verdicts(percentages([1], [N("0.13")], 8, scale=1)) == [True]
    assert verdicts(percentages([1], [N("0.14")], 8, scale=1)) == [False]
    assert verdicts(percentages([1, None], [N("0.12"), N("0.3")], 8, scale=1)) == [True]


def test_quotients():
    assert verdicts(quotient(N("0.9375"), 360, 384)) == [True]
    assert verdicts(quotient(N("0.7031"), 360, 512)) == [True]
    (found,) = quotient(N("0.80"), 85, 107)
    assert found == (False, "0.80 for 85 / 107", "85 by 107 is 0.794")
    assert verdicts(quotient(N("64"), N("9.0"), N("14.1"), scale=100)) == [True]  # 63.3 to 64.4
    assert verdicts(quotient(N("66"), N("9.0"), N("14.1"), scale=100)) == [False]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (["0.757", "0.767"], [False]),
        (["0.75", "0.750"], [True]),
        (["0.75", "0.754"], [True]),
        (["0.75", "0.756"], [False]),
        (["0.026", "0.03", "0.04"], [True, False]),
    ],
)
def test_numbers_printed_twice(numbers, expected):
    assert verdicts(same([N(n) for n in numbers])) == expected


def test_mean_over_rows():
    assert verdicts(mean_of([N("0.93"), N("0.86"), N("1.00")], N("0.93"))) == [True]
    assert verdicts(mean_of([N("0.93"), N("0.86"), N("1.00")], N("0.95"))) == [False]
    # 30, 43 and 57 patients: (29.07 + 41.624 + 56.487) / 130 = 0.97831
    rates = [N("0.969"), N("0.968"), N("0.991")]
    assert verdicts(mean_of(rates, N("0.978"), [30, 43, 57])) == [True]
    assert verdicts(mean_of(rates, N("0.976"), [30, 43, 57])) == [False]
