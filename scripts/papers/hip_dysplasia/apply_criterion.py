"""Judge every hip of a cohort by a frozen criterion: distance, probability, verdict, and how sure a reading is
of it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd

from scripts.model.gaussian_bundle import Bundle, read_gaussian_bundle, region_of, require_same_measurement
from scripts.papers.hip_dysplasia.assess_reading import by_hand
from scripts.papers.hip_dysplasia.criterion import (
    chance_of_other_verdict,
    judge,
    knowledge_class,
    sample_values,
)
from scripts.papers.hip_dysplasia.names import ANGLES
from scripts.papers.hip_dysplasia.reading import (
    ERROR_SDS,
    error_covariances,
    landmark_deviations,
    with_reading_error,
)
from scripts.seeds import generator
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

N_DRAWS = 2000
SHOWN = ("patient", "side", *ANGLES, *ERROR_SDS, "ccd", "ccd_cause", "tool")
JUDGED = (
    "squared_distance",
    "probability",
    "density",
    "along_axis",
    "verdict",
    "outside_plane",
    "chance_of_other_verdict",
)


def samples_of(hips: pd.DataFrame, clinical: pd.DataFrame, model: Bundle) -> pd.DataFrame:
    """The first reader's hips with the reading error of this cohort or, where nobody read it twice, of the model's."""
    deviations = landmark_deviations(hips) or model["reading_error"]
    samples = with_reading_error(hips, deviations)
    return samples.merge(by_hand(clinical), on=["patient", "side"], how="left", validate="one_to_one")


def judge_samples(samples: pd.DataFrame, model: Bundle, knowledge: dict[str, Any], seed: int) -> pd.DataFrame:
    """A row a hip: angles with their reading SDs, what `criterion.judge` says, and the knowledge-driven class.

    Parameters
    ----------
    knowledge : `knowledge` of the card: dysplasia_below, normal_above, tonnis_above, ce_from. The class goes
        by the angles measured by hand where the sheet has them and `ce_from` says so (column class_from), else
        by those measured here.
    """
    region, level = region_of(model), model["level"]
    values = sample_values(samples, model["measurement"]["signs"])
    draws = generator(seed, "hip_dysplasia", "chance_of_other_verdict").normal(size=(N_DRAWS, len(ANGLES)))
    mirrored = np.where(values * samples[list(ANGLES)].to_numpy(float) < 0, -1, 1)  # by an arc cosine
    covariances = error_covariances(samples) * mirrored[:, :, None] * mirrored[:, None, :]
    judged = judge(values, region, level)
    judged["chance_of_other_verdict"] = chance_of_other_verdict(values, covariances, region, level, draws)
    hand = samples["ce_by_hand"].notna() & (knowledge["ce_from"] == "by_hand")
    ce = np.where(hand, samples["ce_by_hand"], samples["ce"])
    tonnis = np.where(hand & samples["tonnis_by_hand"].notna(), samples["tonnis_by_hand"], samples["tonnis"])
    return pd.concat([samples[list(SHOWN)].reset_index(drop=True), judged], axis=1).assign(
        knowledge=knowledge_class(ce, knowledge["dysplasia_below"], knowledge["normal_above"]),
        class_from=np.where(hand, "by hand", "measured"),
        tonnis_high=tonnis > knowledge["tonnis_above"],
    )


def main(job: Job) -> None:
    """Rules apply_criterion and predict; settings: measurement, knowledge."""
    model = read_gaussian_bundle(job.input.model)
    require_same_measurement(model, job.settings["measurement"])
    samples = samples_of(read_table(job.input.hips), read_table(job.input.clinical), model)
    write_both(judge_samples(samples, model, job.settings["knowledge"], job.seed), job.output[0])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
