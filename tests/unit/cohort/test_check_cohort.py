"""check_cohort: shared files, exclusions and their ledger, what stops a run, and the three rules in a row."""

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.cohort import admit_cohort, check_cases, check_cohort
from scripts.cohort.admission import NotAdmitted
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.faults import COLUMNS, Fault
from scripts.cohort.sheet import Row, read_rows, resolve_path
from scripts.cohort.sheet_schema import load_schema
from scripts.tables import read_json, read_table
from scripts.volumes import Volume, write_volume

ROOT = Path(__file__).resolve().parents[3]
SCHEMA_PATH = ROOT / "config" / "schemas" / "sheets" / "crc_nomogram.yaml"
SCHEMA = load_schema(SCHEMA_PATH)
N = 36


def sheet_rows(n=N, **columns):
    """A sheet without a fault: two thirds primary, every second patient with recurrence."""
    return [
        Row(
            k + 2,
            {
                "patient": f"P{k:02d}x",
                "cohort": "primary" if k < 2 * n // 3 else "validation",
                "image": f"{k:02d}.nii.gz",
                "mask": f"{k:02d}_mask.nii.gz",
                "dfs_months": str(5 + 2 * k),
                "recurrence": str(k % 2),
                "tnm_stage": "II",
                "sex": "F",
                "age": "60",
                "differentiation": "low",
                "cea": "low",
                "lymph_node": "no",
                **{name: values[k] for name, values in columns.items()},
            },
        )
        for k in range(n)
    ]


def case_records(rows, faults=None, **columns):
    """Records of good cases, with `faults` {patient: [Fault]} and whole columns replaced."""
    patients = [row.values["patient"] for row in rows]
    table = {
        "patient": patients,
        "row": [row.line for row in rows],
        "image": "image",
        "image_digest": [f"image{k}" for k in range(len(rows))],
        "mask_digest": [f"mask{k}" for k in range(len(rows))],
        "faults": [json.dumps([asdict(f) for f in (faults or {}).get(p, [])]) for p in patients],
        "log": "logs/b.log",
        **columns,
    }
    return pd.DataFrame(table).reindex(columns=list(check_cases.RECORD)).astype(check_cases.RECORD)


def failure(patient, severity="error", column="mask", found="an empty one"):
    return {patient: [Fault(severity, None, patient, column, "a mask with a region", found, "Draw it.")]}


def checked(rows, cases, allowed=0, role="development"):
    clinical, faults = check_sheet(rows, SCHEMA, role)
    return check_cohort.check_cohort(rows, clinical, faults, cases, SCHEMA, role, allowed, "logs/cohort.log")


def test_a_good_cohort_is_admitted_whole():
    rows = sheet_rows()
    check = checked(rows, case_records(rows).sample(frac=1, random_state=1))
    assert (check.faults, check.failed, check.stop) == ([], 0, False)
    assert check.admitted["patient"].tolist() == [row.values["patient"] for row in rows]
    assert list(check.ledger.columns) == ["patient", "cohort", "step", "cause", "log", "excluded_from"]
    assert check.ledger.empty


def test_failed_cases_are_excluded_up_to_the_limit_and_stop_beyond():
    rows = sheet_rows()
    cases = case_records(rows, failure("P03x") | failure("P30x", column="image", found="no /x"))
    check = checked(rows, cases, allowed=2)
    assert not check.stop
    assert len(check.admitted) == N - 2
    assert not {"P03x", "P30x"} & set(check.admitted["patient"])
    assert check.ledger.to_dict("records") == [
        {
            "patient": "P03x",
            "cohort": "primary",
            "step": "check_cases",
            "cause": "mask: expected a mask with a region, found an empty one",
            "log": "logs/b.log",
            "excluded_from": "all",
        },
        {
            "patient": "P30x",
            "cohort": "validation",
            "step": "check_cases",
            "cause": "image: expected a mask with a region, found no /x",
            "log": "logs/b.log",
            "excluded_from": "all",
        },
    ]
    check = checked(rows, cases, allowed=1)
    assert (check.stop, check.failed) == (True, 2)
    assert [(f.row, f.patient) for f in check.faults] == [(5, "P03x"), (32, "P30x")]


def test_warnings_of_a_case_exclude_nobody():
    rows = sheet_rows()
    check = checked(rows, case_records(rows, failure("P03x", "warning")))
    assert (len(check.admitted), check.failed, check.stop, len(check.faults)) == (N, 0, False, 1)


def test_an_error_of_the_sheet_stops_however_many_cases_may_fail():
    rows = sheet_rows(age=["60"] * (N - 1) + ["old"])
    check = checked(rows, case_records(rows), allowed=N)
    assert (check.stop, check.failed) == (True, 0)


def test_patients_without_follow_up_stay_but_for_survival():
    empty = {k: [""] * 2 + [row.values[k] for row in sheet_rows()][2:] for k in ("dfs_months", "recurrence")}
    rows = sheet_rows(**empty)
    check = checked(rows, case_records(rows, failure("P01x")), allowed=1)
    assert not check.stop
    assert check.ledger.drop(columns="cohort").to_numpy().tolist() == [
        [
            "P01x",
            "check_cases",
            "mask: expected a mask with a region, found an empty one",
            "logs/b.log",
            "all",
        ],
        ["P00x", "check_cohort", "without follow-up", "logs/cohort.log", "survival"],
    ]
    assert "P00x" in set(check.admitted["patient"])


@pytest.mark.parametrize(("other", "leak"), [(5, ""), (30, " in primary, here in validation (leakage")])
def test_the_same_image_in_two_rows(other, leak):
    rows = sheet_rows()
    digests = [f"image{k}" for k in range(N)]
    digests[other] = "image2"
    check = checked(rows, case_records(rows, image_digest=digests), allowed=N)
    (fault,) = check.faults
    assert check.stop
    assert (fault.severity, fault.row, fault.column) == ("error", other + 2, "image")
    assert f"found the same voxels as 'P02x' in line 4{leak}" in fault.sentence()
    assert "leakage" in fault.found or not leak


def test_the_same_mask_counts_where_the_images_differ():
    rows = sheet_rows()
    masks = [f"mask{k}" for k in range(N)]
    masks[9] = "mask2"
    (fault,) = checked(rows, case_records(rows, mask_digest=masks)).faults
    assert (fault.row, fault.column) == (11, "mask")
    assert (
        "expected another mask in every row, found the same voxels as 'P02x' in line 4. Give"
        in fault.sentence()
    )
    images = [f"image{k}" for k in range(N)]
    images[9] = "image2"
    (fault,) = checked(rows, case_records(rows, mask_digest=masks, image_digest=images)).faults
    assert fault.column == "image"


def test_unread_files_share_nothing():
    rows = sheet_rows()
    nothing = [None] * N
    assert checked(rows, case_records(rows, image_digest=nothing, mask_digest=nothing)).faults == []


def test_a_fault_of_the_sheet_is_not_told_again():
    rows = sheet_rows(image=["00.nii.gz"] * 2 + [f"{k:02d}.nii.gz" for k in range(2, N)])
    images = ["image0"] * 2 + [f"image{k}" for k in range(2, N)]
    (fault,) = checked(rows, case_records(rows, image_digest=images)).faults
    assert "also in line 2" in fault.found
    rows = sheet_rows(mask=[""] + [f"{k:02d}_mask.nii.gz" for k in range(1, N)])
    check = checked(rows, case_records(rows, failure("P00x", found="nothing")))
    assert [f.found for f in check.faults] == ["nothing"]


def test_exclusions_that_leave_a_cohort_without_events():
    rows = sheet_rows(recurrence=[str(k % 2) if k < 24 else str(int(k == 30)) for k in range(N)])
    check = checked(rows, case_records(rows, failure("P30x")), allowed=3)
    assert check.stop
    assert (
        "with and without recurrence in validation, found 0 with and 11 without" in check.faults[0].sentence()
    )


def test_records_follow_their_patient_not_their_line():
    rows = sheet_rows()
    cases = case_records(rows, failure("P03x"))
    shifted = [Row(row.line + 5, row.values) for row in rows]
    (fault,) = checked(shifted, cases).faults
    assert fault.row == 10
    cases["row"] = pd.array([None] * N, dtype="Int64")
    (fault,) = checked(shifted, cases).faults
    assert fault.row == 10


def test_a_patient_twice_has_two_records():
    rows = sheet_rows(patient=["P01x"] + [f"P{k:02d}x" for k in range(1, N)])
    cases = case_records(rows)
    cases.loc[1, "faults"] = json.dumps([asdict(failure("P01x")["P01x"][0])])
    check = checked(rows, cases, allowed=5)
    assert sorted((f.row, f.column) for f in check.faults) == [(3, "mask"), (3, "patient")]


def test_a_row_without_record_and_a_record_without_row():
    rows = sheet_rows()
    check = checked(rows, case_records(rows).iloc[:-1], allowed=N)
    (fault,) = check.faults
    assert check.stop
    assert (fault.row, fault.sentence()) == (
        N + 1,
        "expected an image and mask examined, found no record. Run the check again.",
    )
    with pytest.raises(ValueError, match="a record of 'P35x', for whom the sheet has 0 rows"):
        checked(rows[:-1], case_records(rows))


def test_a_sheet_of_new_patients():
    rows = [Row(r.line, {k: r.values[k] for k in ("patient", "image", "mask")}) for r in sheet_rows()]
    check = checked(rows, case_records(rows, failure("P03x")), allowed=1, role="predict")
    assert not check.stop
    assert check.ledger["cohort"].tolist() == ["validation"]
    assert {f.severity for f in check.faults if f.row is None} == {"warning"}


@pytest.fixture
def study(tmp_path):
    """A folder with a sheet and real files, and a function that runs the three rules over it."""
    rows = sheet_rows()
    chance = np.random.default_rng(3)
    for k, row in enumerate(rows):
        image = chance.integers(-1000, 100, (6, 12, 12)).astype(np.int16)
        image[1:5, 1:7, 2:6] //= 10
        mask = np.zeros(image.shape, np.uint8)
        mask[1:5, 2:6, 2:6] = 1
        mask[1 + k % 4, 6, 2 + k // 4 % 4] = 1  # with the next line, no two masks are the same
        mask[1, 1, 2:5] = k >= 16, k >= 16, k >= 32
        write_volume(Volume(image, (1, 1, 2)), tmp_path / row.values["image"])
        write_volume(Volume(mask, (1, 1, 2)), tmp_path / row.values["mask"])
    (tmp_path / "sheet.csv").write_text(
        "\n".join([",".join(rows[0].values), *(",".join(row.values.values()) for row in rows)]) + "\n"
    )

    def run(allowed=0):
        settings = {
            "max_failed_cases": allowed,
            "allow_several_pieces": False,
            "min_mask_voxels": 27,
            "modality": "CT",
            "role": "development",
        }
        sheet = str(tmp_path / "sheet.csv")
        batches = []
        for batch in (0, 1):
            cases = [
                {"row": row.line, "image_series": "", "mask_roi": ""}
                | {"patient": row.values["patient"]}
                | {kind: resolve_path(row.values[kind], sheet) for kind in ("image", "mask")}
                for row in read_rows(sheet)
                if row.line % 2 == batch
            ]
            batches.append(str(tmp_path / f"b{batch}.parquet"))
            output = SimpleNamespace(cases=batches[-1], contents=f"{batches[-1]}.json")
            job = SimpleNamespace(settings=settings, cases=cases, contents={}, threads=1, output=output)
            job.log = f"logs/{batch}.log"
            check_cases.main(job)
        names = {"faults": "faults.csv", "clinical": "c.parquet", "ledger": "ledger.csv", "verdict": "v.json"}
        output = SimpleNamespace(**{key: str(tmp_path / name) for key, name in names.items()})
        inputs = SimpleNamespace(sheet=sheet, schema=str(SCHEMA_PATH), cases=batches)
        check_cohort.main(SimpleNamespace(settings=settings, input=inputs, output=output, log=None))
        admitted = SimpleNamespace(admitted=str(tmp_path / "admitted.json"))
        admit_cohort.main(SimpleNamespace(input=output, output=admitted))
        return output

    run.folder = tmp_path
    return run


def test_the_three_rules_on_files(study, capsys):
    output = study()
    assert (
        capsys.readouterr().out.count("36 admitted (primary 24, validation 12); 0 cases failed (0 may)") == 2
    )
    assert read_table(output.clinical)["patient"].tolist() == [f"P{k:02d}x" for k in range(N)]
    assert Path(output.faults).read_text() == ",".join(COLUMNS) + "\n"
    assert read_json(output.verdict)["cohorts"] == {"primary": 24, "validation": 12}

    (study.folder / "03.nii.gz").unlink()
    (study.folder / "30.nii.gz").write_bytes((study.folder / "04.nii.gz").read_bytes())
    with pytest.raises(NotAdmitted) as stop:
        study(allowed=1)
    message = " ".join(str(stop.value).split())
    assert f"{study.folder / 'sheet.csv'}: 36 rows, 2 errors, 0 warnings" in message
    assert "error image, line 5: expected a file or folder, found no" in message
    assert "the same voxels as 'P04x' in line 6 in primary, here in validation" in message
    faults = read_table(output.faults)
    assert faults["row"].tolist() == [5, 32]
    assert read_table(output.ledger)["patient"].tolist() == ["P03x"]
    assert read_table(output.ledger)["log"].tolist() == ["logs/1.log"]

    (study.folder / "30.nii.gz").unlink()
    output = study(allowed=2)
    assert read_json(output.verdict)["excluded"] == 2
    assert len(read_table(output.clinical)) == N - 2
    assert read_table(output.ledger)["excluded_from"].tolist() == ["all", "all"]


def test_recordings_with_another_order_of_sensors_are_a_fault_of_the_few():
    """No cohort may mix orders: that stops the run. A patient who failed by itself is not told twice."""
    rows = sheet_rows()
    layouts = ["usual"] * N
    layouts[3] = layouts[7] = "other"
    check = checked(rows, case_records(rows, failure("P07x"), layout=layouts), allowed=3)
    told = [fault for fault in check.faults if "sensors of the other patients" in fault.expected]
    assert [(fault.patient, fault.row) for fault in told] == [("P03x", rows[3].line)]
    assert told[0].expected == f"the sensors of the other patients ({N - 2} of {N - 1}), in their order"
    assert check.stop
    assert not checked(rows, case_records(rows, layout=["usual"] * N)).faults
