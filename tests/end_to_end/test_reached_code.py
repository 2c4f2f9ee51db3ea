"""Every step gives the same bytes from nothing but the code that its fingerprint counts: no dependency is missed."""

import shutil
from pathlib import Path

import pytest

from scripts.verification.verify_run import RECORD_OF_FILES
from tests.end_to_end.planted_visits import planted_jobs
from tests.end_to_end.reached_code import plan, reduced_project, run_job
from tests.end_to_end.runs import PDF, ROOT
from tests.end_to_end.visits import ALL_TARGETS

SIMULATED_ONLY = {"draw_patients", "render_cases", "correlate_hallmarks", "assess_recovery"}
RUNS = {  # fixture -> targets, configuration, and how many rules are run at least
    "study": ((PDF,), ["mine.yaml"], 16),
    "simulated_run": ((PDF,), [], len(SIMULATED_ONLY)),
    "visits_study": (ALL_TARGETS, ["mine.yaml"], 25),
}


def content(path):
    """Bytes of a file, or of each file of a folder."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.name != ".snakemake_timestamp"]
    return {file.relative_to(path.parent): file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("run", list(RUNS))
def test_a_step_needs_no_code_but_what_its_fingerprint_counts(run, copy_of, tmp_path, request):
    made = request.getfixturevalue(run)
    folder = copy_of(made)
    targets, configfiles, fewest = RUNS[run]
    jobs = {job["rule"]: job for target in reversed(targets) for job in plan(folder, target, *configfiles)}
    ran = set()
    for job in jobs.values():
        rule = job["rule"].removesuffix("_crc_nomogram")
        if run == "simulated_run" and rule not in SIMULATED_ONLY:
            continue
        script = Path(job["script"]).relative_to(ROOT).as_posix()
        project = tmp_path / rule
        project.mkdir()
        assert reduced_project(script, project), f"{script} counts every definition of every module below it"
        for output in job["output"]["values"]:
            shutil.rmtree(folder / output) if (folder / output).is_dir() else (folder / output).unlink()
        run_job(job, project, folder)
        for output in job["output"]["values"]:
            if not output.endswith(RECORD_OF_FILES):  # it holds times of files, which a copy changes
                assert content(folder / output) == content(made / output), f"{rule}: {output}"
        ran.add(rule)
    assert len(ran) >= fewest


def test_steps_of_the_simulation_of_two_visits_need_no_other_code(visits_study, tmp_path):
    everything = tmp_path / "project"
    everything.mkdir()
    for name in ("scripts", "config", "resources"):
        (everything / name).symlink_to(ROOT / name)
    made, again = tmp_path / "made", tmp_path / "again"
    for folder in (made, again):
        folder.mkdir()
    for job in planted_jobs(visits_study, made):
        script = Path(job["script"]).relative_to(ROOT).as_posix()
        project = tmp_path / job["rule"]
        project.mkdir()
        assert reduced_project(script, project), f"{script} counts every definition of every module below it"
        run_job(job, everything, made)
        run_job(job, project, again)
        for output in job["output"]["values"]:
            assert content(again / output) == content(made / output), f"{job['rule']}: {output}"
