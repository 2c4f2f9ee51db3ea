"""What rules state of memory and time."""

import re

import pytest

from scripts.workflow import costs
from scripts.workflow.config import ROOT
from scripts.workflow.image_sizes import ImageSize

TABLE = {
    "rules": {
        "other": {"cpu_s": {"job": 5}, "mb": {"job": 400}, "output_mb": {"job": 1}},
        "read": {
            "cpu_s": {"job": 1, "cases": 2, "megabytes": 0.5},
            "mb": {"job": 200, "largest_megabytes": 3.0},
            "output_mb": {"cases": 0.1},
        },
        "resample": {"cpu_s": {"patients*n_bootstrap": 0.01}, "mb": {"job": 100}, "output_mb": {"job": 2}},
    }
}


@pytest.fixture(autouse=True)
def _table(monkeypatch):
    monkeypatch.setattr(costs, "costs", lambda: TABLE)


def batch(*megabytes, threads=1):
    return costs.image_amounts([ImageSize(int(mb * 5e5), 2, False) for mb in megabytes], threads)


def test_a_cost_is_the_sum_of_coefficients_times_amounts():
    assert costs.cost("read", "cpu_s", batch(10, 30)) == pytest.approx(1 + 2 * 2 + 0.5 * 40)
    assert costs.cost("resample", "cpu_s", {"patients": 100, "n_bootstrap": 30}) == pytest.approx(30)
    assert costs.cost("new_rule", "mb", {}) == 400


def test_an_amount_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="n_bootstrap"):
        costs.cost("resample", "cpu_s", {"patients": 100})


def test_memory_goes_by_the_largest_image_and_the_processes_that_hold_one():
    assert batch(10, 500, 30)["largest_megabytes"] == pytest.approx(500)
    assert batch(10, 500, 30, threads=2)["largest_megabytes"] == pytest.approx(1000)
    assert batch(10, 500, threads=8)["processes"] == 2
    # 400 for the processes around the step, and twice 200 + 3 x 500
    assert costs.stated_memory("read", batch(10, 500, 30)) == 3800
    assert costs.stated_memory("read", batch(10)) == costs.LEAST_MB


def test_a_case_may_have_several_images_of_several_phases():
    sizes = [
        ImageSize(8_000_000, 2, False, 4),
        ImageSize(6_000_000, 2, False, 3),
        *[ImageSize(1, 2, False)] * 2,
    ]
    amounts = costs.image_amounts(sizes, threads=4, cases=2)
    assert (amounts["cases"], amounts["images"], amounts["processes"]) == (2, 4, 2)
    assert amounts["megabytes"] == pytest.approx(28.000004)
    assert amounts["largest_megabytes"] == pytest.approx(2 * 16)
    assert amounts["largest_megavoxels"] == pytest.approx(2 * 8)
    assert amounts["largest_volume_megavoxels"] == pytest.approx(2 * 2)


def test_floats_are_counted_again():
    amounts = costs.image_amounts([ImageSize(1_000_000, 4, True), ImageSize(9_000_000, 2, False)])
    assert amounts["megabytes"] == pytest.approx(22)
    assert amounts["float_megabytes"] == pytest.approx(4)
    assert amounts["largest_megabytes"] == pytest.approx(18)
    assert amounts["largest_float_megabytes"] == pytest.approx(4)
    assert amounts["largest_megavoxels"] == pytest.approx(9)


def test_each_attempt_states_twice_as_much():
    memory = [costs.stated_memory("read", batch(500), attempt) for attempt in (1, 2, 3)]
    minutes = [costs.stated_runtime("read", batch(500), attempt) for attempt in (1, 2, 3)]
    assert memory == [memory[0], 2 * memory[0], 4 * memory[0]]
    assert minutes == [minutes[0], 2 * minutes[0], 4 * minutes[0]]


def test_processes_share_the_time():
    alone, shared = (costs.stated_runtime("read", batch(*[200] * 8, threads=n)) for n in (1, 4))
    assert alone - costs.LEAST_MINUTES > 3.5 * (shared - costs.LEAST_MINUTES)


def test_parameters_that_are_numbers_are_amounts_and_a_list_counts_as_its_largest():
    values = {"a.n": 5, "a.rounds": [25, 75], "a.method": "NNE", "a.none": None, "a.empty": []}
    assert costs.parameter_amounts(values) == {"a.n": 5.0, "a.rounds": 75.0, "a.empty": 0.0}


RUNS_OTHERS = {"verify_run"}  # computes jobs of other rules again


def test_every_rule_with_a_script_was_measured_and_states_what_was_measured(monkeypatch):
    monkeypatch.undo()
    text = "\n".join(path.read_text() for path in (ROOT / "rules").rglob("*.smk"))
    rules = re.split(r"^rule (\w+):$", text, flags=re.MULTILINE)[1:]
    bodies = {
        name: body for name, body in zip(rules[::2], rules[1::2], strict=True) if name not in RUNS_OTHERS
    }
    assert len(bodies) > 20
    assert set(bodies) <= set(costs.costs()["rules"])
    for name, body in bodies.items():
        assert re.search(r"mem_mb=memory\(\w*\),\n\s+runtime=runtime\(\w*\),", body), name
