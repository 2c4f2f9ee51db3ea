"""Rivals on handcrafted features, and the network's inputs."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from scripts.papers.glioma_grading import fit_rivals
from scripts.papers.glioma_grading.extract_handcrafted import HANDCRAFTED
from scripts.papers.glioma_grading.fit_rivals import fold_predictions
from scripts.papers.glioma_grading.handcrafted import fit_and_predict
from scripts.papers.glioma_grading.names import RIVALS
from scripts.papers.glioma_grading.networks import expansion, same, transform
from scripts.seeds import generator
from scripts.tables import read_table, write_table

SETTINGS = {"inner_folds": 3, "hidden_units": 4, "epochs": 60}
LABELS = ("grade_2", "grade_3", "grade_4")


@pytest.fixture(scope="module")
def cases():
    """45 patients; the first features tell the grade, the others nothing."""
    rng = generator(4, "glioma rivals")
    grade = np.arange(45) % 3
    x = rng.normal(size=(45, len(HANDCRAFTED)))
    x[:, 0] += 2.5 * grade
    x[:, 1] -= 2.0 * grade
    patients = [f"P{k:02d}" for k in range(45)]
    features = pd.DataFrame(x, columns=list(HANDCRAFTED), index=pd.Index(patients, name="patient"))
    rows = [
        (
            1,
            fold,
            "test" if k % 5 == fold - 1 else "validation" if k % 5 == fold % 5 else "train",
            p,
            p,
            LABELS[k % 3],
        )
        for fold in range(1, 6)
        for k, p in enumerate(patients)
    ]
    split = pd.DataFrame(rows, columns=["repeat", "fold", "part", "sample", "patient", "label"])
    return features, split


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_learns_and_predicts_its_test_patients_alone(name, cases):
    features, split = cases
    table, chosen = fold_predictions(name, split[split["fold"] == 2], features, SETTINGS, 1)
    assert table["part"].eq("test").all()
    assert len(table) == 9
    assert len(chosen) == 1
    p = table[[f"p_{label}" for label in LABELS]].to_numpy()
    assert p.sum(axis=1) == pytest.approx(1)
    assert np.mean(np.array(LABELS)[p.argmax(axis=1)] == table["label"]) > 0.6


def test_test_patients_take_no_part_in_the_fit(cases):
    features, split = cases
    fold = split[split["fold"] == 1]
    first, chosen = fold_predictions("logistic", fold, features, SETTINGS, 1)
    other = features.copy()
    tested = fold.loc[fold["part"] == "test", "patient"].tolist()
    other.loc[tested[1:]] += 50.0
    changed, again = fold_predictions("logistic", fold, other, SETTINGS, 1)
    assert chosen == again
    columns = [f"p_{label}" for label in LABELS]
    assert changed.loc[0, columns].tolist() == first.loc[0, columns].tolist()


def test_a_missing_patient_gets_the_medians(cases):
    features, split = cases
    fold = split[split["fold"] == 1]
    tested = fold.loc[fold["part"] == "test", "patient"].iloc[0]
    table, _ = fold_predictions("logistic", fold, features.drop(index=tested), SETTINGS, 1)
    others = features.loc[fold.loc[fold["part"] != "test", "patient"]]
    filled = features.copy()
    filled.loc[tested] = others.median()
    wanted, _ = fold_predictions("logistic", fold, filled, SETTINGS, 1)
    columns = [f"p_{label}" for label in LABELS]
    assert table[columns].to_numpy() == pytest.approx(wanted[columns].to_numpy(), abs=1e-9)


def test_the_logistic_rival_is_scikit_learns_with_the_penalty_it_chose(cases):
    features, _ = cases
    x, y = features.to_numpy(), np.array([LABELS[k % 3] for k in range(45)])
    found, chosen = fit_and_predict("logistic", x[:36], y[:36], x[36:], SETTINGS, 1)
    scaler = StandardScaler().fit(x[:36])
    plain = LogisticRegression(C=chosen["C"], max_iter=2000).fit(scaler.transform(x[:36]), y[:36])
    assert found == pytest.approx(plain.predict_proba(scaler.transform(x[36:])), abs=1e-8)


def test_the_step_writes_a_file_a_fold_and_rival(cases, tmp_path):
    features, split = cases
    split = split[split["fold"] < 3]
    write_table(features.reset_index(), tmp_path / "f.parquet")
    write_table(split, tmp_path / "split.csv")
    files = {name: [str(tmp_path / f"{name}{fold}.parquet") for fold in (1, 2)] for name in RIVALS}

    class Output(SimpleNamespace):
        def __getitem__(self, name):
            return getattr(self, name)

    output = Output(**files, rival_penalties=tmp_path / "p.csv")
    fit_rivals.main(
        SimpleNamespace(
            settings={"handcrafted": SETTINGS},
            seed=1,
            input=SimpleNamespace(features=[tmp_path / "f.parquet"], split=tmp_path / "split.csv"),
            output=output,
        )
    )
    for paths in files.values():
        for fold, path in enumerate(paths, start=1):
            part = split[(split["fold"] == fold) & (split["part"] == "test")]
            assert read_table(path)["sample"].tolist() == part["sample"].tolist()
    assert read_table(tmp_path / "p.csv").groupby("model").size().to_dict() == dict.fromkeys(RIVALS, 2)


def test_an_input_is_the_grey_picture_three_times_in_units_of_imagenet():
    image = torch.tensor([[[0, 255], [51, 102]]], dtype=torch.uint8)
    found = transform(image)
    assert found.shape == (3, 2, 2)
    assert found.dtype == torch.float32
    assert found[0, 0, 0] == pytest.approx(-0.485 / 0.229)
    assert found[1, 0, 1] == pytest.approx((1 - 0.456) / 0.224)
    assert found[2, 1, 0] == pytest.approx((0.2 - 0.406) / 0.225)


def test_training_images_are_expanded_repeated_or_left_alone():
    image = torch.arange(81, dtype=torch.uint8).reshape(1, 9, 9)
    expand, copies = expansion("svhn", "positive")
    assert copies == 57
    assert not torch.equal(expand(image, 2), image)
    repeat, copies = expansion("repeated", "positive")
    assert copies == 57
    assert repeat is same
    assert all(torch.equal(repeat(image, k), image) for k in (0, 2, 56))
    assert expansion("none", "positive") == (None, 1)
    with pytest.raises(ValueError, match="found 'imagenet'"):
        expansion("imagenet", "positive")
