"""The 57-fold set of a batch as samples of their own: what a study has that augments before it divides into folds.

Only the model `augmented_first` sees them, to show what that order does.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file

from scripts.papers.glioma_grading.augmentation import COPIES, expand
from scripts.papers.glioma_grading.names import copy_name
from scripts.tables import read_table, write_table, write_whole
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job


def expanded_images(source: SampleSource, samples: list[str], sign: str) -> dict[str, np.ndarray]:
    """`<sample>~<copy>` -> uint8 (1, y, x), all 57 copies of each sample."""
    found = {}
    for sample in samples:
        image = torch.from_numpy(np.array(source.read(sample)))
        for copy in range(COPIES):
            found[copy_name(sample, copy)] = expand(image, copy, sign).numpy().copy()
    return found


def expanded_table(table: pd.DataFrame) -> pd.DataFrame:
    """sample (`<sample>~<copy>`), patient, label, copy: 57 rows for each row of `table`."""
    rows = table.loc[table.index.repeat(COPIES), ["sample", "patient", "label"]].reset_index(drop=True)
    copies = np.tile(np.arange(COPIES), len(table))
    names = [copy_name(sample, copy) for sample, copy in zip(rows["sample"], copies, strict=True)]
    return rows.assign(sample=names, copy=copies)


def main(job: Job) -> None:
    """Rule expand_samples; settings: augmentation.sign."""
    torch.set_num_threads(1)
    table = read_table(job.input.table)
    source = SampleSource([job.input.samples], job.input.table)
    images = expanded_images(source, table["sample"].tolist(), job.settings["augmentation"]["sign"])
    write_whole(job.output.samples, lambda path: save_file(images, path))
    write_table(expanded_table(table), job.output.table)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
