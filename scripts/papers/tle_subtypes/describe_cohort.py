"""Who was studied: patients by subtype, their recordings and epochs, and who was left out; a few epochs to look at."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scripts.papers.tle_subtypes.features import band_powers, usable_bands
from scripts.papers.tle_subtypes.names import SUBTYPES
from scripts.statistics.baseline_table import Variable, describe_groups
from scripts.tables import read_table, write_both
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

VARIABLES = {
    "age": Variable("age", "Age, y", "continuous"),
    "sex": Variable("sex", "Sex", "categorical", {"F": "Female", "M": "Male"}),
    "kept": Variable("kept", "Recordings used", "continuous"),
    "epochs": Variable("epochs", "Epochs used", "continuous"),
    "scale_ft": Variable("scale_ft", "Robust SD of the samples, fT", "continuous"),
}
TRACE = ("subtype", "patient", "sample", "sensor", "second", "value")
FEMTO = 1e15


def characteristics(patients: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """variable, level, a column a subtype, p_value, test: of the variables that are known of anybody.

    Parameters
    ----------
    patients : patient, label, recordings, moved, epochs, scale (tesla). clinical : patient, age, sex.
    """
    known = [name for name in ("age", "sex") if name in clinical]
    table = patients.merge(clinical[["patient", *known]], on="patient", how="left")
    table = table.assign(kept=table["recordings"] - table["moved"], scale_ft=table["scale"] * FEMTO)
    shown = [v for name, v in VARIABLES.items() if name in table and table[name].notna().any()]
    return describe_groups(table, "label", shown, groups=list(SUBTYPES))


def flow(patients: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """step, n: patients in the sheet, excluded, analysed and of each subtype; recordings (all, left out for head
    movement, of unknown movement); epochs that the recordings hold, and that are used."""
    lost = ledger.loc[ledger["excluded_from"] == "all", "patient"].nunique()
    steps = {"in the sheet": len(patients) + lost, "excluded": lost, "analysed": len(patients)}
    steps |= {word: int((patients["label"] == word).sum()) for word in SUBTYPES}
    totals = {"recordings": "recordings", "moved": "moved", "movement unknown": "movement_unknown"}
    steps |= {name: int(patients[column].sum()) for name, column in totals.items()}
    steps |= {"epochs in the recordings": int(patients["cut"].sum()), "epochs": int(patients["epochs"].sum())}
    return pd.DataFrame({"step": list(steps), "n": list(steps.values())})


def example_traces(source: SampleSource, rate_hz: float) -> pd.DataFrame:
    """TRACE: the first epoch of the first patient of each subtype, every sensor; `value` is in the patient's scale."""
    parts = []
    for subtype in SUBTYPES:
        rows = source.table[source.table["label"] == subtype]
        if rows.empty:
            continue
        first = rows.iloc[0]
        signal = source.read(first["sample"])[0]
        sensor, sample = np.indices(signal.shape)
        parts.append(
            pd.DataFrame(
                {
                    "subtype": subtype,
                    "patient": first["patient"],
                    "sample": first["sample"],
                    "sensor": sensor.ravel(),
                    "second": sample.ravel() / rate_hz,
                    "value": signal.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(TRACE)]


def spectra(source: SampleSource, rate_hz: float, edges_hz: Sequence[float]) -> pd.DataFrame:
    """Log power in bands (mean over epochs and sensors) of either subtype: mean over its patients, with the SD.

    Columns: subtype, low_hz, high_hz, mean, sd, n (patients).
    """
    bands = usable_bands(edges_hz, rate_hz)
    by_patient = {}
    for (patient, label), rows in source.table.groupby(["patient", "label"], sort=True):
        powers = [
            band_powers(source.read(s)[0], rate_hz, bands).reshape(len(bands), -1) for s in rows["sample"]
        ]
        by_patient[patient] = (label, np.mean(powers, axis=(0, 2)))
    found = []
    for subtype in SUBTYPES:
        own = np.array([power for label, power in by_patient.values() if label == subtype])
        for k, (low, high) in enumerate(bands):
            sd = own[:, k].std(ddof=1) if len(own) > 1 else float("nan")
            found.append((subtype, float(low), float(high), float(own[:, k].mean()), float(sd), len(own)))
    return pd.DataFrame(found, columns=["subtype", "low_hz", "high_hz", "mean", "sd", "n"])


def main(job: Job) -> None:
    """Rule describe_cohort. Settings: signal.resample_hz, rivals.band_edges_hz."""
    source, ledger = SampleSource(job.input.samples, job.input.table), read_table(job.input.ledger)
    labels = source.table.drop_duplicates("patient")[["patient", "label"]]
    patients = pd.concat([read_table(path) for path in job.input.patients], ignore_index=True)
    patients = patients.merge(labels, on="patient", how="inner")
    rate = job.settings["signal"]["resample_hz"]
    write_both(characteristics(patients, read_table(job.input.clinical)), job.output.table1)
    write_both(flow(patients, ledger), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)
    write_both(patients, job.output.recordings)
    write_both(example_traces(source, rate), job.output.traces)
    write_both(spectra(source, rate, job.settings["rivals"]["band_edges_hz"]), job.output.spectra)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
