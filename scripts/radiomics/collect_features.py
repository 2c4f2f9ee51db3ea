"""One feature table of a cohort from all batches, and the exclusion ledger with the cases that failed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Sequence

import pandas as pd

from scripts.errors import InputError
from scripts.radiomics.features import FEATURE_NAMES
from scripts.tables import read_table, write_table
from scripts.workflow.job import Job

LEDGER = ("patient", "cohort", "step", "cause", "log", "excluded_from")
MOST_SHOWN = 10


def collect_features(
    features: pd.DataFrame,
    failures: pd.DataFrame,
    clinical: pd.DataFrame,
    ledger: pd.DataFrame,
    max_failed_cases: int = 0,
    names: Sequence[str] = FEATURE_NAMES,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of the admitted patients, and the ledger with those who have none.

    Parameters
    ----------
    features : patient and the columns of `names`, of all batches. failures : patient, step, cause, log.
    clinical : the admitted patients (patient and, where they have one, cohort).
    ledger : who was kept out of what before; columns `LEDGER`.
    max_failed_cases : most patients that the ledger may keep out of everything, counting those of the check.

    Returns
    -------
    features : a row for each admitted patient who has them, in the order of `clinical`.
    ledger : with a row, excluded_from 'all', for each admitted patient who has not.

    Raises
    ------
    InputError : more failed cases than `max_failed_cases`, each with its cause.
    ValueError : an admitted patient has neither features nor a cause, or both, or is there twice; or somebody
        has features who is neither admitted nor in the ledger. No patient is lost in silence.
    """
    admitted = clinical["patient"].astype(str)
    failures = failures[failures["patient"].astype(str).isin(admitted)]
    _require_accounted(admitted, features, failures, ledger)
    cohorts = dict(zip(admitted, clinical["cohort"], strict=True)) if "cohort" in clinical else {}
    cohort = [cohorts.get(str(patient), "") for patient in failures["patient"]]
    added = failures.assign(cohort=cohort, excluded_from="all")
    before = ledger.loc[ledger["excluded_from"] == "all", "patient"].astype(str).unique()
    failed = len(set(before) | set(added["patient"].astype(str)))
    if failed > max_failed_cases:
        listing = _listing(ledger[ledger["excluded_from"] == "all"], added)
        raise InputError(
            "features of the cohort",
            f"at most {max_failed_cases} failed cases (max_failed_cases)",
            str(failed),
            f"Mend them, or raise max_failed_cases for the cohort to go on without them:\n{listing}",
            patients=sorted(set(before) | set(added["patient"].astype(str))),
        )
    kept = features.set_index(features["patient"].astype(str)).drop(columns="patient")
    kept = kept.loc[[p for p in admitted if p in kept.index], list(names)]
    kept.insert(0, "patient", pd.array(kept.index, dtype="string"))
    parts = [part[list(LEDGER)].fillna("") for part in (ledger, added) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else ledger[list(LEDGER)]
    return kept.reset_index(drop=True), whole


def _require_accounted(
    admitted: pd.Series, features: pd.DataFrame, failures: pd.DataFrame, ledger: pd.DataFrame
) -> None:
    with_features, with_cause = features["patient"].astype(str), failures["patient"].astype(str)
    known = set(ledger["patient"].astype(str))
    faults = {
        "admitted twice": admitted[admitted.duplicated()],
        "features twice": with_features[with_features.duplicated()],
        "failed twice": with_cause[with_cause.duplicated()],
        "features and a failure": with_features[with_features.isin(with_cause)],
        "neither features nor a failure": admitted[
            ~admitted.isin(with_features) & ~admitted.isin(with_cause)
        ],
        "features, but neither admitted nor in the ledger": with_features[
            ~with_features.isin(admitted) & ~with_features.isin(known)
        ],
    }
    told = [f"{what}: {', '.join(who.iloc[:5])}" for what, who in faults.items() if len(who)]
    if told:
        raise ValueError(f"patients are not accounted for ({'; '.join(told)})")


def _listing(*parts: pd.DataFrame) -> str:
    lines = [f"  - {row.patient}: {row.cause}" for part in parts for row in part.itertuples()]
    more = [f"  and {len(lines) - MOST_SHOWN} more"] if len(lines) > MOST_SHOWN else []
    return "\n".join(lines[:MOST_SHOWN] + more)


def read_batches(paths: list[str]) -> pd.DataFrame:
    """The tables of all batches under one another; batches without a row only lend their columns."""
    tables = [read_table(path) for path in paths]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def main(job: Job) -> None:
    """Collect the batches of a cohort."""
    features, ledger = collect_features(
        read_batches(list(job.input.features)),
        read_batches(list(job.input.failures)),
        read_table(job.input.clinical),
        read_table(job.input.ledger),
        job.settings["max_failed_cases"],
    )
    write_table(features, job.output.features)
    write_table(ledger, job.output.ledger)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
