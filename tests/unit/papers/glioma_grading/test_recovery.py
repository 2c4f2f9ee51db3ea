"""What is measured of the planted traits, and what the rules of recovery say, against values by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from scripts.papers.glioma_grading.assess_recovery import accuracy_rows, attainable, order_rows, trait_rows
from scripts.papers.glioma_grading.names import LABELS
from scripts.papers.glioma_grading.shown_traits import shown_traits
from scripts.papers.glioma_grading.tumour_slice import GreySettings, SliceSettings, choose_slice
from scripts.seeds import generator
from scripts.simulation.glioma_grading.glioma import render_glioma
from scripts.simulation.glioma_grading.grades import TRAITS

TRUTH = {"bayes": {"accuracy": 0.86}, "shares": {"2": 0.23, "3": 0.33, "4": 0.44}}


def disc(side=41, radius=12):
    y, x = np.mgrid[:side, :side] - side // 2
    return y**2 + x**2, y**2 + x**2 <= radius**2


def test_traits_of_a_picture_by_hand():
    r2, inside = disc()
    grey = np.full(r2.shape, 100, np.uint8)  # tissue
    grey[r2 > 17**2] = 0  # air
    grey[inside] = 150
    grey[r2 <= 9] = 40  # 29 dead pixels
    found = shown_traits(grey, inside.astype(np.uint8))
    core = ndimage.binary_erosion(inside).sum()
    assert found["necrosis"] == pytest.approx(np.log((r2 <= 9).sum() / core + 0.01))
    assert found["enhancement"] == pytest.approx(np.log(0.5))
    half = inside & (np.indices(grey.shape).sum(axis=0) % 2 == 0)
    grey[half & (r2 > 9)] = 170
    values = shown_traits(grey, inside.astype(np.uint8))
    assert values["heterogeneity"] == pytest.approx(np.log(10 / 160), abs=0.01)
    assert values["enhancement"] == pytest.approx(np.log(0.6), abs=0.01)


def test_a_tumour_without_anything_to_measure_is_missing():
    r2, inside = disc(radius=1)
    grey = np.where(r2 > 300, 0, 100).astype(np.uint8)
    assert all(np.isnan(v) for v in shown_traits(grey, inside.astype(np.uint8)).values())


@pytest.mark.parametrize("trait", TRAITS)
def test_a_rendered_tumour_shows_what_was_planted(trait):
    found = []
    for level in (-2.0, 0.0, 2.0):
        planted = dict.fromkeys(TRAITS, 0.0) | {trait: level}
        volumes = render_glioma(planted, np.random.default_rng(7))
        chosen = choose_slice(*volumes, SliceSettings(), GreySettings())
        found.append(shown_traits(chosen.grey, chosen.outline)[trait])
    assert found[0] < found[1] < found[2]


@pytest.fixture(scope="module")
def patients():
    """60 patients whose grade follows from the traits, in 3 folds."""
    rng = generator(8, "recovery")
    grade = np.arange(60) % 3 + 2
    names = [f"P{k:02d}" for k in range(60)]
    latents = pd.DataFrame(
        rng.normal(size=(60, 3)) + 2.0 * (grade[:, None] - 3), columns=list(TRAITS), index=names
    )
    latents["grade"] = grade
    rows = [
        (1, f, "test" if k % 6 // 2 == f - 1 else "validation" if k % 7 == 0 else "train", p)
        for f in (1, 2, 3)
        for k, p in enumerate(names)
    ]
    return latents, pd.DataFrame(rows, columns=["repeat", "fold", "part", "patient"])


def test_what_can_be_learnt_is_a_linear_rule_in_the_same_folds(patients):
    latents, split = patients
    found, low, high = attainable(split, latents, latents["grade"])
    right = 0
    for f in (1, 2, 3):
        tested = split.loc[(split["fold"] == f) & (split["part"] == "test"), "patient"]
        others = latents.drop(index=tested)
        rule = LinearDiscriminantAnalysis().fit(others[list(TRAITS)].to_numpy(), others["grade"])
        right += (
            rule.predict(latents.loc[tested, list(TRAITS)].to_numpy()) == latents.loc[tested, "grade"]
        ).sum()
    assert found == pytest.approx(right / 60)
    assert low < found < high


def test_a_trait_is_shown_where_it_correlates(patients):
    latents, _ = patients
    shown = latents[list(TRAITS)].copy()
    shown["necrosis"] = generator(9, "noise").normal(size=len(shown))
    shown.iloc[0, 1] = np.nan
    rows = {r["quantity"].split()[0]: r for r in trait_rows(shown, latents)}
    assert not rows["Necrosis"]["ok"]
    assert rows["Enhancement"]["ok"]
    assert rows["Heterogeneity"]["found"] == pytest.approx(1)


def performance(**accuracies):
    rows = [(m, "accuracy", c, *v) for m, v in accuracies.items() for c in ("all", *LABELS.values())]
    return pd.DataFrame(rows, columns=["model", "measure", "class", "estimate", "lower", "upper"])


def test_an_honest_model_lies_above_chance_and_not_above_the_bound():
    table = performance(
        transferred=(0.70, 0.60, 0.80),
        scratch=(0.44, 0.33, 0.55),
        logistic=(0.5, 0.43, 0.6),
        small_network=(0.97, 0.9, 1.0),
    )
    rows = {r["quantity"]: r["ok"] for r in accuracy_rows(table, TRUTH, {"true traits": (0.85, 0.7, 0.9)})}
    assert list(rows.values()) == [True, True, True, False, False]
    assert len(accuracy_rows(table, TRUTH, {})) == 4


def test_the_inflation_is_shown_where_the_other_order_claims_more():
    def orders(leaky):
        rows = [
            ("by_patient", "own_images", 0.7),
            ("by_patient", "all_images", 0.65),
            ("by_image", "all_images", leaky),
        ]
        table = pd.DataFrame(rows, columns=["order", "tested", "accuracy"])
        return table.assign(accuracy_lower=table["accuracy"] - 0.1, accuracy_upper=table["accuracy"] + 0.1)

    assert [r["ok"] for r in order_rows(orders(0.98), TRUTH)] == [True, True, True]
    assert [r["ok"] for r in order_rows(orders(0.60), TRUTH)] == [True, True, False]
