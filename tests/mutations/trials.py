"""Many mutated cohorts, each judged in a process of its own with limits of time and memory."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import shutil
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.cohort.images import read_image
from tests.mutations import dicom_files, sheets, special_files, volume_files
from tests.mutations.bench import MUTATIONS, Bench
from tests.mutations.cohort import KINDS, write_cohort
from tests.mutations.independent import matrix
from tests.mutations.judging import SETTINGS, Mutated, Outcome, check_case, judge

MODULES = (sheets, volume_files, dicom_files, special_files)  # importing them fills MUTATIONS
LIMIT_S = 60.0
LIMIT_BYTES = 6 << 30
SEED = 20201231
Trial = tuple[str, int]  # kind of mutation, how many of it came before


def planned(count: int) -> list[Trial]:
    """The first `count` trials: every kind of mutation once, then those with a larger weight again and again."""
    again = sorted(
        (turn / weight, name, turn) for name, (_, weight) in MUTATIONS.items() for turn in range(1, weight)
    )
    trials = [(name, 0) for name in MUTATIONS] + [(name, turn) for _, name, turn in again]
    if len(trials) < count:
        raise ValueError(f"expected at most {len(trials)} trials, found {count}")
    return trials[:count]


def run_trials(
    trials: list[Trial], folder: Path, limit_s: float = LIMIT_S
) -> Iterator[tuple[Trial, Outcome]]:
    """Judge the mutated cohorts in turn, in `folder`; a crash or a hang of the process is an outcome as well."""
    cohort = folder / "cohort"
    sheet = write_cohort(cohort)
    records, originals = {}, {}
    for row in sheet.to_dict("records"):
        case = row | {"image": str(cohort / row["image"]), "mask": str(cohort / row["mask"])}
        key = tuple(os.path.realpath(case[k]) for k in ("image", "mask"))
        record = check_case(case, SETTINGS)
        if record["faults"]:
            raise AssertionError(f"the cohort is not sound: {record['faults']}")
        records[(*key, case["image_series"], case["mask_roi"])] = record
        volume = read_image(case["image"], case["image_series"] or None)
        originals[row["patient"]] = (matrix(volume), volume.array.shape)
    context = multiprocessing.get_context("fork")

    def work(pipe: Connection) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
        sink = os.open(folder / "printed.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        while True:
            name, turn = pipe.recv()
            pipe.send(_one((name, turn), folder, cohort, sheet, records, originals))

    process = None
    for trial in trials:
        if process is None:
            pipe, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
        pipe.send(trial)
        try:
            if pipe.poll(limit_s):
                yield trial, pipe.recv()
                continue
            outcome = Outcome(trial[0], "hung", defects=[f"no answer in {limit_s:g} s"])
        except EOFError:
            process.join()
            outcome = Outcome(trial[0], "crashed", defects=[f"the process ended with {process.exitcode}"])
        yield trial, outcome
        process.kill()
        process.join()
        process = None
    if process is not None:
        process.kill()
        process.join()


def _one(
    trial: Trial,
    folder: Path,
    cohort: Path,
    sheet: pd.DataFrame,
    records: dict[tuple[str, ...], dict],
    originals: dict[str, Any],
) -> Outcome:
    name, turn = trial
    own = Path(tempfile.mkdtemp(dir=folder))
    warnings.simplefilter("ignore")  # of the libraries, whose values are looked at
    try:
        for patient in KINDS:
            (own / patient).symlink_to(cohort / patient)
        seed = [SEED, turn, *name.encode()]
        bench = Bench(own, cohort, sheet.copy(), np.random.default_rng(seed), turn)
        must = MUTATIONS[name][0](bench) or ""
        mutated = Mutated(name, bench.finished(), bench.target, must, bench.grid)
        return judge(mutated, records, originals)
    except Exception as error:
        story = "".join(traceback.format_exception(error))
        return Outcome(name, "crashed", defects=[f"a traceback: {story[-3000:]}"])
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(own)
