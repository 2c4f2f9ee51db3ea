from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.radiomics.collect_features import LEDGER, collect_features, main
from scripts.radiomics.extract_features import FAILURES
from scripts.radiomics.features import FEATURE_NAMES


def features_of(*patients):
    table = pd.DataFrame(
        [[float(len(p) + k) for k in range(107)] for p in patients], columns=list(FEATURE_NAMES), dtype=float
    )
    table.insert(0, "patient", list(patients))
    return table


def failures_of(*patients):
    return pd.DataFrame(
        [(p, "extract_features", f"{p} is flat", "logs/b.log") for p in patients], columns=list(FAILURES)
    )


def ledger_of(*rows):
    return pd.DataFrame(rows, columns=list(LEDGER))


CLINICAL = pd.DataFrame({"patient": ["03", "01", "02"], "cohort": ["primary", "validation", "primary"]})
CHECKED_OUT = ("09", "primary", "check_cases", "mask: empty", "logs/c.log", "all")
NO_OUTCOME = ("01", "validation", "check_cohort", "no follow-up", "logs/d.log", "survival")


def test_features_come_in_the_order_of_the_clinical_table():
    features, ledger = collect_features(
        features_of("01", "02", "03"), failures_of(), CLINICAL, ledger_of(NO_OUTCOME)
    )
    assert features["patient"].tolist() == ["03", "01", "02"]
    assert features.columns.tolist() == ["patient", *FEATURE_NAMES]
    assert ledger.to_numpy().tolist() == [list(NO_OUTCOME)]


def test_failed_cases_join_the_ledger_with_their_cause():
    features, ledger = collect_features(
        features_of("03", "01", "09"), failures_of("02"), CLINICAL, ledger_of(CHECKED_OUT), max_failed_cases=2
    )
    assert features["patient"].tolist() == ["03", "01"]  # 09 was checked out; its features are not used
    assert ledger.columns.tolist() == list(LEDGER)
    assert ledger.to_numpy().tolist() == [
        list(CHECKED_OUT),
        ["02", "primary", "extract_features", "02 is flat", "logs/b.log", "all"],
    ]


def test_failures_of_both_steps_count_towards_the_limit():
    given = (features_of("03", "01"), failures_of("02"), CLINICAL, ledger_of(CHECKED_OUT, NO_OUTCOME))
    with pytest.raises(InputError) as error:
        collect_features(*given, max_failed_cases=1)
    assert str(error.value) == (
        "features of the cohort: expected at most 1 failed cases (max_failed_cases), found 2. Mend "
        "them, or raise max_failed_cases for the cohort to go on without them:\n"
        "  - 09: mask: empty\n  - 02: 02 is flat"
    )
    collect_features(*given, max_failed_cases=2)


def test_a_long_list_of_failures_is_cut():
    patients = [f"{k:02d}" for k in range(14)]
    clinical = pd.DataFrame({"patient": patients, "cohort": "primary"})
    with pytest.raises(InputError, match=r"found 14\. .*\n(  - \d\d: .*\n){10}  and 4 more$"):
        collect_features(features_of(), failures_of(*patients), clinical, ledger_of(), 3)


@pytest.mark.parametrize(
    ("features", "failures", "message"),
    [
        (("03", "01"), (), "neither features nor a failure: 02"),
        (("03", "01", "02"), ("02",), "features and a failure: 02"),
        (("03", "01", "02", "01"), (), "features twice: 01"),
        (("03", "01"), ("02", "02"), "failed twice: 02"),
        (("03", "01", "02", "77"), (), "features, but neither admitted nor in the ledger: 77"),
    ],
)
def test_no_patient_vanishes(features, failures, message):
    with pytest.raises(ValueError, match=message):
        collect_features(features_of(*features), failures_of(*failures), CLINICAL, ledger_of(CHECKED_OUT), 9)


def test_a_cohort_without_groups_and_with_nobody_left():
    clinical = CLINICAL[["patient"]]
    everyone = failures_of("03", "01", "02")
    ledger = ledger_of(("09", np.nan, "check_cases", "mask: empty", "logs/c.log", "all"))
    features, ledger = collect_features(features_of(), everyone, clinical, ledger, max_failed_cases=4)
    assert len(features) == 0
    assert features.columns.tolist() == ["patient", *FEATURE_NAMES]
    assert ledger["cohort"].tolist() == [""] * 4


def test_the_step_joins_batches_with_and_without_rows(tmp_path):
    paths = {"features": [], "failures": []}
    for batch, (done, failed) in enumerate([(("01",), ()), ((), ("02",)), (("03",), ())]):
        features_of(*done).to_parquet(tmp_path / f"{batch}.parquet")
        failures_of(*failed).to_csv(tmp_path / f"{batch}.csv", index=False)
        paths["features"].append(tmp_path / f"{batch}.parquet")
        paths["failures"].append(tmp_path / f"{batch}.csv")
    CLINICAL.to_parquet(tmp_path / "clinical.parquet")
    ledger_of().to_csv(tmp_path / "ledger.csv", index=False)
    job = SimpleNamespace(
        settings={"max_failed_cases": 1},
        input=SimpleNamespace(
            **paths, clinical=tmp_path / "clinical.parquet", ledger=tmp_path / "ledger.csv"
        ),
        output=SimpleNamespace(features=tmp_path / "all.parquet", ledger=tmp_path / "all.csv"),
    )
    main(job)
    assert pd.read_parquet(job.output.features)["patient"].tolist() == ["03", "01"]
    ledger = pd.read_csv(job.output.ledger, dtype=str)
    assert ledger["patient"].tolist() == ["02"]
    assert ledger["excluded_from"].tolist() == ["all"]
