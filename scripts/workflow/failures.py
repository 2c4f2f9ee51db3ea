"""Why a job failed: the record that a step leaves beside its log, and what a killed job's traces say."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import signal
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.errors import CaseError, InputError

RUN_VARIABLE = "REPRISE_RUN"
# Kinds that another attempt may mend: with more memory, with more time, on another machine.
REPEATED = ("memory", "time", "node")
FULL_BYTES = 1_000_000
LONGEST_CAUSE = 400


@dataclass(frozen=True)
class Failure:
    """One job that failed.

    Attributes
    ----------
    kind : input (something the user gave), case (one patient), disk, code (ours), and of a killed job memory, time,
        node, cancelled, interrupted or killed.
    patients : whom it is about, where that is known; among : else all patients of the job.
    cause : one line. message : everything there is to say. remedy : what to do.
    attempt : 1 for the first. mem_mb : memory asked for, in MB; 0 where unknown.
    run : the run that the job belonged to.
    is_screen : `message` is a whole screen and is shown as it is.
    """

    rule: str
    wildcards: Mapping[str, str]
    kind: str
    cause: str
    message: str = ""
    remedy: str = ""
    patients: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    attempt: int = 1
    log: str = ""
    mem_mb: int = 0
    run: str = ""
    is_screen: bool = False


def record_path(log: str | Path) -> Path:
    """Where the failure record of a job lies, from the path of the job's log."""
    return Path(f"{log}.failure.json")


def write_failure(failure: Failure) -> bool:
    """Write the record of a failure beside its log; False where the disk takes none."""
    path = record_path(failure.log)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(failure), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError:
        with contextlib.suppress(OSError):  # half a record is none
            path.unlink()
        return False
    return True


def read_failure(log: str | Path, run: str) -> Failure | None:
    """The record that a job of this run left; None where there is none, or that of another run."""
    try:
        record = json.loads(record_path(log).read_text(encoding="utf-8"))
        failure = Failure(**record | {name: tuple(record[name]) for name in ("patients", "among")})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return failure if failure.run in ("", run) else None


def patients_of_cases(cases: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The patients of a batch, each once, in its order."""
    return tuple(dict.fromkeys(str(case["patient"]) for case in cases if "patient" in case))


def remove_failure(log: str | Path) -> None:
    """Remove a record, where there is one."""
    with contextlib.suppress(OSError):
        record_path(log).unlink(missing_ok=True)


def told_by(error: Exception) -> dict[str, Any]:
    """Kind, cause, message, remedy, patients and is_screen of an exception, as `Failure` names them."""
    patients = tuple(map(str, getattr(error, "patients", ())))
    text = str(error).strip()
    if isinstance(error, InputError):
        first = text.splitlines()[0] if text else ""
        known = {"kind": "input", "cause": first, "message": text, "remedy": error.remedy}
        known["is_screen"] = error.is_screen
        if error.remedy and first.endswith(error.remedy.split("\n")[0]):
            known["cause"] = first.removesuffix(error.remedy.split("\n")[0]).rstrip()
    elif isinstance(error, CaseError):
        known = {"kind": "case", "cause": text, "remedy": "Look at the patient's image and mask."}
    elif isinstance(error, MemoryError):
        cause = f"out of memory: {text}" if text else "out of memory"
        known = {"kind": "memory", "cause": cause, "remedy": MORE_MEMORY}
    elif isinstance(error, OSError) and (fault := disk_fault(error.errno, error.filename)):
        known = {"kind": "disk"} | fault
    else:
        remedy = INSTALL if isinstance(error, ImportError) else OUR_FAULT
        known = {"kind": "code", "cause": f"{type(error).__name__}: {text}", "remedy": remedy}
    known["cause"] = shortened(str(known["cause"]))
    return {"message": text, "patients": patients, **known}


MORE_MEMORY = (
    "Give it more memory, lower cases_per_job or threads_per_job in the configuration, "
    "or start with fewer --cores."
)
INSTALL = (
    "Install what requirements/ lists for this paper (README) into the environment that runs snakemake, "
    "or use --sdm conda."
)
OUR_FAULT = "The log tells where. If the input is in order, this is a fault of the program: please report it."


def shortened(text: str) -> str:
    """`text` as one line of bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CAUSE else line[: LONGEST_CAUSE - 4] + " ..."


def disk_fault(number: int | None, path: str | bytes | None = None) -> dict[str, str] | None:
    """Cause and remedy of an operating system's error number, where it is the disk that refuses."""
    where = f" {os.fsdecode(path)}" if path else ""
    if number in (errno.ENOSPC, errno.EDQUOT):
        return {
            "cause": f"the disk is full (writing{where})" if where else "the disk is full",
            "remedy": "Free some space, or move the folder to a larger disk.",
        }
    if number == errno.EFBIG:
        return {
            "cause": f"a file may not grow further: {where.strip()}"
            if where
            else "a file may not grow further",
            "remedy": "Raise the limit of a file's size (ulimit -f).",
        }
    if number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return {
            "cause": f"no permission to read or write{where}",
            "remedy": "Make it readable and writable for you, or work in another folder.",
        }
    if number in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        where = f" {_obstacle(Path(os.fsdecode(path)))}" if path else ""
        return {
            "cause": f"a file lies where a folder should be, or the other way round:{where}",
            "remedy": "Move it away.",
        }
    if number == errno.EIO:
        return {"cause": f"the disk failed to read or write{where}", "remedy": "Have the disk looked at."}
    return None


def _obstacle(path: Path) -> Path:
    """The file that lies where a folder on the way to `path` should be; `path` itself where there is none."""
    return next((above for above in reversed(path.parents) if above.exists() and not above.is_dir()), path)


def disk_state(folder: str | Path) -> dict[str, str] | None:
    """Cause and remedy where a folder's disk is full or cannot be written, asked of the disk itself."""
    folder = Path(folder).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        if not folder.is_dir():
            return disk_fault(errno.ENOTDIR, str(folder))
        if os.statvfs(folder).f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
            return disk_fault(errno.EROFS, str(folder))
        if shutil.disk_usage(folder).free < FULL_BYTES:
            return disk_fault(errno.ENOSPC, str(folder))
    except OSError as error:
        return disk_fault(error.errno, str(folder))
    return None


def exit_signal(text: str) -> int | None:
    """The signal that ended a command, from Python's words about it; None where it ended by itself."""
    if found := re.search(r"died with <Signals\.\w+: (\d+)>|died with unknown signal (\d+)", text):
        return int(found[1] or found[2])
    if found := re.search(r"returned non-zero exit status (\d+)", text):
        status = int(found[1])
        return status - 128 if 128 < status < 160 else None
    return None


def killed_locally(number: int, mem_mb: int = 0) -> dict[str, str]:
    """Kind, cause and remedy of a job on this machine that a signal ended."""
    if number == signal.SIGKILL:
        asked = f" ({mem_mb} MB asked)" if mem_mb else ""
        return {
            "kind": "memory",
            "cause": f"killed by the system, most likely for memory{asked}",
            "remedy": MORE_MEMORY,
        }
    if number == signal.SIGINT:
        return {"kind": "interrupted", "cause": "stopped on request", "remedy": "Run the same command again."}
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT):
        return {"kind": "killed", "cause": f"crashed ({name})", "remedy": OUR_FAULT}
    if number == signal.SIGXFSZ:
        return {"kind": "disk"} | (disk_fault(errno.EFBIG) or {})
    return {
        "kind": "killed",
        "cause": f"ended from outside by {name}",
        "remedy": "Run the same command again; somebody or the system stopped the job.",
    }


OVER_MEMORY = re.compile(
    r"oom.?kill|out of memory|exceeded (?:job |step )?memory limit|memory limit at some point|SIGKILL: 9|"
    r"exit status 137|memory cgroup",
    re.IGNORECASE,
)


def killed_by_slurm(status: str, slurm_log: str, mem_mb: int = 0, runtime: int = 0) -> dict[str, str] | None:
    """Kind, cause and remedy of a job that SLURM ended; None where it seems to have failed by itself.

    Parameters
    ----------
    status : the executor's message, or SLURM's word alone (OUT_OF_MEMORY, TIMEOUT, NODE_FAIL, CANCELLED, FAILED).
    slurm_log : what slurmstepd and the job wrote; decides where the status says FAILED or is not known, as a job
        over memory is FAILED where accounting only polls.
    mem_mb, runtime : what was asked for, MB and minutes; 0 where unknown.
    """
    found = re.search(r"status is: '([A-Z_]+)", status) or re.search(
        r"\b([A-Z]+(?:_[A-Z]+)+|[A-Z]{6,})\b", status
    )
    word = found[1] if found else ""
    asked_mb = f" ({mem_mb} MB asked)" if mem_mb else ""
    asked_min = f" ({runtime} minutes asked)" if runtime else ""
    if word == "OUT_OF_MEMORY":
        return {"kind": "memory", "cause": f"over its memory{asked_mb}", "remedy": MORE_ON_CLUSTER}
    if word in ("TIMEOUT", "DEADLINE") or "DUE TO TIME LIMIT" in slurm_log:
        return {"kind": "time", "cause": f"out of time{asked_min}", "remedy": MORE_TIME}
    if word in ("NODE_FAIL", "BOOT_FAIL") or "node failure" in status or "DUE TO NODE FAILURE" in slurm_log:
        return {"kind": "node", "cause": "the node was lost", "remedy": "Run the same command again."}
    if word == "CANCELLED":
        return CANCELLED
    if OVER_MEMORY.search(slurm_log):
        return {"kind": "memory", "cause": f"over its memory{asked_mb}", "remedy": MORE_ON_CLUSTER}
    if "DUE TO PREEMPTION" in slurm_log:
        return {"kind": "node", "cause": "preempted by another job", "remedy": "Run the same command again."}
    if re.search(r"\*\*\* (?:JOB|STEP) \S+ ON \S+ CANCELLED", slurm_log):
        return CANCELLED
    if refused := re.search(r"sbatch failed\. The error message was '(.*?)'\.(?:\s|$)", status, re.DOTALL):
        return {
            "kind": "input",
            "cause": shortened(f"SLURM refused the job: {refused[1]}"),
            "remedy": "Set account, partition and limits of your site in the profile.",
        }
    return None


MORE_ON_CLUSTER = (
    "Ask for more, e.g. --set-resources RULE:mem_mb=16000, or lower cases_per_job in the configuration."
)
MORE_TIME = (
    "Ask for more, e.g. --set-resources RULE:runtime=480 (minutes), "
    "or lower cases_per_job in the configuration."
)
CANCELLED = {
    "kind": "cancelled",
    "cause": "cancelled by somebody (scancel)",
    "remedy": "Run the same command again if that was not meant.",
}
