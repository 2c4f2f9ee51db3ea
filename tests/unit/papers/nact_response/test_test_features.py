import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, mannwhitneyu, wilcoxon

from scripts.papers.nact_response.cohorts import IMAGE_LABELS, PAIRED, SHOWN
from scripts.papers.nact_response.test_features import (
    feature_changes,
    feature_differences,
    shown_values,
)

NAMES = ["one", "two", "constant"]


@pytest.fixture
def patients():
    return pd.DataFrame(
        {
            "patient": [f"P{i}" for i in range(24)],
            "cohort": ["development"] * 14 + ["testing"] * 10,
            "response": pd.array([0, 1] * 12, dtype="Int64"),
        }
    )


def features(patients, seed=0, shift=0.0):
    draw = np.random.default_rng(seed)
    table = pd.DataFrame({name: draw.normal(size=len(patients)) for name in NAMES[:2]})
    table["one"] += shift * patients["response"].to_numpy(float)
    table["constant"] = 1.0
    table.insert(0, "patient", patients["patient"])
    return table.sample(frac=1, random_state=1).reset_index(drop=True)  # another order than the patients'


def test_differences_are_those_of_mann_whitney_in_each_cohort(patients):
    table = features(patients, shift=1.5)
    found = feature_differences(table, patients, "mann_whitney")
    values = table.set_index("patient").loc[patients["patient"], "one"].to_numpy()
    for cohort in ("all", "development", "testing"):
        chosen = np.ones(24, bool) if cohort == "all" else (patients["cohort"] == cohort).to_numpy()
        responds = patients["response"].to_numpy() == 1
        high, low = values[chosen & responds], values[chosen & ~responds]
        row = found[(found["cohort"] == cohort) & (found["feature"] == "one")].iloc[0]
        expected = mannwhitneyu(high, low, method="exact")
        assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-12)
        assert row["auc"] == pytest.approx(expected.statistic / (len(high) * len(low)), rel=1e-12)
        assert row["median_responders"] == np.median(high)
        assert (row["n_responders"], row["n_nonresponders"]) == (len(high), len(low))


def test_a_constant_feature_has_no_test_and_counts_as_none(patients):
    found = feature_differences(features(patients), patients, "mann_whitney")
    part = found[found["cohort"] == "all"].set_index("feature")
    assert np.isnan(part.loc["constant", "p_value"])
    expected = false_discovery_control(part.loc[NAMES[:2], "p_value"])
    assert part.loc[NAMES[:2], "q_value"].to_numpy() == pytest.approx(expected, rel=1e-12)


def test_changes_are_paired_by_patient(patients):
    before, after = features(patients, 1), features(patients, 2)
    found = feature_changes(before, after, patients, "wilcoxon")
    responders = patients.loc[patients["response"] == 1, "patient"]
    pairs = [table.set_index("patient").loc[responders, "two"].to_numpy() for table in (before, after)]
    row = found[
        (found["cohort"] == "all") & (found["group"] == "responders") & (found["feature"] == "two")
    ].iloc[0]
    assert row["p_value"] == pytest.approx(wilcoxon(*pairs, method="exact").pvalue, rel=1e-12)
    assert row["n"] == 12
    assert row["median_baseline"] == np.median(pairs[0])
    shuffled = feature_changes(before, after.sample(frac=1, random_state=5), patients, "wilcoxon")
    pd.testing.assert_frame_equal(found, shuffled)


def test_the_values_shown_are_those_of_their_image(patients):
    names = sorted({feature for _, feature, _ in SHOWN.values()} | {PAIRED})
    images = {
        image: pd.DataFrame({"patient": patients["patient"][::-1].tolist()}).assign(
            **{name: [f"{place}{k}" for k in range(24)][::-1] for name in names}
        )
        for place, image in enumerate(IMAGE_LABELS, 1)
    }
    table = shown_values(images, patients)
    places = {image: place for place, image in enumerate(IMAGE_LABELS, 1)}
    for key, (image, _, _) in SHOWN.items():
        assert table[key].tolist() == [float(f"{places[image]}{k}") for k in range(24)]
    assert table["paired_follow_up"].tolist() == [float(f"{places['follow_up']}{k}") for k in range(24)]
