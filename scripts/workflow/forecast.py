"""What a run will take, before it starts: jobs, CPU time, memory, disk.

A job's cost is that of `scripts.workflow.costs`. Where earlier runs left their `benchmarks/`, a rule's cost is scaled
by what its own jobs took here, and that of the other rules by what all of them took: this machine and these images,
not those that the shipped numbers come from.
"""

from __future__ import annotations

import csv
import glob
import heapq
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scripts.workflow.costs import Amounts, cost, costs, total

# Snakemake looks at a running job every half second at first, later every half minute; what comes after its last look
# is missing from the CPU time that it writes down.
OFTEN_S, SELDOM_S, OFTEN_UNTIL_S = 0.5, 30.0, 15.5
# Memory seen at so many looks can be believed to have been near its peak once.
ENOUGH_LOOKS_S = 5.0
MOST_FILES = 100


class Planned(Protocol):
    """A planned job: `wildcards` by name, paths that it reads and writes."""

    rule: str
    paper: str
    wildcards: Mapping[str, str]
    threads: int
    inputs: Sequence[str]
    outputs: Sequence[str]


# rule, paper, wildcards, threads -> what the job's cost depends on
AmountsOf = Callable[[str, str, Mapping[str, str], int], Amounts]


@dataclass(frozen=True)
class Ratios:
    """What earlier jobs took in this folder against the shipped costs: by rule, of CPU time and of memory.

    `cpu_elsewhere` is for rules without earlier jobs; `jobs` counts those that were found.
    """

    cpu: Mapping[str, float]
    mb: Mapping[str, float]
    cpu_elsewhere: float
    jobs: int


@dataclass(frozen=True)
class RuleForecast:
    """All jobs of a rule: how many, their CPU time together, the memory of the largest, what they write."""

    jobs: int
    cpu_s: float
    mb: float
    output_mb: float


@dataclass(frozen=True)
class Forecast:
    """A run. Seconds, and millions of bytes.

    `wall_s` : no run takes less than the first on these cores, and none that keeps them busy more than the second.
    `at_once_mb` : the largest jobs that fit on the cores together, and Snakemake.
    """

    rules: Mapping[str, RuleForecast]
    cpu_s: float
    wall_s: tuple[float, float]
    at_once_mb: float
    ratios: Ratios

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return sum(rule.jobs for rule in self.rules.values())

    @property
    def largest_mb(self) -> float:
        """Memory of the largest job."""
        return max((rule.mb for rule in self.rules.values()), default=0.0)

    @property
    def output_mb(self) -> float:
        """What all jobs write."""
        return sum(rule.output_mb for rule in self.rules.values())


def cpu_seconds(wall_s: float, seen_s: float | None) -> float:
    """CPU seconds of a job from its benchmark: what was seen at the last look, continued to the job's end."""
    if wall_s < OFTEN_UNTIL_S:
        last_look = math.floor(wall_s / OFTEN_S) * OFTEN_S
    else:
        last_look = OFTEN_UNTIL_S + math.floor((wall_s - OFTEN_UNTIL_S) / SELDOM_S) * SELDOM_S
    if not seen_s or not last_look:
        return wall_s
    return seen_s * wall_s / last_look


def earlier_jobs(pattern: str, folder: Path) -> Iterable[tuple[dict[str, str], float, float, float]]:
    """(wildcards, wall seconds, CPU seconds, MB) of the benchmark files that fit a rule's pattern, at most 100."""
    name = re.compile(r"\{(\w+)(?:,[^{}]*)?\}")
    parts = name.split(pattern)
    expression, seen = "", set()
    for position, part in enumerate(parts):
        if position % 2 == 0:
            expression += re.escape(part)
        else:
            expression += f"(?P={part})" if part in seen else f"(?P<{part}>[^/]+)"
            seen.add(part)
    files = glob.iglob(name.sub("*", pattern), root_dir=folder)
    for path in itertools.islice(files, MOST_FILES):
        match = re.fullmatch(expression, path)
        try:
            with (folder / path).open(encoding="utf-8") as stream:
                row = next(csv.DictReader(stream, delimiter="\t"))
            wall = float(row["s"])
            cpu = None if row["cpu_time"] == "NA" else float(row["cpu_time"])
            mb = 0.0 if row["max_rss"] == "NA" else float(row["max_rss"]) * 1.048576
        except (OSError, StopIteration, KeyError, TypeError, ValueError):
            continue  # a file that a killed job left half written
        if match:
            yield match.groupdict(), wall, cpu_seconds(wall, cpu), mb


def earlier_ratios(
    papers: Mapping[str, str | None], patterns: Mapping[str, str], amounts: AmountsOf, folder: Path
) -> Ratios:
    """What the jobs of earlier runs took against the shipped costs.

    Parameters
    ----------
    papers : rule -> its paper, None where a wildcard names it. patterns : rule -> its benchmark's path.
    """
    cpu, mb, count = {}, {}, 0
    seen_all = planned_all = 0.0
    for rule, pattern in patterns.items():
        seen = planned = largest = 0.0
        for wildcards, wall, used, memory in earlier_jobs(pattern, folder):
            try:
                what = amounts(rule, papers.get(rule) or wildcards["paper"], wildcards, 1)
            except (KeyError, SystemExit):
                continue  # a cohort or model that the configuration no longer names
            seen, planned, count = seen + used, planned + cost(rule, "cpu_s", what), count + 1
            if wall >= ENOUGH_LOOKS_S:
                largest = max(largest, memory / cost(rule, "mb", what))
        if planned:
            cpu[rule] = seen / planned
            seen_all, planned_all = seen_all + seen, planned_all + planned
        if largest:
            mb[rule] = largest
    return Ratios(cpu, mb, seen_all / planned_all if planned_all else 1.0, count)


def critical_path(jobs: Sequence[Planned], seconds: Sequence[float]) -> float:
    """Seconds of the longest chain of jobs that wait for each other."""
    producer = {path: number for number, job in enumerate(jobs) for path in job.outputs}
    waits = [{producer[path] for path in job.inputs if path in producer} for job in jobs]
    followers = defaultdict(list)
    for number, before in enumerate(waits):
        for other in before:
            followers[other].append(number)
    left = [len(before) for before in waits]
    start, longest = [0.0] * len(jobs), 0.0
    ready = [number for number, count in enumerate(left) if not count]
    while ready:
        number = ready.pop()
        end = start[number] + seconds[number]
        longest = max(longest, end)
        for other in followers[number]:
            start[other] = max(start[other], end)
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    return longest


def forecast(jobs: Sequence[Planned], amounts: AmountsOf, ratios: Ratios, cores: int) -> Forecast:
    """What the planned jobs will take on so many cores."""
    itself = costs()["snakemake"]
    by_rule: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    seconds, memories = [], []
    for job in jobs:
        what = amounts(job.rule, job.paper, job.wildcards, job.threads)
        cpu = cost(job.rule, "cpu_s", what) * ratios.cpu.get(job.rule, ratios.cpu_elsewhere)
        mb = cost(job.rule, "mb", what) * ratios.mb.get(job.rule, 1.0)
        by_rule[job.rule].append((cpu, mb, cost(job.rule, "output_mb", what)))
        seconds.append(cpu / min(job.threads, what["processes"], cores))
        memories.append((mb, job.threads))
    rules = {
        rule: RuleForecast(
            len(all_), sum(c for c, _, _ in all_), max(m for _, m, _ in all_), sum(o for *_, o in all_)
        )
        for rule, all_ in by_rule.items()
    }
    own = total(itself["cpu_s"], {"jobs": len(jobs)}) * ratios.cpu_elsewhere
    longest, shared = critical_path(jobs, seconds), sum(rule.cpu_s for rule in rules.values()) / cores
    at_once, free = float(itself["mb"]), cores
    for mb, threads in heapq.nlargest(cores, memories):
        if free >= 1:
            at_once, free = at_once + mb, free - threads
    bounds = own + max(longest, shared), own + shared + longest * (1 - 1 / cores)
    return Forecast(rules, own + sum(rule.cpu_s for rule in rules.values()), bounds, at_once, ratios)


def duration(seconds: float) -> str:
    """'< 1 s', '45 s', '12 min', '3.4 h'."""
    if seconds < 0.95:
        return "< 1 s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def size(megabytes: float) -> str:
    """'< 1 MB', '245 MB', '1.4 GB'."""
    if megabytes < 0.95:
        return "< 1 MB"
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"


def in_words(found: Forecast, cores: int) -> str:
    """A table of rules, what the whole run takes, and where the numbers come from."""
    width = max(map(len, found.rules))
    lines = [f"Forecast\n{'':{width}}{'jobs':>8}{'CPU time':>11}{'memory':>10}{'written':>10}"]
    for rule, one in found.rules.items():
        lines.append(
            f"{rule:{width}}{one.jobs:8,}{duration(one.cpu_s):>11}{size(one.mb):>10}{size(one.output_mb):>10}"
        )
    low, high = map(duration, found.wall_s)
    wall = f"about {low}" if low == high else f"{low} to {high}"
    lines.append(
        f"{found.jobs:,} job{'' if found.jobs == 1 else 's'}: {duration(found.cpu_s)} of CPU time, {wall} on {cores} "
        f"core{'' if cores == 1 else 's'}; memory {size(found.largest_mb)} for the largest job, up to "
        f"{size(found.at_once_mb)} at once; {size(found.output_mb)} written."
    )
    known = sum(rule in found.ratios.cpu for rule in found.rules)
    if known:
        lines.append(
            f"CPU time by {found.ratios.jobs} earlier jobs in benchmarks/ ({known} of {len(found.rules)} rules; "
            "the others scaled to this machine by them)."
        )
    else:
        lines.append(
            "By costs measured on a 2-core machine with tumours of some 3,000 voxels; yours may be faster or slower.\n"
            "After a first run: by its own benchmarks/."
        )
    return "\n".join(lines)


def tell(
    jobs: Sequence[Planned],
    amounts: AmountsOf,
    patterns: Mapping[str, str],
    cores: int,
    folder: Path = Path(),
) -> str:
    """The forecast of a run in words; '' where nothing is to be done.

    Parameters
    ----------
    amounts : what a job's cost depends on. patterns : rule -> path of its benchmark, with {wildcards}.
    folder : where earlier runs left their benchmarks.
    """
    if not jobs:
        return ""
    papers = {job.rule: job.paper for job in jobs if "{paper" not in patterns.get(job.rule, "")}
    ratios = earlier_ratios(papers, patterns, amounts, folder)
    return in_words(forecast(jobs, amounts, ratios, cores), cores)
