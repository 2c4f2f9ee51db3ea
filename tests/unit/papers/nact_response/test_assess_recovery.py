"""Planted against found: rows by hand, and the step on folders of two made-up patients."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.papers.nact_response.assess_recovery import (
    CASE_COLUMNS,
    case_table,
    field_correlation,
    image_rows,
    jacobian_recovery,
    main,
    mean_interval,
)
from scripts.papers.nact_response.recovery_rows import COLUMNS, recovery_row
from scripts.preprocess.files import save_volume
from scripts.tables import read_table, write_json, write_table
from scripts.volumes import Volume, write_volume

SPACING = (2.0, 2.0, 2.0)


def constant(value, shape=(6, 7, 8), dtype=np.float32):
    return Volume(np.full(shape, value, dtype), SPACING)


def block():
    mask = np.zeros((6, 7, 8), np.uint8)
    mask[2:4, 2:5, 2:6] = 1
    return Volume(mask, SPACING)


def by_quantity(rows):
    return {row["quantity"]: row for row in rows}


def test_jacobian_error_by_hand():
    found = jacobian_recovery(constant(0.5), constant(0.4), block())
    assert found["planted_jacobian"] == pytest.approx(0.4)
    assert found["found_jacobian"] == pytest.approx(0.5)
    assert found["log_jacobian_error"] == pytest.approx(np.log(1.25), rel=1e-6)


def test_the_planted_map_is_brought_to_the_found_ones_grid():
    # a ramp along x, J = 0.3 + 0.01 x(mm), is the same at any voxel of any grid
    fine = Volume(
        np.broadcast_to(0.3 + 0.01 * np.arange(16), (12, 14, 16)).astype(np.float32), (1.0, 1.0, 1.0)
    )
    coarse = Volume(np.broadcast_to(0.3 + 0.01 * 2 * np.arange(8), (6, 7, 8)).astype(np.float32), SPACING)
    found = jacobian_recovery(coarse, fine, block())
    assert found["log_jacobian_error"] == pytest.approx(0, abs=1e-6)


def test_fields_are_compared_up_to_a_factor():
    random = np.random.default_rng(1)
    field = Volume(np.exp(0.1 * random.normal(size=(5, 6, 7))), SPACING)
    body = random.random((5, 6, 7)) < 0.5
    other = field.with_array(3.0 * field.array**2)
    assert field_correlation(field, other, body) == pytest.approx(1)
    noise = field.with_array(np.exp(random.normal(size=(5, 6, 7))))
    expected = stats.pearsonr(np.log(field.array[body]), np.log(noise.array[body])).statistic
    assert field_correlation(field, noise, body) == pytest.approx(expected)


def test_mean_and_t_interval():
    values = np.array([0.2, 0.5, 0.9, np.nan, 0.4])
    mean, low, high = mean_interval(values)
    expected = stats.ttest_1samp(values, 0, nan_policy="omit").confidence_interval(0.95)
    assert mean == pytest.approx(0.5)
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert np.isnan(mean_interval(np.array([np.nan]))).all()
    assert mean_interval(np.array([0.3]))[0] == 0.3


@pytest.fixture
def cases():
    random = np.random.default_rng(2)
    planted = random.uniform(0.3, 1.0, 30)
    return pd.DataFrame(
        {
            "planted_jacobian": planted,
            "found_jacobian": planted + 0.05 + 0.01 * random.normal(size=30),
            "log_jacobian_error": 0.2,
            "field_correlation": np.linspace(0.5, 1.0, 30),
            "planted_volume_ratio": planted,
            "found_volume_ratio": planted + 0.07,
            "dice_baseline": 0.9,
            "dice_follow_up": np.nan,
        }
    )


def test_rows_of_the_images_by_hand(cases):
    rows = by_quantity(image_rows(cases, "All"))
    mean = rows["Mean Jacobian in the tumour"]
    assert mean["planted"] == pytest.approx(cases["planted_jacobian"].mean())
    assert mean["found"] == pytest.approx(cases["found_jacobian"].mean())
    assert mean["lower"] < mean["found"] < mean["upper"]
    assert mean["upper"] - mean["lower"] < 0.02  # of the paired difference, not of the spread of the patients
    assert mean["ok"]
    assert not rows["Tumour volume after / before, by the masks"]["ok"]  # 0.07 off
    link = rows["Correlation of found and planted mean Jacobian"]
    assert link["found"] == pytest.approx(
        stats.pearsonr(cases["planted_jacobian"], cases["found_jacobian"]).statistic
    )
    assert link["ok"]
    assert rows["Error of log Jacobian in a tumour voxel (RMS)"]["ok"]
    assert rows["Correlation of the bias fields, found and planted"]["found"] == pytest.approx(0.75)
    assert rows["Dice of fuzzy C-means and the true mask, baseline"]["ok"]
    assert "Dice of fuzzy C-means and the true mask, follow-up" not in rows


def test_broken_stages_are_seen(cases):
    shuffled = cases.assign(
        found_jacobian=cases["found_jacobian"].to_numpy()[::-1],
        log_jacobian_error=0.6,
        field_correlation=0.2,
        dice_baseline=0.4,
    )
    rows = by_quantity(image_rows(shuffled, "All"))
    for quantity in (
        "Correlation of found and planted mean Jacobian",
        "Error of log Jacobian in a tumour voxel (RMS)",
        "Correlation of the bias fields, found and planted",
        "Dice of fuzzy C-means and the true mask, baseline",
    ):
        assert not rows[quantity]["ok"], quantity
    off = cases.assign(found_jacobian=cases["planted_jacobian"] + 0.15)
    assert not by_quantity(image_rows(off, "All"))["Mean Jacobian in the tumour"]["ok"]


def test_patients_whom_a_step_lost_are_missing():
    patients = pd.DataFrame({"patient": ["A", "B"], "cohort": "testing", "volume_ratio": [0.5, 0.8]})
    assessed = pd.DataFrame({"patient": ["A", "B"], **dict.fromkeys(CASE_COLUMNS, 1.0)})
    before = pd.DataFrame({"patient": ["A", "B"], "volume_ml": [8.0, 4.0], "dice_fuzzy_given": [0.9, 0.8]})
    after = pd.DataFrame({"patient": ["A"], "volume_ml": [5.0], "dice_fuzzy_given": [0.7]})
    table = case_table(patients, assessed, before, after).set_index("patient")
    assert table.at["A", "found_volume_ratio"] == 5 / 8
    assert np.isnan(table.at["B", "found_volume_ratio"])
    assert table.at["B", "dice_baseline"] == 0.8
    assert np.isnan(table.at["B", "dice_follow_up"])


def test_the_step_reads_the_folders_of_all_batches(tmp_path):
    patients = {"SIM-0001": "b0", "SIM-0002": "b1"}
    random = np.random.default_rng(3)
    field = Volume(np.exp(0.1 * random.normal(size=(6, 7, 8))).astype(np.float32), SPACING)
    head = np.full((6, 7, 8), 100.0, np.float32)
    head[:, :2] = 1.0
    for patient, batch in patients.items():
        for what, volume in (("true_jacobian", constant(0.4)), ("true_field", field)):
            write_volume(volume, tmp_path / "simulated" / batch / f"{patient}_{what}.mha")
        save_volume(field, tmp_path / "corrected" / batch, patient, "field")
        save_volume(field.with_array(head), tmp_path / "corrected" / batch, patient, "precontrast")
        save_volume(block(), tmp_path / "masks" / batch, patient, "mask")
        (tmp_path / "registered" / batch).mkdir(parents=True)
    save_volume(constant(0.5), tmp_path / "registered" / "b0", "SIM-0001", "jacobian")
    for visit, ml in (("baseline", 10.0), ("follow_up", 4.0)):
        for patient, batch in patients.items():
            table = pd.DataFrame({"patient": [patient], "volume_ml": [ml], "dice_fuzzy_given": [0.85]})
            write_table(table, tmp_path / visit / f"{batch}.parquet")
    truth = {"patients": {"patient": list(patients), "cohort": ["testing"] * 2, "volume_ratio": [0.4] * 2}}
    write_json(truth, tmp_path / "truth.json")
    model = recovery_row(
        "AUC, Baseline image", "Testing set", 0.58, (0.55, 0.4, 0.7), True, "as planted", 0.6
    )
    write_table(pd.DataFrame([model]), tmp_path / "model_recovery.parquet")
    inputs = {
        name: [str(tmp_path / name / batch) for batch in ("b0", "b1")]
        for name in ("simulated", "corrected", "masks", "registered")
    } | {
        name: [str(tmp_path / name / f"{b}.parquet") for b in ("b0", "b1")]
        for name in ("baseline", "follow_up")
    }
    job = SimpleNamespace(
        input=SimpleNamespace(
            truth=str(tmp_path / "truth.json"),
            model_recovery=str(tmp_path / "model_recovery.parquet"),
            **inputs,
        ),
        output=SimpleNamespace(recovery=tmp_path / "recovery.csv", recovery_cases=tmp_path / "cases.csv"),
        threads=1,
    )
    main(job)
    cases = read_table(tmp_path / "cases.parquet").set_index("patient")
    assert cases.at["SIM-0001", "log_jacobian_error"] == pytest.approx(np.log(1.25), rel=1e-6)
    assert np.isnan(cases.at["SIM-0002", "found_jacobian"])
    assert cases["field_correlation"].to_numpy() == pytest.approx([1, 1])
    rows = read_table(tmp_path / "recovery.csv")
    assert tuple(rows.columns) == COLUMNS
    found = rows.set_index("quantity")
    assert found.at["Tumour volume after / before, by the masks", "found"] == pytest.approx(0.4)
    assert found.at["AUC, Baseline image", "found"] == 0.55
    assert found["bayes"].dropna().to_dict() == {"AUC, Baseline image": 0.6}
    assert found["ok"].dtype == bool
    assert set(rows["group"]) == {"All patients", "Testing set"}
