from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.radiomics.extract_features import FAILURES, admissible, extract_batch, main
from scripts.radiomics.features import FEATURE_NAMES, extract_features
from scripts.tables import write_json
from scripts.volumes import Volume, write_volume
from scripts.workflow.contents import FileChanged, Record, file_digest

SPACING = (0.75, 0.75, 3.0)  # NIfTI keeps them exactly


def write_case(folder, patient, hollow=False):
    generator = np.random.default_rng(sum(map(ord, patient)))
    z, y, x = np.indices((6, 12, 12))
    inside = ((z - 3) / 2) ** 2 + ((y - 6) / 4) ** 2 + ((x - 6) / 4) ** 2 <= 1
    image = Volume(generator.normal(60, 30, inside.shape).round().astype(np.int16), SPACING)
    mask = Volume((inside & (not hollow or (x == 6) & (y == 6))).astype(np.uint8), SPACING)
    case = {"row": 2, "patient": patient, "image_series": "", "mask_roi": ""}
    for kind, volume in (("image", image), ("mask", mask)):
        case[kind] = str(folder / f"{patient}_{kind}.nii.gz")
        write_volume(volume, case[kind])
    return case, image, mask


@pytest.fixture
def batch(tmp_path):
    """Two good cases, one whose mask is a line, one whose image is missing."""
    good = [write_case(tmp_path, patient) for patient in ("007", "A")]
    line, _, _ = write_case(tmp_path, "line", hollow=True)
    gone, _, _ = write_case(tmp_path, "gone")
    gone["image"] = str(tmp_path / "nowhere.nii.gz")
    return [good[0][0], line, gone, good[1][0]], [extract_features(image, mask) for _, image, mask in good]


@pytest.mark.parametrize("threads", [1, 2])
def test_every_case_is_in_one_of_the_two_tables(batch, threads):
    cases, expected = batch
    features, failures = extract_batch(cases, {}, threads)
    assert features.columns.tolist() == ["patient", *FEATURE_NAMES]
    assert features["patient"].tolist() == ["007", "A"]
    assert features[list(FEATURE_NAMES)].to_dict("records") == expected
    assert failures.columns.tolist() == list(FAILURES)
    assert failures["patient"].tolist() == ["line", "gone"]
    assert failures["step"].unique().tolist() == ["extract_features"]
    assert "too few dimensions" in failures["cause"][0]
    assert "nowhere.nii.gz" in failures["cause"][1]


def test_settings_are_looked_at_before_any_case(batch):
    with pytest.raises(InputError, match="Did you mean 'bin_width'"):
        extract_batch(batch[0], {"binwidth": 25})


def test_tables_without_a_row_keep_their_columns(tmp_path, batch):
    features, failures = extract_batch([], {})
    assert features.columns.tolist() == ["patient", *FEATURE_NAMES]
    assert set(features.dtypes[1:]) == {np.dtype(float)}
    assert failures.columns.tolist() == list(FAILURES)
    features, _ = extract_batch(batch[0][1:2], {})
    assert len(features) == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_that_is_not_the_checked_one_stops_the_batch_and_fails_no_patient(batch, threads):
    cases, _ = batch
    records = {cases[0]["mask"]: Record("label", "another stamp", "another digest")}
    with pytest.raises(FileChanged, match=r"007_mask.*run the same command again"):
        extract_batch(cases, {}, threads, records)
    records = {cases[0]["mask"]: Record("label", "another stamp", file_digest(cases[0]["mask"]))}
    features, _ = extract_batch(cases, {}, threads, records)
    assert features["patient"].tolist() == ["007", "A"]


def checked(*rows):
    return pd.DataFrame(rows, columns=["patient", "faults"])


def test_cases_with_an_error_are_left_to_the_ledger():
    cases = [{"patient": "A"}, {"patient": "B"}, {"patient": "C"}]
    table = checked(("A", "[]"), ("B", '[{"severity": "error"}]'), ("C", '[{"severity": "warning"}]'))
    assert admissible(cases, table) == [{"patient": "A"}, {"patient": "C"}]
    twice = checked(("A", '[{"severity": "error"}]'), ("A", "[]"))
    assert admissible(cases[:1], twice) == []
    with pytest.raises(ValueError, match="not among the checked cases: B, C"):
        admissible(cases, table.iloc[:1])


def test_the_step_writes_both_tables(tmp_path, batch, capsys):
    cases, expected = batch
    faults = {"line": '[{"severity": "warning"}]', "A": '[{"severity": "error"}]'}
    table = checked(*((case["patient"], faults.get(case["patient"], "[]")) for case in cases))
    table.to_parquet(tmp_path / "checked.parquet")
    settings = {"bin_width": 25.0, "resampled_spacing_mm": None, "interpolator": "sitkBSpline"}
    write_json({"radiomics": settings}, tmp_path / "settings.json")
    job = SimpleNamespace(
        cases=cases,
        threads=1,
        made_from="all this",
        input=SimpleNamespace(
            checked=tmp_path / "checked.parquet",
            extraction=tmp_path / "settings.json",
            contents=tmp_path / "contents.json",
        ),
        output=SimpleNamespace(
            features=tmp_path / "f.parquet",
            failures=tmp_path / "failures.csv",
            made_from=tmp_path / "made_from.txt",
        ),
    )
    main(job)
    features = pd.read_parquet(job.output.features)
    assert features["patient"].tolist() == ["007"]
    assert features[list(FEATURE_NAMES)].to_dict("records") == expected[:1]
    failures = pd.read_csv(job.output.failures, dtype=str)
    assert failures["patient"].tolist() == ["line", "gone"]
    assert "line: mask has too few dimensions" in capsys.readouterr().out
