"""Functional spectra: how strongly each gene set is up or down in one tumour against its cohort (DeepCC).

Gao F, Wang W, Tan M, et al. DeepCC: a novel deep learning-based framework for cancer molecular subtype
classification. Oncogenesis 2019; 8:44. Each gene is centred on its mean over the cohort; a patient's genes
are put in decreasing order; walking down that order, a gene of the set lifts a running sum by its share of
the set's |value|^exponent, any other gene lowers it by 1 / (genes outside the set). The score is the sum's
largest deviation from 0, with its sign (the enrichment score of Subramanian et al., PNAS 2005; 102:15545),
here without permutations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scripts.errors import InputError

ROUNDING = 1e-12


def enrichment_scores(values: np.ndarray, inside: np.ndarray, exponent: float = 1.0) -> np.ndarray:
    """Enrichment score of one gene set in each patient.

    Parameters
    ----------
    values : (patients, genes) centred expression; NaN is a gene that was not measured in that patient, and
        takes no part in that patient's order. Genes of equal value stand in column order.
    inside : (genes,) bool, the genes of the set.
    exponent : weight of |value|; 0 counts the genes of the set alike.

    Returns
    -------
    (patients,) scores from -1 to 1; positive: the set's genes stand high. 0 where a patient has none of the
    set's genes, or where all of them sit exactly on the cohort's mean. Where the highest and the lowest
    deviation are the same size the score is the negative one, as in DeepCC.
    """
    values, inside = np.asarray(values, dtype=float), np.asarray(inside, dtype=bool)
    return _scores(values, _positions(values), inside, exponent)


def _positions(values: np.ndarray) -> np.ndarray:
    """(patients, genes) place of each gene in its patient's decreasing order, from 0; unmeasured last."""
    order = np.argsort(-values, axis=1, kind="stable")
    positions = np.empty_like(order)
    np.put_along_axis(positions, order, np.arange(values.shape[1])[None, :], axis=1)
    return positions


def _scores(values: np.ndarray, positions: np.ndarray, inside: np.ndarray, exponent: float) -> np.ndarray:
    """The running sum only turns at the set's own genes: highest just after one, lowest just before one."""
    if not inside.any():
        return np.zeros(len(values))
    members, places = values[:, inside], positions[:, inside]
    walk = np.argsort(places, axis=1)
    members, places = np.take_along_axis(members, walk, axis=1), np.take_along_axis(places, walk, axis=1)
    measured = ~np.isnan(members)
    weights = np.where(measured, np.abs(members), 0.0)
    weights = np.where(measured, weights**exponent, 0.0)
    n_outside = (~np.isnan(values)).sum(axis=1, keepdims=True) - measured.sum(axis=1, keepdims=True)
    total = weights.sum(axis=1, keepdims=True)
    lifted = np.cumsum(weights, axis=1) / np.where(total > 0, total, 1.0)
    passed = (places - np.arange(places.shape[1])) / np.maximum(n_outside, 1)
    after = lifted - passed
    before = np.concatenate([np.zeros((len(values), 1)), lifted[:, :-1]], axis=1) - passed
    highest = np.where(measured, after, 0.0).max(axis=1, initial=0.0)
    lowest = np.where(measured, before, 0.0).min(axis=1, initial=0.0)
    return np.where(total[:, 0] > 0, np.where(highest + lowest > ROUNDING, highest, lowest), 0.0)


def _one_column_a_gene(expression: pd.DataFrame) -> pd.DataFrame:
    """Genes in order of their names; of several columns of one gene, each patient's highest value counts."""
    if expression.columns.is_unique:
        return expression.sort_index(axis=1)
    return expression.T.groupby(level=0, sort=True).max().T


def functional_spectra(
    expression: pd.DataFrame,
    gene_sets: Mapping[str, Sequence[str]],
    exponent: float = 1.0,
    centre: bool = True,
) -> pd.DataFrame:
    """Enrichment scores of gene sets, a patient a row: DeepCC's `getFunctionalSpectra`.

    Parameters
    ----------
    expression : patients (index) x genes (columns), on a log scale; NaN where not measured. A gene in several
        columns counts once for a patient, with the highest of its centred values.
    gene_sets : name of the set -> its genes.
    exponent : weight of |centred value| in the running sum; DeepCC uses 1.
    centre : subtract each gene's mean over these patients; False for values that are centred already.

    Returns
    -------
    DataFrame: patients x sets, scores from -1 to 1; 0 for a set without a gene in the table. Genes of equal
    value stand in order of their names.

    Raises
    ------
    InputError : fewer than two patients to centre on, or no gene of any set in the table.
    """
    if centre and len(expression) < 2:
        raise InputError(
            "expression table",
            "at least 2 patients, on whose mean each gene is centred",
            str(len(expression)),
        )
    wanted = {gene for genes in gene_sets.values() for gene in genes}
    if wanted.isdisjoint(expression.columns):
        columns = ", ".join(map(str, expression.columns[:3]))
        raise InputError(
            "expression table",
            f"genes named as in the gene sets, such as {', '.join(sorted(wanted)[:3])}",
            columns or "no column",
            "Give expression table and gene sets the same kind of identifier.",
        )
    centred = expression - expression.mean(axis=0) if centre else expression
    centred = _one_column_a_gene(centred)
    values = centred.to_numpy(dtype=float)
    positions = _positions(values)
    scores = {
        name: _scores(values, positions, centred.columns.isin(list(genes)), exponent)
        for name, genes in gene_sets.items()
    }
    return pd.DataFrame(scores, index=expression.index)
