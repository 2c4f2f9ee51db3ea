"""Names of glioma_grading: its grades, models, rivals and splits, in the order of the paper."""

from __future__ import annotations

GRADES = (2, 3, 4)
LABELS = {2: "grade_2", 3: "grade_3", 4: "grade_4"}  # class words of samples and predictions
GRADE_LABELS = {"grade_2": "Grade 2", "grade_3": "Grade 3", "grade_4": "Grade 4"}

SCHEME = "cross_validation"
LEAKY_SCHEME = "augmented_first"  # a split, and the model that is trained on it

# A model of the card -> what the report calls it
PAPER_MODELS = {
    "transferred": "Transferred AlexNet, 57-fold set",
    "scratch": "AlexNet from scratch, 57-fold set",
    "unaugmented": "Transferred AlexNet, no augmentation",
}
ABLATIONS = {"repeated": "Transferred AlexNet, each image 57 times"}
LEAKY_MODEL = "augmented_first"
NETWORKS = (*PAPER_MODELS, *ABLATIONS)  # cross-validated by patients
RIVALS = {
    "logistic": "Handcrafted features, logistic regression",
    "small_network": "Handcrafted features, small neural network",
}
LEAKY_LABEL = "Transferred AlexNet, augmented before the split"
MODEL_LABELS = {**PAPER_MODELS, **ABLATIONS, **RIVALS, LEAKY_MODEL: LEAKY_LABEL}
BEST_MODEL = "transferred"  # the paper's, which the others are compared with

COPY_MARK = "~"  # between a sample and the number of its copy in the 57-fold set


def copy_name(sample: str, copy: int) -> str:
    """'SIM-0001~07': member `copy` of the 57-fold set of a sample."""
    return f"{sample}{COPY_MARK}{copy:02d}"


def copy_of(name: str) -> tuple[str, int]:
    """The sample and the copy that `copy_name` named; copy 0 is the image itself."""
    sample, mark, copy = name.rpartition(COPY_MARK)
    if not mark or not copy.isdigit():
        raise ValueError(f"expected <sample>{COPY_MARK}<copy>, found '{name}'")
    return sample, int(copy)


def in_sentence(label: str) -> str:
    """A label within a sentence: 'Transferred AlexNet' -> 'transferred AlexNet'; AlexNet keeps its capital."""
    return label if label.startswith("AlexNet") else label[:1].lower() + label[1:]
