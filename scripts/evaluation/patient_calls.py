"""Patients of several samples (epochs, slices): their calls by the mean probability of all their samples."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

SEVERAL = "several"  # classes of a patient whose samples are not all of one


def calls_by_patient(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """A row a patient, in the order of their names.

    Parameters
    ----------
    predictions : patient, label (missing where unknown), p_<class>...; a row a sample. classes : words, in order.

    Returns
    -------
    DataFrame[patient, label, samples, predicted, p_<class>...]: label of the samples that have one, `SEVERAL` where
        these differ; p_<class> the mean over the patient's samples; predicted the class of the greatest mean, the
        first of equals.
    """
    columns = [f"p_{word}" for word in classes]
    grouped = predictions.groupby("patient", sort=True)
    found = (
        grouped[columns].mean().assign(label=grouped["label"].first().astype(object), samples=grouped.size())
    )
    found.loc[grouped["label"].nunique() > 1, "label"] = SEVERAL
    largest = found[columns].to_numpy().argmax(axis=1)
    found["predicted"] = [classes[place] for place in largest]
    return found.reset_index()[["patient", "label", "samples", "predicted", *columns]]
