"""The rules of nact_response that only simulated patients have, on the patients of `visits`, who are simulated ones.

The rules are planned for the built-in cohort; then each job is put on fewer patients, on files of a finished study of
them (`visits_study`) and on what the jobs before it made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.simulation.nact_response.identifiers import patient_ids
from tests.end_to_end.reached_code import plan
from tests.end_to_end.visits import N_DEVELOPMENT, N_TESTING, PAPER, PREFIX, SEED, TABLES, TARGET

RULES = ("draw_patients", "render_cases", "assess_models", "assess_recovery")
N_RENDERED = 3
MADE = f"cache/{PAPER}/simulated/simulated"


def planted_jobs(study: Path, folder: Path) -> list[dict[str, Any]]:
    """A job of each of RULES, to be run one after the other in `folder`; files of the study by their whole path.

    A rule that names another input or another key than these stops here.
    """
    planned = {job["rule"]: job for job in plan(folder, TARGET)}
    jobs = [planned[f"{rule}_{PAPER}"] for rule in RULES]
    cache = study / f"cache/{PAPER}/clinic"
    patients = patient_ids(N_DEVELOPMENT + N_TESTING, PREFIX)
    truth = {"truth": f"{MADE}/truth.json", "latents": f"{MADE}/latents.parquet"}
    features = {
        image: cache / "image_features" / f"{image}.parquet"
        for image in ("baseline", "follow_up", "jacobian")
    }
    tables = {"clinical": cache / "clinical.parquet", "predictions": study / TABLES / "predictions.parquet"}
    preprocess = cache / "preprocess"
    recovery = {
        "truth": truth["truth"],
        "model_recovery": f"{TABLES}/model_recovery.parquet",
        "simulated": [study / "data" / "images"],
        "corrected": sorted(p for p in (preprocess / "correct_bias/baseline").iterdir() if p.is_dir()),
        "masks": sorted(p for p in (preprocess / "segment_tumours/baseline").iterdir() if p.is_dir()),
        "registered": sorted(p for p in (preprocess / "register_visits").iterdir() if p.is_dir()),
        **{
            visit: sorted((preprocess / "segment_tumours" / visit).glob("*.parquet"))
            for visit in ("baseline", "follow_up")
        },
    }
    for job, files in zip(
        jobs,
        ({}, {"latents": truth["latents"]}, {**features, **tables, **truth}, recovery),
        strict=True,
    ):
        assert set(job["input"]["names"]) == set(files), job["rule"]
        job["input"] = _named(files)
    counts = {"n_development": N_DEVELOPMENT, "n_testing": N_TESTING, "prefix": PREFIX, "seed": SEED}
    drawn = json.loads(jobs[0]["params"]["settings"])
    assert set(drawn) >= set(counts)
    jobs[0]["params"]["settings"] = json.dumps({**drawn, **counts, "batches": {"b": patients}})
    cases = json.loads(jobs[1]["params"]["cases"])
    mine = [{**case, "patient": p} for case, p in zip(cases, patients[:N_RENDERED], strict=False)]
    jobs[1]["params"]["cases"] = json.dumps(mine)
    return jobs


def _named(files: dict[str, Any]) -> dict[str, Any]:
    """Files as `planned_jobs` writes them: all values, and which of them a name stands for."""
    values: list[str] = []
    names = {}
    for name, given in files.items():
        several = isinstance(given, list)
        paths = given if several else [given]
        names[name] = (len(values), len(values) + len(paths) if several else None)
        values += map(str, paths)
    return {"values": values, "names": names}
