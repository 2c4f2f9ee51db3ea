"""Names of nmosd_ms: its diseases, models and rivals, in the order of the paper's tables."""

from __future__ import annotations

DISEASES = ("ms", "nmosd")
DISEASE_LABELS = {"ms": "MS", "nmosd": "NMOSD"}
POSITIVE = "nmosd"  # sensitivity is of NMOSD, specificity of MS
SCHEME = "cross_validation"

# Table 2's rows; the name of a model in the card -> what the paper calls it
PAPER_MODELS = {
    "two_view_18_pretrained": "Pretrained ResNet-18 (two views)",
    "two_view_34_pretrained": "Pretrained ResNet-34 (two views)",
    "two_view_18": "ResNet-18 from scratch (two views)",
    "two_view_34": "ResNet-34 from scratch (two views)",
    "resnet_18_3d": "3-D ResNet-18",
    "resnet_34_3d": "3-D ResNet-34",
}
ABLATIONS = {"one_view_18": "ResNet-18 from scratch, one view"}
RIVALS = {
    "lesion_volume": "Lesion volume alone (logistic regression)",
    "lesion_map": "Coarse lesion map (penalised logistic regression)",
}
# What the planted truth itself would reach; of simulated cohorts
ORACLES = {
    "best_score": "Best possible score (Bayes)",
    "true_counts": "True lesion counts (logistic regression)",
}
NETWORKS = {**PAPER_MODELS, **ABLATIONS}
MODEL_LABELS = {**NETWORKS, **RIVALS, **ORACLES}
BEST_MODEL = "two_view_18_pretrained"  # the paper's best, which the others are tested against
# Table 3: its row -> the network, a model of the card that has it
COMPLEXITY = {
    "ResNet-18 (ours)": "two_view_18",
    "ResNet-34 (ours)": "two_view_34",
    "3D ResNet-18": "resnet_18_3d",
    "3D ResNet-34": "resnet_34_3d",
}
