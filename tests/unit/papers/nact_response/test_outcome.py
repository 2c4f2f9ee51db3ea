import itertools

import pandas as pd
import pytest

from scripts.papers.nact_response.outcome import (
    hormone_receptor_of,
    response_of,
    subtype_of,
    with_outcome,
)


def patients(**columns):
    return pd.DataFrame({key: pd.Series(values, dtype=object) for key, values in columns.items()})


def test_grades_4_and_5_respond():
    assert response_of(pd.Series([1, 2, 3, 4, 5])).tolist() == [0, 0, 0, 1, 1]
    assert response_of(pd.Series([5.0, None])).isna().tolist() == [False, True]


def test_another_grade_is_refused():
    with pytest.raises(ValueError, match="grades 1 to 5, found 6"):
        response_of(pd.Series([1, 6]))


# Data Analysis, written out by hand: (ER or PR, HER2, Ki-67) -> subtype
TABLE = {
    ("positive", "negative", 14.0): "luminal_a",
    ("positive", "negative", 14.1): "luminal_b",
    ("positive", "positive", 3.0): "luminal_b",
    ("positive", "positive", 60.0): "luminal_b",
    ("negative", "positive", 60.0): "her2_enriched",
    ("negative", "negative", 60.0): "basal_like",
    ("negative", "negative", 3.0): "basal_like",
}


@pytest.mark.parametrize(("markers", "expected"), TABLE.items())
def test_subtypes_follow_the_paper(markers, expected):
    receptor, her2, ki67 = markers
    pairs = [("positive", "positive"), ("positive", "negative"), ("negative", "positive")]
    for er, pr in pairs if receptor == "positive" else [("negative", "negative")]:
        table = patients(er=[er], pr=[pr], her2=[her2], ki67=[ki67])
        assert subtype_of(table).tolist() == [expected]


def test_the_limit_of_ki67_is_a_parameter():
    table = patients(er=["positive"], pr=["negative"], her2=["negative"], ki67=[18.0])
    assert [subtype_of(table, limit).iloc[0] for limit in (14, 20)] == ["luminal_b", "luminal_a"]


def test_an_unknown_receptor_is_unknown_where_it_decides():
    table = patients(er=["positive", "negative", None], pr=[None, None, None])
    assert hormone_receptor_of(table["er"], table["pr"]).fillna("?").tolist() == ["positive", "?", "?"]


def test_ki67_is_missed_only_where_it_decides():
    table = patients(
        er=["positive", "positive", "negative"],
        pr=["negative"] * 3,
        her2=["negative", "positive", "negative"],
        ki67=[None, None, None],
    )
    assert subtype_of(table).fillna("?").tolist() == ["?", "luminal_b", "basal_like"]


def test_every_complete_patient_has_one_subtype():
    words = ("positive", "negative")
    rows = list(itertools.product(words, words, words, (1.0, 14.0, 15.0)))
    table = pd.DataFrame(rows, columns=["er", "pr", "her2", "ki67"])
    whole = with_outcome(table.assign(miller_payne=4))
    assert whole["subtype"].notna().all()
    assert whole["response"].eq(1).all()
