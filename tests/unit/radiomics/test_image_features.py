"""Features of images of visits, the ledger over all of them, and one table an image."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.preprocess.files import save_volume
from scripts.radiomics import account_for_patients as accounting
from scripts.radiomics import collect_image_features as collecting
from scripts.radiomics import extract_image_features as extraction
from scripts.radiomics.account_for_patients import account_for_patients, first_failures
from scripts.radiomics.collect_features import LEDGER
from scripts.radiomics.collect_image_features import collect_image_features
from scripts.radiomics.extract_image_features import IMAGE_FEATURES
from scripts.radiomics.features import FEATURE_NAMES, extract_features
from scripts.tables import read_table
from scripts.volumes import Volume

SPACING = (1.0, 1.0, 2.0)


def write_image(folder, patient, radius=5.0):
    random = np.random.default_rng(sum(map(ord, patient)))
    z, y, x = np.indices((9, 16, 16))
    mask = (2 * (z - 4)) ** 2 + (y - 8) ** 2 + (x - 8) ** 2 <= radius**2
    image = Volume(random.normal(1.0, 0.3, mask.shape).astype(np.float32), SPACING)
    save_volume(image, folder / "volumes", patient, "jacobian")
    save_volume(image.with_array(mask.astype(np.uint8)), folder / "masks", patient, "mask")
    return image, image.with_array(mask.astype(np.uint8))


def test_an_image_has_the_papers_102_features_with_the_values_of_all_107(tmp_path):
    counts = {group: sum(f"_{group}_" in name for name in IMAGE_FEATURES) for group in
              ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")}  # fmt: skip
    assert counts == {
        "shape": 14, "firstorder": 18, "glcm": 24, "glrlm": 16, "glszm": 16, "gldm": 14, "ngtdm": 0,
    }  # fmt: skip
    image, mask = write_image(tmp_path, "A")
    whole = extract_features(image, mask, {"bin_width": 0.05})
    some = extract_features(image, mask, {"bin_width": 0.05}, IMAGE_FEATURES)
    assert list(whole) == list(FEATURE_NAMES)
    assert some == {name: whole[name] for name in IMAGE_FEATURES}


def test_the_step_takes_the_patients_of_the_table_before(tmp_path):
    expected = {}
    for patient in ("A", "B", "not done"):
        image, mask = write_image(tmp_path, patient)
        expected[patient] = extract_features(image, mask, {"bin_width": 0.1}, IMAGE_FEATURES)
    write_image(tmp_path, "point", radius=0.5)
    pd.DataFrame({"patient": ["B", "point", "A"], "n": 1}).to_parquet(tmp_path / "table.parquet")
    job = SimpleNamespace(
        input=SimpleNamespace(
            volumes=tmp_path / "volumes", masks=tmp_path / "masks", table=tmp_path / "table.parquet"
        ),
        output=SimpleNamespace(features=tmp_path / "f.parquet", failures=tmp_path / "failures.csv"),
        settings={"radiomics": {"bin_width": 0.1}, "what": "jacobian"},
        wildcards=SimpleNamespace(image="jacobian"),
        threads=1,
        log="logs/b.log",
    )
    extraction.main(job)
    features, failures = read_table(job.output.features), read_table(job.output.failures)
    assert features["patient"].tolist() == ["B", "A"]
    assert features[list(IMAGE_FEATURES)].to_dict("records") == [expected["B"], expected["A"]]
    assert failures["patient"].tolist() == ["point"]
    assert failures["step"].tolist() == ["extract_image_features (jacobian)"]


def rows(*failures):
    return pd.DataFrame(failures, columns=["patient", "step", "cause", "log"])


CLINICAL = pd.DataFrame({"patient": ["C", "A", "B", "D"], "cohort": ["x", "x", "y", "y"]})
EMPTY = pd.DataFrame(columns=list(LEDGER))


def test_a_patient_has_one_row_with_all_causes():
    failures = rows(
        ("A", "correct_bias (before)", "dark", "a.log"),
        ("B", "register_visits", "far", "b.log"),
        ("A", "correct_bias (after)", "cut", "c.log"),
    )
    first = first_failures(failures)
    assert first["patient"].tolist() == ["A", "B"]
    assert first["cause"].tolist() == ["dark; and correct_bias (after): cut", "far"]
    assert first["log"].tolist() == ["a.log", "b.log"]
    assert first_failures(rows()).columns.tolist() == ["patient", "step", "cause", "log"]


def test_who_lacks_one_image_is_in_the_ledger():
    done = [{"A", "B", "C", "D"}, {"A", "C", "D"}, {"A", "C"}]
    failures = rows(("B", "correct_bias (after)", "cut", "b.log"), ("D", "register_visits", "far", "d.log"))
    ledger = account_for_patients(done, failures, CLINICAL, EMPTY, max_failed_cases=2)
    assert ledger.to_dict("records") == [
        {"patient": "B", "cohort": "y", "step": "correct_bias (after)", "cause": "cut", "log": "b.log",
         "excluded_from": "all"},
        {"patient": "D", "cohort": "y", "step": "register_visits", "cause": "far", "log": "d.log",
         "excluded_from": "all"},
    ]  # fmt: skip
    with pytest.raises(InputError, match="at most 1 failed cases") as error:
        account_for_patients(done, failures, CLINICAL, EMPTY, max_failed_cases=1)
    assert error.value.patients == ("B", "D")


def test_nobody_is_lost_without_a_cause():
    with pytest.raises(ValueError, match="no cause: B"):
        account_for_patients([{"A", "B", "C", "D"}, {"A", "C", "D"}], rows(), CLINICAL, EMPTY)
    with pytest.raises(ValueError, match="neither features nor a failure: B"):
        account_for_patients([{"A", "C", "D"}], rows(), CLINICAL, EMPTY)
    with pytest.raises(ValueError, match="neither admitted nor in the ledger: E"):
        account_for_patients([{"A", "B", "C", "D", "E"}], rows(), CLINICAL, EMPTY)


def test_who_was_refused_before_may_have_features_and_stays_out():
    ledger = pd.DataFrame([("E", "y", "check", "blank", "", "all")], columns=list(LEDGER))
    found = account_for_patients([{"A", "B", "C", "D", "E"}], rows(), CLINICAL, ledger, 1)
    assert found["patient"].tolist() == ["E"]


def feature_table(patients):
    table = pd.DataFrame(1.0, index=range(len(patients)), columns=list(IMAGE_FEATURES))
    table.insert(0, "patient", list(patients))
    return table


def test_an_images_table_has_the_patients_of_the_ledger_left_out_in_the_order_of_the_sheet():
    ledger = pd.DataFrame(
        [("B", "y", "s", "c", "", "all"), ("A", "x", "s", "c", "", "response")], columns=list(LEDGER)
    )
    table = collect_image_features(feature_table("ABCD"), CLINICAL, ledger)
    assert table["patient"].tolist() == ["C", "A", "D"]
    assert table.columns.tolist() == ["patient", *IMAGE_FEATURES]
    with pytest.raises(ValueError, match="without features.*D"):
        collect_image_features(feature_table("ABC"), CLINICAL, ledger)
    with pytest.raises(ValueError, match="twice"):
        collect_image_features(feature_table("ABCDD"), CLINICAL, ledger)


def test_both_steps_read_batches_of_several_images(tmp_path):
    for image, who in (("before", ["AB", "CD"]), ("jacobian", ["A", "CD"])):
        (tmp_path / image).mkdir()
        for number, patients in enumerate(who):
            feature_table(patients).to_parquet(tmp_path / image / f"b{number}.parquet")
    failures = tmp_path / "failures.csv"
    rows(("B", "register_visits", "far", "b.log")).to_csv(failures, index=False)
    CLINICAL.to_parquet(tmp_path / "clinical.parquet")
    EMPTY.to_csv(tmp_path / "ledger.csv", index=False)
    paths = [tmp_path / image / f"b{n}.parquet" for image in ("before", "jacobian") for n in (0, 1)]
    inputs = {"clinical": tmp_path / "clinical.parquet", "ledger": tmp_path / "ledger.csv"}
    job = SimpleNamespace(
        input=SimpleNamespace(features=paths, failures=[failures], **inputs),
        output=SimpleNamespace(ledger=tmp_path / "out.csv"),
        settings={"max_failed_cases": 1},
    )
    accounting.main(job)
    assert read_table(tmp_path / "out.csv")["patient"].tolist() == ["B"]
    inputs["ledger"] = tmp_path / "out.csv"
    job = SimpleNamespace(
        input=SimpleNamespace(features=paths[:2], **inputs),
        output=SimpleNamespace(features=tmp_path / "before.parquet"),
    )
    collecting.main(job)
    assert read_table(tmp_path / "before.parquet")["patient"].tolist() == ["C", "A", "D"]
