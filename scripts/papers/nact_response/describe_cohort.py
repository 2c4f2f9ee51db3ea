"""Table 1 (imaging), Table 2 (patients, with its tests) and Figure 2 (the flow of patients)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Sequence

import pandas as pd

from scripts.papers.nact_response.cohorts import (
    COHORTS,
    RESPONSE_LABELS,
    SUBTYPE_LABELS,
    VISITS,
    of_cohort,
)
from scripts.papers.nact_response.outcome import with_outcome
from scripts.radiomics.collect_features import read_batches
from scripts.statistics.baseline_table import Variable, describe_groups
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

VARIABLES = [
    Variable("age", "Age, y", "continuous"),
    Variable("menopausal_status", "Menopausal status", "categorical", {"pre": "Pre", "post": "Post"}),
    Variable("family_history", "Family history", "categorical", {"no": "No", "yes": "Yes"}),
    Variable("miller_payne", "Miller-Payne grade", "categorical", {g: str(g) for g in range(1, 6)}),
    Variable("response", "Response", "categorical", RESPONSE_LABELS),
    Variable("subtype", "Molecular subtype", "categorical", SUBTYPE_LABELS),
]
ALL = "all"
# What the check measured of an image, and what Table 1 calls it.
MEASURED = {
    "phases": "Phases (the first before contrast)",
    "size_x": "Matrix, columns",
    "size_y": "Matrix, rows",
    "size_z": "Slices",
    "spacing_x_mm": "In-plane resolution x, mm",
    "spacing_y_mm": "In-plane resolution y, mm",
    "spacing_z_mm": "Distance of slices, mm",
}


def characteristics(clinical: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Table 2: variable, level, all, development, testing, p_value, test; p-values are development against testing.

    Parameters
    ----------
    clinical : with the columns of `outcome.with_outcome`; missing values are missing, and are counted in their own row.
    seed : of Fisher's exact test in tables larger than 2 x 2 (drawn tables).

    Chi-square with Yates' correction in 2 x 2 tables, Fisher's exact test where an expected count is below 5, analysis
    of variance for age (Statistical Analysis). Age is mean (range), as the paper prints it.
    """
    words = {"categorical_test": "fisher_when_sparse", "digits": 0, "seed": seed}
    table = describe_groups(clinical, "cohort", VARIABLES, groups=COHORTS, **words)
    whole = describe_groups(clinical.assign(group=ALL), "group", VARIABLES, groups=[ALL], **words)
    key = ["variable", "level"]
    table = table.merge(whole[[*key, ALL]], on=key, how="outer", sort=False)
    order = {pair: place for place, pair in enumerate(whole[key].itertuples(index=False, name=None))}
    table["place"] = [order[pair] for pair in table[key].itertuples(index=False, name=None)]
    table = table.sort_values("place", kind="stable").fillna(dict.fromkeys(COHORTS, "0"))
    table.loc[(table["variable"] == "Age, y") & (table["level"] == ""), [ALL, *COHORTS]] = [
        [_mean_and_range(of_cohort(clinical, group)["age"]) for group in (ALL, *COHORTS)]
    ]
    return table[[*key, ALL, *COHORTS, "p_value", "test"]].reset_index(drop=True)


def _mean_and_range(values: pd.Series) -> str:
    known = pd.to_numeric(values).dropna()
    return f"{known.mean():.0f} ({known.min():.0f}–{known.max():.0f})" if len(known) else "–"


def acquisition(cases: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """Table 1, long: cohort, visit, quantity, n, commonest, lowest, highest (over patients; what the files say).

    Parameters
    ----------
    cases : what the check measured: patient, image (baseline or follow_up) and columns of MEASURED.
    clinical : patient, cohort and, where the sheet has it, field_strength_t.
    """
    names = {**MEASURED, "field_strength_t": "Field strength, T"}
    sides = [name for name in ("cohort", "field_strength_t") if name in clinical]
    table = cases.merge(clinical[["patient", *sides]], on="patient")
    rows = []
    for cohort in COHORTS:
        for visit, part in of_cohort(table, cohort).groupby("image", sort=True):
            for column, label in names.items():
                known = pd.to_numeric(part[column]).dropna().astype(float) if column in part else pd.Series()
                if len(known):
                    spread = {
                        "commonest": known.mode().iloc[0],
                        "lowest": known.min(),
                        "highest": known.max(),
                    }
                    rows.append(
                        {"cohort": cohort, "visit": visit, "quantity": label, "n": len(known), **spread}
                    )
    return pd.DataFrame(rows, columns=["cohort", "visit", "quantity", "n", "commonest", "lowest", "highest"])


# What the steps of the preparation measured of a visit.
PREPARED = {
    "chosen_phase": "Phase taken (1 is the first after contrast)",
    "time_s": "Its time after the first phase, s",
    "field_lowest": "Least value of the bias field",
    "field_highest": "Greatest value of the bias field",
    "volume_ml": "Volume of the tumour, ml",
    "mask_is_given": "Share of masks that were given",
    "dice_fuzzy_given": "Dice of fuzzy C-means with the given mask",
}


def preparation(
    corrected: dict[str, pd.DataFrame],
    segmented: dict[str, pd.DataFrame],
    clinical: pd.DataFrame,
    cohorts: Sequence[str] = COHORTS,
) -> pd.DataFrame:
    """How the images of each visit were prepared, long: cohort, visit, quantity, n, mean, lowest, highest.

    Parameters
    ----------
    corrected, segmented : visit -> the tables of correct_bias and segment_tumours. clinical : patient, cohort.
    cohorts : which to tell of; 'all' is every patient.
    """
    rows = []
    for visit, table in corrected.items():
        masks = segmented[visit].assign(
            mask_is_given=segmented[visit]["mask_source"].eq("given").astype(float)
        )
        whole = clinical[["patient", "cohort"]].merge(table, on="patient").merge(masks, on="patient")
        for cohort in cohorts:
            members = of_cohort(whole, cohort)
            for column, label in PREPARED.items():
                known = members[column].dropna().astype(float)
                if len(known):
                    spread = {"mean": known.mean(), "lowest": known.min(), "highest": known.max()}
                    rows.append(
                        {"cohort": cohort, "visit": visit, "quantity": label, "n": len(known), **spread}
                    )
    return pd.DataFrame(rows, columns=["cohort", "visit", "quantity", "n", "mean", "lowest", "highest"])


def flow(ledger: pd.DataFrame, clinical: pd.DataFrame, imaged: set[str]) -> pd.DataFrame:
    """Patients of each cohort at each step (Figure 2), long: cohort, step, n.

    Parameters
    ----------
    ledger : who is kept out of what: patient, cohort, excluded_from. clinical : the admitted patients, with the columns
        of `outcome.with_outcome`. imaged : the patients who have features of both visits and of the Jacobian map.
    """
    excluded = ledger[ledger["excluded_from"] == "all"].drop_duplicates("patient")
    rows = []
    for cohort in COHORTS:
        members = of_cohort(clinical, cohort)
        kept = members[members["patient"].isin(imaged)]
        lost = int((excluded["cohort"] == cohort).sum())
        known = kept[kept["response"].notna()]
        counts = {
            "in the sheet": len(kept) + lost,
            "excluded": lost,
            "with features": len(kept),
            "with response": len(known),
            "responders": int((known["response"] == 1).sum()),
            "with subtype": int(known["subtype"].notna().sum()),
        }
        rows += [{"cohort": cohort, "step": step, "n": n} for step, n in counts.items()]
    return pd.DataFrame(rows)


def main(job: Job) -> None:
    """Rule describe_cohort."""
    clinical = with_outcome(read_table(job.input.clinical), job.settings["outcome"]["ki67_threshold"])
    ledger = read_table(job.input.ledger)
    images = [set(read_table(job.input[name])["patient"]) for name in ("baseline", "follow_up", "jacobian")]
    imaged = set.intersection(*images)
    kept = clinical[clinical["patient"].isin(imaged)].reset_index(drop=True)
    write_both(acquisition(read_batches(list(job.input.cases)), kept), job.output.table1)
    corrected, segmented = (
        {visit: read_batches(list(job.input[f"{step}_{visit}"])) for visit in VISITS}
        for step in ("corrected", "segmented")
    )
    write_both(preparation(corrected, segmented, kept), job.output.preparation)
    write_both(characteristics(kept, job.seed), job.output.table2)
    write_both(flow(ledger, clinical, imaged), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
