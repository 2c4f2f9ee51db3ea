"""Render FLAIR volumes and lesion masks of simulated patients, a batch at a time.

A patient's images depend on the seed, the patient's id, its lesions by region, brain size and plane, and on nothing
else: not on the batch, the order or the number of processes. Files carry no date, so equal images have equal bytes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.simulation.nmosd_ms.brain import half_axes_mm, lesion_place, tissue_signal
from scripts.simulation.nmosd_ms.diseases import REGIONS, draw_volumes
from scripts.simulation.nmosd_ms.identifiers import SIZE_XYZ, SPACING_MM, case_files
from scripts.tables import read_table
from scripts.volumes import Volume, reorient, write_volume

LESION_SIGNAL = 790.0
ELONGATION_LOG_SD = 0.18  # of a lesion's half-axes
EDGE_MM = 1.2  # half-width of the transition to the tissue around
SHIFT_MM = 5.0  # largest displacement of the head from the middle of the field of view
FIELD_SD = 0.06  # of the logarithm of the coil's field
NOISE = 18.0
SAGITTAL = (
    0.0,
    0.0,
    1.0,
    1.0,
    0.0,
    0.0,
    0.0,
    1.0,
    0.0,
)  # columns: x index to the back, y to the head, z to the left


def add_lesion(
    cover: np.ndarray, axes_mm: tuple[np.ndarray, ...], centre_mm: np.ndarray, half_mm: np.ndarray
) -> None:
    """Blend an ellipsoid into `cover`, (z, y, x) shares of lesion, in place.

    Parameters
    ----------
    axes_mm : coordinates of the voxels along z, y and x. centre_mm, half_mm : (z, y, x), in mm.
    """
    reach = half_mm + 2 * EDGE_MM
    box = tuple(
        slice(*np.searchsorted(a, (c - r, c + r))) for a, c, r in zip(axes_mm, centre_mm, reach, strict=True)
    )
    z, y, x = np.ix_(*(a[part] for a, part in zip(axes_mm, box, strict=True)))
    share = np.sqrt(
        ((z - centre_mm[0]) / half_mm[0]) ** 2
        + ((y - centre_mm[1]) / half_mm[1]) ** 2
        + ((x - centre_mm[2]) / half_mm[2]) ** 2
    )
    depth = (1 - share) * np.cbrt(np.prod(half_mm))  # mm, positive inside
    cover[box] = np.maximum(cover[box], np.clip(0.5 + depth / (2 * EDGE_MM), 0, 1))


def coil_field(axes_mm: tuple[np.ndarray, ...], random: np.random.Generator) -> np.ndarray:
    """(z, y, x) factor: a smooth polynomial of second order, its logarithm with SD `FIELD_SD`."""
    z, y, x = np.ix_(*(a / np.abs(a).max() for a in axes_mm))
    terms = (z, y, x, z * z, y * y, x * x, z * y, y * x, z * x)
    log = sum(weight * term for weight, term in zip(random.standard_normal(len(terms)), terms, strict=True))
    return np.exp(FIELD_SD * (log - log.mean()) / log.std())


def render_case(row: Mapping[str, Any], random: np.random.Generator) -> tuple[Volume, Volume]:
    """Render one patient.

    Parameters
    ----------
    row : n_<region>, icv_ml, plane ('axial' or 'sagittal').

    Returns
    -------
    flair : int16, about 500 in white matter. lesions : uint8 on the same grid, 1 in lesions; at least one voxel.
    """
    half = half_axes_mm(row["icv_ml"])
    shift = random.uniform(-SHIFT_MM, SHIFT_MM, 3)
    middle = [(n - 1) / 2 for n in SIZE_XYZ]
    along = [(np.arange(n) - m) * SPACING_MM for n, m in zip(SIZE_XYZ, middle, strict=True)]
    axes_mm = tuple(along[k].astype(np.float32) for k in (2, 1, 0))
    grid = np.ix_(*axes_mm)
    points = tuple((grid[2 - k] - shift[k]) / half[k] for k in range(3))
    signal, tissue = tissue_signal(points)

    cover = np.zeros(signal.shape, np.float32)
    centres = []
    for region in REGIONS:
        for _ in range(int(row[f"n_{region}"])):
            centre = (shift + half * lesion_place(region, random))[::-1]
            radius = np.cbrt(3000 * draw_volumes(1, random)[0] / (4 * np.pi))
            stretch = np.exp(ELONGATION_LOG_SD * random.standard_normal(3))
            add_lesion(cover, axes_mm, centre, radius * stretch / np.cbrt(np.prod(stretch)))
            centres.append(centre)
    mask = (cover > 0.5) & tissue
    if not mask.any():  # small lesions between the voxels, or in a ventricle: the tissue nearest to the first
        places = np.argwhere(tissue)
        distance = sum((axes_mm[k][places[:, k]] - centres[0][k]) ** 2 for k in range(3))
        mask[tuple(places[np.argmin(distance)])] = True
        cover = np.maximum(cover, mask)
    signal += (LESION_SIGNAL - signal) * cover * tissue
    signal *= coil_field(axes_mm, random)
    noise = NOISE * random.standard_normal((2, *signal.shape), dtype=np.float32)
    image = np.rint(np.hypot(signal + noise[0], noise[1])).astype(np.int16)  # Rician, as magnitude images are

    origin = tuple(float(a[0]) for a in along)
    spacing = (SPACING_MM,) * 3
    volumes = (Volume(image, spacing, origin), Volume(mask.astype(np.uint8), spacing, origin))
    if row["plane"] == "sagittal":
        volumes = tuple(reorient(volume, SAGITTAL) for volume in volumes)
    return volumes


def write_case(row: Mapping[str, Any], folder: Path, seed: int) -> None:
    """Render a row of the latents table into `folder`, which is named after its batch."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    patient = row["patient"]
    flair, lesions = render_case(row, generator(seed, "nmosd_ms", "render_cases", patient))
    files = case_files(str(folder.parent), folder.name, patient)
    write_volume(flair, files["flair"])
    write_volume(lesions, files["lesions"])


def render_batch(latents: Any, patients: list[str], folder: str | Path, seed: int, threads: int = 1) -> None:
    """Render the patients of one batch into `folder`, on `threads` processes.

    Raises
    ------
    InputError : patients who are not in the table of latents.
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
