"""Names of tle_subtypes: subtypes, models, rivals and splits, in the order of the paper's tables."""

from __future__ import annotations

SUBTYPES = ("cps", "sps")  # in the order of the classes
SUBTYPE_LABELS = {"cps": "CPS", "sps": "SPS"}
POSITIVE = (
    "cps"  # recall, precision and F1 are of complex partial seizures: the paper does not say of which class
)

BEST_MODEL = "msam"
# Table 1's rows; Figure 2's heads; Table 2's rows: name on the card, or of a rival -> what the report calls it
NETWORKS = {
    "msam": "MSAM, 4 heads",
    "msam_2": "MSAM, 2 heads",
    "msam_8": "MSAM, 8 heads",
    "msam_16": "MSAM, 16 heads",
    "attn_1": "MSAM without self-attention (attn_1)",
    "attn_2": "MSAM without multi-head attention (attn_2)",
    "cnn": "CNN",
}
PAPER_RIVALS = {"svm": "SVM", "forest": "Random forest"}
BAND_RIVALS = {"svm_bands": "SVM on band power", "forest_bands": "Random forest on band power"}
RIVALS = {**PAPER_RIVALS, **BAND_RIVALS}
MODEL_LABELS = {**NETWORKS, **RIVALS}
TABLE_1 = ("cnn", "svm", "forest", "msam")
TABLE_2 = ("attn_1", "attn_2", "msam")
HEADS = {2: "msam_2", 4: "msam", 8: "msam_8", 16: "msam_16"}

BY_PATIENT, BY_EPOCH = "by_patient", "by_epoch"
SCHEMES = (BY_PATIENT, BY_EPOCH)
SCHEME_LABELS = {BY_PATIENT: "By patient", BY_EPOCH: "By epoch (the paper's way)"}
# The paper's measures -> (measure, class) of the evaluation's tables, and what the report calls it
MEASURES = {
    "accuracy": ("accuracy", "all", "Accuracy"),
    "recall": ("sensitivity", POSITIVE, "Recall"),
    "precision": ("precision", POSITIVE, "Precision"),
    "f1": ("f1", POSITIVE, "F1-score"),
}
AUC = ("auc", POSITIVE, "AUC")
# A line of the recovery that is a count; its other quantities lie between 0 and 1
LEFT_OUT = "Recordings left out for head movement"
