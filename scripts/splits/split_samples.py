"""One split of a cohort's samples by a scheme of the paper's card, through the gate, as a file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd

from scripts.splits.draw import draw_split
from scripts.splits.gate import refuse_leaks
from scripts.splits.scheme import SplitScheme
from scripts.splits.split_table import count_parts, read_pairs
from scripts.tables import read_table, write_table
from scripts.workflow.job import Job


def split_samples(samples: pd.DataFrame, pairs: pd.DataFrame, scheme: SplitScheme, seed: int) -> pd.DataFrame:
    """The split, after the gate; see `draw_split` and `refuse_leaks`."""
    split = draw_split(samples, pairs, scheme, seed)
    refuse_leaks(split, pairs, scheme)
    return split


def main(job: Job) -> None:
    """Rule split_samples; settings: splits.<scheme>, seed."""
    name = job.wildcards.scheme
    scheme = SplitScheme.read(job.settings["splits"][name], name)
    split = split_samples(read_table(job.input.table), read_pairs(job.input.near_identical), scheme, job.seed)
    print(count_parts(split[split["fold"] == 1]).to_string(index=False))
    write_table(split, job.output.split)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
