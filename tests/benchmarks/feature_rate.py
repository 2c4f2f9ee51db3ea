"""Features per second against a plain loop over pyradiomics: python -m tests.benchmarks.feature_rate

Both sides read image and mask from files and run on one core; the plain loop is pyradiomics' extractor with the same
bin width and everything else as it comes. The 107 values must be equal to the last bit.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import radiomics
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor
from scipy import ndimage

from scripts.radiomics.extract_features import extract_case
from scripts.radiomics.features import FEATURE_NAMES
from scripts.simulation.crc_nomogram.identifiers import patient_ids
from scripts.workflow.batches import plan_batches
from scripts.workflow.papers import paper_card, pick, resolve_parameters
from tests.benchmarks.runs import Row, fresh_folder, print_rows, snakemake

CASES_PER_JOB = 24
SIDES = ("ours", "plain")


def simulated_cases(folder: Path) -> list[dict[str, str]]:
    """One batch of simulated patients with their files."""
    planned = paper_card("crc_nomogram")["simulated"]["cohorts"]["simulated"]
    patients = patient_ids(planned["n_primary"] + planned["n_validation"], planned["prefix"])
    batch, members = next(iter(plan_batches(patients, CASES_PER_JOB).items()))
    images = f"cache/crc_nomogram/simulated/simulated/images/{batch}"
    snakemake(folder, images, "--config", f"cases_per_job={CASES_PER_JOB}")
    return [
        {"patient": name, **{kind: str(folder / images / f"{name}_{kind}.mha") for kind in ("image", "mask")}}
        for name in members
    ]


def whole_ct(folder: Path) -> dict[str, str]:
    """A CT of 512 x 512 x 80 voxels of noise with a tumour of about 40 x 40 x 40 mm, int16, uncompressed."""
    generator = np.random.default_rng(80)
    z, y, x = np.ogrid[:80, :512, :512]
    inside = ((z - 40) * 5 / 20) ** 2 + ((y - 256) * 0.75 / 20) ** 2 + ((x - 256) * 0.75 / 20) ** 2 <= 1
    noise = ndimage.gaussian_filter(generator.standard_normal((80, 512, 512), dtype=np.float32), 1)
    hounsfield = (60 + 150 * noise + 30 * inside).astype(np.int16)
    case = {"patient": "whole CT"}
    for kind, array in (("image", hounsfield), ("mask", inside.astype(np.uint8))):
        volume = sitk.GetImageFromArray(array)
        volume.SetSpacing((0.75, 0.75, 5.0))
        case[kind] = str(folder / f"whole_{kind}.mha")
        sitk.WriteImage(volume, case[kind])
    return case


def timed(function: Callable[[], dict[str, float]], repeats: int) -> tuple[float, dict[str, float]]:
    """Fastest of `repeats` calls, in seconds, and the value."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = function()
        seconds.append(time.perf_counter() - start)
    return min(seconds), value


def compare(cases: list[dict[str, str]], settings: dict, repeats: int) -> tuple[dict[str, float], int]:
    """Seconds of both sides over the cases, taken in turns, and the number of values that differ."""
    plain = RadiomicsFeatureExtractor(binWidth=settings["bin_width"])
    seconds, different = dict.fromkeys(SIDES, 0.0), 0
    for case in cases:
        taken, ours = timed(lambda case=case: extract_case(case, settings).features, repeats)
        seconds["ours"] += taken
        taken, theirs = timed(lambda case=case: plain.execute(case["image"], case["mask"]), repeats)
        seconds["plain"] += taken
        different += sum(float(theirs[name]) != ours[name] for name in FEATURE_NAMES)
    return seconds, different


def rows(folder: Path) -> list[Row]:
    """Simulated cases, and one whole CT."""
    radiomics.logger.setLevel(logging.ERROR)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    settings = pick(resolve_parameters("crc_nomogram", True), "radiomics")["radiomics"]
    table = []
    cases = simulated_cases(folder)
    for what, chosen in (
        (f"{len(cases)} simulated tumours", cases),
        ("one CT of 512 x 512 x 80", [whole_ct(folder)]),
    ):
        seconds, different = compare(chosen, settings, repeats=3)
        rate = {side: len(chosen) * len(FEATURE_NAMES) / seconds[side] for side in SIDES}
        table.append(
            Row(f"features per second and core, {what} ({different} values differ)", f"{rate['ours']:.0f} /s",
                f"{rate['plain']:.0f} /s plain loop", rate["ours"] / rate["plain"], ">= 1, none differ",
                rate["ours"] >= rate["plain"] and not different)
        )  # fmt: skip
    return table


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("Radiomic features", rows(folder))


if __name__ == "__main__":
    main()
