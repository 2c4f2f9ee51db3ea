from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from scripts.cohort.case_images import as_settings
from scripts.cohort.sheet_schema import load_schema
from scripts.papers.nmosd_ms.prepare_images import MEASURES, labels_of, main
from scripts.simulation.nmosd_ms.identifiers import case_files, patient_ids
from scripts.simulation.nmosd_ms.patients import draw_all
from scripts.simulation.nmosd_ms.render_cases import render_batch
from scripts.tables import read_table, write_text
from scripts.volumes import Volume, write_volume
from scripts.workflow.config import ROOT

SCHEMA = load_schema(ROOT / "config/schemas/sheets/nmosd_ms.yaml")


def test_a_batch_becomes_tensors_a_table_and_failures(tmp_path):
    patients = patient_ids(4, "SIM")
    drawn = draw_all(patients, 3)
    render_batch(drawn, patients, tmp_path / "b0", 3)
    cases = [
        {"patient": p, "flair_series": "", "lesions_roi": "", **case_files(str(tmp_path), "b0", p)}
        for p in patients
    ]
    grid = np.zeros((58, 72, 58), np.uint8)
    grid[1:3, 1:3, 1:3] = 1  # a mask in the air of a head that fills its field of view less than that
    write_volume(Volume(grid, (3.0,) * 3, (-85.5, -106.5, -85.5)), cases[2]["lesions"])
    blank = Volume(np.full((58, 72, 58), 7, np.int16), (3.0,) * 3, (-85.5, -106.5, -85.5))
    write_volume(blank, cases[2]["flair"])
    checked = pd.DataFrame({"patient": patients, "faults": ["[]", "[]", "[]", '[{"severity": "error"}]']})
    checked.to_parquet(tmp_path / "checked.parquet")
    write_text("{}", tmp_path / "contents.json")
    drawn[["patient", "disease"]].to_parquet(tmp_path / "clinical.parquet")
    output = SimpleNamespace(
        samples=tmp_path / "b0.safetensors", table=tmp_path / "b0.parquet", failures=tmp_path / "b0_failures.csv",
        made_from=tmp_path / "b0_made_from.txt",
    )  # fmt: skip
    main(
        SimpleNamespace(
            settings={"preparation": {"size": 16}, "images": as_settings(SCHEMA.images)},
            cases=cases,
            threads=1,
            log=None,
            made_from="this",
            input=SimpleNamespace(
                checked=tmp_path / "checked.parquet", contents=tmp_path / "contents.json",
                clinical=tmp_path / "clinical.parquet",
            ),
            output=output,
        )
    )  # fmt: skip
    tensors, table, failures = (
        load_file(output.samples),
        read_table(output.table),
        read_table(output.failures),
    )
    assert sorted(tensors) == table["sample"].tolist() == table["patient"].tolist() == patients[:2]
    assert all(t.shape == (1, 16, 16, 16) and t.dtype == np.uint8 and t.max() > 0 for t in tensors.values())
    assert table["label"].tolist() == drawn["disease"].tolist()[:2]
    assert list(table) == ["sample", "patient", "label", *MEASURES]
    assert failures["patient"].tolist() == [patients[2]]
    assert "every voxel of the image is 7" in failures["cause"][0]
    assert output.made_from.read_text() == "this"


def test_the_label_of_a_patient_without_a_diagnosis_is_missing():
    table = pd.DataFrame({"patient": ["a", "b"], **dict.fromkeys(MEASURES, [1.0, 2.0])})
    clinical = pd.DataFrame({"patient": ["b", "a"], "disease": ["nmosd", None]})
    found = labels_of(table, clinical)
    assert found["label"].isna().tolist() == [True, False]
    assert found["label"][1] == "nmosd"


@pytest.mark.parametrize("word", ["MS", "Multiple Sclerosis", "rrms"])
def test_the_sheet_reads_the_usual_words(word):
    values = SCHEMA.columns["disease"].values
    assert word.lower() in [w.lower() for w in (*values["ms"], "ms")]
