"""Two readers of the same films: how well they agree, and the error of an angle that follows; and against
angles by hand.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.papers.hip_dysplasia.names import ANGLES, FIRST, SIDES
from scripts.papers.hip_dysplasia.reading import (
    agreement_table,
    deviations_table,
    intraclass_correlation,
    landmark_deviations,
    with_reading_error,
)
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

FEWEST_BY_HAND = 5
BY_HAND_COLUMNS = ["angle", "n", "bias", "limit_low", "limit_high", "icc"]


def by_hand(clinical: pd.DataFrame) -> pd.DataFrame:
    """patient, side and <angle>_by_hand: what the sheet says that somebody measured; NaN where it says nothing."""
    parts = []
    for side in SIDES:
        columns = {f"{a}_{side}": f"{a}_by_hand" for a in ANGLES}
        part = clinical[["patient"]].assign(side=side)
        for column, name in columns.items():
            part[name] = clinical[column].astype(float) if column in clinical else np.nan
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def by_hand_table(hips: pd.DataFrame) -> pd.DataFrame:
    """A row an angle: the angles by hand minus the measured ones; bias, limits of agreement, ICC. Empty where
    none are given.
    """
    rows = []
    for angle in ANGLES:
        part = hips[hips[f"{angle}_by_hand"].notna()]
        if len(part) < FEWEST_BY_HAND:
            continue
        difference = (part[f"{angle}_by_hand"] - part[angle]).to_numpy(float)
        bias, sd = float(difference.mean()), float(difference.std(ddof=1))
        icc = intraclass_correlation(part[[angle, f"{angle}_by_hand"]].to_numpy(float))
        rows.append((angle, len(part), bias, bias - 1.96 * sd, bias + 1.96 * sd, icc))
    return pd.DataFrame(rows, columns=BY_HAND_COLUMNS)


def main(job: Job) -> None:
    """Rule assess_reading. Outputs: samples (a row a hip of the first reader), agreement, landmark_error, by_hand."""
    hips, clinical = read_table(job.input.hips), read_table(job.input.clinical)
    deviations = landmark_deviations(hips)
    samples = with_reading_error(hips, deviations)
    samples = samples.merge(by_hand(clinical), on=["patient", "side"], how="left", validate="one_to_one")
    assert (samples["reader"] == FIRST).all()
    write_both(samples, job.output.samples)
    write_both(agreement_table(hips, deviations), job.output.agreement)
    write_both(deviations_table(deviations, hips), job.output.landmark_error)
    write_both(by_hand_table(samples), job.output.by_hand)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
