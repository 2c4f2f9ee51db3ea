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

from scripts.cohort.case_images import PHASES, as_settings, case_of, file_columns
from scripts.cohort.sheet_cases import may_be_input, sheet_cases
from scripts.cohort.sheet_schema import load_schema
from scripts.errors import InputError
from scripts.workflow import config as configuration
from scripts.workflow import console, forecast, foretell, job_rate, run_guard
from scripts.workflow import papers as registry
from scripts.workflow.batches import plan_batches
from scripts.workflow.contents import ContentStore, contents_text, read_records
from scripts.workflow.costs import (
    cost,
    image_amounts,
    parameter_amounts,
    stated_memory,
    stated_runtime,
)
from scripts.workflow.fingerprint import code_fingerprint, store_code_parts
from scripts.workflow.image_sizes import ImageSize, image_size

run_guard.attach(workflow)
job_rate.lift_default(workflow)

Cohort = namedtuple("Cohort", "paper cohort")


def project_file(path):
    """A file of the project as an input, relative where runs are kept in the project, so that a clone can be moved."""
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
# Filled by rules/papers whose masks are no tumours: paper -> what a mask need be (allow_several_pieces,
# min_mask_voxels, one_slice_mask)
MASKS_OF = {}
# Filled by rules/papers whose films are annotated: paper -> function(cohort) -> what must be drawn (names, needed,
# side_without_label)
LANDMARKS_OF = {}
# Filled by rules/papers for the built-in cohorts: paper -> cohort -> patient ids; paper -> function(folder, batch,
# patient) -> column of the sheet -> path
SIMULATED_PATIENTS = {}
SIMULATED_FILES = {}
# Filled by rules/papers: paper -> the size of the largest simulated image, all its phases together
SIMULATED_SIZE = {}

# Filled by rules/papers that take features of images of visits: paper -> the images (rules/visits.smk, image_source)
IMAGES_OF = {}


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


def checked_cohorts():
    """Admissions that `check` asks for: each paper's own cohort, and every other cohort of the configuration for the
    paper it names, or for all where it names none. Built-in cohorts only where the configuration names no other: to
    check one hospital's sheet nobody need draw the simulated patients of all papers."""
    pairs = {
        (paper, cohort)
        for paper, cohort in COHORT_OF.items()
        if not (config["cohorts"] and is_simulated(cohort))
    }
    for cohort, entry in config["cohorts"].items():
        if "paper" in entry:
            pairs.add((entry["paper"], cohort))
        elif cohort not in COHORT_OF.values():
            pairs |= {(paper, cohort) for paper in PAPERS}
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
        path = f"resources/models/{paper}_published.json"
        if not (PROJECT / path).is_file():
            raise SystemExit(
                f"\nNo model 'published' of {paper}: the paper prints none that could be applied.\n"
            )
        return project_file(path)
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
    usual = {"allow_several_pieces": False, "min_mask_voxels": MIN_MASK_VOXELS}
    named = {key: entry[key] for key in usual if key in entry}
    return canonical(
        {
            **usual,
            **MASKS_OF.get(wildcards.paper, {}),
            **named,
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
