"""What the networks reached of what can be reached: accuracy against Bayes, maps against the planted tumours.

The truth is what `scripts.simulation.brain_tumor_types` wrote down; nothing else reads it. A quantity is `ok` where it
keeps its `rule`. The rules hold a network against what knows nothing (always the commonest type, a blind point) and
against what cannot be exceeded (Bayes), and every kind of map is judged, not those that point well.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scripts.papers.brain_tumor_types.names import METHOD_LABELS, MODEL_LABELS
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

COLUMNS = ("quantity", "group", "planted", "found", "lower", "upper", "ok", "rule")
KEPT_TOGETHER = 0.75


def recovery_row(
    quantity: str, group: str, planted: float, found: tuple[float, float, float], ok: bool, rule: str
) -> dict[str, Any]:
    """One line with the names COLUMNS; `found` is estimate, lower and upper limit."""
    return dict(zip(COLUMNS, (quantity, group, planted, *found, bool(ok), rule), strict=True))


def recovery_table(
    truth: Mapping[str, Any], gap: pd.DataFrame, saliency: pd.DataFrame, grouping: pd.DataFrame
) -> pd.DataFrame:
    """Planted beside found.

    Parameters
    ----------
    truth : `bayes_accuracy` (of slices of unknown patients), `bayes_these_slices` (the best rule on these).
    gap, saliency : of `measure_gap`. grouping : quantity, value, of `group_slices`.
    """
    bayes, here = truth["bayes_accuracy"], truth["bayes_these_slices"]
    commonest = max(truth["priors"])
    rows = []
    for row in gap.to_dict("records"):
        found = (row["accuracy_patient"], row["lower_patient"], row["upper_patient"])
        rule = (
            f"interval above the commonest type's share ({commonest:.3f}), and not whole above Bayes on these slices "
            f"({here:.3f})"
        )
        kept = commonest < found[1] <= max(bayes, here)
        rows.append(
            recovery_row("Accuracy, split by patient", MODEL_LABELS[row["model"]], bayes, found, kept, rule)
        )
    for row in saliency.to_dict("records"):
        found = (row["hit"], row["hit_lower"], row["hit_upper"])
        rule = f"above a blind point's {row['by_chance']:.3f} with its interval"
        group = MODEL_LABELS[row["model"]]
        rows.append(
            recovery_row(
                f"Hits in the tumour, {METHOD_LABELS[row['method']]}",
                group,
                1.0,
                found,
                row["hit_lower"] > row["by_chance"],
                rule,
            )
        )
    together = float(grouping.set_index("quantity").loc["kept_together", "value"])
    nan = float("nan")
    rows.append(
        recovery_row(
            "Patients whom the runs of neighbours keep whole",
            "Grouping without patient ids",
            1.0,
            (together, nan, nan),
            together >= KEPT_TOGETHER,
            f"at least {KEPT_TOGETHER:g}",
        )
    )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def main(job: Job) -> None:
    """Rule assess_recovery_brain_tumor_types."""
    table = recovery_table(
        read_json(job.input.truth),
        read_table(job.input.gap),
        read_table(job.input.saliency),
        read_table(job.input.grouping),
    )
    write_both(table, job.output.recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
