"""check_sheet: the canonical clinical table, and the text of every fault of the sheet of crc_nomogram."""

import random
from datetime import date
from pathlib import Path

import pytest

from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.faults import COLUMNS, Fault, fault_table
from scripts.cohort.sheet import Row, read_rows
from scripts.cohort.sheet_rules import kept_out
from scripts.cohort.sheet_schema import load_schema
from scripts.errors import InputError

SCHEMA = load_schema(
    Path(__file__).resolve().parents[3] / "config" / "schemas" / "sheets" / "crc_nomogram.yaml"
)
TODAY = date(2020, 6, 1)
N_PRIMARY, N = 30, 50
DROP = object()


def good_rows(cells=None, columns=None, n=N):
    """A sheet without a fault but for `cells` {(line, column): text} and `columns` {name: text or DROP}."""
    rows = []
    for k in range(n):
        primary = k < N_PRIMARY
        values = {
            "patient": f"CRC-{k:03d}x",
            "cohort": "primary" if primary else "validation",
            "image": f"images/{k:03d}.nii.gz",
            "mask": f"masks/{k:03d}.nii.gz",
            "dfs_months": f"{3 + 1.5 * k:.1f}",
            "recurrence": str(int(k % 2 == 0)),
            "tnm_stage": ["I", "IIA", "3", "IV"][k % 4],
            "sex": "FM"[k % 2],
            "age": str(40 + k),
            "differentiation": ["high", "moderate", "low"][k % 3],
            "cea": ["low", "3.1", "high", "12"][k % 4],
            "lymph_node": ["no", "no", "yes", "yes"][k % 4],
            "admission_date": f"{2008 if primary else 2013}-03-{k % 28 + 1:02d}",
        }
        for name, text in (columns or {}).items():
            if text is DROP:
                del values[name]
            else:
                values[name] = text
        rows.append(Row(k + 2, values))
    for (line, column), text in (cells or {}).items():
        rows[line - 2].values[column] = text
    return rows


def check(rows, role="development", **options):
    return check_sheet(rows, SCHEMA, role, today=TODAY, **options)


def faults_of(cells=None, columns=None, role="development"):
    return check(good_rows(cells, columns), role)[1]


def sentences(faults):
    return [f"{f.severity} {f.row} {f.patient} {f.column}: {f.sentence()}" for f in faults]


def test_a_good_sheet_has_no_fault_and_a_canonical_table():
    clinical, faults = check(good_rows())
    assert faults == []
    assert list(clinical.columns) == [
        "patient", "cohort", "dfs_months", "recurrence", "tnm_stage", "sex", "age", "differentiation", "cea",
        "lymph_node",
    ]  # fmt: skip
    assert clinical.index.tolist() == list(range(2, N + 2))
    assert clinical.loc[4].tolist() == ["CRC-002x", "primary", 6.0, 1.0, 3.0, "F", 42.0, "low", "high", "yes"]
    assert clinical.loc[5].tolist() == [
        "CRC-003x",
        "primary",
        7.5,
        0.0,
        4.0,
        "M",
        43.0,
        "high",
        "high",
        "yes",
    ]
    assert {name for name in clinical if clinical[name].dtype == float} == {
        "dfs_months", "recurrence", "tnm_stage", "age",
    }  # fmt: skip


def test_identifiers_that_lost_their_zeros():
    (found,) = faults_of({(2, "patient"): "007", (9, "patient"): "7"})
    assert "found '7', and '007' in line 2. Look whether they are one patient." in found.sentence()


def test_an_error_leaves_its_cell_missing_and_the_rest_in_place():
    clinical, faults = check(good_rows({(7, "age"): "1957", (7, "dfs_months"): "x", (8, "age"): "old"}))
    assert [(f.row, f.column) for f in faults] == [(7, "dfs_months"), (7, "age"), (8, "age")]
    assert clinical.loc[7, ["dfs_months", "age"]].isna().all()
    assert clinical.loc[7, "recurrence"] == 0.0
    assert len(clinical) == N


def test_columns_missing_and_unknown():
    rows = good_rows(columns={"tnm_stage": DROP, "age": DROP})
    for row in rows:
        row.values.update({"Patient ID": "x", "noted": "", "note_a": "", "_x": "", "TNM-Stage": "I"})
    found = sentences(check(rows)[1])
    assert found == [
        "error None  Patient ID: expected a column of the schema, found the unknown column 'Patient ID'. Did "
        "you mean 'patient'? Rename it, or begin its name with 'note' to keep it unread.",
        "error None  TNM-Stage: expected a column of the schema, found the unknown column 'TNM-Stage'. Did "
        "you mean 'tnm_stage'? Rename it, or begin its name with 'note' to keep it unread.",
        "error None  tnm_stage: expected the column 'tnm_stage', found no such column. Is it 'TNM-Stage'? "
        "Rename that.",
        "error None  age: expected the column 'age', found no such column. Add it: Age at operation.",
    ]


def test_half_of_a_pair():
    (found,) = faults_of({(4, "recurrence"): ""})
    assert (
        "dfs_months and recurrence both filled in or both empty, found dfs_months alone. Fill in"
        in found.sentence()
    )
    assert (found.row, found.column) == (4, "recurrence")
    (found,) = faults_of({(4, "dfs_months"): ""})
    assert (
        "found recurrence alone. Fill in dfs_months, or empty both for a patient without follow-up."
        in found.sentence()
    )
    (found,) = [f for f in faults_of(columns={"recurrence": DROP}, role="predict") if f.severity == "error"]
    assert (found.column, found.found) == ("recurrence", "no such column")


def test_patients_without_follow_up_are_kept_out_of_survival_only():
    clinical, faults = check(good_rows({(4, "dfs_months"): "", (4, "recurrence"): ""}))
    assert faults == []
    assert list(kept_out(clinical, SCHEMA)) == [
        {
            "patient": "CRC-002x",
            "cohort": "primary",
            "cause": "without follow-up",
            "excluded_from": "survival",
        }
    ]
    clinical.loc[5, "recurrence"] = None
    assert len(list(kept_out(clinical, SCHEMA))) == 1
    clinical, faults = check(good_rows(columns={"dfs_months": "", "recurrence": ""}), "predict")
    assert faults == []
    assert list(kept_out(clinical, SCHEMA)) == []


def test_a_patient_twice_and_in_both_cohorts():
    (found,) = faults_of({(9, "patient"): "CRC-001x"})
    assert (
        found.sentence()
        == "expected one row a patient, found 'CRC-001x' also in line 3. Keep one of the rows."
    )
    (found,) = faults_of({(45, "patient"): "CRC-001x"})
    assert "also in line 3 in primary, here in validation (leakage between the cohorts)" in found.found


def test_a_file_in_two_rows():
    (found,) = faults_of({(9, "image"): "./images/../images/001.nii.gz"})
    assert found.sentence() == (
        "expected a file in one row, found './images/../images/001.nii.gz' also in line 3. Correct the path, "
        "or tell the parts apart in image_series."
    )
    (found,) = faults_of({(45, "mask"): "masks/001.nii.gz"})
    assert "also in line 3 in primary, here in validation (leakage" in found.found
    (found,) = faults_of({(5, "mask"): "images/003.nii.gz"})
    assert found.sentence() == (
        "expected a file of its own, found the same as its image, 'images/003.nii.gz'. Correct the path."
    )
    rows = good_rows({(9, "image"): "/data/study/images/001.nii.gz"})
    assert check(rows)[1] == []
    assert "also in line 3" in check(rows, sheet="/data/study/sheet.csv")[1][0].found


def test_parts_of_one_file_may_stand_in_two_rows():
    cells = {(3, "image"): "scan", (9, "image"): "scan", (3, "mask"): "rs.dcm", (9, "mask"): "rs.dcm"}
    rows = good_rows(cells, {"image_series": "", "mask_roi": ""})
    for line, series, roi in ((3, "1.2.3", "GTV"), (9, "1.2.4", "2")):
        rows[line - 2].values.update(image_series=series, mask_roi=roi)
    assert check(rows)[1] == []
    rows[1].values.update(image_series="1.2.4", mask_roi="2")
    assert [f.column for f in check(rows)[1]] == ["image", "mask"]
    rows[1].values.update(image_series="series one", mask_roi="x" * 65)
    assert [f.sentence() for f in check(rows)[1]] == [
        "expected a SeriesInstanceUID (digits and points), found 'series one'.",
        "expected text of at most 64 characters, found 65 of them.",
    ]


def test_a_column_in_days_or_years():
    days = good_rows()
    for row in days:
        row.values["dfs_months"] = f"{float(row.values['dfs_months']) * 30.4375 / 3:.0f}"
    (found,) = [f for f in check(days)[1] if f.severity == "error" and f.row is None]
    assert found.sentence() == (
        "expected a column in months, found half of the 50 values above 180 (median 403.5), which looks like "
        "days. Divide the column by 30.4375."
    )
    years = good_rows()
    for row in years:
        row.values["dfs_months"] = f"{float(row.values['dfs_months']) / 12:.2f}"
    (found,) = check(years)[1]
    assert (
        "none of the 50 values above 6.38 (median 3.315), which looks like years. Multiply the column by 12."
        in found.sentence()
    )
    assert found.severity == "error"
    assert check(years, "predict")[1][0].severity == "warning"


def test_one_cohort_in_another_unit():
    rows = good_rows()
    for row in rows[N_PRIMARY:]:
        row.values["dfs_months"] = f"{float(row.values['dfs_months']) * 5:.0f}"
    errors = [f for f in check(rows)[1] if f.severity == "error"]
    assert [f.found for f in errors] == [
        "half of the 20 values of validation above 180 (median 311.5), which looks like days"
    ]
    for row in rows[N_PRIMARY:]:
        row.values["dfs_months"] = f"{float(row.values['dfs_months']) / 60:.2f}"
    (found,) = check(rows)[1]
    assert (found.severity, found.row) == ("warning", None)
    assert "none of the 20 values of validation above 6.37" in found.found


def test_codes_where_measurements_belong():
    (found,) = faults_of(columns={"cea": "1"})
    assert found.sentence() == (
        "expected measured values in ng/ml, found 1 as the only numbers of 50 rows, which look like codes. "
        "Write low or high instead of codes."
    )
    assert found.severity == "error"
    cells = {(line, "cea"): "low" for line in range(2, N + 2)} | {(5, "cea"): "0", (6, "cea"): "1"}
    (found,) = faults_of(cells)
    assert (found.severity, found.found) == (
        "warning",
        "0, 1 as the only numbers of 2 rows, which look like codes",
    )


def test_events_that_cannot_carry_a_model():
    none = {(line, "recurrence"): "0" for line in range(2, N_PRIMARY + 2)}
    (found,) = faults_of(none)
    assert found.sentence() == (
        "expected patients with and without recurrence in primary, found 0 with and 30 without. "
        "A survival model cannot be fitted or validated on them: look at the coding."
    )
    everyone = {(line, "recurrence"): "1" for line in range(N_PRIMARY + 2, N + 2)}
    (found,) = faults_of(everyone)
    assert "in validation, found 20 with and 0 without" in found.sentence()
    few = none | {(line, "recurrence"): "1" for line in range(2, 11)}
    (found,) = faults_of(few)
    assert (found.severity, found.expected, found.found) == (
        "warning", "at least 10 patients with recurrence in primary", "9",
    )  # fmt: skip
    assert faults_of(few | {(11, "recurrence"): "1"}) == []
    nobody = {(line, c): "" for line in range(N_PRIMARY + 2, N + 2) for c in ("dfs_months", "recurrence")}
    (found,) = faults_of(nobody)
    assert "with and without recurrence in validation, found nobody with follow-up" in found.sentence()
    (found,) = faults_of(columns={"cohort": "primary", "admission_date": ""})
    assert found.sentence() == "expected patients in validation, found none. Name them in the column cohort."


def test_events_are_not_judged_in_a_cohort_with_a_faulty_cell():
    cells = {(line, "recurrence"): "0" for line in range(2, N + 2)} | {(3, "recurrence"): "x"}
    found = [f for f in faults_of(cells) if f.severity == "error"]
    assert [f.found for f in found] == ["0 with and 20 without", "'x'"]
    found = [f for f in faults_of(cells | {(4, "cohort"): "x"}) if f.severity == "error"]
    assert [f.found for f in found] == ["'x'", "'x'"]


def test_outcomes_of_new_patients():
    assert faults_of(columns={"recurrence": "1"}, role="predict") == []
    (found,) = faults_of({(line, "recurrence"): "0" for line in range(2, N_PRIMARY + 2)}, role="predict")
    assert (found.severity, found.expected, found.found) == (
        "warning", "a patient with recurrence 1 in primary", "0 of 30",
    )  # fmt: skip


def test_a_sheet_of_new_patients_needs_little():
    needed = ("patient", "image", "mask")
    rows = [Row(r.line, {k: r.values[k] for k in needed}) for r in good_rows()]
    clinical, faults = check(rows, "predict")
    assert set(clinical["cohort"]) == {"validation"}
    assert clinical.drop(columns=["patient", "cohort"]).isna().all(axis=None)
    assert sentences(faults) == [
        f"warning None  {column}: expected the column '{column}', found no such column. Without it: {what}."
        for column, what in (
            ("dfs_months", "no validation against outcomes"),
            ("recurrence", "no validation against outcomes"),
            ("tnm_stage", "no nomogram, and so no survival at 3 and 5 years"),
        )
    ]
    assert {f.column for f in check(rows)[1] if f.severity == "error"} == {
        name for name, column in SCHEMA.columns.items() if "development" in column.required
    } - {*needed}


def test_cohorts_that_overlap_in_time():
    (found,) = faults_of({(40, "admission_date"): "2008-03-20"})
    assert (found.severity, found.row) == ("warning", None)
    assert found.expected == "cohorts apart in time (else later patients may have shaped the model)"
    assert found.found == "1 of 20 in validation up to 2008-03-28, when the last of primary came"
    assert found.remedy.startswith(
        "Right if the cohorts were not meant to be split by time; otherwise correct"
    )
    (found,) = faults_of({(40, "admission_date"): "2008-03-28"})
    assert found.found.startswith("1 of 20 in validation up to 2008-03-28")
    assert faults_of({(40, "admission_date"): "2008-03-29"}) == []
    assert faults_of(columns={"admission_date": ""}) == []


def test_nodes_that_contradict_the_stage():
    found = faults_of({(2, "lymph_node"): "yes", (4, "lymph_node"): "no", (5, "lymph_node"): "no"})
    assert sentences(found) == [
        "warning 2 CRC-000x lymph_node: expected stage III or IV with lymph node metastasis, found "
        "lymph_node yes with tnm_stage 1. Look which is right.",
        "warning 4 CRC-002x lymph_node: expected lymph node metastasis in stage III, found lymph_node no "
        "with tnm_stage 3. Look which is right.",
    ]


def test_all_faults_come_at_once_and_in_order():
    cells = {(9, "age"): "x", (4, "dfs_months"): "0", (4, "tnm_stage"): "2.0", (6, "sex"): "?"}
    found = faults_of(cells | {(6, "patient"): "CRC-001x"})
    assert [(f.severity, f.row, f.column) for f in found] == [
        ("error", 4, "dfs_months"),
        ("error", 6, "sex"),
        ("error", 6, "patient"),
        ("error", 9, "age"),
        ("warning", 4, "tnm_stage"),
        ("warning", 4, "lymph_node"),
    ]


def test_an_unknown_role_is_refused():
    with pytest.raises(
        InputError,
        match="role: expected one of development, predict, found 'develop'. Did you mean 'development'",
    ):
        check(good_rows(), "develop")


def test_the_fault_table():
    table = fault_table(
        [Fault("error", None, "", "age", "a", "b"), Fault("warning", 7, "P", "sex", "c", "d", "e")]
    )
    assert tuple(table.columns) == COLUMNS
    assert table["row"].dtype == "Int64"
    assert table.iloc[1].tolist() == ["warning", 7, "P", "sex", "c", "d", "e"]
    assert fault_table([]).empty


# Corruptions that leave a good sheet wrong, whatever the cell: none may raise anything but InputError, and
# none may pass without a word.
WRONG = [
    "abc!",
    "12,5",
    "#N/A",
    "#REF!",
    "-1e9",
    "1e999",
    "\u200b?",
    "[]",
    "=A1",
    "999999",
    "01-Mar",
    "x" * 200,
    "\x07",
]
EMPTY_IS_WRONG = ["patient", "cohort", "image", "mask"]


def corrupt(text, chance):
    """A line of a CSV, changed somewhere, with what was done; text of a whole file in and out."""
    lines = text.split("\n")
    kind = chance.choice(["cell", "empty", "byte", "cut", "swap header", "double row", "delimiter", "header"])
    k = chance.randrange(1, len(lines) - 1)
    cells, names = lines[k].split(","), lines[0].split(",")
    if kind == "cell":
        name = chance.choice([n for n in names if n not in ("patient", "image", "mask")])
        cells[names.index(name)] = f'"{chance.choice(WRONG)}"'
        lines[k] = ",".join(cells)
    elif kind == "empty":
        cells[names.index(chance.choice(EMPTY_IS_WRONG))] = ""
        lines[k] = ",".join(cells)
    elif kind == "byte":
        place = chance.randrange(len(lines[k]))
        wrong = chance.choice([b"\x00", b"\xff", b"\xc3\x28"])
        lines[k] = lines[k][:place] + "@@" + lines[k][place:]
        return kind, "\n".join(lines).encode().replace(b"@@", wrong)
    elif kind == "cut":
        cut = chance.randrange(3, len(names) - 1)
        lines[k] = ",".join(cells[:cut])
    elif kind == "swap header":
        a, b = chance.sample(range(len(names)), 2)
        names[a], names[b] = names[b], names[a]
        lines[0] = ",".join(names)
    elif kind == "double row":
        lines.insert(chance.randrange(1, len(lines) - 1), lines[k])
    elif kind == "delimiter":
        lines[k] = lines[k].replace(",", ";")
    elif kind == "header":
        names[chance.randrange(len(names))] = chance.choice(["", "patient", "7", "dfs", "x", "Sex "])
        lines[0] = ",".join(names)
    return kind, "\n".join(lines).encode()


def test_no_corruption_passes_in_silence_or_breaks_the_check(tmp_path):
    rows = good_rows()
    text = "\n".join([",".join(rows[0].values), *(",".join(r.values.values()) for r in rows)]) + "\n"
    path = tmp_path / "sheet.csv"
    path.write_text(text)
    assert check(read_rows(path))[1] == []
    silent = []
    for seed in range(600):
        kind, content = corrupt(text, random.Random(seed))
        if content == text.encode():
            continue
        path.write_bytes(content)
        try:
            faults = check(read_rows(path))[1]
        except InputError:
            continue
        if not faults:
            silent.append((seed, kind))
    assert silent == []
