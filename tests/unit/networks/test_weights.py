"""Pretrained weights in a network with another head and other channels."""

import pytest
import torch

from scripts.errors import InputError
from scripts.networks.catalogue import build_network
from scripts.networks.weights import adapt

NARROW = {"width": 0.125}


def test_all_but_the_head_comes_from_the_weights():
    source = build_network("resnet18", 1000, 3, **NARROW)
    target = build_network("resnet18", 3, 3, weights=source.state_dict(), **NARROW)
    for name, tensor in target.state_dict().items():
        if name.startswith("fc."):
            assert tensor.shape[0] == 3
        else:
            assert torch.equal(tensor, source.state_dict()[name]), name


def test_the_head_is_new_even_where_it_would_fit():
    source = build_network("resnet18", 3, 3, **NARROW)
    target = build_network("resnet18", 3, 3, weights=source.state_dict(), **NARROW)
    assert not torch.equal(target.fc.weight, source.fc.weight)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_an_image_with_equal_channels_gives_what_the_original_gives(channels):
    source = build_network("resnet18", 4, 3, **NARROW).eval()
    target = build_network("resnet18", 4, channels, weights=source.state_dict(), **NARROW).eval()
    grey = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(
            target.conv1(grey.expand(-1, channels, -1, -1)), source.conv1(grey.expand(-1, 3, -1, -1))
        )


def test_one_channel_gets_the_sum():
    source = build_network("alexnet", 4, 3, width=0.1, head_units=[], pooled=1)
    target = build_network("alexnet", 4, 1, weights=source.state_dict(), width=0.1, head_units=[], pooled=1)
    weights = source.features[0].weight
    torch.testing.assert_close(target.features[0].weight[:, 0], weights[:, 0] + weights[:, 1] + weights[:, 2])


def test_a_two_view_network_takes_the_stages_of_a_2d_one():
    source = build_network("resnet18", 5, 3, **NARROW)
    target = build_network("two_view_resnet18", 2, 1, sections=20, weights=source.state_dict(), **NARROW)
    assert torch.equal(target.layer4[1].conv2.weight, source.layer4[1].conv2.weight)
    report = adapt(source.state_dict(), target, ("fc.", "first_view.", "second_view."))
    assert set(report.unused) == {n for n in source.state_dict() if n.startswith(("conv1.", "bn1.", "fc."))}
    assert report.summed == ()


def test_a_head_of_other_units_is_new_as_a_whole():
    source = build_network("vgg16", 10, 3, width=1 / 32, pooled=1)
    target = build_network(
        "vgg16", 3, 3, weights=source.state_dict(), width=1 / 32, pooled=1, head_units=[128]
    )
    assert torch.equal(target.features[28].weight, source.features[28].weight)
    assert target.classifier[0].weight.shape == (128, 16)


def test_the_published_head_keeps_its_hidden_layers():
    source = build_network("alexnet", 10, 3, width=0.05, pooled=1)
    target = build_network("alexnet", 3, 3, weights=source.state_dict(), width=0.05, pooled=1)
    assert torch.equal(target.classifier[4].weight, source.classifier[4].weight)
    assert target.classifier[6].weight.shape[0] == 3


def test_without_a_catalogue_the_last_linear_layer_is_the_head():
    def tiny(n):
        return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(2, n))

    source, target = tiny(3), tiny(4)
    report = adapt(source.state_dict(), target)
    assert report.new == ("2.weight", "2.bias")
    assert torch.equal(target[0].weight, source[0].weight)


def test_weights_of_a_wider_network_are_refused_in_words():
    source = build_network("resnet18", 3, 3, width=0.25)
    with pytest.raises(
        InputError, match=r"layer1.0.conv1.weight: 8 x 8 x 3 x 3 in the network, 16 x 16 x 3 x 3"
    ):
        build_network("resnet18", 3, 3, weights=source.state_dict(), **NARROW)
    with pytest.raises(InputError, match="procedural"):
        build_network("resnet18", 3, 3, weights=source.state_dict(), **NARROW)


def test_weights_of_a_shallower_network_are_refused():
    source = build_network("resnet18", 3, 3, **NARROW)
    with pytest.raises(InputError, match="layer1.2.conv1.weight: not among the weights, and"):
        build_network("resnet34", 3, 3, weights=source.state_dict(), **NARROW)
