"""Saliency against closed forms: a linear network, completeness, Grad-CAM by its own equations."""

import numpy as np
import pytest
import torch
from torch import nn

from scripts.errors import InputError
from scripts.networks.catalogue import CATALOGUE, build_network
from scripts.saliency.attribution import grad_cam, gradient, integrated_gradients

CLASSES = torch.tensor([2, 0])


@pytest.fixture
def linear():
    """Logits W x + b of a 2-channel 3 x 4 image, three classes."""
    return nn.Sequential(nn.Flatten(), nn.Linear(24, 3))


@pytest.fixture
def images():
    return torch.randn(2, 2, 3, 4)


def weights_of(linear):
    return linear[1].weight.detach().reshape(3, 2, 3, 4)[CLASSES].numpy()


def test_the_gradient_of_a_linear_network_is_its_weights(linear, images):
    found = gradient(linear, images, CLASSES)
    np.testing.assert_allclose(found, np.abs(weights_of(linear)).max(axis=1), rtol=1e-6)


def test_integrated_gradients_of_a_linear_network_are_weight_times_change(linear, images):
    baseline = torch.randn(2, 2, 3, 4)
    found, gap = integrated_gradients(linear, images, CLASSES, baseline, steps=2)
    expected = (weights_of(linear) * (images - baseline).numpy()).sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gap, 0, atol=1e-5)


def test_integrated_gradients_of_a_product():
    """f = x1 x2 from 0: each gets half of the product (Sundararajan et al. 2017: symmetry and completeness)."""

    class Product(nn.Module):
        def forward(self, x):
            return x.prod(dim=-1).flatten(1)

    found, gap = integrated_gradients(
        Product(), torch.tensor([[[[3.0, 5.0]]]]), torch.tensor([0]), 0.0, steps=8
    )
    np.testing.assert_allclose(found, [[[7.5, 7.5]]], rtol=1e-6)
    np.testing.assert_allclose(gap, 0, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet18", "resnet18_3d", "vgg16"])
def test_completeness_of_real_networks(name):
    shape = (1, 12, 12, 12) if name.endswith("3d") else (1, 32, 32)
    sizes = {"head_units": [8], "pooled": 1} if name == "vgg16" else {}
    network = build_network(name, 3, 1, width=0.0625, **sizes).double().eval()
    images = torch.rand(2, *shape, dtype=torch.float64)
    found, gap = integrated_gradients(network, images, CLASSES, 0.25, steps=200)
    with torch.no_grad():
        logits = network(images) - network(torch.full_like(images, 0.25))
    change = logits[[0, 1], CLASSES].numpy()
    np.testing.assert_allclose(found.reshape(2, -1).sum(axis=1), change + gap, rtol=1e-9, atol=1e-12)
    assert np.abs(gap).max() < 0.02 * np.abs(change).max()


def test_the_number_at_once_changes_nothing(linear, images):
    network = nn.Sequential(linear, nn.Tanh())
    few, _ = integrated_gradients(network, images, CLASSES, steps=30, most_at_once=4)
    many, _ = integrated_gradients(network, images, CLASSES, steps=30, most_at_once=1000)
    np.testing.assert_allclose(few, many, rtol=1e-5, atol=1e-7)


def test_grad_cam_by_its_equations():
    """Mean pooling and a linear layer: alpha_k = w_k / n_pixels, so the map is ReLU(sum w_k A_k) / n_pixels."""
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3)
    )
    images = torch.randn(2, 1, 6, 5)
    with torch.no_grad():
        channels = network[0](images)
        expected = torch.relu(torch.einsum("nk,nkyx->nyx", network[3].weight[CLASSES], channels)) / 30
    np.testing.assert_allclose(
        grad_cam(network, images, CLASSES, "0"), expected.numpy(), rtol=1e-4, atol=1e-6
    )


def test_grad_cam_is_enlarged_to_the_image():
    network = build_network("resnet18", 3, 1, width=0.125)
    found = grad_cam(network, torch.rand(2, 1, 64, 96), CLASSES, CATALOGUE["resnet18"].features)
    assert found.shape == (2, 64, 96)
    assert found.min() >= 0
    network = build_network("resnet18_3d", 3, 1, width=0.0625)
    assert grad_cam(network, torch.rand(2, 1, 16, 16, 24), CLASSES, "layer2").shape == (2, 16, 16, 24)


def test_a_planted_square_is_found_by_all_three():
    """A network that adds up the pixels of one corner."""
    kernel = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.ones_(kernel.weight)
    head = nn.Linear(64, 2, bias=False)
    nn.init.zeros_(head.weight)
    corner = torch.zeros(8, 8)
    corner[:3, :3] = 1
    head.weight.data[1] = corner.flatten()
    network = nn.Sequential(kernel, nn.Flatten(), head)
    images, classes = torch.ones(1, 1, 8, 8), torch.tensor([1])
    assert np.array_equal(gradient(network, images, classes)[0] > 0, corner.numpy() > 0)
    assert np.array_equal(integrated_gradients(network, images, classes)[0][0] > 0, corner.numpy() > 0)


def test_the_network_is_left_as_it_was():
    network = build_network("alexnet", 3, 1, width=0.1, head_units=[4], pooled=1).train()
    network.features[0].weight.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    images = torch.rand(2, 1, 64, 64)
    kept = images.clone()
    gradient(network, images, CLASSES)
    integrated_gradients(network, images, CLASSES, steps=3)
    grad_cam(network, images, CLASSES, "features")
    assert network.training
    assert torch.equal(images, kept)
    assert not images.requires_grad
    assert [p.requires_grad for p in network.parameters()] == [False] + [True] * 13
    assert all(p.grad is None for p in network.parameters())
    assert all(m.inplace for m in network.modules() if isinstance(m, nn.ReLU))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_dropout_is_off_while_a_map_is_made(linear, images):
    network = nn.Sequential(nn.Dropout(0.9), linear).train()
    np.testing.assert_allclose(
        gradient(network, images, CLASSES), np.abs(weights_of(linear)).max(axis=1), rtol=1e-6
    )


def test_a_layer_that_is_not_there_is_named():
    network = build_network("resnet18", 3, 1, width=0.0625)
    with pytest.raises(InputError, match="found 'layer5'. Did you mean 'layer"):
        grad_cam(network, torch.rand(1, 1, 32, 32), torch.tensor([0]), "layer5")
