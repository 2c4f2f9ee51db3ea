"""Every job that stands behind a target, finished or not, as plain data.

Run as a program of its own, because Snakemake changes the working directory:
`python planned.py SNAKEFILE CONFIGFILE TARGET` prints a JSON list of rule, outputs and gpu (how many it asks for).
"""

import json
import sys
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings


def planned_jobs(snakefile: Path, configfile: Path, target: str) -> list[dict[str, Any]]:
    """The jobs of `target` in the working directory, those that other jobs wait for first."""
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL}, dryrun=True)) as api:
        workflow = api.workflow(
            ResourceSettings(cores=1), ConfigSettings(configfiles=[configfile]), snakefile=snakefile
        )
        plan = workflow.dag(DAGSettings(targets={target}, forceall=True))
        plan.execute_workflow(executor="dryrun")
        layers = workflow._workflow.dag.toposorted()
        return [
            {
                "rule": job.rule.name,
                "outputs": sorted(map(str, job.output)),
                "gpu": int(job.resources.get("gpu", 0)),
            }
            for layer in layers
            for job in sorted(layer, key=lambda job: sorted(map(str, job.output)))
        ]


if __name__ == "__main__":
    jobs = planned_jobs(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    print(json.dumps(jobs))
