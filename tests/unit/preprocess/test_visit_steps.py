"""correct_bias, standardise_images and segment_tumours as jobs on small phases with a known field and tumour."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.cohort.case_images import CaseImage, as_settings
from scripts.errors import CaseError, InputError
from scripts.preprocess import correct_bias, segment_tumours, standardise_images
from scripts.preprocess.files import has_volume, load_volume
from scripts.preprocess.tumour_mask import SegmentationSettings
from scripts.tables import read_table
from scripts.volumes import Volume, write_volume
from scripts.workflow.contents import FileChanged, Record

VISIT = CaseImage("before", "phases", "", "before_mask", "before_mask_roi", False, 3)
SHAPE, SPACING, ORIGIN = (20, 24, 28), (2.0, 2.0, 3.0), (-10.0, 4.0, 30.0)
BIAS = {"levels": 1, "iterations_per_level": 10, "shrink_factor": 2}


def places():
    """z, y, x in mm from the middle."""
    return [
        (index - (n - 1) / 2) * mm
        for index, n, mm in zip(np.indices(SHAPE, sparse=True), SHAPE, SPACING[::-1], strict=True)
    ]


def tumour():
    z, y, x = places()
    return z**2 + y**2 + x**2 < 10**2


def write_visit(folder, patient, masked=True, n_phases=4):
    z, y, x = places()
    body = (np.abs(z) < 25) & (np.abs(y) < 20) & (np.abs(x) < 24)
    noise = np.random.default_rng(sum(map(ord, patient)))
    bright = {0: 0, 1: 40, 2: 90, 3: 60}
    path = folder / f"{patient}_before"
    path.mkdir()
    for number in range(n_phases):
        true = body * (100.0 + bright[number] * tumour()) + 2
        values = true * np.exp(0.004 * (x + y)) + noise.normal(0, 1, SHAPE)
        write_volume(Volume(values.astype(np.float32), SPACING, ORIGIN), path / f"phase_{number}.mha")
    case = {"patient": patient, "before": str(path), "before_mask": "", "before_mask_roi": ""}
    if masked:
        case["before_mask"] = str(folder / f"{patient}_mask.mha")
        write_volume(Volume(tumour().astype(np.uint8), SPACING, ORIGIN), case["before_mask"])
    return case


def job(inputs, outputs, settings, cases=()):
    return SimpleNamespace(
        input=SimpleNamespace(**inputs), output=SimpleNamespace(**outputs), settings=settings, cases=list(cases),
        wildcards=SimpleNamespace(visit="before"), threads=1, log="logs/b.log", made_from="all this",
    )  # fmt: skip


def outputs(folder, step):
    return {
        "volumes": folder / step,
        "table": folder / f"{step}.parquet",
        "failures": folder / f"{step}_failures.csv",
    }


def check_table(folder, cases):
    table = pd.DataFrame({"patient": [case["patient"] for case in cases], "faults": "[]"})
    table.to_parquet(folder / "checked.parquet")
    return folder / "checked.parquet"


def correct(folder, cases, chosen="highest_enhancement", **settings):
    inputs = {"checked": check_table(folder, cases), "contents": folder / "contents.json"}
    values = {"phases": {"chosen": chosen}, "bias_field": BIAS, "images": as_settings([VISIT])} | settings
    out = outputs(folder, "correct_bias") | {"made_from": folder / "made_from.txt"}
    correct_bias.main(job(inputs, out, values, cases))
    return out


def run_all(folder, cases, segmentation=None, resampling=None, **options):
    first = correct(folder, cases, **options)
    second = outputs(folder, "standardise_images")
    settings = {"resampling": resampling or {"spacing_mm": None}, "intensity": {"method": "z_score"}}
    inputs = {"volumes": first["volumes"], "table": first["table"]}
    standardise_images.main(job(inputs, second, settings))
    third = outputs(folder, "segment_tumours")
    inputs = {"volumes": second["volumes"], "table": second["table"]}
    segment_tumours.main(job(inputs, third, {"segmentation": segmentation or {}}))
    return first, second, third


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Two patients with masks and one without, through the three steps at the spacing of their phases."""
    folder = tmp_path_factory.mktemp("chain")
    cases = [write_visit(folder, "A"), write_visit(folder, "B"), write_visit(folder, "no mask", masked=False)]
    return run_all(folder, cases)


def test_the_field_is_taken_out_of_both_phases_and_kept(chain):
    out = chain[0]
    table = read_table(out["table"])
    assert table["patient"].tolist() == ["A", "B", "no mask"]
    assert table["n_phases"].tolist() == [4, 4, 4]
    assert table["chosen_phase"].tolist() == [2, 2, 2]  # planted: 40, 90, 60
    assert table["time_s"].isna().all()
    assert table["has_given_mask"].tolist() == [True, True, False]
    assert len(read_table(out["failures"])) == 0
    assert (out["made_from"]).read_text() == "all this"
    before, after, field = (
        load_volume(out["volumes"], "A", what) for what in ("precontrast", "postcontrast", "field")
    )
    z, y, x = places()
    inside = (np.abs(z) < 20) & (np.abs(y) < 16) & (np.abs(x) < 20)
    planted = np.broadcast_to(0.004 * (x + y), SHAPE)[inside]
    assert np.corrcoef(np.log(field.array[inside]), planted)[0, 1] > 0.99
    away = inside & ~tumour()
    assert (
        before.array[away].std() / before.array[away].mean() < 0.025
    )  # 1 % is noise; the field alone gave 6 %
    raw = after.array * field.array  # what was in the file
    noise = raw - (100.0 + 90 * tumour() + 2) * np.exp(0.004 * (x + y))
    assert abs(noise[inside]).max() < 6
    assert not has_volume(out["volumes"], "no mask", "given_mask")


def test_the_images_of_a_visit_have_one_scale_and_their_difference_is_the_enhancement(chain):
    out = chain[1]
    before, after, enhancement, mask = (
        load_volume(out["volumes"], "A", what)
        for what in ("precontrast", "postcontrast", "enhancement", "given_mask")
    )
    np.testing.assert_allclose(enhancement.array, after.array - before.array, atol=1e-5)
    assert before.spacing == SPACING
    np.testing.assert_array_equal(mask.array != 0, tumour())
    table = read_table(out["table"]).set_index("patient")
    assert table.loc["A", ["voxels_x", "voxels_y", "voxels_z"]].tolist() == [28, 24, 20]
    assert table.loc["A", "given_mask_ml"] == pytest.approx(tumour().sum() * 12 / 1000)
    assert np.isnan(table.loc["no mask", "given_mask_ml"])
    # 90 above 100: in units of the body's standard deviation, whatever the mean
    unit = table.loc["A", "intensity_high"] - table.loc["A", "intensity_low"]
    assert enhancement.array[tumour()].mean() == pytest.approx(90 / unit, rel=0.05)


def test_the_mask_is_the_given_one_or_that_of_fuzzy_c_means(chain):
    out = chain[2]
    table = read_table(out["table"]).set_index("patient")
    assert table["mask_source"].tolist() == ["given", "given", "fuzzy"]
    assert table.loc["A", "dice_fuzzy_given"] > 0.97
    assert np.isnan(table.loc["no mask", "dice_fuzzy_given"])
    given, found = (load_volume(out["volumes"], patient, "mask") for patient in ("A", "no mask"))
    np.testing.assert_array_equal(given.array, tumour().astype(np.uint8))
    both = int(((found.array != 0) & tumour()).sum())
    assert 2 * both / (int(found.array.sum()) + int(tumour().sum())) > 0.97
    assert table["volume_ml"].to_numpy() == pytest.approx(4 / 3 * np.pi, rel=0.05)  # a ball of 10 mm


def test_images_and_masks_share_the_common_spacing(tmp_path):
    first, second, third = run_all(
        tmp_path, [write_visit(tmp_path, "A")], {"source": "fuzzy"}, {"spacing_mm": 2.5}
    )
    image, mask = (
        load_volume(second["volumes"], "A", "enhancement"),
        load_volume(third["volumes"], "A", "mask"),
    )
    assert image.spacing == mask.spacing == (2.5, 2.5, 2.5)
    assert image.size == mask.size == (23, 20, 24)  # ceil(56 / 2.5), ceil(48 / 2.5), ceil(60 / 2.5)
    assert read_table(third["table"])["mask_source"].tolist() == ["fuzzy"]
    assert read_table(third["table"])["dice_fuzzy_given"][0] > 0.85


def test_a_case_that_fails_is_a_row_and_goes_no_further(tmp_path):
    cases = [
        write_visit(tmp_path, "A"),
        write_visit(tmp_path, "few", n_phases=2),
        write_visit(tmp_path, "gone"),
    ]
    (tmp_path / "gone_mask.mha").unlink()
    first, second, third = run_all(tmp_path, cases, chosen="third_postcontrast")
    failures = read_table(first["failures"])
    assert failures["patient"].tolist() == ["few", "gone"]
    assert set(failures["step"]) == {"correct_bias (before)"}
    assert "expected at least 3 postcontrast phase(s)" in failures["cause"][0]
    assert "gone_mask.mha" in failures["cause"][1]
    assert set(failures["log"]) == {"logs/b.log"}
    for out in (first, second, third):
        assert read_table(out["table"])["patient"].tolist() == ["A"]
    assert len(read_table(second["failures"])) == len(read_table(third["failures"])) == 0


def test_fuzzy_c_means_that_finds_nothing_matters_only_without_a_given_mask(tmp_path, capsys):
    cases = [write_visit(tmp_path, "A"), write_visit(tmp_path, "none", masked=False)]
    _, _, third = run_all(tmp_path, cases, {"min_volume_ml": 1000.0})
    assert read_table(third["table"])["patient"].tolist() == ["A"]
    assert np.isnan(read_table(third["table"])["fuzzy_volume_ml"][0])
    assert "no tumour found" in read_table(third["failures"])["cause"][0]
    assert "A: fuzzy C-means beside the given mask: no tumour found" in capsys.readouterr().out


def test_fuzzy_c_means_is_not_told_where_the_given_mask_is():
    z, y, x = places()
    body = (np.abs(z) < 25) & (np.abs(y) < 20) & (np.abs(x) < 24)
    larger = z**2 + y**2 + (x - 10) ** 2 < 8**2
    smaller = z**2 + y**2 + (x + 14) ** 2 < 5**2
    noise = np.random.default_rng(1).normal(0, 0.01, SHAPE)
    enhancement = Volume((body * (0.1 + larger + smaller) + noise).astype(np.float32), SPACING)
    precontrast = enhancement.with_array((body + noise).astype(np.float32))
    given = enhancement.with_array(smaller.astype(np.uint8))
    done = segment_tumours.mask_tumour(enhancement, precontrast, given, SegmentationSettings())
    assert done.measures["mask_source"] == "given"
    assert done.measures["dice_fuzzy_given"] == 0
    assert done.measures["fuzzy_volume_ml"] > done.measures["volume_ml"]


def test_a_reader_that_fails_unforeseen_tells_no_header(tmp_path, monkeypatch, capsys):
    def slip(*arguments):
        raise ValueError("^".join(("DOE", "JANE")))

    monkeypatch.setattr(correct_bias, "read_phases", slip)
    out = correct(tmp_path, [write_visit(tmp_path, "A")])
    assert read_table(out["failures"])["cause"].tolist() == [
        "before: the phases or the mask could not be read"
    ]
    printed = capsys.readouterr().out
    assert "DOE^JANE" not in printed
    assert "in slip" in printed


def test_a_file_that_is_not_the_checked_one_stops_the_batch(tmp_path):
    case = write_visit(tmp_path, "A")
    records = {case["before_mask"]: Record("label", "another stamp", "another digest")}
    with pytest.raises(FileChanged, match="A_mask"):
        correct_bias.read_visit(case, VISIT, records)


@pytest.mark.parametrize(
    ("step", "settings", "words"),
    [
        ("bias_field", {"levls": 2}, "Did you mean 'levels'"),
        ("phases", {"chosen": "last"}, "phases.chosen"),
    ],
)
def test_settings_are_looked_at_before_any_case(tmp_path, step, settings, words):
    with pytest.raises(InputError, match=words):
        correct(tmp_path, [write_visit(tmp_path, "A")], **{step: settings})


def test_a_batch_of_which_nobody_is_left_has_empty_tables_and_folders(tmp_path):
    for out in run_all(tmp_path, []):
        assert len(read_table(out["table"])) == 0
        assert out["volumes"].is_dir()


def test_a_blank_image_is_a_failure_of_its_patient(tmp_path):
    grid = Volume(np.zeros(SHAPE, np.float32), SPACING)
    with pytest.raises(CaseError, match="no body stands out"):
        standardise_images.standardise_visit(grid, grid, None, {"resampling": {}, "intensity": {}})


def test_the_visit_has_no_mask_column(tmp_path):
    case = write_visit(tmp_path, "A")
    _, mask = correct_bias.read_visit(case, dataclasses.replace(VISIT, mask="", mask_roi=""))
    assert mask is None
