"""Many cases in one job: the same function over a list, on the threads that the job was given."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

from scripts.errors import OutOfMemory
from scripts.orphans import die_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_cases(function: Callable[[Item], Result], items: Sequence[Item], threads: int) -> list[Result]:
    """`[function(item) for item in items]` on `threads` processes; order kept, the first error raised.

    One thread runs in this process. Workers are forked, so what is imported once is not imported again;
    `function` must be importable (a module-level function or a functools.partial of one). An error leaves with the
    `patients` of its item, where the item is a case. When a worker is killed, as the system does for memory, the
    items without a result are done again one at a time, which needs the memory of one. Workers end with this process,
    however it ends.

    Raises
    ------
    OutOfMemory : a worker was killed that computed one item alone; names its patient.
    """
    named = partial(_naming_the_patient, function)
    if threads <= 1 or len(items) <= 1:
        return [named(item) for item in items]
    results = _side_by_side(named, items, threads)
    left = [position for position in range(len(items)) if position not in results]
    if left:
        print(
            f"A worker process was killed, most likely for memory: {len(left)} of {len(items)} cases are done"
        )
        print("again, one at a time.")
        for position in left:
            results[position] = _alone(named, items[position])
    return [results[position] for position in range(len(items))]


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(workers, context, initializer=die_with_parent, initargs=(os.getpid(),))


def _side_by_side(
    function: Callable[[Item], Result], items: Sequence[Item], threads: int
) -> dict[int, Result]:
    """Position -> result: of all items, or of those that were done before a worker was killed."""
    results: dict[int, Result] = {}
    size = max(1, len(items) // (4 * threads))
    with _pool(min(threads, len(items))) as pool:
        chunks = {}
        with contextlib.suppress(BrokenProcessPool):  # a worker was killed before all was handed out
            for start in range(0, len(items), size):
                chunks[start] = pool.submit(_each, function, items[start : start + size])
        try:
            for start, chunk in chunks.items():
                with contextlib.suppress(BrokenProcessPool):
                    results.update(enumerate(chunk.result(), start))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def _alone(function: Callable[[Item], Result], item: Item) -> Result:
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            patients = _patients(item)
            who = f" for patient {patients[0]}" if patients else ""
            message = f"the worker process was killed{who}, most likely for memory"
            raise OutOfMemory(message, patients) from None


def _each(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def _naming_the_patient(function: Callable[[Item], Result], item: Item) -> Result:
    try:
        return function(item)
    except Exception as error:
        if not getattr(error, "patients", ()):
            error.patients = _patients(item)  # type: ignore[attr-defined]
        raise


def _patients(item: Any) -> tuple[str, ...]:
    return (str(item["patient"]),) if isinstance(item, dict) and "patient" in item else ()
