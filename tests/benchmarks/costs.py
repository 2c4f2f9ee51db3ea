"""What a job of each rule costs: python -m tests.benchmarks.costs [--write] [--studies NAME ...]

Every job of several studies runs alone in a new process: CPU seconds, peak memory and bytes written, against what
its cost depends on (`TERMS`). With --write the coefficients go to resources/costs.yaml, from which rules state their
memory and time and a run is forecast. About an hour on one core; most of it are the studies of 3,810 patients and of
two visits. With --studies only the rules that no other study measures are written anew; what no study measures (rules
that train networks, `BY_HAND`) stays as it is.
"""

import argparse
import json
import re
import shutil
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import yaml

from scripts.workflow.costs import COSTS
from tests.benchmarks.runs import ROOT, TARGET, Row, fresh_folder, measured, print_rows

ONE_JOB = """
import json, sys
from tests.benchmarks.bare_target import compute
jobs = json.load(open(sys.argv[1]))
compute(next(job for job in jobs if job["id"] == int(sys.argv[2])))
"""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
TARGETS = {paper: f"results/{paper}.pdf" for paper in ("crc_nomogram", "nact_response")}
FITS = "rivals.outer_folds*rivals.repeats"
FOREST = f"{FITS}*rivals.forest.n_trees"
READING = ("megabytes", "float_megabytes")
HOLDING = ("largest_megabytes", "largest_float_megabytes")
# The stages of images work on one phase at a time, on its own grid or on the common spacing's
IMAGE_STAGES = (
    "correct_bias", "standardise_images", "segment_tumours", "register_visits", "picture_registration",
    "extract_image_features",
)  # fmt: skip
PHASE = "largest_volume_megavoxels"
# Rule (without its paper's name) -> what its CPU time, and what its memory, grows with
CPU_TERMS = {
    "check_cases": ("cases", *READING),
    "extract_features": ("cases", *READING, "largest_resampled_megavoxels*cases"),
    "picture_cases": ("cases", *READING),
    "render_cases": ("cases",),
    "assess_stability": ("patients*stability.n_bootstrap", "stability.n_bootstrap"),
    "compare_rivals": (f"{FOREST}*patients", f"{FITS}*patients", FITS, f"{FITS}*rivals.xgboost.rounds"),
    "fit_models": ("svm.outer_folds*patients",),
    "test_null": ("null.n_permutations*patients",),
    **dict.fromkeys(IMAGE_STAGES, ("cases", f"{PHASE}*cases")),
}  # fmt: skip
MEMORY_TERMS = {
    "check_cases": HOLDING,
    "extract_features": (*HOLDING, "largest_resampled_megavoxels"),
    "picture_cases": HOLDING,
    **dict.fromkeys(IMAGE_STAGES, (PHASE,)),
    "correct_bias": ("largest_megabytes", PHASE),
}
RESAMPLES = (
    "evaluate_classifiers",
    "evaluate_model",
    "validate_published",
    "assess_recovery_crc_nomogram",
    "validate_prediction",
)
# Set from README's table of the image stages and from single volumes of 0.14 to 3.7 megavoxels: the studies below hold
# one size of images, which tells nothing of others. Steps of networks, too, are set from single steps of training.
BY_HAND = IMAGE_STAGES
EVERY_PAPERS = ("check_cases", "check_cohort", "admit_cohort", "picture_cases")
PER_CASE = ("check_cases", "extract_features", "render_cases", "picture_cases", *IMAGE_STAGES)


@dataclass(frozen=True)
class Measured:
    """What one job took, beside what its cost may depend on."""

    rule: str
    amounts: dict[str, float]
    cpu_s: float
    mb: float
    output_mb: float


def terms_of(rule: str, measure: str) -> tuple[str, ...]:
    """Products of amounts that a measure of a rule may depend on, beside the constant of each job."""
    step = re.sub(f"_({'|'.join(TARGETS)})$", "", rule)
    if measure == "output_mb":
        if step in IMAGE_STAGES[:4]:
            return (f"{PHASE}*cases",)
        return ("cases",) if step in PER_CASE else ("patients",)
    table = CPU_TERMS if measure == "cpu_s" else MEMORY_TERMS
    if step in table:
        return table[step]
    if step in PER_CASE:
        return ()
    if measure == "cpu_s" and (step in RESAMPLES or rule in RESAMPLES):
        return ("patients*evaluation.n_bootstrap", "patients")
    return ("patients",)


def megabytes_of(path: Path) -> float:
    """Size of a file, or of the files of a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def measure(folder: Path, target: str, rules: tuple[str, ...] = (), root: Path = ROOT) -> list[Measured]:
    """Run the jobs of a target (of some rules, where named) one by one, each in a new process."""
    config = ["mine.yaml"] if (folder / "mine.yaml").exists() else []
    variables = ONE_THREAD | {"PYTHONPATH": str(root)}
    measured(
        [sys.executable, "-m", "tests.benchmarks.planned_jobs", target, "jobs.json", *config],
        folder,
        **variables,
    )
    found = []
    for job in json.loads((folder / "jobs.json").read_text(encoding="utf-8")):
        if rules and job["rule"] not in rules:
            continue
        used = measured([sys.executable, "-c", ONE_JOB, "jobs.json", str(job["id"])], folder, **variables)
        written = sum(megabytes_of(folder / path) for path in job["output"]["values"])
        found.append(Measured(job["rule"], job["amounts"], used.cpu_seconds, used.peak_mb, written))
        print(
            f"  {job['rule']:36}{used.cpu_seconds:8.2f} s{used.peak_mb:8.0f} MB{written:9.2f} MB written",
            flush=True,
        )
    return found


def configure(
    folder: Path, cohort: str, parameters: dict, paper: str = "crc_nomogram", **entries: object
) -> None:
    """Write mine.yaml, which puts the paper on a cohort."""
    papers = {paper: {"cohort": cohort, "parameters": parameters}}
    (folder / "mine.yaml").write_text(yaml.safe_dump({"papers": papers, **entries}), encoding="utf-8")


def elsewhere(module: str, function: str, folder: Path) -> None:
    """Call function(folder) in another process: the memory of a job is at least that of the process that starts it."""
    code = f"from pathlib import Path; from {module} import {function}; {function}(Path({str(folder)!r}))"
    measured([sys.executable, "-c", code], folder)


def other_parameters(folder: Path) -> list[Measured]:
    """The simulated cohort with other numbers of resamples, folds and trees."""
    configure(folder, "simulated", {
        "evaluation": {"n_bootstrap": 600},
        "stability": {"n_bootstrap": 120},
        "rivals": {"outer_folds": 3, "repeats": 1, "forest": {"n_trees": 200}, "xgboost": {"rounds": [25, 200]}},
    })  # fmt: skip
    return measure(folder, TARGET)


def few_patients(folder: Path) -> list[Measured]:
    """A user's cohort of about 95 patients, 16 cases a job."""
    elsewhere("tests.benchmarks.one_mask_changed", "make_user_cohort", folder)
    return measure(folder, TARGET)


def many_patients(folder: Path) -> list[Measured]:
    """Ten times the simulated patients, with few resamples: a copy of the project in which the cohort is larger."""
    copy = folder / "project"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", "cache", "results", ".snakemake", ".venv")
    )
    card = copy / "config" / "papers" / "crc_nomogram.yaml"
    text = card.read_text(encoding="utf-8").replace(
        "n_primary: 242, n_validation: 139, n_expression: 53",
        "n_primary: 2420, n_validation: 1390, n_expression: 530",
    )
    card.write_text(text, encoding="utf-8")
    configure(folder, "simulated", {
        "evaluation": {"n_bootstrap": 20},
        "stability": {"n_bootstrap": 20},
        "rivals": {"outer_folds": 3, "repeats": 1, "forest": {"n_trees": 20}, "xgboost": {"rounds": [25]}},
    })  # fmt: skip
    return measure(folder, TARGET, root=copy)


def few_visits(folder: Path) -> list[Measured]:
    """30 patients of two visits in finer voxels, with other numbers of folds, trees and permutations."""
    copy = folder / "project"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", "cache", "results", ".snakemake", ".venv")
    )
    card = copy / "config" / "papers" / "nact_response.yaml"
    text = card.read_text(encoding="utf-8").replace(
        "n_development: 61, n_testing: 53", "n_development: 18, n_testing: 12"
    )
    card.write_text(text, encoding="utf-8")
    configure(folder, "simulated", {
        "resampling": {"spacing_mm": 1.6},
        "svm": {"outer_folds": 3},
        "rivals": {"forest": {"n_trees": 40}},
        "null": {"n_permutations": 5},
    }, "nact_response", cases_per_job=10)  # fmt: skip
    prediction = "results/nact_response/predict/simulated/fitted.pdf"
    rules = ("predict_nact_response", "evaluate_prediction_nact_response", "write_prediction_nact_response")
    return measure(folder, TARGETS["nact_response"], root=copy) + measure(folder, prediction, rules, copy)


SIZES = ((32, 32, 32), (128, 128, 64), (256, 256, 100), (512, 512, 100), (512, 512, 200))
READERS = ("check_cases", "settle_extraction", "extract_features")


def write_volumes(folder: Path) -> None:
    """A sheet of spheres in noise, a row for each of SIZES (x, y, z) in int16 and float32, as compressed NIfTI."""
    import numpy as np
    import SimpleITK as sitk

    from tests.benchmarks.dry_run_10000 import COLUMNS

    lines = [COLUMNS]
    for size in SIZES:
        for kind in ("int16", "float32"):
            name = f"{size[0]}x{size[1]}x{size[2]}_{kind}"
            array = np.random.default_rng(1).normal(40, 30, size[::-1]).astype(np.float32)
            array[:, :4] = -1000
            array = np.rint(array).astype(np.int16) if kind == "int16" else array
            away = [(np.arange(n) - n // 2) ** 2 for n in size[::-1]]
            mask = away[0][:, None, None] + away[1][:, None] + away[2] < 9**2
            for what, voxels in (("image", array), ("mask", mask.astype(np.uint8))):
                sitk.WriteImage(sitk.GetImageFromArray(voxels), str(folder / f"{name}_{what}.nii.gz"))
            lines.append(f"{name},primary,{name}_image.nii.gz,{name}_mask.nii.gz,12,1,II,F,60,high,low,no")
    (folder / "sheet.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def volumes(folder: Path) -> list[Measured]:
    """One case a job, from 32 x 32 x 32 to 512 x 512 x 200 voxels, resampled too; pictures of one and four."""
    elsewhere("tests.benchmarks.costs", "write_volumes", folder)
    mine = {"cohorts": {"sizes": {"sheet": "sheet.csv"}}, "cases_per_job": 1}
    table = "cache/crc_nomogram/sizes/features/config.parquet"
    configure(folder, "sizes", {}, **mine)
    found = measure(folder, table, READERS)
    configure(folder, "sizes", {"radiomics": {"resampled_spacing_mm": [1.0, 1.0, 1.0]}}, **mine)
    found += measure(folder, table, READERS)
    pictures = "results/crc_nomogram/check/sizes/examples.svg"
    for cases_per_job in (1, 16):
        configure(folder, "sizes", {}, **mine | {"cases_per_job": cases_per_job})
        found += measure(folder, pictures, ("picture_cases",))
    return found


STUDIES = {
    "simulated cohort": lambda folder: measure(folder, TARGET),
    "predictions": lambda folder: measure(
        folder, "results/crc_nomogram/predict/simulated_external/published.pdf",
        ("predict_crc_nomogram", "validate_prediction_crc_nomogram", "draw_patients_crc_nomogram",
         "render_cases_crc_nomogram", "check_cases", "check_cohort", "settle_extraction", "extract_features",
         "collect_features"),
    ),
    "other parameters": other_parameters,
    "few patients": few_patients,
    "volumes": volumes,
    "many patients": many_patients,
    "few visits": few_visits,
    "two visits": lambda folder: measure(folder, TARGETS["nact_response"]),
}  # fmt: skip


def snakemake_itself(folder: Path) -> dict[str, object]:
    """CPU seconds of planning, and of each job beyond its step; memory. From a run in which steps compute nothing."""
    from tests.benchmarks.scale import hollow_project, run

    hollow_project(ROOT, folder / "project")
    (folder / "mine.yaml").write_text("seed: 2020\n", encoding="utf-8")
    plan, done = run(folder, folder / "project", "-n"), run(folder, folder / "project")
    jobs = len(list((folder / "benchmarks").rglob("*.tsv")))
    by_job = (done.cpu_seconds - plan.cpu_seconds) / jobs
    return {
        "cpu_s": {"job": round(plan.cpu_seconds, 2), "jobs": round(by_job, 3)},
        "mb": round(done.peak_mb),
    }


def fit(observed: list[Measured], measure: str, terms: tuple[str, ...]) -> dict[str, float]:
    """Coefficients, none below zero, with the least relative error.

    No more of them than different amounts were measured, the first terms first: what was seen at one number of
    patients says nothing of ten times as many.
    """
    import numpy as np
    from scipy.optimize import nnls

    from scripts.workflow.costs import total

    different = {tuple(total({term: 1.0}, one.amounts) for term in terms) for one in observed}
    names = ["job", *terms][: len(different)]
    values = np.array([max(getattr(one, measure), 1e-6) for one in observed])
    columns = np.array([[total({name: 1.0}, one.amounts) for name in names] for one in observed])
    found, _ = nnls(columns / values[:, None], np.ones(len(values)))
    return {name: float(f"{x:.3g}") for name, x in zip(names, found, strict=True) if x > 0}


def fitted(observed: list[Measured]) -> dict[str, dict]:
    """Rule -> measure -> coefficients, for every rule that was measured, and for one that was not."""
    by_rule = defaultdict(list)
    for one in observed:
        by_rule[one.rule].append(one)
    rules = {
        rule: {name: fit(jobs, name, terms_of(rule, name)) for name in ("cpu_s", "mb", "output_mb")}
        for rule, jobs in sorted(by_rule.items())
    }
    return {"other": {"cpu_s": {"job": 5}, "mb": {"job": 400}, "output_mb": {"job": 1}}} | rules


def rows(observed: list[Measured], rules: dict[str, dict]) -> list[Row]:
    """How far the fitted costs are from the measured ones, job by job: the worst of each rule."""
    from scripts.workflow.costs import total

    lines = []
    for rule in sorted({one.rule for one in observed}):
        for name in ("cpu_s", "mb"):
            pairs = [
                (total(rules[rule][name], one.amounts), getattr(one, name))
                for one in observed
                if one.rule == rule
            ]
            model, seen = max(pairs, key=lambda pair: max(pair[0] / pair[1], pair[1] / pair[0]))
            lines.append(
                Row(f"{rule} {name}, {len(pairs)} jobs, worst", f"{model:.2f}", f"{seen:.2f}", model / seen)
            )
    return lines


def main() -> None:
    """Measure, fit, print, and write where asked."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--write", action="store_true", help="write resources/costs.yaml")
    arguments.add_argument("--studies", nargs="*", default=list(STUDIES), choices=list(STUDIES))
    asked = arguments.parse_args()
    observed: list[Measured] = []
    for name in asked.studies:
        print(name, flush=True)
        with fresh_folder() as folder:
            observed += STUDIES[name](folder)
    known = yaml.safe_load(COSTS.read_text(encoding="utf-8"))
    rules, itself = fitted(observed), known["snakemake"]
    if set(asked.studies) == set(STUDIES):
        with fresh_folder() as folder:
            itself = snakemake_itself(folder)
    else:
        rules = {
            rule: costs
            for rule, costs in rules.items()
            if rule not in EVERY_PAPERS or rule not in known["rules"]
        }
    rules = known["rules"] | {rule: costs for rule, costs in rules.items() if rule not in BY_HAND}
    print_rows("Costs, fitted against measured", rows(observed, rules))
    if asked.write:
        heading = "# By `python -m tests.benchmarks.costs --write`; what the terms mean: scripts/workflow/costs.py\n"
        COSTS.write_text(
            heading + yaml.safe_dump({"snakemake": itself, "rules": rules}, sort_keys=False), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
