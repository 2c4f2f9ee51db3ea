from collections import Counter

import pytest

from scripts.workflow.batches import plan_batches

PATIENTS = [f"P{i:05d}" for i in range(3000)]


@pytest.mark.parametrize("cases_per_job", [1, 2, 7, 64, 5000])
def test_every_patient_is_in_exactly_one_batch_of_at_most_the_given_size(cases_per_job):
    batches = plan_batches(PATIENTS, cases_per_job)
    counts = Counter(patient for members in batches.values() for patient in members)
    assert counts == Counter(PATIENTS)
    assert max(map(len, batches.values())) <= cases_per_job


def test_the_order_of_the_sheet_does_not_matter():
    assert plan_batches(reversed(PATIENTS), 50) == plan_batches(PATIENTS, 50)


@pytest.mark.parametrize("cases_per_job", [1, 10, 100])
def test_an_added_patient_touches_one_batch(cases_per_job):
    before = plan_batches(PATIENTS, cases_per_job)
    for newcomer in ("NEW-1", "NEW-2", "NEW-3", "another"):
        after = plan_batches([*PATIENTS, newcomer], cases_per_job)
        gone = [name for name in before if after.get(name) != before[name]]
        assert len(gone) <= 1
        came = [name for name in after if before.get(name) != after[name]]
        assert newcomer in [patient for name in came for patient in after[name]]
        assert set(PATIENTS) - {p for name in gone for p in before[name]} <= {
            p for name in after if name in before for p in after[name]
        }


def test_batches_are_not_many_more_than_needed():
    assert len(plan_batches(PATIENTS, 100)) <= 2 * len(PATIENTS) / 100


def test_no_patients_no_batches():
    assert plan_batches([], 10) == {}


def test_names_are_safe_in_paths():
    for cases_per_job in (1, 3):
        assert all(name.isalnum() for name in plan_batches(["Ä/ö", "x y", ""], cases_per_job))


def test_a_batch_size_below_one_is_refused():
    with pytest.raises(ValueError, match="cases_per_job is 0, expected at least 1"):
        plan_batches(PATIENTS, 0)
