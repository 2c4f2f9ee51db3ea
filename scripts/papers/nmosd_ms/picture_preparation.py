"""Figure 2 on one patient: the head's box on the FLAIR volume, the lesions in it, the resized map, augmented copies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial
from typing import Any

import numpy as np
import torch

from scripts.cohort.case_images import from_settings
from scripts.errors import CaseError, InputError
from scripts.papers.nmosd_ms.augmentation import shift_and_flip
from scripts.papers.nmosd_ms.lesion_maps import PreparationSettings, head_box, prepare
from scripts.papers.nmosd_ms.prepare_images import read_case
from scripts.preprocess.settings import settings_of
from scripts.report.figures.image_grid import Picture, draw_pictures
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.training.datasets import torch_generator
from scripts.volumes import Volume, reorient
from scripts.workflow.contents import read_records
from scripts.workflow.job import Job

COPIES = 3
HEIGHT_MM = 96.0


def pictures_of(
    flair: Volume, lesions: Volume, preparation: PreparationSettings, augmentation: dict[str, Any], seed: int
) -> list[list[Picture]]:
    """Two rows of pictures of one patient, the transverse slice with most lesion and the cube's own.

    Parameters
    ----------
    flair, lesions : on one grid. augmentation : shift_share and flip_axes.
    """
    flair, lesions = reorient(flair), reorient(lesions)
    box = head_box(flair, preparation.margin_voxels)
    z = int(np.argmax((lesions.array != 0).sum(axis=(1, 2))))
    image, outline = flair.array[z], lesions.array[z] != 0
    pixel = (flair.spacing[1], flair.spacing[0])
    window = tuple(map(float, np.quantile(image, (0.01, 0.995))))
    frame = (box[1].start, box[2].start, box[1].stop - box[1].start, box[2].stop - box[2].start)
    cut = (slice(z, z + 1), *box[1:])
    steps = [
        Picture(image, "FLAIR, box of the head", pixel, window, box=frame),
        Picture(flair.array[cut][0], "(i) cut to the box", pixel, window, outline[box[1:]]),
        Picture(outline[box[1:]].astype(float), "(ii) lesions, same box", pixel, (0, 1)),
    ]
    cube = torch.from_numpy(prepare(flair, lesions, preparation).image)
    at = int(cube[0].sum(dim=(1, 2), dtype=torch.int64).argmax())
    steps.append(Picture(cube[0, at].numpy(), f"(iii) resized to {preparation.size}³", window=(0, 255)))
    augment = partial(
        shift_and_flip, shift_share=augmentation["shift_share"], flip_axes=augmentation["flip_axes"]
    )
    copies = [Picture(cube[0].amax(dim=0).numpy(), "whole cube, from above", window=(0, 255))]
    for number in range(1, COPIES + 1):
        changed = augment(cube.clone(), torch_generator(seed, "picture_preparation", number))
        copies.append(Picture(changed[0].amax(dim=0).numpy(), f"(iv) augmented, {number}", window=(0, 255)))
    return [steps, copies]


def main(job: Job) -> None:
    """Rule picture_preparation: the first case that can be prepared; settings: preparation, augmentation, images."""
    (image,) = from_settings(job.settings)
    preparation = settings_of(PreparationSettings, job.settings["preparation"], "preparation")
    records = dict(read_records(job.input.contents))
    rows: list[list[Picture]] = []
    for case in job.cases:
        try:
            volumes = read_case(case, image, records)
            rows = pictures_of(*volumes, preparation, job.settings["augmentation"], job.seed)
            break
        except (CaseError, InputError) as error:
            print(f"{case['patient']}: {error}")
    with drawing(job.output.picture, PAGE_MM, HEIGHT_MM) as figure:
        draw_pictures(figure, rows)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
