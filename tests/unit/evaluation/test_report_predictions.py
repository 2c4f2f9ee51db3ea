"""The report of a frozen network on a cohort: with classes, with some, with one, with none, and on its own cohort."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score
from snakemake.iocontainers import Namedlist

from scripts.evaluation.report_predictions import TABLES, main
from scripts.workflow.job import Job
from tests.end_to_end.pdf_text import pdf_pages

ROOT = Path(__file__).resolve().parents[3]
CLASSES = ("round", "square")
CARD = {
    "paper": "nmosd_ms", "source": {"kind": "fitted", "text": "Fitted on all patients of this run."},
    "created_from": {"n_samples": 40, "n_patients": 20}, "network": {"model": "small", "n_parameters": 1234},
    "input": {"dtype": "uint8", "shape": [1, 8, 8], "axes": "channel, y, x"}, "classes": list(CLASSES),
    "training": {"epochs": 4, "start": "random weights"}, "weights": {"sha256": "0f" * 32},
    "preparation": {"crop": {"pixels": 8}},
}  # fmt: skip


def made_up(n=40, seed=0):
    """Calls of n images, two of each patient, right in most cases."""
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    p = 1 / (1 + np.exp(-(3.0 * truth - 1.5 + random.normal(size=n))))
    table = pd.DataFrame(
        {"sample": [f"s{i:02d}" for i in range(n)], "patient": [f"P{i // 4:02d}" for i in range(n)]}
    )
    table["label"] = np.array(CLASSES, dtype=object)[truth]
    table["predicted"] = np.array(CLASSES, dtype=object)[(p >= 0.5).astype(int)]
    return table.assign(p_round=1 - p, p_square=p)


@pytest.fixture
def reported(tmp_path):
    """reported(predictions, ...) -> (text of the PDF, name -> table)."""

    def run(predictions, own=False, simulated=False, paper="nmosd_ms"):
        folder = tmp_path / "in"
        folder.mkdir()
        predictions.to_parquet(folder / "predictions.parquet", index=False)
        lost = pd.DataFrame({"patient": ["P98"], "cause": ["a picture of 3 channels"]})
        lost.to_csv(folder / "failures.csv", index=False)
        lost.assign(patient="P99", cause="an empty mask").to_csv(folder / "ledger.csv", index=False)
        (folder / "card.json").write_text(json.dumps(CARD))
        (folder / "weights.safetensors").write_bytes(b"0")
        inputs = {
            "predictions": "predictions.parquet", "failures": "failures.csv", "ledger": "ledger.csv",
            "card": "card.json", "weights": "weights.safetensors",
        }  # fmt: skip
        out = tmp_path / "out"
        given = {name: str(folder / file) for name, file in inputs.items()}
        given |= {"paper": str(ROOT / f"config/papers/{paper}.yaml")}
        given |= {"template": str(ROOT / "resources/report/template.typ")}
        made = {name: str(out / f"{name}.csv") for name in TABLES} | {"pdf": str(out / "report.pdf")}
        made |= {name: str(out / name) for name in ("figures", "printed", "captions")}
        wildcards = {"paper": paper, "cohort": "other", "model": "small"}
        evaluation = {"n_bootstrap": 200, "calibration_bins": 5}
        job = Job(
            "report_predictions", Namedlist(fromdict=given), Namedlist(fromdict=made), Namedlist(fromdict=wildcards),
            {"evaluation": evaluation, "own": own, "simulated": simulated}, [], 1, 1, "c0de", None,
        )  # fmt: skip
        main(job)
        text = " ".join(" ".join(pdf_pages(out / "report.pdf")).split())
        return text, {name: pd.read_csv(out / f"{name}.csv") for name in TABLES}

    return run


def test_the_numbers_are_those_of_scikit_learn(reported):
    predictions = made_up()
    text, tables = reported(predictions)
    accuracy = accuracy_score(predictions["label"], predictions["predicted"])
    area = roc_auc_score(predictions["label"] == "square", predictions["p_square"])
    row = tables["performance"].set_index(["measure", "class"])
    assert row.loc[("accuracy", "all"), "estimate"] == pytest.approx(accuracy)
    assert row.loc[("auc", "square"), "estimate"] == pytest.approx(area)
    assert f"Accuracy {accuracy:.2f} (" in text
    for words in ("another cohort", "EXTERNAL VALIDATION", "40 images have a known class", "1,234 parameters",
                  "crop.pixels", "c0de", "ROC curves"):  # fmt: skip
        assert words in text, words


def test_nobody_is_dropped_in_silence(reported):
    text, _ = reported(made_up())
    assert "2 could not be scored" in text
    assert "1 for 'a picture of 3 channels'" in text
    assert "1 for 'an empty mask'" in text


def test_images_without_a_class_are_scored_and_left_out_of_the_validation(reported):
    predictions = made_up()
    predictions.loc[:9, "label"] = None
    text, tables = reported(predictions)
    known = predictions.dropna(subset="label")
    row = tables["performance"].set_index(["measure", "class"]).loc[("accuracy", "all")]
    assert (row["n_samples"], row["estimate"]) == (
        30,
        pytest.approx((known["label"] == known["predicted"]).mean()),
    )
    assert "10 images without one are left out" in text
    assert "s00" in text


def test_a_cohort_without_classes_has_calls_and_says_why_there_is_no_more(reported):
    text, tables = reported(made_up().assign(label=None))
    assert "gives no class of these images" in text
    assert "none with a known class" in text
    assert all(table.empty for table in tables.values())
    assert "s39" in text


def test_a_cohort_of_one_class_has_no_areas(reported):
    predictions = made_up()
    text, tables = reported(predictions[predictions["label"] == "round"])
    areas = tables["performance"].query("measure == 'auc' and `class` == 'round'")
    assert areas["estimate"].isna().all()
    assert "All are of one class" in text
    assert "ROC curves" not in text


def test_its_own_cohort_is_no_validation_and_simulated_patients_are_named(reported):
    text, _ = reported(made_up(), own=True, simulated=True)
    assert "NOT A VALIDATION" in text.upper()
    assert "its own cohort" in text
    assert "SIMULATED PATIENTS" in text
    assert "EXTERNAL VALIDATION" not in text


def of_patients(n=8, samples=10):
    """Patients of one class each, the odd ones square; of the last one the class is not known. Of each, six samples
    of ten are called wrongly, but with so little certainty that the mean is right: (6 x 0.45 + 4 x 0.95) / 10 = 0.65;
    the first patient's mean is wrong: 0.35."""
    own = np.tile([0.45] * 6 + [0.95] * 4, n)
    patient = np.repeat(np.arange(n), samples)
    own[patient == 0] = 1 - own[patient == 0]
    square = patient % 2 == 1
    table = pd.DataFrame(
        {
            "sample": [f"P{p:02d}_e{k % samples:04d}" for k, p in enumerate(patient)],
            "patient": [f"P{p:02d}" for p in patient],
        }
    )
    label = np.where(square, "square", "round").astype(object)
    label[patient == n - 1] = None
    p_square = np.where(square, own, 1 - own)
    predicted = np.where(p_square > 0.5, "square", "round")
    return table.assign(label=label, predicted=predicted, p_round=1 - p_square, p_square=p_square)


def test_samples_are_called_what_the_card_of_the_paper_calls_them(reported):
    text, _ = reported(of_patients(), paper="tle_subtypes")
    for words in ("80 epochs of 8 patients", "70 epochs have a known class", "10 epochs without one are left out",
                  "40 epochs of 20 patients", "Settings that led to the epochs"):  # fmt: skip
        assert words in text, words
    assert "image" not in text.replace("prepare_images", "").lower()


def test_patients_of_several_samples_are_listed_before_these(reported):
    """6 of the 7 patients with a class are right; Wilson's interval of 6/7 by its formula: 0.7306 -+ 0.2438."""
    text, _ = reported(of_patients(), paper="tle_subtypes")
    assert "Of the 7 patients whose class is known 6 are called right (0.86 (0.49–0.97)" in text
    assert "P00 10 square 0.35 0.65 round" in text
    assert "P01 10 square 0.35 0.65 square" in text
    assert "P07 10 square 0.35 0.65 –" in text
    assert text.index("P07 10 square") < text.index("P00_e0000")
    assert "The first 40 epochs" in text
    assert "40 more are in predictions.csv" in text
    assert "P03_e0009" in text
    assert "P04_e0000" not in text


def test_patients_of_one_sample_each_are_listed_once(reported):
    predictions = made_up().assign(patient=lambda table: table["sample"])
    text, _ = reported(predictions)
    assert "40 patients scored" in text
    assert "mean probability of all its" not in text
    assert "Every image." in text


def test_a_patient_with_samples_of_two_classes_is_not_judged(reported):
    text, _ = reported(made_up())
    assert "P00 4" in text
    assert "several" in text
    assert "are called right" not in text
