"""Whether each cohort has patients of every class that a model tells apart: rule `classes` of a sheet's schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from scripts.cohort.faults import Fault

if TYPE_CHECKING:
    import pandas as pd

    from scripts.cohort.sheet_columns import SheetSchema


def class_faults(
    clinical: pd.DataFrame, schema: SheetSchema, role: str, uncertain: Collection[Any] = ()
) -> Iterator[Fault]:
    """Whether a classifier can be fitted on one cohort and validated on each.

    Parameters
    ----------
    clinical : a row a patient, with the class and group columns of the schema.
    role : in development every cohort of the schema must have patients of each class (an error), and the one that is
        fitted on `fewest` of them (a warning); without a group column the whole sheet is one
        cohort. In predict a class without patients is a warning, and no outcome at all is none.
    uncertain : cohorts not to judge yet, for a cell in them is in error.
    """
    rule = schema.classes
    if not rule or (role == "predict" and clinical[rule["column"]].isna().all()):
        return
    column, group = rule["column"], schema.group
    if not group:
        cohorts = ["the sheet"]
    elif role == "development":
        cohorts = schema.columns[group].values
    else:
        cohorts = clinical[group].dropna().unique()
    for cohort in cohorts:
        if cohort in uncertain:
            continue
        grades = clinical.loc[clinical[group] == cohort, column] if group else clinical[column]
        counts = {
            name: int(grades.isin(values if isinstance(values, list) else [values]).sum())
            for name, values in rule["of"].items()
        }
        fitted = not group or cohort == rule["fitted_on"]
        whose = "pictures" if schema.subject else "patients"
        expected = f"{whose} of each class in {cohort} ({', '.join(counts)})"
        found = ", ".join(f"{n} {name}" for name, n in counts.items())
        if min(counts.values()) == 0:
            severity = "error" if role == "development" else "warning"
            where = f"{column} and {group}" if group else column
            remedy = f"A model cannot be fitted or validated on them: look at {where}."
            yield Fault(severity, None, "", column, expected, found, remedy)
        elif role == "development" and fitted and min(counts.values()) < rule["fewest"]:
            expected = f"at least {rule['fewest']} {expected}"
            yield Fault("warning", None, "", column, expected, found, "A model fitted on so few says little.")
