"""Freeze a model on all samples of a tiny cohort, then score another cohort with it."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file, save_file
from snakemake.iocontainers import Namedlist

from scripts.errors import InputError
from scripts.networks.catalogue import build_network
from scripts.report.classifier_prediction import network_facts
from scripts.training.apply_frozen import apply_frozen, require_same_rows
from scripts.training.fold import Recipe
from scripts.training.freeze import epochs_of, freeze_model
from scripts.training.frozen import read_frozen
from scripts.training.onnx_export import onnx_difference
from scripts.training.settings import TrainingSettings
from scripts.workflow.job import Job

TRAINING = {"epochs": 4, "batch_size": 8, "learning_rate": 0.05, "keep": "last"}
PREPARATION = {"crop": {"pixels": 16}}


def build(settings, n_classes, weights):
    return build_network(settings["network"], n_classes, 1, weights, **settings["sizes"])


def cohort(folder, n, seed):
    """n samples of 1 x 16 x 16, bright on the left or on the right, two of each patient: samples and their table."""
    rng = np.random.default_rng(seed)
    rows, images = [], {}
    for i in range(n):
        side = ("left", "right")[i % 2]
        image = rng.integers(0, 80, size=(1, 16, 16), dtype=np.uint8)
        image[:, :, :8] += 120 if side == "left" else 0
        image[:, :, 8:] += 120 if side == "right" else 0
        images[f"s{i:02d}"] = image
        rows.append((f"s{i:02d}", f"P{i // 4}", side))
    folder.mkdir(parents=True)
    save_file(images, folder / "b0.safetensors")
    pd.DataFrame(rows, columns=["sample", "patient", "label"]).to_parquet(
        folder / "samples.parquet", index=False
    )
    return {"samples": [str(folder / "b0.safetensors")], "table": str(folder / "samples.parquet")}


def names(**values):
    return Namedlist(fromdict=values)


def freeze_job(tmp_path, source, **changes):
    folds = tmp_path / "fold.json"
    folds.write_text(json.dumps({"best_epoch": 2}))
    folder = tmp_path / "frozen"
    outputs = {
        "card": "card.json",
        "weights": "weights.safetensors",
        "onnx": "network.onnx",
        "history": "history.csv",
    }
    settings = {
        "paper": "glioma_grading", "simulated": True, "preparation": PREPARATION, "device": "cpu",
        "training": TRAINING, "models": {"tiny": {"network": "resnet18", "sizes": {"width": 0.0625}}},
    }  # fmt: skip
    return Job(
        "freeze_model", names(**source, folds=[str(folds)]), names(**{k: str(folder / v) for k, v in outputs.items()}),
        names(model="tiny"), settings | changes, [], 5, 1, "c0de", None,
    )  # fmt: skip


def predict_job(tmp_path, source, **changes):
    folder, made = tmp_path / "predict", tmp_path / "frozen"
    settings = {"preparation": PREPARATION, "device": "cpu", "batch_size": 4}
    return Job(
        "predict",
        names(card=str(made / "card.json"), weights=str(made / "weights.safetensors"), **source),
        names(
            predictions=str(folder / "predictions.csv"),
            predictions_parquet=str(folder / "predictions.parquet"),
            failures=str(folder / "failures.csv"),
        ),
        names(model="tiny"), settings | changes, [], None, 1, "c0de", None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A frozen model in a folder of its own."""
    folder, before = tmp_path_factory.mktemp("made"), Path.cwd()
    os.chdir(folder)  # checkpoints go below the working directory
    try:
        freeze_model(freeze_job(folder, cohort(folder / "a", 32, seed=1)), Recipe(build))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def frozen(made, tmp_path):
    return shutil.copytree(made, tmp_path / "made")


def test_a_frozen_model_scores_new_images(frozen):
    job = predict_job(frozen, cohort(frozen / "b", 12, seed=2))
    apply_frozen(job, build)
    table = pd.read_csv(job.output.predictions)
    assert list(table) == ["sample", "patient", "label", "predicted", "p_left", "p_right"]
    assert list(table["sample"]) == [f"s{i:02d}" for i in range(12)]
    images = load_file(job.input.samples[0])
    with torch.no_grad():
        stacked = torch.stack([torch.from_numpy(images[s]) for s in table["sample"]])
        expected = torch.softmax(read_frozen(frozen / "frozen", build).network(stacked / 255), dim=1).numpy()
    np.testing.assert_allclose(table[["p_left", "p_right"]], expected, atol=1e-6)
    assert list(table["predicted"]) == [["left", "right"][row.argmax()] for row in expected]
    assert list(table["label"]) == ["left", "right"] * 6
    pd.testing.assert_frame_equal(pd.read_parquet(job.output.predictions_parquet), table, check_dtype=False)
    assert len(pd.read_csv(job.output.failures)) == 0


def test_its_card_says_what_it_was_made_of(frozen):
    card = json.loads((frozen / "frozen" / "card.json").read_text())
    assert card["source"]["kind"] == "simulated"
    assert card["created_from"]["n_samples"] == 32
    assert card["created_from"]["n_patients"] == 8
    assert card["input"]["shape"] == [1, 16, 16]
    assert card["classes"] == ["left", "right"]
    assert card["training"]["epochs"] == 4
    assert network_facts(card)["Trained on"] == "32 images of 8 patients"
    assert network_facts(card, "epoch")["Trained on"] == "32 epochs of 8 patients"
    assert not list((frozen / "cache" / "checkpoints").iterdir())


def test_the_onnx_file_gives_the_same(frozen):
    network = read_frozen(frozen / "frozen", build).network
    assert onnx_difference(network, (1, 16, 16), frozen / "frozen" / "network.onnx", (1, 4, 9)) < 1e-5


def test_images_that_do_not_fit_are_listed_and_the_others_scored(frozen):
    source = cohort(frozen / "b", 6, seed=2)
    images = load_file(source["samples"][0])
    images["s02"] = images["s02"][:, :15]
    save_file(images, source["samples"][0])
    job = predict_job(frozen, source)
    apply_frozen(job, build)
    assert len(pd.read_csv(job.output.predictions)) == 5
    failures = pd.read_csv(job.output.failures)
    assert failures[["sample", "patient", "step"]].to_numpy().tolist() == [["s02", "P0", "predict"]]
    assert "found uint8 (1, 15, 16)" in failures["cause"][0]


def test_another_preparation_is_refused(frozen):
    job = predict_job(frozen, cohort(frozen / "b", 4, seed=2), preparation={"crop": {"pixels": 32}})
    with pytest.raises(InputError, match="crop.pixels: model 16, features 32"):
        apply_frozen(job, build)


def test_rows_of_another_name_or_order_are_refused():
    card = {"input": {"rows": ["MLF11", "MLF12"]}}
    require_same_rows(card, ["MLF11", "MLF12"])
    require_same_rows({"input": {}}, ["anything"])
    with pytest.raises(
        InputError, match="row 1 of the samples: expected 'MLF11', as the network was trained, found 'MLF12'"
    ):
        require_same_rows(card, ["MLF12", "MLF11"])
    with pytest.raises(InputError, match="rows of the samples: expected the network's 2, found 1"):
        require_same_rows(card, ["MLF11"])


def test_a_cohort_of_which_nothing_fits_is_refused(frozen):
    source = cohort(frozen / "b", 2, seed=2)
    save_file({s: np.zeros((3, 16, 16), np.uint8) for s in ("s00", "s01")}, source["samples"][0])
    with pytest.raises(
        InputError, match=r"images that the network takes, found s00: expected uint8 \(1, 16, 16\)"
    ):
        apply_frozen(predict_job(frozen, source), build)


def test_epochs_are_the_folds_where_they_chose_them():
    folds = [{"best_epoch": n} for n in (3, 9, 4, 5)]
    read = TrainingSettings.read
    assert epochs_of(read(TRAINING), folds) is None
    assert epochs_of(read(TRAINING | {"keep": "best"}), folds) == 4
    assert epochs_of(read(TRAINING | {"early_stopping": {"metric": "validation_loss"}}), folds[:3]) == 4
    assert epochs_of(read(TRAINING | {"keep": "best"}), []) is None
