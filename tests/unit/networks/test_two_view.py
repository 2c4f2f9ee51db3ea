"""The compression block against its equations, and against Table 3 of nmosd_ms."""

import numpy as np
import pytest
import torch

from scripts.errors import InputError
from scripts.networks.catalogue import build_network, count_parameters
from scripts.networks.two_view import TwoViewResidual, compression_parameters

# Table 3 of nmosd_ms
PRINTED = {18: 11_475_330, 34: 21_583_490}
# torchvision's ResNet-18, -34 with two outputs, less conv1 (3 * 64 * 49) and bn1 (128)
STAGES = {18: 11_689_512 - 513_000 + 1_026 - 9_536, 34: 21_797_672 - 513_000 + 1_026 - 9_536}


@pytest.mark.parametrize("depth", [18, 34])
def test_parameters_against_table_3(depth):
    """What the text describes has 6,464 more than printed; what would be exact is said in the docstring."""
    with torch.device("meta"):
        network = build_network(f"two_view_resnet{depth}", 2, 1, dropout=0.15)
    block = 2 * (100 * 32 * 49 + 32 + 64)
    assert count_parameters(network) == STAGES[depth] + block == PRINTED[depth] + 6_464
    assert compression_parameters([100, 100]) == block == 313_792
    left = PRINTED[depth] - STAGES[depth]
    assert left == 307_328 < 2 * 100 * 32 * 49
    assert left == compression_parameters([98, 98], bias=False, norm=False)


def test_no_block_of_kernel_7_and_32_channels_has_the_printed_parameters_with_normalisation():
    """For no number of sections, with or without biases, with the first layer replaced or kept."""
    for left in (307_328, 307_328 - 128, 297_792):
        for bias in (True, False):
            assert left not in {compression_parameters([a, 0], bias=bias) for a in range(400)}


def test_the_views_follow_equations_3_to_7():
    network = TwoViewResidual(18, 2, sections=13, width=0.125).eval()
    x = torch.randn(2, 1, 13, 13, 13)
    for block in (network.first_view, network.second_view):
        torch.nn.init.normal_(block.bn.running_mean)
        torch.nn.init.uniform_(block.bn.running_var, 0.5, 2.0)
        torch.nn.init.normal_(block.conv.bias)
    with torch.no_grad():
        found = network.compress(x).numpy()
    assert found.shape == (2, 8, 3, 3)  # floor((13 - 7) / 3) + 1
    volume = x.numpy()[:, 0]
    for view, block, axis in ((0, network.first_view, 1), (1, network.second_view, 2)):
        image = np.moveaxis(volume, axis, 1)  # the axis of the sections, then the two others in their order
        kernel, bias = block.conv.weight.detach().numpy(), block.conv.bias.detach().numpy()
        mean, var = block.bn.running_mean.numpy(), block.bn.running_var.numpy()
        for c in range(4):
            for i in range(3):
                for j in range(3):
                    patch = image[:, :, 3 * i : 3 * i + 7, 3 * j : 3 * j + 7]
                    value = (patch * kernel[c]).sum(axis=(1, 2, 3)) + bias[c]
                    expected = np.maximum((value - mean[c]) / np.sqrt(var[c] + 1e-5), 0)
                    np.testing.assert_allclose(found[:, 4 * view + c, i, j], expected, rtol=2e-4, atol=2e-5)


def test_100_sections_become_an_image_of_32_pixels():
    with torch.device("meta"):
        network = build_network("two_view_resnet18", 2, 1).eval()
        assert network.compress(torch.empty(1, 1, 100, 100, 100)).shape == (1, 64, 32, 32)


def test_another_volume_is_refused():
    network = build_network("two_view_resnet18", 2, 1, sections=20, width=0.125)
    with pytest.raises(InputError, match=r"\(1, 20, 20, 20\)\), found \(2, 1, 20, 20, 21\)"):
        network(torch.zeros(2, 1, 20, 20, 21))
