"""Where simulated patients come from: scanners, case mix and follow-up of each hospital.

The development hospital's marginals are the counts of the paper's Table 1, low- and high-risk columns added;
those of the external hospital are invented: another scanner, milder disease, fewer missing values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scripts.errors import InputError, nearest


@dataclass(frozen=True)
class Scanner:
    """A CT scanner and its reconstruction.

    Parameters
    ----------
    noise_hu : SD of a voxel in water.
    smoothing : in-plane kernel (s, 1, s) applied to white noise along x and y; 0 is the sharpest.
    offset_hu : calibration error.
    pixel_mm, slice_mm : mean in-plane spacing and spacing of slices.
    """

    name: str
    noise_hu: float
    smoothing: float
    offset_hu: float
    pixel_mm: float
    slice_mm: float


@dataclass(frozen=True)
class CaseMix:
    """Marginal distributions of a cohort. Probabilities are weights, and need not add up to one.

    Parameters
    ----------
    admission : first and last day.
    end_of_follow_up : the day on which everybody still followed is censored.
    median_months_to_loss : median of the exponential time to loss of follow-up.
    tnm_stage : weights of stages I to IV; differentiation : of high, moderate, low.
    male, cea_high : probabilities; age : mean and SD in years.
    node_positive_in_stage_iv : in stages I and II no node is positive, in stage III every patient has one.
    missing : probability of a missing value by variable.
    without_follow_up : patients whose outcome is unknown, exactly.
    """

    admission: tuple[str, str]
    end_of_follow_up: str
    median_months_to_loss: float
    tnm_stage: tuple[float, float, float, float]
    male: float
    age: tuple[float, float]
    differentiation: tuple[float, float, float]
    cea_high: float
    node_positive_in_stage_iv: float
    missing: dict[str, float] = field(default_factory=dict)
    without_follow_up: int = 0


@dataclass(frozen=True)
class Hospital:
    """A hospital: which scanners it has, how its tumours differ from the reference, and its cohorts by name.

    `latent_mean` shifts the mean of a latent factor, in SD.
    """

    scanners: tuple[Scanner, ...]
    cohorts: dict[str, CaseMix]
    latent_mean: dict[str, float] = field(default_factory=dict)


HOSPITALS = {
    "development": Hospital(
        scanners=(
            Scanner("A", noise_hu=8.0, smoothing=0.35, offset_hu=0.0, pixel_mm=0.90, slice_mm=2.5),
            Scanner("B", noise_hu=10.0, smoothing=0.20, offset_hu=3.0, pixel_mm=0.86, slice_mm=2.5),
        ),
        cohorts={
            "primary": CaseMix(
                admission=("2007-01-01", "2011-12-31"),
                end_of_follow_up="2014-12-31",
                median_months_to_loss=120.0,
                tnm_stage=(17, 91, 86, 48),
                male=135 / 242,
                age=(69.6, 14.4),
                differentiation=(63, 132, 21),
                cea_high=80 / 242,
                node_positive_in_stage_iv=40 / 48,
                missing={"differentiation": 26 / 242},
                without_follow_up=1,
            ),
            "validation": CaseMix(
                admission=("2012-01-01", "2015-12-31"),
                end_of_follow_up="2020-06-30",
                median_months_to_loss=200.0,
                tnm_stage=(16, 47, 44, 30),
                male=80 / 139,
                age=(64.3, 13.2),
                differentiation=(37, 65, 32),
                cea_high=51 / 137,
                node_positive_in_stage_iv=24 / 30,
                missing={"differentiation": 5 / 139, "cea": 2 / 139, "tnm_stage": 2 / 139},
                without_follow_up=1,
            ),
        },
    ),
    "external": Hospital(
        scanners=(Scanner("C", noise_hu=13.0, smoothing=0.10, offset_hu=-4.0, pixel_mm=0.94, slice_mm=3.0),),
        cohorts={
            "validation": CaseMix(
                admission=("2014-01-01", "2017-12-31"),
                end_of_follow_up="2021-06-30",
                median_months_to_loss=160.0,
                tnm_stage=(30, 58, 44, 18),
                male=0.54,
                age=(66.0, 12.5),
                differentiation=(48, 80, 22),
                cea_high=0.30,
                node_positive_in_stage_iv=0.75,
                missing={"differentiation": 0.04, "cea": 0.02},
            ),
        },
        latent_mean={"size": -0.30, "irregularity": -0.15, "necrosis": -0.20},
    ),
}

SCANNERS = {scanner.name: scanner for hospital in HOSPITALS.values() for scanner in hospital.scanners}


def find_hospital(name: str) -> Hospital:
    """The hospital of that name; InputError with the nearest valid name where there is none."""
    if name not in HOSPITALS:
        raise InputError(
            "hospital", f"one of {', '.join(HOSPITALS)}", f"'{name}'", nearest(name, HOSPITALS).strip()
        )
    return HOSPITALS[name]
