"""read_cell: words and numbers that mean the same, and the text of everything that is refused in a cell."""

from datetime import date
from pathlib import Path

import pytest

from scripts.cohort.cells import identity, read_cell
from scripts.cohort.sheet_schema import load_schema

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = load_schema(ROOT / "config" / "schemas" / "sheets" / "crc_nomogram.yaml")
TODAY = date(2020, 6, 1)


@pytest.mark.parametrize(
    ("column", "words", "value"),
    [
        ("cohort", ["Primary", "train", "TRAINING", "development"], "primary"),
        ("cohort", ["test", "External  Validation", "val", "hold-out"], "validation"),
        ("recurrence", ["1", "yes", "TRUE", "recurrence", " 1 "], 1.0),
        ("recurrence", ["0", "no", "False", "censored"], 0.0),
        ("tnm_stage", ["I", "1", "stage i", "IB"], 1.0),
        ("tnm_stage", ["III", "IIIA", "iiic", "3", "3b", "Stage IIIB"], 3.0),
        ("tnm_stage", ["IV", "IVC", "4"], 4.0),
        ("sex", ["F", "f", "female", "Woman"], "F"),
        ("differentiation", ["well", "Well differentiated", "G1", "high"], "high"),
        ("differentiation", ["moderately differentiated", "G2"], "moderate"),
        ("differentiation", ["poor", "poorly-differentiated", "G3", "low"], "low"),
        ("cea", ["low", "4.99", "0", "normal", "<5", "< 0.5", "<=4", "1e0"], "low"),
        ("cea", ["high", "5", "5.0", "250", ">5", ">= 5", "> 1000", "elevated"], "high"),
        ("lymph_node", ["no", "0", "N0", "negative", "FALSE"], "no"),
        ("lymph_node", ["yes", "1", "N1", "n2b", "N+", "TRUE"], "yes"),
        ("age", ["64", "64.0", "6.4e1", " 64"], 64.0),
        ("sex", ["", "NA", "n/a", "NaN", " "], None),
        ("age", ["", "NA"], None),
        ("dfs_months", ["300"], 300.0),
        ("age", ["105.0"], 105.0),
        ("patient", ["A" * 64], "A" * 64),
        ("patient", ["Jürg 7_b-c.d"], "Jürg 7_b-c.d"),
        ("cea", ["100000"], "high"),
        ("admission_date", ["2020-06-01", "2020-06-01 08:30:00", "2020-06-01T08:30"], TODAY),
    ],
)
def test_words_and_numbers_that_mean_the_same(column, words, value):
    for word in words:
        assert read_cell(SCHEMA.columns[column], word, TODAY) == (value, None), word


@pytest.mark.parametrize(
    ("column", "text", "fault"),
    [
        (
            "dfs_months",
            "abc",
            "expected a number in months, found 'abc'. Leave the cell empty if it is unknown.",
        ),
        (
            "dfs_months",
            "12,5",
            "expected a number in months, found '12,5' with a decimal comma. Write decimals with a point",
        ),
        ("dfs_months", "1,234.5", "found '1,234.5' with a decimal comma"),
        ("dfs_months", "0", "expected a number in months above 0, found '0'."),
        ("dfs_months", "-3", "expected a number in months above 0, found '-3'."),
        ("dfs_months", "600.5", "expected a number in months at most 600, found '600.5'."),
        ("dfs_months", "1e999", "expected a number in months at most 600, found '1e999'."),
        ("dfs_months", "1461", "expected a number in months at most 600, found '1461'."),
        ("dfs_months", "2012-03-01", "found '2012-03-01', a date. Write the number of months."),
        ("dfs_months", "01.03.2012", "found '01.03.2012', a date."),
        ("dfs_months", "01-Mar", "found '01-Mar', a date."),
        (
            "dfs_months",
            "34 months",
            "found '34 months', a number with its unit. Write 34 if that is in months.",
        ),
        ("dfs_months", ">60", "found '>60', a bound. Write the number alone."),
        ("dfs_months", "nan.", "expected a number in months, found 'nan.'"),
        ("dfs_months", "1_000", "expected a number in months, found '1_000'"),
        ("dfs_months", "inf", "expected a number in months, found 'inf'"),
        ("dfs_months", "#N/A", "found '#N/A', an error of the spreadsheet. Mend the formula"),
        (
            "recurrence",
            "2",
            "expected 0 or 1, found '2' (the coding 1/2 is not taken; write 0 for censored and 1 for rec",
        ),
        ("recurrence", "-1", "expected 0 or 1, found '-1' (write 0"),
        ("recurrence", "2.0", "expected 0 or 1, found '2.0' (the coding 1/2"),
        ("recurrence", "dead", "found 'dead' (disease-free survival asks for recurrence, not for death)"),
        ("recurrence", "recurence", "found 'recurence'. Did you mean 'recurrence'?"),
        ("cohort", "", "expected primary or validation, found nothing. Fill in the cell."),
        ("cohort", "NA", "expected primary or validation, found 'NA'. Fill in the cell."),
        ("cohort", "primry", "expected primary or validation, found 'primry'. Did you mean 'primary'?"),
        ("cohort", "3", "expected primary or validation, found '3'."),
        ("tnm_stage", "V", "expected 1, 2, 3 or 4, found 'V'."),
        ("tnm_stage", "0", "found '0' (stage 0 (in situ) is outside this study)"),
        ("tnm_stage", "02-Mar", "found '02-Mar', a date. A spreadsheet may have changed it"),
        ("sex", "1", "expected F or M, found '1' (hospitals number the sexes differently; write F or M)"),
        ("sex", "femal", "found 'femal'. Did you mean 'female'?"),
        (
            "age",
            "1957",
            "expected a number in years at most 120, found '1957', which looks like a year of birth.",
        ),
        ("age", "-1", "expected a number in years at least 0, found '-1'."),
        (
            "age",
            "999",
            "expected a number in years at most 120, found '999'. Correct it, or leave the cell empty",
        ),
        (
            "differentiation",
            "low grade",
            "(a low grade can be a high or a moderate differentiation; write which)",
        ),
        ("differentiation", "high grade", "(a high grade is a low differentiation; write low)"),
        ("differentiation", "2", "(grades are numbered in both directions; write high, moderate or low)"),
        ("cea", "-2", "expected a number in ng/ml of 0 or more, found '-2'."),
        ("cea", "1e7", "expected a number in ng/ml of at most 100000, found '1e7'."),
        ("cea", "4,2", "expected low or high, or a number in ng/ml, found '4,2' with a decimal comma."),
        ("cea", "4.2 ng/ml", "found '4.2 ng/ml', a number with its unit. Write 4.2"),
        ("cea", "<10", "found '<10', which may be on either side of 5"),
        ("cea", ">2", "found '>2', which may be on either side of 5"),
        ("cea", "hgh", "found 'hgh'. Did you mean 'high'?"),
        ("lymph_node", "NX", "(nodes that could not be assessed are unknown; leave the cell empty)"),
        ("lymph_node", "12", "expected no or yes, found '12'. Leave the cell empty if it is unknown."),
        (
            "admission_date",
            "2030-01-01",
            "expected a date up to today (2020-06-01), found '2030-01-01', in the future",
        ),
        ("admission_date", "1812-01-01", "expected a date from 1980-01-01 on, found '1812-01-01'"),
        (
            "admission_date",
            "2012-02-30",
            "expected a date as YYYY-MM-DD, found '2012-02-30' (day is out of range",
        ),
        (
            "admission_date",
            "03/04/2012",
            "found '03/04/2012', not year, month, day. Format the column",
        ),
        ("admission_date", "40969", "found '40969', a spreadsheet's day number. Write 2012-03-01 if so."),
        ("admission_date", "spring", "expected a date as YYYY-MM-DD, found 'spring'."),
        ("image", "", "expected the path of a file or folder, found nothing. Fill in the cell."),
        (
            "image",
            "images/x.nii ",
            "expected a path without spaces at its ends, found 'images/x.nii '. Write 'images/x.nii'.",
        ),
        ("image", '"C:/x.nii"', "found '\"C:/x.nii\"' in quotes. Take the quotes away."),
        (
            "image",
            "~/x.nii",
            "expected a path from the folder of the sheet or from the root, found '~/x.nii'.",
        ),
        ("mask", "a\tb.nii", "expected a path of visible characters, found 'a\\tb.nii'."),
        (
            "mask",
            "#REF!",
            "expected the path of a file or folder, found '#REF!', an error of the spreadsheet.",
        ),
        ("patient", "", "expected an identifier, found nothing. Fill in the cell."),
        ("patient", "A/1", "expected an identifier that can be part of a file name, found 'A/1' with '/'."),
        ("patient", "A\\1", "found 'A\\1' with '\\'."),
        ("patient", "..", "found '..', which begins with a point."),
        ("patient", " A", "expected an identifier without spaces at its ends, found ' A'. Write 'A'."),
        ("patient", "A ", "found 'A '. Write 'A'."),
        ("patient", "A" * 65, "expected an identifier of at most 64 characters, found 65 of them."),
        ("patient", "A\u200b1", "found 'A\\u200b1' with the character ZERO WIDTH SPACE"),
        ("patient", "A\xa01", "with the character NO-BREAK SPACE"),
        (
            "patient",
            "1.23E+11",
            "found '1.23E+11', a number in powers of ten. A spreadsheet shortened a long number",
        ),
    ],
)
def test_every_error(column, text, fault):
    value, problem = read_cell(SCHEMA.columns[column], text, TODAY)
    assert problem.severity == "error"
    assert fault in f"expected {problem.expected}, found {problem.found}. {problem.remedy}"
    assert value is None or (SCHEMA.columns[column].kind == "number" and value == float(text))


@pytest.mark.parametrize(
    ("column", "text", "fault", "value"),
    [
        (
            "dfs_months",
            "450",
            "expected a number in months between 0.1 and 300, found '450'. Look whether",
            450.0,
        ),
        ("age", "2", "expected a number in years between 15 and 105, found '2'.", 2.0),
        ("tnm_stage", "2.0", "expected 1, 2, 3 or 4, found '2.0', a decimal. It was read as 2.", 2.0),
        ("recurrence", "1.0", "expected 0 or 1, found '1.0', a decimal. It was read as 1.", 1.0),
        (
            "patient",
            "01-Mar",
            "found '01-Mar', a date. If a spreadsheet changed it, format the column as text",
            "01-Mar",
        ),
        (
            "patient",
            "Maier, Hans",
            "expected a code, found 'Maier, Hans', which looks like a name.",
            "Maier, Hans",
        ),
        ("patient", "17.0", "found '17.0', a decimal. If a spreadsheet changed it", "17.0"),
    ],
)
def test_every_warning_keeps_the_value(column, text, fault, value):
    found, problem = read_cell(SCHEMA.columns[column], text, TODAY)
    assert problem.severity == "warning"
    assert fault in f"expected {problem.expected}, found {problem.found}. {problem.remedy}"
    assert found == value


@pytest.mark.parametrize(("one", "other"), [("A1", "a1"), ("007", "7"), ("\u212b", "\u00c5"), ("A ", "a")])
def test_identifiers_that_may_be_one(one, other):
    assert identity(one) == identity(other)


@pytest.mark.parametrize(("one", "other"), [("A1", "A01"), ("70", "7"), ("A", "B"), ("0", "00a")])
def test_identifiers_that_are_two(one, other):
    assert identity(one) != identity(other)
