"""Which features differ between responders and non-responders, and which change during treatment (Figures 3 to 6).

Source: Results; Figures 3G, 4G, 5E, 6E, Supplementary Figures S1 and S2. The paper does not name the tests.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.nact_response.cohorts import COHORTS, IMAGE_LABELS, PAIRED, SHOWN, of_cohort
from scripts.papers.nact_response.delta import delta_features
from scripts.papers.nact_response.outcome import with_outcome
from scripts.statistics.correlation import false_discovery
from scripts.statistics.group_tests import compare_groups, compare_visits
from scripts.statistics.roc import area_interval
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

GROUPS = ("all", *COHORTS)
GROUPS_OF_CHANGE = {"responders": (1,), "nonresponders": (0,), "all": (0, 1)}


def feature_differences(features: pd.DataFrame, patients: pd.DataFrame, test: str) -> pd.DataFrame:
    """Every feature of one image between responders and non-responders, in all patients and in each cohort.

    Parameters
    ----------
    features : patient and the features. patients : patient, cohort, response (1 responder, 0 non-responder).
    test : of `group_tests.compare_groups`.

    Returns
    -------
    DataFrame: cohort ('all' too), feature, test, n_responders, n_nonresponders, median_responders,
    median_nonresponders, p_value, q_value (Benjamini-Hochberg over the features of this image in this cohort), auc (a
    responder's value is the higher one), auc_lower, auc_upper (DeLong). NaN where nothing can be tested.
    """
    names = [name for name in features if name != "patient"]
    table = patients[["patient", "cohort", "response"]].merge(features, on="patient", validate="one_to_one")
    parts = []
    for cohort in GROUPS:
        members = of_cohort(table, cohort)
        responds = members["response"].to_numpy(dtype=float) == 1
        rows = [_difference(name, members[name].to_numpy(float), responds, test) for name in names]
        part = pd.DataFrame(rows)
        part["q_value"] = false_discovery(part["p_value"].to_numpy())
        parts.append(part.assign(cohort=cohort))
    whole = pd.concat(parts, ignore_index=True)
    first = ["cohort", "feature", "test"]
    last = ["p_value", "q_value", "auc", "auc_lower", "auc_upper"]
    return whole[[*first, *[c for c in whole if c not in (*first, *last)], *last]]


def _difference(name: str, values: np.ndarray, responds: np.ndarray, test: str) -> dict[str, Any]:
    found = compare_groups(values[responds], values[~responds], test)
    area = dict.fromkeys(("auc", "auc_lower", "auc_upper"), float("nan"))
    known = np.isfinite(values)
    if known.any() and 0 < responds[known].sum() < known.sum():
        measured = area_interval(responds[known].astype(int), values[known])
        area = {"auc": measured.estimate, "auc_lower": measured.ci_low, "auc_upper": measured.ci_high}
    return {
        "feature": name,
        "test": test,
        "n_responders": found.n_a,
        "n_nonresponders": found.n_b,
        "median_responders": found.median_a,
        "median_nonresponders": found.median_b,
        "p_value": found.p_value,
        **area,
    }


def feature_changes(
    baseline: pd.DataFrame, follow_up: pd.DataFrame, patients: pd.DataFrame, test: str
) -> pd.DataFrame:
    """Every feature before against after two cycles, within responders, non-responders and all (Figure 6).

    Returns
    -------
    DataFrame: cohort, group (responders, nonresponders, all), feature, test, n, median_baseline, median_follow_up,
    p_value, q_value (Benjamini-Hochberg over the features of this group and cohort).
    """
    names = [name for name in baseline if name != "patient"]
    order = patients["patient"]
    before, after = (table.set_index("patient").reindex(order)[names] for table in (baseline, follow_up))
    parts = []
    for cohort in GROUPS:
        for group, responses in GROUPS_OF_CHANGE.items():
            chosen = patients["response"].isin(responses).to_numpy()
            chosen &= ((patients["cohort"] == cohort) | (cohort == "all")).to_numpy()
            rows = []
            for name in names:
                found = compare_visits(before[name].to_numpy()[chosen], after[name].to_numpy()[chosen], test)
                rows.append(
                    {"cohort": cohort, "group": group, "feature": name, "test": test, "n": found.n_a,
                     "median_baseline": found.median_a, "median_follow_up": found.median_b, "p_value": found.p_value}
                )  # fmt: skip
            part = pd.DataFrame(rows)
            parts.append(part.assign(q_value=false_discovery(part["p_value"].to_numpy())))
    return pd.concat(parts, ignore_index=True)


def shown_values(images: dict[str, pd.DataFrame], patients: pd.DataFrame) -> pd.DataFrame:
    """The values that Figures 3 to 6 and S1 show: patient, cohort, response, one column a key of SHOWN, and the feature
    of Figure 6 before and after (paired_baseline, paired_follow_up).
    """
    table = patients[["patient", "cohort", "response"]].reset_index(drop=True)
    wanted = {key: (image, feature) for key, (image, feature, _) in SHOWN.items()}
    wanted |= {f"paired_{visit}": (visit, PAIRED) for visit in ("baseline", "follow_up")}
    for key, (image, feature) in wanted.items():
        values = images[image].set_index("patient")[feature]
        table[key] = values.reindex(table["patient"]).to_numpy(dtype=float)
    return table


def main(job: Job) -> None:
    """Rule test_features."""
    settings = job.settings
    images = {name: read_table(job.input[name]) for name in IMAGE_LABELS if name != "delta"}
    images["delta"] = delta_features(
        images["baseline"], images["follow_up"], settings["delta"]["zero_denominator"]
    )
    clinical = with_outcome(read_table(job.input.clinical), settings["outcome"]["ki67_threshold"])
    imaged = set.intersection(*(set(table["patient"]) for table in images.values()))
    known = clinical["response"].notna() & clinical["patient"].isin(imaged)
    patients = clinical[known].reset_index(drop=True)
    tests = settings["feature_tests"]
    differences = [
        feature_differences(images[image], patients, tests["groups"]).assign(image=image)
        for image in IMAGE_LABELS
    ]
    whole = pd.concat(differences, ignore_index=True)
    write_both(whole[["image", *[c for c in whole if c != "image"]]], job.output.feature_tests)
    write_both(
        feature_changes(images["baseline"], images["follow_up"], patients, tests["visits"]),
        job.output.feature_changes,
    )
    write_both(shown_values(images, patients), job.output.shown_values)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
