"""One step of the fault tests: says where it runs, waits, fills memory or refuses its input."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.errors import InputError


def main(job):
    act = job.settings["act"]
    Path(f"{job.log}.began").write_text(str(os.getpid()))
    if act == "refuse":
        raise InputError("patients.csv, row 3", "a number of months", "'soon'", "Mend the cell.")
    if act == "wait":
        time.sleep(job.settings["seconds"])
    if act == "fill":
        held = [bytearray(os.urandom(1024) * 1024) for _ in range(job.settings["megabytes"])]
        time.sleep(60)
        print(len(held))
    names = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID")
    Path(job.output.said).write_text(json.dumps({name: os.environ.get(name) for name in names}))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
