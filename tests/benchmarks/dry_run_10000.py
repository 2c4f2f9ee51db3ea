"""Dry run for a sheet of 10,000 patients: python -m tests.benchmarks.dry_run_10000 [--rows 10000] [--profile]

Every patient has an image and a mask of its own: hard links to one image of 4 x 4 x 4 voxels, since a plan asks only
whether and when a file was written, and an image's header for its size. With --profile, where the time of the plan
goes, in our own code and in all.
"""

import argparse
import pstats
import sys
from pathlib import Path

from tests.benchmarks.runs import CORES, ROOT, TARGET, Row, fresh_folder, measured, print_rows, snakemake

AIM_SECONDS = 10.0
COLUMNS = "patient,cohort,image,mask,dfs_months,recurrence,tnm_stage,sex,age,differentiation,cea,lymph_node"

TINY_IMAGE = (
    b"ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    + bytes(128)
)


def write_cohort(folder: Path, patients: int, cases_per_job: int) -> None:
    """A sheet of `patients` rows with their files, and mine.yaml that puts the paper on it."""
    (folder / "images").mkdir()
    one = folder / "images" / "one"
    one.write_bytes(TINY_IMAGE)
    lines = [COLUMNS]
    for number in range(patients):
        name, group = f"P{number:05d}", "primary" if number % 3 else "validation"
        for kind in ("image", "mask"):
            (folder / "images" / f"{name}_{kind}.mha").hardlink_to(one)
        files = f"images/{name}_image.mha,images/{name}_mask.mha"
        lines.append(f"{name},{group},{files},{12 + number % 60},{number % 2},II,F,60,high,low,no")
    (folder / "sheet.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(
        f"cases_per_job: {cases_per_job}\ncohorts: {{large: {{sheet: sheet.csv}}}}\n"
        "papers: {crc_nomogram: {cohort: large}}\n",
        encoding="utf-8",
    )


def rows(folder: Path, patients: int = 10_000, cases_per_job: int = 128) -> list[Row]:
    """Plan the target for the sheet: wall seconds and peak memory, beside the simulated cohort's dry run."""
    write_cohort(folder, patients, cases_per_job)
    small = snakemake(folder, "-n", TARGET)
    large = snakemake(folder, "-n", TARGET, "--configfile", "mine.yaml")
    aim = (f"<= {AIM_SECONDS:.0f} s", large.seconds <= AIM_SECONDS) if patients == 10_000 else ("", None)
    what = f"dry run, {patients:,} rows, {cases_per_job} cases a job"
    return [
        Row(f"{what}, against 381 patients", f"{large.seconds:.1f} s", f"{small.seconds:.1f} s",
            large.seconds / small.seconds, *aim),
        Row(f"{what}, peak memory", f"{large.peak_mb:.0f} MB", f"{small.peak_mb:.0f} MB",
            large.peak_mb / small.peak_mb),
    ]  # fmt: skip


def print_profile(folder: Path) -> None:
    """The costliest functions of the plan, of the project and of all, by the time in them and below them."""
    measured(
        [sys.executable, "-m", "cProfile", "-o", "plan.profile", "-m", "snakemake", "-s", str(ROOT / "Snakefile"),
         "--cores", str(CORES), "-n", TARGET, "--configfile", "mine.yaml"],
        folder,
    )  # fmt: skip
    profile = pstats.Stats(str(folder / "plan.profile"))
    profile.sort_stats("cumulative").print_stats(rf"{ROOT}|\.smk|Snakefile", 40)
    profile.sort_stats("tottime").print_stats(30)


def main() -> None:
    """Run and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=10_000, help="patients in the sheet")
    arguments.add_argument("--cases-per-job", type=int, default=128)
    arguments.add_argument("--profile", action="store_true", help="print where the time of the plan goes")
    asked = arguments.parse_args()
    with fresh_folder() as folder:
        print_rows("Dry run", rows(folder, asked.rows, asked.cases_per_job))
        if asked.profile:
            print_profile(folder)


if __name__ == "__main__":
    main()
