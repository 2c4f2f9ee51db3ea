"""Rival models under the same nested cross-validation, then once on the validation cohort."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.statistics.resampled_t import corrected_interval
from scripts.survival.clinical_coding import code_clinical
from scripts.survival.concordance import concordance_difference, harrell_concordance
from scripts.survival.lasso_cox import assign_folds
from scripts.survival.rivals import Rival, SurvivalData
from scripts.survival.time_roc import ipcw_auc

REFERENCE = "tnm"


def compare_rivals(
    rivals: Sequence[Rival],
    primary: SurvivalData,
    validation: SurvivalData | None,
    generator: np.random.Generator,
    n_folds: int = 5,
    n_repeats: int = 5,
    months: float = 60.0,
    n_bootstrap: int = 200,
    reference: str = REFERENCE,
    threads: int = 1,
) -> pd.DataFrame:
    """Compare models on held-out patients of the primary cohort, and on the validation cohort.

    Parameters
    ----------
    rivals : models with distinct names, `reference` among them.
    primary : the patients that everything is fitted on. validation : another cohort, or None.
    n_folds, n_repeats : outer cross-validation, folds balanced by event; tuning happens inside each fit.
    months, n_bootstrap : horizon of the AUC, and samples for its interval.
    threads : processes; the result does not depend on it.

    Returns
    -------
    DataFrame, a row a model in the order given: `model`, `label`; `cv_c_index`, `cv_ci_low`, `cv_ci_high`;
    `cv_difference` from the reference with `cv_difference_low`, `cv_difference_high`, `cv_difference_p`;
    `failed_fits` (outer folds where the model could not be fitted: its held-out patients get one common risk,
    C-index 0.5); and with a validation cohort `validation_c_index`, `validation_auc`, each with `_low` and
    `_high`, `validation_difference` (C-index) with `_low`, `_high`, `_p`. Missing: in the reference's row its
    difference from itself; the AUC where nobody recurs by `months` or is followed beyond.

    Notes
    -----
    Each fold of each repeat gives one C-index per model on the same patients. Fold values overlap in their
    training patients, so their spread is widened as Nadeau and Bengio (Machine Learning 52, 2003) do:
    variance of the mean = s^2 (1/J + 1/(n_folds - 1)) with J fold values, and Student's t with J - 1 degrees
    of freedom. Unlike a bootstrap of the held-out predictions it counts the spread that comes from refitting,
    and it serves the paired differences as it serves the C-index. It is rather too wide than too narrow.
    """
    names = [rival.name for rival in rivals]
    if len(set(names)) < len(names):
        raise InputError("rivals", "distinct names", ", ".join(names))
    if reference not in names:
        raise InputError("rivals", f"the reference '{reference}' among the models", ", ".join(names))
    for cohort in (primary, validation):
        if cohort is not None:
            code_clinical(
                cohort.clinical
            )  # a word that it does not know is the user's to mend, not a failed fit
    tasks = []
    for stream in generator.spawn(n_repeats):
        folds = assign_folds(primary.recurrence, n_folds, stream)
        tasks += [(folds != fold, inner) for fold, inner in enumerate(stream.spawn(n_folds))]
    held_out = map_cases(functools.partial(_outer_fold, rivals=list(rivals), primary=primary), tasks, threads)
    c_index = np.array([c for c, _ in held_out])
    failed = np.array([f for _, f in held_out]).sum(axis=0)
    at = names.index(reference)
    final = None
    if validation is not None:
        streams = generator.spawn(len(names))
        work = functools.partial(_test_once, primary=primary, validation=validation)
        final = map_cases(work, list(zip(rivals, streams, strict=True)), threads)
    rows = []
    for j, rival in enumerate(rivals):
        mean, low, high, _ = corrected_interval(c_index[:, j], n_folds)
        row = {
            "model": rival.name,
            "label": rival.label,
            "cv_c_index": mean,
            "cv_ci_low": max(low, 0.0),
            "cv_ci_high": min(high, 1.0),
        }
        difference = corrected_interval(c_index[:, j] - c_index[:, at], n_folds) if j != at else (np.nan,) * 4
        row |= dict(zip(DIFFERENCE_COLUMNS, difference, strict=True)) | {"failed_fits": int(failed[j])}
        if final is not None:
            row |= _validation_row(
                validation, final[j], final[at] if j != at else None, months, n_bootstrap, generator
            )
        rows.append(row)
    return pd.DataFrame(rows)


DIFFERENCE_COLUMNS = ("cv_difference", "cv_difference_low", "cv_difference_high", "cv_difference_p")


def _fit_and_score(
    rival: Rival, training: SurvivalData, tested: SurvivalData, generator: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Risks of `tested` by `rival` fitted on `training`; one common risk and True where the fit fails."""
    try:
        predict = rival.fit(training, generator)
    except InputError:
        return np.zeros(len(tested)), True
    return np.asarray(predict(tested), dtype=float), False


def _outer_fold(
    task: tuple[np.ndarray, np.random.Generator], rivals: list[Rival], primary: SurvivalData
) -> tuple[list[float], list[bool]]:
    in_training, generator = task
    training, tested = primary.take(np.flatnonzero(in_training)), primary.take(np.flatnonzero(~in_training))
    c_index, failed = [], []
    for rival, stream in zip(rivals, generator.spawn(len(rivals)), strict=True):
        risk, fault = _fit_and_score(rival, training, tested, stream)
        c_index.append(harrell_concordance(tested.months, tested.recurrence, risk).estimate)
        failed.append(fault)
    return c_index, failed


def _test_once(
    task: tuple[Rival, np.random.Generator], primary: SurvivalData, validation: SurvivalData
) -> np.ndarray | None:
    rival, generator = task
    risk, failed = _fit_and_score(rival, primary, validation, generator)
    return None if failed else risk


def _validation_row(
    validation: SurvivalData,
    risk: np.ndarray | None,
    reference: np.ndarray | None,
    months: float,
    n_bootstrap: int,
    generator: np.random.Generator,
) -> dict[str, float]:
    columns = ["validation_c_index", "validation_auc", "validation_difference"]
    row = {f"{c}{end}": np.nan for c in columns for end in ("", "_low", "_high")} | {
        "validation_difference_p": np.nan
    }
    if risk is None:
        return row
    time, event = validation.months, validation.recurrence
    c = harrell_concordance(time, event, risk)
    found = {"validation_c_index": (c.estimate, c.ci_low, c.ci_high)}
    if np.any(time > months) and np.any((time <= months) & (event == 1)):
        auc = ipcw_auc(time, event, risk, [months], n_bootstrap, generator).iloc[0]
        found["validation_auc"] = (auc["auc"], auc["ci_low"], auc["ci_high"])
    for name, values in found.items():
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), map(float, values), strict=True))
    if reference is not None:
        d = concordance_difference(time, event, risk, reference)
        row |= {
            "validation_difference": d["difference"], "validation_difference_low": d["ci_low"],
            "validation_difference_high": d["ci_high"], "validation_difference_p": d["p_value"],
        }  # fmt: skip
    return row
