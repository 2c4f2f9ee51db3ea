"""A small simulated cohort, measured and judged: what the tests of steps and report look at."""

import pandas as pd
import pytest

from scripts.cohort.case_images import CaseImage
from scripts.landmarks.read_landmarks import read_case, wanted_of
from scripts.model.gaussian_bundle import build_gaussian_bundle
from scripts.papers.hip_dysplasia.apply_criterion import judge_samples, samples_of
from scripts.papers.hip_dysplasia.criterion import OUTWARD, fit_criterion, sample_values
from scripts.papers.hip_dysplasia.measure_hips import measure_hips
from scripts.papers.hip_dysplasia.names import ANGLES, NEEDED
from scripts.papers.hip_dysplasia.reading import landmark_deviations
from scripts.simulation.hip_dysplasia.draw_patients import draw_patient, sample_sheet
from scripts.simulation.hip_dysplasia.hips import HipModel
from scripts.simulation.hip_dysplasia.identifiers import patient_ids
from scripts.simulation.hip_dysplasia.render_cases import render_batch
from scripts.workflow.papers import pick, resolve_parameters

N_PATIENTS, SEED = 30, 11
FILM = CaseImage("film", "picture", "", "", "", False, 1, ("annotation", "annotation_2"), ("annotation",))


def parameters(*names):
    return pick(resolve_parameters("hip_dysplasia", True), *names)


@pytest.fixture(scope="session")
def settings():
    found = parameters("measurement", "knowledge", "clustering", "criterion", "rivals")
    return found | {"evaluation": {"n_folds": 5, "n_bootstrap": 60}}


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """latents, sheet and the folder of films of `N_PATIENTS` simulated patients."""
    folder = tmp_path_factory.mktemp("films")
    ids = patient_ids(N_PATIENTS, "HIP")
    latents = pd.DataFrame([row for patient in ids for row in draw_patient(patient, SEED, HipModel())])
    render_batch(latents, ids, folder / "b", SEED, 2)
    return latents, sample_sheet(latents, 2, str(folder), {"b": ids}), folder


@pytest.fixture(scope="session")
def landmarks(cohort):
    drawn = parameters("landmarks")["landmarks"]
    wanted = wanted_of({**drawn, "needed": NEEDED})
    cases = cohort[1].to_dict("records")
    return pd.concat(
        [read_case(case, FILM, wanted, 0.68).measures["table"] for case in cases], ignore_index=True
    )


@pytest.fixture(scope="session")
def hips(landmarks, settings):
    found, failures, unread = measure_hips(landmarks, settings["measurement"])
    assert failures.empty
    assert unread.empty
    return found


@pytest.fixture(scope="session")
def model(hips, settings):
    first = hips[hips["reader"] == "annotation"].reset_index(drop=True)
    _, region = fit_criterion(sample_values(first), settings["clustering"])
    created = {"n_patients": N_PATIENTS, "n_samples": len(first), "n_normal": region.n}
    created |= {"training_digest": "d" * 64, "code": "c0de", "seed": SEED, "settings": settings["clustering"]}
    return build_gaussian_bundle(
        "hip_dysplasia", region, ANGLES, "degrees", 0.95, OUTWARD, created, settings["measurement"],
        landmark_deviations(hips), "simulated", "Fitted on simulated patients.",
    )  # fmt: skip


@pytest.fixture(scope="session")
def samples(hips, cohort, model):
    return samples_of(hips, cohort[1], model)


@pytest.fixture(scope="session")
def verdicts(samples, model, settings):
    return judge_samples(samples, model, settings["knowledge"], SEED)
