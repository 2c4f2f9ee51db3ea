"""From the files of five tools to angles and ledger; recovery rules turn red where something is wrong."""

import numpy as np
import pandas as pd
import pytest

from scripts.cohort.case_ledger import account_for_cases
from scripts.cohort.pictures import read_picture
from scripts.errors import InputError
from scripts.landmarks.landmark_table import Drawn, drawn_structures
from scripts.papers.hip_dysplasia import assess_recovery as recovery
from scripts.papers.hip_dysplasia.describe_cohort import angle_table, characteristics, flow_table
from scripts.papers.hip_dysplasia.measure_hips import measure_hips
from scripts.papers.hip_dysplasia.measurements import COLUMNS, points_of
from scripts.papers.hip_dysplasia.overlays import draw_overlay, drawn_part, font

KEYS = ["patient", "side"]


def joined(hips, cohort, reader="annotation"):
    planted = cohort[0][[*KEYS, "ce", "sharp", "tonnis", "ccd"]]
    return hips[hips["reader"] == reader].merge(planted, on=KEYS, suffixes=("", "_true"))


def test_every_tool_gives_the_planted_angles(hips, cohort):
    table = joined(hips, cohort)
    assert set(table["tool"]) == {"LabelMe", "COCO", "CVAT", "3D Slicer", "QuPath"}
    for _, part in table.groupby("tool"):
        for angle, most in {"ce": 2.2, "sharp": 2.2, "tonnis": 4.5, "ccd": 1.5}.items():
            error = part[angle] - part[f"{angle}_true"]
            assert np.sqrt((error**2).mean()) < most
            assert abs(error.mean()) < most


def test_rows_are_whole(hips):
    assert list(hips.columns) == list(COLUMNS)
    numbers = hips.drop(columns=["patient", "reader", "side", "ccd_cause", "tool"])
    assert np.isfinite(numbers.to_numpy(float)).all()
    row = hips.iloc[0]
    np.testing.assert_allclose(points_of(row)["a"], [row["three_point_x"], row["three_point_y"]])
    np.testing.assert_allclose(hips["ce_as_printed"], hips["ce"].abs())


def test_a_film_without_angles_is_a_failure_and_a_second_reading_is_not(landmarks, settings):
    first_lost = landmarks[
        ~(
            (landmarks["patient"] == "HIP-002")
            & (landmarks["reader"] == "annotation")
            & (landmarks["side"] == "left")
        )
    ]
    hips, failures, unread = measure_hips(first_lost, settings["measurement"], "a.log")
    assert failures[["patient", "step", "log"]].to_numpy().tolist() == [["HIP-002", "measure_hips", "a.log"]]
    assert "annotation: expected the left femoral_head drawn" in failures["cause"].iloc[0]
    assert "HIP-002" not in set(hips["patient"])
    assert unread.empty
    second_lost = landmarks[
        ~(
            (landmarks["patient"] == "HIP-002")
            & (landmarks["reader"] == "annotation_2")
            & (landmarks["side"] == "left")
        )
    ]
    hips, failures, unread = measure_hips(second_lost, settings["measurement"])
    assert failures.empty
    assert unread["patient"].tolist() == ["HIP-002"]
    assert hips[hips["patient"] == "HIP-002"]["reader"].tolist() == ["annotation"] * 2


def test_a_femur_that_was_not_drawn_costs_the_ccd_alone(landmarks, settings):
    hips, failures, _ = measure_hips(landmarks[landmarks["structure"] != "femur"], settings["measurement"])
    assert failures.empty
    assert hips["ccd"].isna().all()
    assert set(hips["ccd_cause"]) == {"the femur was not drawn"}


def test_nobody_vanishes_and_too_many_failures_stop():
    clinical = pd.DataFrame({"patient": ["A", "B"]})
    ledger = pd.DataFrame(columns=["patient", "cohort", "step", "cause", "log", "excluded_from"])
    failures = pd.DataFrame([{"patient": "B", "step": "measure_hips", "cause": "why", "log": "x"}])
    with pytest.raises(ValueError, match="neither a measured film nor a cause why there is none: B"):
        account_for_cases({"A"}, failures[:0], clinical, ledger, 0, "measured film")
    with pytest.raises(InputError, match="B: why"):
        account_for_cases({"A"}, failures, clinical, ledger, 0, "measured film")
    whole = account_for_cases({"A"}, failures, clinical, ledger, 1, "measured film")
    assert whole[["patient", "excluded_from"]].to_numpy().tolist() == [["B", "all"]]


def test_the_cohort_is_described_by_its_counts(verdicts, cohort):
    ledger = pd.DataFrame(
        {"patient": ["X", "X", "Y"], "excluded_from": ["all", "all", "comparison of readers"]}
    )
    flow = flow_table(ledger, verdicts).set_index("step")["n"]
    assert flow.to_dict() == {
        "in the sheet": 31,
        "excluded": 1,
        "analysed": 30,
        "hips": 60,
        "right": 30,
        "left": 30,
    }
    angles = angle_table(verdicts).set_index(["angle", "group"])
    assert angles.loc[("ce", "all"), "n"] == 60
    assert angles.loc[("ce", "abnormal"), "n"] == (verdicts["knowledge"] == "abnormal").sum()
    assert angles.loc[("sharp", "right"), "mean"] == pytest.approx(
        verdicts.loc[verdicts["side"] == "right", "sharp"].mean()
    )
    said = characteristics(cohort[1], verdicts).set_index("variable")["value"]
    assert said["Hips"] == "60"
    assert "LabelMe 6" in said["Annotated with: films"]
    bare = characteristics(cohort[1][["patient"]], verdicts)
    assert len(bare) == 3


def test_an_overlay_shows_the_part_that_was_drawn_on(cohort, landmarks, hips):
    film = read_picture(cohort[2] / "b" / "HIP-001.png").array[0]
    own = hips[(hips["patient"] == "HIP-001") & (hips["reader"] == "annotation")]
    drawn = landmarks[(landmarks["patient"] == "HIP-001") & (landmarks["reader"] == "annotation")]
    picture = draw_overlay(film, drawn_structures(drawn), own)
    assert picture.size[0] == 1000
    colours = np.asarray(picture).reshape(-1, 3)
    for line in ((230, 159, 0), (0, 158, 115), (213, 94, 0)):
        assert (colours == line).all(axis=1).sum() > 50
    one = {("left", "femur"): Drawn(np.array([[3.0, 4.0], [8.0, 9.0]]))}
    assert drawn_part(np.zeros((40, 60)), one, 10) == (0, 0, 20, 21)


def test_the_letters_on_an_overlay_are_in_its_font():
    # a letter that is missing is drawn as the box of every missing one
    box = bytes(font(20).getmask("\U0010fffd"))
    for letter in "CEShapTönis−°±0123456789":
        assert bytes(font(20).getmask(letter)) != box, letter


def recovery_table(samples, cohort, shift=0.0):
    planted = cohort[0][[*KEYS, "hip_class", "ce", "sharp", "tonnis", "ccd"]]
    planted = planted.rename(columns={a: f"{a}_true" for a in ("ce", "sharp", "tonnis", "ccd")})
    table = samples.merge(planted, on=KEYS)
    return table.assign(ce=table["ce"] + shift)


def test_recovery_holds_and_a_bias_turns_it_red(samples, cohort):
    rows = pd.DataFrame(recovery.angle_rows(recovery_table(samples, cohort), 1)).set_index("quantity")
    assert rows["ok"].all()
    rows = pd.DataFrame(recovery.angle_rows(recovery_table(samples, cohort, 4.0), 1)).set_index("quantity")
    assert not rows.loc["CE: mean error, degrees", "ok"]
    assert rows.loc["CE: mean error, degrees", "found"] == pytest.approx(4, abs=0.6)
    assert not rows.loc["CE: root mean square error, degrees", "ok"]
    flipped = recovery_table(samples, cohort)
    flipped["ce"] = flipped["ce"].abs() * -1
    rows = pd.DataFrame(recovery.angle_rows(flipped, 1)).set_index("quantity")
    assert not rows.loc["CE: sign kept where it is beyond 2 degrees, share", "ok"]


def test_recovery_of_the_centre_sees_a_moved_circle(samples, cohort):
    table = samples.merge(cohort[0][[*KEYS, "centre_x", "centre_y", "radius"]], on=KEYS)
    assert all(row["ok"] for row in recovery.circle_rows(table, 1))
    moved = table.assign(least_squares_x=table["least_squares_x"] + 0.1 * table["radius"])
    rows = recovery.circle_rows(moved, 1)
    assert [row["ok"] for row in rows] == [True, False, False]


def test_recovery_of_verdicts_is_counts():
    table = pd.DataFrame(
        {"hip_class": ["normal"] * 10 + ["dysplastic"] * 4, "verdict": ["normal"] * 8 + ["atypical"] * 6}
    )
    rows = pd.DataFrame(recovery.verdict_rows(table, "so")).set_index("quantity")
    assert rows.loc["Planted normal hips inside, so, share", ["found", "ok"]].tolist() == [0.8, False]
    assert rows.loc["Planted dysplastic hips outside, so, share", "found"] == 1
    assert rows.loc["Planted dysplastic hips called dysplasia, so, share", "found"] == 0
    assert len(rows) == 3  # nothing of a class that was not planted
