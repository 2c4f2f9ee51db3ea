"""What a job of each rule costs, as measured: CPU seconds, memory, output.

`resources/costs.yaml` holds, for each rule and measure, coefficients of products of amounts: `job` is 1, `cases` the
cases of the batch, `patients*evaluation.n_bootstrap` the product of the two. A rule's cost is the sum of its
coefficients times those products. `python -m tests.benchmarks.costs` measures them and writes the file.

From the same numbers come the memory and the time that a rule states to a cluster and the forecast of a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from scripts.workflow.config import ROOT, read_yaml
from scripts.workflow.image_sizes import ImageSize

COSTS = ROOT / "resources" / "costs.yaml"
# A job states twice the memory that was measured, and the two Snakemake processes around it on a cluster (350 MB).
MEMORY_MARGIN = 2.0
AROUND_MB = 400
LEAST_MB = 1000
# Slower machines and file systems, tumours larger than the simulated ones: ten times the CPU time that was measured.
TIME_MARGIN = 10.0
LEAST_MINUTES = 10

Amounts = Mapping[str, float]


@cache
def costs() -> dict[str, Any]:
    """The content of resources/costs.yaml."""
    return read_yaml(COSTS)


def total(terms: Mapping[str, float], amounts: Amounts) -> float:
    """Sum of the coefficients times their products of amounts; KeyError for an amount that is not given."""
    return sum(
        coefficient * math.prod(1.0 if name == "job" else amounts[name] for name in product.split("*"))
        for product, coefficient in terms.items()
    )


def cost(rule: str, measure: str, amounts: Amounts) -> float:
    """`cpu_s` (seconds), `mb` (peak memory, millions of bytes) or `output_mb` of one job.

    A rule that was not measured costs what the file says of `other` rules.
    """
    rules = costs()["rules"]
    return total(rules.get(rule, rules["other"])[measure], amounts)


def stated_memory(rule: str, amounts: Amounts, attempt: int = 1) -> int:
    """`mem_mb` of a rule: the measured memory with its margin, twice as much at each further attempt."""
    needed = AROUND_MB + MEMORY_MARGIN * cost(rule, "mb", amounts)
    return max(LEAST_MB, math.ceil(needed / 100) * 100) * 2 ** (attempt - 1)


def stated_runtime(rule: str, amounts: Amounts, attempt: int = 1) -> int:
    """`runtime` of a rule in minutes: the measured CPU time with its margin, doubled at each further attempt."""
    seconds = cost(rule, "cpu_s", amounts) / amounts["processes"]
    return (LEAST_MINUTES + math.ceil(TIME_MARGIN * seconds / 60)) * 2 ** (attempt - 1)


def image_amounts(sizes: Iterable[ImageSize], threads: int = 1, cases: int | None = None) -> dict[str, float]:
    """Amounts of a batch: its cases, the processes that share them, and the size of their images in memory.

    `cases` have one image each where their number is not given. `largest_...` are of the images that are in memory at
    one time: the largest, once for each process; `largest_volume_megavoxels` counts only one phase of a series. Voxels
    that are floats are counted in `megabytes` and again in `float_megabytes`, for they cost more than whole numbers.
    """
    sizes = list(sizes)
    cases = len(sizes) if cases is None else cases
    processes = max(1, min(threads, cases))
    floats = [size.megabytes for size in sizes if size.is_float]
    return {
        "cases": cases,
        "images": len(sizes),
        "processes": processes,
        "megabytes": sum(size.megabytes for size in sizes),
        "float_megabytes": sum(floats),
        "largest_megabytes": processes * max((size.megabytes for size in sizes), default=0.0),
        "largest_float_megabytes": processes * max(floats, default=0.0),
        "largest_megavoxels": processes * max((size.voxels for size in sizes), default=0) / 1e6,
        "largest_volume_megavoxels": processes * max((s.voxels / s.volumes for s in sizes), default=0) / 1e6,
    }


def parameter_amounts(values: Mapping[str, Any]) -> dict[str, float]:
    """Parameters that are numbers, by name; a list of numbers counts as its largest."""
    amounts: dict[str, float] = {}
    for name, value in values.items():
        largest = max(value, default=0) if isinstance(value, list) else value
        if isinstance(largest, int | float):
            amounts[name] = float(largest)
    return amounts
