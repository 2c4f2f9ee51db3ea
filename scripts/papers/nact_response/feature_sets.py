"""Which features each of the six models may use, and the one wide table that all of them read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.papers.nact_response.cohorts import IMAGE_LABELS, MODEL_LABELS, SUBTYPE_LABELS
from scripts.papers.nact_response.delta import delta_features
from scripts.papers.nact_response.outcome import with_outcome

IMAGES = tuple(IMAGE_LABELS)
MODELS = tuple(MODEL_LABELS)
SUBTYPES = tuple(f"clinical.subtype_{subtype}" for subtype in SUBTYPE_LABELS)
SUBTYPE_ENTRY = ("always", "ranked")


@dataclass(frozen=True)
class Patients:
    """Patients with features of all images.

    Attributes
    ----------
    clinical : their rows, with subtype and response added; index patient.
    values : (patients, features) with full names `<image>.<feature>` and the indicators of the subtype; the same index.
    """

    clinical: pd.DataFrame
    values: pd.DataFrame

    def take(self, chosen: np.ndarray | pd.Series) -> Patients:
        """The patients where `chosen` is true."""
        chosen = np.asarray(chosen, dtype=bool)
        return Patients(self.clinical[chosen], self.values[chosen])

    def known(self, cohort: str | None = None) -> Patients:
        """Those with a known response, of one cohort or of all."""
        members = self.clinical["response"].notna()
        return self.take(members if cohort is None else members & (self.clinical["cohort"] == cohort))

    @property
    def response(self) -> np.ndarray:
        """(n,) 1 responder, 0 nonresponder."""
        return self.clinical["response"].to_numpy(dtype=int)


def patients_of(
    images: Mapping[str, pd.DataFrame], clinical: pd.DataFrame, zero_denominator: str, ki67_threshold: float
) -> Patients:
    """The patients whom every model can score: those with features of both visits and of the Jacobian map.

    The six models are compared on the same patients; who lacks an image is in the ledger.

    Parameters
    ----------
    images : baseline, follow_up and jacobian -> column patient and features.
    clinical : the canonical clinical table. zero_denominator : see `delta_features`.
    ki67_threshold : of the subtypes, percent.
    """
    tables = dict(images) | {
        "delta": delta_features(images["baseline"], images["follow_up"], zero_denominator)
    }
    imaged = set.intersection(*(set(table["patient"]) for table in tables.values()))
    members = with_outcome(clinical[clinical["patient"].isin(imaged)], ki67_threshold).set_index("patient")
    parts = [
        tables[image].set_index("patient").loc[members.index].add_prefix(f"{image}.") for image in IMAGES
    ]
    return Patients(members, pd.concat([*parts, subtype_indicators(members["subtype"])], axis=1))


def subtype_indicators(subtype: pd.Series) -> pd.DataFrame:
    """A column of 0 and 1 for each molecular subtype; all missing where the subtype is."""
    indicators = {
        f"clinical.subtype_{name}": (subtype == name).astype(float).where(subtype.notna())
        for name in SUBTYPE_LABELS
    }
    return pd.DataFrame(indicators, index=subtype.index)


def columns_of(model: str, values: pd.DataFrame, subtype: str = "always") -> tuple[list[str], np.ndarray]:
    """Features that a model may use, and which of them it always does.

    Parameters
    ----------
    model : one of MODELS. values : the wide table.
    subtype : how molecular subtypes enter `fusion_subtype`: 'always', or 'ranked' among the image features.

    Returns
    -------
    names : full names. always : (len(names),) bool.

    Raises
    ------
    InputError : an unknown way for the subtype to enter.
    """
    if subtype not in SUBTYPE_ENTRY:
        raise InputError("svm.subtype", " or ".join(SUBTYPE_ENTRY), f"'{subtype}'")
    images = IMAGES if model in ("fusion", "fusion_subtype") else (model,)
    names = [name for name in values if name.split(".", 1)[0] in images]
    if model != "fusion_subtype":
        return names, np.zeros(len(names), dtype=bool)
    always = np.array([False] * len(names) + [subtype == "always"] * len(SUBTYPES))
    return [*names, *SUBTYPES], always
