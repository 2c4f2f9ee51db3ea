"""How much of the planted truth of a simulated cohort the run found again.

The truth is what `scripts.simulation.covid_ct` wrote down when it drew and rendered the patients; nothing else reads
it. A line is `ok` where it keeps its `rule`; the rules were written before the first run of the finished target, and a
line that does not hold is shown as not held.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.covid_ct.names import FINDINGS, split_measure
from scripts.quantification.lung_regions import LOBE_OF, LOBE_WORDS, LOBES, SEGMENTS
from scripts.statistics.equivalence import ALIKE, BOTH
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

COLUMNS = ("group", "quantity", "planted", "found", "lower", "upper", "ok", "rule")
NONE = float("nan")
# What the rules allow
VOLUME_ERROR, WINDOW_ERROR, DICE, LUNG_DICE, AIR = 0.001, 0.03, 0.70, 0.95, 5.0
FEWEST_INTERVALS = {"findings": 6, "lobes": 4}


def row(
    group: str, quantity: str, planted: float, found: tuple[float, float, float], ok: bool, rule: str
) -> dict[str, Any]:
    """One line, with the names COLUMNS; `found` is estimate, lower and upper limit."""
    return dict(zip(COLUMNS, (group, quantity, planted, *found, bool(ok), rule), strict=True))


def measurement_rows(
    volumes: pd.DataFrame, how: pd.DataFrame, truths: list[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Volumes and windows against what was drawn, the two masks by CT number against the true ones, and air.

    Parameters
    ----------
    volumes : patient and the columns of `measures`. how : patient and `measure_lesions.HOW`.
    truths : of each patient drawn_ml (segment -> ml) and windows_ml (segment -> ml in each window).
    """
    by_patient = {truth["patient"]: truth for truth in truths}
    drawn = [by_patient[patient] for patient in volumes["patient"]]
    rows = []
    planted = np.array([[truth["drawn_ml"][s] for s in SEGMENTS] for truth in drawn])
    found = volumes[[f"lesion_ml|{s}" for s in SEGMENTS]].to_numpy(float)
    for label, a, b in (
        ("Lesion of a segment, ml", planted, found),
        (
            "Lesion of a lobe, ml",
            np.stack([planted[:, [LOBE_OF[s] == lobe for s in SEGMENTS]].sum(1) for lobe in LOBES], 1),
            volumes[[f"lesion_ml|{lobe}" for lobe in LOBES]].to_numpy(float),
        ),
    ):
        worst = float(np.nanmax(np.abs(b - a) / np.maximum(a, 1e-9) * (a > 0) + (a == 0) * np.abs(b)))
        mean = float(a[a > 0].mean())
        rows.append(
            row(
                "Measurement", label, mean, (float(b[a > 0].mean()), NONE, NONE),
                worst <= VOLUME_ERROR and not np.isnan(b).any(),
                f"every one within {VOLUME_ERROR:.1%} of what was drawn",
            )
        )  # fmt: skip
    windows = np.array([np.sum([truth["windows_ml"][s] for s in SEGMENTS], axis=0) for truth in drawn])
    names = sorted(c for c in volumes if c.startswith("lesion_ml|lung|w"))
    measured = volumes[names].to_numpy(float)
    for w in range(windows.shape[1]):
        total = windows.sum()
        share, seen = windows[:, w].sum() / total, measured[:, w].sum() / measured.sum()
        rows.append(
            row(
                "Measurement", f"Share of lesion in window {w + 1} of {windows.shape[1]}", share,
                (seen, NONE, NONE), abs(seen - share) <= WINDOW_ERROR,
                f"within {WINDOW_ERROR:g} of the share without noise",
            )
        )  # fmt: skip
    dice = how["threshold_dice"].to_numpy(float)
    low, middle, high = np.nanquantile(dice, [0.025, 0.5, 0.975])
    rows.append(
        row(
            "Measurement", "Dice of lesions by CT number, median", 1.0, (middle, low, high),
            middle >= DICE, f"median at least {DICE:g}",
        )
    )  # fmt: skip
    lungs = how["lung_mask_dice"].to_numpy(float)
    low, middle, high = np.nanquantile(lungs, [0.025, 0.5, 0.975])
    rows.append(
        row(
            "Measurement", "Dice of the lung mask by CT number, median", 1.0, (middle, low, high),
            middle >= LUNG_DICE, f"median at least {LUNG_DICE:g}",
        )
    )  # fmt: skip
    air = how["air_hu"].to_numpy(float)
    off = float(np.nanmax(np.abs(air + 1000)))
    rows.append(
        row(
            "Measurement", "CT number of air, HU", -1000.0, (float(np.nanmedian(air)), NONE, NONE),
            off <= AIR, f"within {AIR:g} HU in every patient",
        )
    )  # fmt: skip
    return rows


def comparison_rows(
    comparisons: pd.DataFrame, truth: Mapping[str, Any], alpha: float
) -> list[dict[str, Any]]:
    """Differences of findings and lobes against the planted ones: intervals, what was found, what was not, and
    likeness.
    """
    rows = []
    findings = comparisons[comparisons["family"] == "findings"].set_index("quantity")
    lobes = comparisons[comparisons["family"] == "lobe_volume"].copy()
    lobes = lobes.set_index(lobes["quantity"].map(lambda name: split_measure(name)[1]))
    planted = {
        "findings": {name: pair[0] - pair[1] for name, pair in truth["findings"].items()},
        "lobes": truth["lobe_superiority"],
    }
    words = {"findings": FINDINGS, "lobes": LOBE_WORDS}
    heads = {"findings": "Findings: difference of proportions", "lobes": "Lobes: probability of superiority"}
    for family, table in (("findings", findings), ("lobes", lobes)):
        held = []
        for name in words[family]:
            value, found = planted[family][name], table.loc[name]
            inside = found["ci_low"] <= value <= found["ci_high"]
            held.append(inside)
            rows.append(
                row(
                    heads[family], words[family][name], value,
                    (found["effect"], found["ci_low"], found["ci_high"]), inside, "95 % interval holds it",
                )
            )  # fmt: skip
        n, fewest = len(held), FEWEST_INTERVALS[family]
        rows.append(
            row(
                heads[family], f"Intervals of {n} that hold the truth", 0.95 * n, (sum(held), NONE, NONE),
                sum(held) >= fewest, f"at least {fewest}",
            )
        )  # fmt: skip
    different = {"findings": "air_bronchogram", "lobes": truth["lobe"]}
    for family, table in (("findings", findings), ("lobes", lobes)):
        name = different[family]
        p = table.loc[name, "p_holm"]
        rows.append(
            row(
                "Tests", f"{words[family][name]}, planted different: P (Holm)", NONE, (p, NONE, NONE),
                p < alpha, f"below {alpha:g}",
            )
        )  # fmt: skip
        others = table.drop(index=name)
        false = int((others["p_holm"] < alpha).sum())
        rows.append(
            row(
                "Tests", f"{family.capitalize()} planted alike that are called different (Holm)", 0,
                (false, NONE, NONE), false == 0, "none",
            )
        )  # fmt: skip
        wrong = int(table.loc[[name], "verdict"].isin([ALIKE, BOTH]).sum())
        rows.append(
            row(
                "Tests", f"{words[family][name]}, planted different, called alike", 0, (wrong, NONE, NONE),
                wrong == 0, "no",
            )
        )  # fmt: skip
    return rows


def score_rows(combined: pd.DataFrame, truth: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The combined score against the best possible one, which knows the law that the patients were drawn by."""
    found, best = combined.iloc[0], truth["best_area"]["auc"]
    return [
        row(
            "Combined score", "Cross-validated area under the curve", best,
            (found["auc"], found["ci_low"], found["ci_high"]),
            found["ci_low"] <= best and found["auc"] >= best - 0.15,
            "lower limit not above the best possible area, estimate at most 0.15 below it",
        ),
        row(
            "Combined score", "Share of shuffled groups that reach it", NONE,
            (found["p_permutation"], NONE, NONE), found["p_permutation"] < 0.05, "below 0.05",
        ),
    ]  # fmt: skip


def main(job: Job) -> None:
    """Rule assess_recovery."""
    truths = [truth for folder in job.input.images for truth in read_json(Path(folder) / "truth.json")]
    truth = read_json(job.input.truth)
    rows = measurement_rows(read_table(job.input.volumes), read_table(job.input.how), truths)
    rows += comparison_rows(read_table(job.input.comparisons), truth, job.settings["tests"]["alpha"])
    rows += score_rows(read_table(job.input.combined), truth)
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
