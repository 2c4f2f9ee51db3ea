"""What holds on a graphics card: skipped where there is none."""

import numpy as np
import pytest
import torch

from scripts.training.fit import fit
from scripts.training.predict import predict
from scripts.training.settings import TrainingSettings
from tests.unit.training.tiny import dataset, jitter, network, task

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
# Largest difference of a resumed training's probabilities from an uninterrupted one's
TOLERANCE = 1e-3


class Killed(BaseException):
    """Stands for the end of the process."""


def trained(folder=None, observe=None, **settings):
    net, train = network(), dataset(0, 33, augment=jitter, seed=3)
    read = TrainingSettings.read({"epochs": 6, "batch_size": 8, "learning_rate": 0.005} | settings)
    result = fit(
        net, task(read, train), train, dataset(100, 120), read, 5, folder, "gpu", observe=observe, every_s=0, workers=1
    )  # fmt: skip
    return predict(net, dataset(100, 120), 8, "gpu"), result


@pytest.mark.parametrize("precision", ["32", "auto", "16-mixed"])
def test_a_killed_training_ends_as_one_that_was_not_within_the_tolerance(tmp_path, precision):
    whole, result = trained(precision=precision)
    assert result.device == "gpu"

    def observe(epoch, net):
        if epoch == 4:
            raise Killed

    with pytest.raises(Killed):
        trained(tmp_path, observe, precision=precision)
    again, second = trained(tmp_path, precision=precision)
    assert list(second.history["epoch"]) == [1, 2, 3, 4, 5, 6]
    assert np.abs(again - whole).max() < TOLERANCE
