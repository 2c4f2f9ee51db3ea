"""Two diseases whose lesions overlap: how many there are, where they lie, and the best score that tells them apart.

A patient of disease d has 1 + NB(mean_d - 1, shape_d) lesions. Every patient has own shares of the regions, drawn from
Dirichlet(CONCENTRATION x SHARES[d]), so that a region tells of the disease and never decides it. A lesion's volume is
log-normal and does not depend on the disease. Mean and spread of the number are such that the lesion volume has the
mean and SD of the paper's Table 1 (WMH, ml).

Everything that an image shows of the disease it shows through the numbers of lesions by region, whose probability under
either disease is known in closed form; the Bayes accuracy follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammaln

DISEASES = ("ms", "nmosd")
REGIONS = ("periventricular", "juxtacortical", "deep", "infratentorial", "central")
SHARE_OF_NMOSD = 41 / 88  # Participants: 41 NMOSD, 47 MS
LESION_ML, LESION_LOG_SD = 0.363, 0.8  # median and SD of the logarithm of a lesion's volume
WMH_ML = {"ms": (9.0, 8.8), "nmosd": (3.5, 4.8)}  # Table 1: mean and SD
# Around the lateral ventricles, under the cortex, in the deep white matter, in brainstem and cerebellum, and along the
# third ventricle, aqueduct and fourth ventricle, where aquaporin-4 is dense.
SHARES = {"ms": (0.45, 0.25, 0.20, 0.06, 0.04), "nmosd": (0.16, 0.08, 0.20, 0.20, 0.36)}
CONCENTRATION = 6.0


def lesion_number(mean_ml: float, sd_ml: float) -> tuple[float, float]:
    """Mean and shape k of the number of lesions N = 1 + NB(mean - 1, k) that give a total volume its mean and SD.

    With lesion volumes v of mean m and squared coefficient of variation c, V = v_1 + ... + v_N has E V = E N m and
    Var V = E N c m^2 + Var N m^2, and Var N = (E N - 1) + (E N - 1)^2 / k.

    Raises
    ------
    ValueError : an SD so small that N would have to vary less than a Poisson number.
    """
    volume = LESION_ML * np.exp(LESION_LOG_SD**2 / 2)
    scatter = np.exp(LESION_LOG_SD**2) - 1
    mean = mean_ml / volume
    beyond_poisson = (sd_ml / volume) ** 2 - mean * scatter - (mean - 1)
    if mean <= 1 or beyond_poisson <= 0:
        raise ValueError(f"no number of lesions gives {mean_ml:g} ± {sd_ml:g} ml")
    return float(mean), float((mean - 1) ** 2 / beyond_poisson)


@dataclass(frozen=True)
class LesionModel:
    """The planted difference between the diseases.

    Attributes
    ----------
    wmh_ml : disease -> mean and SD of the lesion volume. shares : disease -> mean share of each region.
    concentration : of the Dirichlet distribution; the larger, the more alike are patients of one disease.
    """

    wmh_ml: Mapping[str, tuple[float, float]] = field(default_factory=lambda: WMH_ML)
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: SHARES)
    concentration: float = CONCENTRATION
    share_of_nmosd: float = SHARE_OF_NMOSD

    @property
    def prior(self) -> np.ndarray:
        """(2,) probability of MS and NMOSD."""
        return np.array([1 - self.share_of_nmosd, self.share_of_nmosd])

    def weights(self, disease: str) -> np.ndarray:
        """(regions,) parameters of the Dirichlet distribution of a disease's shares."""
        return self.concentration * np.asarray(self.shares[disease], float)


def draw_counts(disease: str, n: int, model: LesionModel, random: np.random.Generator) -> np.ndarray:
    """(n, regions) numbers of lesions of n patients of one disease."""
    mean, shape = lesion_number(*model.wmh_ml[disease])
    number = 1 + random.negative_binomial(shape, shape / (shape + mean - 1), n)
    return random.multinomial(number, random.dirichlet(model.weights(disease), n))


def draw_volumes(n: int, random: np.random.Generator) -> np.ndarray:
    """(n,) volumes of lesions in ml; the same for both diseases."""
    return LESION_ML * np.exp(LESION_LOG_SD * random.standard_normal(n))


def log_likelihoods(counts: np.ndarray, model: LesionModel) -> tuple[np.ndarray, np.ndarray]:
    """Of the number of lesions, and of their regions given the number, under MS and NMOSD.

    Parameters
    ----------
    counts : (n, regions), at least one lesion a patient.

    Returns
    -------
    number, places : (n, 2) log probabilities; a term that both diseases share is left out of `places`.
    """
    counts = np.asarray(counts, float)
    total = counts.sum(axis=1)
    number, places = [], []
    for disease in DISEASES:
        mean, k = lesion_number(*model.wmh_ml[disease])
        chance, more = k / (k + mean - 1), total - 1
        number.append(
            gammaln(more + k) - gammaln(k) - gammaln(more + 1) + k * np.log(chance) + more * np.log1p(-chance)
        )
        a = model.weights(disease)
        places.append(
            gammaln(a.sum()) - gammaln(total + a.sum()) + (gammaln(counts + a) - gammaln(a)).sum(axis=1)
        )
    return np.stack(number, axis=1), np.stack(places, axis=1)


def log_odds(counts: np.ndarray, model: LesionModel, number: bool = True, places: bool = True) -> np.ndarray:
    """(n,) log of the odds of NMOSD against MS, given the numbers of lesions by region: the best possible score.

    Without `number` or `places` that part of the evidence is left out. Above 0 the best guess is NMOSD.
    """
    parts = log_likelihoods(counts, model)
    odds = np.full(len(counts), np.log(model.prior[1] / model.prior[0]))
    for part, used in zip(parts, (number, places), strict=True):
        if used:
            odds += part[:, 1] - part[:, 0]
    return odds
