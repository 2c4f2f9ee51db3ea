"""Which pixels a network's class score rests on: gradient, integrated gradients, Grad-CAM, through captum.

All maps are of one class's logit. The network is put into evaluation mode and left as it was; its weights get no
gradients. Images are as the network takes them: (n, channel, y, x) or (n, channel, z, y, x), float32.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Saliency
from torch import nn

from scripts.errors import InputError, nearest

METHODS = ("gradient", "integrated_gradients", "grad_cam")


def gradient(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> np.ndarray:
    """|d logit / d pixel|, the largest over the channels (Simonyan et al. 2014, section 3.1): (n, y, x), at least 0.

    Parameters
    ----------
    classes : (n,) index of the class of each image. Of a (n, channel, z, y, x) image the map is (n, z, y, x).
    """
    with _examined(network):
        found = Saliency(network).attribute(images.clone().requires_grad_(), classes, abs=True)
    return _as_maps(found.amax(dim=1))


def integrated_gradients(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    baseline: torch.Tensor | float = 0.0,
    steps: int = 50,
    most_at_once: int = 32,
) -> tuple[np.ndarray, np.ndarray]:
    """Integrated gradients along the straight line from a baseline image (Sundararajan et al. 2017, equation 1).

    Parameters
    ----------
    baseline : an image of the same shape, or one value for all pixels. steps : points of a Gauss-Legendre rule.
    most_at_once : images in memory at a time.

    Returns
    -------
    maps : (n, y, x), sums over the channels; positive: speaks for the class. Their sum over all pixels is the logit
        of the image less that of the baseline (completeness, Proposition 1), but for
    gap : (n,) sum of the map - (logit of the image - logit of the baseline), what the rule's points leave.
    """
    with _examined(network):
        found, gap = IntegratedGradients(network).attribute(
            images,
            baseline,
            classes,
            n_steps=steps,
            method="gausslegendre",
            internal_batch_size=most_at_once,
            return_convergence_delta=True,
        )
    return _as_maps(found.sum(dim=1)), gap.detach().double().cpu().numpy()


def grad_cam(network: nn.Module, images: torch.Tensor, classes: torch.Tensor, layer: str) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017, equations 1 and 2): (n, y, x), at least 0, on the grid of the images.

    ReLU(sum_k alpha_k A_k), alpha_k the mean over the map of d logit / d A_k, A_k the channels of the layer;
    enlarged by linear interpolation.

    Parameters
    ----------
    layer : name of the module, as `scripts.networks.catalogue` has it for each network (`features`).

    Raises
    ------
    InputError : no such module.
    """
    modules = dict(network.named_modules())
    if layer not in modules:
        raise InputError(
            "layer of Grad-CAM", "a module of the network", f"'{layer}'", nearest(layer, modules).strip()
        )
    with _examined(network):
        taken = images.clone().requires_grad_()  # so that the layer has a gradient, the weights having none
        coarse = LayerGradCam(network, modules[layer]).attribute(taken, classes, relu_attributions=True)
    mode = {2: "bilinear", 3: "trilinear"}[images.ndim - 2]
    fine = nn.functional.interpolate(coarse, images.shape[2:], mode=mode, align_corners=False)
    return _as_maps(fine[:, 0])


@contextlib.contextmanager
def _examined(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode, its parameters without gradients, ReLUs that keep their input."""
    training = network.training
    parameters = [p for p in network.parameters() if p.requires_grad]
    inplace = [m for m in network.modules() if getattr(m, "inplace", False)]
    network.eval()
    for parameter in parameters:
        parameter.requires_grad_(False)
    for module in inplace:
        module.inplace = False
    try:
        yield
    finally:
        network.train(training)
        for parameter in parameters:
            parameter.requires_grad_(True)
        for module in inplace:
            module.inplace = True


def _as_maps(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().cpu().numpy()
