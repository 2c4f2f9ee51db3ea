"""Whether predicted probabilities mean what they say: reliability table, expected calibration error, Brier score."""

from __future__ import annotations

import numpy as np


def bins_of(confidence: np.ndarray, n_bins: int) -> np.ndarray:
    """Number of the bin of equal width of each probability; bins are closed above, as in Guo et al. 2017, and 0 is in
    the first.

    Parameters
    ----------
    confidence : (n,) within 0..1.
    """
    edges = np.linspace(0, 1, n_bins + 1)
    return np.clip(
        np.searchsorted(edges, np.asarray(confidence, dtype=float), side="left") - 1, 0, n_bins - 1
    )


def reliability(
    happened: np.ndarray, confidence: np.ndarray, n_bins: int, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cases, mean predicted probability and observed share of each bin.

    Parameters
    ----------
    happened : (n,) 1 where the predicted thing was so. confidence : (n,) its probability. weights : (b, n).

    Returns
    -------
    Three arrays (b, n_bins): weight of the bin, mean probability, observed share; the last two NaN in an empty bin.
    """
    bins = np.eye(n_bins)[bins_of(confidence, n_bins)]
    weights = np.asarray(weights, dtype=float)
    count = weights @ bins
    with np.errstate(invalid="ignore", divide="ignore"):
        predicted = (weights * confidence) @ bins / count
        observed = (weights * happened) @ bins / count
    return count, predicted, observed


def calibration_errors(
    truth: np.ndarray, probabilities: np.ndarray, n_bins: int, weights: np.ndarray
) -> np.ndarray:
    """Expected calibration error of the called class (Guo et al., ICML 2017, eq. 3): sum of n_bin / n |share right -
    mean confidence|.

    Parameters
    ----------
    truth : (n,) codes. probabilities : (n, k); of equal largest ones the first class is called. weights : (b, n).

    Returns
    -------
    (b,); NaN without weight. It is biased upward: where few cases fill a bin, their share misses the truth by chance.
    """
    called = probabilities.argmax(1)
    count, predicted, observed = reliability(
        called == truth, np.take_along_axis(probabilities, called[:, None], 1)[:, 0], n_bins, weights
    )
    gap = np.where(count > 0, count * np.abs(observed - predicted), 0.0).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return gap / count.sum(1)


def brier_scores(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over cases of the sum over classes of (probability - indicator)^2 (Brier 1950): 0 is best, 2 worst.

    With two classes it is twice the Brier score of the one-class form. Parameters as `calibration_errors`.

    Returns
    -------
    (b,); NaN without weight.
    """
    indicator = np.eye(probabilities.shape[1])[truth]
    of_case = ((probabilities - indicator) ** 2).sum(1)
    weights = np.asarray(weights, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return weights @ of_case / weights.sum(1)
