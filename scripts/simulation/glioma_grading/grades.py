"""What a grade plants: three normal traits of a tumour, and the best that anybody could tell the grade from them.

A tumour of grade g has the traits z = m_g w + e with e ~ N(0, I): necrosis, enhancement, heterogeneity. The means of
the grades lie on one line, so that all that z says of the grade is t = w . z ~ N(m_g, 1), and the best rule picks the
grade with the largest p_g phi(t - m_g). Nothing else in an image depends on the grade: the image is a function of
z and of numbers that are independent of it, so that no classifier of images has a larger expected accuracy than
this rule (equal where an image shows z without error).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

GRADES = (2, 3, 4)
TRAITS = ("necrosis", "enhancement", "heterogeneity")
DIRECTION = np.array([0.62, 0.68, 0.39])
DIRECTION = DIRECTION / np.linalg.norm(DIRECTION)
MEANS = {2: -2.5, 3: 0.0, 4: 2.5}
REACH = 9.0  # of the quadrature, in SD
POINTS = 40001


def log_posterior(traits: np.ndarray, shares: Mapping[int, float]) -> np.ndarray:
    """(n, 3) log P(grade | traits) for traits (n, 3), with the shares of the grades as prior."""
    t = np.atleast_2d(traits) @ DIRECTION
    joint = np.stack([np.log(shares[g]) + norm.logpdf(t - MEANS[g]) for g in GRADES], axis=1)
    return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)


def best_grades(traits: np.ndarray, shares: Mapping[int, float]) -> np.ndarray:
    """(n,) the most probable grade of traits (n, 3)."""
    return np.array(GRADES)[log_posterior(traits, shares).argmax(axis=1)]


def shares_of(counts: Mapping[int, int] | Sequence[int]) -> dict[int, float]:
    """Grade -> its share, from a number of patients for each grade (in the order of GRADES, or by grade)."""
    numbers = counts if isinstance(counts, Mapping) else dict(zip(GRADES, counts, strict=True))
    total = sum(numbers.values())
    return {g: numbers[g] / total for g in GRADES}


def _grid() -> np.ndarray:
    return np.linspace(min(MEANS.values()) - REACH, max(MEANS.values()) + REACH, POINTS)


def bayes_performance(shares: Mapping[int, float]) -> dict[str, float]:
    """What the best rule reaches in the population, by quadrature over t.

    Returns
    -------
    accuracy; for each grade accuracy_<g>, sensitivity_<g>, specificity_<g> of 'grade g or not' by the most probable
    grade, and auc_<g> of its posterior probability; auc, the mean of these.
    """
    t = _grid()
    density = {g: norm.pdf(t - MEANS[g]) for g in GRADES}
    weight = t[1] - t[0]
    log_p = log_posterior(t[:, None] * DIRECTION, shares)
    chosen = np.array(GRADES)[log_p.argmax(axis=1)]
    found: dict[str, float] = {}
    accuracy = 0.0
    for k, g in enumerate(GRADES):
        others = sum(shares[h] * density[h] for h in GRADES if h != g) / (1 - shares[g])
        sensitivity = float(density[g][chosen == g].sum() * weight)
        specificity = float(others[chosen != g].sum() * weight)
        accuracy += shares[g] * sensitivity
        found[f"accuracy_{g}"] = shares[g] * sensitivity + (1 - shares[g]) * specificity
        found[f"sensitivity_{g}"], found[f"specificity_{g}"] = sensitivity, specificity
        order = np.argsort(log_p[:, k], kind="stable")
        inside, outside = density[g][order] * weight, others[order] * weight
        found[f"auc_{g}"] = float(np.sum(inside * (np.cumsum(outside) - outside / 2)))
    found["accuracy"] = accuracy
    found["auc"] = float(np.mean([found[f"auc_{g}"] for g in GRADES]))
    return found
