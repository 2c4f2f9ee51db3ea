"""Figures 1, 2 and 4: examples of each grade, what the networks see of them, the 57-fold set of one patient."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from safetensors import safe_open

from scripts.papers.glioma_grading.augmentation import COPIES, OPERATIONS, expand
from scripts.papers.glioma_grading.names import GRADE_LABELS, LABELS
from scripts.papers.glioma_grading.policy import copies_of_others, steps_label
from scripts.papers.glioma_grading.prepare_images import OUTLINE, SLICE
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.report.figures.titled_pictures import Picture, draw_pictures
from scripts.tables import read_table
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

A_GRADE = 4  # examples of each
A_ROW = 8  # members of the 57-fold set


def examples_of(table: pd.DataFrame, a_grade: int = A_GRADE) -> dict[str, list[str]]:
    """Class word -> the first samples of it by identifier, chosen by nothing else."""
    ordered = table.sort_values("sample")
    return {
        label: ordered.loc[ordered["label"] == label, "sample"].head(a_grade).tolist()
        for label in LABELS.values()
    }


def read_slices(paths: Sequence[str], samples: Sequence[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Sample -> grey slice and outline, uint8 (y, x), from the files that hold them."""
    found = {}
    for path in paths:
        with safe_open(path, framework="np") as file:
            held = set(file.keys())
            for sample in samples:
                if f"{sample}{SLICE}" in held:
                    found[sample] = (
                        file.get_tensor(f"{sample}{SLICE}"),
                        file.get_tensor(f"{sample}{OUTLINE}"),
                    )
    return found


def slice_pictures(
    examples: Mapping[str, Sequence[str]], slices: Mapping[str, tuple], pixels: pd.DataFrame
) -> list[Picture]:
    """Figure 1, a row a grade: slices with the tumour's outline; rows that are short are filled with empty pictures."""
    pictures = []
    for samples in examples.values():
        for sample in samples:
            grey, outline = slices[sample]
            pixel = (float(pixels.loc[sample, "pixel_x_mm"]), float(pixels.loc[sample, "pixel_y_mm"]))
            pictures.append(Picture(grey, sample, outline, pixel))
        pictures += [Picture(np.full((8, 8), 255, np.uint8))] * (A_GRADE - len(samples))
    return pictures


def sample_pictures(examples: Mapping[str, Sequence[str]], source: SampleSource) -> list[Picture]:
    """Figure 2, a row a grade: the networks' input."""
    pictures = []
    for samples in examples.values():
        pictures += [Picture(np.array(source.read(sample))[0], sample) for sample in samples]
        pictures += [Picture(np.full((8, 8), 255, np.uint8))] * (A_GRADE - len(samples))
    return pictures


def member_pictures(image: np.ndarray, sign: str) -> list[Picture]:
    """Figure 4: all 57 images of one sample (1, y, x); the title of one that copies another is set in grey."""
    again = copies_of_others(OPERATIONS)
    tensor = torch.from_numpy(np.array(image))
    pictures = []
    for copy in range(COPIES):
        title = "original" if copy == 0 else steps_label(OPERATIONS[copy - 1]).replace(" + ", " +\n")
        pictures.append(Picture(expand(tensor, copy, sign).numpy()[0], title, marked=copy - 1 in again))
    return pictures


def main(job: Job) -> None:
    """Rule picture_tumours; settings: augmentation.sign."""
    torch.set_num_threads(1)
    table = read_table(job.input.table)
    source = SampleSource(list(job.input.samples), job.input.table)
    examples = examples_of(table)
    slices = read_slices(list(job.input.slices), [s for samples in examples.values() for s in samples])
    names = [GRADE_LABELS[label] for label in examples]
    with drawing(job.output.gliomas, PAGE_MM, 150.0) as figure:
        draw_pictures(figure, slice_pictures(examples, slices, table.set_index("sample")), A_GRADE, names)
    with drawing(job.output.areas, 0.72 * PAGE_MM, 104.0) as figure:
        draw_pictures(figure, sample_pictures(examples, source), A_GRADE, names)
    highest = [samples for samples in examples.values() if samples][-1]
    members = member_pictures(source.read(highest[0]), job.settings["augmentation"]["sign"])
    with drawing(job.output.augmented, PAGE_MM, 226.0) as figure:
        draw_pictures(figure, members, A_ROW, title_size=5.6)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
