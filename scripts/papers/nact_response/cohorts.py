"""Names of nact_response: its cohorts, images, models, outcome groups, and the features that its figures show."""

from __future__ import annotations

import pandas as pd

COHORTS = ("development", "testing")
COHORT_LABELS = {"development": "Development set", "testing": "Testing set"}
POOLED = "all"  # every patient, whatever the set
FEWEST_OF_A_CLASS = 5  # responders or non-responders of another cohort; with fewer nothing can be said
RESPONSES = (0, 1)
RESPONSE_LABELS = {0: "Non-responders", 1: "Responders"}
SUBTYPE_LABELS = {
    "luminal_a": "Luminal A",
    "luminal_b": "Luminal B",
    "basal_like": "Basal-like",
    "her2_enriched": "HER2-enriched",
}
VISITS = ("baseline", "follow_up")
VISIT_LABELS = {"baseline": "Baseline", "follow_up": "Follow-up"}
# Images that features are computed of, and the changes between two of them (equation 2).
IMAGE_LABELS = {
    "baseline": "Baseline image",
    "follow_up": "Follow-up image",
    "delta": "DeltaRAD",
    "jacobian": "Jacobian map",
}
MODEL_LABELS = {**IMAGE_LABELS, "fusion": "Feature fusion", "fusion_subtype": "Fusion + molecular subtype"}
FULL_MODEL = "fusion_subtype"

MEAN = "original_firstorder_Mean"
LDHGLE = "original_gldm_LargeDependenceHighGrayLevelEmphasis"
ENERGY = "original_firstorder_Energy"
AUTOCORRELATION = "original_glcm_Autocorrelation"
VOLUME = "original_shape_MeshVolume"
# What the paper's figures show: key, image, feature, the figure. Figure 6 compares two images of one patient.
SHOWN = {
    "jacobian_mean": ("jacobian", MEAN, "Figure 3G"),
    "jacobian_ldhgle": ("jacobian", LDHGLE, "Figure 4G"),
    "delta_energy": ("delta", ENERGY, "Figure 5E"),
    "delta_volume": ("delta", VOLUME, "Supplementary Figure S1"),
}
PAIRED = AUTOCORRELATION


def in_sentence(label: str) -> str:
    """A label within a sentence: 'Follow-up image' -> 'follow-up image'; names of methods keep their capitals."""
    kept = label.startswith(("DeltaRAD", "Jacobian", "HER2"))
    return label.replace("DeltaRAD", "deltaRAD") if kept else label[:1].lower() + label[1:]


def of_cohort(table: pd.DataFrame, cohort: str) -> pd.DataFrame:
    """Rows of one cohort, in the order of the table, with a fresh index; `POOLED` gives every row."""
    chosen = table if cohort == POOLED else table[table["cohort"] == cohort]
    return chosen.reset_index(drop=True)
