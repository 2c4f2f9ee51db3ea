"""What a slice shows of the three planted traits, measured as their definitions say: no learning is involved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from safetensors import safe_open
from scipy import ndimage

from scripts.papers.glioma_grading.prepare_images import OUTLINE, SLICE
from scripts.preprocess.region import li_threshold

DEAD = 0.8  # of the tissue outside the tumour; viable tumour is brighter
EDGE_PIXELS, SOFT_PIXELS = 1, 2  # left out along the outline, and round what is dead
# Below which a logarithm would follow noise alone
LEAST_SHARE, LEAST_GAIN, LEAST_SPREAD = 0.01, 0.02, 0.001


def shown_traits(grey: np.ndarray, outline: np.ndarray) -> dict[str, float]:
    """necrosis: log share of dead pixels; enhancement: log relative gain of viable ones over the tissue outside
    the tumour; heterogeneity: log of their coefficient of variation.

    Parameters
    ----------
    grey, outline : uint8 (y, x); outline 1 in the tumour. NaN where no pixel is left to measure.
    """
    inside = outline.astype(bool)
    values = grey.astype(float)
    outside = values[~inside]
    tissue = float(np.median(outside[outside > li_threshold(values)]))
    core = ndimage.binary_erosion(inside, iterations=EDGE_PIXELS)
    dead = core & (values < DEAD * tissue)
    viable = values[core & ~ndimage.binary_dilation(dead, iterations=SOFT_PIXELS)] / tissue
    if not core.any() or viable.size < 2:
        return dict.fromkeys(("necrosis", "enhancement", "heterogeneity"), float("nan"))
    return {
        "necrosis": float(np.log(dead.sum() / core.sum() + LEAST_SHARE)),
        "enhancement": float(np.log(max(viable.mean() - 1, LEAST_GAIN))),
        "heterogeneity": float(np.log(max(viable.std() / viable.mean(), LEAST_SPREAD))),
    }


def read_traits(paths: Sequence[str]) -> pd.DataFrame:
    """`shown_traits` of every sample in the files of slices, by sample."""
    found = {}
    for path in paths:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # noqa: SIM118
                if name.endswith(SLICE):
                    sample = name.removesuffix(SLICE)
                    found[sample] = shown_traits(file.get_tensor(name), file.get_tensor(f"{sample}{OUTLINE}"))
    return pd.DataFrame(found).T.sort_index()
