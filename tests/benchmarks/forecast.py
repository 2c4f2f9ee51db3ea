"""The forecast of a run against the run: python -m tests.benchmarks.forecast

Three runs: the simulated target; a user's cohort of about 95 patients with images of 256 x 256 x 60 voxels; and that
cohort's jobs all again, forecast by the benchmarks that the run before left. Jobs must agree, all else within a
factor of 1.5.
"""

import json
import math
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import yaml

from scripts.workflow.forecast import Forecast, Ratios, duration, earlier_ratios, forecast, size
from tests.benchmarks.costs import elsewhere, megabytes_of
from tests.benchmarks.runs import (
    CORES,
    TARGET,
    Row,
    fresh_folder,
    measured,
    print_rows,
    snakemake,
    steps_done,
)

FACTOR = 1.5
LOOK_EVERY_S = 0.1
SHAPE = (60, 256, 256)
PARAMETERS = {
    "signature": {"n_folds": 4},
    "evaluation": {"n_bootstrap": 300},
    "stability": {"n_bootstrap": 80},
    "rivals": {"outer_folds": 4, "repeats": 2, "forest": {"n_trees": 80}, "xgboost": {"rounds": [25, 100]}},
}


def make_large_images(folder: Path) -> None:
    """A user's cohort of simulated patients, each image in the middle of a larger one of fat, air and noise."""
    import numpy as np
    import SimpleITK as sitk

    from tests.benchmarks.one_mask_changed import make_user_cohort

    make_user_cohort(folder)
    for path in sorted((folder / "files").glob("*.mha")):
        small = sitk.ReadImage(str(path))
        array = sitk.GetArrayFromImage(small)
        if array.dtype == np.int16:
            whole = np.random.default_rng(2).normal(-90, 12, SHAPE).astype(np.int16)
            whole[:, :20] = -1000
        else:
            whole = np.zeros(SHAPE, array.dtype)
        corner = [(full - part) // 2 for full, part in zip(SHAPE, array.shape, strict=True)]
        whole[tuple(slice(c, c + n) for c, n in zip(corner, array.shape, strict=True))] = array
        large = sitk.GetImageFromArray(whole)
        large.SetSpacing(small.GetSpacing())
        sitk.WriteImage(large, str(path.with_suffix("")) + ".nii.gz")
        path.unlink()
    sheet = folder / "sheet.csv"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(".mha", ".nii.gz"), encoding="utf-8")
    mine = yaml.safe_load((folder / "mine.yaml").read_text(encoding="utf-8"))
    mine["papers"]["crc_nomogram"]["parameters"] = PARAMETERS
    (folder / "mine.yaml").write_text(yaml.safe_dump(mine), encoding="utf-8")


@contextmanager
def memory_watched() -> Iterator[list[float]]:
    """The most memory (MB) that all processes below this one held together, as the list's only entry."""
    most, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY_S):
            held = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    held += process.memory_info().rss
                except psutil.Error:
                    continue
            most[0] = max(most[0], held / 1e6)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def forecast_of(folder: Path, jobs: list[dict], by_earlier_runs: bool) -> Forecast:
    """The forecast of planned jobs, as a dry run would print it."""
    planned = [
        SimpleNamespace(**job | {"inputs": job["input"]["values"], "outputs": job["output"]["values"]})
        for job in jobs
    ]
    known = {(job.rule, json.dumps(job.wildcards)): job.amounts for job in planned}

    def amounts(rule, paper, wildcards, threads):
        return known[rule, json.dumps(dict(wildcards))]

    ratios = Ratios({}, {}, 1.0, 0)
    if by_earlier_runs:
        papers = {job.rule: job.paper for job in planned}
        ratios = earlier_ratios(papers, {job.rule: job.pattern for job in planned}, amounts, folder)
    return forecast(planned, amounts, ratios, CORES)


def compared(what: str, folder: Path, *arguments: str, by_earlier_runs: bool = False) -> list[Row]:
    """Forecast, run, and compare."""
    configfile = [arguments[arguments.index("--configfile") + 1]] if "--configfile" in arguments else []
    measured(
        [sys.executable, "-m", "tests.benchmarks.planned_jobs", TARGET, "jobs.json", *configfile], folder
    )
    jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    told = forecast_of(folder, jobs, by_earlier_runs)
    with memory_watched() as at_once:
        used = snakemake(folder, TARGET, *arguments)
    written = sum(megabytes_of(folder / path) for job in jobs for path in job["output"]["values"])
    steps = steps_done(used.output) == told.jobs
    table = [Row(f"{what}: jobs", str(told.jobs), str(len(jobs)), told.jobs / len(jobs), "exact", steps)]
    for name, ours, real, word in (
        ("CPU time", told.cpu_s, used.cpu_seconds, duration),
        ("memory of the largest job", told.largest_mb, used.peak_mb, size),
        ("memory at once", told.at_once_mb, at_once[0], size),
        ("written", told.output_mb, written, size),
    ):
        ratio = ours / real
        met = abs(math.log(ratio)) <= math.log(FACTOR)
        table.append(Row(f"{what}: {name}", word(ours), word(real), ratio, f"within {FACTOR}", met))
    low, high = map(duration, told.wall_s)
    table.append(Row(f"{what}: wall", f"{low} to {high}", duration(used.seconds)))
    return table


def rows(folder: Path) -> list[Row]:
    """All three comparisons; `ours` is the forecast, `against` the run."""
    (folder / "simulated").mkdir()
    (folder / "user").mkdir()
    table = compared("simulated", folder / "simulated")
    elsewhere("tests.benchmarks.forecast", "make_large_images", folder / "user")
    mine = ("--configfile", "mine.yaml")
    table += compared("user's images", folder / "user", *mine)
    return table + compared(
        "user's, by earlier runs", folder / "user", *mine, "--forceall", by_earlier_runs=True
    )


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("Forecast", rows(folder))


if __name__ == "__main__":
    main()
