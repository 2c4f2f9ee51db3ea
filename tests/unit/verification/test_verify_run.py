"""Which jobs are drawn, and when a recomputation is refused."""

import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.verification.verify_run import compared_outputs, drawn_jobs, require_same

JOBS = [{"rule": f"r{i}", "outputs": [f"o{i}"], "gpu": 0} for i in range(95)]


def test_a_tenth_is_drawn_the_same_for_one_seed_and_other_jobs_for_another_draw() -> None:
    first = drawn_jobs(JOBS, 0.1, seed=1, draw=1)
    assert len(first) == 10
    assert first == drawn_jobs(JOBS, 0.1, seed=1, draw=1)
    assert first != drawn_jobs(JOBS, 0.1, seed=1, draw=2)
    assert [JOBS.index(job) for job in first] == sorted(JOBS.index(job) for job in first)


def test_over_many_draws_every_job_comes_up() -> None:
    seen = {job["rule"] for draw in range(200) for job in drawn_jobs(JOBS, 0.1, 1, draw)}
    assert len(seen) == len(JOBS)
    assert len(drawn_jobs(JOBS, 1.0, 1, 1)) == 95
    assert len(drawn_jobs(JOBS, 0.0001, 1, 1)) == 1


def test_clocks_are_not_compared_nor_weights_that_a_card_trained() -> None:
    outputs = ["a/weights.safetensors", "a/timing.csv", "a/history.csv", "b_contents.json"]
    assert compared_outputs(outputs, on_a_card=False) == ["a/weights.safetensors", "a/history.csv"]
    assert compared_outputs(outputs, on_a_card=True) == ["a/history.csv"]


def test_differences_are_named() -> None:
    table = pd.DataFrame(
        [("fit", "a.csv", "same bytes", ""), ("fit", "b.csv", "different", "other bytes (1 and 2 bytes)")],
        columns=["rule", "output", "verdict", "difference"],
    )
    require_same(table.head(1))
    with pytest.raises(InputError, match=r"1 of 2 different.*\n  - fit: b\.csv: other bytes"):
        require_same(table)
