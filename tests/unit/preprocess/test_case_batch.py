import functools

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from scripts.errors import CaseError, InputError
from scripts.preprocess.case_batch import FAILURES, Done, Unreadable, done_cases, run_batch
from scripts.preprocess.files import has_volume, load_volume, volume_path
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged

COLUMNS = {"n": "int64", "share": "float64", "said": "object"}
GRID = Volume(np.arange(24, dtype=np.float32).reshape(2, 3, 4), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0))


def load(case):
    return {"patient": case["patient"]}


def compute(patient, errors):
    if patient in errors:
        raise errors[patient]
    return Done({"n": 3, "share": 0.5, "said": patient}, {"warped": GRID}, remark=f"{patient} took long")


def batch(patients, errors, folder=None, threads=1, **changes):
    work = functools.partial(compute, errors=errors)
    cases = [{"patient": patient} for patient in patients]
    options = {"step": "a_step (first)", "columns": COLUMNS, "log": "x.log"} | changes
    return run_batch(cases, load, work, folder=folder, threads=threads, **options)


@pytest.mark.parametrize("threads", [1, 2])
def test_everybody_is_in_the_table_or_among_the_failures(tmp_path, capsys, threads):
    errors = {
        "B": CaseError("no tumour\n  found"),
        "C": InputError("x.mha", "one grid", "two"),
        "D": ZeroDivisionError("by 0"),
        "E": Unreadable("the phases could not be read", "in read_x\nSlip"),
    }
    table, failures = batch("ABCDE", errors, tmp_path / "volumes", threads)
    assert table["patient"].tolist() == ["A"]
    assert table.dtypes[1:].astype(str).to_dict() == COLUMNS
    assert failures.columns.tolist() == list(FAILURES)
    assert failures["patient"].tolist() == list("BCDE")
    assert failures["cause"].tolist() == [
        "no tumour found",
        "x.mha: expected one grid, found two.",
        "the step failed: by 0",
        "the phases could not be read",
    ]
    assert set(failures["step"]) == {"a_step (first)"}
    assert set(failures["log"]) == {"x.log"}
    printed = capsys.readouterr().out
    for words in ("A: A took long", "B: no tumour found", "D: the step failed", "Traceback", "E: the phases"):
        assert words in printed
    assert "in read_x\nSlip" in printed
    assert has_volume(tmp_path / "volumes", "A", "warped")
    assert not has_volume(tmp_path / "volumes", "B", "warped")


def test_volumes_come_back_as_they_were(tmp_path):
    batch("A", {}, tmp_path)
    found = load_volume(tmp_path, "A", "warped")
    np.testing.assert_array_equal(found.array, GRID.array)
    assert (found.spacing, found.origin, found.direction) == (GRID.spacing, GRID.origin, GRID.direction)


def with_displacement(patient):
    field = np.zeros((2, 3, 4, 3))
    field[1, 2, 3] = (7, 8, 9)
    return Done({"n": 1, "share": 0, "said": ""}, {"warped": GRID}, field)


def test_a_displacement_is_an_image_of_vectors_in_physical_order(tmp_path):
    run_batch(
        [{"patient": "A"}], load, with_displacement, step="s", columns=COLUMNS, folder=tmp_path
    )  # fmt: skip
    image = sitk.ReadImage(str(volume_path(tmp_path, "A", "displacement")))
    assert image.GetNumberOfComponentsPerPixel() == 3
    assert image[3, 2, 1] == (7.0, 8.0, 9.0)  # SimpleITK's index is x, y, z
    assert image.GetSpacing() == GRID.spacing


def test_tables_without_a_row_keep_columns_and_types(tmp_path):
    table, failures = batch("", {}, tmp_path / "none")
    assert table.columns.tolist() == ["patient", *COLUMNS]
    assert table.dtypes[1:].astype(str).to_dict() == COLUMNS
    assert failures.columns.tolist() == list(FAILURES)
    assert (tmp_path / "none").is_dir()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), MemoryError),
        (ModuleNotFoundError("No module named 'mne'"), ModuleNotFoundError),
        (RuntimeError("itk: Failed to allocate memory for image."), MemoryError),
        (FileChanged("x", "a file at rest", "another"), FileChanged),
    ],
)
def test_what_is_no_fault_of_the_patient_goes_through(tmp_path, error, kind):
    with pytest.raises(kind) as raised:
        batch("AB", {"B": error}, tmp_path)
    assert raised.value.patients == ("B",)


def broken(case):
    raise InputError("cache/x.mha", "a file", "nothing")


def test_a_file_of_an_earlier_step_that_is_gone_stops_the_job():
    with pytest.raises(InputError, match="found nothing"):
        run_batch([{"patient": "A"}], broken, compute, step="s", columns=COLUMNS)


def test_a_folder_that_cannot_be_written_to_stops_the_job(tmp_path):
    (tmp_path / "volumes").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="exists"):
        batch("A", {}, tmp_path / "volumes")


def test_done_cases_are_those_of_every_table_in_the_order_of_the_first():
    first = pd.DataFrame({"patient": ["C", "A", "B"], "n": [1, 2, 3]})
    second = pd.DataFrame({"patient": ["A", "C", "D"]})
    assert done_cases(first, second) == [{"patient": "C", "n": 1}, {"patient": "A", "n": 2}]
    assert done_cases(first.iloc[:0]) == []
