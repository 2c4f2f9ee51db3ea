"""Both orders of augmentation and division, against counts by hand and scikit-learn."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from scripts.papers.glioma_grading import compare_orders
from scripts.papers.glioma_grading.compare_orders import (
    ALL,
    AVERAGED,
    BY_IMAGE,
    BY_PATIENT,
    COLUMNS,
    OWN,
    averaged,
    compare,
    leak,
    only_tested,
)
from scripts.papers.glioma_grading.names import copy_name
from scripts.papers.glioma_grading.predict_copies import copies_of_test
from scripts.seeds import generator
from scripts.tables import read_table, write_table

CLASSES = ("grade_2", "grade_3", "grade_4")
P = [f"p_{name}" for name in CLASSES]


def made_up(n=24, copies=3, lift=1.0, name="a", by_image=False):
    """Predictions of n patients, `copies` images each (one without the mark of a copy where it is 1), in 3 folds."""
    rng = generator(2, "orders", name)
    rows = []
    for k in range(n):
        label = CLASSES[k % 3]
        for copy in range(copies):
            score = rng.normal(size=3)
            score[k % 3] += lift
            p = np.exp(score) / np.exp(score).sum()
            sample = f"P{k:02d}" if copies == 1 else copy_name(f"P{k:02d}", copy)
            fold = 1 + (k if not by_image else rng.integers(3)) % 3
            rows.append(
                {
                    "repeat": 1,
                    "fold": fold,
                    "part": "test",
                    "sample": sample,
                    "patient": f"P{k:02d}",
                    "label": label,
                    **dict(zip(P, p, strict=True)),
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def tables():
    honest, copies = made_up(copies=1), made_up(name="c")
    return honest, copies, made_up(lift=1.2, name="l", by_image=True)


@pytest.fixture(scope="module")
def compared(tables):
    return compare(*tables, n_bootstrap=300, seed=1).set_index(["order", "tested"])


def test_every_way_of_testing_has_its_row(compared):
    assert compared.index.tolist() == [
        (BY_PATIENT, OWN), (BY_PATIENT, ALL), (BY_PATIENT, AVERAGED), (BY_IMAGE, OWN), (BY_IMAGE, ALL),
    ]  # fmt: skip
    assert [*compared.index.names, *compared.columns] == list(COLUMNS)
    assert compared["n_images"].tolist() == [24, 72, 24, 24, 72]
    assert (compared["n_patients"] == 24).all()


def test_accuracy_and_areas_are_those_of_a_plain_count(tables, compared):
    for table, key in (
        (tables[0], (BY_PATIENT, OWN)),
        (tables[1], (BY_PATIENT, ALL)),
        (tables[2], (BY_IMAGE, ALL)),
    ):
        called = np.array(CLASSES)[table[P].to_numpy().argmax(axis=1)]
        right = called == table["label"]
        row = compared.loc[key]
        assert row["accuracy"] == pytest.approx(right.mean())
        folds = right.groupby(table["fold"]).mean()
        assert (row["mean_folds"], row["sd_folds"]) == pytest.approx((folds.mean(), folds.std()))
        areas = [roc_auc_score(table["label"] == c, table[f"p_{c}"]) for c in CLASSES]
        assert row["az"] == pytest.approx(np.mean(areas))
        assert row["accuracy_lower"] < row["accuracy"] < row["accuracy_upper"]
        assert row["az_lower"] <= row["az"] <= row["az_upper"]


def test_the_image_itself_is_copy_0(tables, compared):
    own = tables[2][tables[2]["sample"].str.endswith("~00")]
    called = np.array(CLASSES)[own[P].to_numpy().argmax(axis=1)]
    assert compared.loc[(BY_IMAGE, OWN), "accuracy"] == pytest.approx((called == own["label"]).mean())


def test_averaging_takes_the_mean_of_the_probabilities(tables):
    rows = averaged(only_tested(tables[1]), CLASSES)
    first = tables[1][tables[1]["patient"] == "P00"]
    assert rows.loc[rows["patient"] == "P00", P].to_numpy()[0] == pytest.approx(
        first[P].to_numpy().mean(axis=0)
    )


def test_validation_samples_are_not_tested():
    table = made_up(copies=1)
    table.loc[:4, "part"] = "validation"
    assert len(only_tested(table)) == len(table) - 5


def test_intervals_resample_patients_not_images():
    # the same right or wrong answer on all images of a patient: 40 images a patient tell no more than one
    one, many = made_up(30, 1, name="w"), []
    for copy in range(40):
        many.append(one.assign(sample=[copy_name(s, copy) for s in one["sample"]]))
    many = pd.concat(many, ignore_index=True)
    found = compare(one, many, many, 400, 1).set_index(["order", "tested"])
    for name in ("accuracy", "accuracy_lower", "accuracy_upper", "az", "az_lower", "az_upper"):
        assert found.loc[(BY_PATIENT, ALL), name] == pytest.approx(found.loc[(BY_PATIENT, OWN), name])


def test_the_leak_is_counted():
    split = pd.DataFrame(
        [(1, 1, part, f"{p}~{k:02d}", p) for p, k, part in (
            ("A", 0, "test"), ("A", 1, "train"), ("A", 2, "train"), ("B", 0, "test"), ("B", 1, "validation"),
            ("C", 0, "train"), ("D", 0, "test"), ("D", 1, "train"),
        )],
        columns=["repeat", "fold", "part", "sample", "patient"],
    )  # fmt: skip
    assert leak(split) == pytest.approx({"n_images": 3.0, "leaking": 2 / 3, "copies": 1.0})


def test_a_folds_network_is_asked_for_the_copies_of_its_own_test_patients():
    split = pd.DataFrame(
        [(1, 1, "test", "A"), (1, 1, "train", "B"), (1, 2, "train", "A"), (1, 2, "test", "B")],
        columns=["repeat", "fold", "part", "patient"],
    )
    copies = pd.DataFrame(
        [(copy_name(p, k), p, "grade_2", k) for p in "AB" for k in range(2)],
        columns=["sample", "patient", "label", "copy"],
    )
    wanted = copies_of_test(split, copies)
    assert wanted.groupby("fold")["sample"].apply(list).to_dict() == {
        1: ["A~00", "A~01"],
        2: ["B~00", "B~01"],
    }


def test_the_step_reads_folds_by_their_paths(tables, tmp_path):
    paths = {}
    for name, table in (
        ("transferred/cross_validation", tables[0]),
        ("augmented_first/augmented_first", tables[2]),
    ):
        paths[name] = []
        for fold, rows in table.groupby("fold"):
            path = tmp_path / name / f"r1_f{fold}" / "predictions.parquet"
            write_table(rows.drop(columns=["repeat", "fold"]), _made(path))
            paths[name].append(str(path))
    write_table(tables[1], tmp_path / "copies.parquet")
    split = tables[2].assign(part=np.where(tables[2]["fold"] == 1, "test", "train"), fold=1)
    write_table(split[["repeat", "fold", "part", "sample", "patient", "label"]], tmp_path / "split.csv")
    output = SimpleNamespace(orders=tmp_path / "orders.csv", leak=tmp_path / "leak.csv")
    compare_orders.main(
        SimpleNamespace(
            settings={"evaluation": {"n_bootstrap": 300}},
            seed=1,
            input=SimpleNamespace(
                honest=paths["transferred/cross_validation"],
                leaky=paths["augmented_first/augmented_first"],
                copies=tmp_path / "copies.parquet",
                leaky_split=tmp_path / "split.csv",
            ),
            output=output,
        )
    )
    wanted = compare(*tables, n_bootstrap=300, seed=1)
    pd.testing.assert_frame_equal(read_table(output.orders), wanted)
    assert read_table(output.leak)["leaking"].iloc[0] > 0.5


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
