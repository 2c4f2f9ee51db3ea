"""Rates of classifiers against one another: by hand, by scikit-learn, and by listing all tables of small samples."""

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import f1_score as sklearn_f1
from sklearn.metrics import precision_score, recall_score

from scripts.errors import InputError
from scripts.reported.printed import Printed
from scripts.reported.rates import accuracy, f1_score, many_classes, two_classes

N = Printed


def one(comparisons):
    (found,) = comparisons
    return found


def printed(value, digits=3):
    return N(f"{value:.{digits}f}")


def test_an_f1_above_both_its_parts():
    """SVM of the second table of tle_subtypes: precision 0.549, recall 0.154, F1 0.682."""
    found = one(f1_score(N("0.549"), N("0.154"), N("0.682")))
    assert not found.agrees
    assert found.found == "F1 would be 0.241; F1 is never above both"


@pytest.mark.parametrize(
    ("f1", "agrees"), [("0.93", True), ("0.91", False), ("0.929", True), ("0.935", True), ("0.936", False)]
)
def test_f1_is_the_harmonic_mean_up_to_rounding(f1, agrees):
    """2 x 0.95 x 0.91 / 1.86 = 0.9296; from 0.945 and 0.905, 0.9246; from 0.955 and 0.915, 0.9346."""
    assert one(f1_score(N("0.95"), N("0.91"), N(f1))).agrees == agrees


def test_a_mean_f1_may_lie_below_the_harmonic_mean_but_not_above():
    """Two folds, (1, 0.2) and (0.2, 1): each F1 is 1/3, the means of precision and recall are 0.6."""
    assert one(f1_score(N("0.600"), N("0.600"), N("0.333"), averaged=True)).agrees
    assert not one(f1_score(N("0.600"), N("0.600"), N("0.333"))).agrees
    assert not one(f1_score(N("0.600"), N("0.600"), N("0.610"), averaged=True)).agrees
    # and not below 0.8 + 0.9 - 1
    assert one(f1_score(N("0.80"), N("0.90"), N("0.70"), averaged=True)).agrees
    found = one(f1_score(N("0.80"), N("0.90"), N("0.68"), averaged=True))
    assert found.found == "the mean F1 is at least 0.69 with these mean values"


def test_nothing_is_compared_where_a_rate_is_missing():
    assert list(f1_score(None, N("0.5"), N("0.5"))) == []
    assert list(accuracy(None, N("0.5"), N("0.5"))) == []
    assert list(two_classes(5, 5, sensitivity=None)) == []


def test_accuracy_between_the_rates():
    found = one(accuracy(N("0.725"), N("0.708"), N("0.719")))
    assert found.found == "the accuracy does not lie between the other two"
    assert one(accuracy(N("0.725"), N("0.708"), N("0.725"))).agrees


def test_accuracy_weighted_by_patients():
    """(41 x 0.707 + 47 x 0.759) / 88 = 0.7348."""
    found = one(accuracy(N("0.750"), N("0.707"), N("0.759"), 41, 47))
    assert (found.agrees, found.found) == (False, "with 41 positive and 47 negative, the rates give 0.735")
    assert one(accuracy(N("0.735"), N("0.707"), N("0.759"), 41, 47)).agrees


@pytest.mark.parametrize("digits", [2, 3])
def test_every_table_of_two_classes_is_possible_and_gives_sklearn_s_rates(digits):
    for tp, tn in product(range(1, 6), range(1, 4)):
        truth = np.repeat([1, 0], [5, 3])
        called = np.concatenate([np.arange(5) < tp, np.arange(3) >= tn]).astype(int)
        rates = {
            "sensitivity": recall_score(truth, called),
            "specificity": recall_score(truth, called, pos_label=0),
            "ppv": precision_score(truth, called),
            "npv": precision_score(truth, called, pos_label=0),
            "f1": sklearn_f1(truth, called),
            "accuracy": (truth == called).mean(),
        }
        assert one(two_classes(5, 3, **{k: printed(v, digits) for k, v in rates.items()})).agrees


def test_table_3_of_nact_response_is_of_23_and_30():
    rates = {"sensitivity": N("0.913"), "specificity": N("0.367"), "ppv": N("0.525"), "npv": N("0.846")}
    assert one(two_classes(23, 30, **rates)).agrees
    found = one(two_classes(23, 30, **(rates | {"ppv": N("0.535")})))
    assert not found.agrees
    assert found.found.endswith("without the positive predictive value they do, and it would be 0.525")
    found = one(two_classes(24, 30, **rates))
    assert found.found == "of 24 positive and 30 negative, none can have sensitivity 0.913"


def test_rates_that_fit_one_by_one_but_not_together():
    """Of 10 and 10: 8 and 6 right. PPV 8 / 12, NPV 6 / 8; PPV 0.80 is 8 of 10 only with 8 true negatives."""
    found = one(two_classes(10, 10, sensitivity=N("0.80"), specificity=N("0.60"), ppv=N("0.80")))
    assert not found.agrees
    assert found.found.startswith("no numbers of true positives and negatives of 10 positive and 10 negative")


def test_classes_of_the_cnn_of_brain_tumor_types():
    """13 of 14, 6 of 7, 11 of 11: precision and recall 0.93, 0.86, 1.00."""
    rates = [N("0.93"), N("0.86"), N("1.00")]
    assert one(many_classes(rates, rates, 32)).agrees
    assert [c.agrees for c in many_classes(rates, rates, 32, N("0.94"))] == [True, True]
    assert [c.agrees for c in many_classes(rates, rates, 32, N("0.92"))] == [True, False]
    # of 31 there are none: 14, 7 and 10 would need 10 of 10, and 13/14, 6/7 also fit, so this is possible
    assert one(many_classes(rates, rates, 31)).agrees
    assert not one(many_classes(rates, rates, 8)).agrees


def confusions(n_classes, n):
    """All confusion matrices of n cases whose classes all occur and are all called."""
    for cells in product(range(n + 1), repeat=n_classes**2):
        if sum(cells) == n:
            table = np.array(cells).reshape(n_classes, n_classes)
            if table.sum(axis=0).all() and table.sum(axis=1).all():
                yield table


def test_every_confusion_matrix_of_two_classes_is_let_through():
    seen = {}
    for table in confusions(2, 9):
        recall = tuple(f"{x:.2f}" for x in np.diag(table) / table.sum(axis=1))
        precision = tuple(f"{x:.2f}" for x in np.diag(table) / table.sum(axis=0))
        seen.setdefault((precision, recall), set()).add(int(np.trace(table)))
    for (precision, recall), right in seen.items():
        p, r = [N(x) for x in precision], [N(x) for x in recall]
        for k in right:
            assert all(c.agrees for c in many_classes(p, r, 9, printed(k / 9)))
        _, perfect = many_classes(p, r, 9, N("1.000"))
        assert perfect.agrees == (right == {9})


def test_a_random_table_of_four_classes_is_let_through():
    generator = np.random.default_rng(3)
    for _ in range(20):
        table = generator.multinomial(60, generator.dirichlet(np.ones(16) + 20 * np.eye(4).ravel())).reshape(
            4, 4
        )
        if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
            continue
        p = [printed(x) for x in np.diag(table) / table.sum(axis=0)]
        r = [printed(x) for x in np.diag(table) / table.sum(axis=1)]
        sizes = [int(x) for x in table.sum(axis=1)]
        assert all(c.agrees for c in many_classes(p, r, 60, printed(np.trace(table) / 60), sizes))
        assert all(c.agrees for c in many_classes(p, r, 60, printed(np.trace(table) / 60)))


def test_too_many_cases_to_try_are_refused():
    rates = [N("0.5")] * 6
    with pytest.raises(InputError, match="expected few enough cases to try, found 900 with these rates"):
        list(many_classes(rates, rates, 900))
