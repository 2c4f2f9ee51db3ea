"""Ten thousand consistent tables, drawn at random, computed from their patients and rounded: nothing is found.

Each table is rounded with its own digits, half up or half to even, as authors do.
"""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from scripts.reported.plausibility import CHECKS
from scripts.reported.printed import Printed

N_TABLES = 10_000
SHARES = {  # of all tables; the dear ones are drawn less often
    "add_up": 0.08, "percentages": 0.14, "share": 0.10, "quotient": 0.08, "same": 0.06, "mean_of": 0.08,
    "mean_sd": 0.14,
    "f1": 0.09, "accuracy": 0.08, "two_classes": 0.04, "many_classes": 0.01, "p_of_counts": 0.02, "p_of_means": 0.02,
    "ratio_interval": 0.02, "p_of_correlation": 0.01, "p_of_statistic": 0.01, "roc_area": 0.02,
}  # fmt: skip


def rates(tp, tn, n_positive, n_negative):
    """The rates of two classes, exactly."""
    return {
        "sensitivity": Fraction(tp, n_positive),
        "specificity": Fraction(tn, n_negative),
        "ppv": Fraction(tp, tp + n_negative - tn),
        "npv": Fraction(tn, tn + n_positive - tp),
        "accuracy": Fraction(tp + tn, n_positive + n_negative),
        "f1": Fraction(2 * tp, tp + n_negative - tn + n_positive),
    }


class Draw:
    """One table's chance: its numbers, its digits and its way of rounding."""

    def __init__(self, seed):
        self.of = np.random.default_rng(seed)
        self.half = ROUND_HALF_UP if self.of.random() < 0.5 else ROUND_HALF_EVEN

    def whole(self, low, high):
        return int(self.of.integers(low, high + 1))

    def rounded(self, value, digits):
        """`value` (a Fraction is rounded exactly) as printed."""
        if isinstance(value, Fraction):
            value = Decimal(value.numerator) / Decimal(value.denominator)
        return Printed(str(Decimal(value).quantize(Decimal(1).scaleb(-digits), self.half)))

    def two_groups(self):
        """Right calls of two classes and cases of two classes; both are called, and some positive is right."""
        while True:
            n = [self.whole(3, 60), self.whole(3, 60)]
            right = [int(self.of.binomial(k, self.of.random())) for k in n]
            if right[0] and right[1] + n[0] - right[0]:
                return *right, *n

    def p(self, value):
        if value < 0.001:
            return "<0.001"
        return str(self.rounded(float(value), self.whole(2, 4)).text)


def add_up(d):
    parts = [d.whole(0, 300) for _ in range(d.whole(2, 5))]
    return {
        "parts": parts,
        "whole": sum(parts) + (d.whole(0, 5) if (least := d.whole(0, 1)) else 0),
        "at_most": bool(least),
    }


def percentages(d):
    counts = [d.whole(0, 80) for _ in range(d.whole(1, 5))]
    counts[0] += 1
    missing = d.whole(0, 9) if len(counts) > 1 else d.whole(0, 80)
    n = sum(counts) + missing
    of = sum(counts) if len(counts) > 1 and d.of.random() < 0.5 else n
    digits = d.whole(0, 2)
    return {"counts": counts, "percents": [d.rounded(Fraction(100 * c, of), digits) for c in counts], "n": n}


def share(d):
    n = d.whole(1, 400)
    return {"share": d.rounded(Fraction(d.whole(0, n), n), d.whole(1, 4)), "n": n}


def quotient(d):
    top, bottom = d.whole(1, 900), d.whole(1, 900)
    if d.of.random() < 0.5:
        return {
            "value": d.rounded(Fraction(top, bottom), d.whole(0, 4)),
            "numerator": top,
            "denominator": bottom,
        }
    a, b = d.of.uniform(1, 90, 2)
    return {
        "value": d.rounded(a / b, d.whole(0, 3)),
        "numerator": d.rounded(a, 1),
        "denominator": d.rounded(b, 1),
    }


def same(d):
    value = d.of.normal(0, 30)
    return {"numbers": [d.rounded(value, d.whole(0, 4)) for _ in range(3)]}


def mean_of(d):
    parts = d.of.random(d.whole(2, 6))
    weights = [d.whole(1, 90) for _ in parts] if d.of.random() < 0.5 else None
    digits = d.whole(1, 4)
    whole = np.average(parts, weights=weights)
    return {
        "parts": [d.rounded(p, digits) for p in parts],
        "whole": d.rounded(whole, d.whole(1, 4)),
        "weights": weights,
    }


def mean_sd(d):
    n, items = d.whole(2, 60), d.whole(1, 13)
    values = [Fraction(int(v), items) for v in d.of.binomial(10 * items, d.of.random(), n)]
    mean = sum(values) / n
    sd = np.sqrt(float(sum((v - mean) ** 2 for v in values) / (n - d.whole(0, 1))))
    bounds = {"smallest": 0, "largest": 10} if d.of.random() < 0.5 else {}
    items = items if d.of.random() < 0.8 else None
    return {
        "mean": d.rounded(mean, d.whole(0, 3)),
        "sd": d.rounded(sd, d.whole(0, 3)),
        "n": n,
        "items": items,
        **bounds,
    }


def f1(d):
    folds = [rates(*d.two_groups()) for _ in range(d.whole(1, 3))]
    digits = d.whole(2, 4)
    p, r, f = (
        d.rounded(sum(fold[k] for fold in folds) / len(folds), digits) for k in ("ppv", "sensitivity", "f1")
    )
    return {"precision": p, "recall": r, "f1": f, "averaged": len(folds) > 1}


def accuracy(d):
    groups, digits = d.two_groups(), d.whole(2, 4)
    exact = rates(*groups)
    given = {k: d.rounded(exact[k], digits) for k in ("accuracy", "sensitivity", "specificity")}
    return given | (dict(zip(("n_positive", "n_negative"), groups[2:], strict=True)) if d.whole(0, 2) else {})


def two_classes(d):
    groups, digits = d.two_groups(), d.whole(2, 4)
    given = {k: d.rounded(rate, digits) for k, rate in rates(*groups).items()}
    return {"n_positive": groups[2], "n_negative": groups[3], **given}


def many_classes(d):
    while True:
        table = d.of.multinomial(d.whole(8, 50), d.of.dirichlet(np.ones(9) + 6 * np.eye(3).ravel())).reshape(
            3, 3
        )
        if table.sum(axis=0).all() and table.sum(axis=1).all():
            break
    right, n, digits = np.diag(table), int(table.sum()), d.whole(2, 3)
    precision, recall = (
        [
            d.rounded(Fraction(int(a), int(b)), digits)
            for a, b in zip(right, table.sum(axis=axis), strict=True)
        ]
        for axis in (0, 1)
    )
    return {
        "precision": precision,
        "recall": recall,
        "n": n,
        "accuracy": d.rounded(Fraction(int(right.sum()), n), 3),
    }


def p_of_counts(d):
    table = d.of.integers(1, 40, (2, d.whole(2, 4)))
    kind = d.whole(0, 2) if table.shape == (2, 2) else 0
    p = (
        stats.fisher_exact(table).pvalue
        if kind == 2
        else stats.chi2_contingency(table, correction=kind == 1).pvalue
    )
    return {"counts": table.tolist(), "p": d.p(p)}


def p_of_means(d):
    groups = [d.of.normal(50 + 6 * d.of.random(), 8 + 4 * d.of.random(), d.whole(4, 80)) for _ in range(2)]
    digits = d.whole(0, 2)
    return {
        "means": [d.rounded(g.mean(), digits) for g in groups],
        "sds": [d.rounded(g.std(ddof=1), digits) for g in groups],
        "n": [len(g) for g in groups],
        "p": d.p(stats.ttest_ind(*groups, equal_var=d.of.random() < 0.5).pvalue),
    }


def ratio_interval(d):
    b, se = d.of.normal(0, 0.8), d.of.uniform(0.05, 0.7)
    digits = d.whole(2, 3)
    ratio, low, high = (d.rounded(np.exp(b + z * se), digits) for z in (0, -1.959964, 1.959964))
    return {"ratio": ratio, "ci": [low, high], "p": d.p(2 * stats.norm.sf(abs(b / se)))}


def p_of_correlation(d):
    n = d.whole(5, 200)
    x = d.of.normal(size=n)
    found = stats.pearsonr(x, d.of.normal(size=n) + d.of.normal() * x)
    return {"r": d.rounded(float(found.statistic), d.whole(2, 3)), "n": n, "p": d.p(found.pvalue)}


def p_of_statistic(d):
    kind, df = [("t", [20]), ("F", [3, 60]), ("chi2", [4]), ("z", [])][d.whole(0, 3)]
    law = {"t": stats.t, "F": stats.f, "chi2": stats.chi2, "z": stats.norm}[kind]
    x = float(law.rvs(*df, random_state=d.of))
    p = 2 * law.sf(abs(x), *df) if kind in "tz" else law.sf(x, *df)
    return {"statistic": d.rounded(x, 2), "kind": kind, "df": df, "p": d.p(p)}


def roc_area(d):
    n = d.whole(3, 40), d.whole(3, 40)
    positive, negative = d.of.normal(d.of.normal(), 1, n[0]), d.of.normal(0, 1, n[1])
    above = np.sign(np.subtract.outer(positive, negative)) / 2 + 0.5
    variance = above.mean(axis=1).var(ddof=1) / n[0] + above.mean(axis=0).var(ddof=1) / n[1]  # DeLong
    cut = d.of.choice(positive)
    numbers = {"auc": above.mean(), "se": np.sqrt(variance), "sensitivity": (positive >= cut).mean(),
               "specificity": (negative < cut).mean()}  # fmt: skip
    return {k: d.rounded(float(v), 3) for k, v in numbers.items()} | {"n_positive": n[0], "n_negative": n[1]}


TABLES = [
    add_up, percentages, share, quotient, same, mean_of, mean_sd, f1, accuracy, two_classes, many_classes, p_of_counts,
    p_of_means, ratio_interval, p_of_correlation, p_of_statistic, roc_area,
]  # fmt: skip

CHANGES = {  # check -> the number that is changed, and the least share of changes that must be found
    "add_up": ("whole", 0.4),  # half of the drawn parts may stay below the whole
    "percentages": ("percents", 0.95),
    "share": ("share", 0.25),
    "quotient": ("value", 0.85),
    "same": ("numbers", 0.95),
    "mean_of": ("whole", 0.9),
    "mean_sd": ("mean", 0.2),
    "f1": ("f1", 0.7),
    "accuracy": ("accuracy", 0.7),
    "two_classes": ("ppv", 0.95),
    "many_classes": ("accuracy", 0.9),
    "p_of_counts": ("p", 0.95),
    "p_of_means": ("p", 0.75),
    "ratio_interval": ("ratio", 0.9),
    "p_of_correlation": ("p", 0.9),
    "p_of_statistic": ("p", 0.9),
    # "roc_area": bounds alone, see test_areas.py
}


def changed(number):
    """Another number with as many digits: a count by 3, a P value by 0.3, else by a tenth and 3 units at least."""
    if isinstance(number, list):
        return [changed(number[0]), *number[1:]]
    if isinstance(number, str):
        return (
            "0.30"
            if number.startswith("<")
            else f"{float(number) + (0.3 if float(number) < 0.5 else -0.3):.4f}"
        )
    if isinstance(number, int):
        return number + 3
    digits = len(number.text.partition(".")[2])
    step = max(3 * 10**-digits, abs(number) / 10)
    return Printed(f"{number - step if 0.9 < number <= 1 else number + step:.{digits}f}")


def test_every_check_is_drawn():
    assert {table.__name__ for table in TABLES} == set(CHECKS) == set(SHARES)
    assert sum(SHARES.values()) == pytest.approx(1)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_nothing_is_found_in_consistent_tables(table):
    check = CHECKS[table.__name__].function
    n_compared = 0
    for seed in range(round(SHARES[table.__name__] * N_TABLES)):
        printed = table(Draw([TABLES.index(table), seed]))
        compared = list(check(**printed))
        n_compared += len(compared)
        assert all(c.agrees for c in compared), (printed, compared)
    assert n_compared >= 0.8 * SHARES[table.__name__] * N_TABLES


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_number_is_found(kind):
    """As often as the table's other numbers tell: nearly always, but for shares and means of many values (GRIM)."""
    index = [table.__name__ for table in TABLES].index(kind)
    name, least = CHANGES[kind]
    found = []
    for seed in range(30 if kind == "p_of_counts" else 100):
        printed = TABLES[index](Draw([index, seed]))
        printed[name] = changed(printed[name])
        found.append(not all(c.agrees for c in CHECKS[kind].function(**printed)))
    assert np.mean(found) >= least
