"""Table 1: who the patients are, by group, with the tests of R's tableone.

Categorical variables: n (%) of each level and the chi-square test, with Yates' continuity correction in a 2 x
2 table (R's chisq.test). Continuous variables: mean (SD) and the one-way analysis of variance with equal
variances (R's oneway.test(var.equal = TRUE), for two groups the same as Student's t-test). Percentages, means
and tests are of the patients whose value is known; how many are missing stands in a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from scripts.errors import InputError, nearest

KINDS = ("categorical", "continuous")
CATEGORICAL_TESTS = ("chi_square", "pearson", "fisher", "fisher_when_sparse")
CONTINUOUS_TESTS = ("equal_variance", "welch", "rank")
SPARSE = 5
FISHER_RESAMPLES = 99_999


@dataclass(frozen=True)
class Variable:
    """One variable of the table.

    Parameters
    ----------
    name, label : the column, and what to call it in print (with its unit).
    kind : 'categorical' or 'continuous'.
    levels : categorical: the values in the order to print them; value -> words where a dict.
    """

    name: str
    label: str
    kind: str
    levels: Sequence[str | int] | dict[str | int, str] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            guess = nearest(self.kind, KINDS)
            raise ValueError(f"{self.name}: expected kind {' or '.join(KINDS)}, found '{self.kind}'.{guess}")


@dataclass(frozen=True)
class GroupTest:
    """P-value of 'the groups do not differ' and the test's name; NaN and '' where nothing can be tested."""

    p_value: float
    test: str


NO_TEST = GroupTest(float("nan"), "")


def compare_counts(counts: np.ndarray, test: str = "chi_square", seed: int = 0) -> GroupTest:
    """Do the groups differ in a categorical variable?

    Parameters
    ----------
    counts : (levels, groups) numbers of patients. Levels and groups without a patient are left out, as R's
        tableone leaves unused levels out.
    test : 'chi_square' (Yates' correction in a 2 x 2 table), 'pearson' (without it), 'fisher' (exact in a 2 x 2
        table, otherwise from 99,999 tables drawn with the same margins), or 'fisher_when_sparse' (Fisher where an
        expected count is below 5, otherwise chi-square).
    seed : of the drawn tables.
    """
    if test not in CATEGORICAL_TESTS:
        raise ValueError(f"expected test {', '.join(CATEGORICAL_TESTS)}, found '{test}'")
    counts = np.asarray(counts, dtype=np.int64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return NO_TEST
    if test == "fisher_when_sparse":
        test = "fisher" if stats.contingency.expected_freq(counts).min() < SPARSE else "chi_square"
    if test in ("chi_square", "pearson"):
        two_by_two = counts.shape == (2, 2) and test == "chi_square"
        p_value = stats.chi2_contingency(counts, correction=two_by_two).pvalue
        return GroupTest(float(p_value), "chi-square, continuity-corrected" if two_by_two else "chi-square")
    if counts.shape == (2, 2):
        return GroupTest(float(stats.fisher_exact(counts).pvalue), "Fisher's exact")
    method = stats.MonteCarloMethod(n_resamples=FISHER_RESAMPLES, rng=np.random.default_rng(seed))
    return GroupTest(float(stats.fisher_exact(counts, method=method).pvalue), "Fisher's, simulated")


def compare_values(samples: Sequence[np.ndarray], test: str = "equal_variance") -> GroupTest:
    """Do the groups differ in a continuous variable?

    Parameters
    ----------
    samples : one array of known values for each group.
    test : 'equal_variance' (one-way analysis of variance), 'welch' (the same without equal variances), 'rank'
        (Kruskal-Wallis, tableone's test for what it is told is not normal).
    """
    if test not in CONTINUOUS_TESTS:
        raise ValueError(f"expected test {', '.join(CONTINUOUS_TESTS)}, found '{test}'")
    samples = [np.asarray(sample, dtype=float) for sample in samples]
    everything = np.concatenate(samples) if samples else np.empty(0)
    too_few = min((len(sample) for sample in samples), default=0) < 2
    if len(samples) < 2 or too_few or np.ptp(everything) == 0:
        return NO_TEST
    if test == "rank":
        return GroupTest(float(stats.kruskal(*samples).pvalue), "Kruskal-Wallis")
    spread = [np.ptp(sample) for sample in samples]
    if max(spread) == 0 or (test == "welch" and min(spread) == 0):
        return NO_TEST
    if test == "welch":
        return GroupTest(
            float(stats.f_oneway(*samples, equal_var=False).pvalue), "analysis of variance, Welch"
        )
    return GroupTest(float(stats.f_oneway(*samples).pvalue), "analysis of variance")


def _groups_of(table: pd.DataFrame, group: str, groups: Sequence[str] | None) -> list[str]:
    if group not in table:
        raise InputError(
            "baseline table", f"a column '{group}'", "none", nearest(group, table.columns).strip()
        )
    column = table[group]
    if groups is None:
        groups = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else None
    known = list(column.dropna().unique())
    groups = sorted(known, key=str) if groups is None else list(groups)
    if strays := [value for value in known if value not in groups]:
        raise InputError(
            f"baseline table, column '{group}'", f"only {', '.join(map(str, groups))}", f"'{strays[0]}'"
        )
    return groups


def _levels_of(values: pd.Series, variable: Variable) -> dict[str | int, str]:
    """Level -> words, in the order to print."""
    known = values.dropna().unique()
    levels = sorted(known, key=str) if variable.levels is None else variable.levels
    words = dict(levels) if isinstance(levels, dict) else {level: str(level) for level in levels}
    if strays := [value for value in known if value not in words]:
        raise InputError(
            f"baseline table, column '{variable.name}'",
            f"only {', '.join(map(str, words))}",
            f"'{strays[0]}'",
        )
    return words


def describe_groups(
    table: pd.DataFrame,
    group: str,
    variables: Sequence[Variable],
    groups: Sequence[str] | None = None,
    categorical_test: str = "chi_square",
    continuous_test: str = "equal_variance",
    digits: int = 1,
    seed: int = 0,
) -> pd.DataFrame:
    """Table 1 of a study: a column for each group, a block of rows for each variable.

    Parameters
    ----------
    table : a patient a row; missing values are missing. Patients without a group are not counted.
    group : the column that splits the patients.
    groups : its values in the order to print; the categories of a categorical column by default, else sorted.
    categorical_test, continuous_test : see `compare_counts` and `compare_values`.
    digits : decimals of percentages, means and standard deviations.
    seed : of Fisher's test in larger tables.

    Returns
    -------
    DataFrame: variable (its label), level ('' for a continuous one, 'missing' for the row that counts missing
    values, which is there only if any is missing), one text column a group, p_value (NaN but in a variable's
    first row) and test. The first row, variable 'n', counts the patients.

    Raises
    ------
    InputError : no such column, or a value that is none of the levels or groups.
    """
    order = _groups_of(table, group, groups)
    members = [table[table[group] == name] for name in order]
    rows: list[list] = [["n", "", *(str(len(part)) for part in members), *_cells(NO_TEST)]]
    for variable in variables:
        if variable.name not in table:
            raise InputError(
                "baseline table", f"a column '{variable.name}'", "none",
                nearest(variable.name, table.columns).strip(),
            )  # fmt: skip
        known = [part[variable.name].dropna() for part in members]
        if variable.kind == "categorical":
            words = _levels_of(pd.concat(known), variable)
            counts = np.array([[int((values == level).sum()) for values in known] for level in words])
            result = compare_counts(counts, categorical_test, seed)
            shares = counts / np.maximum(counts.sum(axis=0), 1) * 100
            lines = [
                [name, *(f"{n} ({share:.{digits}f})" for n, share in zip(row, percents, strict=True))]
                for name, row, percents in zip(words.values(), counts, shares, strict=True)
            ]
        else:
            samples = [values.to_numpy(float) for values in known]
            result = compare_values(samples, continuous_test)
            lines = [["", *(_mean_and_deviation(sample, digits) for sample in samples)]]
        missing = [len(part) - len(values) for part, values in zip(members, known, strict=True)]
        if any(missing):
            lines.append(["missing", *map(str, missing)])
        tests = [result] + [NO_TEST] * (len(lines) - 1)
        rows += [[variable.label, *line, *_cells(one)] for line, one in zip(lines, tests, strict=True)]
    return pd.DataFrame(rows, columns=["variable", "level", *map(str, order), "p_value", "test"])


def _cells(result: GroupTest) -> tuple[float, str]:
    return result.p_value, result.test


def _mean_and_deviation(sample: np.ndarray, digits: int) -> str:
    if len(sample) == 0:
        return "-"
    if len(sample) == 1:
        return f"{sample[0]:.{digits}f}"
    return f"{sample.mean():.{digits}f} ({sample.std(ddof=1):.{digits}f})"
