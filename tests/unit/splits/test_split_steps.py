"""The steps on files, as their rules call them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from scripts.errors import InputError
from scripts.splits import find_near_identical, split_samples
from scripts.splits.split_table import read_pairs, read_split
from scripts.tables import write_table


@pytest.fixture
def prepared(tmp_path):
    """24 samples of 12 patients in two batches; the image of 003_1 stands under 007_0 again, dimmed."""
    random = np.random.default_rng(0)
    rows, images = [], {}
    for p in range(12):
        for s in range(2):
            sample = f"{p:03d}_{s}"
            rows.append((sample, f"{p:03d}", "ab"[p % 2]))
            images[sample] = random.integers(0, 256, (1, 40, 40)).astype(np.uint8)
    images["007_0"] = (images["003_1"] // 2).astype(np.uint8)
    images["000_0/mask"] = np.ones((40, 40), np.uint8)
    names = list(images)
    files = [tmp_path / "b0.safetensors", tmp_path / "b1.safetensors"]
    for file, part in zip(files, (names[:10], names[10:]), strict=True):
        save_file({name: images[name] for name in part}, file)
    table = pd.DataFrame(rows, columns=["sample", "patient", "label"])
    write_table(table, tmp_path / "samples.parquet")
    return tmp_path, files


def found_pairs(prepared, settings):
    folder, files = prepared
    job = SimpleNamespace(
        input=SimpleNamespace(samples=files, table=folder / "samples.parquet"),
        output=SimpleNamespace(pairs=folder / "near_identical.csv"),
        settings={"near_identical": settings},
    )
    find_near_identical.main(job)
    return read_pairs(folder / "near_identical.csv")


def drawn(prepared, **scheme):
    folder, _ = prepared
    job = SimpleNamespace(
        input=SimpleNamespace(table=folder / "samples.parquet", near_identical=folder / "near_identical.csv"),
        output=SimpleNamespace(split=folder / "by_patient.csv"),
        wildcards=SimpleNamespace(scheme="by_patient"),
        settings={"splits": {"by_patient": scheme}},
        seed=5,
    )
    split_samples.main(job)
    return read_split(folder / "by_patient.csv")


def test_a_copy_is_found_and_kept_on_one_side(prepared, capsys):
    pairs = found_pairs(prepared, {})
    assert pairs[
        ["sample_a", "sample_b", "patient_a", "patient_b", "label_a", "label_b"]
    ].to_numpy().tolist() == [["003_1", "007_0", "003", "007", "b", "b"]]
    assert "24 samples: 1 near-identical pairs, 1 of them of two patients" in capsys.readouterr().out
    split = drawn(prepared, kind="k_fold", n_folds=3, near_identical="group")
    together = split[split["patient"].isin(["003", "007"])].groupby("fold")["part"].nunique()
    assert (together == 1).all()
    assert "n_patients" in capsys.readouterr().out
    with pytest.raises(InputError, match="none of different patients, found 1: 003_1 and 007_0"):
        drawn(prepared, kind="k_fold", n_folds=3)


def test_the_same_file_twice(prepared):
    found_pairs(prepared, {})
    first = drawn(prepared, n_folds=3, near_identical="allow")
    content = (prepared[0] / "by_patient.csv").read_bytes()
    pd.testing.assert_frame_equal(drawn(prepared, n_folds=3, near_identical="allow"), first)
    assert (prepared[0] / "by_patient.csv").read_bytes() == content


def test_faults_of_a_card(prepared):
    with pytest.raises(
        InputError, match="near_identical.similarty: expected one of .* Did you mean 'similarity'"
    ):
        found_pairs(prepared, {"similarty": 0.9})
    with pytest.raises(InputError, match="splits.by_patient.groups: expected one of .* Did you mean 'group'"):
        drawn(prepared, groups="patient")
