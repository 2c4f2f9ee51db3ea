import numpy as np
import pytest
import torch
from scipy.special import softmax
from torch import nn

from scripts.training.predict import outputs_of, predict
from tests.unit.training.tiny import dataset, jitter, network


def test_probabilities_are_the_softmax_of_the_logits_whatever_the_size_of_a_batch():
    net = network()
    items = dataset(0, 11, augment=jitter, expand=lambda tensor, copy: tensor + copy, copies=3)
    images = torch.stack([dataset(0, 11)[k]["image"] for k in range(11)])
    net.eval()
    with torch.no_grad():
        logits = net(images).double().numpy()
    net.train()
    found = predict(net, items, batch_size=4)
    assert found.shape == (11, 2)
    assert found.dtype == np.float64
    assert np.allclose(found, softmax(logits, axis=1), atol=1e-6)
    assert np.allclose(found.sum(1), 1)
    assert np.allclose(found, predict(net, items, batch_size=1), atol=1e-6)
    assert not net.training


def test_samples_that_do_not_fit_are_predicted_fewer_at_a_time(capsys):
    class Small(nn.Module):
        def forward(self, images):
            if len(images) > 3:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return images.mean((1, 2, 3))

    found = outputs_of(Small(), dataset(0, 8), batch_size=8)
    assert found.shape == (8,)
    assert "Predicting 2 samples at a time" in capsys.readouterr().out


def test_one_sample_that_does_not_fit_is_an_error():
    class None_(nn.Module):
        def forward(self, images):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    with pytest.raises(torch.OutOfMemoryError):
        outputs_of(None_(), dataset(0, 2), batch_size=2)
