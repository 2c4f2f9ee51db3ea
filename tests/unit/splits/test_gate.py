"""The gate against splits with planted leaks, and the files that splits are."""

import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.splits.draw import draw_split
from scripts.splits.gate import refuse_leaks
from scripts.splits.grouping import joined
from scripts.splits.scheme import SplitScheme
from scripts.splits.split_table import count_parts, fold_of_split, read_pairs, read_split
from scripts.tables import write_table

SCHEME = SplitScheme("repeated_k_fold", n_folds=3, n_repeats=2, validation_share=0.2)


@pytest.fixture
def split(cohort, pairs):
    return draw_split(cohort({"a": 9, "b": 9}, most=4, seed=2), pairs(), SCHEME, 1)


def moved(split, repeat, fold, part, to, patient_of_several=True):
    """One sample of a patient with several goes to another part."""
    here = (split["repeat"] == repeat) & (split["fold"] == fold) & (split["part"] == part)
    several = split.groupby(["repeat", "fold", "patient"])["sample"].transform("size") > 1
    place = split.index[here & (several if patient_of_several else ~several)][0]
    changed = split.copy()
    changed.loc[place, "part"] = to
    return changed, split.loc[place]


def test_a_clean_split_passes(split, pairs):
    refuse_leaks(split, pairs(), SCHEME)


@pytest.mark.parametrize(("part", "to"), [("train", "validation"), ("validation", "train")])
def test_a_patient_on_both_sides(split, pairs, part, to):
    leaky, row = moved(split, 2, 3, part, to)
    with pytest.raises(
        InputError,
        match="fold 3 of repeat 2: expected every patient on one side, found 1 on both: " + row["patient"],
    ) as error:
        refuse_leaks(leaky, pairs(), SCHEME)
    assert error.value.patients == (row["patient"],)
    refuse_leaks(leaky, pairs(), SplitScheme("repeated_k_fold", n_folds=3, group="sample"))


def test_a_near_identical_pair_on_both_sides(split, pairs):
    parts = (
        split[(split["repeat"] == 1) & (split["fold"] == 2)]
        .drop_duplicates("part")
        .set_index("part")["sample"]
    )
    for a, b in (("train", "test"), ("validation", "test"), ("train", "validation")):
        same = pairs((parts[a], parts[b]))
        with pytest.raises(InputError, match=f"1 pairs on both: {parts[a]} and {parts[b]}. A model would"):
            refuse_leaks(split, same, SCHEME)
        refuse_leaks(split, same, SplitScheme("repeated_k_fold", n_folds=3, near_identical="allow"))
    refuse_leaks(split, pairs(("not there", parts["test"])), SCHEME)


def test_each_sample_is_tested_once(split, pairs):
    leaky, row = moved(split, 1, 1, "test", "train", patient_of_several=False)
    with pytest.raises(InputError, match=f"each sample a test sample once, found '{row['sample']}' 0 times"):
        refuse_leaks(leaky, pairs(), SCHEME)
    refuse_leaks(split[split["fold"] == 1], pairs(), SCHEME)  # one fold alone, as a training sees it


def test_a_sample_twice_in_a_fold(split, pairs):
    with pytest.raises(InputError, match="each sample once, found"):
        refuse_leaks(pd.concat([split, split.iloc[[0]]]), pairs(), SCHEME)


def test_links_are_followed():
    assert joined([("d", "c"), ("b", "c"), ("x", "y"), ("a", "d")]) == {
        "a": "a", "b": "a", "c": "a", "d": "a", "x": "x", "y": "x",
    }  # fmt: skip


def test_files_keep_text_as_text(tmp_path):
    table = pd.DataFrame(
        {"repeat": [1, 1], "fold": [1, 1], "part": ["train", "test"], "sample": ["007", "NA"],
         "patient": ["01", "1e3"], "label": ["2", "3"]}
    )  # fmt: skip
    write_table(table, tmp_path / "s.csv")
    found = read_split(tmp_path / "s.csv")
    assert found.to_dict("list") == table.to_dict("list")
    assert fold_of_split(found, 1, 1)["sample"].tolist() == ["007", "NA"]
    with pytest.raises(InputError, match="fold 2 of repeat 1, found no row"):
        fold_of_split(found, 1, 2)
    write_table(table.replace("train", "training"), tmp_path / "s.csv")
    with pytest.raises(InputError, match="parts train, validation, test, found 'training'"):
        read_split(tmp_path / "s.csv")
    write_table(table.drop(columns="patient"), tmp_path / "s.csv")
    with pytest.raises(InputError, match="a column 'patient'"):
        read_split(tmp_path / "s.csv")


def test_empty_pairs(tmp_path):
    columns = ["sample_a", "sample_b", "patient_a", "patient_b", "label_a", "label_b", "similarity", "turned"]
    write_table(pd.DataFrame(columns=columns), tmp_path / "pairs.csv")
    assert list(read_pairs(tmp_path / "pairs.csv").columns) == columns


def test_counts(split):
    counted = count_parts(split)
    assert counted["n_samples"].sum() == len(split)
    first = counted[(counted["repeat"] == 1) & (counted["fold"] == 1)]
    assert first["n_patients"].sum() == 18
