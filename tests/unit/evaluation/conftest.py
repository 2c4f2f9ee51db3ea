"""Made-up predictions of models on the folds of a split."""

import numpy as np
import pandas as pd
import pytest

from scripts.evaluation.predictions import FoldPlace


@pytest.fixture
def folds_of():
    """folds_of(models by skill, ...) -> [(place, table)], every model on the same patients, folds and repeats."""

    def make(
        skills: dict[str, float],
        classes: tuple[str, ...] = ("glioma", "meningioma", "pituitary"),
        n_patients: int = 60,
        n_folds: int = 5,
        n_repeats: int = 1,
        most: int = 1,
        seed: int = 0,
    ) -> list[tuple[FoldPlace, pd.DataFrame]]:
        random = np.random.default_rng(seed)
        patients = np.repeat(
            [f"P{i:03d}" for i in range(n_patients)], random.integers(1, most + 1, n_patients)
        )
        samples = np.array([f"{p}_{i:03d}" for i, p in enumerate(patients)])
        code = np.array([int(p[1:]) % len(classes) for p in patients])
        shared = random.normal(size=(n_patients, len(classes)))[[int(p[1:]) for p in patients]]
        found = []
        for model, skill in skills.items():
            for repeat in range(1, n_repeats + 1):
                fold_of = np.random.default_rng(repeat).permutation(n_patients) % n_folds
                logits = skill * np.eye(len(classes))[code] + 0.7 * shared + random.normal(size=shared.shape)
                p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
                for fold in range(n_folds):
                    mine = fold_of[[int(q[1:]) for q in patients]] == fold
                    table = pd.DataFrame(
                        {"sample": samples, "patient": patients, "part": np.where(mine, "test", "validation"),
                         "label": np.array(classes)[code]}
                    )  # fmt: skip
                    for c, word in enumerate(classes):
                        table[f"p_{word}"] = p[:, c]
                    found.append((FoldPlace(model, "by_patient", repeat, fold + 1), table))
        return found

    return make
