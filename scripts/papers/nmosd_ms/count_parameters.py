"""Table 3: parameters of the networks as published and as run, what reproduces the printed counts, seconds an epoch."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from scripts.networks.two_view import compression_parameters
from scripts.papers.nmosd_ms.names import COMPLEXITY
from scripts.papers.nmosd_ms.networks import TWO_VIEW, parameters_of, whole_settings
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

VIEWS = 2
# What of the compression block the printed counts hold: sections a view, biases, normalisation
MATCHING = {"sections": 98, "bias": False, "norm": False}


def complexity(settings: Mapping[str, Any]) -> dict[str, int]:
    """Network (a row of Table 3) -> number of parameters. settings : the card's models, preparation and compression."""
    return {
        row: parameters_of(whole_settings(settings["models"][model], settings))
        for row, model in COMPLEXITY.items()
    }


def matching_count(network: str, counted: int, sections: int) -> int:
    """Parameters of a published network if its compression were as `MATCHING` says; of a 3-D network as counted."""
    if not network.startswith(TWO_VIEW):
        return counted
    block = compression_parameters([sections] * VIEWS)
    other = compression_parameters(
        [MATCHING["sections"]] * VIEWS, bias=MATCHING["bias"], norm=MATCHING["norm"]
    )
    return counted - block + other


def seconds_an_epoch(timings: Mapping[str, list[pd.DataFrame]]) -> dict[str, float]:
    """Model -> median seconds of an epoch over the epochs of all its folds; NaN without any."""
    return {
        model: float(pd.concat(tables)["seconds"].median()) if tables else float("nan")
        for model, tables in timings.items()
    }


def main(job: Job) -> None:
    """Rule count_parameters; settings: models, preparation, compression as they ran; `published`, the paper's."""
    printed = yaml.safe_load(Path(job.input.reported).read_text(encoding="utf-8"))["table_3"]
    ran, published = job.settings, job.settings["published"]
    sizes = {"ran": complexity(ran), "published": complexity(published)}
    timings: dict[str, list[pd.DataFrame]] = {model: [] for model in COMPLEXITY.values()}
    for path in job.input.timings:
        model = Path(path).parts[-4]  # training/<model>/<scheme>/r<repeat>_f<fold>/timing.csv
        timings[model].append(read_table(path))
    seconds = seconds_an_epoch(timings)
    rows = []
    for entry in printed:
        model = COMPLEXITY[entry["network"]]
        counted = sizes["published"][entry["network"]]
        rows.append(
            {
                "network": entry["network"],
                "model": model,
                "printed": entry["parameters"],
                "published": counted,
                "difference": counted - entry["parameters"],
                "matching": matching_count(
                    published["models"][model]["network"], counted, published["preparation"]["size"]
                ),
                "ran": sizes["ran"][entry["network"]],
                "printed_seconds": entry["seconds"],
                "seconds": seconds[model],
            }
        )
    write_both(pd.DataFrame(rows), job.output.table3)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
