"""How much of the planted truth of a simulated cohort the run found again.

The truth is what `scripts.simulation.nact_response` wrote down when it drew and rendered the patients; nothing else
reads it but `assess_models`, whose lines of features and models come below those of the image stages. A quantity is
`ok` where it keeps its `rule`; the limits are of what the stages reach on such images, so that a stage that breaks is
seen.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from scipy import stats

from scripts.cohort.volume_files import read_volume_file
from scripts.papers.nact_response.recovery_rows import COLUMNS, EVERYBODY, recovery_row
from scripts.parallel import map_cases
from scripts.preprocess.files import file_stem, load_volume
from scripts.preprocess.region import body_of
from scripts.preprocess.resampling import on_grid_of
from scripts.statistics.correlation import correlate
from scripts.tables import read_json, read_table, write_both
from scripts.volumes import Volume
from scripts.workflow.job import Job

LEVEL = 0.95
# What the rules allow
JACOBIAN_BIAS, JACOBIAN_CORRELATION, LOG_JACOBIAN_ERROR = 0.10, 0.90, 0.30
VOLUME_BIAS, FIELD_CORRELATION, DICE = 0.05, 0.60, 0.70
CASE_COLUMNS = (
    "planted_jacobian",
    "found_jacobian",
    "log_jacobian_error",
    "field_correlation",
)


@dataclass(frozen=True)
class Folders:
    """File name -> folder of it, of each kind of folder that a case is assessed from."""

    simulated: Mapping[str, str]
    corrected: Mapping[str, str]
    masks: Mapping[str, str]
    registered: Mapping[str, str]


def folder_of_files(folders: Sequence[str]) -> dict[str, str]:
    """File name -> the folder that holds it."""
    return {path.name: str(folder) for folder in folders for path in Path(folder).iterdir()}


def jacobian_recovery(found: Volume, planted: Volume, mask: Volume) -> dict[str, float]:
    """Found against true Jacobian inside a tumour: the means, and the RMS of a voxel's error of log J.

    Parameters
    ----------
    found, mask : on one grid, the baseline's after resampling; mask 1 inside. planted : on the grid of the rendered
        baseline; brought to the other's linearly, 1 outside.
    """
    inside = mask.array != 0
    true = on_grid_of(planted, found, outside=1.0).array[inside].astype(float)
    seen = found.array[inside].astype(float)
    error = np.log(seen) - np.log(true)
    return {
        "planted_jacobian": float(true.mean()),
        "found_jacobian": float(seen.mean()),
        "log_jacobian_error": float(np.sqrt(np.mean(error**2))),
    }


def field_correlation(found: Volume, planted: Volume, body: np.ndarray) -> float:
    """Pearson's r of the logarithms of two bias fields on one grid over the body (boolean, (z, y, x)).

    A field is known up to a factor, which the correlation of logarithms leaves out.
    """
    return float(np.corrcoef(np.log(found.array[body]), np.log(planted.array[body]))[0, 1])


def assess_case(patient: str, folders: Folders) -> dict[str, Any]:
    """The patient's CASE_COLUMNS; missing where a step did not get that far."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    values: dict[str, Any] = {"patient": patient, **dict.fromkeys(CASE_COLUMNS, float("nan"))}
    stem = file_stem(patient)

    def truth(what: str) -> Volume:
        name = f"{patient}_{what}.mha"
        return read_volume_file(Path(folders.simulated[name]) / name)

    if (name := f"{stem}_jacobian.mha") in folders.registered:
        found = load_volume(folders.registered[name], patient, "jacobian")
        mask = load_volume(folders.masks[f"{stem}_mask.mha"], patient, "mask")
        values |= jacobian_recovery(found, truth("true_jacobian"), mask)
    if (name := f"{stem}_field.mha") in folders.corrected:
        folder = folders.corrected[name]
        field = load_volume(folder, patient, "field")
        if np.ptp(field.array) > 0:  # N4 may be switched off
            body = body_of(load_volume(folder, patient, "precontrast"))
            values["field_correlation"] = field_correlation(field, truth("true_field"), body)
    return values


def mean_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean with the t interval of known values; NaN where there are too few."""
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return (float(known.mean()) if len(known) else float("nan"), float("nan"), float("nan"))
    half = stats.t.ppf((1 + LEVEL) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return float(known.mean()), float(known.mean() - half), float(known.mean() + half)


def image_rows(cases: pd.DataFrame, group: str) -> list[dict[str, Any]]:
    """What the image stages found in a group of patients.

    Parameters
    ----------
    cases : CASE_COLUMNS, planted_volume_ratio, found_volume_ratio, dice_baseline, dice_follow_up. Patients with a
        missing value are left out of its row. A row of a quantity that nobody has is left out.
    """
    rows = []
    for quantity, planted_name, found_name, limit in (
        ("Mean Jacobian in the tumour", "planted_jacobian", "found_jacobian", JACOBIAN_BIAS),
        (
            "Tumour volume after / before, by the masks",
            "planted_volume_ratio",
            "found_volume_ratio",
            VOLUME_BIAS,
        ),
    ):
        pairs = cases[[planted_name, found_name]].dropna()
        if pairs.empty:
            continue
        planted = float(pairs[planted_name].mean())
        bias, low, high = mean_interval((pairs[found_name] - pairs[planted_name]).to_numpy())
        rule = f"mean of the patients within {limit:g} of the planted one; interval of the difference"
        rows.append(
            recovery_row(
                quantity,
                group,
                planted,
                (planted + bias, planted + low, planted + high),
                abs(bias) <= limit,
                rule,
            )
        )
    link = correlate(cases["planted_jacobian"].to_numpy(float), cases["found_jacobian"].to_numpy(float))
    if not np.isnan(link["r"]):
        rows.append(
            recovery_row(
                "Correlation of found and planted mean Jacobian",
                group,
                1.0,
                (link["r"], link["ci_low"], link["ci_high"]),
                link["r"] >= JACOBIAN_CORRELATION,
                f"at least {JACOBIAN_CORRELATION:g}",
            )
        )
    for quantity, name, planted, limit, least in (
        (
            "Error of log Jacobian in a tumour voxel (RMS)",
            "log_jacobian_error",
            0.0,
            LOG_JACOBIAN_ERROR,
            False,
        ),
        (
            "Correlation of the bias fields, found and planted",
            "field_correlation",
            1.0,
            FIELD_CORRELATION,
            True,
        ),
        ("Dice of fuzzy C-means and the true mask, baseline", "dice_baseline", 1.0, DICE, True),
        ("Dice of fuzzy C-means and the true mask, follow-up", "dice_follow_up", 1.0, DICE, True),
    ):
        found = mean_interval(cases[name].to_numpy(float))
        if np.isnan(found[0]):
            continue
        kept = found[0] >= limit if least else found[0] <= limit
        rule = f"mean of the patients at {'least' if least else 'most'} {limit:g}"
        rows.append(recovery_row(quantity, group, planted, found, kept, rule))
    return rows


def case_table(
    patients: pd.DataFrame, assessed: pd.DataFrame, baseline: pd.DataFrame, follow_up: pd.DataFrame
) -> pd.DataFrame:
    """A row a patient: patient, cohort, planted and found of each quantity; missing where a step did not get that far.

    Parameters
    ----------
    patients : patient, cohort, volume_ratio (planted). assessed : patient and CASE_COLUMNS.
    baseline, follow_up : patient, volume_ml and dice_fuzzy_given of segment_tumours.
    """
    table = patients[["patient", "cohort", "volume_ratio"]].rename(
        columns={"volume_ratio": "planted_volume_ratio"}
    )
    table = table.merge(assessed, on="patient", how="left", validate="one_to_one")
    for visit, found in (("baseline", baseline), ("follow_up", follow_up)):
        kept = found[["patient", "volume_ml", "dice_fuzzy_given"]].astype({"patient": object})
        kept = kept.rename(columns={"volume_ml": f"ml_{visit}", "dice_fuzzy_given": f"dice_{visit}"})
        table = table.merge(kept, on="patient", how="left", validate="one_to_one")
    table["found_volume_ratio"] = table.pop("ml_follow_up") / table.pop("ml_baseline")
    return table


def main(job: Job) -> None:
    """Rule assess_recovery. Inputs: truth, model_recovery (of `assess_models`); of all batches simulated (images),
    corrected and masks (folders of the first visit), registered (folders), baseline and follow_up (tables of
    segment_tumours).
    """
    truth = read_json(job.input.truth)
    patients = pd.DataFrame(truth["patients"])
    folders = Folders(
        *(
            folder_of_files(getattr(job.input, name))
            for name in ("simulated", "corrected", "masks", "registered")
        )
    )
    assessed = map_cases(partial(assess_case, folders=folders), patients["patient"].tolist(), job.threads)
    visits = [
        pd.concat([read_table(path) for path in getattr(job.input, visit)], ignore_index=True)
        for visit in ("baseline", "follow_up")
    ]
    cases = case_table(patients, pd.DataFrame(assessed), *visits)
    rows = pd.DataFrame(image_rows(cases, EVERYBODY), columns=list(COLUMNS))
    write_both(
        pd.concat([rows, read_table(job.input.model_recovery)], ignore_index=True), job.output.recovery
    )
    write_both(cases, job.output.recovery_cases)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
