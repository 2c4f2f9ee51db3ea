# Functions and no rules: what a rule reads, and why it would run again.
import json
import os
import sys
from collections import namedtuple
from dataclasses import asdict
from functools import cache
from pathlib import Path

PROJECT = Path(workflow.basedir)
sys.path.insert(0, str(PROJECT))

from scripts.cohort.sheet import read_rows
from scripts.errors import InputError
from scripts.workflow import config as configuration
from scripts.workflow import papers as registry
from scripts.workflow.batches import plan_batches
from scripts.workflow.fingerprint import code_fingerprint
from scripts.workflow import forecast
from scripts.workflow.costs import (
    image_amounts,
    parameter_amounts,
    stated_memory,
    stated_runtime,
)
from scripts.workflow.image_sizes import ImageSize, image_size

Cohort = namedtuple("Cohort", "paper cohort")


def project_file(path):
    """A file of the project as a rule reads it: relative where runs are kept in the project, so a clone can be moved."""
    return path if Path.cwd() == PROJECT.resolve() else str(PROJECT / path)


def or_stop(function, *arguments):
    """The value of a call, or its message and no traceback."""
    try:
        return function(*arguments)
    except InputError as error:
        raise SystemExit(f"\n{error}\n") from None


PAPERS = or_stop(registry.paper_names)
config = or_stop(configuration.check_config, config, PAPERS)
COHORT_OF = {paper: config["papers"][paper]["cohort"] for paper in PAPERS}
CASE_FILES = ("image", "mask")
MIN_MASK_VOXELS = 27
# Filled by rules/papers: paper -> the modality that its images must look like
MODALITY_OF = {}
# Filled by rules/papers for the built-in cohorts: paper -> cohort -> patient ids; paper -> function(folder, batch,
# patient) -> paths of image and mask
SIMULATED_PATIENTS = {}
SIMULATED_FILES = {}
# Filled by rules/papers: paper -> the size of the largest simulated image
SIMULATED_SIZE = {}


wildcard_constraints:
    paper="|".join(PAPERS),
    cohort="[A-Za-z][A-Za-z0-9_]*",
    batch="b[0-9a-f]*",
    model="[A-Za-z][A-Za-z0-9_]*",
    extraction="[A-Za-z][A-Za-z0-9_]*",


def is_simulated(cohort):
    return cohort in configuration.BUILT_IN_COHORTS


@cache
def parameters(paper, cohort):
    """Every parameter of a paper on a cohort: published, reduced for simulated patients, or the user's."""
    overrides = config["papers"][paper]["parameters"]
    return or_stop(registry.resolve_parameters, paper, is_simulated(cohort), overrides)


def canonical(value):
    """One text for a rule's settings: equal settings, equal text."""
    return json.dumps(value, sort_keys=True)


def settings(*names, paper, **others):
    """Params function: the named parameters of the paper on the wildcards' cohort, the seed, and `others`."""

    def of(wildcards):
        cohort = wildcards.cohort if hasattr(wildcards, "cohort") else COHORT_OF[paper]
        values = registry.pick(parameters(paper, cohort), *names)
        for key, other in others.items():
            values[key] = other(wildcards) if callable(other) else other
        return canonical({**values, "seed": config["seed"]})

    return of


def code(script):
    """Params function: the fingerprint of a script and the project modules it imports."""
    return lambda wildcards: code_fingerprint(script, PROJECT)


def memory(paper=None):
    """Resources function: `mem_mb` of a job, from what its rule was measured to take and the images of its batch."""

    def of(wildcards, attempt, threads, rulename):
        named = paper or wildcards.paper
        return stated_memory(
            rulename, amounts(rulename, named, wildcards, threads), attempt
        )

    return of


def runtime(paper=None):
    """Resources function: `runtime` of a job in minutes, as `memory`."""

    def of(wildcards, attempt, threads, rulename):
        named = paper or wildcards.paper
        return stated_runtime(
            rulename, amounts(rulename, named, wildcards, threads), attempt
        )

    return of


def amounts(rulename, paper, wildcards, threads):
    """What the cost of a job depends on: the cases of its batch, its cohort, the paper's parameters."""
    named = dict(wildcards.items())
    cohort = named.get("cohort", COHORT_OF[paper])
    batch = named.get("batch", "examples" if rulename == "picture_cases" else "")
    return (
        cohort_amounts(paper, cohort)
        | batch_amounts(paper, cohort, batch, threads)
        | extraction_amounts(
            paper, cohort, batch, threads, named.get("extraction", "config")
        )
    )


@cache
def cohort_amounts(paper, cohort):
    """Number of patients, and every parameter that is a number."""
    values = {
        name: parameter.value for name, parameter in parameters(paper, cohort).items()
    }
    patients = sum(map(len, cases_by_batch(paper, cohort).values()))
    return parameter_amounts(values) | {"patients": patients}


@cache
def batch_amounts(paper, cohort, batch, threads):
    """Number and size of the images of a batch, of the examples, or of no batch."""
    if not batch:
        return image_amounts([], threads)
    cases = (
        example_cases(paper, cohort)
        if batch == "examples"
        else cases_by_batch(paper, cohort).get(batch, [])
    )
    if is_simulated(cohort):
        return image_amounts([SIMULATED_SIZE[paper]] * len(cases), threads)
    return image_amounts([image_size(case["image"]) for case in cases], threads)


@cache
def extraction_amounts(paper, cohort, batch, threads, extraction):
    """Resampling and normalising work on the whole image in double precision."""
    whole = False
    if batch:
        values = radiomics_settings(paper, cohort, extraction)
        whole = bool(values.get("resampled_spacing_mm") or values.get("normalize"))
    largest = batch_amounts(paper, cohort, batch, threads)["largest_megavoxels"]
    return {"largest_resampled_megavoxels": largest if whole else 0.0}


def forecast_of(jobs):
    """What the planned jobs will take, in words."""
    settings = workflow.resource_settings
    patterns = {
        known.name: str(known.benchmark) for known in workflow.rules if known.benchmark
    }
    return forecast.tell(jobs, amounts, patterns, settings.cores or settings.nodes or 1)


def checked_cohorts():
    """Admissions that `check` asks for: each paper's own cohort, and every cohort of the configuration for its paper."""
    pairs = {(paper, COHORT_OF[paper]) for paper in PAPERS}
    for cohort, entry in config["cohorts"].items():
        pairs |= {
            (paper, cohort)
            for paper in ([entry["paper"]] if "paper" in entry else PAPERS)
        }
    return [f"cache/{paper}/{cohort}/admitted.json" for paper, cohort in sorted(pairs)]


def cohort_entry(cohort):
    """The configuration of a user's cohort."""
    try:
        return config["cohorts"][cohort]
    except KeyError:
        known = [*configuration.BUILT_IN_COHORTS, *config["cohorts"]]
        raise SystemExit(
            f"\nNo cohort '{cohort}' in the configuration. Known: {', '.join(known)}.\n"
        ) from None


@cache
def cases_by_batch(paper, cohort):
    """Batch -> its cases as dicts of patient, image, image_series, mask, mask_roi."""
    if is_simulated(cohort):
        folder = f"cache/{paper}/{cohort}/simulated/images"
        plan = plan_batches(SIMULATED_PATIENTS[paper][cohort], config["cases_per_job"])
        return {
            batch: [
                simulated_case(paper, folder, batch, patient) for patient in patients
            ]
            for batch, patients in plan.items()
        }
    sheet = cohort_entry(cohort)["sheet"]
    rows = or_stop(read_rows, sheet)
    or_stop(require_columns, sheet, rows)
    cases = {}
    for row in rows:
        case = {
            key: row.values.get(key, "")
            for key in ("patient", *CASE_FILES, "image_series", "mask_roi")
        }
        for kind in CASE_FILES:
            if case[kind]:
                case[kind] = str(Path(sheet).parent / case[kind])
        cases.setdefault(case["patient"], []).append(case)
    plan = plan_batches(cases, config["cases_per_job"])
    return {
        batch: [case for patient in patients for case in cases[patient]]
        for batch, patients in plan.items()
    }


def require_columns(sheet, rows):
    """Without these columns no job can be planned; every other fault is found by the check."""
    wanted = ("patient", *CASE_FILES)
    if not rows:
        raise InputError(sheet, "a header and at least one patient", "no rows")
    missing = [column for column in wanted if column not in rows[0].values]
    if missing:
        raise InputError(
            sheet,
            f"the columns {', '.join(wanted)}",
            f"no {', '.join(missing)} among {', '.join(rows[0].values)}",
            "See docs/sample_sheet.md.",
        )


def simulated_case(paper, folder, batch, patient):
    image, mask = SIMULATED_FILES[paper](folder, batch, patient)
    return {
        "patient": patient,
        "image": image,
        "mask": mask,
        "image_series": "",
        "mask_roi": "",
    }


def example_cases(paper, cohort, most=4):
    """A few cases to look at: the first of the first batch."""
    batches = cases_by_batch(paper, cohort)
    return next(iter(batches.values()))[:most] if batches else []


def example_files(wildcards):
    """Images and masks of the example cases."""
    if is_simulated(wildcards.cohort):
        first = next(iter(cases_by_batch(wildcards.paper, wildcards.cohort)))
        return [f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/images/{first}"]
    files = {
        case[kind]
        for case in example_cases(wildcards.paper, wildcards.cohort)
        for kind in CASE_FILES
    }
    return sorted(filter(os.path.exists, files))


def report_settings(paper, cohort):
    """What a report says of its run: every parameter with its standing, the cohort, what was planned."""
    return canonical(
        {
            "cohort": cohort,
            "simulated": is_simulated(cohort),
            "parameters": [
                asdict(parameter) for parameter in parameters(paper, cohort).values()
            ],
            "seed": config["seed"],
        }
    )


def sheet_of(wildcards):
    """The cohort's sample sheet: the user's, or the one that the simulation writes."""
    if is_simulated(wildcards.cohort):
        return f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/sheet.csv"
    return cohort_entry(wildcards.cohort)["sheet"]


def batch_cases(wildcards, paper=None):
    """Params function: the cases of one batch."""
    return canonical(
        cases_by_batch(paper or wildcards.paper, wildcards.cohort)[wildcards.batch]
    )


def batch_files(wildcards):
    """Images and masks of one batch. A file that is not there is left to the check, which names its row."""
    if is_simulated(wildcards.cohort):
        return [
            f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/images/{wildcards.batch}"
        ]
    return present_files(wildcards.paper, wildcards.cohort, wildcards.batch)


@cache
def present_files(paper, cohort, batch):
    """Image and mask paths of a batch that exist."""
    cases = cases_by_batch(paper, cohort)[batch]
    files = {case[kind] for case in cases for kind in CASE_FILES if case[kind]}
    return sorted(filter(os.path.exists, files))


def of_all_batches(pattern):
    """Input function: `pattern` for every batch of the wildcards' cohort."""

    def of(wildcards):
        batches = cases_by_batch(wildcards.paper, wildcards.cohort)
        return [
            pattern.format(batch=batch, **dict(wildcards.items())) for batch in batches
        ]

    return of


def tables(folder, *names):
    """Named outputs: each table as CSV for people and as Parquet for programs."""
    return {name: f"{folder}/{name}.csv" for name in names} | {
        f"{name}_parquet": f"{folder}/{name}.parquet" for name in names
    }


def caption_labels(folder):
    """Labels function of the HTML report: number and title of a figure or table, from the captions in `folder`."""

    def of(wildcards):
        path = folder.format(**dict(wildcards.items()))
        labels = json.loads(Path(path, "labels.json").read_text(encoding="utf-8"))
        return labels.get(wildcards.item, {"number": wildcards.item, "title": ""})

    return of


def model_file(paper, model):
    """The frozen model of a name: this run's own, the paper's, or a file named in the configuration."""
    if model == "fitted":
        return f"results/{paper}/model.json"
    if model == "published":
        return project_file(f"resources/models/{paper}_published.json")
    try:
        return config["models"][model]
    except KeyError:
        known = [*configuration.BUILT_IN_MODELS, *config["models"]]
        raise SystemExit(
            f"\nNo model '{model}' in the configuration. Known: {', '.join(known)}.\n"
        ) from None


def model_card(paper, model):
    """The content of a frozen model from elsewhere; its extraction settings plan the features of a new cohort."""
    path = Path(model_file(paper, model))
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        return card if "radiomics" in card else {}["radiomics"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            str(path), "a frozen model with its radiomics settings", f"{error!r}"
        ) from None


def extraction_of(paper, model):
    """Which extraction settings a model needs: its own, or the configuration's where it names none."""
    if model in configuration.BUILT_IN_MODELS:
        return "config"
    return model if or_stop(model_card, paper, model)["radiomics"] else "config"


def strictness(wildcards):
    """What one case must satisfy."""
    entry = {} if is_simulated(wildcards.cohort) else cohort_entry(wildcards.cohort)
    return canonical(
        {
            "allow_several_pieces": entry.get("allow_several_pieces", False),
            "min_mask_voxels": MIN_MASK_VOXELS,
            "modality": MODALITY_OF[wildcards.paper],
        }
    )


def admission(wildcards):
    """What the cohort must satisfy: its role, and how many cases it may lose."""
    entry = {} if is_simulated(wildcards.cohort) else cohort_entry(wildcards.cohort)
    development = COHORT_OF[wildcards.paper] == wildcards.cohort
    return canonical(
        {
            "max_failed_cases": entry.get("max_failed_cases", 0),
            "role": "development" if development else "predict",
        }
    )


def radiomics_settings(paper, cohort, extraction):
    """The extraction settings of the configuration, or those frozen in a model from elsewhere."""
    if extraction == "config":
        return registry.pick(parameters(paper, cohort), "radiomics")["radiomics"]
    return or_stop(model_card, paper, extraction)["radiomics"]


def expression_files(paper, cohort):
    """Expression table and gene sets of a cohort, where it has them: names of a rule's inputs and their paths."""
    if cohort == "simulated":
        folder = f"cache/{paper}/{cohort}/simulated"
        return {
            "expression": f"{folder}/expression.parquet",
            "gene_sets": f"{folder}/gene_sets.gmt",
        }
    entry = config["cohorts"].get(cohort, {})
    return {key: entry[key] for key in ("expression", "gene_sets") if key in entry}
