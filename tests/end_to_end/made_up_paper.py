"""A study that is not there: what a paper writes to use the image stages, and a small cohort of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import yaml

from scripts.volumes import Volume, write_volume
from scripts.workflow.config import ROOT

PAPER = "made_up"
IMAGES = ("before", "after", "jacobian")
RULES = """# made_up: nothing but the shared stages
MODALITY_OF["made_up"] = "MR"
IMAGES_OF["made_up"] = ("before", "after", "jacobian")


rule write_report_made_up:
    input:
        expand(f"cache/made_up/{COHORT_OF['made_up']}/image_features/{{image}}.parquet", image=IMAGES_OF["made_up"]),
    output:
        "results/made_up.pdf",
    shell:
        "touch {output}"
"""
PARAMETERS = {
    "phases": {"chosen": 1},
    "bias_field": {"levels": 2},
    "resampling": {"spacing_mm": 2.0},
    "intensity": {"method": "percentile"},
    "segmentation": {"source": "given_or_fuzzy", "min_volume_ml": 0.05},
    "registration": {"levels": 2, "iterations": 4},
    "radiomics": {"bin_count": 16},
    "jacobian_radiomics": {"bin_width": 0.05},
}


def _image(visit: str) -> dict:
    """Columns of a visit: its phases and the mask drawn on them."""
    text = "an image before and after contrast"
    return {
        visit: {
            "description": text, "kind": "path", "holds": "phases", "fewest_phases": 2,
            "required": ["development", "predict"],
        },
        f"{visit}_mask": {
            "description": "its tumour", "kind": "path", "holds": "mask", "drawn_on": visit, "may_be_empty": True,
        },
    }  # fmt: skip


def write_paper(project: Path, *names: str) -> None:
    """A copy of the project with the made-up paper alone."""
    shutil.copyfile(ROOT / "Snakefile", project / "Snakefile")
    for name in ("rules", "scripts", "config", "resources", "profiles", "envs", *names):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for folder, ending in (("rules/papers", "smk"), ("config/papers", "yaml")):
        for path in (project / folder).glob(f"*.{ending}"):
            path.unlink()
    leaves = {
        branch: {name: {"value": value, "assumed": "for a test"} for name, value in values.items()}
        for branch, values in PARAMETERS.items()
    }
    head = dict.fromkeys(("title", "short_title", "citation", "doi", "needs", "summary"), "made up")
    card = head | {"parameters": leaves, "simulated": {"cohorts": {}, "parameters": {}}}
    (project / "config" / "papers" / f"{PAPER}.yaml").write_text(yaml.safe_dump(card))
    (project / "rules" / "papers" / f"{PAPER}.smk").write_text(RULES)
    identity = {"description": "who", "kind": "id", "required": ["development", "predict"]}
    sheet = {
        "one_row_per": "patient",
        "columns": {"patient": identity, **_image("before"), **_image("after")},
        "visits": [{"image": visit} for visit in ("before", "after")],
    }
    (project / "config" / "schemas" / "sheets" / f"{PAPER}.yaml").write_text(yaml.safe_dump(sheet))
    read = yaml.safe_load((project / "config" / "config.yaml").read_text())
    mine = read | {"papers": {PAPER: {"cohort": "mine"}}, "cohorts": {"mine": {"sheet": "sheet.csv"}}}
    (project / "config" / "config.yaml").write_text(yaml.safe_dump(mine))


def write_patient(folder: Path, patient: str, shrunk: float = 0.8, masked: bool = True) -> str:
    """Two visits of a ball in a textured block, the second `shrunk` about its centre; the row of the sheet."""
    random = np.random.default_rng(sum(map(ord, patient)))
    radius = random.uniform(8, 11)
    places = np.indices((20, 26, 28)) * 2.0 - np.array([20.0, 26, 28])[:, None, None, None]
    waves = [(random.normal(0, 0.22, 3), random.uniform(0, 6)) for _ in range(12)]

    def block(points: np.ndarray, enhanced: bool) -> np.ndarray:
        texture = sum(np.sin(np.tensordot(k, points, 1) + phase) for k, phase in waves)
        ball = 1 / (1 + np.exp(np.linalg.norm(points, axis=0) - radius))
        return 100 + 4 * texture + enhanced * (10 + ball * (120 + 10 * texture))

    cells = [patient]
    for visit, scale in (("before", 1.0), ("after", shrunk)):
        distance = np.linalg.norm(places, axis=0)
        within = np.exp(-((distance / 14) ** 4))
        points = places * (1 + (1 / scale - 1) * within)
        for number, enhanced in enumerate((False, True)):
            noisy = block(points, enhanced) + random.normal(0, 1, places.shape[1:])
            image = Volume(np.rint(noisy).astype(np.int16), (2.0, 2.0, 2.0))
            (folder / f"{patient}_{visit}").mkdir(exist_ok=True)
            write_volume(image, folder / f"{patient}_{visit}" / f"phase_{number}.mha")
        mask = image.with_array((np.linalg.norm(points, axis=0) < radius).astype(np.uint8))
        write_volume(mask, folder / f"{patient}_{visit}_mask.mha")
        cells += [f"{patient}_{visit}", f"{patient}_{visit}_mask.mha" if masked else ""]
    return ",".join(cells)


def write_cohort(folder: Path, patients: tuple[str, ...] = ("A", "B", "C")) -> None:
    """sheet.csv and its images; the last patient has no masks."""
    rows = [write_patient(folder, p, 0.7 + 0.1 * k, p != patients[-1]) for k, p in enumerate(patients)]
    lines = ["patient,before,before_mask,after,after_mask", *rows]
    (folder / "sheet.csv").write_text("\n".join(lines) + "\n")
