import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.papers.nmosd_ms.describe_cohort import characteristics, flow, lesion_views, numbers


@pytest.fixture
def patients():
    random = np.random.default_rng(2)
    n = 40
    return pd.DataFrame(
        {
            "patient": [f"P{k}" for k in range(n)],
            "disease": ["ms", "nmosd"] * (n // 2),
            "age": random.normal(40, 10, n),
            "sex": ["M", "F", "F", "F"] * (n // 4),
            "duration_months": np.nan,
            "edss": random.normal(3, 1, n),
            "icv_ml": random.normal(1400, 100, n),
            "lesion_ml": random.gamma(2, 3, n),
            "n_lesions": random.integers(1, 20, n),
        }
    )


def test_table_1_has_means_and_students_t(patients):
    table = characteristics(patients).set_index("variable")
    two = [patients.loc[patients["disease"] == d, "edss"] for d in ("ms", "nmosd")]
    assert table.loc["EDSS", "p_value"] == pytest.approx(stats.ttest_ind(*two).pvalue)
    assert table.loc["EDSS", "ms"] == f"{two[0].mean():.1f} ({two[0].std():.1f})"
    assert table.loc["n", "nmosd"] == "20"
    assert "Disease duration, months" not in table.index  # nobody's is known
    share = 100 * patients["lesion_ml"] / patients["icv_ml"]
    ms = share[patients["disease"] == "ms"]
    assert table.loc["Lesion volume, % of intracranial volume", "ms"] == f"{ms.mean():.2f} ({ms.std():.2f})"


def test_numbers_are_the_same_unrounded(patients):
    table = numbers(patients).set_index(["variable", "disease"])
    assert table.loc[("sex", "ms"), "mean"] == 10
    assert table.loc[("sex", "nmosd"), "mean"] == 0
    members = patients[patients["disease"] == "nmosd"]
    assert table.loc[("age", "nmosd"), "mean"] == pytest.approx(members["age"].mean())
    assert table.loc[("age", "nmosd"), "sd"] == pytest.approx(members["age"].std(ddof=1))
    assert table.loc[("duration_months", "ms"), "n"] == 0


def test_views_are_shares_of_patients_by_line_of_sight():
    images = {name: np.zeros((1, 4, 4, 4), np.uint8) for name in "abc"}
    images["a"][0, 3, 1, 2] = 255  # top of the head
    images["b"][0, 3, 1, 2] = 51
    images["c"][0, 0, 0, 0] = 255
    views = lesion_views(images, {"a": "ms", "b": "ms", "c": "nmosd"})
    found = {
        key: part.pivot(index="row", columns="column", values="share").to_numpy()
        for key, part in views.groupby(["disease", "view"])
    }
    assert len(found) == 6
    assert found["ms", "axial"][1, 2] == pytest.approx((1 + 0.2) / 2)
    assert found["ms", "coronal"][0, 2] == pytest.approx(0.6)  # the top is the first row
    assert found["ms", "sagittal"][0, 1] == pytest.approx(0.6)
    assert found["nmosd", "coronal"][3, 0] == 1
    assert all(part.sum() == pytest.approx(part.max()) for part in found.values())


def test_the_flow_counts_everybody_once():
    ledger = pd.DataFrame({"patient": ["x", "x", "y"], "excluded_from": ["all", "all", "all"]})
    samples = pd.DataFrame({"label": ["ms"] * 3 + ["nmosd"] * 2})
    found = flow(ledger, samples).set_index("step")["n"]
    assert found.to_dict() == {"in the sheet": 7, "excluded": 2, "analysed": 5, "ms": 3, "nmosd": 2}
