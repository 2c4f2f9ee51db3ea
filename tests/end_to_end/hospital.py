"""A small finished study in a folder of its own, project included, so that code can be changed there too.

Project files are inputs; in a run in the project's own folder their paths are relative, and a copy of the folder is as
finished as the original.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
import yaml
from scipy import ndimage

from scripts.workflow.batches import plan_batches
from tests.end_to_end.runs import CACHE, PDF, ROOT, Done, finished, snakemake, write_config

PROJECT_PARTS = ("Snakefile", "rules", "scripts", "config", "resources", "profiles", "envs")
CASES_PER_JOB = 16
SHEET = Path("data/sheet.csv")
# Seconds, not statistics: few resamples, and as many folds as the events of so few patients carry.
FEW = {
    "signature": {"n_folds": 4},
    "evaluation": {"n_bootstrap": 20},
    "stability": {"n_bootstrap": 20},
    "rivals": {
        "outer_folds": 3,
        "repeats": 1,
        "forest": {"n_trees": 20, "inner_folds": 2},
        "xgboost": {"rounds": [25], "inner_folds": 2},
    },
}
BATCH_MESSAGES = {"check_cases": "reading images and masks", "extract_features": "radiomic features"}
EXPLANATION = re.compile(
    r"^(?:Why \d+ jobs? would run:|Nothing has changed|Nothing is there yet).*?(?=\n\nForecast|\Z)",
    re.M | re.S,
)


@dataclass(frozen=True)
class Hospital:
    """A folder with project, `mine.yaml`, data and, once `made`, results."""

    folder: Path

    def copy(self, to: Path) -> Hospital:
        """A copy that may be changed; files keep their times."""
        return Hospital(Path(shutil.copytree(self.folder, to, symlinks=True)))

    def run(self, *arguments: str | Path, target: str = PDF) -> Done:
        """Snakemake in this folder with this folder's own code; it must succeed."""
        return finished(self.folder, *arguments, target, "--configfile", "mine.yaml", "-s", "Snakefile")

    @property
    def config(self) -> dict:
        """The user's configuration."""
        return yaml.safe_load((self.folder / "mine.yaml").read_text(encoding="utf-8"))

    def configure(self, change: Callable[[dict], object]) -> None:
        """Change the user's configuration."""
        config = self.config
        change(config)
        write_config(self.folder / "mine.yaml", **config)

    @property
    def sheet(self) -> pd.DataFrame:
        """The sample sheet, text cells."""
        return pd.read_csv(self.folder / SHEET, dtype=str, keep_default_na=False)

    def write_sheet(self, sheet: pd.DataFrame) -> None:
        """Replace the sample sheet."""
        sheet.to_csv(self.folder / SHEET, index=False)

    @property
    def waiting(self) -> pd.DataFrame:
        """Rows of patients whose files are there and who are not in the sheet."""
        return pd.read_csv(self.folder / "data" / "waiting.csv", dtype=str, keep_default_na=False)

    def batches(self, cases_per_job: int = CASES_PER_JOB) -> dict[str, list[str]]:
        """Batch -> patients."""
        return plan_batches(self.sheet["patient"], cases_per_job)

    def mask(self, patient: str) -> Path:
        """Path of a patient's mask, below the folder."""
        return Path("data") / f"{patient}_mask.mha"

    def add_voxel(self, patient: str) -> None:
        """Add to the mask a face neighbour of its surface, so that it stays in one piece."""
        path = self.folder / self.mask(patient)
        mask = sitk.ReadImage(str(path))
        array = sitk.GetArrayFromImage(mask)
        shell = ndimage.binary_dilation(array > 0) & (array == 0)
        array[tuple(np.argwhere(shell)[0])] = array.max()
        changed = sitk.GetImageFromArray(array)
        changed.CopyInformation(mask)
        sitk.WriteImage(changed, str(path), useCompression=True)

    def change_function(self, script: str, name: str) -> None:
        """Give a function one more statement."""
        path = self.folder / script
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        tree = ast.parse("".join(lines))
        (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
        first = function.body[1]
        lines.insert(first.lineno - 1, " " * first.col_offset + "a_new_statement = True  # noqa\n")
        path.write_text("".join(lines), encoding="utf-8")

    def reword_everything(self) -> None:
        """New comments, docstrings, layout and times in every script; the same code."""
        for path in (self.folder / "scripts").rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r'(:\n +""")', r"\1Said otherwise: ", re.sub(r'\A"""', '"""Said otherwise: ', text))
            text = re.sub(r"^( +\w+) = (\w+)$", r"\1  =  \2  # the same", text, flags=re.M)
            path.write_text(f"# A remark.\n\n{text}\n\n# Another.\n", encoding="utf-8")

    def touch(self) -> None:
        """New times for every file of the user: images, masks, sheet."""
        for path in (self.folder / "data").iterdir():
            os.utime(path)


def make_hospital(folder: Path) -> Hospital:
    """Project, sheet, files and configuration of 60 simulated patients; nothing of the target is made yet."""
    folder.mkdir(parents=True)
    for part in PROJECT_PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    drawn = folder / "drawn"
    drawn.mkdir()
    simulated = CACHE / "simulated" / "simulated"
    made = snakemake(drawn, simulated / "images" / "b00", "--config", "cases_per_job=128")
    assert made.status == 0, made.ending
    sheet = pd.read_csv(drawn / simulated / "sheet.csv", dtype=str, keep_default_na=False)
    whole = (sheet["dfs_months"] != "") & (sheet["tnm_stage"] != "")
    sheet = sheet[whole & sheet["image"].str.startswith("images/b00/")]
    (drawn / simulated / "images" / "b00").rename(folder / "data")
    for column in ("image", "mask"):
        sheet[column] = sheet[column].str.rsplit("/", n=1).str[1]
    shutil.rmtree(drawn)
    chosen = []
    for cohort, n in (("primary", 36), ("validation", 24)):
        members = sheet[sheet["cohort"] == cohort]
        recurred = members[members["recurrence"] == "1"].head(round(0.45 * n))
        chosen += [recurred, members[members["recurrence"] == "0"].head(n - len(recurred))]
    admitted = pd.concat(chosen).sort_values("patient")
    sheet.drop(admitted.index).to_csv(folder / "data" / "waiting.csv", index=False)
    hospital = Hospital(folder)
    hospital.write_sheet(admitted)
    write_config(
        folder / "mine.yaml",
        cases_per_job=CASES_PER_JOB,
        cohorts={"clinic": {"sheet": SHEET.as_posix()}},
        papers={"crc_nomogram": {"cohort": "clinic", "parameters": FEW}},
    )
    return hospital


def foretold(planned: Done) -> Counter[str]:
    """Rule, or rule and batch -> jobs that a dry run lists, by Snakemake's own words."""
    jobs = Counter(planned.rules)
    for rule, words in BATCH_MESSAGES.items():
        batches = re.findall(rf"^Job \d+: .*{words} of batch (b[01]*)$", planned.said, re.M)
        assert len(batches) == jobs.pop(rule, 0)
        jobs.update(f"{rule} {batch}" for batch in batches)
    return jobs


def explanation(planned: Done) -> str:
    """What a dry run says of its causes."""
    found = EXPLANATION.search(planned.said)
    assert found, planned.ending
    return found[0]


def done_by(hospital: Hospital) -> Counter[str]:
    """The same as `foretold`, of the jobs that the last real run has finished, from its log."""
    log = max((hospital.folder / ".snakemake" / "log").glob("*.log"), key=lambda path: path.name)
    text = log.read_text(encoding="utf-8")
    batch_of = dict(re.findall(r"^Job (\d+): .* of batch (b[01]*)$", text, re.M))
    ended = re.findall(r"^Finished jobid: (\d+) \(Rule: (\w+)\)$", text, re.M)
    return Counter(
        f"{rule.removesuffix('_crc_nomogram')} {batch_of.get(job, '')}".strip() for job, rule in ended
    )
