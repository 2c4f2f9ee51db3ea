"""Every registered target plans: a dry run of each, of the checks and of predictions, with light imports only."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.workflow.papers import paper_names

ROOT = Path(__file__).resolve().parents[2]


def snakemake(folder, *arguments):
    """Run snakemake in `folder` on the project's Snakefile."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--cores", "2", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("paper", paper_names())
def test_every_registered_target_plans(paper, tmp_path):
    done = snakemake(tmp_path, "-n", f"results/{paper}.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"results/{paper}.pdf" in done.stdout + done.stderr


@pytest.mark.parametrize("target", ["check", "all"])
def test_targets_of_the_whole_project_plan(target, tmp_path):
    done = snakemake(tmp_path, "-n", target)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_of_a_users_cohort_draws_no_simulated_patients(tmp_path):
    (tmp_path / "sheet.csv").write_text("patient,image,group\nP1,P1.nii.gz,covid\n")
    (tmp_path / "mine.yaml").write_text(
        "cohorts: {mine: {sheet: sheet.csv}}\npapers: {covid_ct: {cohort: mine}}\n"
    )
    done = snakemake(tmp_path, "-n", "check", "--configfile", "mine.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cache/covid_ct/mine/" in done.stdout + done.stderr
    assert "simulated" not in done.stdout + done.stderr


@pytest.mark.parametrize("model", ["fitted", "published"])
def test_a_prediction_plans_for_any_cohort_and_model(model, tmp_path):
    done = snakemake(tmp_path, "-n", f"results/crc_nomogram/predict/simulated_external/{model}.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("fit_model_crc_nomogram" in done.stdout + done.stderr) == (model == "fitted")


def test_a_prediction_of_response_plans_with_its_report(tmp_path):
    done = snakemake(tmp_path, "-n", "results/nact_response/predict/simulated_external/fitted.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in ("fit_models", "predict", "evaluate_prediction", "write_prediction"):
        assert f"{rule}_nact_response " in done.stdout + done.stderr


def test_a_prediction_of_hips_plans_with_its_report_and_a_page_a_patient(tmp_path):
    done = snakemake(tmp_path, "-n", "results/hip_dysplasia/predict/simulated_external/fitted.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in ("fit_criterion", "measure_hips", "picture_films", "predict", "write_prediction"):
        assert f"{rule}_hip_dysplasia " in done.stdout + done.stderr


def test_a_prediction_of_subtypes_plans_with_the_report_of_every_network(tmp_path):
    done = snakemake(tmp_path, "-n", "results/tle_subtypes/predict/simulated_external/msam.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in ("freeze_model_tle_subtypes", "predict_tle_subtypes", "report_predictions"):
        assert rule in done.stdout + done.stderr


def test_a_prediction_of_the_combined_score_plans_with_its_report(tmp_path):
    done = snakemake(tmp_path, "-n", "results/covid_ct/predict/simulated_external/fitted.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in ("fit_score", "predict", "write_prediction"):
        assert f"{rule}_covid_ct " in done.stdout + done.stderr


def test_a_score_of_other_measurements_is_refused_while_planning(tmp_path):
    (tmp_path / "theirs.json").write_text('{"preparation": {"measurement": {"edges_hu": [-700, 50]}}}')
    (tmp_path / "mine.yaml").write_text("models: {theirs: theirs.json}\n")
    target = "results/covid_ct/predict/simulated_external/theirs.pdf"
    done = snakemake(tmp_path, "-n", target, "--configfile", "mine.yaml")
    assert done.returncode != 0
    assert "measurement.edges_hu: model [-700, 50], features [-750, -300, 50]" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"preparation": {"phases": {"chosen": 2}}}',
            "phases.chosen: model 2, features 'third_postcontrast'",
        ),
        ('{"preparation": 3}', "frozen models and how images are prepared"),
        ("{", "frozen models and how images are prepared"),
    ],
)
def test_models_of_another_preparation_are_refused_while_planning(text, message, tmp_path):
    (tmp_path / "theirs.json").write_text(text)
    (tmp_path / "mine.yaml").write_text("models: {theirs: theirs.json}\n")
    target = "results/nact_response/predict/simulated_external/theirs.pdf"
    done = snakemake(tmp_path, "-n", target, "--configfile", "mine.yaml")
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "results/nact_response/predict/simulated_external/published.pdf",
            "No model 'published' of nact_response",
        ),
        ("results/crc_nomogram/predict/nowhere/fitted.pdf", "No cohort 'nowhere' in the configuration"),
        (
            "results/crc_nomogram/predict/simulated_external/nobody.pdf",
            "No model 'nobody' in the configuration",
        ),
    ],
)
def test_an_unknown_cohort_or_model_is_a_message(target, message, tmp_path):
    done = snakemake(tmp_path, "-n", target)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_misspelt_key_is_a_message(tmp_path):
    (tmp_path / "mine.yaml").write_text("cases_per_jop: 3\n")
    done = snakemake(tmp_path, "-n", "check", "--configfile", "mine.yaml")
    assert done.returncode == 1
    assert "unknown key 'cases_per_jop'. Did you mean 'cases_per_job'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_needs_no_heavy_library(tmp_path):
    """What the Snakefile imports stays light: the heavy names are made unimportable, and the plan still stands."""
    blocked = ["torch", "SimpleITK", "radiomics", "sksurv", "sklearn", "matplotlib", "pydicom", "lifelines"]
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in blocked)
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "snakemake",
            "-s",
            ROOT / "Snakefile",
            "-n",
            "results/crc_nomogram.pdf",
            "--cores",
            "1",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("paper", paper_names())
def test_a_clone_that_runs_in_its_own_folder_can_be_moved(paper, tmp_path):
    # an input named by its absolute path would be another input after a move, and its rule would run again
    clone = tmp_path / "clone"
    clone.mkdir()
    shutil.copyfile(ROOT / "Snakefile", clone / "Snakefile")
    for name in ("rules", "scripts", "config", "resources", "profiles", "envs", "tests"):
        shutil.copytree(ROOT / name, clone / name)
    program = [sys.executable, "-m", "tests.benchmarks.planned_jobs", f"results/{paper}.pdf", "jobs.json"]
    done = subprocess.run(program, cwd=clone, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = json.loads((clone / "jobs.json").read_text(encoding="utf-8"))
    inputs = {path for job in jobs for path in job["input"]["values"]}
    assert f"config/papers/{paper}.yaml" in inputs
    assert [path for path in inputs if Path(path).is_absolute()] == []
