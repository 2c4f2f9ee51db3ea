"""Tables 1 to 3 and the supplementary ones: every comparison of the two groups, corrected within its family; the
flow of patients, and how their lungs and lesions were found.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.errors import InputError
from scripts.papers.covid_ct.comparisons import compare_columns, compare_findings, compare_volumes, corrected
from scripts.papers.covid_ct.names import CHARACTERISTICS, GROUPS
from scripts.quantification.measure_lesions import HOW
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def measured_patients(clinical: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """The patients of a known group who were measured: the clinical columns and, after them, the measures.

    Raises
    ------
    InputError : nobody of one of the groups.
    """
    table = clinical.merge(measures, on="patient", how="inner", validate="one_to_one")
    table = table[table["group"].isin(GROUPS)].reset_index(drop=True)
    counts = {group: int((table["group"] == group).sum()) for group in GROUPS}
    if min(counts.values()) == 0:
        found = ", ".join(f"{n} {group}" for group, n in counts.items())
        raise InputError("comparison of the groups", "measured patients of both groups", found)
    return table


def flow(ledger: pd.DataFrame, clinical: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Patients at each step, long: step, group ('all' where it has no meaning), n."""
    lost = ledger.loc[ledger["excluded_from"] == "all", "patient"].nunique()
    measured = (
        len(clinical)
        - ledger.loc[
            (ledger["excluded_from"] == "all") & ledger["patient"].isin(clinical["patient"]), "patient"
        ].nunique()
    )
    before = (
        len(clinical)
        + ledger.loc[
            (ledger["excluded_from"] == "all") & ~ledger["patient"].isin(clinical["patient"]), "patient"
        ].nunique()
    )
    rows = [("in the sheet", "all", before), ("excluded", "all", lost), ("measured", "all", measured)]
    rows += [("compared", group, int((table["group"] == group).sum())) for group in GROUPS]
    return pd.DataFrame(rows, columns=["step", "group", "n"])


def main(job: Job) -> None:
    """Rule compare_groups."""
    clinical, measures = read_table(job.input.clinical), read_table(job.input.measures)
    ledger = read_table(job.input.ledger)
    table = measured_patients(clinical, measures)
    n_windows = len(job.settings["measurement"]["edges_hu"]) + 1
    names = [name for block in CHARACTERISTICS.values() for name in block]
    rows = compare_columns(table, names, "characteristics", job.settings)
    rows += compare_findings(table, job.settings)
    rows += compare_volumes(table, table["group"], n_windows, job.settings)
    write_both(corrected(rows), job.output.comparisons)
    write_both(flow(ledger, clinical, table), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)
    write_both(table[["patient", "group", *HOW]], job.output.how)
    write_both(table[["patient", "group", *(c for c in measures.columns if "|" in c)]], job.output.volumes)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
