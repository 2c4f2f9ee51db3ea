# Functions and no rules: what a rule reads, and why it would run again.
import hashlib
import json
import os
import sys
from collections import namedtuple
from dataclasses import asdict
from functools import cache
from pathlib import Path

PROJECT = Path(workflow.basedir).resolve()
sys.path.insert(0, str(PROJECT))

from scripts.cohort.sheet_cases import CASE_FILES, may_be_input, sheet_cases
from scripts.errors import InputError
from scripts.workflow import config as configuration
from scripts.workflow import console, forecast, foretell, run_guard
from scripts.workflow import papers as registry
from scripts.workflow.batches import plan_batches
from scripts.workflow.contents import ContentStore, contents_text, read_records
from scripts.workflow.costs import (
    image_amounts,
    parameter_amounts,
    stated_memory,
    stated_runtime,
)
from scripts.workflow.fingerprint import code_fingerprint, store_code_parts
from scripts.workflow.image_sizes import ImageSize, image_size

run_guard.attach(workflow)

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


def settings(*names, paper, seed=False, **others):
    """Params function: the named parameters of the paper on the wildcards' cohort, `others`, and the seed where a
    step draws random numbers."""

    def of(wildcards):
        cohort = wildcards.cohort if hasattr(wildcards, "cohort") else COHORT_OF[paper]
        values = registry.pick(parameters(paper, cohort), *names)
        for key, other in others.items():
            values[key] = other(wildcards) if callable(other) else other
        if seed:
            values["seed"] = config["seed"]
        return canonical(values)

    return of


def code(script):
    """Params function: the fingerprint of the code that a script reaches. A run keeps what it is made of."""

    def of(wildcards):
        if not workflow.dryrun:
            store_code_parts(script, root=PROJECT)
        return code_fingerprint(script, PROJECT)

    return of


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
    cases = or_stop(sheet_cases, cohort_entry(cohort)["sheet"])
    plan = plan_batches(cases, config["cases_per_job"])
    return {
        batch: [case for patient in patients for case in cases[patient]]
        for batch, patients in plan.items()
    }


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


def example_batch(wildcards):
    """The batch of the example cases."""
    return next(iter(cases_by_batch(wildcards.paper, wildcards.cohort)))


def example_files(wildcards):
    """Images and masks of the example cases."""
    first = example_batch(wildcards)
    if is_simulated(wildcards.cohort):
        return [f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/images/{first}"]
    files = {
        case[kind]
        for case in example_cases(wildcards.paper, wildcards.cohort)
        for kind in CASE_FILES
    }
    present = present_files(wildcards.paper, wildcards.cohort, first)
    return [file_of_user(path) for path in present if path in files]


def example_contents(wildcards):
    """Params function: path -> label of the example cases' files."""
    labels = batch_labels(
        wildcards.paper, wildcards.cohort, example_batch(wildcards)
    ).items()
    files = set(example_files(wildcards))
    return contents_text({path: label for path, label in labels if path in files})


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
    return file_of_user(cohort_entry(wildcards.cohort)["sheet"])


def batch_cases(wildcards, paper=None):
    """Params function: the cases of one batch."""
    return canonical(
        cases_by_batch(paper or wildcards.paper, wildcards.cohort)[wildcards.batch]
    )


def batch_files(wildcards):
    """Images and masks of one batch. What is not there is left to the check, which names its row."""
    if is_simulated(wildcards.cohort):
        return [
            f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/images/{wildcards.batch}"
        ]
    present = present_files(wildcards.paper, wildcards.cohort, wildcards.batch)
    return [file_of_user(path) for path in present]


@cache
def present_files(paper, cohort, batch):
    """Image and mask paths of a batch that exist."""
    made = filter(may_be_input, filter(is_made, paths_of_batch(paper, cohort, batch)))
    return sorted([*made, *batch_labels(paper, cohort, batch)])


def paths_of_batch(paper, cohort, batch):
    """Image and mask paths of a batch, there or not."""
    cases = cases_by_batch(paper, cohort)[batch]
    return {case[kind] for case in cases for kind in CASE_FILES if case[kind]}


def is_made(path):
    """Whether a file lies where runs write: Snakemake then knows from the rule that makes it whether it changed."""
    return os.path.normpath(path).split(os.sep)[0] in ("cache", "results")


def file_of_user(path):
    """Input: a file that no rule makes. Its content counts, by the rule's parameter `contents`, never its time."""
    return path if is_made(path) else ancient(path)


@cache
def content_store(folder):
    """Labels of the user's files at the time of planning; see scripts/workflow/contents.py."""
    return ContentStore(f"{folder}/contents.jsonl", workflow.is_main_process)


@cache
def batch_labels(paper, cohort, batch):
    """Path -> content label of a batch's image and mask files that are the user's and exist."""
    if is_simulated(cohort):
        return {}
    folder = f"cache/{paper}/{cohort}"
    users = (p for p in paths_of_batch(paper, cohort, batch) if not is_made(p))
    paths = [path for path in users if may_be_input(path)]
    records = read_records(f"{folder}/check/{batch}_contents.json")
    return content_store(folder).labels(paths, records)


def batch_contents(wildcards):
    """Params function: path -> label of the user's files that a batch reads."""
    return contents_text(
        batch_labels(wildcards.paper, wildcards.cohort, wildcards.batch)
    )


def contents(*files):
    """Params function: path -> label of small files; of `files`, inputs or functions of the wildcards, the user's."""

    def of(wildcards):
        paths = [file(wildcards) if callable(file) else file for file in files]
        users = [str(path) for path in paths if hasattr(path, "flags")]
        return contents_text(content_store("cache").digests(users))

    return of


def made_from(wildcards, input):
    """Params function: one text of all that a batch's features come from, the check of its cases included. Snakemake
    does not compare parameters of functions with an argument `input`: this one only says whether to wait (below).
    """
    extraction = radiomics_settings(
        wildcards.paper, wildcards.cohort, wildcards.extraction
    )
    parts = [
        canonical(extraction),
        strictness(wildcards),
        batch_cases(wildcards),
        batch_contents(wildcards),
        code_fingerprint("scripts/cohort/check_cases.py", PROJECT),
        code_fingerprint("scripts/radiomics/extract_features.py", PROJECT),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def admission_to_wait_for(wildcards):
    """Input of a batch: the admission of its cohort, which a batch whose features are up to date does not wait for."""
    folder = f"cache/{wildcards.paper}/{wildcards.cohort}"
    admitted = f"{folder}/admitted.json"
    record = f"{folder}/features/{wildcards.extraction}/{wildcards.batch}_made_from.txt"
    try:
        with open(record, encoding="utf-8") as text:
            current = text.read() == made_from(wildcards, None)
    except OSError:
        return admitted
    if current and os.path.exists(admitted):
        return ancient(before_update(admitted))
    return admitted


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
        return file_of_user(config["models"][model])
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


def losses(cohort):
    """How many cases the cohort may lose."""
    entry = {} if is_simulated(cohort) else cohort_entry(cohort)
    return {"max_failed_cases": entry.get("max_failed_cases", 0)}


def admission(wildcards):
    """What the cohort must satisfy: its role, and how many cases it may lose."""
    development = COHORT_OF[wildcards.paper] == wildcards.cohort
    role = "development" if development else "predict"
    return canonical({**losses(wildcards.cohort), "role": role})


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
    return {
        key: file_of_user(entry[key])
        for key in ("expression", "gene_sets")
        if key in entry
    }


console.attach(workflow)
foretell.attach(workflow, forecast_of)
