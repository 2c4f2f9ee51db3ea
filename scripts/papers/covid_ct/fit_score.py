"""The combined score: fitted on all patients of the cohort, judged by nested cross-validation and by shuffled
groups; frozen.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.classification.cross_validation import nested_validation, stratified_folds, usable_folds
from scripts.classification.ridge_logistic import RidgeLogistic, permutation_test
from scripts.model.logistic_bundle import transformed, write_logistic_bundle
from scripts.papers.covid_ct.combined_score import (
    POSITIVE,
    candidate_features,
    feature_values,
    known_features,
)
from scripts.papers.covid_ct.compare_groups import measured_patients
from scripts.seeds import generator
from scripts.statistics.roc import roc_curve, youden_cutoff
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job
from scripts.workflow.provenance import table_digest


def held_out_scores(
    model: RidgeLogistic, x: np.ndarray, y: np.ndarray, n_folds: int, stream: np.random.Generator
) -> np.ndarray:
    """(n,) the score of each patient by a model that was fitted without them: one repeat of the outer folds."""
    folds = stratified_folds(y, usable_folds(y, n_folds), stream)
    scores = np.empty(len(y))
    for fold, inner in enumerate(stream.spawn(int(folds.max()) + 1)):
        out = folds == fold
        scores[out] = model(x[~out], y[~out], inner)(x[out])
    return scores


def main(job: Job) -> None:
    """Rule fit_score."""
    settings = job.settings["combined"]
    table = measured_patients(read_table(job.input.clinical), read_table(job.input.measures))
    candidates = candidate_features(len(job.settings["measurement"]["edges_hu"]) + 1)
    values = feature_values(table, candidates)
    features = known_features(values, candidates)
    x, y = transformed(values, features), (table["group"] == "covid").to_numpy(int)
    model = RidgeLogistic(settings["c_grid"], settings["inner_folds"])

    def stream(name: str) -> np.random.Generator:
        return generator(job.seed, "covid_ct", "combined", name)

    folds, repeats = settings["outer_folds"], settings["repeats"]
    areas = nested_validation([model], x, y, folds, repeats, stream("validation"), job.threads)[0]
    auc, low, high = areas.interval()
    with threadpool_limits(limits=1):
        fitted = model.fit(x, y, stream("fit"))
        scores = held_out_scores(model, x, y, folds, stream("held_out"))
        shuffled = permutation_test(
            model, x, y, folds, settings["n_permutations"], stream("permutation"), job.threads
        )
    bundle = {
        "schema_version": 1,
        "paper": "covid_ct",
        "source": {
            "kind": "simulated" if job.settings["simulated"] else "fitted",
            "text": "Fitted on simulated patients: for trying the software, not for people."
            if job.settings["simulated"]
            else "Fitted on the patients of this run.",
        },
        "created_from": {
            "n": len(y),
            "n_positive": int(y.sum()),
            "training_digest": table_digest(values.assign(group=table["group"])),
            "code": job.code,
            "seed": job.seed,
        },
        "positive": POSITIVE,
        "preparation": {"measurement": job.settings["measurement"]},
        "features": [
            {**feature, "mean": float(mean), "sd": float(sd), "coefficient": float(coefficient)}
            for feature, mean, sd, coefficient in zip(
                features, fitted.mean, fitted.sd, fitted.coefficients, strict=True
            )
        ],
        "intercept": fitted.intercept,
        "c": fitted.c,
        "cutoff": {
            "value": youden_cutoff(y, scores),
            "rule": "largest sum of sensitivity and specificity of held-out scores",
        },
        "validation": {"auc": auc, "ci_low": low, "ci_high": high, "p_permutation": shuffled.p_value},
    }
    write_logistic_bundle(bundle, job.output.model)
    held_out = table[["patient", "group"]].assign(score=scores)
    write_both(held_out, job.output.held_out)
    write_both(roc_curve(y, scores).replace({np.inf: np.nan, -np.inf: np.nan}), job.output.roc)
    write_both(pd.DataFrame({"auc": shuffled.shuffled}), job.output.shuffled)
    summary = {
        **bundle["validation"],
        "auc_permutation": shuffled.area,
        "n_permutations": len(shuffled.shuffled),
    }
    write_both(pd.DataFrame([summary]), job.output.combined)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
