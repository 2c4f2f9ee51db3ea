"""Images of a case: from a schema, as settings, and the cases of a sheet."""

from pathlib import Path

import pytest

from scripts.cohort.case_images import (
    ONE_IMAGE,
    CaseImage,
    as_settings,
    case_of,
    file_columns,
    from_settings,
)
from scripts.cohort.sheet_cases import sheet_cases
from scripts.cohort.sheet_schema import load_schema
from scripts.errors import InputError

SHEETS = Path(__file__).resolve().parents[3] / "config" / "schemas" / "sheets"
VISITS = load_schema(SHEETS / "nact_response.yaml").images


def test_one_image_is_that_of_crc_nomogram():
    assert load_schema(SHEETS / "crc_nomogram.yaml").images == ONE_IMAGE


def test_two_visits_with_masks_that_may_be_empty():
    first, second = VISITS
    assert first == CaseImage(
        "baseline", "phases", "baseline_series", "baseline_mask", "baseline_mask_roi", False, 4
    )
    assert second.column == "follow_up"
    assert file_columns(VISITS) == ("baseline", "baseline_mask", "follow_up", "follow_up_mask")


def test_settings_hold_the_images():
    assert from_settings({"images": as_settings(VISITS)}) == VISITS
    assert from_settings({}) == ONE_IMAGE


def test_a_case_has_the_cells_of_its_images_and_no_others():
    case = case_of({"patient": "P1", "baseline": "a", "age": "50"}, VISITS)
    assert case == dict.fromkeys(
        [c for image in VISITS for c in image.cells], ""
    ) | {"patient": "P1", "baseline": "a"}  # fmt: skip


def test_cases_of_a_sheet_count_paths_from_its_folder(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("patient,baseline,follow_up,baseline_mask,note\nP1,a,/b,m.mha,x\nP2,c,d,,\nP3,e,f,NA,\n")
    cases = sheet_cases(sheet, VISITS)
    (one,), (two,), (three,) = cases["P1"], cases["P2"], cases["P3"]
    assert (one["baseline"], one["follow_up"]) == (f"{tmp_path}/a", "/b")
    assert (one["baseline_mask"], one["follow_up_mask"], one["baseline_series"]) == (
        f"{tmp_path}/m.mha",
        "",
        "",
    )
    assert two["baseline_mask"] == three["baseline_mask"] == ""


def test_a_sheet_without_an_image_column_plans_nothing(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("patient,baseline\nP1,a\n")
    with pytest.raises(InputError, match="the columns patient, baseline, follow_up, found no follow_up"):
        sheet_cases(sheet, VISITS)
    with pytest.raises(
        InputError, match="the columns patient, image, mask, found no image, mask among patient"
    ):
        sheet_cases(sheet)
