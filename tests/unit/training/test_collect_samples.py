import hashlib

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from scripts.errors import InputError
from scripts.training.collect_samples import account, collect_samples, require_arrays
from scripts.training.samples import SampleSource
from tests.unit.training.tiny import write_prepared

LEDGER = pd.DataFrame(columns=["patient", "cohort", "step", "cause", "log", "excluded_from"])
NO_FAILURES = pd.DataFrame(columns=["patient", "step", "cause", "log"])


def failures(*patients):
    return pd.DataFrame(
        [(p, "prepare_images", f"{p} is empty", "a.log") for p in patients], columns=NO_FAILURES.columns
    )


def clinical(*patients):
    return pd.DataFrame({"patient": patients})


def samples(*patients, **columns):
    return pd.DataFrame({"sample": [f"s{p}" for p in patients], "patient": patients, "label": "a", **columns})


def test_batches_become_one_table_that_names_their_content(tmp_path):
    files = write_prepared(tmp_path, {"b0": range(3, 6), "b1": range(0, 3), "b2": range(0, 0)})
    tables = [pd.read_parquet(file.with_suffix(".parquet")) for file in files]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    whole = collect_samples(tables, list(map(str, files)), digests)
    assert list(whole["sample"]) == [f"s{n}" for n in range(6)]
    assert list(whole["file"]) == ["b1.safetensors"] * 3 + ["b0.safetensors"] * 3
    assert set(whole["digest"]) == set(digests[:2])
    assert list(whole["label"][:2]) == ["b", "a"]
    require_arrays(whole, SampleSource(files))


def test_a_sample_that_is_there_twice_is_refused():
    with pytest.raises(ValueError, match="samples that are there twice: s1"):
        collect_samples([samples("1", "2"), samples("1")], ["a", "b"], ["x", "y"])


def test_a_table_without_labels_is_refused():
    with pytest.raises(ValueError, match="a.parquet: no column label"):
        collect_samples([samples("1").drop(columns="label")], ["a.safetensors"], ["x"])


@pytest.mark.parametrize(
    "array", [np.zeros((1, 4, 4)), np.zeros((4, 4), np.uint8), np.zeros((1, 1, 1, 4, 4), np.float32)]
)  # fmt: skip
def test_arrays_of_another_form_are_refused(tmp_path, array):
    save_file({"s1": array}, tmp_path / "b.safetensors")
    with pytest.raises(ValueError, match="sample s1: expected uint8 or float32, .channel, y, x."):
        require_arrays(samples("1"), SampleSource([tmp_path / "b.safetensors"]))


def test_a_sample_without_an_array_is_refused(tmp_path):
    save_file({"s2": np.zeros((1, 4, 4), np.uint8)}, tmp_path / "b.safetensors")
    with pytest.raises(KeyError, match="no sample 's1'"):
        require_arrays(samples("1"), SampleSource([tmp_path / "b.safetensors"]))


def test_everybody_has_a_sample_or_a_cause():
    ledger = account(
        samples("1", "1x", case=["1", "1"]), failures("2", "stranger"), clinical("1", "2"), LEDGER, 1
    )
    assert ledger[["patient", "step", "cause", "excluded_from"]].values.tolist() == [
        ["2", "prepare_images", "2 is empty", "all"]
    ]
    with pytest.raises(ValueError, match="neither a sample nor a cause why there is none: 3"):
        account(samples("1"), failures("2"), clinical("1", "2", "3"), LEDGER, 1)


def test_too_many_failed_cases_stop_the_run_with_their_causes():
    before = pd.DataFrame([["0", "", "check", "no image", "", "all"]], columns=LEDGER.columns)
    assert len(account(samples("1"), failures("2"), clinical("1", "2"), before, 2)) == 2
    with pytest.raises(InputError, match="at most 1 failed cases .*found 2") as stopped:
        account(samples("1"), failures("2"), clinical("1", "2"), before, 1)
    assert "  - 0: no image" in str(stopped.value)
    assert "  - 2: 2 is empty" in str(stopped.value)
    assert stopped.value.patients == ("0", "2")


def test_nobody_failed_and_the_ledger_stays():
    assert account(samples("1"), NO_FAILURES, clinical("1"), LEDGER).empty
