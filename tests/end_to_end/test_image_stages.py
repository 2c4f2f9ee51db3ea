"""A made-up paper's cohort through the image stages: everybody has every image's features or a row in the ledger."""

import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from scripts.radiomics.extract_image_features import IMAGE_FEATURES
from tests.end_to_end.made_up_paper import IMAGES, PAPER, write_cohort, write_paper

CACHE = f"cache/{PAPER}/mine"
TARGETS = (f"results/{PAPER}.pdf", f"results/{PAPER}/check/mine/worst_registrations.svg")


def run(folder, *arguments):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def change(folder, **parameters):
    """Set parameters of the paper, and how many cases may fail."""
    path = folder / "config" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["papers"][PAPER]["parameters"] = parameters
    config["cohorts"]["mine"]["max_failed_cases"] = 1
    path.write_text(yaml.safe_dump(config))


def planned(folder):
    status, said = run(folder, "-n", *TARGETS)
    assert status == 0, said
    if "Nothing has changed" in said:
        return {}
    rows = said.split("Job stats:")[1].split("total")[0].splitlines()[3:]
    return {row.split()[0]: int(row.split()[1]) for row in rows if row}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Three patients; the last has no masks, and so large a tumour as is asked for is not found in him."""
    folder = tmp_path_factory.mktemp("made_up")
    write_paper(folder)
    write_cohort(folder)
    change(folder, segmentation={"min_volume_ml": 500.0})
    status, said = run(folder, *TARGETS)
    assert status == 0, said
    return folder


def test_tables_and_ledger_hold_everybody(finished):
    tables = [pd.read_parquet(finished / CACHE / "image_features" / f"{image}.parquet") for image in IMAGES]
    for table in tables:
        assert table["patient"].tolist() == ["A", "B"]
        assert table.columns.tolist() == ["patient", *IMAGE_FEATURES]
    ledger = pd.read_csv(finished / CACHE / "image_features" / "ledger.csv")
    assert ledger["patient"].tolist() == ["C"]
    assert ledger["step"].tolist() == ["segment_tumours (before)"]
    assert "no tumour found" in ledger["cause"][0]
    assert "and segment_tumours (after)" in ledger["cause"][0]
    assert (finished / ledger["log"][0]).is_file()
    mean = "original_firstorder_Mean"
    jacobian = tables[IMAGES.index("jacobian")].set_index("patient")[mean]
    assert jacobian["A"] < jacobian["B"] < 1  # planted: shrunk to 0.7 and to 0.8 of the diameter


def test_pictures_and_ranks(finished):
    ranks = pd.read_csv(finished / "results" / PAPER / "check" / "mine" / "registrations.csv")
    assert ranks["rank"].tolist() == [1, 2]
    assert all((finished / path).is_file() for path in ranks["picture"])


def test_a_change_reruns_what_it_reaches(finished, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    assert planned(folder) == {}
    change(folder, segmentation={"min_volume_ml": 500.0}, jacobian_radiomics={"bin_width": 0.1})
    assert planned(folder) == {
        "extract_image_features": 1, "account_for_patients": 1, "collect_image_features": 3,
        "write_report_made_up": 1,
    }  # fmt: skip
    change(folder, segmentation={"min_volume_ml": 500.0}, registration={"levels": 1})
    assert planned(folder) == {
        "register_visits": 1, "picture_registration": 1, "rank_registrations": 1, "extract_image_features": 1,
        "account_for_patients": 1, "collect_image_features": 3, "write_report_made_up": 1,
    }  # fmt: skip
