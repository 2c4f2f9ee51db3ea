"""What a run will take: sums, bounds, and the benchmarks of earlier runs."""

from types import SimpleNamespace

import pytest

from scripts.workflow import costs
from scripts.workflow import forecast as forecasts

RULES = {
    "other": {"cpu_s": {"job": 5}, "mb": {"job": 400}, "output_mb": {"job": 1}},
    "read": {"cpu_s": {"cases": 2}, "mb": {"job": 300}, "output_mb": {"cases": 0.5}},
    "fit": {"cpu_s": {"job": 20}, "mb": {"job": 1000}, "output_mb": {"job": 3}},
}
TABLE = {"snakemake": {"cpu_s": {"job": 2, "jobs": 0.5}, "mb": 100}, "rules": RULES}
NOTHING_KNOWN = forecasts.Ratios({}, {}, 1.0, 0)
HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
PATTERNS = {
    "read": "benchmarks/{paper,p}/{cohort,[a-z]+}/read/{batch,b[01]*}.tsv",
    "fit": "benchmarks/p/fit.tsv",
}


@pytest.fixture(autouse=True)
def _table(monkeypatch):
    for module in (costs, forecasts):
        monkeypatch.setattr(module, "costs", lambda: TABLE)


def job(rule, inputs, outputs, threads=1, **wildcards):
    return SimpleNamespace(
        rule=rule, paper="p", wildcards=wildcards, threads=threads, inputs=inputs, outputs=outputs
    )


def amounts(rule, paper, wildcards, threads):
    """Batch b0 has 4 cases, every other batch 1."""
    cases = {"read": 4 if wildcards.get("batch") == "b0" else 1}.get(rule, 0)
    return {"cases": cases, "processes": max(1, min(threads, cases))}


JOBS = [
    job("read", [], ["x0"], batch="b0"),
    job("read", [], ["x1"], batch="b1"),
    job("fit", ["x0", "x1"], ["model"]),
]


def benchmark(folder, path, wall, cpu, mb="100.0"):
    path = folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{wall}\t0:00:01\t{mb}\t1\t1\t1\t0\t0\t0\t{cpu}\n")


def test_jobs_cpu_time_memory_and_disk_are_added_up():
    found = forecasts.forecast(JOBS, amounts, NOTHING_KNOWN, cores=2)
    assert found.jobs == 3
    assert found.rules["read"] == forecasts.RuleForecast(2, 10.0, 300.0, 2.5)
    assert found.cpu_s == pytest.approx(2 + 3 * 0.5 + 8 + 2 + 20)
    assert found.largest_mb == 1000
    assert found.output_mb == pytest.approx(5.5)


def test_memory_at_once_is_that_of_the_largest_jobs_that_fit_on_the_cores():
    assert forecasts.forecast(JOBS, amounts, NOTHING_KNOWN, cores=1).at_once_mb == 1100
    assert forecasts.forecast(JOBS, amounts, NOTHING_KNOWN, cores=2).at_once_mb == 1400
    wide = [job("fit", [], [f"m{k}"], threads=2) for k in range(3)]
    assert forecasts.forecast(wide, amounts, NOTHING_KNOWN, cores=4).at_once_mb == 2100


def test_wall_time_lies_between_the_longest_chain_and_what_any_order_takes():
    low, high = forecasts.forecast(JOBS, amounts, NOTHING_KNOWN, cores=2).wall_s
    assert low == pytest.approx(3.5 + 28)  # the four cases, then the fit
    assert high == pytest.approx(3.5 + 30 / 2 + 28 / 2)
    low, high = forecasts.forecast(JOBS, amounts, NOTHING_KNOWN, cores=1).wall_s
    assert low == high == pytest.approx(3.5 + 30)


def test_a_job_on_several_threads_takes_less_wall_but_no_less_cpu_time():
    jobs = [job("read", [], ["x0"], threads=4, batch="b0")]
    found = forecasts.forecast(jobs, amounts, NOTHING_KNOWN, cores=4)
    assert found.rules["read"].cpu_s == 8
    assert found.wall_s[0] == pytest.approx(2.5 + 2)


@pytest.mark.parametrize(
    ("wall", "seen", "expected"),
    [
        (10.2, 8.0, 8.0 * 10.2 / 10.0),  # looked at every half second
        (40.5, 12.0, 12.0 * 40.5 / 15.5),  # and after a quarter of a minute every half minute
        (50.0, 30.0, 30.0 * 50.0 / 45.5),
        (0.3, None, 0.3),
        (0.3, 0.1, 0.3),
        (2.0, 0.0, 2.0),
    ],
)
def test_cpu_time_of_a_benchmark_is_continued_from_the_last_look_to_the_end(wall, seen, expected):
    assert forecasts.cpu_seconds(wall, seen) == pytest.approx(expected)


def test_earlier_jobs_scale_their_rule_and_all_of_them_the_others(tmp_path):
    benchmark(tmp_path, "benchmarks/p/a/read/b0.tsv", 16.0, 15.5)  # 16 s where 8 were measured
    benchmark(tmp_path, "benchmarks/p/a/read/b1.tsv", 4.0, 4.0)  # 4 for 2
    ratios = forecasts.earlier_ratios({"fit": "p"}, PATTERNS, amounts, tmp_path)
    assert ratios.jobs == 2
    assert ratios.cpu == {"read": pytest.approx(2.0)}
    assert ratios.cpu_elsewhere == pytest.approx(2.0)
    found = forecasts.forecast(JOBS, amounts, ratios, cores=2)
    assert found.rules["read"].cpu_s == pytest.approx(20)
    assert found.rules["fit"].cpu_s == pytest.approx(40)
    benchmark(tmp_path, "benchmarks/p/fit.tsv", 5.0, 5.0)
    ratios = forecasts.earlier_ratios({"fit": "p"}, PATTERNS, amounts, tmp_path)
    assert ratios.cpu["fit"] == pytest.approx(0.25)
    assert ratios.cpu_elsewhere == pytest.approx(25 / 30)


def test_memory_is_believed_where_a_job_was_looked_at_often(tmp_path):
    benchmark(tmp_path, "benchmarks/p/a/read/b0.tsv", 8.0, 8.0, mb=600 / 1.048576)
    benchmark(tmp_path, "benchmarks/p/fit.tsv", 1.0, 1.0, mb="5.0")
    ratios = forecasts.earlier_ratios({"fit": "p"}, PATTERNS, amounts, tmp_path)
    assert ratios.mb == {"read": pytest.approx(2.0)}


@pytest.mark.parametrize(
    "content", ["", "s\tcpu_time\n", HEADER, HEADER + "1.0\t", "\x00\x00", "a\tb\n1\t2\n"]
)
def test_a_benchmark_half_written_is_passed_over(tmp_path, content):
    benchmark(tmp_path, "benchmarks/p/a/read/b1.tsv", 4.0, "NA", "NA")
    (tmp_path / "benchmarks/p/a/read/b0.tsv").write_text(content)
    ratios = forecasts.earlier_ratios({}, {"read": PATTERNS["read"]}, amounts, tmp_path)
    assert (ratios.jobs, ratios.cpu) == (1, {"read": pytest.approx(2.0)})


def test_a_cohort_that_is_no_longer_configured_is_passed_over(tmp_path):
    benchmark(tmp_path, "benchmarks/p/gone/read/b0.tsv", 4.0, 4.0)

    def refusing(*_):
        raise SystemExit("No cohort 'gone' in the configuration.")

    assert forecasts.earlier_ratios({}, {"read": PATTERNS["read"]}, refusing, tmp_path).jobs == 0


def test_words_name_rules_totals_and_where_the_numbers_come_from(tmp_path):
    said = forecasts.tell(JOBS, amounts, PATTERNS, 2, tmp_path)
    assert "3 jobs: 34 s of CPU time, 32 s on 2 cores;" in said.replace("about ", "")
    assert "memory 1.0 GB for the largest job, up to 1.4 GB at once; 6 MB written." in said
    assert "costs measured on a 2-core machine" in said
    read = next(line for line in said.splitlines() if line.startswith("read"))
    assert read.split() == ["read", "2", "10", "s", "300", "MB", "2", "MB"]
    benchmark(tmp_path, "benchmarks/p/fit.tsv", 5.0, 5.0)
    assert "by 1 earlier jobs in benchmarks/ (1 of 2 rules" in forecasts.tell(
        JOBS, amounts, PATTERNS, 2, tmp_path
    )


def test_nothing_to_do_is_nothing_to_say(tmp_path):
    assert forecasts.tell([], amounts, PATTERNS, 2, tmp_path) == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "< 1 s"), (99, "99 s"), (600, "10 min"), (5990, "100 min"), (7200, "2.0 h")]
)
def test_durations(seconds, words):
    assert forecasts.duration(seconds) == words
