"""How much of the planted truth of a simulated cohort the run found again.

The truth is what `scripts.simulation.hip_dysplasia` wrote down when it drew the patients: the angles of every
hip, the centre of every head, the errors of the readers' hands, the distribution of normal hips and who is
none. A quantity is `ok` where it keeps its `rule`; the rules were fixed before any result was seen.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scripts.model.gaussian_bundle import read_gaussian_bundle, region_of
from scripts.papers.hip_dysplasia.names import ANGLE_LABELS, ANGLES, DYSPLASIA, INSIDE, POINT_LABELS
from scripts.seeds import generator
from scripts.statistics.intervals import wilson_interval
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

COLUMNS = ("group", "quantity", "planted", "found", "lower", "upper", "ok", "rule")
MEASUREMENT, CIRCLE, READERS, DISTRIBUTION, VERDICT = (
    "Angles of each hip",
    "Centre of the head",
    "Readers",
    "Normal hips",
    "Verdicts",
)
# The rules, fixed in advance
LARGEST_BIAS = 0.5  # degrees
LARGEST_RMSE = {"ce": 2.0, "sharp": 1.5, "tonnis": 3.0, "ccd": 3.0}
LEAST_CORRELATION = 0.95
RELATIVE = 0.25  # of a planted SD
NEAR_MEAN = 1.0  # degrees
LEAST_NORMAL_INSIDE, LEAST_DISEASED_OUTSIDE = 0.90, 0.90
N_BOOTSTRAP = 1000
CENTRE = ("centre_x", "centre_y", "radius")


def row(
    group: str, quantity: str, planted: float, found: tuple[float, float, float], ok: bool, rule: str
) -> dict[str, Any]:
    """One line with the names COLUMNS; found : estimate, lower and upper limit (NaN for none)."""
    return dict(zip(COLUMNS, (group, quantity, planted, *found, bool(ok), rule), strict=True))


def over_patients(values: NDArray, patients: NDArray, statistic, seed: int) -> tuple[float, float, float]:
    """A statistic of rows (n, ...) with the percentile limits over resampled patients."""
    names, codes = np.unique(patients, return_inverse=True)
    places = [np.flatnonzero(codes == i) for i in range(len(names))]
    random = generator(seed, "hip_dysplasia", "assess_recovery")
    drawn = []
    for _ in range(N_BOOTSTRAP):
        rows = np.concatenate([places[i] for i in random.integers(0, len(names), len(names))])
        drawn.append(statistic(values[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(statistic(values)), float(low), float(high)


def angle_rows(table: pd.DataFrame, seed: int) -> list[dict[str, Any]]:
    """Bias and root mean square error of each measured angle. `table` : <angle>, <angle>_true, patient."""
    rows = []
    for angle in (*ANGLES, "ccd"):
        known = table[table[angle].notna()]
        error = (known[angle] - known[f"{angle}_true"]).to_numpy(float)
        who, name = known["patient"].to_numpy(), ANGLE_LABELS[angle]
        bias = over_patients(error, who, np.mean, seed)
        spread = over_patients(error, who, lambda e: np.sqrt((e**2).mean()), seed)
        most = LARGEST_RMSE[angle]
        rows.append(
            row(
                MEASUREMENT,
                f"{name}: mean error, degrees",
                0.0,
                bias,
                abs(bias[0]) <= LARGEST_BIAS,
                f"within {LARGEST_BIAS:g} of 0",
            )
        )
        rows.append(
            row(
                MEASUREMENT,
                f"{name}: root mean square error, degrees",
                0.0,
                spread,
                spread[0] <= most,
                f"at most {most:g}",
            )
        )
    signs = table[(table["ce_true"].abs() > 2) & table["ce"].notna()]
    same = (np.sign(signs["ce"]) == np.sign(signs["ce_true"])).mean()
    rows.append(
        row(
            MEASUREMENT,
            "CE: sign kept where it is beyond 2 degrees, share",
            1.0,
            (same, np.nan, np.nan),
            same == 1.0,
            "all",
        )
    )
    return rows


def circle_rows(table: pd.DataFrame, seed: int) -> list[dict[str, Any]]:
    """Distance of both centres from the planted one, in radii. `table` : centre_x, centre_y, three_point_x,
    ..., radius.
    """
    rows, found = [], {}
    for kind, label in (
        ("three_point", "three-point circle (the paper's)"),
        ("least_squares", "least-squares circle"),
    ):
        apart = (
            np.hypot(table[f"{kind}_x"] - table["centre_x"], table[f"{kind}_y"] - table["centre_y"])
            / table["radius"]
        )
        found[kind] = over_patients(
            apart.to_numpy(float), table["patient"].to_numpy(), lambda d: np.sqrt((d**2).mean()), seed
        )
        rows.append(
            row(
                CIRCLE,
                f"Error of the {label}, radii",
                0.0,
                found[kind],
                found[kind][0] <= 0.05,
                "at most 0.05",
            )
        )
    ratio = found["least_squares"][0] / found["three_point"][0]
    rows.append(
        row(
            CIRCLE,
            "Least-squares error over three-point error",
            np.nan,
            (ratio, np.nan, np.nan),
            ratio < 1,
            "below 1",
        )
    )
    return rows


def reader_rows(
    error: pd.DataFrame, agreement: pd.DataFrame, table: pd.DataFrame, hand: dict[str, float]
) -> list[dict[str, Any]]:
    """What two readings tell of the error of one, against the planted errors.

    Parameters
    ----------
    error : point, sd_pixels. agreement : angle, side, sd_observed, sd_propagated. table : as `angle_rows`.
    hand : planted SDs in pixels: edge, lower, weight_bearing.
    """
    rows = []
    sds = dict(zip(error["point"], error["sd_pixels"], strict=True))
    for name, of_hand in (("b", "edge"), ("g", "lower"), ("w", "weight_bearing")):
        if name in sds:
            planted, found = hand[of_hand], sds[name]
            ok = abs(found / planted - 1) <= RELATIVE
            label = POINT_LABELS[name].capitalize()
            rows.append(
                row(
                    READERS,
                    f"{label}: SD of one reading, pixels",
                    planted,
                    (found, np.nan, np.nan),
                    ok,
                    "within 25 %",
                )
            )
    both = agreement[agreement["side"] == "both"].set_index("angle")
    for angle in ANGLES:
        if angle not in both.index:
            continue
        true = float(np.sqrt(((table[angle] - table[f"{angle}_true"]) ** 2).mean()))
        for kind, words in (
            ("sd_propagated", "propagated from the points"),
            ("sd_observed", "from two readings"),
        ):
            found = float(both.loc[angle, kind])
            rows.append(
                row(
                    READERS,
                    f"{ANGLE_LABELS[angle]}: SD of one reading {words}, degrees",
                    true,
                    (found, np.nan, np.nan),
                    abs(found / true - 1) <= RELATIVE,
                    "within 25 % of the error that was made",
                )
            )
    return rows


def distribution_rows(
    model: dict[str, Any], truth: dict[str, Any], errors: NDArray, samples: NDArray
) -> list[dict[str, Any]]:
    """Mean and SDs of the normal region against those planted, reading error included.

    Parameters
    ----------
    errors : (3,) SD of a reading of each angle. samples : (n, 3) angles of the planted normal hips as they
        were measured.
    """
    region, normal, rows = region_of(model), truth["classes"]["normal"], []
    for i, angle in enumerate(ANGLES):
        mean, n = float(region.mean[i]), region.n
        half = 1.96 * float(np.sqrt(region.covariance[i, i] / n))
        label = ANGLE_LABELS[angle]
        rows.append(
            row(
                DISTRIBUTION,
                f"{label}: mean, degrees",
                normal["mean"][i],
                (mean, mean - half, mean + half),
                abs(mean - normal["mean"][i]) <= NEAR_MEAN,
                f"within {NEAR_MEAN:g} degree",
            )
        )
        planted, found = float(np.hypot(normal["sd"][i], errors[i])), float(np.sqrt(region.covariance[i, i]))
        ok = abs(found / planted - 1) <= RELATIVE
        rows.append(
            row(
                DISTRIBUTION,
                f"{label}: SD with reading error, degrees",
                planted,
                (found, np.nan, np.nan),
                ok,
                "within 25 %",
            )
        )
    planted = normal["correlation"]
    for (i, j), value in zip(((0, 1), (0, 2), (1, 2)), planted, strict=True):
        found = float(region.covariance[i, j] / np.sqrt(region.covariance[i, i] * region.covariance[j, j]))
        measured = float(np.corrcoef(samples[:, i], samples[:, j])[0, 1])
        pair = f"{ANGLE_LABELS[ANGLES[i]]} and {ANGLE_LABELS[ANGLES[j]]}"
        rows.append(
            row(
                DISTRIBUTION,
                f"Correlation of {pair} (planted {value:g} without reading error)",
                measured,
                (found, np.nan, np.nan),
                abs(found - measured) <= 0.15,
                "within 0.15 of that of the planted normal hips as measured",
            )
        )
    return rows


def verdict_rows(table: pd.DataFrame, judged: str) -> list[dict[str, Any]]:
    """Planted classes against the verdicts. `table` : hip_class, verdict. `judged` : in words, how."""
    inside = (table["verdict"] == INSIDE).to_numpy()
    rows = []
    for name, yes, least, words in (
        ("normal", inside, LEAST_NORMAL_INSIDE, "Planted normal hips inside"),
        ("dysplastic", ~inside, LEAST_DISEASED_OUTSIDE, "Planted dysplastic hips outside"),
        ("unusual", ~inside, LEAST_DISEASED_OUTSIDE, "Planted unusual hips outside"),
        (
            "dysplastic",
            (table["verdict"] == DYSPLASIA).to_numpy(),
            LEAST_DISEASED_OUTSIDE,
            "Planted dysplastic hips called dysplasia",
        ),
    ):
        members = (table["hip_class"] == name).to_numpy()
        if not members.any():
            continue
        hits, n = int((yes & members).sum()), int(members.sum())
        ci = wilson_interval(hits, n)
        planted = 0.95 if name == "normal" else 1.0
        found = (ci.estimate, ci.ci_low, ci.ci_high)
        rows.append(
            row(
                VERDICT,
                f"{words}, {judged}, share",
                planted,
                found,
                ci.estimate >= least,
                f"at least {least:g}",
            )
        )
    return rows


def main(job: Job) -> None:
    """Rule assess_recovery."""
    truth, model = read_json(job.input.truth), read_gaussian_bundle(job.input.model)
    latents, samples = read_table(job.input.latents), read_table(job.input.samples)
    verdicts, left_out = read_table(job.input.verdicts), read_table(job.input.cross_validated)
    keys = ["patient", "side"]
    planted = latents[[*keys, "hip_class", *ANGLES, "ccd"]].rename(
        columns={a: f"{a}_true" for a in (*ANGLES, "ccd")}
    )
    table = samples.merge(planted, on=keys, validate="one_to_one")
    centred = samples.merge(latents[[*keys, *CENTRE]], on=keys, validate="one_to_one")
    errors = np.array([np.sqrt(((table[a] - table[f"{a}_true"]) ** 2).mean()) for a in ANGLES])
    normal = table.loc[table["hip_class"] == "normal", list(ANGLES)].to_numpy(float)
    rows = [
        *angle_rows(table, job.seed),
        *circle_rows(centred, job.seed),
        *reader_rows(
            read_table(job.input.landmark_error), read_table(job.input.agreement), table, truth["hand"]
        ),
        *distribution_rows(model, truth, errors, normal),
        *verdict_rows(verdicts.merge(planted, on=keys), "criterion of all hips"),
        *verdict_rows(left_out.merge(planted, on=keys), "criterion without the patient"),
    ]
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
