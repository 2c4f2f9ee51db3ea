"""One cluster for all tests of this folder, taken down at their end."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, obstacle
from tests.end_to_end.runs import ROOT, Done

PROFILE = ROOT / "profiles" / "slurm"
CHECK_S = 3  # seconds between looks at the queue


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of three nodes on this machine; the tests are skipped where none can be started."""
    if reason := obstacle():
        pytest.skip(f"no SLURM here: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="reprise-cluster-"))
    folder.chmod(0o755)
    up = Cluster(folder)
    try:
        up.start()
        yield up
    finally:
        logs = up.logs()
        up.stop()
        print(logs)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Run:
    """A run on the cluster, as a user starts it."""

    process: subprocess.Popen
    said: Path

    def ended(self, limit_s: float = 600) -> Done:
        """Wait for its end."""
        return Done(self.process.wait(limit_s), self.said.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """What the failure of the submit host does to it."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def start(cluster: Cluster) -> Iterator[Callable[..., Run]]:
    """start(folder, snakefile, *arguments): a run with profiles/slurm; none outlives the tests."""
    runs = []

    def begin(folder: Path, snakefile: Path, *arguments: str) -> Run:
        folder.mkdir(exist_ok=True)
        said = folder / f"said_{len(runs)}.txt"
        command = [sys.executable, "-m", "snakemake", *arguments, "-s", str(snakefile)]
        command += ["--workflow-profile", str(PROFILE)]
        command += ["--slurm-init-seconds-before-status-checks", str(CHECK_S)]
        with said.open("w") as out:
            process = subprocess.Popen(
                command, cwd=folder, env=cluster.environment, stdout=out, stderr=subprocess.STDOUT
            )
        runs.append(Run(process, said))
        return runs[-1]

    yield begin
    for run in runs:
        run.kill()
