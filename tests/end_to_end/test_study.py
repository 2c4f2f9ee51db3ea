"""A hospital's own study: sheet in XLSX and CSV, images and masks in every format, no expression data."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.conftest import CONVERTED
from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.runs import CACHE, PDF, RESULTS, TABLES, features, finished, snakemake, table


@pytest.fixture(scope="module")
def sheet(study):
    return pd.read_csv(study / "data" / "study.csv", sep=";", dtype=str, keep_default_na=False)


def test_the_pdf_of_a_hospital_has_no_simulation_and_no_hallmarks(study):
    text = "\n".join(pdf_pages(study / PDF))
    assert "SIMULATED PATIENTS" not in text.upper()
    assert "simulated" not in text.lower()
    assert "planted" not in text.lower()
    assert "hospital" in text
    assert "60" in text
    names = {path.stem for path in (study / TABLES).iterdir()}
    assert {"recovery", "recovery_features", "hallmark_correlation", "hallmark_scores"} & names == set()
    figures = {path.stem for path in (study / RESULTS / "figures").iterdir()}
    assert not [name for name in figures if "hallmark" in name or "recovery" in name or "heatmap" in name]


def test_changed_parameters_are_said_in_the_pdf(study):
    text = "".join(
        "".join(pdf_pages(study / PDF)).split()
    )  # names are broken into syllables for narrow columns
    assert "evaluation.n_bootstrap=20:setintheconfiguration(published1000)" in text
    assert "evaluation.n_bootstrap20(setbytheuser" in text
    assert "{name}" not in text


def test_everybody_is_accounted_for(study, sheet):
    flow = table(study, "patient_flow")
    assert len(table(study, "scores")) == len(sheet) == 100
    assert not flow.empty
    assert table(study, "exclusions").empty
    faults = pd.read_csv(study / RESULTS / "check" / "hospital" / "faults.csv")
    assert (faults["severity"] != "error").all()


def test_a_format_changes_no_feature(study, simulated_run, sheet):
    """The same voxels in another file give the same features.

    Spacing and origin go through float32 (NIfTI) or decimal strings (DICOM), which moves lengths by at most 1e-7 of
    themselves and surface and volume by three times as much; grey values and masks are the same integers.
    """
    mine, original = features(study, "hospital"), features(simulated_run)
    patients = sheet["patient"].head(len(CONVERTED))
    assert set(sheet["image"].head(len(CONVERTED)).str.extract(r"(\.\w+)$")[0].dropna()) == {
        ".gz",
        ".nrrd",
        ".mha",
    }
    for kind, patient in zip(CONVERTED, patients, strict=True):
        np.testing.assert_allclose(
            mine.loc[patient], original.loc[patient], rtol=1e-6, atol=1e-9, err_msg=kind
        )
    everybody = original.loc[mine.index]
    np.testing.assert_allclose(mine.to_numpy(), everybody.to_numpy(), rtol=1e-6, atol=1e-9)


def test_a_csv_with_semicolons_says_the_same_as_the_workbook(study, copy_of):
    folder = copy_of(study)
    check = RESULTS / "check"
    finished(folder, check / "from_csv" / "faults.csv", "--configfile", "mine.yaml")
    first, second = (
        pd.read_parquet(folder / CACHE / name / "clinical.parquet") for name in ("hospital", "from_csv")
    )
    pd.testing.assert_frame_equal(first, second)
    assert (folder / check / "from_csv" / "faults.csv").read_text() == (
        folder / check / "hospital" / "faults.csv"
    ).read_text()


def test_the_whole_project_takes_the_study_as_the_papers_only_cohort(study):
    done = snakemake(study, "-n", "all", "--configfile", "mine.yaml")
    assert done.status == 0, done.said
    assert "results/nact_response.pdf" in done.said  # another paper, which nobody made here
    assert not re.search(r"^rule \w*crc_nomogram:", done.said, re.MULTILINE)
    assert "crc_nomogram/" not in done.said
