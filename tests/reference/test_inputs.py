"""The committed inputs are what the recipe writes, and every expected value was made from them."""

from __future__ import annotations

import hashlib
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXPECTED = sorted(
    path for path in (HERE / "expected").glob("*.json") if not path.name.startswith(("radiomics_", "expression_"))
)


def test_the_recipe_writes_the_committed_inputs(tmp_path):
    spec = spec_from_file_location("make_reference_inputs", HERE / "make_inputs.py")
    recipe = module_from_spec(spec)
    spec.loader.exec_module(recipe)
    recipe.main(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(made) == {
        "primary.csv", "validation.csv", "wide.csv", "folds_primary.csv", "folds_wide.csv", "resamples_primary.csv",
    }  # fmt: skip
    for name, text in made.items():
        assert text == (HERE / "inputs" / name).read_text(), name


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_expected_values_come_from_the_committed_inputs(path):
    made_with = json.loads(path.read_text())["made_with"]
    assert made_with["R"]
    assert made_with["packages"]
    for name, digest in made_with["inputs_md5"].items():
        assert hashlib.md5((HERE / "inputs" / name).read_bytes()).hexdigest() == digest, (
            f"{path.name} was made from another {name}: run the recipes again (README.md)"
        )


def test_every_recipe_has_its_values():
    recipes = {path.stem for path in HERE.glob("*.R")} - {"record"}
    assert recipes == {path.stem for path in EXPECTED}
