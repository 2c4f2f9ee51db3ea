"""Freezing a network and scoring a cohort with it, by rules of a few lines of a paper that is not there."""

import shutil

import pytest
import yaml

from tests.dag.test_targets import snakemake
from tests.end_to_end.made_up_paper import write_cohort, write_paper

RULES = """# made_up: a classifier
MODALITY_OF["made_up"] = "MR"


rule prepare_images_made_up:
    output:
        samples="cache/made_up/{cohort}/prepared/{batch}.safetensors",
        table="cache/made_up/{cohort}/prepared/{batch}.parquet",
        failures="cache/made_up/{cohort}/prepared/{batch}_failures.csv",
    shell:
        "touch {output}"


rule train_fold_made_up:
    input:
        **fold_inputs("made_up"),
    output:
        **fold_outputs("made_up"),
    params:
        settings=training_settings("made_up"),
    shell:
        "touch {output}"


rule freeze_model_made_up:
    input:
        **freeze_inputs("made_up", "folds"),
    output:
        **freeze_outputs("made_up"),
    params:
        settings=freeze_settings("made_up", "crop"),
    shell:
        "touch {output}"


rule predict_made_up:
    input:
        **prediction_inputs("made_up"),
    output:
        **prediction_outputs("made_up"),
    params:
        settings=prediction_settings("made_up", "crop"),
        contents=prediction_contents("made_up"),
    shell:
        "touch {output}"
"""
PARAMETERS = {
    "crop": {"pixels": 16},
    "training": {"epochs": 2, "batch_size": 8},
    "models": {"tiny": {"network": "resnet18", "sizes": {"width": 0.125}, "pretrained": "procedural"}},
    "splits": {"folds": {"kind": "k_fold", "n_folds": 3}},
    "evaluation": {"n_bootstrap": 50, "calibration_bins": 5},
    "pretraining": {"fractals": {"n_categories": 4}, "training": {"epochs": 2}},
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a made-up classifier alone, and a cohort of two patients."""
    write_paper(tmp_path)
    write_cohort(tmp_path, ("A", "B"))
    (tmp_path / "rules" / "papers" / "made_up.smk").write_text(RULES)
    path = tmp_path / "config" / "papers" / "made_up.yaml"
    leaves = {
        branch: {name: {"value": value, "assumed": "for a test"} for name, value in values.items()}
        for branch, values in PARAMETERS.items()
    }
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"parameters": leaves}))
    monkeypatch.setattr("tests.dag.test_targets.ROOT", tmp_path)
    return tmp_path


def planned(folder, *arguments):
    """Rule -> number of planned jobs."""
    done = snakemake(folder, "-n", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    said = (done.stdout + done.stderr).split("Job stats:")[1]
    return {line.split()[0]: int(line.split()[1]) for line in said.split("total")[0].splitlines()[3:] if line}


def test_this_runs_own_model_is_trained_frozen_and_applied(project):
    jobs = planned(project, "results/made_up/predict/mine/tiny/predictions.csv")
    assert {
        name: jobs[name] for name in ("train_fold_made_up", "freeze_model_made_up", "predict_made_up")
    } == {
        "train_fold_made_up": 3,
        "freeze_model_made_up": 1,
        "predict_made_up": 1,
    }
    assert jobs["pretrain_network"] == 1


@pytest.mark.parametrize("given", ["models/hospital", "models/hospital/card.json"])
def test_a_model_from_elsewhere_is_applied_without_training(project, given):
    folder = project / "models" / "hospital"
    folder.mkdir(parents=True)
    for name in ("card.json", "weights.safetensors"):
        (folder / name).write_text("{}")
    path = project / "config" / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"models": {"hospital": given}}))
    jobs = planned(project, "results/made_up/predict/mine/hospital/predictions.csv")
    assert jobs["predict_made_up"] == 1
    assert not {"train_fold_made_up", "freeze_model_made_up", "pretrain_network"} & set(jobs)
    shutil.rmtree(folder)


def test_its_report_needs_no_rule_of_the_paper(project):
    jobs = planned(project, "results/made_up/predict/mine/tiny.pdf")
    assert (jobs["predict_made_up"], jobs["report_predictions"]) == (1, 1)


def test_a_model_that_is_not_there_is_named_without_a_traceback(project):
    done = snakemake(project, "-n", "results/made_up/predict/mine/big/predictions.csv")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "No frozen model 'big' for made_up. Known: tiny." in said
    assert "Traceback" not in said
