"""Hallmark enrichment scores against the features of the signature: Figure 5.

Source: Methods, Correlating the Radiomic Features With Gene Expression Data (DeepCC's functional spectrum, Pearson).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.errors import InputError
from scripts.expression.expression_table import read_expression
from scripts.expression.functional_spectrum import functional_spectra
from scripts.expression.gene_sets import read_gene_sets
from scripts.model.bundle import rad_score, read_bundle
from scripts.papers.crc_nomogram.cohorts import join_features
from scripts.statistics.correlation import correlate_tables
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

FEWEST_PATIENTS = 10


def hallmark_correlation(scores: pd.DataFrame, features: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Pearson correlation of every hallmark with every feature, long.

    Parameters
    ----------
    scores : (n, k) enrichment scores, index patient, a column a hallmark.
    features : (n, p) features of the signature, the same patients in the same order.

    Returns
    -------
    DataFrame[hallmark, feature, r, ci_low, ci_high, p_value, q_value, n, significant, displayed]; q by Benjamini and
    Hochberg over the whole table; `displayed` marks the hallmarks with P < alpha for at least one feature.
    """
    table = correlate_tables(scores, features).rename(columns={"row": "hallmark", "column": "feature"})
    table["significant"] = table["p_value"] < alpha
    table["displayed"] = table.groupby("hallmark")["significant"].transform("any")
    return table


def main(job: Job) -> None:
    """Rule correlate_hallmarks."""
    features = read_table(job.input.features)
    expression = read_expression(job.input.expression, patients=features["patient"].tolist())
    patients = [patient for patient in features["patient"] if patient in expression.index]
    if len(patients) < FEWEST_PATIENTS:
        raise InputError(
            str(job.input.expression),
            f"expression of at least {FEWEST_PATIENTS} patients of the cohort",
            f"{len(patients)}",
            "The patient ids of the expression table must be those of the sample sheet.",
        )
    spectra = functional_spectra(
        expression.loc[patients], read_gene_sets(job.input.gene_sets), job.settings["hallmarks"]["exponent"]
    )
    values = join_features(features, pd.DataFrame({"patient": patients})).set_axis(spectra.index)
    chosen = values[list(rad_score(read_bundle(job.input.model)).features)]
    write_both(
        hallmark_correlation(spectra, chosen, job.settings["hallmarks"]["alpha"]),
        job.output.hallmark_correlation,
    )
    write_both(spectra.rename_axis("patient").reset_index(), job.output.hallmark_scores)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
