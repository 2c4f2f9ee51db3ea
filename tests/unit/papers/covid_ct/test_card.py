"""The card's branches are what the stages take, and the reductions are sizes alone."""

import dataclasses

from scripts.cohort.sheet_schema import load_schema
from scripts.papers.covid_ct.names import CHARACTERISTICS, FINDINGS, GROUPS
from scripts.preprocess.settings import settings_of
from scripts.quantification.lesions import LesionSettings
from scripts.quantification.lung_mask import LungMaskSettings
from scripts.quantification.measure_lesions import SOURCES, complete_settings
from scripts.reported.printed import read_reported
from scripts.simulation.covid_ct.groups import BINARY, NUMBERS
from scripts.simulation.covid_ct.groups import FINDINGS as PLANTED
from scripts.statistics.baseline_table import CATEGORICAL_TESTS
from scripts.workflow.config import ROOT
from scripts.workflow.papers import paper_card, pick, resolve_parameters

CARD = paper_card("covid_ct")["parameters"]
SCHEMA = load_schema(ROOT / "config/schemas/sheets/covid_ct.yaml")


def test_the_stage_takes_its_branch_whole():
    values = pick(resolve_parameters("covid_ct", False), "measurement")["measurement"]
    complete_settings(values)
    for name, kind in (("lung_mask", LungMaskSettings), ("threshold", LesionSettings)):
        assert set(values[name]) == {field.name for field in dataclasses.fields(kind)}
        assert settings_of(kind, values[name], name) == kind()


def test_the_words_allowed_are_those_that_the_stages_know():
    assert set(CARD["measurement"]["lesions"]["allowed"]) == set(SOURCES)
    assert set(CARD["tests"]["categorical"]["allowed"]) == set(CATEGORICAL_TESTS)


def test_the_windows_are_the_printed_ones():
    reported = read_reported(ROOT / "resources/reported/covid_ct.yaml")
    assert CARD["measurement"]["edges_hu"]["value"] == reported["values"]["window_edges_hu"]["value"]


def test_reductions_are_sizes_alone():
    reduced = paper_card("covid_ct")["simulated"]["parameters"]
    assert {name: set(values) for name, values in reduced.items()} == {
        "combined": {"repeats", "n_permutations"}
    }


def test_sheet_names_and_simulation_speak_of_the_same_columns():
    columns = set(SCHEMA.columns)
    listed = {name for block in CHARACTERISTICS.values() for name in block}
    assert set(FINDINGS) | listed <= columns
    assert set(PLANTED) == set(FINDINGS)
    assert set(BINARY) | set(NUMBERS) <= listed
    assert tuple(SCHEMA.columns["group"].values) == GROUPS
    (image,) = SCHEMA.images
    assert image.labels == ("lobes", "segments")
    assert (image.mask, image.mask_needed) == ("lesions", False)
