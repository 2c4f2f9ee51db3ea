"""What the user sees while a run goes and when it fails: one screen, no traceback, and the same command goes on."""

import csv
import os
import shutil
import signal
import subprocess
import time

import pandas as pd
import pytest
import SimpleITK as sitk

from scripts.workflow.batches import plan_batches
from tests.end_to_end.runs import (
    CACHE,
    LIMIT_S,
    PDF,
    ROOT,
    Done,
    command,
    snakemake,
    write_config,
    write_sheet,
)

FEATURES = CACHE / "mine" / "features" / "config.parquet"
PROJECT = ("Snakefile", "rules", "scripts", "config", "profiles", "resources", "envs")
# A step of the project's copy does what this variable says, in the batches named behind the colon.
FAULT = """
def main(job, right=main):
    import os
    what, _, batches = os.environ.get("FAULT", "").partition("#")
    if what and job.wildcards.batch in batches.split(","):
        exec(what)
    right(job)


if "snakemake" in globals():"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project whose feature extraction fails on demand."""
    folder = tmp_path_factory.mktemp("project")
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    script = folder / "scripts" / "radiomics" / "extract_features.py"
    script.write_text(script.read_text().replace('\nif "snakemake" in globals():', FAULT))
    return folder


@pytest.fixture(scope="module")
def folder(patients, tmp_path_factory):
    """A hospital's folder of 24 patients in six batches or so."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "data" / "images").mkdir(parents=True)
    whole = patients[(patients["dfs_months"] != "") & (patients["tnm_stage"] != "")]
    sheet = whole.groupby("cohort").head(12).reset_index(drop=True)
    for kind in ("image", "mask"):
        names = [f"images/{patient}_{kind}.mha" for patient in sheet["patient"]]
        for source, name in zip(sheet[kind], names, strict=True):
            shutil.copyfile(source, folder / "data" / name)
        sheet[kind] = names
    write_sheet(sheet, folder / "data" / "sheet.csv")
    write_config(
        folder / "mine.yaml",
        cases_per_job=6,
        cohorts={"mine": {"sheet": "data/sheet.csv"}},
        papers={"crc_nomogram": {"cohort": "mine"}},
    )
    return folder


@pytest.fixture
def run(project, folder):
    """run(target, fault): what a run of the project's copy says."""

    def go(*arguments, fault="", before=""):
        line = command(*arguments, "--configfile", "mine.yaml")
        line[line.index("-s") + 1] = str(project / "Snakefile")
        if before:
            line = ["bash", "-c", f'{before}; exec "$@"', "bash", *line]
        done = subprocess.run(
            line,
            cwd=folder,
            env=os.environ | {"FAULT": fault},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
        )
        return Done(done.returncode, done.stdout)

    return go


@pytest.fixture(scope="module")
def batches(folder, project):
    done = snakemake(folder, "-n", FEATURES, "--configfile", "mine.yaml")
    return sorted(done.batches)


def screen_of(done: Done) -> list[str]:
    """The lines of the last screen."""
    assert done.status == 1, done.ending
    for word in ("Traceback", "RuleException", "CalledProcessError", "WorkflowError", "Exiting because"):
        assert word not in done.said, done.ending
    lines = done.said.splitlines()
    start = max(i for i, line in enumerate(lines) if "steps are done." in line)
    assert len(lines) - start <= 25
    assert max(map(len, lines[start:])) <= 110
    return lines[start:]


def test_one_screen_for_what_failed_and_what_was_killed_and_the_same_command_goes_on(run, folder, batches):
    """Two batches fail for one cause, another is killed by the system once and done again."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    fault = (
        "batch = job.wildcards.batch; killed = os.path.exists('killed')\n"
        f"if batch in {batches[:2]}: raise ValueError('the planes do not meet')\n"
        "if not killed: open('killed', 'w').close(); os.kill(os.getpid(), 9)"
    )
    done = run(FEATURES, fault=f"{fault}#{','.join(batches[:3])}")
    text = "\n".join(screen_of(done))
    assert "2 steps failed" in text
    assert text.count("ValueError: the planes do not meet") == 1
    assert f"batches {batches[0]}, {batches[1]}" in text
    assert f"logs/crc_nomogram/mine/extract_features/config/{batches[0]}.log" in text
    assert "same command goes on" in text
    assert done.said.count("failed: crc_nomogram extract_features") == 3
    with (folder / "logs" / "retried.tsv").open() as stream:
        (row,) = csv.DictReader(stream, delimiter="\t")
    assert (row["rule"], row["attempt"]) == ("extract_features", "1")
    assert batches[2] in row["wildcards"]
    assert "memory" in row["cause"]
    log = (folder / "logs/crc_nomogram/mine/extract_features/config" / f"{batches[0]}.log").read_text()
    assert "Traceback" in log
    kept = max((folder / ".snakemake" / "log").glob("*.snakemake.log")).read_text()
    assert "CalledProcessError" in kept
    assert kept.count("Trying to restart job") == 1

    again = run(FEATURES)
    assert again.status == 0, again.ending
    assert again.rules["extract_features"] == 2
    assert again.said.splitlines()[-1].startswith("3 of 3 steps done in ")


def test_after_a_failure_in_a_finished_folder_the_old_result_is_not_called_up_to_date(run, folder, batches):
    assert run(FEATURES).status == 0
    sheet = pd.read_csv(folder / "data" / "sheet.csv", dtype=str)
    path = str(folder / "data" / sheet.loc[0, "image"])
    image = sitk.ReadImage(path)
    image[2, 2, 2] = image[2, 2, 2] + 1
    sitk.WriteImage(image, path, True)
    failed = run(FEATURES, fault=f"1/0#{','.join(batches)}")
    screen_of(failed)
    again = run(FEATURES, "-n")
    assert again.rules == {"extract_features": 1, "collect_features": 1}
    assert run(FEATURES).status == 0
    assert "Nothing to be done" in run(FEATURES).said


def test_an_image_that_vanishes_while_the_run_goes_is_told_with_its_patient(run, folder):
    sheet = pd.read_csv(folder / "data" / "sheet.csv", dtype=str)
    patient, image = sheet.loc[0, ["patient", "image"]]
    shutil.copyfile(folder / "data" / image, folder / "kept")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    fault = f"p = 'data/{image}'; os.path.exists(p) and os.remove(p)"
    batch = next(name for name, members in plan_batches(sheet["patient"], 6).items() if patient in members)
    done = run(FEATURES, fault=f"{fault}#{batch}")
    shutil.copyfile(folder / "kept", folder / "data" / image)
    text = "\n".join(screen_of(done))
    assert f"patient   {patient}" in text
    assert "expected the file that was there before" in text


def test_a_file_where_a_folder_should_be_is_named(run, folder):
    shutil.rmtree(folder / "cache", ignore_errors=True)
    shutil.rmtree(folder / "results", ignore_errors=True)
    (folder / "results").write_text("not a folder")
    text = "\n".join(screen_of(run("check")))
    (folder / "results").unlink()
    assert "A file lies where a folder should be, or the other way round: results" in text


def test_a_file_that_may_not_grow_is_a_fault_of_the_disk(run, folder):
    """A limit on a file's size stands for a full disk: the system refuses the bytes in the same way."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    done = run(FEATURES, before="ulimit -f 40")
    text = "\n".join(screen_of(done))
    assert "to do" in text or "ulimit -f" in text
    assert "ulimit -f" in text


def test_a_misspelt_target_gets_the_right_name(run):
    done = run("results/crc_nomogramm.pdf", "-n")
    assert done.status == 1
    assert f"Did you mean '{PDF}'?" in " ".join(done.said.split())
    assert "MissingRuleException" not in done.said


def test_quiet_runs_are_quiet_and_a_second_run_knows_how_long_it_takes(run, folder):
    shutil.rmtree(folder / "cache", ignore_errors=True)
    done = run(FEATURES, "--quiet", "all")
    assert done.status == 0
    assert [
        line for line in done.said.splitlines() if not line.startswith(("Using workflow", "Config file"))
    ] == []
    shutil.rmtree(folder / "cache")
    said = run(FEATURES).said.splitlines()
    progress = [line for line in said if line.startswith("crc_nomogram: ")]
    assert " steps, about " in progress[0]
    assert f"{len(progress) - 1} of {len(progress) - 1} steps; done: one feature table" in progress[-1]
    assert len(said) <= 60


def test_a_stop_by_the_user_is_one_screen(run, project, folder):
    shutil.rmtree(folder / "cache", ignore_errors=True)
    line = command(FEATURES, "--configfile", "mine.yaml")
    line[line.index("-s") + 1] = str(project / "Snakefile")
    with subprocess.Popen(
        line,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's `&` has it ignored
    ) as process:
        said = ""
        while "steps, " not in said:
            said += process.stdout.readline()
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        said += process.stdout.read()
    assert process.returncode == 1
    assert "Stopped on request; " in said
    assert "The same command goes on from there." in said
    assert "Traceback" not in said
