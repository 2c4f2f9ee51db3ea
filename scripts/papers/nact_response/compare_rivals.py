"""The paper's classifier and its rivals on the same features: nested cross-validation of the development set, then once
on the testing set; without and with ComBat between field strengths (beyond the paper)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.classification.cross_validation import Fit, nested_validation
from scripts.classification.harmonised import Harmonised
from scripts.classification.rivals import default_rivals
from scripts.classification.selection import SvmRfe
from scripts.papers.nact_response.feature_sets import SUBTYPES, Patients, columns_of
from scripts.papers.nact_response.fit_models import read_patients, read_settings
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.statistics.roc import area_interval
from scripts.tables import write_both
from scripts.workflow.job import Job

# 'none': features as they are; 'training': ComBat knows the training patients alone, a scanner without any stays as it
# is; 'own_values': such a scanner's patients are harmonised by their own values, without their outcomes.
NEW_BATCH = {"training": "unchanged", "own_values": "own_values"}


def batches_of(clinical: pd.DataFrame) -> np.ndarray:
    """(n,) scanner of each patient: the field strength where the sheet has it for everybody, else the cohort."""
    strength = clinical.get("field_strength_t")
    known = strength is not None and strength.notna().all()
    return (strength if known else clinical["cohort"]).astype(str).to_numpy()


def with_batch(patients: Patients, names: list[str], codes: dict[str, int]) -> np.ndarray:
    """(n, p + 1) values of the features `names`, and in the last column the number of the scanner."""
    numbers = [codes[batch] for batch in batches_of(patients.clinical)]
    return np.column_stack([patients.values[names].to_numpy(dtype=float), numbers])


@threadpool_limits.wrap(limits=1)
def compare_rival(
    name: str, development: Patients, testing: Patients, settings: dict[str, Any], seed: int
) -> list[dict[str, Any]]:
    """Rows of one rival under each kind of ComBat: rival, combat, cohort, auc, lower, upper.

    Development: mean of the outer folds' areas (corrected resampled t). Testing: fitted on the whole development set,
    DeLong's interval; no row where the testing set has not both classes.
    """
    svm, subtype = read_settings(settings)
    rivals = settings["rivals"]
    names, always = columns_of(rivals["model"], development.values, subtype)
    fit = rivals_of(settings, SvmRfe(svm, always))[name]
    scanners = sorted({*batches_of(development.clinical), *batches_of(testing.clinical)})
    codes = {scanner: number for number, scanner in enumerate(scanners)}
    x, y = with_batch(development, names, codes), development.response
    features = np.array([full not in SUBTYPES for full in names])
    rows, areas = [], None
    for combat in settings["combat"]["compared"]:
        harmonised = Harmonised(fit, NEW_BATCH.get(combat), features)
        if areas is None or len(set(x[:, -1])) > 1:  # one scanner alone: ComBat has nothing to take out of it
            stream = generator(seed, "compare_rivals", "folds")  # the same for every rival and kind of ComBat
            areas = nested_validation([harmonised], x, y, rivals["outer_folds"], rivals["repeats"], stream)[0]
        row = {"rival": name, "combat": combat}
        limits = dict(zip(("auc", "lower", "upper"), areas.interval(), strict=True))
        rows.append(row | {"cohort": "development"} | limits)
        if 0 < testing.response.sum() < len(testing.response):
            predict = harmonised(x, y, generator(seed, "compare_rivals", name, "testing"))
            found = area_interval(testing.response, predict(with_batch(testing, names, codes)))
            limits = {"auc": found.estimate, "lower": found.ci_low, "upper": found.ci_high}
            rows.append(row | {"cohort": "testing"} | limits)
    return rows


def rivals_of(settings: dict[str, Any], classifier: Fit) -> dict[str, Fit]:
    """Name -> model: the paper's classifier and the rivals, with their branches of the parameters."""
    rivals = settings["rivals"]
    own = default_rivals(
        {branch: rivals[branch] for branch in ("lasso", "forest", "xgboost") if branch in rivals}
    )
    return {"svm_rfe": classifier} | {rival.name: rival for rival in own}


def main(job: Job) -> None:
    """Rule compare_rivals."""
    patients = read_patients(job)
    development, testing = patients.known("development"), patients.known("testing")
    work = partial(
        compare_rival, development=development, testing=testing, settings=job.settings, seed=job.seed
    )
    rows = [row for rows in map_cases(work, list(rivals_of(job.settings, None)), job.threads) for row in rows]
    write_both(pd.DataFrame(rows), job.output.rivals)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
