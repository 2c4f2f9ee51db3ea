"""Many cases in one job: the same function over a list, on the threads that the job was given."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from scripts.orphans import die_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_cases(function: Callable[[Item], Result], items: Sequence[Item], threads: int) -> list[Result]:
    """`[function(item) for item in items]` on `threads` processes; order kept, the first error raised.

    One thread runs in this process. Workers are forked, so what is imported once is not imported again;
    `function` must be importable (a module-level function or a functools.partial of one). Workers end with
    this process, however it ends.
    """
    if threads <= 1 or len(items) <= 1:
        return [function(item) for item in items]
    context = multiprocessing.get_context("fork")
    workers = min(threads, len(items))
    with ProcessPoolExecutor(workers, context, initializer=die_with_parent, initargs=(os.getpid(),)) as pool:
        return list(pool.map(function, items, chunksize=max(1, len(items) // (4 * threads))))
