"""The card's branches are what the steps take, its words those that they know; reported numbers agree with the text."""

import pytest
import yaml

from scripts.cohort.sheet_schema import load_schema
from scripts.papers.hip_dysplasia import hip_points
from scripts.papers.hip_dysplasia.criterion import AS_PRINTED, SIGNED
from scripts.papers.hip_dysplasia.names import ANGLES, NEEDED, SIDES
from scripts.workflow.config import ROOT
from scripts.workflow.papers import paper_card, pick, resolve_parameters

CARD = paper_card("hip_dysplasia")["parameters"]


def test_allowed_words_are_those_that_the_steps_know():
    measurement = CARD["measurement"]
    assert measurement["frame"]["allowed"] == [hip_points.PELVIS, hip_points.FILM]
    assert measurement["centre"]["allowed"] == [hip_points.THREE_POINT, hip_points.LEAST_SQUARES]
    assert measurement["signs"]["allowed"] == [SIGNED, AS_PRINTED]
    assert set(NEEDED) <= set(CARD["landmarks"]["names"])


def test_no_word_names_two_structures():
    names = pick(resolve_parameters("hip_dysplasia", False), "landmarks")["landmarks"]["names"]
    words = [word.replace("_", " ") for name, others in names.items() for word in (name, *others)]
    assert len(words) == len(set(words))


def test_the_sheet_has_a_column_for_each_angle_by_hand_and_two_readers():
    schema = load_schema(ROOT / "config/schemas/sheets/hip_dysplasia.yaml")
    assert {f"{angle}_{side}" for angle in ANGLES for side in SIDES} <= set(schema.columns)
    (film,) = schema.images
    assert film.annotations == ("annotation", "annotation_2")
    assert film.needed == ("film", "annotation")


@pytest.mark.parametrize("number", ["143", "286", "January 2017", "January 2018", "20", "25", "10"])
def test_every_number_of_the_text_is_written_down(number):
    text = (ROOT / "resources/reported/hip_dysplasia.yaml").read_text(encoding="utf-8")
    reported = yaml.safe_load(text)
    values = [str(entry["value"]) for part in ("values", "acquisition") for entry in reported[part].values()]
    assert number in values


def test_the_limits_are_the_papers():
    knowledge = pick(resolve_parameters("hip_dysplasia", False), "knowledge")["knowledge"]
    assert (knowledge["dysplasia_below"], knowledge["normal_above"], knowledge["tonnis_above"]) == (
        20,
        25,
        10,
    )
