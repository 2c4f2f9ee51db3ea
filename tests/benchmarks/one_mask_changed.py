"""What runs again when one voxel of one mask changes: python -m tests.benchmarks.one_mask_changed

A user's cohort is made from simulated patients (sheet, images and masks copied out), the target is made once, one
voxel is added to the surface of one mask, and `snakemake -n` says which jobs would run again and why. Then the
features are made again, to see that the row of that patient alone has changed.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
import yaml
from scipy import ndimage

from scripts.simulation.crc_nomogram.identifiers import patient_ids
from scripts.workflow.batches import plan_batches
from scripts.workflow.papers import paper_card
from tests.benchmarks.runs import TARGET, Row, fresh_folder, print_rows, snakemake

CASES_PER_JOB = 16
FEATURES = "cache/crc_nomogram/user/features/config.parquet"
MINE = ["--configfile", "mine.yaml"]
# Seconds, not statistics: few resamples, and as many folds as the events of a resample of this small cohort carry.
PARAMETERS = {
    "signature": {"n_folds": 4},
    "evaluation": {"n_bootstrap": 20},
    "stability": {"n_bootstrap": 20},
    "rivals": {"repeats": 1, "forest": {"n_trees": 20}, "xgboost": {"rounds": [10]}},
}
ONE_BATCH = {
    "check_cases": 1,
    "check_cohort": 1,
    "admit_cohort": 1,
    "extract_features": 1,
    "collect_features": 1,
}
AFTER_FEATURES = (
    "fit_model", "apply_model", "describe_cohort", "evaluate_model", "assess_stability", "compare_rivals",
    "validate_published", "draw_figures", "write_report",
)  # fmt: skip
EXPECTED = Counter(ONE_BATCH | {f"{step}_crc_nomogram": 1 for step in AFTER_FEATURES})


def make_user_cohort(folder: Path) -> list[str]:
    """Sheet, files and mine.yaml of a cohort of about 95 simulated patients; returns the patients."""
    planned = paper_card("crc_nomogram")["simulated"]["cohorts"]["simulated"]
    patients = patient_ids(planned["n_primary"] + planned["n_validation"], planned["prefix"])
    batch = next(iter(plan_batches(patients, 128)))
    simulated = "cache/crc_nomogram/simulated/simulated"
    snakemake(folder, f"{simulated}/images/{batch}", "--config", "cases_per_job=128")
    sheet = pd.read_csv(folder / simulated / "sheet.csv", dtype=str, keep_default_na=False)
    sheet = sheet[sheet["image"].str.startswith(f"images/{batch}/")]
    (folder / simulated / "images" / batch).rename(folder / "files")
    for column in ("image", "mask"):
        sheet[column] = "files/" + sheet[column].str.rsplit("/", n=1).str[1]
    sheet.to_csv(folder / "sheet.csv", index=False)
    mine = {
        "cases_per_job": CASES_PER_JOB,
        "cohorts": {"user": {"sheet": "sheet.csv"}},
        "papers": {"crc_nomogram": {"cohort": "user", "parameters": PARAMETERS}},
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(mine), encoding="utf-8")
    return sheet["patient"].tolist()


def add_voxel(path: Path) -> None:
    """Add one voxel, a face neighbour of the mask's first surface voxel, so that it stays in one piece."""
    mask = sitk.ReadImage(str(path))
    array = sitk.GetArrayFromImage(mask)
    shell = ndimage.binary_dilation(array > 0) & (array == 0)
    array[tuple(np.argwhere(shell)[0])] = array.max()
    changed = sitk.GetImageFromArray(array)
    changed.CopyInformation(mask)
    sitk.WriteImage(changed, str(path), useCompression=True)


def rules_to_run(dry_run: str) -> Counter:
    """Rule -> number of jobs, from the table of jobs of a dry run; empty when nothing is to be done."""
    table = re.search(r"Job stats:\n.*?\n-.*?\n(.*?)\ntotal ", dry_run, re.DOTALL)
    return Counter(
        {rule: int(count) for rule, count in (line.split() for line in table[1].splitlines())}
        if table
        else {}
    )


def jobs_of(dry_run: str) -> list[tuple[str, str]]:
    """Message and reason of every job of a dry run, in its order."""
    return re.findall(r"^Job \d+: (.*)\nReason: (.*)$", dry_run, re.MULTILINE)


def rows(folder: Path, tell: bool = False) -> list[Row]:
    """Change a mask in a finished run and compare what would run with what must; `tell` prints each job's reason."""
    patients = make_user_cohort(folder)
    first = snakemake(folder, TARGET, *MINE)
    batches = plan_batches(patients, CASES_PER_JOB)
    before = pd.read_parquet(folder / FEATURES).set_index("patient")
    batch, members = list(batches.items())[-1]  # the examples drawn for the report come from the first batch
    patient = members[0]
    add_voxel(folder / "files" / f"{patient}_mask.mha")
    plan = snakemake(folder, "-n", TARGET, *MINE)
    found = rules_to_run(plan.output)
    jobs = jobs_of(plan.output)
    touched = {name for message, _ in jobs for name in re.findall(r"of batch (b[01]*)", message)}
    again = snakemake(folder, FEATURES, *MINE)
    after = pd.read_parquet(folder / FEATURES).set_index("patient")
    changed = before.index[(before != after.loc[before.index]).any(axis=1)].tolist()
    if tell:
        print(f"one voxel added to the mask of {patient}, batch {batch} of {len(batches)}; would run again:")
        for message, reason in jobs:
            print(f"  {message}\n      {reason[:160]}{'…' if len(reason) > 160 else ''}")
        print(
            f"more than expected: {dict(found - EXPECTED) or 'none'}; less: {dict(EXPECTED - found) or 'none'}"
        )
        print(
            f"batches touched: {', '.join(sorted(touched))}; patients whose features changed: {', '.join(changed)}"
        )
    as_expected = found == EXPECTED and touched == {batch} and changed == [patient]
    return [
        Row(f"one mask changed: jobs that run again, of {sum(rules_to_run(first.output).values())}",
            f"{sum(found.values())} jobs", f"{sum(EXPECTED.values())} expected", None, "its batch only", as_expected),
        Row(f"one mask changed: features again, {len(patients)} patients in {len(batches)} batches",
            f"{again.seconds:.1f} s", f"{first.seconds:.1f} s first run", again.seconds / first.seconds),
    ]  # fmt: skip


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("One mask changed", rows(folder, tell=True))


if __name__ == "__main__":
    main()
