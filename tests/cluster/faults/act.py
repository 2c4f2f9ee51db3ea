"""One step of the fault tests: says where it runs, waits, fills memory or refuses its input."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.errors import InputError

LONG_S = 900


def main(job):
    act = job.settings["act"]
    began = Path(f"{job.log}.began")
    is_again = began.exists()
    began.write_text(str(os.getpid()))
    if act == "refuse":
        raise InputError("patients.csv, row 3", "a number of months", "'soon'", "Mend the cell.")
    if act == "wait" or (act == "wait_once" and not is_again):
        time.sleep(LONG_S)
    if act == "fill":
        held = [bytearray(os.urandom(1024) * 1024) for _ in range(job.settings["megabytes"])]
        time.sleep(job.settings["seconds"])  # SLURM looks at the memory of a job now and then
        print(f"held {len(held)} MB")
    names = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID")
    Path(job.output.said).write_text(json.dumps({name: os.environ.get(name) for name in names}))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
