"""The networks of tle_subtypes: equations 2 to 4 computed by hand in numpy, sizes as printed, parts left out."""

import numpy as np
import pytest
import torch

from scripts.errors import InputError
from scripts.papers.tle_subtypes.describe_networks import layer_table
from scripts.papers.tle_subtypes.networks import Cnn, Msam, SelfAttention, build
from scripts.training.onnx_export import export_onnx

SIZES = {"hidden": (16, 8, 8, 8), "dropout": 0.0}


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def msam(positions=5, features=7, **others):
    torch.manual_seed(3)
    return Msam(positions, features, 2, **(SIZES | {"heads": 2} | others)).eval()


def test_self_attention_is_equation_2():
    x = np.random.default_rng(1).standard_normal((2, 4, 3))
    expected = softmax(x @ x.transpose(0, 2, 1) / np.sqrt(3)) @ x
    found = SelfAttention()(torch.from_numpy(x)).numpy()
    assert found == pytest.approx(expected, abs=1e-12)
    # two equal positions are left as they are
    pair = np.array([[[1.0, 2.0], [1.0, 2.0]]])
    assert SelfAttention()(torch.from_numpy(pair)).numpy() == pytest.approx(pair)


def test_multi_head_attention_is_equations_3_and_4():
    network = msam(positions=5, features=7, self_attention=False)
    image = torch.randn(3, 1, 5, 7, generator=torch.Generator().manual_seed(4))
    x = network.encoded(image).detach().numpy()
    layer = network.multi_head
    w_q, w_k, w_v = layer.in_proj_weight.detach().numpy().reshape(3, 8, 8)
    heads = []
    for h in range(2):
        part = slice(4 * h, 4 * h + 4)  # d_k = d_v = d / h = 4
        q, k, v = (x @ w[part].T for w in (w_q, w_k, w_v))
        heads.append(softmax(q @ k.transpose(0, 2, 1) / np.sqrt(4)) @ v)
    gathered = np.concatenate(heads, axis=-1) @ layer.out_proj.weight.detach().numpy().T
    linear = network.classifier
    expected = gathered.reshape(3, -1) @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
    assert network(image).detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_attention_received_is_the_mean_over_who_gives_it():
    for options in ({"self_attention": True}, {"self_attention": False}, {"heads": 0}):
        network = msam(**options)
        image = torch.randn(3, 1, 5, 7, generator=torch.Generator().manual_seed(4))
        found = network.received(image).detach().numpy()
        assert found.shape == (3, 5)
        assert found.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-6)
        assert (found >= 0).all()


def test_a_position_that_all_attend_to_receives_their_attention():
    """Self-attention by hand of 3 positions with the features 0, 0 and c in one number, d = 1: rows of softmax(x x^T)
    are (1, 1, 1) / 3 twice and (1, 1, e) / (2 + e) for c = 1. Received are the means of the columns."""
    network = Msam(3, 1, 2, heads=0, hidden=(1, 1, 1, 1), dropout=0.0).eval()
    network.perceptron = torch.nn.Identity()
    found = network.received(torch.tensor([0.0, 0.0, 1.0]).reshape(1, 1, 3, 1)).numpy()[0]
    last = 1 / (2 + np.e)
    assert found == pytest.approx([(2 / 3 + last) / 3] * 2 + [(2 / 3 + np.e * last) / 3], abs=1e-6)


def test_the_activations_are_elu_tanh_tanh_and_relu():
    layers = [type(layer).__name__ for layer in msam().perceptron]
    assert layers == ["Dropout", "Linear", "ELU", "Linear", "Tanh", "Linear", "Tanh", "Linear", "ReLU"]


def test_the_published_model_has_the_printed_layers():
    """275 sensors of 2,000 samples: parameters counted by hand."""
    sizes = {"hidden": [1024, 512, 128, 32], "dropout": 0.2, "tokens": "sensors", "gathered": "flattened"}
    model = {"network": "msam", "heads": 4, "self_attention": True, "sizes": sizes}
    table = layer_table(model, (1, 275, 2000), "published")
    dense = [2000 * 1024 + 1024, 1024 * 512 + 512, 512 * 128 + 128, 128 * 32 + 32]
    assert table["layer"].tolist() == [
        "dropout", "dense", "dense", "dense", "dense", "self-attention", "multi-head self-attention", "dense",
    ]  # fmt: skip
    assert table["parameters"].tolist() == [0, *dense, 0, 4 * 32 * 32, 275 * 32 * 2 + 2]
    assert table["output"].tolist()[1:5] == ["275 x 1024", "275 x 512", "275 x 128", "275 x 32"]
    assert table["output"].tolist()[-1] == "2"


@pytest.mark.parametrize("heads", [2, 4, 8, 16])
def test_every_printed_number_of_heads_divides_32(heads):
    network = Msam(3, 5, 2, heads=heads, hidden=(8, 8, 8, 32))
    assert network.multi_head.head_dim * heads == 32
    assert network(torch.zeros(2, 1, 3, 5)).shape == (2, 2)


def test_ablations_leave_their_layer_out_and_nothing_else():
    whole, without_first, without_second = (
        msam(), msam(self_attention=False), msam(heads=0),
    )  # fmt: skip
    assert without_first.self_attention is None
    assert without_second.multi_head is None
    assert sum(p.numel() for p in whole.parameters()) == sum(p.numel() for p in without_first.parameters())
    lost = sum(p.numel() for p in whole.parameters()) - sum(p.numel() for p in without_second.parameters())
    assert lost == 4 * 8 * 8


def test_flattened_positions_keep_their_place_and_means_do_not():
    image = torch.randn(2, 1, 5, 7, generator=torch.Generator().manual_seed(2)).double()
    turned = image[:, :, [4, 0, 1, 2, 3]]
    for gathered, same in (("mean", True), ("flattened", False)):
        network = msam(gathered=gathered).double()
        with torch.no_grad():  # first weights are so small that attention makes all positions nearly alike
            for weight in network.parameters():
                weight.mul_(4.0)
        assert torch.allclose(network(image), network(turned), rtol=0, atol=1e-9) == same


def test_positions_may_be_moments():
    model = {"network": "msam", "heads": 2, "self_attention": True, "sizes": SIZES | {"tokens": "times"}}
    network = build(model, 2, None, shape=(1, 5, 7))
    assert network.perceptron[1].in_features == 5
    assert network.classifier.in_features == 7 * 8
    assert network(torch.zeros(2, 1, 5, 7)).shape == (2, 2)
    assert network.received(torch.zeros(2, 1, 5, 7)).shape == (2, 7)


def test_the_cnn_sees_no_sensor_apart_and_takes_short_epochs():
    network = Cnn(5, 7, 2, channels=(4, 6, 8), kernel=3, pooled=4, dropout=0.0).eval()
    image = torch.randn(2, 1, 5, 7)
    assert network(image).shape == (2, 2)
    assert [m.kernel_size for m in network.features if isinstance(m, torch.nn.MaxPool1d)] == [4, 1, 1]
    by_hand = network.classifier(network.features(image[:, 0]).mean(dim=2))
    assert torch.equal(network(image), by_hand)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "a divisor of the last dense layer's 8 neurons, found 3"),
        ({"hidden": (8, 8)}, "4 dense layers, found 2"),
        ({"tokens": "epochs"}, "models: sizes.tokens: expected sensors or times"),
        ({"gathered": "sum"}, "models: sizes.gathered"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        msam(**options)


def test_an_unknown_network_is_refused():
    with pytest.raises(InputError, match="models: network: expected msam or cnn"):
        build({"network": "lstm"}, 2, None, shape=(1, 3, 4))


@pytest.mark.parametrize(
    "options", [{}, {"self_attention": False}, {"heads": 0}], ids=["msam", "attn_1", "attn_2"]
)
def test_a_frozen_model_goes_to_onnx_as_it_is(options, tmp_path):
    assert export_onnx(msam(**options), (1, 5, 7), tmp_path / "network.onnx") < 1e-4
