"""Every admitted patient has features of every image, or one row in the ledger with the step and the cause."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd

from scripts.radiomics.collect_features import collect_features, read_batches
from scripts.tables import read_table, write_table
from scripts.workflow.job import Job


def first_failures(failures: pd.DataFrame) -> pd.DataFrame:
    """One failure a patient: the first, with what else went wrong behind its cause.

    Parameters
    ----------
    failures : patient, step, cause, log, in the order of the steps.
    """
    rows = []
    for _, own in failures.groupby("patient", sort=False):
        row = own.iloc[0].to_dict()
        others = [f"{step}: {cause}" for step, cause in zip(own["step"][1:], own["cause"][1:], strict=True)]
        rows.append(row | {"cause": "; and ".join([str(row["cause"]), *others])})
    return pd.DataFrame(rows, columns=failures.columns)


def account_for_patients(
    done: list[set[str]],
    failures: pd.DataFrame,
    clinical: pd.DataFrame,
    ledger: pd.DataFrame,
    max_failed_cases: int = 0,
) -> pd.DataFrame:
    """The ledger with a row for each admitted patient who lacks the features of an image.

    Parameters
    ----------
    done : for each image, the patients who have its features.
    failures : of all steps, in their order: patient, step, cause, log.
    clinical, ledger, max_failed_cases : see `scripts.radiomics.collect_features.collect_features`.

    Raises
    ------
    InputError : more failed cases than `max_failed_cases`, each with its cause.
    ValueError : an admitted patient lacks an image's features without a cause; or a stranger has some.
    """
    first = first_failures(failures)
    whole = sorted(set.intersection(*done) - set(first["patient"].astype(str)))
    strangers = sorted(set.union(*done) - set(whole) - set(first["patient"].astype(str)))
    features = pd.DataFrame({"patient": pd.array(whole, dtype="string")})
    known = set(clinical["patient"].astype(str))
    if lost := [patient for patient in strangers if patient in known]:
        raise ValueError(f"features of some images only, and no cause: {', '.join(lost[:5])}")
    _, accounted = collect_features(features, first, clinical, ledger, max_failed_cases, names=())
    return accounted


def main(job: Job) -> None:
    """Account for a cohort; settings: max_failed_cases."""
    patients: dict[str, set[str]] = {}
    for path in map(str, job.input.features):
        image = patients.setdefault(Path(path).parent.name, set())
        image |= set(read_table(path)["patient"].astype(str))
    ledger = account_for_patients(
        list(patients.values()),
        read_batches(list(job.input.failures)),
        read_table(job.input.clinical),
        read_table(job.input.ledger),
        job.settings["max_failed_cases"],
    )
    write_table(ledger, job.output.ledger)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
