"""A user's files are known by their content: what was touched or copied is not computed again, one voxel is."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk

from tests.end_to_end import formats
from tests.end_to_end.runs import CACHE, finished, refused, snakemake, write_config, write_sheet

MINE = CACHE / "mine"
TABLE = MINE / "features" / "config.parquet"
PICTURES = Path("results/crc_nomogram/check/mine/examples.svg")
ONE_BATCH = {
    "check_cases": 1,
    "check_cohort": 1,
    "admit_cohort": 1,
    "extract_features": 1,
    "collect_features": 1,
}
LARGE, SERIES, PLAIN = 0, 1, (2, 3)
OPENED = """
import os, sys

def note(event, arguments):
    if event == "open" and "/images/" in f"/{arguments[0]}" and os.path.isfile(arguments[0]):
        with open(os.environ["OPENED"], "a") as stream:
            stream.write(f"{arguments[0]}\\n")

sys.addaudithook(note)
"""


@pytest.fixture(scope="module")
def original(patients, tmp_path_factory):
    """Features of thirty patients in batches of six at most: one image above 1 MB, one a DICOM folder."""
    folder = tmp_path_factory.mktemp("contents")
    (folder / "images").mkdir()
    chosen = patients.iloc[:30].drop(columns=["cohort"]).reset_index(drop=True)
    for index, row in chosen.iterrows():
        for kind in ("image", "mask"):
            name = f"images/{row['patient']}_{kind}{'' if (index, kind) == (SERIES, 'image') else '.nrrd'}"
            volume = sitk.ReadImage(row[kind])
            if index == LARGE:
                value = -1000.0 if kind == "image" else 0.0
                volume = sitk.ConstantPad(volume, (100, 100, 0), (100, 100, 0), value)
            if name.endswith(".nrrd"):
                sitk.WriteImage(volume, str(folder / name), kind == "mask")
            else:
                formats.write_dicom(row[kind], folder / name)
            chosen.loc[index, kind] = name
    assert (folder / chosen.loc[LARGE, "image"]).stat().st_size > 1_000_000
    write_sheet(chosen, folder / "sheet.csv")
    write_config(folder / "mine.yaml", cases_per_job=6, cohorts={"mine": {"sheet": "sheet.csv"}})
    finished(folder, TABLE, PICTURES, "--configfile", "mine.yaml")
    return folder


@pytest.fixture
def run(original, tmp_path):
    """The run in another place, all its files with their times but not those of their entries, as `cp -a` does."""
    return Path(shutil.copytree(original, tmp_path / "run", symlinks=True))


def plan(run, *arguments):
    return finished(run, "-n", TABLE, PICTURES, "--configfile", "mine.yaml", *arguments)


def case(run, index):
    """Batch, image and mask of the patient in a row of the sheet."""
    row = pd.read_csv(run / "sheet.csv", dtype=str).loc[index]
    (batch,) = (
        path.name.removesuffix("_contents.json")
        for path in (run / MINE / "check").glob("*_contents.json")
        if row["mask"] in json.loads(path.read_text())
    )
    return batch, run / row["image"], run / row["mask"]


def of_other_batches(run, *indices):
    """Rows of the sheet in batches of their own, none the first, whose cases are pictured."""
    first = min(path.stem for path in (run / MINE / "check").glob("*.parquet"))
    found = {}
    for index in range(*indices):
        found.setdefault(case(run, index)[0], index)
    found.pop(first, None)
    return list(found.values())


def changed_voxel(image):
    volume = sitk.ReadImage(str(image))
    middle = [size // 2 for size in volume.GetSize()]
    volume.SetPixel(middle, volume.GetPixel(middle) + 40)
    sitk.WriteImage(volume, str(image))


def grown(mask):
    sitk.WriteImage(sitk.BinaryDilate(sitk.ReadImage(str(mask)), (1, 1, 0)), str(mask), True)


def test_touched_and_copied_files_are_read_once_and_nothing_runs(run, tmp_path, monkeypatch):
    for path in [*(run / "images").rglob("*"), run / "sheet.csv"]:
        os.utime(path)
    image = case(run, PLAIN[0])[1]
    shutil.copyfile(image, tmp_path / "copy")
    shutil.move(tmp_path / "copy", image)
    (tmp_path / "sitecustomize.py").write_text(OPENED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    logs = [tmp_path / name for name in ("opened", "opened_while_fresh", "opened_at_rest")]
    for log in logs:  # what was written in the last seconds could be written again unseen
        monkeypatch.setenv("OPENED", str(log))
        assert "Nothing to be done" in plan(run).said
    images = {str(path.relative_to(run)) for path in (run / "images").rglob("*") if path.is_file()}
    assert set(logs[0].read_text().splitlines()) == images
    assert not logs[2].exists()


def test_one_voxel_reaches_its_batch_alone(run, original):
    (index,) = of_other_batches(run, PLAIN[0], 30)[:1]
    batch, image, _ = case(run, index)
    changed_voxel(image)
    planned = plan(run)
    assert planned.rules == ONE_BATCH
    assert planned.batches == {batch}
    finished(run, TABLE, PICTURES, "--configfile", "mine.yaml")
    before, after = (pd.read_parquet(folder / TABLE).set_index("patient") for folder in (original, run))
    moved = [patient for patient in before.index if not before.loc[patient].equals(after.loc[patient])]
    assert [f"images/{patient}_image.nrrd" for patient in moved] == [str(image.relative_to(run))]
    assert "Nothing to be done" in plan(run).said


def test_one_slice_changed_in_place_reaches_its_batch_alone(run):
    batch, folder, _ = case(run, SERIES)
    one = sorted(folder.rglob("*.dcm"))[3]
    times = one.stat()
    content = bytearray(one.read_bytes())
    content[-200] ^= 1
    with one.open("r+b") as stream:
        stream.write(content)
    os.utime(one, ns=(times.st_atime_ns, times.st_mtime_ns))
    planned = plan(run)
    assert {**planned.rules, "picture_cases": 0} == {**ONE_BATCH, "picture_cases": 0}
    assert planned.batches == {batch}


def test_a_batch_left_behind_by_a_check_is_not_forgotten(run):
    """Snakemake does not look at jobs below one that runs: the second change must not hide the first."""
    first, second = of_other_batches(run, PLAIN[0], 30)[:2]
    grown(case(run, first)[2])
    finished(run, MINE / "admitted.json", "--configfile", "mine.yaml")
    grown(case(run, second)[2])
    assert plan(run).batches == {case(run, first)[0], case(run, second)[0]}


def test_a_setting_settled_by_an_interrupted_run_is_not_forgotten(run):
    (index,) = of_other_batches(run, PLAIN[0], 30)[:1]
    config = (run / "mine.yaml").read_text()
    branch = "papers: {crc_nomogram: {parameters: {radiomics: {bin_width: 20.0}}}}\n"
    (run / "mine.yaml").write_text(config + branch)
    finished(run, MINE / "features" / "config_settings.json", "--configfile", "mine.yaml")
    grown(case(run, index)[2])
    assert len(plan(run).batches) == len(list((run / MINE / "check").glob("*.parquet")))


def test_a_refusal_computes_nothing_and_once_mended_one_batch(run):
    (index,) = of_other_batches(run, PLAIN[0], 30)[:1]
    batch, _, mask = case(run, index)
    whole = sitk.ReadImage(str(mask))
    before = {path: path.stat().st_mtime_ns for path in (run / MINE / "features").rglob("*.parquet")}
    sitk.WriteImage(whole * 0, str(mask), True)
    assert "Nothing was computed" in refused(run, TABLE, "--configfile", "mine.yaml")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    sitk.WriteImage(sitk.BinaryDilate(whole, (1, 1, 0)), str(mask), True)
    planned = plan(run)
    assert planned.rules == ONE_BATCH
    assert planned.batches == {batch}


def test_a_file_that_changes_between_check_and_extraction_stops_the_run(run):
    (index,) = of_other_batches(run, PLAIN[0], 30)[:1]
    batch, _, mask = case(run, index)
    record = run / MINE / "check" / f"{batch}_contents.json"
    text = json.loads(record.read_text())
    text[str(mask.relative_to(run))]["digest"] = "of another content"
    record.write_text(json.dumps(text))
    for path in (run / MINE / "features" / "config").glob(f"{batch}*"):
        path.unlink()
    (run / MINE / "features" / "config.parquet").unlink()
    said = snakemake(run, TABLE, "--configfile", "mine.yaml", "--rerun-triggers", "mtime").said
    assert "run the same command again" in said
    assert mask.name in said
