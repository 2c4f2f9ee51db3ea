"""Steps of tle_subtypes on made-up epochs: samples and tables, both splits, shuffles, locations, calls."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from scripts.evaluation.predictions import FoldPlace, predictions_of
from scripts.papers.tle_subtypes import measure_locations
from scripts.papers.tle_subtypes.compare_splits import gap_table, patient_calls
from scripts.papers.tle_subtypes.describe_cohort import characteristics, example_traces, flow, spectra
from scripts.papers.tle_subtypes.fit_rivals import features_of, predictions
from scripts.papers.tle_subtypes.measure_locations import (
    attention_received,
    spread_over_patients,
    without_each_sensor,
)
from scripts.papers.tle_subtypes.networks import Cnn
from scripts.papers.tle_subtypes.prepare_images import tables_of, tensors_of
from scripts.papers.tle_subtypes.shuffle_subtypes import accuracy_of_shuffled, shuffled
from scripts.preprocess.helmet import sensor_map
from scripts.preprocess.meg_epochs import PatientEpochs
from scripts.tables import write_table
from scripts.training.samples import SampleSource


def epochs_of(n, seed=1, moved=0):
    rng = np.random.default_rng(seed)
    return PatientEpochs(
        rng.standard_normal((n, 3, 40)).astype(np.float32), np.arange(n) // 2 + 1, np.arange(n) * 1.0,
        np.array([[0.1, 0, 0], [-0.1, 0, 0], [0, 0, 0.1]]), ("a", "b", "c"), 4, moved, 1, 2 * n, 1e-13,
    )  # fmt: skip


CLINICAL = pd.DataFrame(
    {"patient": ["P1", "P2", "P3"], "subtype": ["cps", "sps", None], "age": [25.0, 30.0, None]}
)


def test_samples_patients_and_sensors_of_a_batch():
    prepared = [("P1", epochs_of(3)), ("P2", epochs_of(2, 2, moved=1)), ("P3", epochs_of(1))]
    samples, patients, sensors = tables_of(prepared, CLINICAL)
    assert samples["sample"].tolist() == [
        "P1_e0001",
        "P1_e0002",
        "P1_e0003",
        "P2_e0001",
        "P2_e0002",
        "P3_e0001",
    ]
    assert samples["label"].tolist()[:5] == ["cps"] * 3 + ["sps"] * 2
    assert pd.isna(samples["label"].iloc[5])  # the sheet does not tell
    assert samples["recording"].tolist() == [1, 1, 2, 1, 1, 1]
    assert patients.set_index("patient").loc["P2", ["recordings", "moved", "cut", "epochs"]].tolist() == [
        4,
        1,
        4,
        2,
    ]
    assert sensors.groupby("patient")["sensor"].agg(list)["P1"] == ["a", "b", "c"]
    tensors = tensors_of(prepared)
    assert set(tensors) == set(samples["sample"])
    assert (tensors["P2_e0002"][0] == prepared[1][1].signals[1]).all()
    assert tensors["P1_e0001"].shape == (1, 3, 40)


def test_a_batch_of_which_nobody_was_prepared_has_empty_tables():
    for table in tables_of([], CLINICAL):
        assert table.empty


@pytest.fixture
def source(tmp_path):
    """Four patients of six epochs; patient k has a strength of its own at each sensor."""
    rng, tensors, rows = np.random.default_rng(5), {}, []
    for k in range(8):
        own = np.exp(0.8 * rng.standard_normal(3))
        for e in range(6):
            name = f"P{k}_e{e}"
            tensors[name] = (own[:, None] * rng.standard_normal((3, 40))).astype(np.float32)[None]
            rows.append({"sample": name, "patient": f"P{k}", "label": "cps" if k % 2 else "sps"})
    save_file(tensors, tmp_path / "b.safetensors")
    write_table(pd.DataFrame(rows), tmp_path / "b.parquet")
    return SampleSource([tmp_path / "b.safetensors"])


SETTINGS = {"times": 10, "band_edges_hz": [1, 4, 8, 20]}


def test_features_are_in_the_order_of_the_samples(source):
    names = list(source.table["sample"])
    found = features_of(source, names, SETTINGS, 40.0)
    assert found["signal"].shape == (48, 30)
    assert found["bands"].shape == (48, 9)
    again = features_of(source, names[::-1], SETTINGS, 40.0)
    assert (again["bands"] == found["bands"][::-1]).all()


def split_of(source, group):
    """Two folds, by patient or by epoch."""
    table = source.table
    number = table["patient"].str[1:].astype(int) // 2 if group == "patient" else np.arange(len(table))
    parts = []
    for fold in (1, 2):
        part = np.where(number % 2 == fold - 1, "test", "train")
        parts.append(table.assign(repeat=1, fold=fold, part=part))
    return pd.concat(parts, ignore_index=True)


def test_shuffled_subtypes_are_learnt_by_epoch_and_not_by_patient(source):
    names = list(source.table["sample"])
    features = pd.DataFrame(features_of(source, names, SETTINGS, 40.0)["bands"], index=names)
    labels = source.table.drop_duplicates("patient").set_index("patient")["label"]
    dealt = [shuffled(labels, np.random.default_rng(k)) for k in range(6)]
    assert all(d.value_counts().to_dict() == {"cps": 4, "sps": 4} for d in dealt)
    found = {
        group: np.mean([accuracy_of_shuffled(split_of(source, group), d, features, 20, 1) for d in dealt])
        for group in ("patient", "epoch")
    }
    assert found["epoch"] > 0.75
    assert found["patient"] < 0.65


def test_the_shuffled_subtypes_of_the_training_patients_are_learnt():
    """One number tells the subtype; training and test patients come in the opposite order of it."""
    rows = [("train", "A", "cps"), ("train", "B", "sps"), ("test", "C", "sps"), ("test", "D", "cps")]
    split = pd.DataFrame(
        [(1, 1, part, f"{patient}{k}", patient) for part, patient, _ in rows for k in range(20)],
        columns=["repeat", "fold", "part", "sample", "patient"],
    )
    labels = pd.Series({patient: label for _, patient, label in rows})
    values = np.where(split["patient"].map(labels) == "cps", 3.0, -3.0) + np.tile(np.linspace(-1, 1, 20), 4)
    features = pd.DataFrame({"power": values}, index=split["sample"])
    assert accuracy_of_shuffled(split, labels, features, 10, 1) == 1.0
    swapped = labels.replace({"cps": "sps", "sps": "cps"})
    assert accuracy_of_shuffled(split, swapped, features, 10, 1) == 1.0


def test_predictions_have_the_columns_of_a_network():
    test = pd.DataFrame({"sample": ["a"], "patient": ["P"], "part": ["test"], "label": ["cps"], "fold": [1]})
    found = predictions(test, np.array([0.7]))
    assert list(found) == ["sample", "patient", "part", "label", "p_cps", "p_sps"]
    assert found.loc[0, ["p_cps", "p_sps"]].tolist() == pytest.approx([0.7, 0.3])


def made_up(scheme, chances, folds=2):
    """Models 'm' on four patients of two epochs each; chances : of the own class, an epoch each."""
    rows = []
    for k, chance in enumerate(chances):
        label = "cps" if k < 4 else "sps"
        p = chance if label == "cps" else 1 - chance
        rows.append({"sample": f"s{k}", "patient": f"P{k // 2}", "label": label, "part": "test", "p_cps": p,
                     "p_sps": 1 - p})  # fmt: skip
    table = pd.DataFrame(rows)
    fold = np.arange(len(table)) % folds if scheme == "by_epoch" else (np.arange(len(table)) // 2) % folds
    parts = [(FoldPlace("m", scheme, 1, f + 1), table[fold == f]) for f in range(folds)]
    return predictions_of(parts)


def test_the_gap_is_the_difference_of_the_measures():
    patient = made_up("by_patient", [0.9, 0.2, 0.8, 0.4, 0.9, 0.6, 0.3, 0.7])
    epoch = made_up("by_epoch", [0.9, 0.8, 0.8, 0.6, 0.9, 0.6, 0.3, 0.7])
    table = gap_table(patient, epoch, 200, 5, np.random.default_rng(1)).set_index("measure")
    accuracy = table.loc["accuracy"]
    assert (accuracy["by_patient"], accuracy["by_epoch"], accuracy["gap"]) == pytest.approx(
        (5 / 8, 7 / 8, 1 / 4)
    )
    assert accuracy["lower"] <= 0.25 <= accuracy["upper"]
    recall = table.loc["recall"]  # of CPS: 2 of 4, then 4 of 4
    assert (recall["by_patient"], recall["by_epoch"]) == pytest.approx((0.5, 1.0))
    precision = table.loc["precision"]  # 2 of 3, then 4 of 5
    assert (precision["by_patient"], precision["by_epoch"]) == pytest.approx((2 / 3, 4 / 5))
    assert table.loc["f1", "by_patient"] == pytest.approx(4 / 7)


def test_equal_predictions_have_no_gap():
    chances = [0.9, 0.2, 0.8, 0.4, 0.9, 0.6, 0.3, 0.7]
    table = gap_table(
        made_up("by_patient", chances), made_up("by_epoch", chances), 100, 5, np.random.default_rng(1)
    )
    assert table["gap"].abs().max() == pytest.approx(0, abs=1e-12)


def test_a_patient_is_called_by_the_mean_of_its_epochs():
    models = made_up("by_patient", [0.9, 0.2, 0.2, 0.4, 0.9, 0.6, 0.3, 0.7])
    row = patient_calls(models, "by_patient").iloc[0]
    assert (row["n"], row["right"]) == (
        4,
        2 + (0.3 + 0.7 > 1),
    )  # the last is a tie, called by the first class
    assert row["lower"] < row["accuracy"] < row["upper"]


def test_the_mean_of_the_epochs_calls_a_patient_not_the_surest_of_them():
    """CPS of three epochs each of its own class with 0.95, 0.3, 0.2: the mean 0.483 calls SPS, the surest epoch CPS."""
    rows = [
        {
            "sample": f"{patient}{k}",
            "patient": patient,
            "label": label,
            "part": "test",
            "p_cps": p,
            "p_sps": 1 - p,
        }
        for patient, label, chances in (("A", "cps", (0.95, 0.3, 0.2)), ("B", "sps", (0.1, 0.2, 0.6)))
        for k, p in enumerate(chances)
    ]
    models = predictions_of([(FoldPlace("m", "by_patient", 1, 1), pd.DataFrame(rows))])
    assert patient_calls(models, "by_patient").iloc[0]["right"] == 1


def test_samples_are_taken_from_every_patient_in_turn():
    rows = pd.DataFrame({"sample": ["b2", "a1", "a2", "a3", "b1"], "patient": ["b", "a", "a", "a", "b"]})
    assert spread_over_patients(rows, 3) == ["a1", "b2", "a2"]
    assert len(spread_over_patients(rows, 99)) == 5


class OneSensor(nn.Module):
    """Logits that are the mean of sensor 1, and nothing."""

    def forward(self, x):
        return torch.stack([x[:, 0, 1].mean(dim=1), torch.zeros(len(x))], dim=1)


@pytest.mark.parametrize(("of", "sign"), [(0, 1), (1, -1)])
def test_only_the_sensor_that_counts_is_missed(of, sign):
    images = torch.zeros(4, 1, 3, 5)
    images[:, :, 1] = 2.0
    loss, moved = without_each_sensor(OneSensor(), images, torch.full((4,), of))
    # cross-entropy with the sensor: log(1 + exp(-2)) where it is right, log(1 + exp(2)) where wrong; log(2) without
    assert loss == pytest.approx([0, np.log(2) - np.log1p(np.exp(-2 * sign)), 0], abs=1e-6)
    assert moved == pytest.approx([0, 2, 0], abs=1e-6)  # the log-odds go from 2 to 0


def test_a_cnn_gives_no_attention():
    assert np.isnan(attention_received(Cnn(3, 8, 2, channels=(2,)), torch.zeros(1, 1, 3, 8), 3)).all()


def test_the_map_of_the_sensors_keeps_their_order():
    table = pd.DataFrame(
        {
            "patient": ["P1"] * 2 + ["P2"] * 2,
            "sensor": ["z", "a", "z", "a"],
            "x": [0.0, 1.0, 0.2, 1.2],
            "y": [0.0] * 4,
        }
    )
    found = sensor_map([table.iloc[:2], table.iloc[2:]])
    assert found["sensor"].tolist() == ["z", "a"]
    assert found["x"].tolist() == pytest.approx([0.1, 1.1])
    assert measure_locations.COLUMNS[2:5] == ("sensor", "x", "y")


def test_patients_and_recordings_are_counted(source):
    patients = pd.DataFrame(
        {"patient": ["P0", "P1", "P2"], "label": ["sps", "cps", "cps"], "recordings": [20, 21, 20], "moved": [0, 1, 2],
         "movement_unknown": [0, 0, 20], "cut": [100, 90, 80], "epochs": [10, 9, 8], "scale": [1e-13, 2e-13, 3e-13]}
    )  # fmt: skip
    ledger = pd.DataFrame({"patient": ["P9", "P9"], "excluded_from": ["all", "all"]})
    steps = flow(patients, ledger).set_index("step")["n"]
    assert steps["in the sheet"] == 4
    assert steps.loc[["excluded", "analysed", "cps", "sps"]].tolist() == [1, 3, 2, 1]
    assert steps.loc[["recordings", "moved", "movement unknown", "epochs"]].tolist() == [61, 3, 20, 27]
    clinical = pd.DataFrame(
        {"patient": ["P0", "P1", "P2"], "age": [20.0, 22.0, 24.0], "sex": ["F", "M", None]}
    )
    table = characteristics(patients, clinical).set_index("variable")
    assert table.loc["Age, y", "cps"] == "23.0 (1.4)"
    assert table.loc["Recordings used", "cps"].startswith("19.0")


def test_traces_and_spectra_are_of_the_epochs(source):
    traces = example_traces(source, 40.0)
    first = traces[traces["subtype"] == "sps"]
    assert first["sample"].unique().tolist() == ["P0_e0"]
    assert first["value"].to_numpy() == pytest.approx(source.read("P0_e0")[0].ravel())
    assert first["second"].max() == pytest.approx(39 / 40)
    table = spectra(source, 40.0, SETTINGS["band_edges_hz"])
    assert table.groupby("subtype")["n"].first().to_dict() == {"cps": 4, "sps": 4}
    assert len(table) == 6
