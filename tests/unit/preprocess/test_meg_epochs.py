"""Epochs of recordings: the band by closed forms, resampling, cutting, scaling, head movement, what is refused."""

import json

import mne
import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.preprocess.helmet import helmet_map, sensor_positions
from scripts.preprocess.meg_epochs import (
    EpochSettings,
    SignalSettings,
    cut_epochs,
    evenly_spread,
    patient_epochs,
    prepared,
    scaled,
)

RATE = 1200.0
PICO = 1e-12


def raw_of(samples, rate=RATE):
    names = [f"M{k}" for k in range(len(samples))]
    return mne.io.RawArray(np.atleast_2d(samples), mne.create_info(names, rate, "mag"), verbose="ERROR")


def sines(*hertz, seconds=10.0, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    return np.stack([np.sin(2 * np.pi * f * t) for f in hertz])


def amplitude(signal, hertz, rate):
    """Amplitude of a sine in the middle of a signal."""
    n = len(signal)
    t = np.arange(n)[n // 4 : 3 * n // 4] / rate
    part = signal[n // 4 : 3 * n // 4]
    return 2 * abs(np.mean(part * np.exp(-2j * np.pi * hertz * t)))


def test_the_band_lets_half_through_at_its_edges():
    """A Butterworth filter has |H|^2 = 1/2 at its edge; forwards and backwards that is the amplitude's factor."""
    low, high = 4.0, 300.0
    raw = prepared(raw_of(sines(4.0, 40.0, 300.0, 500.0)), "a", SignalSettings(4, low, high, RATE)).get_data()
    found = [amplitude(signal, f, RATE) for signal, f in zip(raw, (4.0, 40.0, 300.0, 500.0), strict=True)]
    assert found[0] == pytest.approx(0.5, abs=0.01)
    assert found[1] == pytest.approx(1.0, abs=1e-3)
    assert found[2] == pytest.approx(0.5, abs=0.01)
    assert found[3] < 0.01


def test_nothing_is_shifted_in_time():
    t = np.arange(round(8 * RATE)) / RATE
    bump = np.exp(-0.5 * ((t - 4.0) / 0.05) ** 2)
    for settings in (SignalSettings(1, 0.03, 100.0, RATE), SignalSettings(1, 0.03, 300.0, 100.0)):
        raw = prepared(raw_of(bump[None]), "a", settings)
        assert raw.times[raw.get_data()[0].argmax()] == pytest.approx(4.0, abs=0.6 / settings.resample_hz)


def test_a_steady_drift_leaves_nothing_at_the_ends():
    """A high-pass filter has no answer to a straight line: not at the start of a recording of two minutes either."""
    t = np.arange(round(120 * 400.0)) / 400.0
    raw = raw_of(np.stack([1000 + t, np.sin(2 * np.pi * 10 * t)]), 400.0)
    line, rhythm = prepared(raw, "a", SignalSettings(2, 0.03, 300.0, 400.0)).get_data()
    assert np.abs(line).max() < 0.01  # of a drift of 1 a second
    assert np.abs(rhythm[: 20 * 400]).max() == pytest.approx(1.0, abs=0.01)


def test_resampling_gives_the_signal_at_the_new_times():
    raw = prepared(raw_of(sines(7.0)), "a", SignalSettings(1, 0.0, 300.0, 100.0))
    assert raw.info["sfreq"] == 100.0
    expected = np.sin(2 * np.pi * 7.0 * np.arange(1000) / 100.0)
    assert raw.get_data()[0, 100:900] == pytest.approx(expected[100:900], abs=0.01)


def test_a_recording_with_a_narrower_band_is_left_as_it_is():
    raw = raw_of(sines(7.0))
    with raw.info._unlock():
        raw.info["highpass"], raw.info["lowpass"] = 0.1, 200.0
    before = raw.get_data().copy()
    assert (prepared(raw, "a", SignalSettings(1, 0.03, 300.0, RATE)).get_data() == before).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (SignalSettings(3, resample_hz=100.0), r"3 MEG sensors \(signal.sensors\), found 2 in a"),
        (SignalSettings(2, resample_hz=2000.0), "2000 or more samples a second, found 1200 in a"),
    ],
)
def test_recordings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(CaseError, match=message):
        prepared(raw_of(sines(7.0, 8.0)), "a", settings)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (
            SignalSettings,
            {"high_pass_hz": 400.0},
            "signal.high_pass_hz: expected a frequency below low_pass_hz",
        ),
        (SignalSettings, {"sensors": 0}, "signal.sensors"),
        (SignalSettings, {"resample_hz": 0.0}, "signal.resample_hz"),
        (EpochSettings, {"seconds": 0.0}, "epochs.seconds"),
        (EpochSettings, {"most": 0}, "epochs.most"),
        (EpochSettings, {"scale": "all"}, "epochs.scale: expected patient or sensor or none"),
    ],
)
def test_settings_that_cannot_be_are_refused(kind, values, message):
    with pytest.raises(InputError, match=message):
        kind(**values)


def test_epochs_lie_side_by_side_and_none_over_a_bad_segment():
    raw = raw_of(np.arange(1050.0)[None], 100.0)
    whole, starts = cut_epochs(raw, EpochSettings(2.0))
    assert starts.tolist() == [0, 2, 4, 6, 8]
    assert whole.shape == (5, 1, 200)
    assert whole[2, 0, [0, -1]].tolist() == [400, 599]
    raw.set_annotations(mne.Annotations([3.9, 9.0], [0.2, 0.1], ["BAD_spike", "blink"]))
    kept, starts = cut_epochs(raw, EpochSettings(2.0))
    assert starts.tolist() == [0, 6, 8]
    assert kept[1, 0, 0] == 600


def test_bad_segments_count_from_the_start_of_the_acquisition():
    """A file that begins 5 s into its acquisition, as a FIF file may: the same seconds are left out."""
    info = mne.create_info(["M0"], 100.0, "mag")
    raw = mne.io.RawArray(np.zeros((1, 1000)), info, first_samp=500, verbose="ERROR")
    raw.set_annotations(mne.Annotations([2.1], [0.5], ["BAD"]))
    assert cut_epochs(raw, EpochSettings(2.0))[1].tolist() == [0, 4, 6, 8]


def test_a_last_sample_that_rounding_took_is_filled():
    raw = raw_of(np.arange(399.0)[None], 100.0)
    cut, starts = cut_epochs(raw, EpochSettings(2.0), expected=2)
    assert starts.tolist() == [0, 2]
    assert cut[1, 0, -2:].tolist() == [398, 398]


def test_epochs_are_spread_evenly():
    assert evenly_spread(4, 9).tolist() == [0, 1, 2, 3]
    assert evenly_spread(10, 5).tolist() == [0, 2, 4, 6, 8]
    assert np.diff(evenly_spread(1200, 120)).tolist() == [10] * 119


def test_scales_are_the_sd_of_normal_samples():
    rng = np.random.default_rng(2)
    signals = (PICO * np.array([1.0, 3.0])[None, :, None] * rng.standard_normal((50, 2, 400))).astype(
        np.float32
    )
    by_sensor, middle = scaled(signals, "sensor")
    assert by_sensor.std(axis=(0, 2)) == pytest.approx([1, 1], abs=0.02)
    assert middle == pytest.approx(2 * PICO, rel=0.02, abs=0)
    pico, unit = scaled(signals, "none")
    assert pico.std(axis=(0, 2)) == pytest.approx([1, 3], rel=0.02)
    assert unit == PICO
    together, spread = scaled(np.repeat(signals[:, :1], 2, axis=1), "patient")
    assert spread == pytest.approx(PICO, rel=0.02, abs=0)
    # one number for all sensors: ratios between sensors stay
    mixed, _ = scaled(signals, "patient")
    assert (mixed[:, 1].std() / mixed[:, 0].std()) == pytest.approx(3.0, rel=0.02)
    assert together.dtype == np.float32


def test_magnetometers_and_gradiometers_have_a_scale_each(tmp_path):
    """Units differ (T, T/m): two gradiometers of 40 would leave of a magnetometer of 1 a fortieth. Ratios within a kind
    stay."""
    rng = np.random.default_rng(3)
    sd = np.array([40.0, 1.0, 120.0, 1.0])
    kinds = ["grad", "mag", "grad", "mag"]
    info = mne.create_info([f"M{k}" for k in range(4)], 400.0, kinds)
    raw = mne.io.RawArray(PICO * sd[:, None] * rng.standard_normal((4, 20000)), info, verbose="ERROR")
    raw.save(tmp_path / "a_meg.fif", fmt="double", verbose="ERROR")
    settings = SignalSettings(4, 0.0, 300.0, 400.0)
    found = patient_epochs(tmp_path / "a_meg.fif", settings, EpochSettings(1.0, 100)).signals.std(axis=(0, 2))
    assert found[[1, 3]] == pytest.approx([1.0, 1.0], rel=0.03)
    assert found[2] / found[0] == pytest.approx(3.0, rel=0.03)
    assert found[0] < 1 < found[2]


def test_a_recording_of_one_value_has_no_scale():
    with pytest.raises(CaseError, match="one value in more than half"):
        scaled(np.zeros((2, 3, 10), np.float32), "patient")


@pytest.fixture
def patient(tmp_path):
    def write(movements, seconds=6.0, n=3):
        for k, movement in enumerate(movements, start=1):
            rng = np.random.default_rng(k)
            raw = raw_of(PICO * rng.standard_normal((n, round(seconds * 400))), 400.0)
            raw.save(tmp_path / f"run-{k}_meg.fif", fmt="double", overwrite=True, verbose="ERROR")
            if movement is not None:
                (tmp_path / f"run-{k}_meg.json").write_text(json.dumps({"MaxMovement": movement}))
        return tmp_path

    return write


SIGNAL = SignalSettings(3, 0.5, 150.0, 200.0, 5.0)


def test_recordings_in_which_the_head_moved_are_left_out(patient):
    found = patient_epochs(patient([4.9, 5.0, 5.1, None]), SIGNAL, EpochSettings(1.0, 100))
    assert (found.recordings, found.moved, found.movement_unknown, found.cut) == (4, 1, 1, 18)
    assert found.signals.shape == (18, 3, 200)
    assert found.recording.tolist() == [1] * 6 + [2] * 6 + [4] * 6
    assert found.start_s.tolist() == [*range(6)] * 3
    assert found.signals.mean(axis=2) == pytest.approx(np.zeros((18, 3)), abs=1e-6)


def test_of_many_epochs_some_are_kept_of_every_recording(patient):
    found = patient_epochs(patient([1.0, 1.0]), SIGNAL, EpochSettings(1.0, 4))
    assert (found.cut, len(found.signals)) == (12, 4)
    assert found.recording.tolist() == [1, 1, 2, 2]
    assert found.start_s.tolist() == [0, 3, 0, 3]


def test_kept_epochs_are_those_of_the_whole_recording(patient):
    """Choosing fewer epochs changes nothing of those that stay but their common scale."""
    few = patient_epochs(patient([1.0]), SIGNAL, EpochSettings(1.0, 3))
    whole = patient_epochs(patient([1.0]), SIGNAL, EpochSettings(1.0, 100))
    ratio = few.signals * few.scale / (whole.signals[[0, 2, 4]] * whole.scale)
    assert ratio == pytest.approx(np.ones_like(ratio), rel=1e-4)


def test_patients_without_an_epoch_fail_in_words(patient):
    with pytest.raises(CaseError, match="at most 5 mm, found 6 mm or more in all 2"):
        patient_epochs(patient([6.0, 7.0]), SIGNAL, EpochSettings(1.0))
    with pytest.raises(CaseError, match="a recording of 10 s or more, found none"):
        patient_epochs(patient([1.0]), SIGNAL, EpochSettings(10.0))


def test_places_of_sensors_are_the_files_own():
    info = mne.create_info(["a", "b"], 100.0, "mag")
    info["chs"][0]["loc"][:3] = [0.1, 0.2, 0.3]
    info["chs"][1]["loc"][:3] = 0.0
    found = sensor_positions(info)
    assert found[0] == pytest.approx([0.1, 0.2, 0.3])
    assert np.isnan(found[1]).all()


def test_a_map_of_a_half_sphere_has_angles_for_radii():
    """Ear to ear over the top, and front to back: 0, 45 and 90 degrees from the top become 0, 0.5 and 1."""
    half = np.sqrt(0.5)
    places = np.array(
        [[0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [half, 0, half], [-half, 0, half]], float
    )
    found = helmet_map(0.12 * places)
    expected = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [0.5, 0], [-0.5, 0]]
    assert found == pytest.approx(np.array(expected, float), abs=1e-9)


def test_sensors_without_a_place_lie_on_a_circle():
    found = helmet_map(np.full((4, 3), np.nan))
    assert np.hypot(*found.T) == pytest.approx(np.ones(4))
