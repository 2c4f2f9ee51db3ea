"""nact_response on simulated patients, fewer than the built-in cohort has: planted truth to the recovery table."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.runs import BANNER, ROOT
from tests.end_to_end.visits import PAPER, PARAMETERS, TARGET, tables

SIZES = {"n_development": 16, "n_testing": 12}
# The images go through the built-in settings, the classifiers through fewer folds and values
REDUCED = {name: PARAMETERS[name] for name in ("svm", "rivals", "null")}
# What the stages of images find of the truth, also in a few patients
OF_IMAGES = {
    "Mean Jacobian in the tumour",
    "Tumour volume after / before, by the masks",
    "Correlation of found and planted mean Jacobian",
    "Dice of fuzzy C-means and the true mask, baseline",
    "Dice of fuzzy C-means and the true mask, follow-up",
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A copy of the project with a smaller built-in cohort, and its finished run."""
    project = tmp_path_factory.mktemp("simulated_visits")
    shutil.copyfile(ROOT / "Snakefile", project / "Snakefile")
    for name in ("rules", "scripts", "config", "resources", "profiles", "envs"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = project / "config" / "papers" / f"{PAPER}.yaml"
    card = yaml.safe_load(path.read_text(encoding="utf-8"))
    card["simulated"]["cohorts"]["simulated"] |= SIZES
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    entry = {"cohort": "simulated", "parameters": REDUCED}
    (project / "small.yaml").write_text(yaml.safe_dump({"cases_per_job": 14, "papers": {PAPER: entry}}))
    command = [sys.executable, "-m", "snakemake", TARGET, "--cores", "2", "--configfile", "small.yaml"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return project


def test_the_stages_find_what_was_planted(simulated):
    recovery = tables(simulated)["recovery"]
    held = recovery[recovery["group"] == "All patients"].set_index("quantity")["ok"]
    assert set(held.index) >= OF_IMAGES
    assert held[list(OF_IMAGES)].all(), recovery.to_string()
    planted = recovery.set_index("quantity").loc["Mean Jacobian in the tumour", "planted"]
    assert 0.3 < planted < 0.9


def test_every_model_is_held_against_the_true_factors(simulated):
    found = tables(simulated)
    models = set(found["performance"]["model"])
    lines = found["recovery"].query("group == 'Testing set'")["quantity"]
    assert lines.str.startswith("AUC, ").sum() == len(models) == 6
    assert lines.str.startswith("Slope of").sum() == 1


def test_every_patient_is_accounted_for(simulated):
    found = tables(simulated)
    scored = found["predictions"].groupby("model")["patient"].nunique()
    lost = pd.read_csv(simulated / f"cache/{PAPER}/simulated/image_features/ledger.csv")["patient"].nunique()
    assert (scored + lost == sum(SIZES.values())).all()


def test_every_page_says_that_its_patients_are_simulated(simulated):
    pages = pdf_pages(simulated / TARGET)
    assert len(pages) > 12
    assert all(BANNER in " ".join(page.split()) for page in pages)
