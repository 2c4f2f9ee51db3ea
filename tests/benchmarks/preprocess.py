"""Bias field, resampling, intensity and segmentation of a visit on one core: python -m tests.benchmarks.preprocess

Times of the stage functions on made-up volumes of growing size, and, where REAL_DATA names the folder of real data, on
real ones; how well N4 recovers a planted field, with and without closer knots; peak memory of the process.
"""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from scripts.cohort.images import read_image
from scripts.preprocess.bias_field import field_of, without_field
from scripts.preprocess.enhancement import subtraction
from scripts.preprocess.intensity import intensity_map
from scripts.preprocess.region import body_of
from scripts.preprocess.resampling import resample_image
from scripts.preprocess.tumour_mask import dice, segment_tumour
from scripts.volumes import Volume
from tests.benchmarks.runs import Row, print_rows

SIZES = ((44, 56, 56), (96, 128, 128))  # voxels (z, y, x) of 2 mm: a simulated visit, and a whole breast
KNOTS = {"as they come": {}, "closer by one level": {"levels": 4}, "one level only": {"levels": 1}}
FIELD_DEVIATION = 0.12  # of the planted log field
REAL = (
    ("breast DCE-MRI", "breast_DCE_UCSF-BR-06/phase0.nii.gz", "breast_DCE_UCSF-BR-06/phase1.nii.gz"),
    ("brain T1", "openMS_cross_sectional_2mm/patient07/T1.nii.gz", None),
    ("brain FLAIR", "openMS_cross_sectional_2mm/patient07/FLAIR.nii.gz", None),
)
REPEATS = 2
LEAST_CORRELATION = 0.95


def planted_field(shape: tuple[int, int, int], seed: int) -> np.ndarray:
    """(z, y, x): the logarithm of a smooth field, about 12 % up and down."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    a, b, c, d, e, f, g = rng.uniform(-1, 1, 7)
    log_field = a * z + b * y + c * x + d * z * y + e * x * x + f * np.cos(2 * y + g)
    return FIELD_DEVIATION * (log_field - log_field.mean()) / log_field.std()


def phantom(shape: tuple[int, int, int], seed: int) -> tuple[Volume, Volume, Volume, np.ndarray]:
    """A breast of dark fat, glandular tissue and a tumour: precontrast, postcontrast, tumour, log field."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    body = z**2 + y**2 + x**2 < 0.81
    texture = ndimage.gaussian_filter(rng.normal(size=shape), 2)
    tumour = (z - 0.1) ** 2 + (y + 0.1) ** 2 + (x - 0.2) ** 2 < 0.25**2
    truth = np.where(body, 40.0, 0.0)
    truth[body & (texture > 0) & (z**2 + y**2 + x**2 < 0.5)] = 100
    truth[tumour] = 110
    log_field = planted_field(shape, seed)
    phases = []
    for uptake in (0.0, 90.0):
        signal = (truth + uptake * tumour + 0.1 * uptake * (truth > 90)) * np.exp(log_field)
        noise = rng.normal(scale=4, size=(2, *shape))
        phases.append(Volume(np.hypot(signal + noise[0], noise[1]).astype(np.float32), (2.0, 2.0, 2.0)))
    return *phases, phases[0].with_array(tumour), log_field


def fastest(function: Callable[[], object]) -> float:
    """Least CPU seconds of a few calls: other programs on the machine count little."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


def agreement(found: np.ndarray, planted: np.ndarray) -> str:
    """Correlation of two log fields, and the deviation that is left over, as a share of the planted one."""
    left = (found - planted).std() / planted.std()
    return f"r {np.corrcoef(found, planted)[0, 1]:.3f}, left {left:.2f}"


def step_times(what: str, precontrast: Volume, postcontrast: Volume | None, spacing_mm: float) -> list[Row]:
    """A row for each step of a visit; without a second phase there is nothing to segment."""
    field = field_of(precontrast)
    before = resample_image(without_field(precontrast, field), {"spacing_mm": spacing_mm})
    steps = [
        ("N4", lambda: field_of(precontrast)),
        (f"resampling to {spacing_mm:g} mm", lambda: resample_image(precontrast, {"spacing_mm": spacing_mm})),
        ("z-score of the body", lambda: intensity_map(before).apply(before)),
    ]
    if postcontrast is not None:
        after = resample_image(without_field(postcontrast, field), {"spacing_mm": spacing_mm})
        steps.append(("spatial fuzzy C-means", lambda: segment_tumour(subtraction(after, before))))
    size = " x ".join(map(str, precontrast.size))
    return [Row(f"{name}, {what} ({size})", f"{fastest(call):.2f} s CPU") for name, call in steps]


def recovery(what: str, image: Volume, planted: np.ndarray, known: bool) -> list[Row]:
    """How much of a planted field N4 gives back; on a real image, beyond the image's own field, in the same voxels."""
    body = image.with_array(body_of(image))
    inside = body.array
    table = []
    for knots, settings in KNOTS.items():
        if known:
            found = np.log(field_of(image, settings).array)
        else:
            spoilt = image.with_array((image.array * np.exp(planted)).astype(np.float32))
            found = np.log(field_of(spoilt, settings, body).array / field_of(image, settings, body).array)
        value = agreement(found[inside], planted[inside])
        close = bool(np.corrcoef(found[inside], planted[inside])[0, 1] >= LEAST_CORRELATION)
        judged = {} if settings else {"aim": f"r >= {LEAST_CORRELATION}", "met": close}
        table.append(Row(f"planted field, {what}, knots {knots}", value, **judged))
    return table


def real_rows(root: Path) -> list[Row]:
    """The same on real volumes."""
    table = []
    for what, pre, post in REAL:
        if not (root / pre).exists():
            continue
        image = read_image(root / pre)
        table += step_times(what, image, read_image(root / post) if post else None, 1.5)
        table += recovery(what, image, planted_field(image.array.shape, 3), known=False)
    return table


def rows(_: Path | None = None) -> list[Row]:
    """Made-up volumes, then real ones."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    table = []
    for seed, shape in enumerate(SIZES):
        pre, post, tumour, log_field = phantom(shape, seed)
        table += step_times("made-up", pre, post, 1.5)
        table += recovery("made-up", pre, log_field, known=True)
        overlap = dice(segment_tumour(subtraction(post, pre)), tumour)
        table.append(
            Row("Dice of fuzzy C-means, made-up", f"{overlap:.2f}", aim=">= 0.9", met=overlap >= 0.9)
        )
    if root := os.environ.get("REAL_DATA"):
        table += real_rows(Path(root) / "volumes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*table, Row("peak memory of all this", f"{peak:.0f} MB")]


def main() -> None:
    """Run and print."""
    print_rows("Image stages, one core", rows())


if __name__ == "__main__":
    main()
