"""Where simulated patients come from: the scanners, and the case mix of each cohort.

Marginals of the development and testing cohorts are the counts of the paper's Table 2; those of the external hospital
are invented: another scanner, milder disease. Field strengths and times of the phases are the paper's (Imaging
Protocols), the testing set's rounded to the second; voxels are drawn coarser than its Table 1, so that a patient is
small.
"""

from __future__ import annotations

from dataclasses import dataclass

from scripts.errors import InputError, nearest


@dataclass(frozen=True)
class Scanner:
    """An MR scanner and its sequence.

    Parameters
    ----------
    field_strength_t : tesla.
    gain : signal of glandular tissue before contrast, in the scanner's arbitrary units.
    noise : SD of the noise in each of the two channels, as a share of the gain (Rician in the magnitude image).
    blur_mm : SD of the point spread.
    enhancement : factor on every relative enhancement (relaxivity and T1 differ between field strengths).
    bias : SD of the logarithm of the coil's field over the crop.
    pixel_mm, slice_mm : spacing in plane, and of slices.
    phase_times_s : seconds after the injection of each phase; the first is before it.
    """

    name: str
    field_strength_t: float
    gain: float
    noise: float
    blur_mm: float
    enhancement: float
    bias: float
    pixel_mm: float
    slice_mm: float
    phase_times_s: tuple[float, ...]


@dataclass(frozen=True)
class CaseMix:
    """Marginal distributions of a cohort; counts are weights and need not add up to one.

    Parameters
    ----------
    scanner : name of its scanner.
    admission : first and last day of the baseline visit.
    miller_payne : weights of grades 1 to 5; subtypes : of luminal A, luminal B, HER2-enriched, basal-like.
    age : mean, SD, youngest, oldest, in years.
    premenopausal, family_history : probabilities.
    """

    scanner: str
    admission: tuple[str, str]
    miller_payne: tuple[float, float, float, float, float]
    subtypes: tuple[float, float, float, float]
    age: tuple[float, float, float, float]
    premenopausal: float
    family_history: float


SCANNERS = {
    scanner.name: scanner
    for scanner in (
        Scanner("A", 3.0, 420.0, 0.030, 0.85, 1.00, 0.18, 2.0, 2.2, (0.0, 90.0, 133.0, 177.0, 220.0)),
        Scanner("B", 1.5, 260.0, 0.042, 0.75, 0.88, 0.15, 1.8, 2.0, (0.0, 120.0, 245.0, 371.0)),
        Scanner("C", 1.5, 610.0, 0.046, 0.90, 0.92, 0.16, 1.9, 2.2, (0.0, 75.0, 150.0, 225.0, 300.0)),
    )
}

HOSPITALS = {
    "development": {
        "development": CaseMix(
            scanner="A",
            admission=("2012-03-01", "2014-12-31"),
            miller_payne=(6, 10, 24, 5, 16),
            subtypes=(9, 30, 13, 9),
            age=(49.0, 9.0, 27.0, 66.0),
            premenopausal=23 / 61,
            family_history=16 / 61,
        ),
        "testing": CaseMix(
            scanner="B",
            admission=("2010-01-01", "2012-02-28"),
            miller_payne=(3, 11, 16, 5, 18),
            subtypes=(3, 28, 11, 11),
            age=(47.0, 10.5, 29.0, 79.0),
            premenopausal=23 / 53,
            family_history=11 / 53,
        ),
    },
    "external": {
        "testing": CaseMix(
            scanner="C",
            admission=("2016-01-01", "2018-12-31"),
            miller_payne=(6, 18, 34, 12, 30),
            subtypes=(14, 46, 20, 20),
            age=(51.0, 10.0, 28.0, 78.0),
            premenopausal=0.40,
            family_history=0.20,
        ),
    },
}


def find_hospital(name: str) -> dict[str, CaseMix]:
    """Cohort -> case mix of the hospital of that name; InputError with the nearest valid name where there is none."""
    if name not in HOSPITALS:
        raise InputError(
            "hospital", f"one of {', '.join(HOSPITALS)}", f"'{name}'", nearest(name, HOSPITALS).strip()
        )
    return HOSPITALS[name]
