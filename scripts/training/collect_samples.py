"""One table of all samples of a cohort from the prepared batches, and the ledger with the patients who have none."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Sequence

import pandas as pd

from scripts.cohort.case_ledger import account_for_cases
from scripts.tables import read_table, write_table
from scripts.training.samples import DTYPES, SampleSource
from scripts.workflow.contents import file_digest
from scripts.workflow.job import Job

CASE = "case"


def collect_samples(
    tables: Sequence[pd.DataFrame], files: Sequence[str], digests: Sequence[str]
) -> pd.DataFrame:
    """The samples of all batches in one table, ordered by sample.

    Parameters
    ----------
    tables : of each batch: sample, patient, label (class word), and what else the paper wrote.
    files, digests : of each batch, its safetensors and their SHA-256; become the columns file (its name) and digest, so
        that whoever read this table knows which images were meant.

    Raises
    ------
    ValueError : a sample twice, one without an array, or a column that is missing.
    """
    for table, file in zip(tables, files, strict=True):
        if missing := [name for name in ("sample", "patient", "label") if name not in table]:
            raise ValueError(f"{Path(file).with_suffix('.parquet')}: no column {', '.join(missing)}")
    parts = [
        table.assign(file=Path(file).name, digest=digest)
        for table, file, digest in zip(tables, files, digests, strict=True)
    ]
    filled = [part for part in parts if len(part)] or parts[:1]
    whole = pd.concat(filled, ignore_index=True)
    whole["sample"], whole["patient"] = whole["sample"].astype(str), whole["patient"].astype(str)
    if twice := sorted(whole.loc[whole["sample"].duplicated(), "sample"].unique()):
        raise ValueError(f"samples that are there twice: {', '.join(twice[:5])}")
    return whole.sort_values("sample", kind="stable").reset_index(drop=True)


def require_arrays(samples: pd.DataFrame, source: SampleSource) -> None:
    """ValueError where a sample has no array, or one that is not of uint8 or float32, 3 or 4 axes."""
    for sample in samples["sample"]:
        shape, kind = source.shape_and_dtype(sample)
        if kind not in DTYPES or len(shape) not in (3, 4):
            expected = f"{' or '.join(DTYPES.values())}, (channel, y, x) or (channel, z, y, x)"
            raise ValueError(f"sample {sample}: expected {expected}, found {kind} {shape}")


def account(
    samples: pd.DataFrame,
    failures: pd.DataFrame,
    clinical: pd.DataFrame,
    ledger: pd.DataFrame,
    max_failed_cases: int = 0,
) -> pd.DataFrame:
    """The ledger with those who were admitted and could not be prepared: nobody is lost in silence.

    Parameters
    ----------
    samples : patient; `case`, where a case (a row of the sheet) is not its patient.
    failures : patient (the case), step, cause, log. clinical : the admitted cases, column patient.
    ledger : who was kept out before.
    max_failed_cases : most cases that the ledger may keep out of everything, those of the check included.

    Raises
    ------
    InputError : more failed cases than that, each with its cause.
    ValueError : an admitted case has neither a sample nor a cause.
    """
    done = set(samples[CASE if CASE in samples else "patient"].astype(str))
    return account_for_cases(done, failures, clinical, ledger, max_failed_cases)


def main(job: Job) -> None:
    """Rule collect_samples; settings: max_failed_cases."""
    files = [str(path) for path in job.input.samples]
    tables = [read_table(path) for path in job.input.tables]
    samples = collect_samples(tables, files, [file_digest(path) for path in files])
    require_arrays(samples, SampleSource(files, job.input.tables[0]))
    failures = pd.concat([read_table(path) for path in job.input.failures], ignore_index=True)
    clinical, ledger = read_table(job.input.clinical), read_table(job.input.ledger)
    ledger = account(samples, failures, clinical, ledger, job.settings["max_failed_cases"])
    counts = samples.groupby("label").agg(samples=("sample", "size"), patients=("patient", "nunique"))
    print(counts.to_string())
    write_table(samples, job.output.samples)
    write_table(ledger, job.output.ledger)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
