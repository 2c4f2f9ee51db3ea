"""Jobs that a killed run has left in SLURM: they would write into the files of the next run.

Snakemake's executor gives all jobs of a run one name.
"""

import shutil
import subprocess
import time

PATIENCE_S = 60
PAUSE_S = 1.0


class LeftoverError(Exception):
    """Jobs of a killed run that may still be at work; what to do about them."""


def cancel_jobs(run: str) -> int:
    """Cancel the jobs named `run` and wait until they are gone; how many there were.

    Raises LeftoverError where they cannot be cancelled or do not end within a minute.
    """
    remedy = f"Cancel them on a host of the cluster: scancel --name={run}"
    if not (shutil.which("scancel") and shutil.which("squeue")):
        raise LeftoverError(
            f"The killed run may have left jobs in SLURM, but there is no scancel on this host. {remedy}"
        )
    before = _jobs(run, remedy)
    if not before:
        return 0
    _said_by(["scancel", f"--name={run}"], remedy)
    end = time.monotonic() + PATIENCE_S
    while left := _jobs(run, remedy):
        if time.monotonic() > end:
            raise LeftoverError(
                f"Jobs of the killed run are cancelled in SLURM but have not ended: {', '.join(left)}. Wait until "
                f"they are gone: squeue --name={run}"
            )
        time.sleep(PAUSE_S)
    return len(before)


def _jobs(run: str, remedy: str) -> list[str]:
    return _said_by(["squeue", "--noheader", "--format=%i", f"--name={run}"], remedy).split()


def _said_by(command: list[str], remedy: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        cause = str(error)
    else:
        if done.returncode == 0:
            return done.stdout
        cause = done.stderr.strip() or f"status {done.returncode}"
    raise LeftoverError(
        f"The killed run may have left jobs in SLURM, but {command[0]} failed ({cause}). {remedy}"
    )
