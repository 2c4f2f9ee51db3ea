"""A SLURM cluster on one machine, from Debian's packages, for as long as a test needs it.

Three nodes that are processes of this machine: c1 and c2 in partition `cpu`, g1 with two pretended GPUs in partition
`gpu`. Key, sockets, state, logs and process ids lie in one folder; the only file outside it is the link
/etc/slurm/slurm.conf, because the executor's job step drops SLURM_CONF before its inner srun. What was started is
ended by its process id, also after a failure.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

PACKAGES = ("slurm-wlm", "munge")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
ETC = Path("/etc/slurm")
CPUS_OF_A_NODE = 8  # pretended: more jobs than processors may run
MEMORY_OF_A_NODE_MB = 64_000
GPUS = ("/dev/null", "/dev/zero")  # any two character devices do
LOST_AFTER_S = 20  # SlurmdTimeout

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={ports[0]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool_%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd_%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd_%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SlurmdParameters=config_overrides
SlurmdTimeout={lost_after}
ReturnToService=2
MinJobAge=600
KillWait=2
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
GresTypes=gpu
NodeName=DEFAULT CPUs={cpus} RealMemory={memory} State=UNKNOWN
NodeName=c1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName=c2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
NodeName=g1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[3]} Gres=gpu:{gpus}
PartitionName=cpu Nodes=c1,c2 Default=YES MaxTime=240 DefaultTime=10 DefMemPerCPU=500 State=UP
PartitionName=gpu Nodes=g1 Default=NO MaxTime=240 DefaultTime=10 DefMemPerCPU=500 State=UP
"""
NODES = ("c1", "c2", "g1")
FIELDS = ("id", "name", "state", "comment", "node", "folder")


def obstacle() -> str:
    """Why no cluster can be started here, or '' where one can; installs the packages where apt works."""
    if os.geteuid() != 0:
        return "starting munged, slurmctld and slurmd takes root"
    configured = ETC / "slurm.conf"
    if configured.exists() and not _is_ours(configured):
        return f"{configured} belongs to a cluster of this machine"
    if all(shutil.which(program) for program in PROGRAMS):
        return ""
    if not shutil.which("apt-get"):
        return "SLURM is not installed, and there is no apt-get to install it"
    return _install()


def _install() -> str:
    """Install the packages without starting their services; why that failed, or ''."""
    no_services = Path("/usr/sbin/policy-rc.d")
    if not no_services.exists():
        no_services.write_text("#!/bin/sh\nexit 101\n")
        no_services.chmod(0o755)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *PACKAGES)):
        done = subprocess.run(
            ["apt-get", "-q", *arguments], env=quiet, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            return f"apt-get {' '.join(arguments)} failed: {done.stderr.strip().splitlines()[-1:]}"
    return ""


def _is_ours(link: Path) -> bool:
    """Whether slurm.conf is a link of an earlier test cluster, alive or not."""
    return link.is_symlink() and "reprise-cluster" in os.readlink(link)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    for listener in listeners:
        listener.bind(("127.0.0.1", 0))
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def wait_until(condition: Callable[[], object], limit_s: float, what: str) -> object:
    """The first true value of `condition`, asked again and again; TimeoutError with `what` after `limit_s` seconds."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.3)
    raise TimeoutError(f"waited {limit_s} s for {what}")


class Cluster:
    """munged, slurmctld and a slurmd for each node, all below `folder`, whose name holds 'reprise-cluster'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen] = {}

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a command that talks to this cluster."""
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self) -> None:
        """Bring everything up; returns when every node is idle."""
        key_folder = self.folder / "key"
        key_folder.mkdir(mode=0o700)
        (self.folder / "state").mkdir()
        key = key_folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self._daemon(
            "munged",
            "munged",
            "--foreground",
            "--force",
            f"--key-file={key}",
            f"--socket={self.folder}/munge.socket",
            f"--pid-file={self.folder}/munged.pid",
            f"--log-file={self.folder}/munged.log",
            f"--seed-file={self.folder}/munged.seed",
        )
        wait_until((self.folder / "munge.socket").exists, 20, "munged's socket")
        host = socket.gethostname().split(".")[0]
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=host,
                folder=self.folder,
                ports=_free_ports(4),
                cpus=CPUS_OF_A_NODE,
                memory=MEMORY_OF_A_NODE_MB,
                gpus=len(GPUS),
                lost_after=LOST_AFTER_S,
            )
        )
        (self.folder / "gres.conf").write_text(
            "".join(f"NodeName=g1 Name=gpu File={device}\n" for device in GPUS)
        )
        for name in ("slurm.conf", "gres.conf"):
            link = ETC / name
            if _is_ours(link):
                link.unlink()
            link.symlink_to(self.folder / name)
        self._daemon("slurmctld", "slurmctld", "-D", "-c")
        wait_until(lambda: "UP" in self.ask("scontrol", "ping"), 30, "slurmctld")
        for node in NODES:
            self.start_node(node)

    def stop(self) -> None:
        """End every job and process, nodes first, and remove the links in /etc/slurm."""
        for node in NODES:
            self.lose_node(node)
        for name in ("slurmctld", "munged"):
            if process := self.processes.pop(name, None):
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for name in ("slurm.conf", "gres.conf"):
            link = ETC / name
            if link.is_symlink() and os.readlink(link) == str(self.folder / name):
                link.unlink()

    def start_node(self, node: str) -> None:
        """Start a node; returns when it takes jobs."""
        self._daemon(node, "slurmd", "-D", "-N", node)
        wait_until(lambda: self.node_state(node) in ("idle", "mixed", "allocated"), 40, f"node {node}")

    def lose_node(self, node: str) -> None:
        """What the failure of a machine does: its slurmd and every process of its jobs are gone at once."""
        if not (process := self.processes.pop(node, None)):
            return
        first = [process.pid, *self._steps_of(node)]
        for pid in [*first, *(child.pid for parent in first for child in _descendants(parent))]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()

    def node_state(self, node: str) -> str:
        """State of a node as sinfo says it, without its flags."""
        return (
            self.ask("sinfo", "--noheader", "--nodes", node, "--format=%T").split("\n")[0].strip("*~#!%$@+ ")
        )

    def jobs(self) -> list[dict[str, str]]:
        """Every job that slurmctld knows: id, name (of its run), state, comment (its rule), node and folder."""
        rows = self.ask("squeue", "--states=all", "--noheader", "--format=%i|%j|%T|%k|%N|%Z").splitlines()
        return [dict(zip(FIELDS, row.split("|"), strict=True)) for row in rows]

    def state(self, job: str) -> str:
        """State of one job."""
        return next(found["state"] for found in self.jobs() if found["id"] == job)

    def ask(self, *command: str) -> str:
        """What a command of SLURM prints; '' where it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.stdout if done.returncode == 0 else ""

    def logs(self) -> str:
        """The last lines of every daemon, for a failed test."""
        parts = []
        for path in sorted([*self.folder.glob("*.log"), *self.folder.glob("*.out")]):
            parts += [f"== {path.name}", *path.read_text(errors="replace").splitlines()[-15:]]
        return "\n".join(parts)

    def _daemon(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self.processes[name] = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def _steps_of(self, node: str) -> Iterator[int]:
        """Process ids of the job steps that run on a node: slurmstepd processes that hold files of its spool folder."""
        spool = self.folder / f"spool_{node}"
        for process in psutil.process_iter(["name", "pid"]):
            if process.info["name"] == "slurmstepd" and _holds(process, spool):
                yield process.info["pid"]


def _holds(process: psutil.Process, folder: Path) -> bool:
    """Whether a process listens on a socket of `folder`."""
    try:
        return any(str(c.laddr).startswith(f"{folder}/") for c in process.net_connections("unix"))
    except psutil.Error:
        return False


def _descendants(pid: int) -> Sequence[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
