import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight

from scripts.training.settings import TrainingSettings
from scripts.training.tasks import accuracy, class_weights, classification

TARGETS = np.array([0, 0, 0, 0, 1, 2, 2, 2])
LOGITS = torch.randn(8, 3, generator=torch.Generator().manual_seed(2))
BATCH = {"target": torch.from_numpy(TARGETS), "index": torch.arange(8)}


def loss_of(**settings):
    return float(classification(TrainingSettings(**settings), TARGETS, 3).loss(LOGITS, BATCH))


def test_cross_entropy_is_sklearns_log_loss():
    probabilities = torch.softmax(LOGITS.double(), 1).numpy()
    assert loss_of() == pytest.approx(log_loss(TARGETS, probabilities), rel=1e-6)


def test_weighted_cross_entropy_is_sklearns_with_balanced_weights():
    probabilities = torch.softmax(LOGITS.double(), 1).numpy()
    balanced = compute_class_weight("balanced", classes=np.arange(3), y=TARGETS)
    weights = balanced[TARGETS]
    assert np.allclose(class_weights(TARGETS, 3), balanced)
    assert weights.mean() == pytest.approx(1)
    expected = log_loss(TARGETS, probabilities, sample_weight=weights)
    assert loss_of(class_weights=True) == pytest.approx(expected, rel=1e-6)


def test_a_class_without_samples_has_no_weight():
    assert class_weights(np.array([0, 0, 2]), 3).tolist() == [0.5, 0.0, 1.0]


def test_label_smoothing_spreads_a_share_of_the_label():
    logs = torch.log_softmax(LOGITS.double(), 1).numpy()
    target = np.full((8, 3), 0.3 / 3)
    target[np.arange(8), TARGETS] += 0.7
    assert loss_of(label_smoothing=0.3) == pytest.approx(-(target * logs).sum(1).mean(), rel=1e-6)


def test_a_hand_computed_loss():
    logits = torch.tensor([[math.log(3.0), 0.0]])  # probabilities 3/4 and 1/4
    task = classification(TrainingSettings(), np.array([0, 1]), 2)
    batch = {"target": torch.tensor([1]), "index": torch.tensor([0])}
    assert float(task.loss(logits, batch)) == pytest.approx(math.log(4))
    assert float(accuracy(logits, batch)["accuracy"]) == 0
