"""A classifier that is not there: the recipe of CONTRIBUTING.md, with a cohort and a step that prepares it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import yaml

from scripts.volumes import Volume, write_volume
from scripts.workflow.config import ROOT

PAPER = "made_up"
FOLDERS = f"cache/{PAPER}/mine/training/small/folds"
PREPARE = '''"""The middle slice of each volume, as bytes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from scripts.cohort.images import read_image
from scripts.tables import read_table, write_table, write_whole


def main(job):
    clinical = read_table(job.input.clinical).set_index("patient")
    tensors, rows = {}, []
    for case in job.cases:
        array = read_image(case["image"]).array
        image = np.clip(array[len(array) // 2], 0, 255).astype(np.uint8)
        tensors[case["patient"]] = np.ascontiguousarray(image[None])
        rows.append((case["patient"], case["patient"], clinical.loc[case["patient"], "kind"]))
    write_whole(job.output.samples, lambda path: save_file(tensors, path))
    write_table(pd.DataFrame(rows, columns=["sample", "patient", "label"]), job.output.table)
    write_table(pd.DataFrame(columns=["patient", "step", "cause", "log"]), job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
'''
FROZEN = '''"""The network on everybody, or on others."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.made_up.train_fold import build
from scripts.training.apply_frozen import apply_frozen
from scripts.training.fold import Recipe
from scripts.training.freeze import freeze_model


def main(job):
    %s


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
'''
FROZEN_STEPS = {"freeze_model": "freeze_model(job, Recipe(build))", "predict": "apply_frozen(job, build)"}
RULES = """# made_up: a classifier
MODALITY_OF["made_up"] = "MR"


rule prepare_images_made_up:
    input:
        clinical="cache/made_up/{cohort}/clinical.parquet",
        admitted="cache/made_up/{cohort}/admitted.json",
        files=lambda wildcards: [
            file_of_user(case["image"])
            for case in cases_by_batch("made_up", wildcards.cohort)[wildcards.batch]
        ],
    output:
        samples="cache/made_up/{cohort}/prepared/{batch}.safetensors",
        table="cache/made_up/{cohort}/prepared/{batch}.parquet",
        failures="cache/made_up/{cohort}/prepared/{batch}_failures.csv",
    log:
        "logs/made_up/{cohort}/prepare_images/{batch}.log",
    params:
        cases=lambda wildcards: batch_cases(wildcards, "made_up"),
        code=code("scripts/papers/made_up/prepare_images.py"),
    script:
        "../../scripts/papers/made_up/prepare_images.py"


%s

rule freeze_model_made_up:
    input:
        **freeze_inputs("made_up", "folds"),
    output:
        **freeze_outputs("made_up"),
    params:
        settings=freeze_settings("made_up"),
        code=code("scripts/papers/made_up/freeze_model.py"),
    script:
        "../../scripts/papers/made_up/freeze_model.py"


rule predict_made_up:
    input:
        **prediction_inputs("made_up"),
    output:
        **prediction_outputs("made_up"),
    params:
        settings=prediction_settings("made_up"),
        contents=prediction_contents("made_up"),
        code=code("scripts/papers/made_up/predict.py"),
    script:
        "../../scripts/papers/made_up/predict.py"


rule write_report_made_up:
    input:
        fold_files("made_up", "predictions", "small", "folds"),
        **evaluation_tables("made_up", "folds"),
    output:
        "results/made_up.pdf",
    shell:
        "touch {output}"
"""


def recipe() -> tuple[str, str, str]:
    """Card, script and rule as CONTRIBUTING.md prints them."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("# A paper that trains a classifier")[1]
    card, script, rule = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)[:3]
    return card, script, rule


def write_project(project: Path) -> None:
    """A copy of the project with the made-up paper alone, on a cohort `mine`."""
    card, script, rule = recipe()
    shutil.copyfile(ROOT / "Snakefile", project / "Snakefile")
    for name in ("rules", "scripts", "config", "resources", "profiles", "envs"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for folder, ending in (("rules/papers", "smk"), ("config/papers", "yaml")):
        for path in (project / folder).glob(f"*.{ending}"):
            path.unlink()
    head = dict.fromkeys(("title", "short_title", "citation", "doi", "needs", "summary"), "made up")
    whole = head | {"parameters": yaml.safe_load(card), "simulated": {"cohorts": {}, "parameters": {}}}
    (project / "config" / "papers" / f"{PAPER}.yaml").write_text(yaml.safe_dump(whole))
    (project / "rules" / "papers" / f"{PAPER}.smk").write_text(RULES % rule)
    steps = project / "scripts" / "papers" / PAPER
    steps.mkdir()
    (steps / "__init__.py").touch()
    (steps / "train_fold.py").write_text(script)
    (steps / "prepare_images.py").write_text(PREPARE)
    for step, call in FROZEN_STEPS.items():
        (steps / f"{step}.py").write_text(FROZEN % call)
    always = {"required": ["development", "predict"]}
    sheet = {
        "one_row_per": "patient",
        "columns": {
            "patient": {"description": "who", "kind": "id"} | always,
            "image": {"description": "a volume", "kind": "path", "holds": "volume"} | always,
            "kind": {"description": "the class", "kind": "category", "values": {"round": [], "square": []}}
            | always,
        },
    }
    (project / "config" / "schemas" / "sheets" / f"{PAPER}.yaml").write_text(yaml.safe_dump(sheet))
    path = project / "config" / "config.yaml"
    mine = {"papers": {PAPER: {"cohort": "mine"}}, "cohorts": {"mine": {"sheet": "sheet.csv"}}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | mine))


def write_cohort(project: Path, n: int = 16) -> None:
    """sheet.csv and its volumes: noise with a brighter disc or square."""
    lines = ["patient,image,kind"]
    for number in range(n):
        random = np.random.default_rng(number)
        z, y, x = np.indices((8, 24, 24)) - np.array([4, 12, 12])[:, None, None, None] + random.uniform(-2, 2)
        inside = (np.abs(y) < 6) & (np.abs(x) < 6) if number % 2 else y**2 + x**2 < 49
        volume = Volume(
            (80 + 90 * inside + random.normal(0, 12, inside.shape)).astype(np.int16), (1.0, 1.0, 1.0)
        )
        write_volume(volume, project / f"p{number:02}.mha")
        lines.append(f"p{number:02},p{number:02}.mha,{('round', 'square')[number % 2]}")
    (project / "sheet.csv").write_text("\n".join(lines) + "\n")
