"""What the planned jobs state of memory and time, from the headers of a cohort's images."""

import json
import os
import subprocess
import sys

import pytest

from scripts.workflow.config import ROOT

COLUMNS = "patient,cohort,image,mask,dfs_months,recurrence,tnm_stage,sex,age,differentiation,cea,lymph_node"
FEATURES = "cache/crc_nomogram/mine/features/config.parquet"


def write_cohort(folder, settings="", **sides):
    """A sheet with a patient for each image; the images are headers and nothing else that a reader would take."""
    lines = [COLUMNS]
    for name, side in sides.items():
        header = f"ObjectType = Image\nNDims = 3\nDimSize = {side} {side} 200\nElementType = MET_SHORT\n"
        (folder / f"{name}.mha").write_bytes(header.encode() + b"ElementDataFile = LOCAL\n" + bytes(1 << 17))
        lines.append(f"{name},primary,{name}.mha,{name}.mha,12,1,II,F,60,high,low,no")
    (folder / "sheet.csv").write_text("\n".join(lines) + "\n")
    (folder / "mine.yaml").write_text(
        "cohorts: {mine: {sheet: sheet.csv}}\npapers: {crc_nomogram: {cohort: mine}}\n" + settings
    )


def planned(folder):
    """Rule -> patients of the batch -> the planned job."""
    command = [sys.executable, "-m", "tests.benchmarks.planned_jobs", FEATURES, "jobs.json", "mine.yaml"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=300)
    found = {}
    for job in json.loads((folder / "jobs.json").read_text()):
        patients = tuple(case["patient"] for case in json.loads(job["params"].get("cases", "[]")))
        found.setdefault(job["rule"], {})[patients] = job
    return found


def test_a_batch_states_memory_for_its_largest_image(tmp_path):
    write_cohort(tmp_path, "cases_per_job: 1\n", small=64, large=512)
    jobs = planned(tmp_path)
    for rule in ("check_cases", "extract_features"):
        small, large = jobs[rule][("small",)], jobs[rule][("large",)]
        assert small["mem_mb"] == 1000
        assert large["mem_mb"] >= 1200
        assert small["amounts"]["megabytes"] == pytest.approx(64 * 64 * 200 * 2 / 1e6)
        assert large["amounts"]["megabytes"] == pytest.approx(512 * 512 * 200 * 2 / 1e6)


def test_processes_of_a_batch_hold_an_image_each_and_resampling_takes_more(tmp_path):
    write_cohort(tmp_path, a=512, b=512)
    one = planned(tmp_path)["extract_features"][("a", "b")]["mem_mb"]
    write_cohort(tmp_path, "threads_per_job: 2\n", a=512, b=512)
    two = planned(tmp_path)["extract_features"][("a", "b")]["mem_mb"]
    assert two >= one + 400
    text = (tmp_path / "mine.yaml").read_text()
    resampled = "{cohort: mine, parameters: {radiomics: {resampled_spacing_mm: [1.0, 1.0, 1.0]}}}"
    (tmp_path / "mine.yaml").write_text(text.replace("{cohort: mine}", resampled))
    assert planned(tmp_path)["extract_features"][("a", "b")]["mem_mb"] >= two + 2 * 1400
