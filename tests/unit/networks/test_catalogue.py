"""Networks against torchvision's own (same weights, same outputs) and parameter counts done by hand."""

import pytest
import torch
import torchvision
from torch import nn

from scripts.errors import InputError
from scripts.networks.catalogue import CATALOGUE, build_network, count_parameters
from scripts.networks.residual import residual_3d


def on_meta(name, **arguments):
    """A network without memory: only its shapes."""
    with torch.device("meta"):
        return build_network(name, **arguments)


def convolution(entering, leaving, kernel_points, bias=False):
    """Parameters of a convolution and the normalisation after it."""
    return entering * leaving * kernel_points + (leaving if bias else 0) + 2 * leaving


def residual_by_hand(blocks, points, shortcut_bias=False):
    """Stages of 64, 128, 256, 512 channels, kernels of `points` pixels, 1-pixel shortcuts where the channels change."""
    total, entering = 0, 64
    for channels, n in zip((64, 128, 256, 512), blocks, strict=True):
        total += convolution(entering, channels, points) + (2 * n - 1) * convolution(
            channels, channels, points
        )
        if entering != channels:
            total += convolution(entering, channels, 1, shortcut_bias)
        entering = channels
    return total


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "alexnet", "vgg16"])
def test_the_published_sizes_are_torchvisions(name):
    with torch.device("meta"):
        reference = getattr(torchvision.models, name)(num_classes=1000)
    own = on_meta(name, n_classes=1000, in_channels=3)
    assert {k: v.shape for k, v in own.state_dict().items()} == {
        k: v.shape for k, v in reference.state_dict().items()
    }


@pytest.mark.parametrize(
    ("name", "pixels", "count"),
    # torchvision's documentation of IMAGENET1K_V1, num_params
    [("resnet18", 64, 11_689_512), ("resnet34", 64, 21_797_672), ("alexnet", 64, 61_100_840)],
)
def test_with_torchvisions_weights_the_outputs_are_torchvisions(name, pixels, count):
    reference = getattr(torchvision.models, name)().eval()
    own = build_network(name, 1000, 3).eval()
    own.load_state_dict(reference.state_dict())
    assert count_parameters(own) == count
    images = torch.rand(2, 3, pixels, pixels)
    with torch.no_grad():
        torch.testing.assert_close(own(images), reference(images), rtol=0, atol=0)


def test_vgg16_has_the_number_of_parameters_of_torchvisions_documentation():
    assert count_parameters(on_meta("vgg16", n_classes=1000, in_channels=3)) == 138_357_544


def test_the_convolutions_of_vgg16_are_torchvisions():
    own = build_network("vgg16", 5, 3, width=1 / 16, pooled=1, head_units=[]).eval()
    reference = torchvision.models.vgg.VGG(
        torchvision.models.vgg.make_layers(
            [4, 4, "M", 8, 8, "M", *[16] * 3, "M", *[32] * 3, "M", *[32] * 3, "M"]
        )
    ).features.eval()
    reference.load_state_dict(own.features.state_dict())
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(own.features(images), reference(images), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("depth", "blocks", "printed"), [(18, (2, 2, 2, 2), 33_161_986), (34, (3, 4, 6, 3), 63_471_618)]
)
def test_the_3d_networks_have_the_parameters_that_nmosd_ms_prints(depth, blocks, printed):
    by_hand = (
        convolution(1, 64, 7**3, bias=True) + residual_by_hand(blocks, 27, shortcut_bias=True) + 512 * 2 + 2
    )
    assert by_hand == printed
    assert count_parameters(on_meta(f"resnet{depth}_3d", n_classes=2, in_channels=1)) == printed
    plain = on_meta(f"resnet{depth}_3d", n_classes=2, in_channels=1, biases=False)
    assert count_parameters(plain) == printed - (64 + 128 + 256 + 512)


def test_the_128_unit_head_of_brain_tumor_types():
    network = on_meta("vgg16", n_classes=3, in_channels=3, head_units=[128])
    convolutions = 14_714_688  # Keras documentation, VGG16 without top
    assert count_parameters(network) == convolutions + (512 * 7 * 7 * 128 + 128) + (128 * 3 + 3)


@pytest.mark.parametrize("name", CATALOGUE)
def test_narrow_networks_give_a_logit_a_class(name):
    sizes = {"width": 0.125}
    shape = (3, 40, 40)
    if name in ("alexnet", "vgg16"):
        sizes |= {"head_units": [8], "pooled": 2}
        shape = (3, 64, 64)
    if name.endswith("_3d"):
        shape = (3, 20, 20, 20)
    if name.startswith("two_view"):
        sizes |= {"sections": 20}
        shape = (1, 20, 20, 20)
    network = build_network(name, 4, shape[0], **sizes)
    assert network(torch.rand(2, *shape)).shape == (2, 4)
    assert CATALOGUE[name].features in dict(network.named_modules())


def test_dropout_stands_before_the_head_and_nowhere_else():
    for name, size in (("resnet18", {}), ("two_view_resnet18", {"sections": 20}), ("resnet18_3d", {})):
        network = build_network(name, 2, 1, width=0.125, dropout=0.15, **size)
        assert [m.p for m in network.modules() if isinstance(m, nn.Dropout)] == [0.15]
    network = build_network("resnet18", 2, 1, width=0.125, dropout=1.0).train()
    outputs = network(torch.rand(3, 1, 32, 32))
    torch.testing.assert_close(outputs, network.fc.bias.expand(3, 2))
    network = residual_3d(18, 2, 1, width=0.125, dropout=1.0).train()
    torch.testing.assert_close(network(torch.rand(2, 1, 16, 16, 16)), network.fc[1].bias.expand(2, 2))


def test_the_start_has_he_variance():
    torch.manual_seed(0)
    network = build_network("resnet18", 2, 3)
    weights = network.layer3[0].conv1.weight  # 128 to 256 channels: 2 over those that leave
    assert weights.std().item() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.01)
    first = build_network("resnet18_3d", 2, 1, width=0.25).layer2[0].conv1.weight  # 16 to 32
    assert first.std().item() == pytest.approx((2 / (32 * 27)) ** 0.5, rel=0.03)


@pytest.mark.parametrize(
    ("name", "sizes", "message"),
    [
        ("resnet81", {}, "expected one of resnet18, .*found 'resnet81'. Did you mean 'resnet18'"),
        (
            "resnet18",
            {"widht": 0.5},
            "size of resnet18: expected one of width, dropout, found 'widht'.*'width'",
        ),
        ("resnet18", {"width": 0.0}, "width of a network: expected a number above 0"),
        ("two_view_resnet18", {"width": 1 / 64}, "twice a view's channels, found 1 and 1 channels"),
    ],
)
def test_what_is_not_there_is_named(name, sizes, message):
    with pytest.raises(InputError, match=message):
        build_network(name, 2, 1, **sizes)


def test_a_two_view_network_takes_one_channel():
    with pytest.raises(InputError, match="in_channels of a two-view network: expected 1, found 3"):
        build_network("two_view_resnet18", 2, 3)


def test_only_trainable_parameters_are_counted_where_asked():
    network = build_network("alexnet", 2, 1, width=0.1, head_units=[], pooled=1)
    for parameter in network.features.parameters():
        parameter.requires_grad_(False)
    assert count_parameters(network, trainable=True) == 26 * 2 + 2  # round(25.6) channels to 2 classes
