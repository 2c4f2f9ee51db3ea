"""What a way of splitting is worth: the same models evaluated on two splits, and the gap between them.

Where a split leaks (slices of one patient on both sides), its figures are too good; the gap says by how much.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.errors import InputError
from scripts.evaluation.performance import measure_names, of_repeats, resampled
from scripts.evaluation.predictions import FoldPlace, ModelPredictions, patients_of, read_predictions
from scripts.seeds import generator
from scripts.statistics.clustered_bootstrap import bca_limits, patient_resamples
from scripts.tables import write_both
from scripts.workflow.job import Job


def compare_splits(
    first: Sequence[ModelPredictions],
    second: Sequence[ModelPredictions],
    names: tuple[str, str],
    settings: Mapping[str, Any],
    seed: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """The difference first - second of every measure of the models that both have.

    Parameters
    ----------
    first, second : models on the test samples of one split and of the other; the patients may differ.
    names : of the splits. settings : n_bootstrap, calibration_bins.

    Returns
    -------
    DataFrame: model, measure, class, split_a, split_b, estimate_a, estimate_b, difference, lower, upper. A resample
    draws patients once for both splits, so that what they have in common cancels out.

    Raises
    ------
    InputError : no model is in both, or the classes differ.
    """
    others = {model.model: model for model in second}
    pairs = [(model, others[model.model]) for model in first if model.model in others]
    if not pairs:
        raise InputError(
            f"splits {' and '.join(names)}", "a model that was trained on both", ", ".join(others) or "none"
        )
    n_bins = settings["calibration_bins"]
    known = patients_of([*first, *second])
    n_bootstrap = settings["n_bootstrap"]
    resamples = patient_resamples(len(known), n_bootstrap, generator(seed, "compare_splits"))
    tables = []
    for a, b in pairs:
        if a.classes != b.classes:
            raise InputError(f"model {a.model}", f"classes {', '.join(a.classes)}", ", ".join(b.classes))
        found = [of_repeats(model, n_bins).mean(axis=0) for model in (a, b)]
        values = resampled(a, known, resamples, n_bins) - resampled(b, known, resamples, n_bins)
        lower, upper = bca_limits(values, found[0] - found[1], n_bootstrap, level)
        table = pd.DataFrame(measure_names(a.classes), columns=["measure", "class"])
        table.insert(0, "model", a.model)
        tables.append(
            table.assign(
                split_a=names[0], split_b=names[1], estimate_a=found[0], estimate_b=found[1],
                difference=found[0] - found[1], lower=lower, upper=upper,
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def main(job: Job) -> None:
    """Rule compare_splits; settings: evaluation, compared (names of the two splits), seed."""
    names = tuple(job.settings["compared"])
    paths = {name: [p for p in job.input.predictions if FoldPlace.of(p).scheme == name] for name in names}
    first, second = (read_predictions(paths[name]) for name in names)
    write_both(
        compare_splits(first, second, names, job.settings["evaluation"], job.seed), job.output.split_gaps
    )


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
