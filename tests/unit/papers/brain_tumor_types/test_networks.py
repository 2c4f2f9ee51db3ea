"""Shapes and parameter counts by hand, the frozen right side, and which weights each derived UNet takes."""

import pytest
import torch

from scripts.errors import InputError
from scripts.networks.catalogue import build_network, count_parameters
from scripts.papers.brain_tumor_types.networks import (
    EncoderClassifier,
    SixConvolutions,
    TwoSidedUNet,
    joined,
    left_only,
    right_only,
)
from scripts.papers.brain_tumor_types.training_parts import build, build_from_unet, down_state
from scripts.workflow.papers import pick, resolve_parameters

CHANNELS = [4, 6, 8]
PUBLISHED = pick(resolve_parameters("brain_tumor_types", False), "models")["models"]
REDUCED = pick(resolve_parameters("brain_tumor_types", True), "models")["models"]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


def test_parameters_of_the_published_cnn():
    """3x3 convolutions 3-64-256-512-1024-1024-1024; 512 pixels leave 8 x 8; dense 1024; 3 outputs."""
    chain = [3, 64, 256, 512, 1024, 1024, 1024]
    convolutions = sum(a * b * 9 + b for a, b in zip(chain, chain[1:], strict=False))
    dense = 1024 * 8 * 8 * 1024 + 1024
    with torch.device("meta"):
        network = build(PUBLISHED["cnn"], 3, None)
    assert count_parameters(network) == convolutions + dense + 1024 * 3 + 3 == 92_038_659


def test_parameters_of_the_published_transfer():
    """VGG16's 13 convolutions have 14,714,688; a head of 25,088 x 128 + 128 and 128 x 3 + 3."""
    head = 25_088 * 128 + 128 + 128 * 3 + 3
    with torch.device("meta"):
        network = build(PUBLISHED["vgg16"], 3, None)
    assert count_parameters(network) == 14_714_688 + head
    assert count_parameters(network, trainable=True) == head
    with torch.device("meta"):
        whole = build(PUBLISHED["vgg16"] | {"trained": "all"}, 3, None)
    assert count_parameters(whole, trainable=True) == 14_714_688 + head


@pytest.mark.parametrize("model", ["cnn", "vgg16", "encoder"])
def test_reduced_networks_have_the_same_layers(model):
    with torch.device("meta"):
        published, reduced = (build(cards[model], 3, None) for cards in (PUBLISHED, REDUCED))
    kinds = [[type(m).__name__ for m in network.modules()] for network in (published, reduced)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("model", ["cnn", "vgg16", "encoder"])
def test_logits_of_reduced_networks(model):
    network = build(REDUCED[model], 3, None).eval()
    pictures = torch.rand(2, 3, 64, 64)
    assert network(pictures).shape == (2, 3)
    assert hasattr(network, "features")  # what Grad-CAM looks at


def test_the_order_of_the_cnn():
    network = SixConvolutions(3, 64, [2, 3, 4, 5, 6, 7], 8, dropout=0.1)
    kinds = [type(layer).__name__ for layer in network.features]
    assert kinds == ["Conv2d", "ReLU", "MaxPool2d"] * 6
    assert network.dropout.p == 0.1
    assert network.dense.in_features == 7  # one pixel of 64 is left


@pytest.mark.parametrize(
    ("size", "channels", "kernel", "words"),
    [
        (64, [1] * 5, 3, "channels: expected 6 numbers, found 5"),
        (32, [1] * 6, 3, "input_size: expected at least 64, found 32"),
        (64, [1] * 6, 4, "kernel: expected an odd number, found 4"),
    ],
)
def test_networks_that_cannot_be(size, channels, kernel, words):
    with pytest.raises(InputError, match=words):
        SixConvolutions(3, size, channels, 8, kernel)


def test_an_encoder_needs_a_size_that_divides():
    with pytest.raises(InputError, match="a multiple of 8, found 60"):
        EncoderClassifier(3, 60, CHANNELS)


def test_first_weights_are_those_of_keras():
    """Glorot's uniform: within sqrt(6 / (fan in + fan out)), variance a third of that squared; biases 0."""
    network = SixConvolutions(3, 64, [8, 12, 16, 24, 32, 32], 64)
    layer = network.features[9]  # 16 to 24 channels
    bound = (6 / (16 * 9 + 24 * 9)) ** 0.5
    assert layer.weight.abs().max() <= bound
    assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert layer.bias.abs().max() == 0


def test_the_unet_gives_back_the_shape_and_its_right_side_is_frozen():
    unet = TwoSidedUNet(CHANNELS)
    pictures = torch.rand(2, 3, 32, 32)
    drawn = unet(pictures)
    assert drawn.shape == pictures.shape
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert unet.location.weight.shape == (1, 3, 1, 1)
    drawn.sum().backward()
    assert unet.location.weight.grad is None
    assert all(p.grad is not None for p in (*unet.down.parameters(), *unet.up.parameters()))


def same(a, b):
    return all(
        torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    )


def test_what_the_sides_keep():
    unet = TwoSidedUNet(CHANNELS)
    left, right = left_only(unet, 1), right_only(unet, 1)
    assert same(left.down, unet.down)
    assert same(left.up, unet.up)
    assert same(left.output, unet.output)
    assert not torch.equal(left.location.weight, unet.location.weight)
    assert same(right.location, unet.location)
    assert not torch.equal(right.output.weight, unet.output.weight)
    assert not torch.equal(right.down[0][0].weight, unet.down[0][0].weight)
    assert same(left_only(unet, 1), left)
    assert not same(left_only(unet, 2), left)


def test_random_sides_leave_torchs_generator_alone():
    unet = TwoSidedUNet(CHANNELS)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    right_only(unet, 9)
    assert torch.equal(torch.rand(2), expected)


def test_the_joined_network_draws_from_what_the_classifier_sees():
    unet, classifier = TwoSidedUNet(CHANNELS), EncoderClassifier(3, 32, CHANNELS)
    both = joined(unet, classifier)
    assert same(both.down, classifier.features)
    assert same(both.up, unet.up)
    assert same(both.location, unet.location)
    assert not same(unet.down, classifier.features)  # the UNet itself is left as it was


def test_an_encoder_can_start_from_the_unet():
    unet = TwoSidedUNet([8, 16, 16, 24])
    network = build_from_unet(REDUCED["encoder"], 3, None, down_state(unet.state_dict()))
    assert same(network.features, unet.down)


def test_vgg_of_the_catalogue_takes_a_head_of_128():
    network = build_network("vgg16", 3, 3, None, head_units=[128], width=0.125, pooled=2, dropout=0.0)
    linear = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == [128, 3]
