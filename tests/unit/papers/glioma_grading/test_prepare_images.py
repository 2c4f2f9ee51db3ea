"""The steps from volumes to samples, on simulated patients on disk."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from scripts.papers.glioma_grading import (
    collect_expanded,
    expand_samples,
    extract_handcrafted,
    prepare_images,
    split_augmented,
)
from scripts.papers.glioma_grading.augmentation import COPIES, expand
from scripts.papers.glioma_grading.extract_handcrafted import HANDCRAFTED
from scripts.papers.glioma_grading.names import copy_name, copy_of
from scripts.papers.glioma_grading.prepare_images import MEASURES
from scripts.simulation.glioma_grading.draw_patients import draw_patients
from scripts.simulation.glioma_grading.identifiers import case_files
from scripts.simulation.glioma_grading.render_cases import render_batch
from scripts.tables import read_table, write_table
from scripts.training.samples import SampleSource

SIZE = 32
COUNTS = {2: 2, 3: 2, 4: 3}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """What prepare_images writes of seven patients, one of whom has an empty mask."""
    folder = tmp_path_factory.mktemp("glioma")
    clinical, latents = draw_patients(COUNTS, "SIM", 11)
    render_batch(latents, clinical["patient"].tolist(), folder / "images" / "b", 11)
    cases = [
        {"patient": p, **case_files(str(folder / "images"), "b", p), "image_series": "", "mask_roi": ""}
        for p in clinical["patient"]
    ]
    cases[1]["mask"] = cases[1]["image"]  # not a mask: its values are many labels
    write_table(clinical, folder / "clinical.parquet")
    checked = pd.DataFrame({"patient": clinical["patient"], "faults": "[]"})
    write_table(checked, folder / "checked.parquet")
    (folder / "contents.json").write_text("{}")
    output = SimpleNamespace(
        samples=folder / "b.safetensors",
        slices=folder / "slices.safetensors",
        table=folder / "b.parquet",
        failures=folder / "failures.csv",
    )
    prepare_images.main(
        SimpleNamespace(
            settings={"slice": {}, "intensity": {}, "crop": {"size": SIZE}},
            cases=cases,
            threads=1,
            log="prepare.log",
            input=SimpleNamespace(
                checked=folder / "checked.parquet",
                contents=folder / "contents.json",
                clinical=folder / "clinical.parquet",
            ),
            output=output,
        )
    )
    return folder, output, clinical


def test_every_patient_has_a_picture_with_the_grade_or_a_cause(prepared):
    _, output, clinical = prepared
    table, failures = read_table(output.table), read_table(output.failures)
    assert failures["patient"].tolist() == ["SIM-0002"]
    assert failures["step"].tolist() == ["prepare_images"]
    assert set(table["patient"]) | set(failures["patient"]) == set(clinical["patient"])
    grades = clinical.set_index("patient")["grade"]
    assert table["label"].tolist() == [f"grade_{grades[p]}" for p in table["patient"]]
    assert set(MEASURES) <= set(table)
    source = SampleSource([output.samples], output.table)
    for sample in table["sample"]:
        picture = source.read(sample)
        assert picture.shape == (1, SIZE, SIZE)
        assert picture.dtype == np.uint8
        assert picture.max() > 100


def test_a_patient_without_a_grade_has_no_label():
    table = pd.DataFrame({"patient": ["a", "b"], **dict.fromkeys(MEASURES, 1)})
    clinical = pd.DataFrame({"patient": ["a", "b"], "grade": [4, np.nan]})
    assert prepare_images.labelled(table, clinical)["label"].tolist() == ["grade_4", None]


def test_the_57_fold_set_as_samples_is_the_one_that_training_expands(prepared):
    folder, output, _ = prepared
    expanded = SimpleNamespace(samples=folder / "e.safetensors", table=folder / "e.parquet")
    expand_samples.main(
        SimpleNamespace(
            settings={"augmentation": {"sign": "positive"}},
            input=SimpleNamespace(samples=output.samples, table=output.table),
            output=expanded,
        )
    )
    table = read_table(expanded.table)
    samples = read_table(output.table)
    assert len(table) == COPIES * len(samples)
    assert table["sample"].is_unique
    source = SampleSource([output.samples], output.table)
    copies = SampleSource([expanded.samples], expanded.table)
    for sample, copy in (("SIM-0001", 0), ("SIM-0003", 8), ("SIM-0004", 56)):
        image = torch.from_numpy(np.array(source.read(sample)))
        assert np.array_equal(copies.read(copy_name(sample, copy)), expand(image, copy).numpy())
    collected = SimpleNamespace(samples=folder / "expanded.parquet")
    collect_expanded.main(
        SimpleNamespace(
            input=SimpleNamespace(samples=[expanded.samples], tables=[expanded.table], table=output.table),
            output=collected,
        )
    )
    assert len(read_table(collected.samples)) == len(table)
    split_augmented.main(
        SimpleNamespace(
            settings={
                "splits": {
                    "augmented_first": {
                        "kind": "k_fold", "n_folds": 3, "group": "sample", "near_identical": "allow",
                        "validation_share": 0.1, "stratify": "label",
                    }
                }
            },
            seed=3,
            input=SimpleNamespace(table=collected.samples),
            output=SimpleNamespace(split=folder / "split.csv"),
        )
    )  # fmt: skip
    split = read_table(folder / "split.csv")
    fold = split[split["fold"] == 1]
    tested, trained = (set(fold.loc[fold["part"] == part, "patient"]) for part in ("test", "train"))
    assert tested == trained == set(samples["patient"])  # the leak that this split is there to show


def test_copies_have_names_that_say_what_they_are_of():
    assert copy_name("A~1", 7) == "A~1~07"
    assert copy_of("A~1~07") == ("A~1", 7)
    for name in ("A", "A~x"):
        with pytest.raises(ValueError, match="expected <sample>~<copy>"):
            copy_of(name)


def test_features_are_of_intensity_and_texture_and_of_every_patient(prepared):
    folder, output, _ = prepared
    made = SimpleNamespace(features=folder / "f.parquet", failures=folder / "f.csv")
    extract_handcrafted.main(
        SimpleNamespace(
            settings={"handcrafted": {"bin_width": 8.0}},
            input=SimpleNamespace(table=output.table, slices=output.slices),
            output=made,
            threads=1,
            log=None,
        )
    )
    table = read_table(made.features)
    assert len(HANDCRAFTED) == 18 + 75
    assert table[list(HANDCRAFTED)].notna().all(axis=None)
    assert table["patient"].tolist() == read_table(output.table)["patient"].tolist()
    means = table.set_index("patient")["original_firstorder_Mean"]
    assert means.between(0, 255).all()
