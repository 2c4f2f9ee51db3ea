"""A line of the table `recovery`: what was planted, what was found, and whether that keeps a rule."""

from __future__ import annotations

from typing import Any

from scripts.papers.nact_response.cohorts import COHORT_LABELS

COLUMNS = ("quantity", "group", "planted", "found", "lower", "upper", "bayes", "ok", "rule")
EVERYBODY = "All patients"


def recovery_row(
    quantity: str,
    group: str,
    planted: float,
    found: tuple[float, float, float],
    ok: bool,
    rule: str,
    bayes: float = float("nan"),
) -> dict[str, Any]:
    """One line, with the names COLUMNS.

    Parameters
    ----------
    found : estimate, lower and upper limit. bayes : for an AUC, the most that the images allow in the long run.
    """
    values = (quantity, group, planted, *found, bayes, bool(ok), rule)
    return dict(zip(COLUMNS, values, strict=True))


def group_label(cohort: str) -> str:
    """A cohort's name in the report."""
    return COHORT_LABELS.get(cohort, cohort)
