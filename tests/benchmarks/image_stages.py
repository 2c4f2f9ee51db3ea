"""Image stages of the simulated nact_response, and of a real pair: python -m tests.benchmarks.image_stages

By step: patients per core and minute, CPU seconds an image, peak memory of a job, and the share of its seconds that
is not computing (interpreter, imports, records: its jobs under Snakemake against the same jobs in one process). Where
REAL_DATA names the folder of real data: the same functions on two real FLAIR volumes of one patient, at 1 mm.
`--real` leaves the simulated target out (a quarter of an hour).
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.cohort.images import read_image
from scripts.cohort.phases import PhaseSeries
from scripts.preprocess.correct_bias import correct_visit
from scripts.preprocess.register_visits import register_pair
from scripts.preprocess.registration import RegistrationSettings
from scripts.preprocess.standardise_images import standardise_visit
from scripts.radiomics.extract_image_features import IMAGE_FEATURES, image_features
from scripts.radiomics.features import complete_settings
from scripts.volumes import Volume
from scripts.workflow.papers import paper_card, pick, resolve_parameters
from tests.benchmarks.cold_target import ColdRun, run_cold
from tests.benchmarks.runs import Row, fresh_folder, print_rows

TARGET = "results/nact_response.pdf"
# Images that one patient gives to each step
STEPS = {
    "correct_bias": 2,
    "standardise_images": 2,
    "segment_tumours": 2,
    "register_visits": 1,
    "picture_registration": 1,
    "extract_image_features": 3,
}
PAIR = "volumes/openMS_longitudinal_patient12"
RADIUS_MM = 25.0  # of the ball in the middle that stands for a tumour


def patients() -> int:
    """Of the simulated cohort."""
    cohort = paper_card("nact_response")["simulated"]["cohorts"]["simulated"]
    return cohort["n_development"] + cohort["n_testing"]


def simulated_rows(run: ColdRun) -> list[Row]:
    """A line for each step, and one for the whole target."""
    rows = []
    for rule, images in STEPS.items():
        jobs = [job for job in run.jobs if job["rule"] == rule]
        records = [(run.folder / "cold" / job["benchmark"]).read_text().splitlines() for job in jobs]
        cells = [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for head, line in records]
        cpu = sum(float(cell["cpu_time"]) for cell in cells)
        peak = max(float(cell["max_rss"]) for cell in cells)
        under = sum(run.under_snakemake[job["id"]] for job in jobs)
        bare = sum(run.bare["jobs"][str(job["id"])] for job in jobs)
        each = cpu / (images * patients())
        rows.append(
            Row(
                f"{rule}, {images * patients()} images in {len(jobs)} jobs",
                f"{each:.2f} s CPU an image, {60 / (each * images):.0f} patients a minute and core, {peak:.0f} MB",
                f"{1 - bare / under:.0%} not computing",
            )
        )
    whole = 1 - run.bare_run.cpu_seconds / run.cold.cpu_seconds
    rows.append(
        Row(
            f"whole target, {len(run.jobs)} jobs",
            f"{run.cold.cpu_seconds:.0f} s CPU, {run.cold.seconds:.0f} s",
            f"{run.bare_run.cpu_seconds:.0f} s CPU bare, {whole:.0%} not computing",
            run.cold.cpu_seconds / run.bare_run.cpu_seconds,
        )
    )
    return rows


def timed(what: str, work: Callable[[], object], rows: list[Row]) -> object:
    """The value of `work`; its CPU seconds and the peak memory of the process so far go to `rows`."""
    start = time.process_time()
    value = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    rows.append(Row(what, f"{time.process_time() - start:.1f} s CPU, {peak:.0f} MB so far"))
    return value


def _ball(grid: Volume) -> Volume:
    z, y, x = np.indices(grid.array.shape)
    middle = [(n - 1) / 2 for n in grid.array.shape]
    spacing = grid.spacing[::-1]
    distance = sum(((a - m) * s) ** 2 for a, m, s in zip((z, y, x), middle, spacing, strict=True))
    return grid.with_array((distance < RADIUS_MM**2).astype(np.uint8))


def real_rows(folder: Path) -> list[Row]:
    """The stages with the published parameters on two FLAIR volumes, a ball in the brain in place of a tumour."""
    values = resolve_parameters("nact_response", simulated=False, overrides={})
    names = (
        "phases",
        "bias_field",
        "resampling",
        "intensity",
        "registration",
        "radiomics",
        "jacobian_radiomics",
    )
    settings = pick(values, *names)
    settings["phases"] = {"chosen": 1}
    rows: list[Row] = []
    visits = []
    for study in ("study1", "study2"):
        flair = read_image(folder / f"{study}_FLAIR.nii.gz")
        size = " x ".join(str(n) for n in flair.array.shape)
        series = PhaseSeries((flair, flair))
        found = timed(f"real FLAIR {size}, N4", lambda s=series: correct_visit(s, None, settings), rows)
        images = found.volumes
        done = timed(
            "  common spacing and intensity",
            lambda i=images: standardise_visit(i["precontrast"], i["postcontrast"], None, settings),
            rows,
        )
        visits.append(done.volumes)
    fixed, moving = visits
    registration = {name: value for name, value in settings["registration"].items() if name != "image"}
    masks = _ball(fixed["precontrast"]), _ball(moving["precontrast"])
    pair = timed(
        f"real pair {' x '.join(str(n) for n in fixed['precontrast'].array.shape)}, registration and Jacobian",
        lambda: register_pair(
            fixed, masks[0], moving, masks[1], "precontrast", RegistrationSettings(**registration)
        ),
        rows,
    )
    for name, image, branch in (
        ("image", fixed["precontrast"], "radiomics"),
        ("Jacobian map", pair.volumes["jacobian"], "jacobian_radiomics"),
    ):
        of_branch = complete_settings(settings["radiomics"] | settings[branch])
        timed(
            f"  {len(IMAGE_FEATURES)} features of the {name}, {int(masks[0].array.sum())} voxels",
            lambda i=image, s=of_branch: image_features(i, masks[0], s),
            rows,
        )
    rows.append(Row("  voxels of the Jacobian map at or below 0", str(pair.measures["n_nonpositive"])))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", action="store_true", help="only the real pair")
    rows: list[Row] = []
    if not parser.parse_args().real:
        with fresh_folder() as folder:
            rows += simulated_rows(run_cold(folder, TARGET))
    pair = Path(os.environ.get("REAL_DATA", "")) / PAIR
    if "REAL_DATA" in os.environ and pair.is_dir():
        rows += real_rows(pair)
    print_rows("Image stages", rows)


if __name__ == "__main__":
    main()
