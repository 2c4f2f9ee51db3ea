"""Whole runs, made once: the default simulated target, a study of a hundred patients in many formats, a small one.

A test that changes something works on a copy (`copy_of`), whose files keep their times, so that Snakemake finds the
copy as finished as the original.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.end_to_end import formats, visits
from tests.end_to_end.hospital import Hospital, make_hospital
from tests.end_to_end.runs import CACHE, PDF, finished, write_config

CONVERTED = ("nifti", "nrrd", "structure", "segmentation", "two_series", "label")
SMALL = {
    "evaluation": {"n_bootstrap": 20},
    "stability": {"n_bootstrap": 20},
    "rivals": {
        "outer_folds": 3,
        "repeats": 1,
        "forest": {"n_trees": 20, "inner_folds": 2},
        "xgboost": {"rounds": [25], "inner_folds": 2},
    },
}


@pytest.fixture(scope="session")
def simulated_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the default target, made from nothing; no test may change it."""
    folder = tmp_path_factory.mktemp("simulated")
    finished(folder, PDF)
    return folder


@pytest.fixture(scope="session")
def patients(simulated_run: Path) -> pd.DataFrame:
    """The simulated sample sheet, text cells, with absolute paths of its files."""
    folder = simulated_run / CACHE / "simulated" / "simulated"
    sheet = pd.read_csv(folder / "sheet.csv", dtype=str, keep_default_na=False)
    for kind in ("image", "mask"):
        sheet[kind] = [str(folder / path) for path in sheet[kind]]
    return sheet


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """copy_of(run): a copy that may be changed."""

    def copy(run: Path) -> Path:
        return Path(shutil.copytree(run, tmp_path / "copy"))

    return copy


def _some_of(patients: pd.DataFrame, n_primary: int, n_validation: int) -> pd.DataFrame:
    """Patients with follow-up and stage, nearly half of each cohort with recurrence."""
    whole = patients[(patients["dfs_months"] != "") & (patients["tnm_stage"] != "")]
    parts = []
    for cohort, n in (("primary", n_primary), ("validation", n_validation)):
        members = whole[whole["cohort"] == cohort]
        recurred = members[members["recurrence"] == "1"].head(round(0.45 * n))
        parts += [recurred, members[members["recurrence"] == "0"].head(n - len(recurred))]
    return pd.concat(parts).sort_values("patient").reset_index(drop=True)


def _one_patient(kind: str, row: dict[str, str], images: Path) -> dict[str, str]:
    """Image and mask of a patient in the format of `kind` below `images`, and the cells that tell of them."""
    name, image, mask = row["patient"], row["image"], row["mask"]
    cells = {"image_series": "", "mask_roi": ""}
    if kind in ("nifti", "nrrd"):
        ending = {"nifti": ".nii.gz", "nrrd": ".nrrd"}[kind]
        cells |= {"image": f"{name}{ending}", "mask": f"{name}_mask{ending}"}
        formats.convert(image, images / cells["image"])
        formats.convert(mask, images / cells["mask"])
    elif kind in ("structure", "segmentation", "two_series"):
        slices = formats.write_dicom(image, images / name)
        cells["image"] = name
        if kind == "structure":
            cells["mask"] = f"{name}_structures.dcm"
            formats.write_structure(mask, slices, images / cells["mask"])
        elif kind == "segmentation":
            cells |= {"mask": f"{name}_segments.dcm", "mask_roi": "Tumour"}
            formats.write_segmentation(mask, slices, images / cells["mask"])
        else:
            formats.write_dicom(mask, images / name)  # another series of the study in the same folder
            cells |= {"mask": f"{name}_mask.mha", "image_series": str(slices[0].SeriesInstanceUID)}
            formats.convert(mask, images / cells["mask"])
    else:
        cells |= {"image": f"{name}.mha", "mask": f"{name}_mask.nii.gz"}
        shutil.copyfile(image, images / cells["image"])
        if kind == "label":
            cells["mask_roi"] = "2"
            formats.relabel(mask, images / cells["mask"], 2)
        else:
            formats.convert(mask, images / cells["mask"])
    for column in ("image", "mask"):
        cells[column] = f"{images.name}/{cells[column]}"
    return row | cells


@pytest.fixture(scope="session")
def study_data(patients: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hospital's folder: `study.xlsx` and `study.csv` (semicolons) of 100 patients, images in many formats.

    The first patients are those of CONVERTED, in that order; the others have MHA images and NIfTI masks.
    """
    folder = tmp_path_factory.mktemp("hospital")
    (folder / "images").mkdir()
    chosen = _some_of(patients, 60, 40)
    kinds = [*CONVERTED, *["plain"] * (len(chosen) - len(CONVERTED))]
    rows = [
        _one_patient(kind, row, folder / "images")
        for kind, row in zip(kinds, chosen.to_dict("records"), strict=True)
    ]
    sheet = pd.DataFrame(rows)
    sheet["note_reader"] = "second reading"
    sheet.to_csv(folder / "study.csv", index=False, sep=";")
    numbers = {name: pd.to_numeric(sheet[name]) for name in ("dfs_months", "recurrence", "age")}
    sheet.assign(**numbers).to_excel(folder / "study.xlsx", index=False)
    return folder


@pytest.fixture(scope="session")
def study(study_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run on the study in several batches; `mine.yaml` has the same sheet in CSV as a second cohort.

    terminal.txt is what the run said.
    """
    folder = tmp_path_factory.mktemp("study")
    shutil.copytree(study_data, folder / "data")
    write_config(
        folder / "mine.yaml",
        cases_per_job=24,
        cohorts={"hospital": {"sheet": "data/study.xlsx"}, "from_csv": {"sheet": "data/study.csv"}},
        papers={"crc_nomogram": {"cohort": "hospital", "parameters": SMALL}},
    )
    (folder / "terminal.txt").write_text(finished(folder, PDF, "--configfile", "mine.yaml").said)
    return folder


@pytest.fixture(scope="session")
def visits_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run of nact_response on a user's cohort, predictions included; no test may change it.

    terminal.txt is what the run said.
    """
    folder = tmp_path_factory.mktemp("visits")
    visits.write_visits(folder)
    said = finished(folder, *visits.ALL_TARGETS, "--configfile", "mine.yaml").said
    (folder / "terminal.txt").write_text(said)
    return folder


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """A small finished study with the project in its folder; a test changes a copy."""
    made = make_hospital(tmp_path_factory.mktemp("hospital") / "run")
    made.run()
    return made
