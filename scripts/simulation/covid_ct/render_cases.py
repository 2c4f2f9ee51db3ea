"""Render CT, lesion mask, lobes and segments of simulated patients, a batch at a time.

A patient's image depends on the seed, the patient's id and lesion volumes, and on nothing else: not on the batch, the
order or the number of processes. Files carry no date, so equal images have equal bytes.
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
from scripts.quantification.lung_regions import SEGMENTS
from scripts.seeds import generator
from scripts.simulation.covid_ct.chest import Chest, draw_chest
from scripts.simulation.covid_ct.groups import LesionModel
from scripts.simulation.covid_ct.identifiers import SPACING_MM, case_files
from scripts.tables import read_table, write_json
from scripts.volumes import Volume, write_volume

NOISE_HU = 18.0
TEXTURE_HU = 25.0  # SD of a lesion's CT numbers about its window's
ROUND = 1.35  # how much more a lesion spreads along the surface than into the lung
HU_RANGE = (-1024, 3071)


def add_lesion(
    chest: Chest, segment: int, volume_ml: float, model: LesionModel, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (k, 3) of one lesion and their CT numbers (k,): the voxels of the segment nearest to a place at its
    surface.

    As many voxels as come nearest to the volume, at most the model's share of the segment; from the middle outwards
    dense, consolidation, ground glass and a faint rim, in the model's shares.
    """
    voxel_ml = float(np.prod(SPACING_MM)) / 1000
    places = np.argwhere(chest.segments == segment)
    count = min(int(round(volume_ml / voxel_ml)), int(model.most * len(places)))
    if count == 0:
        return np.empty((0, 3), int), np.empty(0)
    depth = chest.depth[tuple(places.T)]
    outer = np.argsort(-depth, kind="stable")[: max(1, len(places) // 4)]
    start = places[outer[random.integers(len(outer))]]
    coordinates = np.stack([chest.axes[k][places[:, k]] for k in range(3)], axis=1)
    middle = np.array([chest.axes[k][start[k]] for k in range(3)])
    stretch = np.exp(0.15 * random.standard_normal(3))
    distance = np.linalg.norm((coordinates - middle) / stretch, axis=1)
    distance = distance + ROUND * 10.0 * np.maximum(0, chest.depth[tuple(start)] - depth)
    order = np.argsort(distance, kind="stable")[:count]
    shares = np.array(model.window_shares[::-1])  # dense first
    edges = np.round(np.cumsum(shares) / shares.sum() * count).astype(int)
    hu = np.empty(count)
    begin = 0
    for end, level in zip(edges, model.window_hu[::-1], strict=True):
        hu[begin:end] = level + np.clip(TEXTURE_HU * random.standard_normal(end - begin), -45, 45) * (
            0.5 if level in (model.window_hu[0], model.window_hu[-1]) else 1.0
        )
        begin = end
    return places[order], hu


def render_case(
    row: Mapping[str, Any], model: LesionModel, random: np.random.Generator
) -> tuple[dict[str, Volume], dict[str, Any]]:
    """One patient.

    Parameters
    ----------
    row : `ml_<segment>`, the lesion volumes to draw.

    Returns
    -------
    volumes : image (int16 HU), lesions (uint8), lobes, segments (uint8 labels), by the columns of the sheet.
    truth : drawn_ml, segment -> ml that the voxels make; windows_ml, segment -> ml in each window without noise.
    """
    chest = draw_chest(random)
    values, mask = chest.values.copy(), np.zeros(chest.values.shape, np.uint8)
    voxel_ml = float(np.prod(SPACING_MM)) / 1000
    edges = (-750.0, -300.0, 50.0)
    truth: dict[str, Any] = {"drawn_ml": {}, "windows_ml": {}}
    for number, name in enumerate(SEGMENTS, start=1):
        places, hu = add_lesion(chest, number, float(row[f"ml_{name}"]), model, random)
        values[tuple(places.T)] = hu
        mask[tuple(places.T)] = 1
        counts = np.bincount(np.searchsorted(edges, hu, side="right"), minlength=len(edges) + 1)
        truth["drawn_ml"][name] = len(places) * voxel_ml
        truth["windows_ml"][name] = (counts * voxel_ml).tolist()
    noise = NOISE_HU * random.standard_normal(values.shape, dtype=np.float32)
    image = np.rint(np.clip(values + noise, *HU_RANGE)).astype(np.int16)
    origin = tuple(float(axis[0]) for axis in reversed(chest.axes))
    arrays = {"image": image, "lesions": mask, "lobes": chest.lobes, "segments": chest.segments}
    return {name: Volume(array, SPACING_MM, origin) for name, array in arrays.items()}, truth


def write_case(row: Mapping[str, Any], folder: Path, seed: int) -> dict[str, Any]:
    """Render a row of the latents table into `folder`, which is named after its batch; gives its truth."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    patient = row["patient"]
    random = generator(seed, "covid_ct", "render_cases", patient)
    volumes, truth = render_case(row, LesionModel(), random)
    files = case_files(str(folder.parent), folder.name, patient)
    for name, volume in volumes.items():
        write_volume(volume, files[name])
    return {"patient": patient, **truth}


def render_batch(latents: Any, patients: list[str], folder: str | Path, seed: int, threads: int = 1) -> None:
    """Render the patients of one batch into `folder`, on `threads` processes, and write down what was drawn
    (truth.json).

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
    truths = map_cases(functools.partial(write_case, folder=folder, seed=seed), rows, threads)
    write_json(truths, folder / "truth.json")


def main(job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`."""
    patients = [case["patient"] for case in job.cases]
    render_batch(read_table(job.input.latents), patients, job.output.images, job.seed, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
