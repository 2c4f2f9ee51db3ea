"""Literal text stays literal; marks become runs; references become numbers."""

import pytest

from scripts.report.rich_text import (
    Run,
    breakable,
    code,
    emph,
    encode,
    link,
    plain,
    reference,
    references,
    rich,
    strong,
    subscript,
    superscript,
)

AWKWARD = "# * _ $ @key < > \\ \" ' ` ~ ^ {x} [y] // -- … µ β ≥ é"


def test_a_plain_string_is_one_literal_piece():
    assert encode(AWKWARD, {}) == [{"style": "text", "body": AWKWARD}]
    assert plain(AWKWARD) == AWKWARD


def test_values_put_into_wording_are_literal():
    text = rich("patient {p} has *{q}*", p=AWKWARD, q="*not strong*")
    assert text == [f"patient {AWKWARD} has ", Run("emph", ["*not strong*"])]


def test_marks():
    text = rich(r"*P* < 0.05, **bold**, R^2^, S~0~, `a_b`, $beta_1$, @km and \*")
    assert text == [
        Run("emph", ["P"]),
        " < 0.05, ",
        Run("strong", ["bold"]),
        ", R",
        Run("superscript", ["2"]),
        ", S",
        Run("subscript", ["0"]),
        ", ",
        Run("code", "a_b"),
        ", ",
        Run("math", "beta_1"),
        ", ",
        Run("reference", "km"),
        " and *",
    ]


def test_marks_nest_and_values_are_formatted():
    text = rich("**bold *both*.** {c:.2f} {run}", c=0.741, run=emph("P"))
    assert text[0] == Run("strong", ["bold ", Run("emph", ["both"]), "."])
    assert text[1:] == [" 0.74 ", Run("emph", "P")]


def test_an_address_is_no_reference():
    assert references(rich("write to a@b.org, see @t1-x.")) == ["t1-x"]


@pytest.mark.parametrize(
    ("template", "message"), [("*open", r"the mark '\*' is not closed"), ("{gone}", "no value for {gone}")]
)
def test_slips_in_wording(template, message):
    with pytest.raises(ValueError, match=message):
        rich(template)


def test_text_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="expected text .* found float: 0.5"):
        plain(0.5)
    with pytest.raises(ValueError, match="expected a style"):
        Run("shouting", "x")


def test_plain_and_encode_of_runs():
    text = ["see ", reference("km"), superscript("a"), subscript("b"), strong(["c", code("d")])]
    assert plain(text, {"km": "Figure 2"}) == "see Figure 2abcd"
    encoded = encode([reference("km"), link("https://x.org", "x")], {"km": "Figure 2"})
    assert encoded[0] == {"style": "reference", "body": "Figure 2", "target": "km"}
    assert encoded[1] == {
        "style": "link",
        "body": [{"style": "text", "body": "x"}],
        "target": "https://x.org",
    }


def test_long_words_get_places_to_break():
    name = "original_glszm_SizeZoneNonUniformityNormalized"
    assert breakable(name).split("\u200b") == [
        "original_", "glszm_", "Size", "Zone", "Non", "Uniformity", "Normalized",
    ]  # fmt: skip
    assert breakable("short_name of words") == "short_name of words"
    assert max(map(len, breakable("0123456789abcdef" * 4).split("\u200b"))) == 16
    assert breakable(AWKWARD) == AWKWARD
