"""The frozen normal region: bit for bit through its file, refused where its parts do not fit."""

import copy
import json

import numpy as np
import pytest

from scripts.clustering.gaussian_region import GaussianRegion
from scripts.errors import InputError
from scripts.model.gaussian_bundle import (
    build_gaussian_bundle,
    read_gaussian_bundle,
    region_of,
    write_gaussian_bundle,
)

REGION = GaussianRegion(np.array([1 / 3, 2.0]), np.array([[2.0, 0.1], [0.1, 1.0]]), 40)
CREATED = {
    "n_patients": 30, "n_samples": 60, "n_normal": 40, "training_digest": None, "code": None, "seed": 1, "settings": {},
}  # fmt: skip


def bundle():
    return build_gaussian_bundle("p", REGION, ["x", "y"], "mm", 0.95, [-1, 1], CREATED, {"a": 1}, {"b": 0.02})


def test_numbers_come_back_bit_for_bit(tmp_path):
    write_gaussian_bundle(bundle(), tmp_path / "m.json")
    back = read_gaussian_bundle(tmp_path / "m.json")
    assert back == bundle()
    region = region_of(back)
    assert np.array_equal(region.mean, REGION.mean)
    assert np.array_equal(region.covariance, REGION.covariance)
    assert region.n == 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.update(levle=1), "levle"),
        (lambda b: b.update(level=1.0), "level: 1.0"),
        (lambda b: b["mean"].append(3.0), "mean: 3 values for 2 variables"),
        (lambda b: b.update(outward=[1, 1, 1]), "outward: 3 values"),
        (lambda b: b.update(covariance=[[1.0, 2.0], [2.0, 1.0]]), "not positive definite"),
        (lambda b: b.update(covariance=[[1.0, 0.2], [0.1, 1.0]]), "not symmetric"),
        (lambda b: b.update(covariance=[[1.0, 0.2]] * 3), "not 2 rows of 2 values"),
        (lambda b: b["created_from"].update(n_normal=61), "more normal samples than samples"),
    ],
)
def test_faults_are_named(change, message, tmp_path):
    broken = copy.deepcopy(bundle())
    change(broken)
    (tmp_path / "m.json").write_text(json.dumps(broken))
    with pytest.raises(InputError, match=message):
        read_gaussian_bundle(tmp_path / "m.json")


def test_no_file_is_a_message(tmp_path):
    with pytest.raises(InputError, match="a model bundle"):
        read_gaussian_bundle(tmp_path / "none.json")
