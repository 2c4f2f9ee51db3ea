import copy

import pytest

from scripts.errors import FaultList, InputError
from scripts.workflow import papers
from scripts.workflow.config import ROOT, check_config, read_yaml, require_valid
from scripts.workflow.papers import cases_per_job, paper_card, paper_names, pick, resolve_parameters

DEFAULT = read_yaml(ROOT / "config" / "config.yaml")


def changed(**keys):
    return {**copy.deepcopy(DEFAULT), **keys}


def test_the_shipped_configuration_is_valid():
    assert check_config(DEFAULT, paper_names())["papers"]["crc_nomogram"]["cohort"] == "simulated"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (changed(sed=1), "unknown key 'sed'. Did you mean 'seed'?"),
        (changed(seed=-1), "seed: expected at least 0, found -1"),
        (changed(seed="x"), "seed: expected integer, found 'x'"),
        (changed(cases_per_job=0), "cases_per_job: expected at least 1, found 0"),
        (changed(cohorts={"a": {"shet": "x.csv"}}), "cohorts.a: unknown key 'shet'. Did you mean 'sheet'?"),
        (changed(cohorts={"a": {"shet": "x.csv"}}), "cohorts.a: missing sheet"),
        (changed(cohorts={"a": {"sheet": "x", "expression": "y"}}), "given together or not at all"),
        (
            changed(cohorts={"a": {"sheet": "x", "paper": "crc_nomogran"}}),
            "cohorts.a.paper: no paper 'crc_nomogran'. Did you",
        ),
        (changed(cohorts={"simulated": {"sheet": "x"}}), "cohorts: "),
        (changed(papers={"crc_nomogran": {"cohort": "simulated"}}), "Did you mean 'crc_nomogram'?"),
        (changed(papers={"crc_nomogram": {"cohort": "simulatd"}}), "Did you mean 'simulated'?"),
        (
            changed(papers={"crc_nomogram": {"cohort": "simulated", "paramters": {}}}),
            "Did you mean 'parameters'?",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_the_nearest_valid_name(config, message):
    with pytest.raises(InputError) as error:
        check_config(config, paper_names())
    assert message in str(error.value)


def test_all_faults_are_shown_at_once():
    with pytest.raises(InputError) as error:
        check_config(changed(sed=1, seed=-1, cases_per_job=0), paper_names())
    assert str(error.value).startswith("configuration: 3 faults\n")


def test_a_missing_paper_runs_on_the_simulated_cohort():
    assert check_config(changed(papers={}), paper_names())["papers"]["crc_nomogram"] == {
        "cohort": "simulated",
        "parameters": {},
    }


def test_unreadable_yaml_names_the_line(tmp_path):
    (tmp_path / "bad.yaml").write_text("seed: 1\n  cases: [")
    with pytest.raises(InputError, match="line 2"):
        read_yaml(tmp_path / "bad.yaml")


@pytest.mark.parametrize("paper", paper_names())
def test_every_parameter_says_what_it_rests_on_and_every_reduction_is_a_parameter(paper):
    parameters = resolve_parameters(paper, simulated=True)
    assert all(parameter.reason for parameter in parameters.values())
    assert paper_card(paper)["title"]


def test_a_users_cohort_runs_with_the_published_values_and_a_simulated_one_with_the_reductions():
    published = resolve_parameters("crc_nomogram", simulated=False)
    reduced = resolve_parameters("crc_nomogram", simulated=True)
    assert all(p.value == p.published and p.changed == "" for p in published.values())
    assert reduced["stability.n_bootstrap"].value < published["stability.n_bootstrap"].value
    assert reduced["stability.n_bootstrap"].changed == "simulated"


def test_reductions_change_sizes_and_never_the_method():
    for parameter in resolve_parameters("crc_nomogram", simulated=True).values():
        if parameter.changed:
            sizes = parameter.value if isinstance(parameter.value, list) else [parameter.value]
            assert all(isinstance(size, int) for size in sizes), parameter.name


def test_a_users_value_is_recorded_as_the_users():
    parameters = resolve_parameters("crc_nomogram", True, {"signature": {"scaling": "each_cohort"}})
    assert (parameters["signature.scaling"].value, parameters["signature.scaling"].changed) == (
        "each_cohort",
        "user",
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"signature": {"scalling": "training"}},
            "signature.scalling: no such parameter. Did you mean 'signature.scaling'?",
        ),
        (
            {"signature": {"scaling": "trainng"}},
            "expected one of training, each_cohort, found 'trainng'. Did you mean 'training'?",
        ),
        ({"signature": {"keep_fraction": 2}}, "signature.keep_fraction: expected at most 1"),
        ({"signature": {"n_folds": 2.5}}, "signature.n_folds: expected a whole number, found 2.5"),
        ({"signature": {"n_folds": "ten"}}, "signature.n_folds: expected a number, found 'ten'"),
        ({"nomogram": {"months": 60}}, "nomogram.months: expected a list like [36, 60], found 60"),
        ({"signature": 3}, "signature: no such parameter"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_was_expected(overrides, message):
    with pytest.raises(InputError) as error:
        resolve_parameters("crc_nomogram", False, overrides)
    assert message in str(error.value)


def test_a_step_gets_the_parameters_it_names_and_no_others():
    parameters = resolve_parameters("crc_nomogram", False)
    assert pick(parameters, "nomogram.months") == {"nomogram": {"months": [36, 60]}}
    assert set(pick(parameters, "signature", "tables")) == {"signature", "tables"}
    with pytest.raises(KeyError, match="Did you mean 'nomogram.months'"):
        pick(parameters, "nomogram.month")


@pytest.mark.parametrize(("own", "expected"), [(None, 128), (8, 8), (500, 128)])
def test_a_paper_may_bound_the_cases_of_a_job_further(monkeypatch, own, expected):
    card = paper_card("crc_nomogram") | ({} if own is None else {"cases_per_job": own})
    require_valid(card, "paper", "the card")
    monkeypatch.setattr(papers, "paper_card", lambda name: card)
    assert cases_per_job("crc_nomogram", 128) == expected


def test_a_card_cannot_ask_for_no_case_a_job():
    with pytest.raises(FaultList, match="cases_per_job: expected at least 1, found 0"):
        require_valid(paper_card("crc_nomogram") | {"cases_per_job": 0}, "paper", "the card")
