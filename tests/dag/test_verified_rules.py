"""Every rule stands behind a target of which verify.csv computes a share again, and has an output that is compared."""

import json
import re
import subprocess
import sys
from functools import cache

import pytest

from scripts.verification import planned
from scripts.verification.verify_run import RECORD_OF_FILES
from scripts.workflow.papers import paper_names
from tests.end_to_end.runs import ROOT

# Rules of another cohort than the paper's own, and the one that computes the others again.
NOT_BEHIND_A_TARGET = {
    "predict_crc_nomogram",
    "validate_prediction_crc_nomogram",
    "predict_nact_response",
    "evaluate_prediction_nact_response",
    "write_prediction_nact_response",
    "freeze_model_brain_tumor_types",
    "predict_brain_tumor_types",
    "freeze_model_glioma_grading",
    "predict_glioma_grading",
    "freeze_model_nmosd_ms",
    "predict_nmosd_ms",
    "report_predictions",
    "predict_hip_dysplasia",
    "write_prediction_hip_dysplasia",
    "predict_covid_ct",
    "write_prediction_covid_ct",
    "freeze_model_tle_subtypes",
    "predict_tle_subtypes",
    "verify_run",
}
STAGES = {
    "crc_nomogram": ("cohort", "radiomics"),
    "nact_response": ("cohort", "preprocess"),
    "hip_dysplasia": ("cohort", "landmarks"),
    "covid_ct": ("cohort", "quantification"),
    **dict.fromkeys(
        ("brain_tumor_types", "glioma_grading", "nmosd_ms", "tle_subtypes"), ("cohort", "train", "evaluate")
    ),
}
# Rules of these stages that a paper has no use for
UNUSED = {
    "glioma_grading": {"picture_cases", "compare_splits"},
    "covid_ct": {"picture_cases"},
    "tle_subtypes": {"picture_cases", "pretrain_network"},
}


def rules_of(name):
    """Names of the rules in a file of rules/."""
    return set(re.findall(r"^rule (\w+):", (ROOT / "rules" / f"{name}.smk").read_text(), re.MULTILINE))


@cache
def jobs_behind(paper, folder):
    """The jobs that verify.csv of a paper draws from."""
    configfile = ROOT / "config/config.yaml"
    command = [sys.executable, planned.__file__, ROOT / "Snakefile", configfile, f"results/{paper}.pdf"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planned")
    return lambda paper: jobs_behind(paper, folder)


@pytest.mark.parametrize("paper", paper_names())
def test_every_rule_of_a_paper_and_of_its_stages_is_drawn_from(paper, behind):
    own = rules_of(f"papers/{paper}").union(*(rules_of(stage) for stage in STAGES[paper]))
    assert own - NOT_BEHIND_A_TARGET - UNUSED.get(paper, set()) == {job["rule"] for job in behind(paper)}


def test_no_rule_is_left_out(behind):
    files = [path.relative_to(ROOT / "rules").with_suffix("") for path in (ROOT / "rules").rglob("*.smk")]
    every = set().union(*map(rules_of, files))
    assert every - {job["rule"] for paper in paper_names() for job in behind(paper)} == NOT_BEHIND_A_TARGET


@pytest.mark.parametrize("paper", paper_names())
def test_every_job_has_an_output_that_is_compared(paper, behind):
    for job in behind(paper):
        assert [path for path in job["outputs"] if not path.endswith(RECORD_OF_FILES)], job["rule"]
