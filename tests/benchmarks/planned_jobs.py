"""The jobs of a target as Snakemake plans them, as plain data: what the bare computation of the target has to run.

`python -m tests.benchmarks.planned_jobs TARGET jobs.json [CONFIGFILE]`, from the folder that the target would be made
in.
"""

import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings

from scripts.workflow.papers import paper_names
from tests.benchmarks.runs import CORES, ROOT


def named(files) -> dict:
    """Values of one of Snakemake's named lists, and which of them each name stands for."""
    return {"values": [str(value) for value in files], "names": dict(files._get_names())}


def paper_of(job) -> str:
    """The paper that a job is for: its wildcard, or the end of its rule's name; "" for none (pretraining)."""
    return dict(job.wildcards.items()).get("paper") or next(
        (p for p in paper_names() if job.rule.name.endswith(p)), ""
    )


def planned_jobs(target: str, *configfiles: str) -> list[dict]:
    """Every job of the target, producers before consumers, each with the ids of the jobs that it waits for."""
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            ResourceSettings(cores=CORES),
            ConfigSettings(configfiles=[Path(path).resolve() for path in configfiles]),
            snakefile=ROOT / "Snakefile",
        )
        plan = workflow.dag(DAGSettings(targets={target}, forceall=True))
        plan.execute_workflow(executor="dryrun")
        dag = workflow._workflow.dag
        amounts = workflow._workflow.globals["amounts"]
        layers = list(dag.toposorted())
        ids = {job: number for number, job in enumerate(job for layer in layers for job in layer)}
        return [
            {
                "id": number,
                "rule": job.rule.name,
                "script": str(Path(job.rule.basedir.join(job.rule.script).get_path_or_uri(False)).resolve()),
                "input": named(job.input),
                "output": named(job.output),
                "params": dict(job.params.items()),
                "wildcards": dict(job.wildcards.items()),
                "threads": job.threads,
                "log": list(map(str, job.log)),
                "benchmark": str(job.benchmark),
                "pattern": str(job.rule.benchmark),
                "paper": paper_of(job),
                "amounts": amounts(job.rule.name, paper_of(job), job.wildcards, job.threads),
                "mem_mb": job.resources.mem_mb,
                "waits_for": sorted(ids[other] for other in dag.dependencies[job]),
            }
            for job, number in ids.items()
        ]


def main() -> None:
    """Write the plan."""
    target, path, *configfiles = sys.argv[1:]
    Path(path).write_text(json.dumps(planned_jobs(target, *configfiles)), encoding="utf-8")


if __name__ == "__main__":
    main()
