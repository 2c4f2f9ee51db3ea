"""A frozen network as ONNX, for programs without torch; kept only if onnxruntime gives the same outputs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from scripts.errors import InputError
from scripts.tables import write_whole

IMAGE, LOGITS = "image", "logits"
TOLERANCE = 1e-4


def export_onnx(
    network: torch.nn.Module,
    shape: Sequence[int],
    path: str | Path,
    batch_sizes: Sequence[int] = (1, 2, 5),
    tolerance: float = TOLERANCE,
) -> float:
    """Write the network as one ONNX file and compare it with torch on batches of several sizes.

    Input `image`, float32 (n, *shape), as the paper's transform gives it; output `logits`, float32 (n, n_classes); n is
    free.

    Parameters
    ----------
    network : in evaluation mode, on the CPU. shape : of one sample. tolerance : see Raises.

    Returns
    -------
    The largest difference of a logit, as a share of the largest logit of its batch (at least 1).

    Raises
    ------
    InputError : the difference exceeds the tolerance.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes to its own developers
        program = torch.onnx.export(
            network,
            (torch.zeros(2, *shape),),
            input_names=[IMAGE],
            output_names=[LOGITS],
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            dynamo=True,
            verbose=False,
        )
    model = _without_remarks(program.model_proto)
    found = 0.0

    def write(part: Path) -> None:
        nonlocal found
        part.write_bytes(model.SerializeToString(deterministic=True))
        found = onnx_difference(network, shape, part, batch_sizes)
        if not found <= tolerance:
            raise InputError(
                "ONNX export", f"torch's outputs within {tolerance:g}", f"a difference of {found:g}"
            )

    write_whole(path, write)
    return found


def _without_remarks(model: Any) -> Any:
    """The model without what the exporter notes of its making: paths on this machine and lines of the code."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.functions):
        del part.metadata_props[:]
        part.doc_string = ""
    for part in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del part.metadata_props[:]
    return model


def onnx_difference(
    network: torch.nn.Module, shape: Sequence[int], path: str | Path, batch_sizes: Sequence[int] = (1, 2, 5)
) -> float:
    """Largest difference between torch's and onnxruntime's logits for random images; see `export_onnx`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rng, largest = np.random.default_rng(0), 0.0
    for n in batch_sizes:
        images = rng.standard_normal((n, *shape)).astype(np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(images)).numpy()
        (given,) = session.run([LOGITS], {IMAGE: images})
        if given.shape != expected.shape:
            return float("inf")
        largest = max(largest, float(np.abs(given - expected).max() / max(1.0, np.abs(expected).max())))
    return largest
