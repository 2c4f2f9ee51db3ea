from pathlib import Path

import pandas as pd
import pytest
import yaml

from scripts.papers.nact_response.describe_cohort import acquisition, characteristics, flow
from scripts.papers.nact_response.outcome import with_outcome

REPORTED = yaml.safe_load(
    (Path(__file__).parents[4] / "resources" / "reported" / "nact_response.yaml").read_text(encoding="utf-8")
)
WORDS = {
    "Menopausal status": ("menopausal_status", {"Pre": "pre", "Post": "post"}),
    "Family history": ("family_history", {"No": "no", "Yes": "yes"}),
    "Miller Payne": ("miller_payne", {str(g): g for g in range(1, 6)}),
}
# (er, pr, her2, ki67) of a patient of each subtype
MARKERS = {
    "Luminal A": ("positive", "negative", "negative", 5.0),
    "Luminal B": ("positive", "positive", "positive", 30.0),
    "Basal-like": ("negative", "negative", "negative", 40.0),
    "HER-2": ("negative", "negative", "positive", 40.0),
}


def printed_patients():
    """114 patients with the counts of the paper's Table 2 (each variable by itself)."""
    parts = []
    for cohort, n in (("development", 61), ("testing", 53)):
        columns = {"cohort": [cohort] * n, "age": [40.0] * (n - 1) + [60.0]}
        for variable, (name, words) in WORDS.items():
            rows = [row for row in REPORTED["table_2"] if row["variable"] == variable]
            columns[name] = [words[row["level"]] for row in rows for _ in range(row[cohort][0])]
        rows = [row for row in REPORTED["table_2"] if row["variable"] == "Molecular subtypes"]
        markers = [MARKERS[row["level"]] for row in rows for _ in range(row[cohort][0])]
        columns |= dict(zip(("er", "pr", "her2", "ki67"), zip(*markers, strict=True), strict=True))
        parts.append(pd.DataFrame(columns))
    table = pd.concat(parts, ignore_index=True)
    return with_outcome(table.assign(patient=[f"P{i}" for i in range(len(table))]))


def test_the_papers_table_2_comes_out_of_its_counts():
    table = characteristics(printed_patients(), seed=3)
    found = table.dropna(subset="p_value").set_index("variable")["p_value"]
    assert found["Menopausal status"] == pytest.approx(0.670, abs=0.0005)
    assert found["Family history"] == pytest.approx(0.642, abs=0.0005)
    assert found["Miller-Payne grade"] == pytest.approx(0.706, abs=0.005)
    assert found["Molecular subtype"] == pytest.approx(0.409, abs=0.0005)
    cells = table.set_index(["variable", "level"])
    assert cells.loc[("Molecular subtype", "Luminal B"), ["all", "development", "testing"]].tolist() == [
        "58 (51)",
        "30 (49)",
        "28 (53)",
    ]
    assert cells.loc[("Response", "Responders"), ["all", "development", "testing"]].tolist() == [
        "44 (39)",
        "21 (34)",
        "23 (43)",
    ]
    assert cells.loc[("n", ""), ["all", "development", "testing"]].tolist() == ["114", "61", "53"]


def test_age_is_mean_and_range_and_missing_values_have_a_row():
    patients = printed_patients()
    patients.loc[0, "family_history"] = None
    table = characteristics(patients).set_index(["variable", "level"])
    assert table.loc[("Age, y", ""), "testing"] == "40 (40–60)"
    assert table.loc[("Family history", "missing"), ["all", "development", "testing"]].tolist() == [
        "1",
        "1",
        "0",
    ]
    assert list(dict.fromkeys(variable for variable, _ in table.index))[:3] == [
        "n",
        "Age, y",
        "Menopausal status",
    ]


def test_acquisition_is_what_the_files_say():
    cases = pd.DataFrame(
        {
            "patient": ["a", "a", "b", "c"],
            "image": ["baseline", "follow_up", "baseline", "baseline"],
            "size_x": [384, 384, 512, 384],
            "spacing_z_mm": [2.2, 2.2, 1.48, 2.0],
        }
    )
    clinical = pd.DataFrame({"patient": ["a", "b", "c"], "cohort": ["development", "testing", "development"],
                             "field_strength_t": [3.0, 1.5, 3.0]})  # fmt: skip
    table = acquisition(cases, clinical).set_index(["cohort", "visit", "quantity"])
    row = table.loc[("development", "baseline", "Distance of slices, mm")]
    assert row[["n", "lowest", "highest"]].tolist() == [2, 2.0, 2.2]
    assert table.loc[("testing", "baseline", "Field strength, T"), "commonest"] == 1.5
    assert ("testing", "follow_up", "Slices") not in table.index


def test_nobody_vanishes_between_the_sheet_and_the_analysis():
    patients = printed_patients()
    patients.loc[3, "response"] = pd.NA
    ledger = pd.DataFrame(
        {"patient": ["x", "x", "P1"], "cohort": ["testing", "testing", "development"],
         "excluded_from": ["all", "all", "all"]}
    )  # fmt: skip
    counts = flow(ledger, patients, set(patients["patient"]) - {"P1"})
    n = counts.set_index(["cohort", "step"])["n"]
    for cohort in ("development", "testing"):
        assert n[cohort, "in the sheet"] - n[cohort, "excluded"] == n[cohort, "with features"]
    assert n["testing", "in the sheet"] == 54
    assert n["development", "with features"] - n["development", "with response"] == 1
