"""P values against what stands beside them: what the tests against R (tests/reference) leave open."""

import pytest

from scripts.reported.p_values import p_of_counts, p_of_means, ratio_interval
from scripts.reported.printed import Printed

N = Printed


def one(comparisons):
    (found,) = comparisons
    return found


def test_the_p_value_of_cea_in_crc_nomogram():
    """27/7 against 59/44: 0.0349 by R's chisq.test, 0.0245 by fisher.test; printed 0.04."""
    found = one(p_of_counts([[27, 7], [59, 44]], "0.04"))
    assert not found.agrees
    assert found.found == (
        "chi-square gives 0.0206; with Yates' correction gives 0.0349; Fisher's exact test gives 0.0245"
    )
    assert one(p_of_counts([[27, 7], [59, 44]], "0.03")).agrees


def test_sexes_of_covid_ct():
    """32 of 52 and 58 of 80 women: 0.19 by a chi-square test; printed 0.44 and 0.73."""
    assert one(p_of_counts([[32, 20], [58, 22]], "0.19")).agrees
    assert not one(p_of_counts([[32, 20], [58, 22]], "0.44")).agrees


def test_those_who_have_something_and_all_patients():
    """Fever in covid_ct: 47 of 52 and 71 of 80; chisq.test(matrix(c(47, 71, 5, 9), 2), correct = FALSE): 0.7657."""
    assert one(p_of_counts([47, 71], "0.766", [52, 80])).agrees
    found = one(p_of_counts([47, 71], "0.24", [52, 80]))
    assert (found.agrees, found.printed) == (False, "P 0.24 for 47/5 against 71/9")


def test_a_group_or_level_without_patients_and_a_p_value_that_is_not_printed_are_no_comparison():
    assert list(p_of_counts([[3, 0], [5, 0]], "0.5")) == []
    assert list(p_of_counts([[3, 1], [5, 2]], "")) == []
    assert list(p_of_counts([[3, 1], [5, 2]], None)) == []


def test_days_of_illness_of_covid_ct():
    """5.61 ± 2.19 of 52 against 8.32 ± 1.82 of 80: t = 7.7; printed P 0.61."""
    found = one(p_of_means([N("5.61"), N("8.32")], [N("2.19"), N("1.82")], [52, 80], "0.61"))
    assert not found.agrees
    assert found.found == "Student's t-test gives <0.0001; Welch's gives <0.0001"


def test_means_that_may_be_equal_after_rounding_leave_p_up_to_one():
    assert one(p_of_means([N("5.6"), N("5.6")], [N("2.1"), N("1.8")], [52, 80], "1.00")).agrees
    assert one(p_of_means([44, 45], [N("13"), N("12")], [30, 30], "1.00")).agrees
    assert not one(p_of_means([44, 46], [N("13"), N("12")], [30, 30], "1.00")).agrees
    assert list(p_of_means([None, 46], [N("13"), N("12")], [30, 30], "1.00")) == []
    with pytest.raises(ValueError, match="expected two groups, found 3"):
        list(p_of_means([1, 2, 3], [1, 1, 1], [5, 5, 5], "0.5"))


def test_a_ratio_in_the_middle_of_its_interval():
    """sqrt(2.05 x 35.17) = 8.49; z = ln 8.49 / ((ln 35.17 - ln 2.05) / 3.92) = 2.95, P 0.003."""
    middle, p = ratio_interval(N("8.49"), [N("2.05"), N("35.17")], "<0.001")
    assert (middle.agrees, p.agrees) == (True, False)
    assert p.found == "the interval, by Wald's test, gives 0.0031 to 0.0032"
    assert all(c.agrees for c in ratio_interval(N("8.49"), [N("2.05"), N("35.17")], "0.003"))
    off = one(ratio_interval(N("7.49"), [N("2.05"), N("35.17")], "0.003"))
    assert off.found == "the middle of the interval, on the logarithmic scale, is 8.49"
    outside = one(ratio_interval(N("1.20"), [N("2.05"), N("35.17")]))
    assert outside.found == "the estimate lies outside its interval"
    assert one(ratio_interval(N("1.20"), [N("0.00"), N("35.17")])).agrees


def test_a_ratio_of_one_leaves_p_open_to_one():
    assert all(c.agrees for c in ratio_interval(N("1.00"), [N("0.98"), N("1.02")], "0.76"))
    assert [c.agrees for c in ratio_interval(N("1.00"), [N("0.98"), N("1.02")], "0.26")] == [True, False]
