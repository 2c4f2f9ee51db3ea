"""Rows of a table that has a column for each visit of each cohort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from scripts.papers.nact_response.cohorts import VISIT_LABELS


def visit_cells(
    table: pd.DataFrame, cohorts: Iterable[str], words: Callable[[pd.Series], str]
) -> Iterator[tuple[str, ...]]:
    """A quantity and its words at each visit of each cohort, a dash where there are none.

    Parameters
    ----------
    table : quantity, cohort, visit, and what `words` takes.
    """
    cells = table.set_index(["quantity", "cohort", "visit"])
    for quantity in dict.fromkeys(table["quantity"]):
        keys = [(quantity, cohort, visit) for cohort in cohorts for visit in VISIT_LABELS]
        yield (quantity, *(words(cells.loc[key]) if key in cells.index else "–" for key in keys))
