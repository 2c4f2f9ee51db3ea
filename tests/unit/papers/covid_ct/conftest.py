"""A made-up run of covid_ct: drawn patients whose measures are the drawn volumes, through the paper's own steps."""

import numpy as np
import pandas as pd
import pytest

from scripts.papers.covid_ct.assess_power import power_curve, power_of_findings
from scripts.papers.covid_ct.assess_recovery import COLUMNS, comparison_rows, measurement_rows, score_rows
from scripts.papers.covid_ct.compare_groups import flow, measured_patients
from scripts.papers.covid_ct.comparisons import compare_columns, compare_findings, compare_volumes, corrected
from scripts.papers.covid_ct.names import CHARACTERISTICS
from scripts.papers.covid_ct.recompute_printed import printed_counts, printed_means
from scripts.quantification.lung_regions import LOBES, SEGMENTS, SEGMENTS_OF
from scripts.quantification.measures import measure_columns
from scripts.reported.printed import read_reported
from scripts.simulation.covid_ct.groups import LesionModel, draw_all
from scripts.workflow.config import ROOT
from scripts.workflow.papers import pick, resolve_parameters

SHARES = (0.06, 0.62, 0.28, 0.04)


def made_up_measures(drawn, lobes=True):
    """Measures as the stage would give them: the drawn volumes, their shares by window, fixed region volumes."""
    rows = []
    for record in drawn.to_dict("records"):
        row = dict.fromkeys(measure_columns(4), np.nan)
        ml = {s: record[f"ml_{s}"] for s in SEGMENTS} if lobes else {}
        sizes = dict.fromkeys(ml, 250.0)
        for lobe in LOBES if lobes else ():
            ml[lobe] = sum(ml[s] for s in SEGMENTS_OF[lobe])
            sizes[lobe] = 250.0 * len(SEGMENTS_OF[lobe])
        ml["lung"], sizes["lung"] = sum(record[f"ml_{s}"] for s in SEGMENTS), 4500.0
        for region, volume in ml.items():
            row |= {f"region_ml|{region}": sizes[region], f"lesion_ml|{region}": volume}
            row[f"percent|{region}"] = 100 * volume / sizes[region]
            for w, share in enumerate(SHARES):
                row[f"lesion_ml|{region}|w{w}"] = share * volume
                row[f"percent|{region}|w{w}"] = 100 * share * volume / sizes[region]
        how = {"regions_from": "lobes and segments" if lobes else "by CT number", "lesions_from": "drawn"}
        how |= {
            "air_hu": -1000.0,
            "threshold_ml": ml["lung"] * 1.1,
            "threshold_dice": 0.9,
            "lung_mask_ml": 4400.0,
        }
        how |= {"lung_mask_dice": 0.98 if lobes else np.nan, "outside_ml": 0.0}
        rows.append({"patient": record["patient"], **how, **row})
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def settings():
    names = ("measurement", "tests", "equivalence", "power", "combined")
    return pick(resolve_parameters("covid_ct", True), *names)


@pytest.fixture(scope="session")
def reported():
    return read_reported(ROOT / "resources/reported/covid_ct.yaml")


@pytest.fixture(scope="session")
def drawn():
    return draw_all([f"T-{k:03d}" for k in range(132)], ["covid"] * 52 + ["other"] * 80, 3, LesionModel())


def tables_of(drawn, settings, reported, lobes=True):
    """Every table of the report but those of the combined score."""
    clinical = drawn.drop(columns=[f"ml_{s}" for s in SEGMENTS])
    measures = made_up_measures(drawn, lobes)
    table = measured_patients(clinical, measures)
    names = [name for block in CHARACTERISTICS.values() for name in block]
    rows = compare_columns(table, names, "characteristics", settings) + compare_findings(table, settings)
    comparisons = corrected(rows + compare_volumes(table, table["group"], 4, settings))
    ledger = pd.DataFrame(columns=["patient", "cohort", "step", "cause", "log", "excluded_from"])
    curves = [power_curve(n, settings).assign(of=of) for of, n in (("here", (52, 80)), ("printed", (52, 80)))]
    score = np.random.default_rng(0).normal(size=len(table)) + (table["group"] == "covid")
    combined = {"auc": 0.76, "ci_low": 0.66, "ci_high": 0.86, "p_permutation": 0.01, "auc_permutation": 0.75}
    return {
        "comparisons": comparisons,
        "patient_flow": flow(ledger, clinical, table),
        "exclusions": ledger,
        "how": table[["patient", "group", *[c for c in measures if "|" not in c and c != "patient"]]],
        "volumes": table[["patient", "group", *[c for c in measures if "|" in c]]],
        "power": pd.concat(curves, ignore_index=True),
        "power_findings": power_of_findings(comparisons, settings),
        "printed_counts": printed_counts(reported, settings),
        "printed_means": printed_means(reported),
        "held_out": table[["patient", "group"]].assign(score=score),
        "roc": pd.DataFrame(
            {
                "threshold": [np.nan, 0.0, np.nan],
                "false_positive_rate": [0.0, 0.3, 1.0],
                "true_positive_rate": [0.0, 0.7, 1.0],
            }
        ),
        "shuffled": pd.DataFrame({"auc": np.linspace(0.4, 0.6, 99)}),
        "combined": pd.DataFrame([{**combined, "n_permutations": 99}]),
    }


@pytest.fixture(scope="session")
def truth():
    return {
        "findings": {name: list(pair) for name, pair in LesionModel().findings.items()},
        "lobe": "left_lower",
        "lobe_superiority": dict.fromkeys(LOBES, 0.5) | {"left_lower": 0.3},
        "best_area": {"auc": 0.84},
    }


@pytest.fixture(scope="session")
def made_up_tables(drawn, settings, reported, truth):
    tables = tables_of(drawn, settings, reported)
    truths = [
        {"patient": r["patient"], "drawn_ml": {s: r[f"ml_{s}"] for s in SEGMENTS},
         "windows_ml": {s: [share * r[f"ml_{s}"] for share in SHARES] for s in SEGMENTS}}
        for r in drawn.to_dict("records")
    ]  # fmt: skip
    rows = measurement_rows(tables["volumes"], tables["how"], truths)
    rows += comparison_rows(tables["comparisons"], truth, 0.05) + score_rows(tables["combined"], truth)
    return {**tables, "recovery": pd.DataFrame(rows, columns=list(COLUMNS))}


@pytest.fixture(scope="session")
def bundle(settings):
    return {
        "schema_version": 1,
        "paper": "covid_ct",
        "source": {"kind": "simulated", "text": "Fitted on simulated patients."},
        "created_from": {"n": 132, "n_positive": 52, "training_digest": "ab", "code": "c0de", "seed": 1},
        "positive": "COVID-19 rather than another viral pneumonia",
        "preparation": {"measurement": settings["measurement"]},
        "features": [
            {"name": "air_bronchogram", "transform": "none", "mean": 0.3, "sd": 0.5, "coefficient": -0.5},
            {
                "name": "lesion_ml|left_lower",
                "transform": "log1p",
                "mean": 2.0,
                "sd": 1.0,
                "coefficient": -0.25,
            },
            {"name": "lesion_ml|lung|w1", "transform": "log1p", "mean": 3.0, "sd": 1.5, "coefficient": 0.0},
        ],
        "intercept": -0.4,
        "c": 0.1,
        "cutoff": {"value": -0.3, "rule": "largest sum of sensitivity and specificity of held-out scores"},
        "validation": {"auc": 0.76, "ci_low": 0.66, "ci_high": 0.86, "p_permutation": 0.01},
    }
