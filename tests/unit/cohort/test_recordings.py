"""Recordings of MEG: what is found in a folder, what a file holds, how far a head moved, what is refused."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import mne
import numpy as np
import pytest

from scripts.cohort import recordings
from scripts.cohort.case_images import SIGNAL, CaseImage
from scripts.cohort.check_cases import check_case
from scripts.cohort.recordings import examine_recordings, find_recordings, head_movement_mm, open_recording
from scripts.cohort.signal_faults import misfits, signal_faults, signals_digest
from scripts.errors import InputError

REAL = Path(os.environ.get("REAL_DATA", ".")) / "meg_eeg" / "mne"
WHICH = CaseImage("recordings", SIGNAL, "", "", "", False)
FEMTO = 1e-15


def raw_of(samples, kinds="mag", rate=200.0):
    n = len(samples)
    return mne.io.RawArray(
        samples, mne.create_info([f"M{k}" for k in range(n)], rate, kinds), verbose="ERROR"
    )


def noise(n=4, samples=500, seed=1):
    return 100 * FEMTO * np.random.default_rng(seed).standard_normal((n, samples))


def write(path, samples=None, movement=None, **others):
    path.parent.mkdir(parents=True, exist_ok=True)
    raw_of(noise() if samples is None else samples, **others).save(path, fmt="double", verbose="ERROR")
    if movement is not None:
        path.with_suffix(".json").write_text(json.dumps({"MaxMovement": movement}))
    return path


def test_a_bids_folder_gives_its_recordings_in_natural_order(tmp_path):
    names = [f"sub-01_task-rest_run-{k}_meg.fif" for k in (10, 2, 1)]
    for name in (
        *names,
        "sub-01_task-rest_run-3-eve.fif",
        "sub-01_acq-calibration_meg.fif",
        ".hidden_meg.fif",
    ):
        (tmp_path / "sub-01" / "meg").mkdir(parents=True, exist_ok=True)
        (tmp_path / "sub-01" / "meg" / name).write_bytes(b"x")
    (tmp_path / "sub-01" / "meg" / "sub-01_task-rest_run-4_meg.ds").mkdir()
    (tmp_path / "sub-01" / "meg" / "sub-01_task-rest_run-4_meg.ds" / "hz.ds").mkdir()
    found = [path.name for path in find_recordings(tmp_path / "sub-01")]
    assert found == [
        f"sub-01_task-rest_run-{k}" + ("_meg.ds" if k == 4 else "_meg.fif") for k in (1, 2, 4, 10)
    ]


def test_the_later_files_of_a_cut_recording_are_no_recordings(tmp_path):
    for name in ("a_split-01_meg.fif", "a_split-02_meg.fif", "b_meg.fif", "b_meg-1.fif"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in find_recordings(tmp_path)] == ["a_split-01_meg.fif", "b_meg.fif"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "found nothing of that name"),
        ("a.edf", "Convert it to FIF"),
        ("empty", "in the folder, found none"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path, name, message):
    (tmp_path / "a.edf").write_bytes(b"0       ")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        find_recordings(tmp_path / name)


def test_the_facts_of_a_recording_are_its_own(tmp_path):
    samples = noise(5, 4300)  # more than two blocks
    samples[3] = 7 * FEMTO
    kinds = ["mag", "mag", "mag", "mag", "eeg"]
    path = write(tmp_path / "a_meg.fif", samples, movement=3.25, kinds=kinds)
    (facts,) = examine_recordings(path)
    assert (facts.sensors, facts.samples, facts.sampling_hz) == (4, 4300, 200.0)
    assert (facts.not_finite, facts.flat, facts.head_movement_mm) == (0, ("M3",), 3.25)
    assert facts.spread == pytest.approx(np.median(samples[:4].std(axis=1)), rel=1e-6, abs=0)
    # an offset is no spread
    (raised,) = examine_recordings(write(tmp_path / "raised_meg.fif", samples + 400 * FEMTO, kinds=kinds))
    assert raised.spread == pytest.approx(facts.spread, rel=1e-6, abs=0)
    again = write(tmp_path / "b_meg.fif", samples[[0, 1, 2, 3, 4]], kinds=kinds)
    assert examine_recordings(again)[0].digest == facts.digest
    samples[0, 17] *= 1.001
    other = write(tmp_path / "c_meg.fif", samples, kinds=kinds)
    assert examine_recordings(other)[0].digest != facts.digest


def test_a_file_that_is_no_recording_is_named_without_its_content(tmp_path):
    path = tmp_path / "a_meg.fif"
    path.write_bytes(b"DOE^JANE" * 100)
    with pytest.raises(
        InputError, match="a raw recording of MEG, found one that MNE-Python cannot read"
    ) as error:
        open_recording(path)
    assert "DOE" not in str(error.value)


def test_a_recording_that_is_cut_off_is_refused(tmp_path):
    path = write(tmp_path / "a_meg.fif", noise(20, 9000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="cannot read|samples to the end"):
        examine_recordings(path)


def test_a_recording_without_meg_is_refused(tmp_path):
    path = write(tmp_path / "a_meg.fif", kinds="eeg")
    with pytest.raises(InputError, match="expected MEG sensors, found eeg"):
        open_recording(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "a JSON object"), ("[1]", "a JSON object"), ('{"MaxMovement": -1}', "in mm, from 0 on, found -1"),
     ('{"MaxMovement": "5 mm"}', "found '5 mm'")],
)  # fmt: skip
def test_a_movement_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "a_meg.json").write_text(text)
    with pytest.raises(InputError, match=message):
        head_movement_mm(tmp_path / "a_meg.fif")


def test_nothing_is_known_of_a_head_that_nobody_followed(tmp_path):
    assert head_movement_mm(tmp_path / "a_meg.fif") is None
    (tmp_path / "b_meg.json").write_text("{}")
    assert head_movement_mm(tmp_path / "b_meg.fif") is None


def test_a_recording_in_several_files_has_one_bids_file(tmp_path):
    (tmp_path / "sub-01_task-rest_meg.json").write_text('{"MaxMovement": 2}')
    assert head_movement_mm(tmp_path / "sub-01_task-rest_split-01_meg.fif") == 2.0


def test_the_coil_that_moved_farthest_counts_in_a_ctf_folder(tmp_path, monkeypatch):
    """3 mm along x and 4 mm along z are 5 mm between the first and the last place; on the way there it was more."""
    first = np.array([[0.0, 0.08, 0.0], [-0.07, 0.0, 0.0], [0.07, 0.0, 0.0]])
    last = first + np.array([[0.003, 0.0, 0.004], [0.001, 0.0, 0.0], [0.0, 0.002, 0.0]])
    places = np.stack([first, first + 0.02, last])
    names = [f"HLC00{coil}{axis}-6704" for coil in (1, 2, 3) for axis in (1, 2, 3)]
    (tmp_path / "a.ds").mkdir()
    monkeypatch.setattr(recordings, "_opened", lambda path: SimpleNamespace(ch_names=names))
    monkeypatch.setattr(mne.chpi, "extract_chpi_locs_ctf", lambda raw, verbose: {"rrs": places})
    assert head_movement_mm(tmp_path / "a.ds") == pytest.approx(5.0)


def test_ctf_channels_of_the_head_localisation_are_read_as_mne_has_them():
    """MNE's own reading of made-up coil channels: metres in, so that 6 mm come out as 6."""
    rate, n = 100.0, 300
    t = np.arange(n) / rate
    names = [f"HLC00{coil}{axis}-6704" for coil in (1, 2, 3) for axis in (1, 2, 3)]
    start = np.array([0.0, 0.08, 0.0, -0.07, 0.0, 0.0, 0.07, 0.0, 0.0])
    samples = start[:, None] + np.where(np.arange(9)[:, None] == 2, 0.006, 0.0) * (t > 1.5)
    # the fit's channels, which MNE looks for beside the places
    fits = [f"HLC00{coil}8-6704" for coil in (1, 2, 3)]
    data = np.vstack([samples, np.zeros((3, n))])
    raw = mne.io.RawArray(data, mne.create_info([*names, *fits], rate, "misc"), verbose="ERROR")
    found = mne.chpi.extract_chpi_locs_ctf(raw, verbose="ERROR")["rrs"]
    assert 1000 * np.linalg.norm(found[-1] - found[0], axis=1).max() == pytest.approx(6.0)


def facts_of(**others):
    values = {
        "name": "a", "sensors": 3, "samples": 10, "sampling_hz": 100.0, "digest": "d", "not_finite": 0, "flat": (),
        "spread": 1e-13, "head_movement_mm": None, "names": ("x", "y", "z"), "band_hz": (0.0, 600.0),
    }  # fmt: skip
    return recordings.RecordingFacts(**(values | others))


@pytest.mark.parametrize(
    ("others", "severity", "message"),
    [
        ({"not_finite": 3}, "error", "3 without in b"),
        ({"flat": ("x", "y", "z")}, "error", "one value throughout in every sensor of b"),
        ({"flat": ("x",)}, "warning", "one value throughout in x of b"),
        ({"sensors": 4}, "error", "3 in a, 4 in b"),
        ({"sampling_hz": 99.0}, "warning", "100 Hz in a, 99 Hz in b"),
        ({"spread": 1e-4}, "warning", "1.0e-04 in b"),
        ({"digest": "d"}, "error", "a again as b"),
        ({"names": ("x", "z", "y")}, "error", "y in a, z in b (sensor 2)"),
    ],
)
def test_faults_of_a_second_recording(others, severity, message):
    second = facts_of(**({"name": "b", "digest": "e"} | others))
    (fault,) = signal_faults([facts_of(), second])
    assert (fault[0], fault[2]) == (severity, message)


def test_recordings_in_order_have_no_fault_and_a_digest_by_order():
    pair = [facts_of(), facts_of(name="b", digest="e")]
    assert not list(signal_faults(pair))
    assert signals_digest(pair) != signals_digest(pair[::-1])


def test_the_check_records_the_recordings_of_a_patient(tmp_path):
    for k in (1, 2):
        write(tmp_path / "meg" / f"run-{k}_meg.fif", noise(4, 300 * k, seed=k))
    record = check_case(
        {"patient": "P1", "row": 2, "recordings": str(tmp_path / "meg")}, {"modality": "MEG"}, WHICH
    )
    assert record["faults"] == []
    assert (record["phases"], record["size_x"], record["size_y"], record["size_z"]) == (2, 900, 4, 1)
    assert len(record["image_digest"]) == 64
    assert record["spacing_x_mm"] is None


def test_the_check_names_what_is_wrong(tmp_path):
    write(tmp_path / "meg" / "run-1_meg.fif")
    write(tmp_path / "meg" / "run-2_meg.fif")
    case = {"patient": "P1", "row": 2, "recordings": str(tmp_path / "meg")}
    (fault,) = check_case(case, {"modality": "MEG"}, WHICH)["faults"]
    assert fault.sentence() == (
        "expected another recording in every file, found run-1_meg.fif again as run-2_meg.fif. Remove one of them."
    )
    (missing,) = check_case(case | {"recordings": str(tmp_path / "no")}, {"modality": "MEG"}, WHICH)["faults"]
    assert missing.column == "recordings"


NEEDED = {
    "sensors": 3, "high_pass_hz": 0.03, "low_pass_hz": 300.0, "resample_hz": 100.0, "most_head_movement_mm": 5.0,
}  # fmt: skip

BAND = "a band of 0.03 to 300 Hz or more (signal)"
HEAD = "how far the head moved (head localisation of CTF, MaxMovement of BIDS)"


@pytest.mark.parametrize(
    ("others", "severity", "expected", "found"),
    [
        ({"sensors": 2}, "error", "3 MEG sensors (signal.sensors)", "2 in b and 1 more"),
        ({"sampling_hz": 99.5}, "error", "100 or more samples a second (signal.resample_hz)", "99.5 in b and 1 more"),
        ({"band_hz": (0.0, 40.0)}, "warning", BAND, "0 to 40 Hz in b and 1 more"),
        ({"band_hz": (0.1, 330.0)}, "warning", BAND, "0.1 to 330 Hz in b and 1 more"),
        ({"head_movement_mm": None}, "warning", HEAD, "nothing of it in 2 of 3 recordings"),
    ],
)  # fmt: skip
def test_what_the_study_asks_of_a_recording_is_told_once_a_patient(others, severity, expected, found):
    first = facts_of(head_movement_mm=9.0)
    second = facts_of(**({"name": "b", "head_movement_mm": 5.0} | others))
    third = facts_of(**({"name": "c", "head_movement_mm": 5.0} | others))
    (words,) = misfits([first, second, third], NEEDED)
    assert words[:3] == (severity, expected, found)


def test_a_head_that_moved_too_far_in_every_recording_is_an_error():
    still = [facts_of(head_movement_mm=5.1), facts_of(name="b", head_movement_mm=5.0)]
    assert not list(misfits(still, NEEDED))
    moved = [facts_of(head_movement_mm=7.0), facts_of(name="b", head_movement_mm=5.1)]
    ((severity, expected, found, _),) = misfits(moved, NEEDED)
    assert (severity, found) == ("error", "5.1 mm or more in all 2")
    assert expected == "a recording with a head movement of at most 5 mm"


def test_the_check_asks_what_the_study_asks_and_knows_the_order_of_the_sensors(tmp_path):
    write(tmp_path / "a_meg.fif", movement=1.0, rate=200.0)
    case = {"patient": "P1", "row": 2, "recordings": str(tmp_path / "a_meg.fif")}
    record = check_case(case, {"modality": "MEG", "signal": NEEDED | {"sensors": 275}}, WHICH)
    assert [fault.sentence() for fault in record["faults"]] == [
        "expected 275 MEG sensors (signal.sensors), found 4 in a_meg.fif. If this is your system, set parameters: "
        "{signal: {sensors: 4}}.",
        "expected a band of 0.03 to 300 Hz or more (signal), found 0 to 100 Hz in a_meg.fif. Used as it is; such "
        "recordings must be as frequent in both classes.",
    ]
    raw = raw_of(noise())
    raw.reorder_channels(["M1", "M0", "M2", "M3"])
    raw.save(tmp_path / "b_meg.fif", fmt="double", verbose="ERROR")
    other = check_case(case | {"recordings": str(tmp_path / "b_meg.fif")}, {"modality": "MEG"}, WHICH)
    assert record["layout"] != other["layout"]


def test_sensors_are_named_without_the_number_of_a_ctf_system(tmp_path):
    info = mne.create_info(["MLC11-2908", "MRT57-2908"], 200.0, "mag")
    mne.io.RawArray(noise(2), info, verbose="ERROR").save(tmp_path / "a_meg.fif", verbose="ERROR")
    assert examine_recordings(tmp_path / "a_meg.fif")[0].names == ("MLC11", "MRT57")


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA is not set")
@pytest.mark.parametrize(
    ("name", "sensors", "samples", "rate"),
    [("test_ctf_comp_raw.fif", 274, 241, 480.0), ("test.sqd", 157, 2000, 1000.0),
     ("exported4D_linux_raw.fif", 248, 305, 1017.25)],
)  # fmt: skip
def test_real_recordings_of_three_makers_are_read(name, sensors, samples, rate):
    """CTF (as FIF), KIT and BTi (as FIF): sensors, samples and rate as the files themselves say."""
    (facts,) = examine_recordings(REAL / name)
    assert (facts.sensors, facts.samples, round(facts.sampling_hz, 2)) == (sensors, samples, rate)
    assert not list(signal_faults([facts]))


@pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA is not set")
def test_a_real_average_is_no_recording():
    with pytest.raises(InputError, match="a raw recording of MEG"):
        open_recording(REAL / "test-ave.fif.gz")
