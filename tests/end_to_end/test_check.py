"""A sheet with faults of every kind: told at once, on one screen, before anything is computed."""

import shutil

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from tests.end_to_end.conftest import SMALL
from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.runs import (
    CACHE,
    PDF,
    RESULTS,
    TABLES,
    finished,
    refused,
    snakemake,
    table,
    write_config,
    write_sheet,
)

FAULTS = RESULTS / "check" / "mine" / "faults.csv"
# What is written into which row (0 is the first patient) of an otherwise sound sheet -> a word of the message
CELLS = [
    (0, "dfs_months", "0", "0"),
    (1, "dfs_months", "-4", "-4"),
    (2, "dfs_months", "two years", "two years"),
    (3, "recurrence", "2", "2"),
    (4, "recurrence", "maybe", "maybe"),
    (5, "tnm_stage", "V", "V"),
    (6, "sex", "1", "1"),
    (7, "age", "1956", "1956"),
    (8, "differentiation", "2", "2"),
    (9, "cohort", "trial", "trial"),
    (10, "admission_date", "31.02.2012", "31.02.2012"),
    (11, "recurrence", "", "dfs_months alone"),
    (12, "image", "images/nowhere.nii.gz", "nowhere.nii.gz"),
    (13, "mask", "", "nothing"),
]


def link(patients: pd.DataFrame, folder, n: int) -> pd.DataFrame:
    """The first `n` patients with their own copies of the files in folder/images, paths relative to `folder`."""
    (folder / "images").mkdir(parents=True)
    sheet = patients.head(n).copy()
    for kind in ("image", "mask"):
        names = [f"images/{patient}_{kind}.mha" for patient in sheet["patient"]]
        for source, name in zip(sheet[kind], names, strict=True):
            shutil.copyfile(source, folder / name)
        sheet[kind] = names
    return sheet


def change(path, function, kind=None) -> None:
    """Write a volume again after `function` changed its image."""
    image = function(sitk.ReadImage(str(path)))
    sitk.WriteImage(image if kind is None else sitk.Cast(image, kind), str(path))


def moved(image):
    image.SetOrigin([v + 3.0 for v in image.GetOrigin()])
    return image


def spaced(image):
    x, y, z = image.GetSpacing()
    image.SetSpacing((x * 1.1, y, z))
    return image


def as_array(function):
    def changed(image):
        array = sitk.GetArrayFromImage(image)
        made = sitk.GetImageFromArray(function(array).astype(array.dtype))
        made.CopyInformation(image)
        return made

    return changed


@as_array
def emptied(array):
    return array * 0


@as_array
def two_pieces(array):
    array[1:4, 1:5, 1:5] = 1
    return array


@as_array
def rescaled(array):
    return array + 1024


# What is done to the files of which row -> column and a word of the message
FILES = [
    (15, "mask", moved, "origin"),
    (16, "mask", spaced, "spacing"),
    (17, "mask", emptied, "empty"),
    (18, "mask", two_pieces, "2 pieces"),
    (19, "image", rescaled, "rescale intercept"),
]


@pytest.fixture(scope="module")
def broken(patients, tmp_path_factory):
    """Folder with `data/sheet.csv`, whose faults are CELLS, FILES and a few that take two rows."""
    folder = tmp_path_factory.mktemp("broken")
    sheet = link(patients, folder / "data", 40)
    for row, column, value, _ in CELLS:
        sheet.loc[row, column] = value
    sheet.loc[14, "patient"] = "Maier, Hans"
    for row, column, function, _ in FILES:
        change(folder / "data" / sheet.loc[row, column], function)
    (folder / "data" / sheet.loc[20, "image"]).write_bytes(b"not an image")
    sheet.loc[22, "patient"] = sheet.loc[21, "patient"]
    sheet.loc[23, "image"] = sheet.loc[24, "image"]
    validation = patients[patients["cohort"] == "validation"].head(1).copy()
    twin = "images/twin.nrrd"
    sitk.WriteImage(sitk.ReadImage(patients.loc[25, "image"]), str(folder / "data" / twin))
    shutil.copyfile(validation["mask"].iloc[0], folder / "data" / "images" / "other.mha")
    validation["image"], validation["mask"] = twin, sheet.loc[25, "mask"]
    sheet = pd.concat([sheet, validation], ignore_index=True)
    sheet = sheet.rename(columns={"differentiation": "diferentiation"})
    write_sheet(sheet, folder / "data" / "sheet.csv")
    write_config(
        folder / "mine.yaml",
        cohorts={"mine": {"sheet": "data/sheet.csv"}},
        papers={"crc_nomogram": {"cohort": "mine"}},
    )
    return folder


@pytest.fixture(scope="module")
def said(broken):
    return refused(broken, "check", "--configfile", "mine.yaml")


def our_part(said: str) -> list[str]:
    """The lines of the check's own message: from the sheet's name to what to do."""
    lines = said.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("data/sheet.csv: "))
    end = next(i for i in range(start, len(lines)) if "run the same command again" in lines[i])
    return lines[start : end + 1]


def test_the_message_is_one_screen_without_a_traceback(broken, said):
    lines = our_part(said)
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 120
    assert str(FAULTS) in said
    assert "MissingInputException" not in said
    assert "Traceback" not in said


def test_every_fault_is_in_the_table_with_its_line(broken, said):
    faults = pd.read_csv(broken / FAULTS, dtype=str, keep_default_na=False)
    assert list(faults.columns) == ["severity", "row", "patient", "column", "expected", "found", "remedy"]
    errors = faults[faults["severity"] == "error"]
    for row, column, _, word in [*CELLS, *FILES, (20, "image", None, "")]:
        if column == "differentiation":
            continue  # the column is misspelt, so its cells are not read
        line = str(row + 2)
        matches = errors[(errors["row"] == line) & (errors["column"] == column)]
        assert len(matches), (line, column)
        assert matches["found"].str.contains(word, regex=False).any(), (word, matches["found"].tolist())
    unknown = errors[errors["column"] == "diferentiation"].iloc[0]
    assert "differentiation" in unknown["remedy"]
    assert (errors["row"].isin(["23", "24"]) & (errors["column"] == "patient")).any()
    shared = errors[(errors["column"] == "image") & errors["row"].isin(["25", "26"])]
    assert len(shared)
    leak = errors[(errors["row"] == "42") & (errors["column"] == "image")]
    assert "leakage" in leak["found"].iloc[0]
    named = faults[(faults["row"] == "16") & (faults["column"] == "patient")]
    assert len(named) == 1  # a patient's name
    assert (errors["expected"] != "").all()


def test_nothing_was_computed_and_the_target_refuses_likewise(broken, said):
    assert not list((broken / CACHE).rglob("features/*/*.parquet"))
    assert not (broken / RESULTS / "model.json").exists()
    again = refused(broken, PDF, "--configfile", "mine.yaml")
    assert our_part(again) == our_part(said)
    assert not list((broken / CACHE).rglob("features/*/*.parquet"))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "data/sheet.csv"),
        ("patient,image\nA,b.nii\n", "mask"),
        (None, "data/sheet.csv"),
    ],
    ids=["empty", "no mask column", "no file"],
)
def test_a_sheet_that_cannot_be_planned_from_is_a_message(tmp_path, written, words):
    (tmp_path / "data").mkdir()
    if written is not None:
        (tmp_path / "data" / "sheet.csv").write_text(written)
    write_config(
        tmp_path / "mine.yaml",
        cohorts={"mine": {"sheet": "data/sheet.csv"}},
        papers={"crc_nomogram": {"cohort": "mine"}},
    )
    assert words in refused(tmp_path, "check", "--configfile", "mine.yaml")


def thinned(image):
    """A mask of one row of voxels, which the check takes with a warning and which has no shape features."""
    array = sitk.GetArrayFromImage(image)
    z, y, x = (int(v) for v in np.argwhere(array).mean(axis=0))
    array[:] = 0
    array[z, y, max(0, x - 15) : x + 15] = 1
    made = sitk.GetImageFromArray(array)
    made.CopyInformation(image)
    return made


def test_allowed_failures_go_to_the_ledger_and_the_flow_diagram(study, copy_of):
    """Two patients fail at the check, one at the extraction; one without follow-up stays in Table 1."""
    folder = copy_of(study)
    sheet = pd.read_csv(folder / "data" / "study.csv", sep=";", dtype=str, keep_default_na=False)
    lost = sheet["patient"].iloc[[10, 60, 30]].tolist()
    change(folder / "data" / sheet.loc[10, "mask"], emptied)
    (folder / "data" / sheet.loc[60, "image"]).unlink()
    change(folder / "data" / sheet.loc[30, "mask"], thinned)
    sheet.loc[20, ["dfs_months", "recurrence"]] = ""
    write_sheet(sheet, folder / "data" / "study.csv")
    for most in (1, 2, 3):
        write_config(
            folder / f"{most}.yaml",
            cases_per_job=24,
            cohorts={"from_csv": {"sheet": "data/study.csv", "max_failed_cases": most}},
            papers={"crc_nomogram": {"cohort": "from_csv", "parameters": SMALL}},
        )
    at_check = refused(folder, PDF, "--configfile", "1.yaml")
    assert "2 cases failed (1 may)" in " ".join(at_check.split())
    assert not list((folder / CACHE / "from_csv").rglob("features/*/*.parquet"))

    at_extraction = " ".join(refused(folder, PDF, "--configfile", "2.yaml").split())
    assert "expected at most 2 failed cases (max_failed_cases), found 3" in at_extraction
    assert f"{lost[2]}: mask has too few dimensions" in at_extraction
    assert not (folder / CACHE / "from_csv" / "features" / "config.parquet").exists()

    finished(folder, PDF, "--configfile", "3.yaml")
    checked = pd.read_csv(folder / RESULTS / "check" / "from_csv" / "ledger.csv", dtype=str)
    assert set(checked.loc[checked["excluded_from"] == "all", "patient"]) == set(lost[:2])
    exclusions = table(folder, "exclusions").set_index("patient")
    assert exclusions.columns.tolist() == ["cohort", "step", "cause", "log", "excluded_from"]
    steps = ["check_cases", "check_cases", "extract_features", "check_cohort"]
    assert exclusions.loc[[*lost, sheet.loc[20, "patient"]], "step"].tolist() == steps
    assert exclusions["excluded_from"].value_counts().to_dict() == {"all": 3, "survival": 1}
    for patient, entry in exclusions.iterrows():
        assert entry["step"] in entry["log"]
        said = (folder / entry["log"]).read_text()
        assert patient in said or entry["step"] == "check_cohort"
    scored = set(table(folder, "scores")["patient"])
    assert scored | set(lost) == set(sheet["patient"])
    assert len(scored) == 97
    flow = table(folder, "patient_flow").groupby("step")["n"].sum()
    counted = ["in the sheet", "excluded", "scored", "without follow-up", "with follow-up"]
    assert flow[counted].tolist() == [100, 3, 97, 1, 96]
    text = "\n".join(pdf_pages(folder / PDF))
    assert "3 were excluded" in " ".join(text.split())
    assert all(patient in text for patient in lost)
    assert (folder / TABLES / "exclusions.csv").exists()
    assert "Nothing to be done" in snakemake(folder, PDF, "--configfile", "3.yaml").said
