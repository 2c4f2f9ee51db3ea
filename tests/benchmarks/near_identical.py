"""What the search for near-identical images finds among real slices: python -m tests.benchmarks.near_identical

Slices of brain_tumour_2d in the folder REAL_DATA, all of them against one another, and 40 of them altered.
"""

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageFilter

from scripts.splits.near_identical import (
    LEAST_FOR_MEAN,
    NearIdenticalSettings,
    neighbour_similarity,
    similar_pairs,
    thumbnails_of,
)
from scripts.splits.thumbnails import orientations, standardised, turned

FAR = 100  # numbers apart, or another class: hardly one patient
ALTERED = 40


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Saved and read again."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(io.BytesIO(content.getvalue()))


def of_values(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Image.Image], Image.Image]:
    """An alteration of grey values 0..255."""
    return lambda image: Image.fromarray(
        np.clip(change(np.asarray(image).astype(float)), 0, 255).astype(np.uint8)
    )


ALTERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG of quality 30": lambda image: jpeg(image, 30),
    "half the size": lambda image: image.resize((256, 256)),
    "brighter by 1.4": lambda image: ImageEnhance.Brightness(image).enhance(1.4),
    "contrast 0.7": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "noise of SD 15": of_values(lambda a: a + np.random.default_rng(1).normal(0, 15, a.shape)),
    "blur of 3 pixels": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "gamma 0.7": of_values(lambda a: 255 * (a / 255) ** 0.7),
    "gamma 1.5": of_values(lambda a: 255 * (a / 255) ** 1.5),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned by 90": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "turned by 2": lambda image: image.rotate(2),
    "shifted by 4 of 512": of_values(lambda a: np.roll(a, 4, axis=1)),
    "trimmed by 2 %": lambda image: image.crop((10, 10, 502, 502)).resize((512, 512)),
}


def main() -> None:
    """Print quantiles of similarities, and the least and middle one of each alteration."""
    folder = Path(os.environ["REAL_DATA"]) / "brain_tumour_2d"
    table = pd.read_csv(folder / "index.csv").sort_values(["label", "figshare_number"], ignore_index=True)
    settings = NearIdenticalSettings()

    def grey(path: str) -> Image.Image:
        return Image.open(folder / path).convert("L")

    def stack_of(images: dict[str, Image.Image]) -> np.ndarray:
        return thumbnails_of(list(images), lambda name: np.asarray(images[name].convert("L"))[None], settings)

    stack = thumbnails_of(list(table["image"]), lambda path: np.asarray(grey(path))[None], settings)
    begun = time.process_time()
    pairs = similar_pairs(stack, settings)
    print(f"{len(stack)} slices: {len(pairs)} pairs, {time.process_time() - begun:.1f} s of CPU time")
    assert len(stack) >= LEAST_FOR_MEAN
    average = standardised(stack).mean(axis=0)
    vectors = standardised(stack, average).astype(np.float32)
    numbers, labels = table["figshare_number"].to_numpy(), table["label"].to_numpy()
    following = (labels[1:] == labels[:-1]) & (np.diff(numbers) == 1)
    close = vectors @ vectors.T
    far = (np.abs(numbers[:, None] - numbers) > FAR) | (labels[:, None] != labels)
    far &= np.arange(len(table))[:, None] < np.arange(len(table))
    shown = (0.5, 0.9, 0.99, 0.9999, 1.0)
    print("quantiles", shown)
    print("far apart ", np.quantile(close[far], shown).round(3))
    print("neighbours", np.quantile(neighbour_similarity(stack)[following], shown).round(3))
    best = np.argsort(np.where(far, close, -1).ravel())[::-1][:5]
    for place in best:
        i, j = divmod(int(place), len(table))
        print(f"  {close[i, j]:.3f}  {table['image'][i]}  {table['image'][j]}")
    chosen = np.random.default_rng(0).choice(len(table), ALTERED, replace=False)
    for name, alter in ALTERATIONS.items():
        altered = stack_of({table["image"][i]: alter(grey(table["image"][i])) for i in chosen})
        found = [
            np.einsum("ij,ij->i", standardised(turned(altered, axes, flips), average), vectors[chosen])
            for _, axes, flips in orientations(2)
        ]
        similarity = np.max(found, axis=0)
        print(f"{name:22} least {similarity.min():.3f}  middle {np.median(similarity):.3f}")


if __name__ == "__main__":
    main()
