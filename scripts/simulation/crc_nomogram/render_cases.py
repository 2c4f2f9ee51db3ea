"""Render CT crops and tumour masks of simulated patients, a batch at a time.

A patient's image depends on the seed, the patient's id, latent factors and scanner, and on nothing else: not
on the batch, the order or the number of processes. Files carry no date, so equal images have equal bytes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.simulation.crc_nomogram.abdomen import blend, draw_abdomen
from scripts.simulation.crc_nomogram.biology import LATENTS
from scripts.simulation.crc_nomogram.hospitals import SCANNERS, Scanner
from scripts.simulation.crc_nomogram.identifiers import SIZE_YX, SIZE_Z, image_paths
from scripts.simulation.crc_nomogram.tumour import draw_tumour, tumour_traits
from scripts.tables import read_table
from scripts.volumes import Volume, write_volume

PIXEL_LOG_SD = 0.02  # of the in-plane spacing between patients of one scanner
STRANDING_HU = 30.0  # largest density added to the fat beside the tumour
STRANDING_MM = 4.0  # how fast it fades
HU_RANGE = (-1024, 3071)


def scanner_noise(shape: tuple[int, int, int], scanner: Scanner, random: np.random.Generator) -> np.ndarray:
    """(z, y, x) float32 noise of a scanner: SD `noise_hu`, kernel (s, 1, s) along y and x."""
    noise = random.standard_normal((shape[0], shape[1] + 2, shape[2] + 2), dtype=np.float32)
    s = np.float32(scanner.smoothing)
    noise = noise[:, 1:-1] + s * (noise[:, :-2] + noise[:, 2:])
    noise = noise[:, :, 1:-1] + s * (noise[:, :, :-2] + noise[:, :, 2:])
    return noise * np.float32(scanner.noise_hu / (1 + 2 * scanner.smoothing**2))


def render_case(
    latents: Mapping[str, float], scanner: Scanner, random: np.random.Generator
) -> tuple[Volume, Volume]:
    """Render one patient.

    Parameters
    ----------
    latents : the five latent factors, standard normal.

    Returns
    -------
    image : int16 HU, 24 to 32 slices of 64 x 64 voxels.
    mask : uint8 on the same grid, 1 in the tumour: one connected piece, clear of the border.
    """
    pixel = round(scanner.pixel_mm * float(np.exp(PIXEL_LOG_SD * random.standard_normal())), 3)
    spacing = (pixel, pixel, scanner.slice_mm)
    shape = (int(random.integers(SIZE_Z[0], SIZE_Z[1] + 1)), SIZE_YX, SIZE_YX)
    axes = tuple(
        (np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, reversed(spacing), strict=True)
    )

    traits = tumour_traits(latents, random)
    values = draw_abdomen(axes, np.cbrt(3000 * traits.volume_ml / (4 * np.pi)), random)
    tumour = draw_tumour(traits, axes, spacing, random)
    around = values[tumour.box]
    fading = np.exp(-np.maximum(tumour.depth_mm, 0) / np.float32(STRANDING_MM))
    around += np.where(around < -50, np.float32(STRANDING_HU * random.random()) * fading, np.float32(0))
    blend(around, tumour.cover, tumour.values)

    values += scanner_noise(shape, scanner, random) + np.float32(scanner.offset_hu)
    image = np.rint(np.clip(values, *HU_RANGE)).astype(np.int16)
    mask = np.zeros(shape, np.uint8)
    mask[tumour.box] = tumour.mask
    origin = tuple(round(float(v), 1) for v in random.uniform((-180, -120, -900), (40, 60, -500)))
    return Volume(image, spacing, origin), Volume(mask, spacing, origin)


def write_case(row: Mapping[str, Any], folder: Path, seed: int) -> None:
    """Render a row of the latents table into `folder`, which is named after its batch."""
    random = generator(seed, "render_cases", row["patient"])
    volumes = render_case({name: row[name] for name in LATENTS}, SCANNERS[row["scanner"]], random)
    paths = image_paths(str(folder.parent), folder.name, row["patient"])
    for volume, path in zip(volumes, paths, strict=True):
        write_volume(volume, path)


def render_batch(latents: Any, patients: list[str], folder: str | Path, seed: int, threads: int = 1) -> None:
    """Render the patients of one batch into `folder`, on `threads` processes.

    Raises
    ------
    InputError : patients who are not in the table of latent factors.
    """
    table = latents.set_index("patient", drop=False)
    missing = [patient for patient in patients if patient not in table.index]
    if missing:
        raise InputError(
            "latents", f"a row for each of {len(patients)} patients", f"none for {', '.join(missing[:5])}"
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = table.loc[patients].to_dict("records")
    map_cases(functools.partial(write_case, folder=folder, seed=seed), rows, threads)


def main(job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`."""
    patients = [case["patient"] for case in job.cases]
    render_batch(read_table(job.input.latents), patients, job.output.images, job.seed, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
