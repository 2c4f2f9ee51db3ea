"""A seventh of the thousand mutated cohorts of tests/benchmarks/mutations.py, and that a bad outcome is seen."""

import os
import time

import pytest

from scripts.cohort import check_cases, volume_files
from scripts.errors import InputError
from tests.mutations import judging, trials
from tests.mutations.trials import planned, run_trials

EVERY = 7


def test_mutated_cohorts_are_refused_in_clear_words_or_used_rightly(tmp_path):
    outcomes = [outcome for _, outcome in run_trials(planned(1000)[::EVERY], tmp_path)]
    found = judging.summary(outcomes)
    assert found["defects"] == []
    assert found["verdicts"]["refused"] > len(outcomes) / 2
    assert found["verdicts"]["used"] > len(outcomes) / 10
    assert all(outcome.words for outcome in outcomes)


def test_the_thousand_are_the_same_every_time():
    assert len(set(planned(1000))) == 1000
    assert planned(200) == planned(1000)[:200]
    with pytest.raises(ValueError, match="expected at most"):
        planned(10**6)


def read_anything(path):
    """A reader without the check of what a header promises."""


def fail(*arguments, **options):
    raise KeyError("SliceThickness")


def refuse_in_jargon(*arguments, **options):
    raise InputError("image.mha", "an image", "RuntimeError: itk::ExceptionObject")


BREAKS = {
    "a voxel file elsewhere": (volume_files, "check_nrrd", read_anything, "voxels_in_another_file.nrrd", "refused"),
    "words of a programmer": (check_cases, "read_image", refuse_in_jargon, "volume_files.empty_file", "programmer"),
    "a traceback": (judging, "check_sheet", fail, "sheets.rows_shuffled", "a traceback"),
    "a crash": (check_cases, "read_image", lambda *a, **k: os._exit(7), "volume_files.empty_file", "ended with 7"),
    "a hang": (check_cases, "read_image", lambda *a, **k: time.sleep(60), "volume_files.empty_file", "no answer"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_bad_outcome_is_seen(tmp_path, monkeypatch, name):
    module, attribute, broken, kind, words = BREAKS[name]
    trial = next(t for t in planned(1000) if kind in t[0])
    ((_, sound),) = run_trials([trial], tmp_path / "sound")
    assert sound.defects == []
    monkeypatch.setattr(module, attribute, broken)
    if module is check_cases:  # the sound cohort is examined before the trial begins
        monkeypatch.setattr(trials, "check_case", lambda case, settings: {"image": "image", "faults": []})
    ((_, outcome),) = run_trials([trial], tmp_path / "broken", limit_s=2 if name == "a hang" else 60)
    assert words in " ".join(outcome.defects)


def test_other_values_than_the_sheets_are_seen(tmp_path, monkeypatch):
    real = judging.check_sheet

    def older(*arguments, **options):
        clinical, faults = real(*arguments, **options)
        clinical.loc[3, "age"] += 1
        return clinical, faults

    monkeypatch.setattr(judging, "check_sheet", older)
    ((_, outcome),) = run_trials([("sheets.rows_shuffled", 0)], tmp_path)
    assert "is used as" in outcome.defects[0]


def test_other_voxels_than_the_files_are_seen(tmp_path, monkeypatch):
    real = judging.read_mask

    def moved(*arguments, **options):
        mask = real(*arguments, **options)
        mask.array[5, 9] = 0
        return mask

    monkeypatch.setattr(judging, "read_mask", moved)
    ((_, outcome),) = run_trials([("volume_files.another_type.int32", 0)], tmp_path)
    assert "other voxels than an independent reading of the mask" in outcome.defects[0]
