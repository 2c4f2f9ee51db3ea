"""DeepCC's own R and C++ code on the same table; recipe: functional_spectrum.R."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.expression.expression_table import read_expression
from scripts.expression.functional_spectrum import functional_spectra
from scripts.expression.gene_sets import read_gene_sets

HERE = Path(__file__).parent


@pytest.mark.parametrize(("key", "exponent"), [("spectrum", 1), ("exponent_0", 0), ("exponent_2", 2)])
def test_spectra_are_those_of_deepcc(key, exponent):
    reference = json.loads((HERE / "expected" / "functional_spectrum.json").read_text())
    expression = read_expression(HERE / "inputs" / "expression.csv", reference["patients"])
    gene_sets = read_gene_sets(HERE / "inputs" / "expression_sets.gmt")
    spectra = functional_spectra(expression, gene_sets, exponent=exponent)
    assert spectra.index.tolist() == reference["patients"]
    assert spectra.columns.tolist() == reference["sets"]
    np.testing.assert_allclose(spectra.to_numpy(), reference[key], rtol=0, atol=1e-12)
