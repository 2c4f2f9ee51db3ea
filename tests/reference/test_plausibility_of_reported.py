"""What does not hold among the printed numbers of each study: these, and no others.

Most were found by hand before there was a program for it (the tests of the single studies in this folder).
"""

import pytest

from scripts.reported.plausibility import findings
from scripts.reported.printed import read_reported
from scripts.workflow.config import ROOT
from tests.benchmarks.changed_numbers import changed_and_found

FOUND = {
    "brain_tumor_types": [
        ("Sections 5.2.1 and 6, test accuracy of the CNN", "", "0.92 of 32"),
        ("Table 2, with Section 5.3", "", "accuracy 0.9323"),
    ],
    "covid_ct": [
        ("Table 1, COVID-19", "Fatigue", "44 (84.61%)"),
        ("Table 2, COVID-19", "Ground glass opacities", "38 (73.07%)"),
        ("Table 2, COVID-19", "Patchy consolidation", "15 (28.84%)"),
        ("Table 2, COVID-19", "Mediastinal lymphadenopathy", "3 (5.78%)"),
        ("Results, Study Patients, and Table 1, men with COVID-19", "", "32 and 20"),
        *[
            ("Table 1", variable, "P ")
            for variable in (
                "Sex, Female", "Sex, Male", "Fever", "Fatigue", "Dry cough", "Dyspnea", "Sore throat",
                "Hypertension", "Chronic heart failure", "Diabetes", "Cerebrovascular disease", "COPD",
                "Chronic kidney disease",
            )
        ],
        *[
            ("Table 2", finding, "P ")
            for finding in (
                "Ground glass opacities", "Patchy infiltration", "Patchy consolidation", "Pleural effusion",
                "Mediastinal lymphadenopathy", "Air bronchogram", "Pleural thickening", "Interstitial change",
            )
        ],
        *[
            ("Table 1", variable, "P ")
            for variable in (
                "Age", "Course of disease", "Onset of symptom to CT examination", "White blood cell count, 10^9/L",
                "Neutrophil percentage, %", "Lymphocyte percentage, %", "C-reactive protein, mg/dL",
                "Lactate, mmol/L",
            )
        ],
        *[
            (f"Table 3, {measure}", lobe, "P ")
            for measure in ("infection volume", "percentage of infection")
            for lobe in (
                "Right upper lobe", "Right middle lobe", "Right lower lobe", "Left upper lobe", "Left lower lobe",
            )
        ],
    ],
    "crc_nomogram": [
        ("Results, Features Selection", "", "0.80 for 85 / 107"),
        ("Table 1, validation cohort", "CEA", "P 0.04"),
        ("Table 2, validation cohort, univariable", "Rad-score", "8.49 (2.05 to 35.17), P <0.001"),
    ],
    "glioma_grading": [
        *[("Section 3, sensitivity, grade", grade, "") for grade in ("2", "3", "4")],
        *[("Section 3, specificity, grade", grade, "") for grade in ("2", "3", "4")],
        *[("Section 3, accuracy against the others, grade", grade, "") for grade in ("2", "3", "4")],
        ("Section 3, accuracy of ten test sets, transferred network", "", "0.979 ± 0.01"),
        ("Section 3, accuracy of ten test sets, network from scratch", "", "0.6142 ± 0.07"),
        ("Section 3, accuracy of ten test sets, without augmentation", "", "0.5985 ± 0.16"),
    ],
    "hip_dysplasia": [],
    "nact_response": [
        ("Table 2, all", "Molecular subtypes", "Luminal A: 12 (10%)"),
        ("Table 2, development set", "Miller Payne", "3: 24 (40%)"),
        ("Table 2, testing set", "Molecular subtypes", "Luminal A: 3 (5%)"),
        ("Table 3", "Baseline image", "area 0.568, standard error 0.155"),
        ("Table 3", "Follow-up image", "area 0.767, standard error 0.128"),
        ("Table 3", "DeltaRAD", "area 0.726, standard error 0.137"),
        ("Table 3", "Jacobian map", "area 0.630, standard error 0.154"),
        ("Table 3", "Feature fusion", "area 0.771, standard error 0.136"),
        ("Table 3", "Feature + MS", "area 0.809, standard error 0.131"),
        ("Results and Table 3, AUC of the follow-up image", "", "0.757 and 0.767"),
        ("Results and Table 3, AUC of deltaRAD", "", "0.718 and 0.726"),
        ("Results and Table 3, AUC of the Jacobian map", "", "0.628 and 0.630"),
    ],
    "nmosd_ms": [
        ("Table 1", "Disease Duration (months)", "P 0.1133"),
        ("Table 1", "Gender", "P 0.2720"),
        *[
            ("Table 2 (NMOSD as the positive class)", network, "accuracy")
            for network in (
                "Pretrained ResNet-18(ours)", "Pretrained ResNet-34(ours)", "No-pretrained ResNet-18",
                "No-pretrained ResNet-34", "3D ResNet-18", "3D ResNet-34",
            )
        ],
        ("Abstract and Table 2, accuracy, 34 layers", "", "0.75 and 0.725"),
        ("Abstract and Table 2, accuracy, 18 layers", "", "0.725 and 0.750"),
        ("Abstract and Table 2, sensitivity, 34 layers", "", "0.707 and 0.708"),
        ("Abstract and Table 2, sensitivity, 18 layers", "", "0.708 and 0.707"),
        ("Abstract and Table 2, specificity, 34 layers", "", "0.759 and 0.719"),
        ("Abstract and Table 2, specificity, 18 layers", "", "0.719 and 0.759"),
    ],
    "tle_subtypes": [
        ("Table 1", "CNN", "F1 0.823"),
        ("Table 1", "SVM", "F1 0.682"),
        ("Table 1", "RF", "F1 0.852"),
        ("Table 1", "MSAM", "F1 0.834"),
        ("Table 2", "attn_1", "F1 0.832"),
        ("Table 2", "attn_2", "F1 0.831"),
        ("Table 2", "MSAM", "F1 0.834"),
    ],
}  # fmt: skip


def reported(paper):
    return read_reported(ROOT / "resources" / "reported" / f"{paper}.yaml")


def test_every_study_stands_here():
    assert {path.stem for path in (ROOT / "resources" / "reported").glob("*.yaml")} == set(FOUND)


@pytest.mark.parametrize("paper", FOUND)
def test_these_do_not_hold_and_no_others(paper):
    results = findings(reported(paper))
    assert [(r.where, r.subject) for r in results] == [entry[:2] for entry in FOUND[paper]]
    for result, (_, _, start) in zip(results, FOUND[paper], strict=True):
        assert result.printed.startswith(start)


@pytest.mark.parametrize("paper", FOUND)
def test_no_list_by_hand_repeats_what_is_found(paper):
    """A hand-written entry about the place of a finding would be a second word on it."""
    places = {entry[0] for entry in FOUND[paper]}
    assert not places & {entry["where"] for entry in reported(paper)["disagreements"]}


@pytest.mark.parametrize("paper", FOUND)
def test_a_number_of_a_study_that_is_changed_is_found(paper):
    """Of the numbers that are compared at all, 9 of 10; standard deviations leave P values and areas much room."""
    n, missed = changed_and_found(reported(paper))
    assert n > (20 if paper != "hip_dysplasia" else 10)  # that study prints few numbers
    assert len(missed) <= n / 10, missed
