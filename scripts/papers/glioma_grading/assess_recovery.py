"""How much of the planted truth of a simulated cohort the run found again, and what no honest run can find.

The traits behind a tumour bound every classifier of its image: the best rule on the traits themselves has the largest
expected accuracy (`scripts.simulation.glioma_grading.grades`). Asked is

1. whether the pictures hold the traits: each is measured in the slice as it is defined (`shown_traits`) and correlated
   with what was planted. Where this is near 1, the bound is close;
2. where the accuracy of each model lies between always saying the commonest grade and the bound, and beside what the
   same folds allow a linear rule that is given the true traits, or those measured in the slices;
3. whether the order 'augment, then divide' claims more than the bound, which no honest estimate does.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from scripts.papers.glioma_grading.compare_orders import ALL, BY_IMAGE, BY_PATIENT, OWN
from scripts.papers.glioma_grading.names import LABELS, MODEL_LABELS, NETWORKS, RIVALS
from scripts.papers.glioma_grading.shown_traits import read_traits
from scripts.simulation.glioma_grading.grades import TRAITS
from scripts.splits.split_table import read_split
from scripts.statistics.correlation import correlate
from scripts.statistics.intervals import wilson_interval
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

COLUMNS = ("quantity", "group", "planted", "found", "lower", "upper", "ok", "rule")
PICTURES, ACCURACY, ORDER = "Traits in the pictures", "Accuracy", "Order of augmentation and division"
READ = 0.80  # correlation from which a trait counts as shown
TRAIT_LABELS = {"necrosis": "Necrosis", "enhancement": "Enhancement", "heterogeneity": "Heterogeneity"}


def row(
    quantity: str, group: str, planted: float, found: tuple[float, float, float], ok: bool | None, rule: str
) -> dict[str, Any]:
    """One line, with the names COLUMNS; `found` is estimate, lower and upper limit."""
    return dict(zip(COLUMNS, (quantity, group, planted, *found, ok, rule), strict=True))


def out_of_fold(split: pd.DataFrame, x: pd.DataFrame, y: pd.Series, model: Any) -> pd.Series:
    """What `model` (scikit-learn) says of each patient when fitted on the other folds' patients.

    Parameters
    ----------
    split : one repeat: fold, part, patient. x, y : by patient.
    """
    parts = []
    for _, fold in split.groupby("fold"):
        tested = fold.loc[fold["part"] == "test", "patient"]
        others = fold.loc[fold["part"] != "test", "patient"]
        model.fit(x.loc[others].to_numpy(float), y.loc[others].to_numpy())
        parts.append(pd.Series(model.predict(x.loc[tested].to_numpy(float)), index=tested))
    return pd.concat(parts)


def trait_rows(shown: pd.DataFrame, latents: pd.DataFrame) -> list[dict[str, Any]]:
    """Question 1: a line a trait.

    Parameters
    ----------
    shown, latents : TRAITS by patient, as measured and as planted.
    """
    rows = []
    for trait in TRAITS:
        known = shown[trait].dropna()
        link = correlate(known.to_numpy(), latents.loc[known.index, trait].to_numpy())
        found = (link["r"], link["ci_low"], link["ci_high"])
        rule = f"correlation of at least {READ:g}"
        rows.append(
            row(f"{TRAIT_LABELS[trait]} (correlation)", PICTURES, 1.0, found, link["r"] >= READ, rule)
        )
    return rows


@threadpool_limits.wrap(limits=1)
def attainable(split: pd.DataFrame, traits: pd.DataFrame, grades: pd.Series) -> tuple[float, float, float]:
    """Accuracy with Wilson's interval of a linear rule on traits, in the networks' folds."""
    label = grades.map(LABELS)
    rule = make_pipeline(SimpleImputer(keep_empty_features=True), LinearDiscriminantAnalysis())
    told = out_of_fold(split, traits[list(TRAITS)], label, rule)
    right = int((told == label.loc[told.index]).sum())
    interval = wilson_interval(right, len(told))
    return right / len(told), interval.ci_low, interval.ci_high


def accuracy_rows(
    performance: pd.DataFrame, truth: Mapping[str, Any], learnt: Mapping[str, tuple[float, float, float]]
) -> list[dict[str, Any]]:
    """Question 2: a line a model.

    Parameters
    ----------
    performance : model, measure, class, estimate, lower, upper. truth : the simulation's JSON.
    learnt : what linear rules are given -> `attainable`.
    """
    bound, commonest = truth["bayes"]["accuracy"], max(truth["shares"].values())
    rule = "no more than chance allows above the bound (lower limit at or below it)"
    rows = [
        row(f"Linear rule on the {name}, same folds", ACCURACY, bound, found, found[1] <= bound, rule)
        for name, found in learnt.items()
    ]
    overall = performance[(performance["measure"] == "accuracy") & (performance["class"] == "all")]
    overall = overall.set_index("model")
    for model in (*NETWORKS, *RIVALS):
        if model not in overall.index:
            continue
        r = overall.loc[model]
        found = (r["estimate"], r["lower"], r["upper"])
        ok, words = r["lower"] <= bound, rule
        if model in ("transferred", *RIVALS):
            ok = ok and r["lower"] > commonest
            words += f"; lower limit above {commonest:.2f}, the share of the commonest grade"
        rows.append(row(MODEL_LABELS[model], ACCURACY, bound, found, bool(ok), words))
    return rows


def order_rows(orders: pd.DataFrame, truth: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Question 3: the honest order against the other, both against the bound."""
    bound = truth["bayes"]["accuracy"]
    table = orders.set_index(["order", "tested"])
    lines = (
        (BY_PATIENT, OWN, "Divided by patient, own images tested"),
        (BY_PATIENT, ALL, "Divided by patient, all 57 images tested"),
        (BY_IMAGE, ALL, "Augmented, then divided; all 57 images tested"),
    )
    rows = []
    for order, tested, label in lines:
        r = table.loc[(order, tested)]
        found = (r["accuracy"], r["accuracy_lower"], r["accuracy_upper"])
        honest = order == BY_PATIENT
        ok = (
            r["accuracy_lower"] <= bound
            if honest
            else r["accuracy"] > table.loc[(BY_PATIENT, ALL), "accuracy"]
        )
        rule = (
            "lower limit at or below the bound" if honest else "the inflation is shown: above the line before"
        )
        rows.append(row(label, ORDER, bound, found, bool(ok), rule))
    return rows


def main(job: Job) -> None:
    """Rule assess_recovery."""
    truth = read_json(job.input.truth)
    latents = read_table(job.input.latents).set_index("patient")
    split = read_split(job.input.split)
    split = split[split["repeat"] == split["repeat"].min()]
    shown = read_traits(list(job.input.slices)).reindex(split["patient"].unique())
    learnt = {
        "true traits": attainable(split, latents, latents["grade"]),
        "traits as measured in the slices": attainable(split, shown, latents["grade"]),
    }
    rows = [
        *trait_rows(shown, latents),
        *accuracy_rows(read_table(job.input.performance), truth, learnt),
        *order_rows(read_table(job.input.orders), truth),
    ]
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
