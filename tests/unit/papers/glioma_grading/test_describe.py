"""Tables of patients, of the network and of its trainings."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.papers.glioma_grading import describe_cohort
from scripts.papers.glioma_grading.describe_cohort import characteristics, flow
from scripts.papers.glioma_grading.describe_network import network_layers, trainings
from scripts.papers.glioma_grading.picture_tumours import examples_of, member_pictures
from scripts.tables import read_table, write_table

PUBLISHED = {"network": "alexnet", "pretrained": "torchvision", "sizes": {"width": 1.0, "pooled": 6}}


@pytest.fixture
def cohort():
    samples = pd.DataFrame(
        {
            "sample": list("edcba"), "patient": list("edcba"),
            "label": ["grade_2", "grade_4", "grade_4", "grade_2", "grade_3"],
            "area_mm2": [100.0, 300.0, 500.0, 200.0, 400.0],
            "enhancing_mm2": [10.0, 150.0, 250.0, 40.0, 100.0], "pixel_x_mm": 1.0,
        }
    )  # fmt: skip
    clinical = pd.DataFrame(
        {"patient": list("abcdef"), "age": [40.0, 50, 60, 70, 30, 99], "sex": ["F", "M", "F", "M", None, "F"]}
    )
    ledger = pd.DataFrame(
        {
            "patient": ["f"],
            "cohort": ["all"],
            "step": ["prepare_images"],
            "cause": ["x"],
            "log": [""],
            "excluded_from": ["all"],
        }
    )
    return samples, clinical, ledger


def test_patients_are_counted_by_grade(cohort):
    samples, clinical, ledger = cohort
    counts = flow(samples, ledger).set_index("step")["n"].to_dict()
    assert counts == {
        "in the sheet": 6,
        "excluded": 1,
        "with a picture": 5,
        "grade_2": 2,
        "grade_3": 1,
        "grade_4": 2,
    }
    table = characteristics(samples, clinical).set_index(["variable", "level"])
    assert table.loc[("Age, y", ""), "grade_4"].startswith("65")  # 60 and 70
    assert table.loc[("Area of the tumour in its slice, cm²", ""), "grade_2"].startswith("1.5")
    assert table.loc[("Enhancing share of that area", ""), "grade_4"].startswith("0.5")


def test_a_cohort_without_age_and_sex_has_no_such_rows(cohort):
    samples, clinical, _ = cohort
    table = characteristics(samples, clinical[["patient"]])
    assert "Age, y" not in set(table["variable"])


def test_the_step_writes_its_tables(cohort, tmp_path):
    inputs = {}
    for name, table in zip(("table", "clinical", "ledger"), cohort, strict=True):
        inputs[name] = tmp_path / f"{name}.parquet"
        write_table(table, inputs[name])
    output = SimpleNamespace(**{n: tmp_path / f"{n}.csv" for n in ("table1", "patient_flow", "exclusions")})
    describe_cohort.main(SimpleNamespace(input=SimpleNamespace(**inputs), output=output))
    assert read_table(output.exclusions)["patient"].tolist() == ["f"]


def test_layers_are_those_of_alexnet_at_227_pixels():
    table = network_layers(PUBLISHED, 227)
    # torchvision's AlexNet: 64 kernels of 11 x 11 with stride 4 and padding 2, pooled to 27 and 13
    assert table["output"].tolist() == [
        "64 x 56 x 56", "192 x 27 x 27", "384 x 13 x 13", "256 x 13 x 13", "256 x 13 x 13", "4096", "4096", "3",
    ]  # fmt: skip
    assert table["parameters"].tolist() == [
        64 * 3 * 121 + 64, 192 * 64 * 25 + 192, 384 * 192 * 9 + 384, 256 * 384 * 9 + 256, 256 * 256 * 9 + 256,
        4096 * 9216 + 4096, 4096 * 4096 + 4096, 3 * 4096 + 3,
    ]  # fmt: skip
    assert table["transferred"].tolist() == [True] * 7 + [False]
    assert not network_layers(PUBLISHED | {"pretrained": "none"}, 227)["transferred"].any()


def test_trainings_are_read_with_the_place_that_their_path_names(tmp_path):
    path = tmp_path / "scratch" / "cross_validation" / "r1_f4" / "training.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"classes": ["grade_2", "grade_3"], "epochs": 7, "start": "random weights"}))
    row = trainings([str(path)]).iloc[0]
    assert (row["model"], row["fold"], row["epochs"], row["classes"]) == ("scratch", 4, 7, "grade_2, grade_3")


def test_examples_are_the_first_by_identifier(cohort):
    assert examples_of(cohort[0], 1) == {"grade_2": ["b"], "grade_3": ["a"], "grade_4": ["c"]}


def test_figure_4_has_57_pictures_of_which_11_are_marked_as_copies():
    image = np.random.default_rng(1).integers(0, 256, (1, 20, 20), dtype=np.uint8)
    pictures = member_pictures(image, "positive")
    assert len(pictures) == 57
    assert sum(p.marked for p in pictures) == 11
    assert pictures[0].title == "original"
    assert np.array_equal(pictures[0].image, image[0])
    assert pictures[3].title == "ShearX 4 +\nInvert"
