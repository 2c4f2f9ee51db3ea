"""Who is kept out of a cohort's analysis, with the cause: nobody is lost in silence between the check and a table."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from scripts.errors import InputError

LEDGER = ("patient", "cohort", "step", "cause", "log", "excluded_from")
MOST_SHOWN = 10


def account_for_cases(
    done: Collection[str],
    failures: pd.DataFrame,
    clinical: pd.DataFrame,
    ledger: pd.DataFrame,
    max_failed_cases: int = 0,
    what: str = "sample",
) -> pd.DataFrame:
    """The ledger with the admitted cases that a step could not use.

    Parameters
    ----------
    done : cases (rows of the sheet) that the step gave something of. failures : patient (the case), step, cause, log.
    clinical : the admitted cases, column patient; `cohort` where there is one. ledger : who was kept out before.
    max_failed_cases : most cases that the ledger may keep out of everything, those of the check included.
    what : what a case should have given, for messages.

    Raises
    ------
    InputError : more failed cases than that, each with its cause.
    ValueError : an admitted case has neither a result nor a cause.
    """
    admitted = clinical["patient"].astype(str)
    failures = failures[failures["patient"].astype(str).isin(admitted)]
    seen = set(done) | set(failures["patient"].astype(str))
    if lost := [case for case in admitted if case not in seen]:
        raise ValueError(f"neither a {what} nor a cause why there is none: {', '.join(lost[:5])}")
    cohorts = dict(zip(admitted, clinical["cohort"], strict=True)) if "cohort" in clinical else {}
    cohort = [cohorts.get(str(case), "") for case in failures["patient"]]
    added = failures.assign(cohort=cohort, excluded_from="all")
    parts = [part[list(LEDGER)].fillna("") for part in (ledger, added) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else ledger[list(LEDGER)]
    out = whole[whole["excluded_from"] == "all"].drop_duplicates("patient")
    if len(out) > max_failed_cases:
        lines = [f"  - {row.patient}: {row.cause}" for row in out.itertuples()]
        more = [f"  and {len(lines) - MOST_SHOWN} more"] if len(lines) > MOST_SHOWN else []
        raise InputError(
            f"{what}s of the cohort",
            f"at most {max_failed_cases} failed cases (max_failed_cases)",
            str(len(out)),
            "Mend them, or raise max_failed_cases for the cohort to go on without them:\n"
            + "\n".join(lines[:MOST_SHOWN] + more),
            patients=sorted(out["patient"].astype(str)),
        )
    return whole
