"""Tables of the tests behind Figures 3 to 6: the features that the paper shows, and all of them counted."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, IMAGE_LABELS, SHOWN
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Column, Row, Table
from scripts.report.figures.names import feature_label
from scripts.report.wording import estimate_text, number_text, p_text

LEVEL = 0.05  # of significance
TEST_WORDS = {
    "mann_whitney": "Mann-Whitney test",
    "student": "Student's t-test",
    "welch": "Welch's t-test",
    "wilcoxon": "Wilcoxon signed-rank test",
    "paired_t": "paired t-test",
}
SHOWN_LABELS = {
    "jacobian_mean": "Mean Jacobian",
    "jacobian_ldhgle": "Large dependence high gray-level emphasis (LDHGLE) of the Jacobian map",
    "delta_energy": "Relative change of energy",
    "delta_volume": "Relative change of tumour volume",
}


def value_words(value: float) -> str:
    """A median of any size: three significant digits."""
    if value != value:
        return "–"
    digits = (
        f"{value:#.3g}".rstrip(".")
        if 0 < abs(value) < 1000
        else f"{value:.0f}"
        if abs(value) < 1e6
        else f"{value:.2e}"
    )
    return digits.replace("-", "−")


def named_tests(run: Run) -> Table:
    """The tests that the paper prints, in all patients and in each set."""
    rows = []
    for key, (image, feature, figure) in SHOWN.items():
        rows.append(Row((f"{SHOWN_LABELS[key]} (the paper's {figure})",), heading=True))
        for cohort, label in (("all", "All patients"), *COHORT_LABELS.items()):
            r = run.test(image, feature, cohort)
            rows.append(
                Row(
                    (
                        label,
                        value_words(r["median_responders"]),
                        value_words(r["median_nonresponders"]),
                        estimate_text(r["auc"], r["auc_lower"], r["auc_upper"]),
                        p_text(r["p_value"]),
                        p_text(r["q_value"]),
                    ),
                    level=1,
                )
            )
    groups, visits = run.value("feature_tests.groups"), run.value("feature_tests.visits")
    return Table(
        "named_tests",
        "The features that the paper's Figures 3G, 4G, 5E and S1 show, in all patients and in each set.",
        (
            Column(""),
            Column("Responders", "right", "Median"),
            Column("Non-responders", "right", "Median"),
            Column("AUC (95% CI)", "center"),
            Column("P", "right"),
            Column("q", "right"),
        ),
        tuple(rows),
        notes=(
            f"{TEST_WORDS[groups]} between the groups ({TEST_WORDS[visits]} between visits, in the text). The paper names no test "
            "for its figures and does not say in which patients; q: Benjamini-Hochberg over the 102 features of the same image and "
            "patients. AUC: chance that a responder's value is the higher one.",
        ),
    )


def _counted(part: pd.DataFrame, name: str) -> Row:
    """How many of the tests of `part` are significant, how many by chance, and the clearest one."""
    tested = part["p_value"].notna()
    best = part.loc[part["p_value"].idxmin()] if tested.any() else None
    return Row(
        (
            name,
            str(int(tested.sum())),
            f"{int((part['p_value'] < LEVEL).sum())} ({number_text(LEVEL * tested.sum(), 0)})",
            str(int((part["q_value"] < LEVEL).sum())),
            feature_label(best["feature"]) if best is not None else "–",
            p_text(best["p_value"]) if best is not None else "–",
        ),
        level=1,
    )


def all_tests(run: Run) -> Table:
    """How many of the features of each image differ between groups, and between visits, and the clearest ones."""
    rows = []
    sets = (("all", "All patients"), *COHORT_LABELS.items())
    for image, label in IMAGE_LABELS.items():
        rows.append(Row((f"{label}, responders against non-responders",), heading=True))
        for cohort, name in sets:
            part = run.of("feature_tests", cohort)
            rows.append(_counted(part[part["image"] == image], name))
    for group in ("responders", "nonresponders"):
        words = group.replace("nonr", "non-r")
        rows.append(Row((f"Follow-up against baseline, {words}",), heading=True))
        for cohort, name in sets:
            part = run.of("feature_changes", cohort)
            rows.append(_counted(part[part["group"] == group], name))
    return Table(
        "tests",
        "Tests of all features, between responders and non-responders and between the visits.",
        (
            Column(""),
            Column("Tested", "right"),
            Column("P < 0.05\n(by chance)", "right"),
            Column("q < 0.05", "right"),
            Column("Clearest feature"),
            Column("P", "right"),
        ),
        tuple(rows),
        notes=(
            "By chance: a twentieth of the features tested. Features are correlated, so that chance clusters. Every "
            "feature is in tables/feature_tests.csv, paired tests in tables/feature_changes.csv.",
        ),
    )
