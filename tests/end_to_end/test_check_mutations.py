"""Dozens of mutations in one cohort through `snakemake check`: every one is told, and what is sound is let be."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.runs import RESULTS, refused, write_config
from tests.mutations import dicom_files, special_files, volume_files
from tests.mutations.bench import MUTATIONS, Bench
from tests.mutations.cohort import kind_of, write_cohort
from tests.mutations.judging import JARGON

COUNT = 96
REFUSED = [
    *(f"{volume_files.__name__.split('.')[-1]}.{name}" for name in (
        "empty_file", "random_bytes", "wrong_magic", "without_the_last_byte", "image_and_mask_swapped", "cropped",
        "something_else_under_this_name.picture", "something_else_under_this_name.text", "grid_of_one.moved_mask",
        "grid_of_one.respaced_image", "grid_of_one.turned_mask", "no_number.nan", "one_value.zero",
        "no_hounsfield_units.stored", "no_single_volume.rgb", "no_single_volume.four", "labels.empty", "labels.full",
        "labels.pieces", "labels.fractions", "named_label.absent",
    )),
    *(f"{dicom_files.__name__.split('.')[-1]}.{name}" for name in (
        "slice_twice", "series_not_named", "structure.other_series", "contours_moved.aside", "contours_not_planar",
        "structure.no_data", "segmentation.off_grid", "segmentation.short", "segment_named.absent", "colour_slices",
        "broken_file_beside_the_slices",
    )),
    *(f"{special_files.__name__.split('.')[-1]}.{name}" for name in (
        "folder_in_place_of_a_file", "link_that_goes_round", "link_to_nothing", "pipe", "device.zeros",
        "voxels_in_another_file.nrrd", "header_that_promises_too_much.mha", "nifti_that_promises_too_much",
        "path_cell.absent", "path_cell.backslash", "path_cell.line",
        "odd_name.braces",
    )),
]  # fmt: skip
USED = [
    *(f"special_files.odd_name.{name}" for name in ("spaces", "umlaut", "quote", "percent", "dollar")),
    "special_files.good_link",
    "volume_files.another_type.float32",
    "dicom_files.other_files_beside_the_slices.text",
]
CELLS = {
    "dfs_months": ("12,5", "-3", "inf", "2020-05-01"),
    "age": ("1e400", "two"),
    "sex": ("1",),
    "tnm_stage": ("V", "3-Mar"),
    "recurrence": ("maybe",),
    "cea": ("4,5",),
}


@dataclass
class Cohort(Bench):
    """A bench on which mutation after mutation takes the next sound patient of the kind that it asks for."""

    taken: list[str] = field(default_factory=list)

    def pick(self, patients):
        self.target = next(
            p for p in self.rows["patient"] if p not in self.taken and kind_of(p) in map(kind_of, patients)
        )
        self.taken.append(self.target)
        return self.row


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Folder of the run, mutation -> patient, (column, cell, patient) of changed cells, and what the run said."""
    folder = tmp_path_factory.mktemp("mutated")
    data = folder / "data"
    cohort = Cohort(data, data, write_cohort(data, COUNT), np.random.default_rng(11), turn=1)
    targets = {}
    for name in (*REFUSED, *USED):
        MUTATIONS[name][0](cohort)
        targets[name] = cohort.target
    cells = []
    sound = [p for p in cohort.rows["patient"] if p not in cohort.taken]
    for column, texts in CELLS.items():
        for text in texts:
            cells.append((column, text, sound.pop(0)))
            cohort.rows.loc[cohort.rows["patient"] == cells[-1][2], column] = text
    cohort.finished()
    write_config(
        folder / "mine.yaml",
        cases_per_job=36,
        cohorts={"mine": {"sheet": "data/sheet.csv"}},
        papers={"crc_nomogram": {"cohort": "mine"}},
    )
    said = refused(folder, "check", "--configfile", "mine.yaml")
    faults = pd.read_csv(folder / RESULTS / "check" / "mine" / "faults.csv", dtype=str, keep_default_na=False)
    return faults, targets, cells, sound, said


def test_every_mutation_is_told(checked):
    faults, targets, cells, _, _ = checked
    errors = faults[faults["severity"] == "error"]
    of_files = set(errors.loc[errors["column"].isin(["image", "mask"]), "patient"])
    assert [name for name in REFUSED if targets[name] not in of_files] == []
    told = {(entry["column"], entry["patient"]) for entry in errors.to_dict("records")}
    assert [cell for cell in cells if (cell[0], cell[2]) not in told] == []


def test_what_is_sound_is_let_be(checked):
    faults, targets, _, sound, _ = checked
    wronged = set(faults.loc[(faults["severity"] == "error"), "patient"])
    assert [name for name in USED if targets[name] in wronged] == []
    assert set(sound) & wronged == set()
    assert len(sound) > 10


def test_the_words_are_clear(checked):
    faults, _, _, _, said = checked
    for entry in faults.to_dict("records"):
        text = f"{entry['expected']} {entry['found']} {entry['remedy']}"
        assert not JARGON.search(text), text
        assert text.isprintable()
        assert entry["expected"]
        assert entry["found"]
    lines = said.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("data/sheet.csv: "))
    assert next(k for k in range(start, len(lines)) if "run the same command again" in lines[k]) - start < 30
