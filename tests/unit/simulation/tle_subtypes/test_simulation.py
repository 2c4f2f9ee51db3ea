"""Simulated patients and recordings of tle_subtypes: what is planted is there, and a patient is its own."""

import json

import mne
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.errors import InputError
from scripts.simulation.tle_subtypes.draw_patients import sample_sheet
from scripts.simulation.tle_subtypes.helmet import of_regions, positions
from scripts.simulation.tle_subtypes.identifiers import (
    N_RECORDINGS,
    RATE_HZ,
    SECONDS,
    SENSORS,
    case_files,
    patient_ids,
)
from scripts.simulation.tle_subtypes.patients import SubtypeModel, draw_all
from scripts.simulation.tle_subtypes.render_cases import render_batch
from scripts.simulation.tle_subtypes.signals import frequencies, recording, shaped_noise
from scripts.simulation.tle_subtypes.truth import describe_truth


@pytest.fixture(scope="module")
def many():
    return draw_all(patient_ids(1200, "SIM"), 7)


def test_half_are_of_either_subtype_and_more_patients_change_no_earlier_one(many):
    assert many["subtype"].value_counts().to_dict() == {"cps": 600, "sps": 600}
    pd.testing.assert_frame_equal(draw_all(patient_ids(10, "SIM"), 7), many.head(10))
    first = many["subtype"].to_numpy()[::2]
    assert 0.4 < (first == "cps").mean() < 0.6


def test_the_planted_difference_is_the_written_one(many):
    z = many["slow_z"].to_numpy()
    cps = (many["subtype"] == "cps").to_numpy()
    assert z[cps].mean() - z[~cps].mean() == pytest.approx(2.0, abs=0.2)
    assert z[cps].std() == pytest.approx(1.0, abs=0.08)
    right = ((z > 0) == cps).mean()
    bayes = SubtypeModel().bayes
    assert bayes["accuracy"] == pytest.approx(stats.norm.cdf(1.0))
    assert right == pytest.approx(bayes["accuracy"], abs=0.04)
    pairs = (z[cps][:, None] > z[~cps][None, :]).mean()
    assert bayes["auc"] == pytest.approx(pairs, abs=0.03)


def test_nothing_else_differs_between_the_subtypes(many):
    cps = many["subtype"] == "cps"
    for column in ("alpha_hz", "age", "movement_1"):
        assert stats.mannwhitneyu(many.loc[cps, column], many.loc[~cps, column]).pvalue > 0.001
    assert abs((many.loc[cps, "side"] == "L").mean() - (many.loc[~cps, "side"] == "L").mean()) < 0.1


def test_the_truth_counts_what_was_drawn(many):
    truth = describe_truth(many, SubtypeModel())
    moved = sum(int((many[f"movement_{k}"] > 5).sum()) for k in range(1, N_RECORDINGS + 1))
    assert truth["recordings"] == {"n": 1200 * N_RECORDINGS, "moved": moved}
    assert (many["movement_1"] < 5).all()  # nobody is lost
    assert truth["sample"]["accuracy"] == pytest.approx(
        ((many["slow_z"] > 0) == (many["subtype"] == "cps")).mean()
    )
    assert len(truth["slow_sensors"]) == 8
    json.dumps(truth)


def test_the_helmet_is_symmetric():
    left, right = (positions()[[name[1] == side for name in SENSORS]] for side in "LR")
    assert left * [-1, 1, 1] == pytest.approx(right)
    assert np.linalg.norm(positions(), axis=1) == pytest.approx(np.full(len(SENSORS), 0.12))
    assert of_regions("T", "L").sum() == 4


def test_noise_of_a_shape_has_a_standard_deviation_of_one():
    f = frequencies(4800)
    gain = ((f >= 2) & (f <= 40)).astype(float)
    found = shaped_noise((200, 4800), gain, np.random.default_rng(1))
    assert found.std() == pytest.approx(1.0, abs=0.03)
    power = np.abs(np.fft.rfft(found, axis=1)) ** 2
    assert power[:, (f < 1.9) | (f > 40.1)].max() < 1e-9 * power.max()


def slow_amplitude(samples, sensors):
    spectrum = np.fft.rfft(samples - samples.mean(axis=1, keepdims=True), axis=1)
    f = np.fft.rfftfreq(samples.shape[1], 1 / RATE_HZ)
    return np.sqrt((np.abs(spectrum[sensors][:, (f >= 2) & (f <= 4)]) ** 2).mean())


def test_slow_activity_grows_as_planted_and_only_where_planted():
    row = {"side": "L", "alpha_hz": 10.0}
    ones, model = np.ones(len(SENSORS)), SubtypeModel()
    low, high = (recording(row | {"slow_z": z}, ones, np.random.default_rng(2), model) for z in (2.0, 6.0))
    there, elsewhere = of_regions(("F", "P")), of_regions(("T", "C", "O"))
    ratio = slow_amplitude(high, there) / slow_amplitude(low, there)
    assert ratio == pytest.approx(np.exp(4 * model.log_sd), rel=0.1)
    assert high[elsewhere] == pytest.approx(low[elsewhere], abs=0)


def test_files_are_equal_for_equal_patients_whatever_their_batch(tmp_path):
    drawn = draw_all(patient_ids(3, "SIM"), 7)
    render_batch(drawn, ["SIM-001", "SIM-002"], tmp_path / "one" / "b0", 7)
    render_batch(drawn, ["SIM-002"], tmp_path / "two" / "b1", 7)
    files = sorted((tmp_path / "one" / "b0" / "sub-SIM002" / "meg").iterdir())
    assert len(files) == 2 * N_RECORDINGS
    for path in files:
        assert path.read_bytes() == (tmp_path / "two" / "b1" / "sub-SIM002" / "meg" / path.name).read_bytes()
    raw = mne.io.read_raw_fif(files[0], verbose="ERROR")
    assert (raw.info["sfreq"], len(raw.times), tuple(raw.ch_names)) == (RATE_HZ, SECONDS * RATE_HZ, SENSORS)
    assert raw.info["meas_date"] is None
    facts = json.loads(files[1].read_text())
    assert facts["MaxMovement"] == drawn.loc[1, "movement_1"]


def test_patients_without_a_row_are_refused(tmp_path):
    with pytest.raises(InputError, match="a row for each of 1 patients, found none for SIM-009"):
        render_batch(draw_all(patient_ids(2, "SIM"), 7), ["SIM-009"], tmp_path / "b0", 7)


def test_the_sheet_is_one_that_a_user_would_write():
    drawn = draw_all(patient_ids(2, "SIM"), 7)
    sheet = sample_sheet(drawn, "images", {"b0": ["SIM-001"], "b1": ["SIM-002"]})
    assert sheet.loc[1, "recordings"] == case_files("images", "b1", "SIM-002")["recordings"]
    assert list(sheet) == ["patient", "recordings", "subtype", "age", "sex"]
    with pytest.raises(InputError, match="1 in none, first SIM-002"):
        sample_sheet(drawn, "images", {"b0": ["SIM-001"]})
