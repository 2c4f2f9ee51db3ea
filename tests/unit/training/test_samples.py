import pickle

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from scripts.training.samples import SampleSource
from tests.unit.training.tiny import image, write_prepared


def test_samples_of_all_batches_are_read_by_their_id(tmp_path):
    files = write_prepared(tmp_path, {"b0": range(4, 8), "b1": range(0, 4)})
    source = SampleSource(files)
    assert np.array_equal(source.read("s6"), image(6))
    assert list(source.table["sample"]) == [f"s{n}" for n in range(8)]
    assert source.shape_and_dtype("s1") == ((1, 8, 8), "F32")
    assert source.mask("s1") is None


def test_a_mask_lies_beside_its_sample(tmp_path):
    mask = np.eye(4, dtype=np.uint8)
    save_file({"a": np.zeros((1, 4, 4), dtype=np.uint8), "a/mask": mask}, tmp_path / "b.safetensors")
    assert np.array_equal(SampleSource([tmp_path / "b.safetensors"]).mask("a"), mask)


def test_the_table_may_be_one_of_its_own(tmp_path):
    files = write_prepared(tmp_path, {"b0": range(4)})
    table = pd.DataFrame({"sample": ["s2", "s1"], "patient": ["p", "p"], "label": ["a", "b"]})
    table.to_parquet(tmp_path / "samples.parquet")
    assert list(SampleSource(files, tmp_path / "samples.parquet").table["sample"]) == ["s1", "s2"]


def test_a_sample_that_is_nowhere_is_named(tmp_path):
    source = SampleSource(write_prepared(tmp_path, {"b0": range(4)}))
    with pytest.raises(KeyError, match="no sample 's9' in 1 prepared files"):
        source.read("s9")


def test_a_source_goes_to_another_process_without_its_open_files(tmp_path):
    source = SampleSource(write_prepared(tmp_path, {"b0": range(4)}))
    source.read("s1")
    again = pickle.loads(pickle.dumps(source))
    assert np.array_equal(again.read("s1"), image(1))
