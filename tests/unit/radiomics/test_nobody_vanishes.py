"""Random sets of failing cases through check, extraction and collection: everybody is in the table or the ledger."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from scripts.cohort import admit_cohort, check_cases, check_cohort
from scripts.cohort.admission import NotAdmitted
from scripts.cohort.sheet_cases import sheet_cases
from scripts.errors import InputError
from scripts.radiomics import collect_features, extract_features
from scripts.tables import read_table, write_json
from tests.mutations.cohort import KINDS, VOLUMES, write_cohort
from tests.mutations.judging import SCHEMA_PATH, SETTINGS

BATCHES = 3


def empty_mask(folder, row, rng):
    mask = sitk.ReadImage(str(folder / row["mask"]))
    sitk.WriteImage(mask * 0, str(folder / row["mask"]))


def unreadable_image(folder, row, rng):
    path = folder / row["image"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def missing_image(folder, row, rng):
    (folder / row["image"]).unlink()


def line_as_mask(folder, row, rng):
    """A mask of one row of voxels, which the check admits here and which has no shape features."""
    mask = sitk.ReadImage(str(folder / row["mask"]))
    array = sitk.GetArrayFromImage(mask) * 0
    array[5, 9, 3:15] = 2 if row["mask_roi"] else 1
    line = sitk.GetImageFromArray(array)
    line.CopyInformation(mask)
    sitk.WriteImage(line, str(folder / row["mask"]))


AT_CHECK, AT_EXTRACTION = (empty_mask, unreadable_image, missing_image), (line_as_mask,)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    return folder, write_cohort(folder)


def run(folder, most):
    """The rules in a row, as jobs; the collected features and the ledger."""
    settings = SETTINGS | {"min_mask_voxels": 5, "role": "predict", "max_failed_cases": most}
    write_json({"radiomics": {}}, folder / "settings.json")
    cases = [case for own in sheet_cases(folder / "sheet.csv").values() for case in own]
    batches = [
        SimpleNamespace(
            cases=cases[k::BATCHES],
            settings=settings,
            contents={},
            threads=1,
            log=f"logs/{k}.log",
            output=SimpleNamespace(
                cases=folder / f"checked{k}.parquet", contents=folder / f"contents{k}.json"
            ),
        )
        for k in range(BATCHES)
    ]
    for batch in batches:
        check_cases.main(batch)
    names = ("faults.csv", "clinical.parquet", "ledger.csv", "verdict.json")
    checked = SimpleNamespace(**{name.split(".")[0]: folder / name for name in names})
    inputs = SimpleNamespace(
        sheet=folder / "sheet.csv", schema=SCHEMA_PATH, cases=[batch.output.cases for batch in batches]
    )
    check_cohort.main(SimpleNamespace(settings=settings, input=inputs, output=checked, log="logs/cohort.log"))
    admit_cohort.main(
        SimpleNamespace(input=checked, output=SimpleNamespace(admitted=folder / "admitted.json"))
    )
    made = {"features": [], "failures": []}
    for k, batch in enumerate(batches):
        output = SimpleNamespace(
            features=folder / f"features{k}.parquet",
            failures=folder / f"failures{k}.csv",
            made_from=folder / f"made_from{k}.txt",
        )
        given = SimpleNamespace(
            checked=batch.output.cases, extraction=folder / "settings.json", contents=batch.output.contents
        )
        job = SimpleNamespace(cases=batch.cases, threads=1, log=f"logs/x{k}.log", input=given, output=output)
        job.made_from = "all this"
        extract_features.main(job)
        made["features"].append(output.features)
        made["failures"].append(output.failures)
    output = SimpleNamespace(features=folder / "all.parquet", ledger=folder / "all.csv")
    collected = SimpleNamespace(**made, clinical=checked.clinical, ledger=checked.ledger)
    collect_features.main(SimpleNamespace(settings=settings, input=collected, output=output))
    return read_table(output.features), pd.read_csv(output.ledger, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("draw", range(0, 8, 2))
def test_everybody_is_in_the_table_or_the_ledger(tmp_path, cohort, draw):
    rng = np.random.default_rng([7, draw])
    folder = tmp_path / "cohort"
    shutil.copytree(cohort[0], folder)
    sheet = cohort[1]
    failing = {}
    for row in sheet.to_dict("records"):
        if row["patient"] in VOLUMES and rng.random() < draw / 8:
            slip = (*AT_CHECK, *AT_EXTRACTION * 2)[int(rng.integers(5))]
            slip(folder, row, rng)
            failing[row["patient"]] = slip
    features, ledger = run(folder, most=len(failing))
    out = ledger[ledger["excluded_from"] == "all"].set_index("patient")
    assert sorted([*features["patient"], *out.index]) == sorted(KINDS)
    assert set(out.index) == set(failing)
    assert features["patient"].is_unique
    for patient, slip in failing.items():
        step = "check_cases" if slip in AT_CHECK else "extract_features"
        assert out.loc[patient, "step"] == step
        assert out.loc[patient, "log"].startswith("logs/" if step == "check_cases" else "logs/x")
        assert out.loc[patient, "cause"]
        assert "\n" not in out.loc[patient, "cause"]
    if failing:
        checked = [slip for slip in failing.values() if slip in AT_CHECK]
        stopped = NotAdmitted if len(checked) == len(failing) else InputError
        with pytest.raises(stopped, match="max_failed_cases|may\\)"):
            run(folder, most=len(failing) - 1)
