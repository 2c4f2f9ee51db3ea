"""A patient's FLAIR volume and lesion mask -> the cube that the networks see (Data Processing, Figure 2).

The box round the head is found on the FLAIR volume and cuts both; the cut is resized to a cube. What lies beside the
lesions says where they are only through this box, so that heads of different size and place come to lie on each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from scripts.errors import CaseError
from scripts.preprocess.region import body_of
from scripts.preprocess.settings import expect, is_whole
from scripts.volumes import Volume, reorient

IMAGES = ("lesions", "lesion_flair", "flair")
INTERPOLATIONS = ("trilinear", "area", "nearest")
BRIGHTEST = 0.995  # quantile of the head's intensities that becomes white
MOST_OUTSIDE = 0.05  # share of the lesion voxels that may lie outside the box
ANY_NEIGHBOUR = np.ones((3, 3, 3))


@dataclass(frozen=True)
class PreparationSettings:
    """The card's `preparation`.

    Attributes
    ----------
    size : voxels of an edge of the cube. image : lesions (their shares of each voxel), lesion_flair (FLAIR within the
        lesions, 0 elsewhere) or flair. interpolation : trilinear (at the centres of voxels, as OpenCV's linear), area
        (mean over what a voxel covers) or nearest. margin_voxels : left round the head's box.
    """

    size: int = 100
    image: str = "lesions"
    interpolation: str = "trilinear"
    margin_voxels: int = 0

    def __post_init__(self) -> None:
        expect(is_whole(self.size, 8), "preparation.size", "a whole number from 8 on", self.size)
        expect(self.image in IMAGES, "preparation.image", f"one of {', '.join(IMAGES)}", self.image)
        expect(
            self.interpolation in INTERPOLATIONS,
            "preparation.interpolation", f"one of {', '.join(INTERPOLATIONS)}", self.interpolation,
        )  # fmt: skip
        expect(
            is_whole(self.margin_voxels, 0), "preparation.margin_voxels", "a whole number", self.margin_voxels
        )


Box = tuple[slice, slice, slice]


def head_box(flair: Volume, margin: int = 0) -> Box:
    """The smallest box (z, y, x) round the largest piece that stands out from the background, with a margin in voxels.

    Specks of noise outside the head do not widen it. In a brain-extracted image it is the brain's box.

    Raises
    ------
    CaseError : every voxel has the same value.
    """
    pieces, count = ndimage.label(body_of(flair), structure=ANY_NEIGHBOUR)
    largest = 1 + int(np.argmax(np.bincount(pieces.ravel(), minlength=count + 1)[1:]))
    box = ndimage.find_objects((pieces == largest).astype(np.uint8))[0]
    return tuple(
        slice(max(part.start - margin, 0), min(part.stop + margin, n))
        for part, n in zip(box, flair.array.shape, strict=True)
    )


def resized(array: np.ndarray, size: int, interpolation: str = "trilinear") -> np.ndarray:
    """A (z, y, x) array on size^3 voxels that cover the same box; float32.

    `trilinear` interpolates at the centres of the new voxels (OpenCV's INTER_LINEAR on every axis), `area` takes means,
    `nearest` the nearest voxel's value.
    """
    image = torch.from_numpy(np.ascontiguousarray(array, np.float32))[None, None]
    options = {"align_corners": False} if interpolation == "trilinear" else {}
    mode = "nearest-exact" if interpolation == "nearest" else interpolation
    return torch.nn.functional.interpolate(image, (size,) * 3, mode=mode, **options)[0, 0].numpy()


@dataclass(frozen=True)
class Prepared:
    """What the networks see of a patient.

    Attributes
    ----------
    image : (1, z, y, x) uint8; z from the feet to the head, y from front to back, x from right to left. 255 is a voxel
        full of lesion (or the brightest FLAIR).
    measures : lesion_ml and n_lesions (26-connected pieces) of the mask; box_x_mm, box_y_mm, box_z_mm; resized_ml, the
        lesion volume of the resized map; outside, the share of lesion voxels outside the box.
    """

    image: np.ndarray
    measures: dict[str, float]


def prepare(flair: Volume, lesions: Volume, settings: PreparationSettings) -> Prepared:
    """Turn to one orientation, cut both to the head's box, resize.

    Parameters
    ----------
    flair, lesions : on one grid, in any orientation; lesions 1 inside.

    Raises
    ------
    CaseError : nothing stands out in the FLAIR volume, or more than 5 % of the lesion voxels lie outside its box.
    """
    flair, lesions = reorient(flair), reorient(lesions)
    box = head_box(flair, settings.margin_voxels)
    inside = lesions.array != 0
    n_voxels = int(inside.sum())
    outside = 1 - float(inside[box].sum()) / n_voxels if n_voxels else 0.0
    if outside > MOST_OUTSIDE:
        raise CaseError(
            f"lesions: expected at most {MOST_OUTSIDE:.0%} of the mask outside the box of the head in the FLAIR "
            f"volume, found {outside:.0%}"
        )
    share = resized(inside[box], settings.size, settings.interpolation)
    edges = [(part.stop - part.start) * mm for part, mm in zip(box, flair.spacing[::-1], strict=True)]
    voxel_ml = float(np.prod([edge / settings.size for edge in edges])) / 1000
    measures = {
        "lesion_ml": n_voxels * lesions.voxel_volume_mm3 / 1000,
        "n_lesions": int(ndimage.label(inside, structure=ANY_NEIGHBOUR)[1]),
        "resized_ml": float(share.sum(dtype=np.float64)) * voxel_ml,
        "outside": outside,
        **{f"box_{axis}_mm": float(edge) for axis, edge in zip("zyx", edges, strict=True)},
    }
    return Prepared(_as_bytes(flair, box, share, settings), measures)


def _as_bytes(flair: Volume, box: Box, share: np.ndarray, settings: PreparationSettings) -> np.ndarray:
    """(1, z, y, x) uint8 of the image that the settings ask for; `share` is the resized mask."""
    shown = share
    if settings.image != "lesions":
        values = flair.array[box].astype(np.float32)
        low, high = float(flair.array.min()), float(np.quantile(values[body_of(flair)[box]], BRIGHTEST))
        grey = np.clip((values - low) / (high - low), 0, 1)
        shown = resized(grey, settings.size, settings.interpolation)
        if settings.image == "lesion_flair":
            shown = shown * share
    return np.rint(255 * np.clip(shown, 0, 1)).astype(np.uint8)[None]
