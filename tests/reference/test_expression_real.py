"""Hallmark spectra of real colorectal tumours (TCGA-COADREAD, 320 samples of 317 patients x 1,577 pathway
genes).

Known biology, not numbers from elsewhere: sets that share a process rise and fall together.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.expression.expression_table import read_expression
from scripts.expression.functional_spectrum import functional_spectra
from scripts.expression.gene_sets import coverage, read_gene_sets

REAL_DATA = os.environ.get("REAL_DATA")
pytestmark = pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")
TABLE = Path(REAL_DATA or "") / "tcga_coadread" / "survpath" / "rna_clean.csv.gz"
TWICE = ("TCGA-G4-6317", "TCGA-NH-A8F7", "TCGA-G5-6572")


@pytest.fixture(scope="module")
def hallmarks() -> dict[str, list[str]]:
    return read_gene_sets(Path(REAL_DATA) / "tcga_coadread" / "h.all.v7.0.symbols.gmt")


@pytest.fixture(scope="module")
def expression() -> pd.DataFrame:
    """The 314 patients with one sample."""
    samples = pd.read_csv(TABLE, usecols=[0]).iloc[:, 0]
    return read_expression(TABLE, set(samples) - set(TWICE))


@pytest.fixture(scope="module")
def spectra(expression, hallmarks) -> pd.DataFrame:
    return functional_spectra(expression, hallmarks).rename(
        columns=lambda name: name.removeprefix("HALLMARK_")
    )


@pytest.fixture(scope="module")
def subtypes(spectra) -> pd.Series:
    """Consensus molecular subtype of the tumours that have one, from the consortium's public labels."""
    labels = pd.read_csv(TABLE.parents[1] / "cms_labels_public_all.txt", sep="\t", index_col="sample")
    return labels["CMS_final_network_plus_RFclassifier_in_nonconsensus_samples"].reindex(spectra.index)


def test_the_file_holds_the_50_hallmarks(hallmarks):
    assert len(hallmarks) == 50
    assert len(hallmarks["HALLMARK_HEME_METABOLISM"]) == 200
    assert len(hallmarks["HALLMARK_NOTCH_SIGNALING"]) == 32


def test_patients_with_two_samples_are_named():
    with pytest.raises(InputError, match=f"found {', '.join(TWICE)} more than once"):
        read_expression(TABLE)


def test_the_table_lies_patients_by_genes(expression):
    assert expression.shape == (314, 1577)
    assert expression.index[0] == "TCGA-F4-6854"


def test_every_tumour_has_every_score(spectra, expression, hallmarks):
    assert spectra.shape == (314, 50)
    assert spectra.notna().all(axis=None)
    assert spectra.abs().to_numpy().max() <= 1
    held = coverage(expression.columns, hallmarks)
    assert held["n_found"].min() == 3  # Hedgehog signaling: 3 of 36
    assert (spectra.std() > 0.1).all()


@pytest.mark.parametrize(
    ("one", "other", "at_least"),
    [
        ("E2F_TARGETS", "G2M_CHECKPOINT", 0.7),
        ("E2F_TARGETS", "MYC_TARGETS_V1", 0.4),
        ("INTERFERON_ALPHA_RESPONSE", "INTERFERON_GAMMA_RESPONSE", 0.7),
        ("ALLOGRAFT_REJECTION", "INFLAMMATORY_RESPONSE", 0.6),
        ("TNFA_SIGNALING_VIA_NFKB", "INFLAMMATORY_RESPONSE", 0.5),
    ],
)
def test_sets_of_one_process_rise_together(spectra, one, other, at_least):
    assert spectra[one].corr(spectra[other]) > at_least


def test_proliferation_and_stroma_do_not(spectra):
    assert spectra["E2F_TARGETS"].corr(spectra["EPITHELIAL_MESENCHYMAL_TRANSITION"]) < 0


@pytest.mark.parametrize(
    ("hallmark", "highest"),
    [
        ("EPITHELIAL_MESENCHYMAL_TRANSITION", "CMS4"),
        ("TGF_BETA_SIGNALING", "CMS4"),
        ("ANGIOGENESIS", "CMS4"),
        ("INTERFERON_GAMMA_RESPONSE", "CMS1"),
    ],
)
def test_hallmarks_follow_the_consensus_subtypes(spectra, subtypes, hallmark, highest):
    """CMS1 is the immune subtype, CMS4 the mesenchymal one (Guinney 2015, Nat Med 21:1350)."""
    medians = spectra[hallmark].groupby(subtypes).median()
    assert medians[["CMS1", "CMS2", "CMS3", "CMS4"]].idxmax() == highest


@pytest.mark.parametrize(
    ("hallmark", "other"), [("MYC_TARGETS_V1", "CMS4"), ("WNT_BETA_CATENIN_SIGNALING", "CMS1")]
)
def test_the_canonical_subtype_has_myc_and_wnt_activation(spectra, subtypes, hallmark, other):
    medians = spectra[hallmark].groupby(subtypes).median()
    assert medians["CMS2"] > medians[other] + 0.3
