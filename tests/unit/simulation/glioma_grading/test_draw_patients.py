import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.simulation.glioma_grading.draw_patients import (
    SHEET_COLUMNS,
    deal_grades,
    describe_truth,
    draw_patients,
    main,
    sample_sheet,
)
from scripts.simulation.glioma_grading.grades import TRAITS
from scripts.tables import read_json, read_table

COUNTS = {2: 6, 3: 9, 4: 12}


def test_grades_are_dealt_in_proportion_from_the_first_patient_on():
    order = deal_grades({2: 30, 3: 43, 4: 57})
    assert [order.count(g) for g in (2, 3, 4)] == [30, 43, 57]
    for n in range(1, 131):
        assert all(abs(order[:n].count(g) - n * c / 130) < 1 for g, c in ((2, 30), (3, 43), (4, 57)))


def test_a_patients_numbers_depend_on_seed_and_id_alone():
    clinical, latents = draw_patients(COUNTS, "SIM", 7)
    again, same = draw_patients({g: 2 * n for g, n in COUNTS.items()}, "SIM", 7)
    pd.testing.assert_frame_equal(same.iloc[: len(latents)], latents, check_exact=True)
    pd.testing.assert_frame_equal(again.iloc[: len(clinical)], clinical, check_exact=True)
    assert not draw_patients(COUNTS, "SIM", 8)[1][TRAITS[0]].equals(latents[TRAITS[0]])


def test_a_cohort_without_a_grade_is_refused():
    with pytest.raises(InputError, match="at least one patient of each grade, found none of grade 3"):
        draw_patients({2: 3, 3: 0, 4: 3}, "SIM", 1)


def test_the_sheet_is_what_a_user_would_write():
    clinical, _ = draw_patients({2: 1, 3: 1, 4: 1}, "SIM", 7)
    sheet = sample_sheet(clinical, "images", {"b0": ["SIM-0001"], "b1": ["SIM-0002", "SIM-0003"]})
    assert tuple(sheet.columns) == SHEET_COLUMNS
    assert sorted(sheet["grade"]) == ["II", "III", "IV"]
    assert sheet["image"].tolist()[1] == "images/b1/SIM-0002_t1ce.mha"
    with pytest.raises(InputError, match="1 in none, first SIM-0003"):
        sample_sheet(clinical, "images", {"b0": ["SIM-0001", "SIM-0002"]})


def test_the_truth_says_what_the_best_rule_reaches_in_these_patients():
    _, latents = draw_patients({2: 60, 3: 86, 4: 114}, "SIM", 7)
    truth = describe_truth(latents)
    patients = pd.DataFrame(truth["patients"])
    here = np.mean(patients["best"] == patients["grade"])
    assert truth["bayes_accuracy_here"] == here
    assert here == pytest.approx(truth["bayes"]["accuracy"], abs=4 * np.sqrt(0.86 * 0.14 / 260))
    means = patients.groupby("grade")[list(TRAITS)].mean()
    assert (np.diff(means, axis=0) > 1).all(axis=None) or (
        np.diff(means[["necrosis", "enhancement"]], axis=0) > 1
    ).all()
    assert (patients.groupby("grade")["true_necrotic_share"].mean().diff().dropna() > 0).all()


def test_the_step_writes_sheet_latents_and_truth(tmp_path):
    settings = {"prefix": "EXT", "image_folder": "images", "n_grade_2": 2, "n_grade_3": 2, "n_grade_4": 3}
    settings["batches"] = {"b": [f"EXT-{k:04d}" for k in range(1, 8)]}
    output = SimpleNamespace(
        sheet=tmp_path / "sheet.csv", latents=tmp_path / "latents.parquet", truth=tmp_path / "truth.json"
    )
    main(SimpleNamespace(settings=settings, seed=4, output=output))
    assert len(read_table(output.sheet)) == len(read_table(output.latents)) == 7
    assert read_json(output.truth)["seed"] == 4
    json.dumps(read_json(output.truth), allow_nan=False)
