"""Agreement of readers: Shrout and Fleiss' own example, and errors that were put in."""

import numpy as np
import pandas as pd
import pytest

from scripts.papers.hip_dysplasia.angles import propagated_covariances
from scripts.papers.hip_dysplasia.assess_reading import by_hand, by_hand_table
from scripts.papers.hip_dysplasia.measurements import film_points
from scripts.papers.hip_dysplasia.reading import (
    agreement_table,
    deviations_table,
    error_covariances,
    intraclass_correlation,
    landmark_deviations,
    single_reading_sd,
    with_reading_error,
)

# Shrout and Fleiss, Psychological Bulletin 86 (1979), table 2: six targets by four judges; ICC(2,1) = 0.29 (table 4)
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def test_the_intraclass_correlation_of_the_paper_that_defines_it():
    assert round(intraclass_correlation(JUDGES), 2) == 0.29
    same = np.array([1.0, 2.0, 5.0])
    assert intraclass_correlation(np.column_stack([same, same])) == pytest.approx(1)


def test_the_error_of_one_reading_is_dahlbergs():
    assert single_reading_sd(np.array([2.0, -2.0])) == pytest.approx(np.sqrt(2))
    assert np.isnan(single_reading_sd(np.array([])))


def hips(n=300, sd=0.02, second=True):
    """Hips of one anatomy whose points err by `sd` radii (radius 50) at each reading."""
    random, rows = np.random.default_rng(0), []
    base = {
        "right": {"a": (150, 200), "b": (110, 150), "g": (200, 230), "w": (160, 145)},
        "left": {"a": (450, 200), "b": (490, 150), "g": (400, 230), "w": (440, 145)},
    }
    from scripts.papers.hip_dysplasia.angles import signed_angles

    for number in range(n):
        for reader in ("annotation", "annotation_2")[: 1 + second]:
            points = {
                side: {name: np.array(p) + random.normal(0, sd * 50, 2) for name, p in own.items()}
                for side, own in base.items()
            }
            angles = signed_angles(points)
            for side, own in points.items():
                row = {"patient": f"P{number}", "reader": reader, "side": side, **angles[side], "ccd": np.nan}
                row |= {
                    f"{name}_{axis}": v for name, p in own.items() for axis, v in zip("xy", p, strict=True)
                }
                row |= {f"{name}_{axis}": 0.0 for name in "def" for axis in "xy"}
                rows.append(row | {"least_squares_radius": 50.0, "spacing_mm": 0.5})
    return pd.DataFrame(rows)


def test_planted_errors_of_points_and_angles_are_found():
    table = hips()
    deviations = landmark_deviations(table)
    assert deviations == pytest.approx(dict.fromkeys("abgw", 0.02), rel=0.06)
    agreement = agreement_table(table, deviations).set_index(["angle", "side"])
    for angle in ("ce", "sharp", "tonnis"):
        row = agreement.loc[angle, "both"]
        made = table.groupby("side")[angle].std(ddof=1).mean()
        assert row["n"] == 600
        assert row["sd_observed"] == pytest.approx(made, rel=0.07)
        assert row["sd_propagated"] == pytest.approx(made, rel=0.07)
        assert row["limit_high"] - row["bias"] == pytest.approx(1.96 * np.sqrt(2) * made, rel=0.1)
        assert abs(row["bias"]) < 0.3
    assert ("ccd", "both") not in agreement.index
    shown = deviations_table(deviations, table).set_index("point")
    assert shown.loc["b", "sd_pixels"] == pytest.approx(50 * deviations["b"])
    assert shown.loc["b", "sd_mm"] == pytest.approx(25 * deviations["b"])


def test_the_bias_is_the_second_reading_minus_the_first():
    table = hips(20)
    plain = agreement_table(table, {}).set_index(["angle", "side"])["bias"]
    table.loc[table["reader"] == "annotation_2", "tonnis"] += 3
    shifted = agreement_table(table, {}).set_index(["angle", "side"])["bias"]
    assert shifted["tonnis", "left"] - plain["tonnis", "left"] == pytest.approx(3)
    assert shifted["ce", "left"] == plain["ce", "left"]


def test_without_a_second_reader_nothing_is_known():
    table = hips(8, second=False)
    assert landmark_deviations(table) == {}
    assert agreement_table(table, {}).empty
    assert with_reading_error(table, {})["ce_sd"].isna().all()
    known = with_reading_error(table, dict.fromkeys("abgw", 0.02))
    assert (known["ce_sd"] > 0).all()
    first = film_points(known[known["patient"] == known["patient"][0]])
    radius = known["least_squares_radius"][0]
    expected = propagated_covariances(first, dict.fromkeys("abgw", 0.02), radius)
    np.testing.assert_allclose(error_covariances(known)[0], expected[known["side"][0]])
    assert np.isnan(error_covariances(with_reading_error(table, {}))).any(axis=(1, 2)).all()


def test_too_few_films_are_no_comparison():
    assert landmark_deviations(hips(4)) == {}


def test_angles_by_hand_are_set_beside_their_hip():
    clinical = pd.DataFrame(
        {"patient": ["A", "B"], "ce_right": [20.0, np.nan], "ce_left": [30.0, 31.0], "tonnis_left": [1, 2]}
    )
    table = by_hand(clinical).set_index(["patient", "side"])
    assert table.loc[("A", "right"), "ce_by_hand"] == 20
    assert table.loc[("B", "left"), "tonnis_by_hand"] == 2
    assert table["sharp_by_hand"].isna().all()
    assert np.isnan(table.loc[("B", "right"), "ce_by_hand"])


def test_bias_of_the_angles_by_hand():
    random = np.random.default_rng(1)
    ce = random.normal(30, 5, 400)
    table = pd.DataFrame({"ce": ce, "ce_by_hand": ce + random.normal(1.5, 2, 400), "sharp": ce, "tonnis": ce})
    table = table.assign(sharp_by_hand=np.nan, tonnis_by_hand=[1.0] * 4 + [np.nan] * 396)
    found = by_hand_table(table)
    assert found["angle"].tolist() == ["ce"]  # nothing of an angle that hardly anybody measured
    assert found["bias"].iloc[0] == pytest.approx(1.5, abs=0.3)
    assert found["limit_high"].iloc[0] == pytest.approx(1.5 + 1.96 * 2, abs=0.5)
