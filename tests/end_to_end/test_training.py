"""A made-up classifier through Snakemake, as CONTRIBUTING.md has it: trained, killed and gone on with, trained anew."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors import safe_open

from scripts.workflow.provenance import NETWORK_PACKAGES
from tests.end_to_end.made_up_classifier import FOLDERS, PAPER, write_cohort, write_project
from tests.end_to_end.pdf_text import pdf_pages

TARGET = f"results/{PAPER}.pdf"
FOLDS = ("r1_f1", "r1_f2")
LONG = {"training": {"epochs": 60}}


def command(*arguments):
    return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]


def run(folder, *arguments):
    done = subprocess.run(command(*arguments), cwd=folder, capture_output=True, text=True, timeout=900)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def change(folder, parameters):
    path = folder / "config" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["papers"][PAPER]["parameters"] = parameters
    path.write_text(yaml.safe_dump(config))


def weights(folder):
    """Fold -> bytes of its weights."""
    return {fold: (folder / FOLDERS / fold / "weights.safetensors").read_bytes() for fold in FOLDS}


def trained_anew(said):
    """Folds that a run says were trained."""
    return set(re.findall(r"small on folds, repeat 1, fold (\d)", said))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classifier")
    write_project(folder)
    write_cohort(folder)
    change(folder, LONG)
    run(folder, TARGET)
    return folder


def test_each_fold_has_its_files_and_every_sample_is_tested_once(finished):
    predictions = []
    for fold in FOLDS:
        files = finished / FOLDERS / fold
        history = pd.read_csv(files / "history.csv")
        facts = json.loads((files / "training.json").read_text())
        assert facts["classes"] == ["round", "square"]
        assert (facts["step"], set(facts["versions"])) == (
            f"train_fold_{PAPER}",
            {"python", *NETWORK_PACKAGES},
        )
        assert facts["best_epoch"] == int(history["validation_loss"].idxmin()) + 1
        assert (facts["device"], facts["precision"], facts["accumulation"]) == ("cpu", "32", 1)
        assert (facts["start"], facts["stopped"]) == ("random weights", "all 60 epochs")
        assert facts["n_parameters"] == 4 * 9 + 4 + 64 * 2 + 2
        assert len(pd.read_csv(files / "timing.csv")) == len(history) == 60
        with safe_open(files / "weights.safetensors", framework="np") as file:
            assert sum(file.get_tensor(name).size for name in file.keys()) == facts["n_parameters"]  # noqa: SIM118
        predictions.append(pd.read_parquet(files / "predictions.parquet"))
    whole = pd.concat(predictions)
    assert list(whole.columns) == ["sample", "patient", "part", "label", "p_round", "p_square"]
    assert sorted(whole.loc[whole["part"] == "test", "sample"]) == [f"p{n:02}" for n in range(16)]
    assert np.allclose(whole["p_round"] + whole["p_square"], 1)


def test_the_evaluation_of_a_classifier_needs_nothing_but_the_card(finished):
    folder = finished / "results" / PAPER / "evaluation" / "folds"
    performance = pd.read_csv(folder / "performance.csv").set_index(["model", "measure", "class"])
    predictions = pd.concat(
        [pd.read_parquet(finished / FOLDERS / fold / "predictions.parquet") for fold in FOLDS]
    ).query("part == 'test'")
    called = np.where(predictions["p_round"] >= predictions["p_square"], "round", "square")
    accuracy = performance.loc[("small", "accuracy", "all")]
    assert accuracy["estimate"] == pytest.approx((called == predictions["label"]).mean())
    assert accuracy["n_samples"] == 16
    curves = pd.read_csv(folder / "learning_curves.csv")
    assert set(curves["metric"]) >= {"training_loss", "validation_loss", "validation_accuracy"}
    assert (curves["n_folds"] == 2).all()


def test_a_finished_training_leaves_no_checkpoint_and_nothing_to_do(finished):
    assert list((finished / "cache" / "checkpoints").iterdir()) == []
    assert "Nothing" in run(finished, "-n", TARGET)


def test_killed_while_it_trains_it_goes_on_from_its_checkpoint_to_the_same_weights(finished, tmp_path):
    folder = tmp_path / "killed"
    shutil.copytree(finished, folder)
    shutil.rmtree(folder / FOLDERS)
    (folder / "scripts/training/fit.py").write_text(
        re.sub(r"SAVE_EVERY_S = .*", "SAVE_EVERY_S = 0.0", (folder / "scripts/training/fit.py").read_text())
    )
    process = subprocess.Popen(command(TARGET), cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    begun = time.monotonic()
    while not list((folder / "cache" / "checkpoints").glob("*/last.safetensors")):
        assert process.poll() is None
        assert time.monotonic() - begun < 300
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list((folder / "cache" / "checkpoints").glob("*/last.safetensors"))
    run(folder, TARGET)
    logs = [path.read_text() for path in (folder / "logs" / PAPER / "train_fold").glob("*.log")]
    assert any(re.search(r"Going on after epoch \d+ of 60", text) for text in logs)
    assert weights(folder) == weights(finished)
    for fold in FOLDS:
        for name in ("history.csv", "predictions.parquet"):
            one, other = (f / FOLDERS / fold / name for f in (folder, finished))
            assert one.read_bytes() == other.read_bytes(), name
        one, other = (
            json.loads((f / FOLDERS / fold / "training.json").read_text()) for f in (folder, finished)
        )
        assert one.pop("code") != other.pop("code")  # it saves more often
        assert one == other


def test_frozen_on_everybody_it_scores_a_cohort_and_its_report_says_whose(finished, tmp_path):
    folder = tmp_path / "frozen"
    shutil.copytree(finished, folder)
    run(folder, f"results/{PAPER}/predict/mine/small.pdf")
    frozen, scored = folder / f"results/{PAPER}/frozen/small", folder / f"results/{PAPER}/predict/mine/small"
    assert {path.name for path in frozen.iterdir()} == {
        "card.json",
        "weights.safetensors",
        "network.onnx",
        "history.csv",
    }
    predictions = pd.read_csv(scored / "predictions.csv")
    assert sorted(predictions["sample"]) == [f"p{n:02}" for n in range(16)]
    assert np.allclose(predictions["p_round"] + predictions["p_square"], 1)
    right = (predictions["predicted"] == predictions["label"]).mean()
    performance = pd.read_csv(scored / "tables" / "performance.csv").set_index(["measure", "class"])
    assert performance.loc[("accuracy", "all"), "estimate"] == pytest.approx(right)
    text = " ".join(" ".join(pdf_pages(scored.with_suffix(".pdf"))).split())
    assert "NOT A VALIDATION" in text.upper()
    assert "16 patients scored" in text
    shutil.copytree(frozen, folder / "theirs")  # whose patients these were is then not known
    path = folder / "config" / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"models": {"theirs": "theirs"}}))
    run(folder, f"results/{PAPER}/predict/mine/theirs.pdf")
    text = " ".join(pdf_pages(scored.with_name("theirs.pdf")))
    assert "NOT A VALIDATION" not in text.upper()
    assert "EXTERNAL VALIDATION" in text


def test_a_changed_network_trains_anew_and_nothing_else_runs(finished, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(finished, folder)
    script = folder / "scripts" / "papers" / PAPER / "train_fold.py"
    script.write_text(script.read_text().replace("nn.ReLU()", "nn.Tanh()"))
    change(folder, {"training": {"epochs": 2}})
    said = run(folder, TARGET)
    assert trained_anew(said) == {"1", "2"}
    assert "split folds of the samples" not in said
    before, after = weights(finished), weights(folder)
    assert all(before[fold] != after[fold] for fold in FOLDS)
