"""Hallmark spectra of real colorectal tumours (TCGA-COADREAD, 320 tumours x 1,577 pathway genes).

Known biology, not numbers from elsewhere: sets that share a process rise and fall together.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from scripts.expression.expression_table import read_expression
from scripts.expression.functional_spectrum import functional_spectra
from scripts.expression.gene_sets import coverage, read_gene_sets

REAL_DATA = os.environ.get("REAL_DATA")
pytestmark = pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")
MOST_MISSING = 0.5


@pytest.fixture(scope="module")
def hallmarks() -> dict[str, list[str]]:
    return read_gene_sets(Path(REAL_DATA) / "tcga_coadread" / "h.all.v7.0.symbols.gmt")


@pytest.fixture(scope="module")
def expression() -> pd.DataFrame:
    return read_expression(Path(REAL_DATA) / "tcga_coadread" / "survpath" / "rna_clean.csv.gz")


@pytest.fixture(scope="module")
def spectra(expression, hallmarks) -> pd.DataFrame:
    return functional_spectra(expression, hallmarks).rename(
        columns=lambda name: name.removeprefix("HALLMARK_")
    )


def test_the_file_holds_the_50_hallmarks(hallmarks):
    assert len(hallmarks) == 50
    assert len(hallmarks["HALLMARK_HEME_METABOLISM"]) == 200
    assert len(hallmarks["HALLMARK_NOTCH_SIGNALING"]) == 32


def test_the_table_lies_patients_by_genes(expression):
    assert expression.shape == (320, 1577)
    assert expression.index[0] == "TCGA-F4-6854"


def test_every_tumour_has_every_score(spectra, expression, hallmarks):
    assert spectra.shape == (320, 50)
    assert spectra.notna().all(axis=None)
    assert spectra.abs().to_numpy().max() <= 1
    held = coverage(expression.columns, hallmarks)
    assert held["n_found"].min() >= 5
    assert (spectra.std() > 0.1).all()


@pytest.mark.parametrize(
    ("one", "other", "at_least"),
    [
        ("E2F_TARGETS", "G2M_CHECKPOINT", 0.7),
        ("E2F_TARGETS", "MYC_TARGETS_V1", 0.4),
        ("INTERFERON_ALPHA_RESPONSE", "INTERFERON_GAMMA_RESPONSE", 0.7),
        ("ALLOGRAFT_REJECTION", "INFLAMMATORY_RESPONSE", 0.6),
        ("FATTY_ACID_METABOLISM", "OXIDATIVE_PHOSPHORYLATION", 0.4),
    ],
)
def test_sets_of_one_process_rise_together(spectra, one, other, at_least):
    assert spectra[one].corr(spectra[other]) > at_least


def test_proliferation_and_stroma_do_not(spectra):
    assert spectra["E2F_TARGETS"].corr(spectra["EPITHELIAL_MESENCHYMAL_TRANSITION"]) < 0
