"""Real CT with real masks, and real survival tables. Needs the folder that REAL_DATA names."""

import gzip
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import radiomics
import SimpleITK as sitk
from lifelines import CoxPHFitter, KaplanMeierFitter
from radiomics.featureextractor import RadiomicsFeatureExtractor

from scripts.survival.calibration import bootstrap_calibration, calibration_curve, calibration_slope
from scripts.survival.concordance import concordance_difference, harrell_concordance
from scripts.survival.cox import baseline_survival, fit_cox, proportional_hazards_test, survival_at
from scripts.survival.kaplan_meier import log_rank
from scripts.survival.nomogram import build_nomogram
from scripts.survival.signature import SignatureSettings, fit_signature
from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.runs import (
    BANNER,
    MODEL_BANNER,
    RESULTS,
    features,
    finished,
    refused,
    write_config,
    write_sheet,
)

pytestmark = pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA is not set")
REAL = Path(os.environ.get("REAL_DATA", "."))
SARCOMAS = ("STS_008", "STS_019", "STS_025", "STS_042")
DAYS_A_MONTH = 30.4375


@pytest.fixture(scope="module")
def ward(simulated_run, tmp_path_factory):
    """Five real CT with their regions, a chest CT whose mask lies on another grid, and a received model.

    Sarcomas of the limbs and a lung tumour under a model of simulated bowel tumours: the run is real, the numbers mean
    nothing.
    """
    folder = tmp_path_factory.mktemp("ward")
    full, phantom = REAL / "ibsi/sts_validation/full", REAL / "ibsi/ibsi_1_ct_radiomics_phantom"
    rows = [
        {"patient": name, "image": full / name / "CT_image.nii.gz", "mask": full / name / "CT_mask.nii.gz"}
        for name in SARCOMAS
    ]
    image = phantom / "nifti/image/phantom.nii.gz"
    rows.append({"patient": "IBSI", "image": image, "mask": phantom / "nifti/mask/mask.nii.gz"})
    elastix = REAL / "registration/elastix"
    lung = {
        "patient": "lung",
        "image": elastix / "3DCT_lung_baseline_small.mha",
        "mask": elastix / "3DCT_lung_baseline_mask.mha",
    }
    stages = {"tnm_stage": "II"}
    write_sheet([row | stages for row in [*rows, lung]], folder / "all.csv")
    write_sheet([row | stages for row in rows], folder / "sound.csv")
    drawn = {"mask": phantom / "dicom/mask/DCM_RS_00060.dcm", "mask_roi": "GTV-1"}
    write_sheet([rows[-1] | drawn | stages], folder / "drawn.csv")
    shutil.copyfile(simulated_run / RESULTS / "model.json", folder / "model.json")
    write_config(
        folder / "mine.yaml",
        cohorts={
            "all_of_them": {"sheet": "all.csv", "max_failed_cases": 1, "allow_several_pieces": True},
            "strict": {"sheet": "all.csv"},
            "drawn": {"sheet": "drawn.csv", "allow_several_pieces": True},
        },
        models={"received": "model.json"},
    )
    return folder


def target(cohort, model):
    return f"{(RESULTS / 'predict' / cohort / model).as_posix()}.pdf"


@pytest.fixture(scope="module")
def predicted(ward):
    finished(ward, target("all_of_them", "received"), "--configfile", "mine.yaml")
    return ward


def test_a_mask_on_another_grid_is_told_by_how_much(ward):
    said = refused(ward, target("strict", "received"), "--configfile", "mine.yaml")
    assert "1 case failed (0 may)" in " ".join(said.split())
    faults = pd.read_csv(ward / RESULTS / "check" / "strict" / "faults.csv", dtype=str)
    grid = faults[(faults["patient"] == "lung") & (faults["column"] == "mask")].iloc[0]
    assert "spacing x: image 2.732 mm, mask 1.366 mm" in grid["found"]


def test_real_ct_is_scored_by_a_received_model(predicted):
    scores = pd.read_csv(predicted / RESULTS / "predict/all_of_them/received/tables/predictions.csv")
    assert scores["patient"].tolist() == [*SARCOMAS, "IBSI"]
    assert np.isfinite(scores["rad_score"]).all()
    assert scores["survival_60m"].between(0, 1).all()
    ledger = pd.read_csv(predicted / RESULTS / "check" / "all_of_them" / "ledger.csv")
    assert ledger["patient"].tolist() == ["lung"]
    text = "\n".join(pdf_pages(predicted / target("all_of_them", "received")))
    assert BANNER not in text
    assert MODEL_BANNER in text
    assert "1 patient was excluded" in " ".join(text.split())


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_real_features_are_those_of_pyradiomics_itself(predicted):
    """A plain pyradiomics extractor on the same files; both are float64 on the same voxels, so only the order of sums
    differs."""
    radiomics.setVerbosity(60)
    extractor = RadiomicsFeatureExtractor(binWidth=25)
    mine = features(predicted, "all_of_them", "received")
    sheet = pd.read_csv(predicted / "sound.csv").set_index("patient")
    for patient in ("STS_019", "IBSI"):
        image, mask = (sitk.ReadImage(str(sheet.loc[patient, kind])) for kind in ("image", "mask"))
        found = extractor.execute(image, mask)
        plain = [float(found[name]) for name in mine.columns]
        np.testing.assert_allclose(mine.loc[patient], plain, rtol=1e-9, atol=1e-9)


def test_a_real_structure_set_gives_the_features_of_its_label_map(predicted):
    """The contours of the IBSI phantom against the mask that IBSI made of them: voxels on the outline may differ."""
    finished(predicted, target("drawn", "received"), "--configfile", "mine.yaml")
    drawn = features(predicted, "drawn", "received").loc["IBSI"]
    mapped = features(predicted, "all_of_them", "received").loc["IBSI"]
    for name in ("original_shape_VoxelVolume", "original_firstorder_Mean", "original_glcm_JointEntropy"):
        assert drawn[name] == pytest.approx(mapped[name], rel=0.02), name


def test_five_patients_are_too_few_for_the_printed_score(predicted):
    said = refused(predicted, target("all_of_them", "published"), "--configfile", "mine.yaml")
    assert "10 patients" in said


@pytest.fixture(scope="module")
def survival_tables():
    return REAL / "survival" / "R_survival"


@pytest.fixture(scope="module")
def printed_by_r(survival_tables):
    return gzip.decompress(
        (survival_tables / "R_reference_output_survival-Ex.Rout.save.gz").read_bytes()
    ).decode()


def test_lung_is_fitted_as_r_prints_it(survival_tables, printed_by_r):
    lung = pd.read_csv(survival_tables / "lung.csv")
    event = (lung["status"] == 2).to_numpy(int)
    fit = fit_cox(lung[["age", "sex"]], lung["time"], event)
    found = fit.table().set_index("covariate")
    block = printed_by_r.split("> fit <- coxph(Surv(time, status) ~ age + sex, lung) \n> summary(fit)")[1][
        :1500
    ]
    for covariate in ("age", "sex"):
        numbers = [
            float(v) for v in re.search(rf"^{covariate} +(.*?)[ *.]*$", block, re.MULTILINE)[1].split()
        ]
        columns = ["coefficient", "hazard_ratio", "standard_error", "z", "p_value"]
        np.testing.assert_allclose(found.loc[covariate, columns].astype(float), numbers, rtol=2e-3)
    ratio = -2 * (fit.null_log_likelihood - fit.log_likelihood)
    assert ratio == pytest.approx(float(re.search(r"Likelihood ratio test= ([\d.]+)", block)[1]), abs=0.005)
    concordance = harrell_concordance(lung["time"], event, fit.linear_predictor(lung[["age", "sex"]]))
    printed = re.search(r"Concordance= ([\d.]+) +\(se = ([\d.]+)", block)
    assert concordance.estimate == pytest.approx(float(printed[1]), abs=5e-4)
    assert concordance.standard_error == pytest.approx(float(printed[2]), abs=5e-4)


def test_ovarian_is_tested_as_r_prints_it(survival_tables, printed_by_r):
    ovarian = pd.read_csv(survival_tables / "ovarian.csv")
    time, event = ovarian["futime"], ovarian["fustat"].astype(int)
    test = log_rank(time, event, ovarian["rx"])
    assert " Chisq= 1.1  on 1 degrees of freedom, p= 0.3" in printed_by_r
    assert test.chi_square == pytest.approx(
        1.063, abs=6e-4
    )  # R: round(summary(check)$sctest, 3), tie-free data
    covariates = ovarian[["age", "ecog.ps"]]
    zph = proportional_hazards_test(fit_cox(covariates, time, event), covariates, time, event).set_index(
        "covariate"
    )
    block = printed_by_r.split("> print(temp)                  # display the results")[1]
    for name in ("age", "ecog.ps", "GLOBAL"):
        chi_square, df, _ = map(
            float, re.search(rf"^{re.escape(name)} +(.*)$", block, re.MULTILINE)[1].split()
        )
        assert zph.loc[name, "chi_square"] == pytest.approx(chi_square, abs=6e-4)
        assert zph.loc[name, "df"] == df


def test_mgus_concordances_are_compared_as_r_prints_them(survival_tables):
    """R: concordance(Surv(ptime, pstat) ~ p4 + p5) on the 1338 complete rows: 0.6618 (0.0310), 0.6000 (0.0293)."""
    mgus = pd.read_csv(survival_tables / "mgus2.csv")
    mgus["male"] = (mgus["sex"] == "M").astype(float)
    risks = []
    for names in (["age", "male", "mspike"], ["age", "male", "hgb", "creat"]):
        rows = mgus[[*names, "ptime", "pstat"]].dropna()
        fit = fit_cox(rows[names], rows["ptime"], rows["pstat"].astype(int))
        risks.append(pd.Series(mgus[names].to_numpy() @ fit.coefficients, index=mgus.index))
    whole = mgus[pd.concat(risks, axis=1).notna().all(axis=1)]
    assert len(whole) == 1338
    time, event = whole["ptime"], whole["pstat"].astype(int)
    first, second = (harrell_concordance(time, event, risk[whole.index]) for risk in risks)
    assert (first.concordant, first.discordant, first.tied_risk) == (51258, 26180, 74)
    assert (second.concordant, second.discordant, second.tied_risk) == (46507, 31003, 2)
    assert first.estimate == pytest.approx(0.6618, abs=6e-5)
    assert first.standard_error == pytest.approx(0.0310, abs=6e-5)
    assert second.standard_error == pytest.approx(0.0293, abs=6e-5)
    difference = concordance_difference(time, event, *(risk[whole.index] for risk in risks))
    # From R's printed correlation 0.258: sqrt(0.0310^2 + 0.0293^2 - 2 * 0.258 * 0.0310 * 0.0293)
    assert difference["standard_error"] == pytest.approx(0.0368, abs=2e-4)


@pytest.fixture(scope="module")
def colon(survival_tables):
    """Recurrence in stage B/C colon cancer (929 patients, two thirds to train): covariates stand in for features."""
    rows = pd.read_csv(survival_tables / "colon.csv")
    rows = rows[rows["etype"] == 1].dropna(subset=["nodes", "differ"]).reset_index(drop=True)
    rows["months"] = rows["time"] / DAYS_A_MONTH
    rows["event"] = rows["status"].astype(int)
    rows["treated"] = (rows["rx"] == "Lev+5FU").astype(float)
    names = ["sex", "age", "obstruct", "perfor", "adhere", "nodes", "differ", "surg", "node4", "treated"]
    train = rows["id"] % 3 != 0
    return rows[train].reset_index(drop=True), rows[~train].reset_index(drop=True), names


def test_the_modelling_stage_takes_a_real_colon_cancer_trial(colon):
    """Nodes and treatment drive recurrence in this trial (Moertel 1990); the whole modelling stage must say so.

    The number of positive nodes enters untransformed, so the model is too sure of the worst quarter (predicted 5-year
    survival 0.25, observed 0.41); what is tested is that the numbers are those of other software.
    """
    train, test, names = colon
    settings = SignatureSettings.from_dict({"keep_fraction": 1.0, "n_folds": 10})
    signature = fit_signature(
        train[names], train["months"], train["event"], settings, np.random.default_rng(1)
    )
    weight = dict(zip(signature.features, signature.coefficients, strict=True))
    assert weight["node4"] > 0
    assert weight["treated"] < 0
    score = signature.score(test[names])
    concordance = harrell_concordance(test["months"], test["event"], score)
    assert concordance.ci_low > 0.5
    assert log_rank(test["months"], test["event"], signature.group(score)).p_value < 0.05

    def outcome_of(table):
        return table[["months", "event"]]

    def covariates(table):
        return pd.DataFrame({"rad_score": signature.score(table[names]), "extent": table["extent"]})

    fit = fit_cox(covariates(train), train["months"], train["event"])
    baseline = baseline_survival(fit, covariates(train), train["months"], train["event"])
    predictor = fit.linear_predictor(covariates(test))
    five_years = survival_at(baseline, predictor, 60.0)
    curve = calibration_curve(test["months"], test["event"], five_years, 60.0, 4)
    plain = CoxPHFitter().fit(outcome_of(train).join(covariates(train)), "months", "event")
    by_lifelines = plain.predict_survival_function(covariates(test), times=[60.0]).to_numpy()[0]
    # lifelines has Breslow's baseline hazard; Efron's differs where months are tied, as a few here are
    np.testing.assert_allclose(five_years, by_lifelines, atol=1e-3)
    assert curve["n"].sum() == len(test)
    groups = np.searchsorted(np.quantile(five_years, [0.25, 0.5, 0.75]), five_years, side="right")
    for group, row in curve.iterrows():
        members = test[groups == group]
        observed = KaplanMeierFitter().fit(members["months"], members["event"]).predict(60.0)
        assert row["observed"] == pytest.approx(observed, abs=1e-9)
    assert curve["observed"].is_monotonic_increasing
    slope = calibration_slope(test["months"], test["event"], predictor)
    again = CoxPHFitter().fit(outcome_of(test).assign(predictor=predictor), "months", "event")
    assert slope["slope"] == pytest.approx(again.params_["predictor"], rel=1e-4)
    assert slope["standard_error"] == pytest.approx(again.standard_errors_["predictor"], rel=1e-4)
    corrected = bootstrap_calibration(
        covariates(train), train["months"], train["event"], 60.0, 4, 40, np.random.default_rng(2)
    )
    assert corrected["optimism"].abs().max() < 0.05

    low, high = score.min(), score.max()
    ticks = [(float(v), f"{v:.1f}") for v in np.linspace(low, high, 6)]
    nomogram = build_nomogram(
        fit,
        baseline,
        {"rad_score": ticks, "extent": [(float(v), str(v)) for v in (1, 2, 3, 4)]},
        {"rad_score": "Score", "extent": "Extent"},
        [36.0, 60.0],
        [0.2, 0.4, 0.6, 0.8],
    )
    points = nomogram.total_points(covariates(test))
    np.testing.assert_allclose(nomogram.survival(points, 60.0), five_years, rtol=1e-6)
    assert np.corrcoef(points, predictor)[0, 1] == pytest.approx(1.0)
