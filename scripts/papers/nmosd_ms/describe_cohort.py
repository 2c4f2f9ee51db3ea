"""Table 1 (patients and lesion volumes), the flow of patients, and where lesions lie in either disease."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scripts.papers.nmosd_ms.names import DISEASES
from scripts.statistics.baseline_table import Variable, describe_groups
from scripts.tables import read_table, write_both
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

VARIABLES = [
    Variable("age", "Age, y", "continuous"),
    Variable("sex", "Sex", "categorical", {"M": "Men", "F": "Women"}),
    Variable("duration_months", "Disease duration, months", "continuous"),
    Variable("edss", "EDSS", "continuous"),
    Variable("icv_ml", "Intracranial volume, ml", "continuous"),
    Variable("lesion_ml", "Lesion volume, ml", "continuous"),
    Variable("lesion_percent", "Lesion volume, % of intracranial volume", "continuous"),
    Variable("n_lesions", "Lesions (pieces of the mask)", "continuous"),
]
DIGITS = {"lesion_percent": 2}
VIEWS = {"axial": 0, "coronal": 1, "sagittal": 2}  # the axis (of z, y, x) that one looks along


def characteristics(table: pd.DataFrame) -> pd.DataFrame:
    """Table 1: variable, level, ms, nmosd, p_value, test.

    Parameters
    ----------
    table : a patient a row: disease, age, sex, duration_months, edss, icv_ml, lesion_ml, n_lesions; missing values are
        missing. A variable that nobody has is left out.

    Mean (SD) with Student's t-test (as an analysis of variance), counts with the chi-square test.
    """
    table = table.assign(lesion_percent=100 * table["lesion_ml"] / table["icv_ml"])
    parts = []
    for variable in VARIABLES:
        if table[variable.name].notna().any():
            digits = DIGITS.get(variable.name, 1)
            part = describe_groups(table, "disease", [variable], groups=DISEASES, digits=digits)
            parts.append(part if not parts else part[part["variable"] != "n"])
    return pd.concat(parts, ignore_index=True)


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The same as numbers: variable, disease, n, mean, sd; of sex the number of men (mean), without sd."""
    table = table.assign(lesion_percent=100 * table["lesion_ml"] / table["icv_ml"])
    rows = []
    for variable in VARIABLES:
        for disease in DISEASES:
            known = table.loc[table["disease"] == disease, variable.name].dropna()
            if variable.kind == "continuous":
                known = known.astype(float)
                found = (len(known), known.mean() if len(known) else np.nan, known.std(ddof=1))
            else:
                found = (len(known), float((known == "M").sum()), np.nan)
            rows.append((variable.name, disease, *found))
    return pd.DataFrame(rows, columns=["variable", "disease", "n", "mean", "sd"])


def lesion_views(images: Mapping[str, np.ndarray], disease: Mapping[str, str]) -> pd.DataFrame:
    """Share of the patients of a disease who have a lesion on each line of sight: disease, view, row, column, share.

    Parameters
    ----------
    images : patient -> (1, z, y, x) uint8 lesion map. disease : patient -> disease.

    A line of sight counts as the largest share of lesion on it: partly filled voxels of a border count in part.
    Rows run from the top of the head (coronal, sagittal) or from its front (axial) downwards, columns from the
    patient's right to the left (axial, coronal) or from front to back.
    """
    tables = []
    for name in DISEASES:
        members = [patient for patient in images if disease[patient] == name]
        for view, axis in VIEWS.items():
            if not members:
                continue
            seen = sum(images[patient][0].max(axis=axis).astype(float) for patient in members)
            seen = seen / (255 * len(members))
            seen = seen if view == "axial" else seen[::-1]
            row, column = np.indices(seen.shape)
            tables.append(
                pd.DataFrame(
                    {
                        "disease": name,
                        "view": view,
                        "row": row.ravel(),
                        "column": column.ravel(),
                        "share": seen.ravel().astype(np.float32),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def flow(ledger: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Patients at each step, long: step, n.

    Parameters
    ----------
    ledger : who is kept out of what: patient, excluded_from ('all', or 'training'). samples : the prepared patients.
    """
    lost = ledger.loc[ledger["excluded_from"] == "all", "patient"].nunique()
    counts = {"in the sheet": len(samples) + lost, "excluded": lost, "analysed": len(samples)}
    counts |= {disease: int((samples["label"] == disease).sum()) for disease in DISEASES}
    return pd.DataFrame({"step": list(counts), "n": list(counts.values())})


def main(job: Job) -> None:
    """Rule describe_cohort."""
    samples = read_table(job.input.table)
    clinical = read_table(job.input.clinical)
    known = samples.drop(columns="label").merge(clinical, on="patient", how="left", validate="one_to_one")
    write_both(characteristics(known), job.output.table1)
    write_both(numbers(known), job.output.table1_numbers)
    source = SampleSource(job.input.samples)
    images = {patient: source.read(patient) for patient in samples["sample"]}
    disease = dict(zip(samples["sample"], samples["label"], strict=True))
    write_both(lesion_views(images, disease), job.output.lesion_views)
    ledger = read_table(job.input.ledger)
    write_both(flow(ledger, samples), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
