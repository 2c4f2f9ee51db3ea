"""How far a run is, paper by paper, and about how long it still takes."""

from __future__ import annotations

import csv
import re
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

MOST_RECORDS = 200  # benchmark files read of one rule
MOST_LINES = 500  # of a paper in one run
FEWEST_DONE = 3  # steps of this run before its own rate says anything


@dataclass(frozen=True)
class Step:
    """One planned job: its rule, the paper it belongs to, and the ids of the planned jobs that it waits for.

    `expected_s` : what it took elsewhere, None where that is not known.
    """

    rule: str
    paper: str
    needs: frozenset[int] = frozenset()
    expected_s: float | None = None


def measured_seconds(patterns: Mapping[str, str], folder: Path = Path()) -> dict[str, float]:
    """Rule -> median seconds of its jobs in earlier runs of a folder.

    Parameters
    ----------
    patterns : rule -> its benchmark file with wildcards, 'benchmarks/{paper}/check_cases/{batch}.tsv'.
    """
    seconds = {}
    for rule, pattern in patterns.items():
        files = folder.glob(re.sub(r"\{[^}]*\}", "*", pattern).lstrip("/"))
        times = [time for path in islice(files, MOST_RECORDS) if (time := _seconds(path)) is not None]
        if times:
            seconds[rule] = statistics.median(times)
    return seconds


def _seconds(path: Path) -> float | None:
    try:
        with path.open(encoding="utf-8") as stream:
            return float(next(csv.DictReader(stream, delimiter="\t"))["s"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None


class Progress:
    """Steps done and time left of a run.

    Parameters
    ----------
    steps : job id -> what is planned. seconds : rule -> seconds measured before. slots : jobs side by side.

    Times are those of a steady clock, in seconds. A rule not measured before takes the mean of its jobs in this run;
    before any of it has ended, what its jobs took elsewhere, at the pace of this run; where that is not known, the mean
    of all jobs of this run. Such an estimate is told with 'perhaps', a measured one with 'about'.
    """

    def __init__(self, steps: Mapping[int, Step], seconds: Mapping[str, float], slots: int) -> None:
        self.steps, self.slots = dict(steps), max(1, slots)
        self.measured = dict(seconds)
        self.own: dict[str, list[float]] = {}
        self.started: dict[int, float] = {}
        self.done: set[int] = set()
        self.planned = Counter(step.paper for step in self.steps.values())
        self.done_of: Counter[str] = Counter()
        self.taken_s = self.expected_s = 0.0  # of the jobs that ended and were expected to take a while
        self.order = _needed_first(self.steps)

    def start(self, job: int, now: float) -> None:
        """A job began (or began again)."""
        self.started[job] = now

    def finish(self, job: int, now: float) -> None:
        """A job ended well."""
        if job not in self.steps or job in self.done:
            return
        self.done.add(job)
        self.done_of[self.steps[job].paper] += 1
        if job in self.started:
            taken = max(0.0, now - self.started.pop(job))
            self.own.setdefault(self.steps[job].rule, []).append(taken)
            if expected := self.steps[job].expected_s:
                self.taken_s, self.expected_s = self.taken_s + taken, self.expected_s + expected

    def counts(self, paper: str) -> tuple[int, int]:
        """Steps done and planned of a paper."""
        return self.done_of[paper], self.planned[paper]

    def papers(self) -> list[str]:
        """The papers of the planned steps, in order of name."""
        return sorted(set(self.planned) - {""})

    def is_worth_a_line(self, paper: str) -> bool:
        """Every step of a paper; of thousands, every so many and the last."""
        done, planned = self.counts(paper)
        return done == planned or done % max(1, planned // MOST_LINES) == 0

    def seconds_left(self, paper: str, now: float) -> tuple[float, bool] | None:
        """Seconds until the paper's last step is done, and whether they are measured; None where nothing tells.

        Every step of the run that is not done counts, as papers share the machine; a chain of steps that wait for one
        another is never shorter than its sum.
        """
        known = {rule: statistics.mean(times) for rule, times in self.own.items()} | self.measured
        wanted = self._wanted_by(paper)
        missing = {self.steps[job].rule for job in wanted} - set(known)
        pace = self.taken_s / self.expected_s if self.expected_s else 1.0
        guess = 0.0
        if any(self.steps[job].expected_s is None for job in wanted if self.steps[job].rule in missing):
            times = [time for rule in self.own.values() for time in rule]
            if len(times) < FEWEST_DONE:
                return None
            guess = statistics.mean(times)
        chain: dict[int, float] = {}
        work = 0.0
        for job in self.order:
            if job in self.done:
                continue
            step = self.steps[job]
            elsewhere = guess if step.expected_s is None else pace * step.expected_s
            seconds = known.get(step.rule, elsewhere)
            if job in self.started:
                seconds = max(seconds - (now - self.started[job]), 0.1 * seconds)
            work += seconds
            chain[job] = seconds + max((chain.get(need, 0.0) for need in step.needs), default=0.0)
        longest = max((chain[job] for job in wanted), default=0.0)
        return max(longest, work / self.slots), not missing

    def _wanted_by(self, paper: str) -> set[int]:
        return {job for job, step in self.steps.items() if step.paper == paper and job not in self.done}

    def line(self, paper: str, now: float) -> str:
        """'crc_nomogram: 12 of 29 steps, about 40 s left'."""
        done, planned = self.counts(paper)
        if done == planned:
            return f"{paper}: {done} of {planned} steps"
        left = self.seconds_left(paper, now)
        if left is None:
            return f"{paper}: {done} of {planned} steps, no estimate yet"
        seconds, measured = left
        return f"{paper}: {done} of {planned} steps, {'about' if measured else 'perhaps'} {in_words(seconds)} left"


def _needed_first(steps: Mapping[int, Step]) -> list[int]:
    """Job ids so that each comes after those it waits for."""
    order: list[int] = []
    waiting = {job: len(step.needs & steps.keys()) for job, step in steps.items()}
    after: dict[int, list[int]] = {}
    for job, step in steps.items():
        for need in step.needs:
            after.setdefault(need, []).append(job)
    ready = [job for job, count in waiting.items() if not count]
    while ready:
        job = ready.pop()
        order.append(job)
        for later in after.get(job, ()):
            waiting[later] -= 1
            if not waiting[later]:
                ready.append(later)
    return order


def in_words(seconds: float) -> str:
    """'5 s', '40 s', '3 min', '2 h 10 min': as exact as an estimate deserves."""
    if seconds < 60:
        return f"{max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(5 * round(minutes / 5), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def exactly(seconds: float) -> str:
    """'45 s', '1 min 4 s', '2 h 10 min': a time that was measured."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def paper_of(log: str) -> str:
    """The paper of a job from the path of its log, 'logs/<paper>/...'; '' where it has none."""
    parts = Path(log).parts
    return parts[1] if len(parts) > 2 and parts[0] == "logs" else ""
