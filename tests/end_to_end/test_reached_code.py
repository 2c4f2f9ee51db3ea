"""Every step gives the same bytes from nothing but the code that its fingerprint counts: no dependency is missed."""

import shutil
from pathlib import Path

import pytest

from scripts.verification.verify_run import RECORD_OF_FILES
from tests.end_to_end.reached_code import plan, reduced_project, run_job
from tests.end_to_end.runs import PDF, ROOT

SIMULATED_ONLY = {"draw_patients", "render_cases", "correlate_hallmarks", "assess_recovery"}


def content(path):
    """Bytes of a file, or of each file of a folder."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.name != ".snakemake_timestamp"]
    return {file.relative_to(path.parent): file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("run", ["study", "simulated_run"])
def test_a_step_needs_no_code_but_what_its_fingerprint_counts(run, copy_of, tmp_path, request):
    made = request.getfixturevalue(run)
    folder = copy_of(made)
    ran = set()
    for job in plan(folder, PDF, *(["mine.yaml"] if run == "study" else [])):
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
    assert ran >= SIMULATED_ONLY if run == "simulated_run" else len(ran) >= 16
