"""The check of two visits with contrast series: records, faults of files, and what must hold between visits."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.cohort import check_cases, check_cohort
from scripts.cohort.case_images import as_settings
from scripts.cohort.check_cases import check_and_record, check_images
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.faults import Fault
from scripts.cohort.sheet import Row
from scripts.cohort.sheet_cases import sheet_cases
from scripts.cohort.sheet_schema import load_schema
from scripts.tables import read_json, read_table
from scripts.volumes import Volume, write_volume

SCHEMA_PATH = Path(__file__).resolve().parents[3] / "config" / "schemas" / "sheets" / "nact_response.yaml"
SCHEMA = load_schema(SCHEMA_PATH)
SETTINGS = {
    "modality": "MR",
    "min_mask_voxels": 27,
    "allow_several_pieces": False,
    "images": as_settings(SCHEMA.images),
    "in_order": ["baseline", "follow_up"],
    "tell_side": True,
}
SHAPE, SPACING = (6, 12, 80), (4.0, 4.0, 4.0)  # z, y, x: 320 mm wide, both breasts
ORIGIN = (-158.0, 0.0, 0.0)
LEFT, RIGHT = 60, 20  # index x of the tumour


def tumour(x: int = LEFT) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:5, 4:8, x - 2 : x + 2] = 1
    return mask


def write_visit(folder: Path, seed: int, gains=(0, 80, 120, 110), x: int = LEFT) -> None:
    """Phases in which the tumour at index `x` is brighter by `gains`."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for k, gain in enumerate(gains):
        array = 100 + chance.integers(-5, 5, SHAPE) + gain * tumour(x)
        write_volume(Volume(array.astype(np.int16), SPACING, ORIGIN), folder / f"phase_{k}.mha")


@pytest.fixture
def case(tmp_path):
    """case(**cells): a sound case of two visits with masks, with other cells."""

    def write(first=None, second=None, x=LEFT, **cells):
        write_visit(tmp_path / "P1_baseline", 1, **(first or {}))
        write_visit(tmp_path / "P1_follow_up", 2, **(second or {}))
        found = {"patient": "P1", "row": 7}
        for visit, shape in (("baseline", tumour(x)), ("follow_up", tumour(x))):
            shape[1, 4, x] = visit == "baseline"
            write_volume(Volume(shape, SPACING, ORIGIN), tmp_path / f"{visit}.mha")
            found |= {visit: str(tmp_path / f"P1_{visit}"), f"{visit}_mask": str(tmp_path / f"{visit}.mha")}
        return found | cells

    return write


def sentences(records):
    return [f"{f.severity} {f.column}: {f.sentence()}" for record in records for f in record["faults"]]


def test_the_records_of_a_sound_case(case):
    records = check_images(case(), SETTINGS)
    assert sentences(records) == []
    assert [(r["image"], r["phases"], r["side"], r["mask_voxels"]) for r in records] == [
        ("baseline", 4, "left", 64),
        ("follow_up", 4, "left", 63),
    ]
    assert [r["size_x"] for r in records] == [80, 80]
    assert len({r[key] for r in records for key in ("image_digest", "mask_digest")}) == 4


def test_masks_may_be_absent(case):
    records = check_images(case(baseline_mask="", follow_up_mask=""), SETTINGS)
    assert sentences(records) == []
    assert [(r["mask_digest"], r["side"], r["phases"]) for r in records] == [(None, None, 4)] * 2


def test_faults_name_the_column_of_their_visit(case, tmp_path):
    sound = case()
    (tmp_path / "text.mha").write_text("no image")
    cells = {"follow_up": str(tmp_path / "absent"), "baseline_mask": str(tmp_path / "text.mha")}
    told = sentences(check_images(sound | cells, SETTINGS))
    assert [text.split(":")[0] for text in told] == ["error baseline_mask", "error follow_up"]
    assert "found no " in told[1]
    told = sentences(check_images(sound | {"baseline": ""}, SETTINGS))
    assert told == ["error baseline: expected the path of a file or folder, found nothing. Fill in the cell."]


def test_a_phase_at_fault_is_named(case, tmp_path):
    sound = case()
    flat = Volume(np.full(SHAPE, 7, np.int16), SPACING, ORIGIN)
    write_volume(flat, tmp_path / "P1_follow_up" / "phase_2.mha")
    told = sentences(check_images(sound, SETTINGS))
    assert (
        "error follow_up: expected an image, found the value 7 in every voxel in phase_2.mha. Export the image again."
        in told
    )


def test_too_few_phases_and_a_wrong_order(case):
    told = sentences(check_images(case({"gains": (0, 80, 120)}, {"gains": (110, 120, 80, 0)}), SETTINGS))
    assert len(told) == 2
    assert "error baseline: expected at least 4 phases (one before and 3 after contrast), found 3." in told[0]
    assert (
        "error follow_up: expected the phase before contrast first, as the darkest, found phase_3" in told[1]
    )


def test_a_mask_on_another_grid(case, tmp_path):
    sound = case()
    write_volume(Volume(tumour(), (4, 4, 5), ORIGIN), tmp_path / "follow_up.mha")
    (told,) = sentences(check_images(sound, SETTINGS))
    assert told.startswith("error follow_up_mask: expected a mask on the grid of the image, found spacing z")


def test_visits_that_dicom_says_were_swapped(tmp_path, write_series):
    days = {"baseline": "20240320", "follow_up": "20240131"}
    found = {"patient": "P1"}
    for number, (visit, day) in enumerate(days.items()):
        for k in range(4):

            def change(z, dataset, k=k, day=day):
                dataset.AcquisitionDate, dataset.AcquisitionTime = day, f"10{k:02d}00"

            array = np.random.default_rng(10 * number + k).integers(0, 50, SHAPE) + 100 + 50 * min(k, 1)
            folder = tmp_path / visit / str(k)
            uid = f"1.2.826.0.{number + 1}{k}"
            write_series(
                folder, array.astype(np.uint16), SPACING, series_uid=uid, modality="MR", change=change
            )
        found[visit] = str(tmp_path / visit)
    (told,) = sentences(check_images(found, SETTINGS))
    assert told == (
        "error follow_up: expected an examination after that of baseline, found one 49 days before it, as DICOM says. "
        "Are baseline and follow_up swapped?"
    )
    assert sentences(check_images(found, SETTINGS | {"in_order": []})) == []


def test_what_was_read_is_recorded_for_every_file(case):
    sound = case()
    columns = ("baseline", "baseline_mask", "follow_up", "follow_up_mask")
    labels = {sound[column]: f"label of {column}" for column in columns}
    records, read = check_and_record(sound, SETTINGS, labels)
    assert len(records) == 2
    assert {path: record.label for path, record in read.items()} == labels
    assert all(len(record.digest) == 64 for record in read.values())


# The cohort


def rows_of(n=6, **columns):
    usual = {
        "patient": [f"P{k}x" for k in range(n)],
        "cohort": ["development" if k < n - 2 else "testing" for k in range(n)],
        "baseline": [f"P{k}_baseline" for k in range(n)],
        "follow_up": [f"P{k}_follow_up" for k in range(n)],
        "side": ["left"] * n,
        "miller_payne": [str(k % 5 + 1) for k in range(n)],
        "er": ["positive"] * n,
        "pr": ["negative"] * n,
        "her2": ["3+"] * n,
        "ki67": ["20"] * n,
        "age": ["50"] * n,
        "menopausal_status": ["pre"] * n,
        "family_history": ["no"] * n,
    } | columns
    return [Row(k + 2, {name: values[k] for name, values in usual.items()}) for k in range(n)]


def records_of(rows, **columns):
    """A record of each image of each row; `columns` replace whole columns."""
    table = pd.DataFrame(
        [
            {"patient": row.values["patient"], "row": row.line, "image": image.column}
            | {"image_digest": f"{row.line}{image.column}", "mask_digest": f"{row.line}{image.mask}"}
            | {"side": "left", "faults": "[]", "log": "logs/b.log"}
            for row in rows
            for image in SCHEMA.images
        ]
    ).assign(**columns)
    return table.reindex(columns=list(check_cases.RECORD)).astype(check_cases.RECORD)


def faults_of(rows, records, role="development"):
    clinical, faults = check_sheet(rows, SCHEMA, role, today=date(2025, 1, 1))
    return check_cohort.check_cohort(rows, clinical, faults, records, SCHEMA, role)


def told(check):
    return [(f.severity, f.row, f.column, f.found) for f in check.faults if f.row is not None]


def test_a_sound_cohort_of_two_visits():
    rows = rows_of()
    check = faults_of(rows, records_of(rows).sample(frac=1, random_state=2))
    assert told(check) == []
    assert not check.stop
    assert list(check.admitted.columns) == [
        "patient", "cohort", "side", "miller_payne", "er", "pr", "her2", "ki67", "age", "menopausal_status",
        "family_history", "field_strength_t",
    ]  # fmt: skip
    assert check.admitted["miller_payne"].tolist() == [1, 2, 3, 4, 5, 1]
    assert set(check.admitted["her2"]) == {"positive"}


def test_one_image_without_a_record():
    rows = rows_of()
    check = faults_of(rows, records_of(rows).drop(index=3))  # the second row's follow-up
    assert told(check) == [("error", 3, "follow_up", "no record")]


def test_the_same_series_at_both_visits_and_in_two_patients():
    rows = rows_of()
    records = records_of(rows)
    records.loc[1, "image_digest"] = records.loc[0, "image_digest"]
    records.loc[11, "image_digest"] = records.loc[2, "image_digest"]
    found = told(faults_of(rows, records))
    assert found == [
        ("error", 2, "follow_up", "the same voxels as its baseline"),
        (
            "error", 7, "follow_up",
            "the same voxels as 'P1x' in line 3, baseline in development, here in testing "
            "(leakage between the cohorts)",
        ),
    ]  # fmt: skip


def test_the_same_mask_at_both_visits():
    rows = rows_of()
    records = records_of(rows)
    records.loc[1, "mask_digest"] = records.loc[0, "mask_digest"]
    assert told(faults_of(rows, records)) == [
        ("error", 2, "follow_up_mask", "the same voxels as its baseline_mask")
    ]


def test_a_mask_on_the_other_side():
    rows = rows_of(side=["left", "right", "", "", "left", "left"])
    sides = ["left", "right", "right", None, "left", "right", "right", "right", None, None, "left", "left"]
    check = faults_of(rows, records_of(rows, side=sides))
    assert told(check) == [
        ("error", 2, "follow_up_mask", "one on the right of the body"),
        ("error", 4, "follow_up_mask", "one on the right of the body"),
    ]
    first, second = (f for f in check.faults if f.row is not None)
    assert first.expected == "a mask on the left, as side says"
    assert second.expected == "a mask on the left, as baseline_mask says"


def test_dates_of_the_visits():
    firsts = ["2024-01-31", "2024-03-20", "2024-01-31", "", "2024-01-31", "2024-01-31"]
    seconds = ["2024-03-20", "2024-01-31", "2024-01-31", "2024-03-20", "", "2024-02-31"]
    rows = rows_of(baseline_date=firsts, follow_up_date=seconds)
    found = [f for f in told(faults_of(rows, records_of(rows))) if f[1] != 7]
    assert found == [
        ("error", 3, "follow_up_date", "2024-01-31, baseline_date being 2024-03-20"),
        ("error", 4, "follow_up_date", "2024-01-31, the same day"),
    ]


def test_files_named_twice_and_words_that_mean_two_things():
    rows = rows_of(
        follow_up=["P0_baseline", *(f"P{k}_follow_up" for k in range(1, 6))],
        her2=["3+", "2+", "1", "1+", "0", "positive"],
    )
    found = told(faults_of(rows, records_of(rows)))
    assert ("error", 2, "follow_up", "the same as its baseline, 'P0_baseline'") in found
    assert [(row, column) for _, row, column, _ in found] == [(2, "follow_up"), (3, "her2"), (4, "her2")]


@pytest.mark.parametrize(
    ("grades", "role", "expected"),
    [
        ("1231" "45", "development",
         [("error", "4 nonresponder, 0 responder"), ("error", "0 nonresponder, 2 responder")]),
        ("1234" "15", "development", [("warning", "3 nonresponder, 1 responder")]),
        ("1234" "1?", "development", [("warning", "3 nonresponder, 1 responder")]),
        ("123?" "15", "development", []),
        ("1111" "11", "predict",
         [("warning", "4 nonresponder, 0 responder"), ("warning", "2 nonresponder, 0 responder")]),
        ("      ", "predict", []),
    ],
)  # fmt: skip
def test_both_classes_in_each_cohort(grades, role, expected):
    clinical, faults = check_sheet(rows_of(miller_payne=[grade.strip() for grade in grades]), SCHEMA, role)
    found = [(f.severity, f.found) for f in faults if f.row is None and f.column == "miller_payne"]
    assert found == expected
    if expected and expected[0][0] == "error":
        assert faults[0].expected == "patients of each class in development (nonresponder, responder)"


def test_exclusions_that_leave_a_cohort_without_a_class():
    rows = rows_of(miller_payne=list("123415"))
    fault = Fault("error", None, "P5x", "baseline", "an image", "none", "")
    text = [json.dumps([asdict(fault)]) if k == 10 else "[]" for k in range(12)]
    clinical, faults = check_sheet(rows, SCHEMA, "development")
    check = check_cohort.check_cohort(
        rows, clinical, faults, records_of(rows, faults=text), SCHEMA, "development", 1
    )
    assert check.stop
    assert "1 nonresponder, 0 responder" in [f.found for f in check.faults if f.severity == "error"]


def test_ki67_as_shares_is_a_slip_of_unit():
    rows = rows_of(12, ki67=[str(k / 20) for k in range(12)])
    (fault,) = (f for f in faults_of(rows, records_of(rows)).faults if f.column == "ki67")
    assert fault.severity == "error"
    assert "looks like shares of 1" in fault.found


def test_new_patients_need_images_only():
    rows = [Row(r.line, {k: r.values[k] for k in ("patient", "baseline", "follow_up")}) for r in rows_of()]
    check = faults_of(rows, records_of(rows), role="predict")
    assert not check.stop
    assert set(check.admitted["cohort"]) == {"testing"}
    assert {f.column for f in check.faults} >= {"miller_payne", "er", "ki67"}


def test_the_rules_on_files(tmp_path):
    """From the sheet to the verdict: planning's cases, the check of a batch, the check of the cohort."""
    rows = rows_of()
    for k in range(6):
        write_visit(tmp_path / f"P{k}_baseline", 2 * k)
        write_visit(tmp_path / f"P{k}_follow_up", 2 * k + 1)
    names = list(rows[0].values)
    lines = [",".join(names), *(",".join(row.values[name] for name in names) for row in rows)]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("\n".join(lines) + "\n")
    cases = [case for own in sheet_cases(sheet, SCHEMA.images).values() for case in own]
    output = SimpleNamespace(
        **{name: str(tmp_path / f"{name}.parquet") for name in ("cases", "faults", "clinical", "ledger")},
        contents=str(tmp_path / "contents.json"),
        verdict=str(tmp_path / "verdict.json"),
    )
    job = SimpleNamespace(settings=SETTINGS, cases=cases, contents={}, threads=1, output=output, log="logs/b")
    check_cases.main(job)
    records = read_table(output.cases)
    assert records["image"].tolist() == ["baseline", "follow_up"] * 6
    assert json.loads(records["faults"][0]) == []
    inputs = SimpleNamespace(sheet=str(sheet), schema=str(SCHEMA_PATH), cases=[output.cases])
    settings = {"role": "development", "max_failed_cases": 0}
    check_cohort.main(SimpleNamespace(settings=settings, input=inputs, output=output, log=None))
    verdict = read_json(output.verdict)
    assert (verdict["stop"], verdict["admitted"], verdict["errors"]) == (False, 6, 0)
