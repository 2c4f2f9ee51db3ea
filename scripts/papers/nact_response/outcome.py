"""What the patients of nact_response had: response by Miller-Payne grade, and the molecular subtype.

Source: Data Analysis. The paper's 'HR and/or ER positive' is read as ER and/or PR positive.
"""

from __future__ import annotations

import pandas as pd

RESPONDING_GRADES = (4, 5)


def response_of(miller_payne: pd.Series) -> pd.Series:
    """1 for Miller-Payne grade 4 or 5 (more than 90 % of the cells lost), 0 for grades 1 to 3; missing stays missing.

    Raises
    ------
    ValueError : a grade that is none of 1 to 5.
    """
    grades = pd.to_numeric(miller_payne).astype("Int64")
    strays = grades.dropna()[~grades.dropna().isin(range(1, 6))]
    if len(strays):
        raise ValueError(f"expected Miller-Payne grades 1 to 5, found {strays.iloc[0]}")
    return grades.isin(RESPONDING_GRADES).astype("Int64").where(grades.notna()).rename("response")


def hormone_receptor_of(er: pd.Series, pr: pd.Series) -> pd.Series:
    """'positive' where ER or PR is, 'negative' where both are, else missing (one negative, the other unknown)."""
    positive = er.eq("positive") | pr.eq("positive")
    negative = er.eq("negative") & pr.eq("negative")
    found = pd.Series(None, index=er.index, dtype=object, name="hormone_receptor")
    found[positive], found[negative] = "positive", "negative"
    return found


def subtype_of(clinical: pd.DataFrame, ki67_threshold: float = 14.0) -> pd.Series:
    """Molecular subtype of each patient: luminal_a, luminal_b, her2_enriched, basal_like, or missing.

    Parameters
    ----------
    clinical : columns er, pr, her2 ('positive', 'negative' or missing) and ki67 (percent).
    ki67_threshold : an HR-positive, HER2-negative tumour is luminal B above it and luminal A up to it.

    The subtype is missing where a value that decides it is: Ki-67 counts only for HR-positive, HER2-negative tumours.
    """
    receptor = hormone_receptor_of(clinical["er"], clinical["pr"])
    her2, ki67 = clinical["her2"], pd.to_numeric(clinical["ki67"]).astype(float)
    luminal, other = receptor == "positive", receptor == "negative"
    with_her2, without_her2 = her2.eq("positive"), her2.eq("negative")
    rules = {
        "luminal_a": luminal & without_her2 & (ki67 <= ki67_threshold),
        "luminal_b": luminal & (with_her2 | (without_her2 & (ki67 > ki67_threshold))),
        "her2_enriched": other & with_her2,
        "basal_like": other & without_her2,
    }
    found = pd.Series(None, index=clinical.index, dtype=object, name="subtype")
    for subtype, holds in rules.items():
        found[holds] = subtype
    return found


def with_outcome(clinical: pd.DataFrame, ki67_threshold: float = 14.0) -> pd.DataFrame:
    """The clinical table with the columns hormone_receptor, subtype and response (1, 0, missing) added."""
    return clinical.assign(
        hormone_receptor=hormone_receptor_of(clinical["er"], clinical["pr"]),
        subtype=subtype_of(clinical, ki67_threshold),
        response=response_of(clinical["miller_payne"]),
    )
