"""Splits: shares, patients together, labels balanced, the same again; refused images and faults."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.splits.assignment import draw_shares
from scripts.splits.draw import draw_split
from scripts.splits.gate import refuse_leaks
from scripts.splits.scheme import SplitScheme


def share(split, part):
    """Share of a label's samples in a part: the worst deviation is what matters."""
    counts = split.groupby(["label", "part"]).size().unstack(fill_value=0)
    return counts[part] / counts.sum(axis=1)


def test_single_samples_fill_folds_to_the_last(cohort, pairs):
    """103 and 51 patients in 10 folds: 10 or 11, 5 or 6 of each, 15 or 16 in all."""
    scheme = SplitScheme(n_folds=10)
    split = draw_split(cohort({"a": 103, "b": 51}), pairs(), scheme, 1)
    test = split[split["part"] == "test"]
    counts = test.groupby(["fold", "label"]).size().unstack()
    assert set(counts["a"]) == {10, 11}
    assert set(counts["b"]) == {5, 6}
    assert set(counts.sum(axis=1)) == {15, 16}
    assert sorted(test["sample"]) == sorted(split["sample"].unique())
    refuse_leaks(split, pairs(), scheme)


def test_hold_out_of_single_samples_has_the_shares(cohort, pairs):
    """The shares of brain_tumor_types: 2,452 training, 420 validation and 192 test slices of 3,064."""
    samples = cohort({"glioma": 1426, "meningioma": 708, "pituitary": 930})
    scheme = SplitScheme("holdout", test_share=192 / 3064, validation_share=420 / 3064)
    split = draw_split(samples, pairs(), scheme, 1)
    counts = split["part"].value_counts()
    assert counts["test"] == pytest.approx(192, abs=2)
    assert counts["validation"] == pytest.approx(420, abs=2)
    np.testing.assert_allclose(share(split, "test"), 192 / 3064, atol=0.001)
    np.testing.assert_allclose(share(split, "validation"), 420 / 3064, atol=0.0015)


def test_patients_stay_together(cohort, pairs):
    """233 patients of up to 25 slices: every part within a patient's size of its share of each label."""
    samples = cohort({"g": 89, "m": 82, "p": 62}, most=25)
    scheme = SplitScheme("holdout", test_share=0.15, validation_share=0.15, n_repeats=3)
    split = draw_split(samples, pairs(), scheme, 2)
    refuse_leaks(split, pairs(), scheme)
    assert split.groupby(["repeat", "patient"])["part"].nunique().max() == 1
    for _, rows in split.groupby("repeat"):
        for part, expected in (("test", 0.15), ("validation", 0.15), ("train", 0.7)):
            np.testing.assert_allclose(share(rows, part), expected, atol=25 / 800)


def test_folds_of_patients_are_even(cohort, pairs):
    """No two folds differ by more than the largest patient, in any label."""
    for seed in range(5):
        samples = cohort({"a": 40, "b": 25, "c": 12}, most=20, seed=seed)
        split = draw_split(samples, pairs(), SplitScheme(n_folds=5), seed)
        counts = split[split["part"] == "test"].groupby(["fold", "label"]).size().unstack(fill_value=0)
        assert (counts.max() - counts.min()).max() <= 20


def test_large_and_small_groups_are_drawn_alike():
    """Every group is in the test part with probability 0.2; the part's size is off by two groups at most."""
    random = np.random.default_rng(4)
    sizes = np.append(np.ones(30), np.full(10, 25))
    drawn = [draw_shares(sizes, np.zeros(40), np.array([0.8, 0.2]), random) for _ in range(2000)]
    frequency = np.mean(drawn, axis=0)
    assert frequency[:30].mean() == pytest.approx(0.2, abs=0.01)
    assert frequency[30:].mean() == pytest.approx(0.2, abs=0.01)
    filled = np.array([sizes[part == 1].sum() for part in drawn])
    assert np.abs(filled - 0.2 * sizes.sum()).max() <= 25


def test_repeats_differ_and_seeds_repeat(cohort, pairs):
    samples = cohort({"a": 30, "b": 30}, most=4)
    scheme = SplitScheme("repeated_k_fold", n_folds=5, n_repeats=3, validation_share=0.1)
    split = draw_split(samples, pairs(), scheme, 7)
    again = draw_split(samples.sample(frac=1, random_state=1), pairs(), scheme, 7)
    pd.testing.assert_frame_equal(split, again)
    assert split.groupby("repeat")["fold"].nunique().tolist() == [5, 5, 5]
    fold_of = split[split["part"] == "test"].pivot(index="sample", columns="repeat", values="fold")
    assert ((fold_of[1] == fold_of[2]).mean(), (fold_of[1] == fold_of[3]).mean()) < (0.5, 0.5)
    other = draw_split(samples, pairs(), scheme, 8)
    assert (other["part"] != split["part"]).mean() > 0.1


def test_validation_samples_come_from_the_rest(cohort, pairs):
    scheme = SplitScheme(n_folds=5, validation_share=0.2)
    split = draw_split(cohort({"a": 50, "b": 50}), pairs(), scheme, 1)
    counts = split.groupby(["fold", "part"]).size().unstack()
    assert (counts["test"] == 20).all()
    assert (counts["validation"] == 20).all()
    assert (counts["train"] == 60).all()


def test_by_sample_a_patient_is_on_both_sides(cohort, pairs):
    samples = cohort({"a": 20, "b": 20}, most=10)
    scheme = SplitScheme(group="sample", near_identical="allow")
    split = draw_split(samples, pairs(), scheme, 1)
    refuse_leaks(split, pairs(), scheme)
    assert split[split["fold"] == 1].groupby("patient")["part"].nunique().max() == 2


def test_another_column_to_stratify_by_and_none(cohort, pairs):
    samples = cohort({"a": 40, "b": 40}).assign(hospital=["x", "y"] * 40)
    split = draw_split(samples, pairs(), SplitScheme(n_folds=4, stratify="hospital"), 1)
    tested = split[split["part"] == "test"].merge(samples[["sample", "hospital"]])
    assert (tested.groupby(["fold", "hospital"]).size() == 10).all()
    split = draw_split(samples, pairs(), SplitScheme(n_folds=4, stratify=None), 1)
    assert (split[split["part"] == "test"].groupby("fold").size() == 20).all()


def test_near_identical_images_are_refused(cohort, pairs):
    samples = cohort({"a": 6, "b": 6}, most=3, seed=3)
    same = pairs(("a000_0", "b001_0"))
    with pytest.raises(
        InputError, match="none of different patients, found 1: a000_0 and b001_0. Remove one of each"
    ) as error:
        draw_split(samples, same, SplitScheme(n_folds=3), 1)
    assert error.value.patients == ("a000", "b001")
    within = samples[samples["patient"].duplicated(keep=False)]["sample"].iloc[:2]
    draw_split(samples, pairs(tuple(within)), SplitScheme(n_folds=3), 1)  # two slices of one patient


def test_near_identical_images_are_grouped(cohort, pairs):
    """a0 ~ a1 and a1 ~ a2: three patients are one group in every fold."""
    samples = cohort({"a": 12, "b": 12}, most=3)
    same = pairs(("a000_0", "a001_0"), ("a002_0", "a001_0"))
    scheme = SplitScheme(
        "repeated_k_fold", n_folds=3, n_repeats=4, near_identical="group", validation_share=0.2
    )
    split = draw_split(samples, same, scheme, 1)
    refuse_leaks(split, same, scheme)
    three = split[split["patient"].isin(["a000", "a001", "a002"])]
    assert (three.groupby(["repeat", "fold"])["part"].nunique() == 1).all()
    allowed = SplitScheme("repeated_k_fold", n_folds=3, n_repeats=4, near_identical="allow")
    three = draw_split(samples, same, allowed, 1)
    three = three[three["patient"].isin(["a000", "a001", "a002"])]
    assert three.groupby(["repeat", "fold"])["part"].nunique().max() == 2


def test_a_label_without_enough_patients(cohort, pairs):
    with pytest.raises(
        InputError,
        match=r"'b' in the test part of every fold, found none in fold \d of repeat 1, of 3 patients with that label",
    ):
        draw_split(cohort({"a": 20, "b": 3}, most=5), pairs(), SplitScheme(n_folds=5), 1)
    with pytest.raises(InputError, match="a validation sample, found none"):
        draw_split(cohort({"a": 4, "b": 4}), pairs(), SplitScheme(n_folds=4, validation_share=0.01), 1)


def test_faults_of_the_samples(cohort, pairs):
    samples = cohort({"a": 4, "b": 4})
    with pytest.raises(InputError, match="a column 'labels', found none. Did you mean 'label'"):
        draw_split(samples, pairs(), SplitScheme(n_folds=2, stratify="labels"), 1)
    with pytest.raises(InputError, match="each sample once, found 'a000_0' again"):
        draw_split(pd.concat([samples, samples]), pairs(), SplitScheme(n_folds=2), 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fold": 5}, r"splits.x.fold: expected one of kind, .*found 'fold'. Did you mean 'n_folds'"),
        ({"kind": "kfold"}, r"one of holdout, k_fold, repeated_k_fold, found 'kfold'. Did you mean 'k_fold'"),
        ({"n_folds": 1}, r"splits.x.n_folds: expected a whole number from 2 on, found 1"),
        ({"n_repeats": 2.0}, r"a whole number from 1 on, found 2.0"),
        ({"test_share": 1.0}, r"a share from 0 to below 1, found 1.0"),
        ({"kind": "holdout", "test_share": 0}, r"splits.x.test_share: expected a share above 0"),
        ({"n_folds": 2, "validation_share": 0.5}, r"samples left to train on"),
        ({"near_identical": "deny"}, r"one of refuse, group, allow, found 'deny'"),
    ],
)
def test_faults_of_a_scheme(given, message):
    with pytest.raises(InputError, match=message):
        SplitScheme.read(given, "x")


def test_a_scheme_as_a_card_has_it():
    scheme = SplitScheme.read({"kind": "k_fold", "n_folds": 10, "n_repeats": 4, "validation_share": 0.1})
    assert (scheme.repeats, scheme.folds) == (1, 10)
    assert scheme.shares == pytest.approx((0.1, 0.1, 0.8))
    scheme = SplitScheme.read({"kind": "holdout", "test_share": 0.15, "n_repeats": 3})
    assert (scheme.repeats, scheme.folds) == (3, 1)
