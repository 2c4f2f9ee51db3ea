"""A 2-D picture and the mask drawn on it: JPEG, PNG or TIFF, one slice a file.

A picture is a `Volume` of one slice whose voxels are its pixels: pictures carry no spacing that could be trusted, so
lengths are in pixels (spacing 1) and areas in pixels.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scripts.cohort.file_content import (
    count_non_finite,
    describe_content,
    first_bytes,
    incomplete,
    refuse_non_finite,
)
from scripts.cohort.masks import region_of_labels
from scripts.errors import InputError
from scripts.volumes import Volume

if TYPE_CHECKING:
    from PIL import Image

# Ending -> how its file begins, and what Pillow calls the format.
FORMATS = {
    ".jpg": ((b"\xff\xd8\xff",), "JPEG"),
    ".jpeg": ((b"\xff\xd8\xff",), "JPEG"),
    ".png": ((b"\x89PNG\r\n\x1a\n",), "PNG"),
    ".tif": ((b"II*\0", b"MM\0*"), "TIFF"),
    ".tiff": ((b"II*\0", b"MM\0*"), "TIFF"),
}
PICTURE_ENDINGS = tuple(FORMATS)
PIXEL = (1.0, 1.0, 1.0)
FEWEST_PIXELS = 8  # on a side
MOST_PIXELS = 1 << 28  # 16,384 x 16,384; more is a damaged header or a trap
# Channels of a grey picture that was saved in colour differ by what JPEG's rounding leaves.
GREY_TOLERANCE = 8
GREY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")
ORIENTATION = 274  # EXIF tag; 1 is upright


def read_picture(path: str | Path) -> Volume:
    """Read one grey picture.

    Returns
    -------
    Volume, array (1, y, x) in the grey values of the file (8 or 16 bits, or floats), row 0 on top; spacing 1.

    Raises
    ------
    InputError : missing, empty, truncated or damaged file; an ending that does not fit the content; several pages;
        colour; transparent pixels; an EXIF orientation; fewer than 8 pixels on a side; NaN.
    """
    path = Path(path)
    image = _open(path)
    array = _grey(path, image)
    refuse_non_finite(count_non_finite(array), array.size, str(path))
    return Volume(array[None], PIXEL)


def read_picture_mask(path: str | Path, image: Volume, roi: str | None = None) -> Volume:
    """Read one region as a mask on the pixels of `image` (from `read_picture`).

    Parameters
    ----------
    path : a picture of 0 outside and one other value inside (a palette counts by its indices).
    roi : the value of the region, where there are several.

    Returns
    -------
    Volume of uint8, (1, y, x), 0 outside and 1 inside.

    Raises
    ------
    InputError : as `read_picture`; another size than the picture's; several values and none named; no pixel inside.
    """
    path = Path(path)
    wanted = str(roi or "").strip() or None
    opened = _open(path)
    labels = np.asarray(opened) if opened.mode in ("P", *GREY_MODES) else _grey(path, opened)
    if labels.shape != image.array.shape[1:]:
        (rows, columns), (own_rows, own_columns) = image.array.shape[1:], labels.shape
        raise InputError(
            str(path),
            f"a mask of {columns} x {rows} pixels, as its picture has",
            f"{own_columns} x {own_rows}",
            "Name the picture it was drawn on, or save the mask at its size (nearest neighbour).",
        )
    values = np.unique(labels)
    if wanted is None and len(values) > 2 and opened.format == "JPEG":
        found = f"{len(values)} from {values[0]:g} to {values[-1]:g}, as JPEG's compression leaves them"
        remedy = "Save the mask as PNG where it was drawn."
        raise InputError(str(path), "0 and one other value in the mask", found, remedy)
    array = region_of_labels(path, labels.astype(np.uint8) if labels.dtype == bool else labels, wanted)
    if not array.any():
        region = f"the region '{wanted}'" if wanted else "the mask"
        raise InputError(str(path), f"a pixel inside {region}", "none (an empty mask)")
    return Volume(array[None], PIXEL)


def _open(path: Path) -> Image.Image:
    """The one page of a picture, decoded; InputError for whatever keeps it from being one upright page."""
    from PIL import Image, UnidentifiedImageError

    kind = path.suffix.lower()
    if not path.exists():
        raise InputError(str(path), "a file", "nothing of that name")
    if path.is_dir():
        raise InputError(str(path), f"a picture ({', '.join(FORMATS)})", "a folder", "Name one file a row.")
    start = first_bytes(path)
    if kind not in FORMATS:
        raise InputError(
            str(path),
            f"a picture ({', '.join(FORMATS)})",
            f"a file with the ending '{kind}'",
            "Convert it to PNG.",
        )
    begins, name = FORMATS[kind]
    if not start.startswith(begins):
        raise InputError(
            str(path),
            f"a {name} picture, by its ending '{kind}'",
            describe_content(start),
            "Give the file the ending of its format, or export it again.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata that nobody reads
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                with Image.open(path, formats=[name]) as image:
                    _check_page(path, image)
                    image.load()
                    return image
            finally:
                Image.MAX_IMAGE_PIXELS = limit
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise incomplete(path, name) from None
    except Exception:  # a decoder of a damaged file raises whatever it stumbles over
        raise incomplete(path, name) from None


def _check_page(path: Path, image: Image.Image) -> None:
    """Refuse, before the pixels are decoded, what is not one upright page of a possible size."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise InputError(str(path), f"a picture of at most {MOST_PIXELS} pixels", f"{width} x {height}")
    if min(width, height) < FEWEST_PIXELS:
        expected = f"a picture of at least {FEWEST_PIXELS} pixels on a side"
        raise InputError(str(path), expected, f"{width} x {height}", "Is it a thumbnail or an icon?")
    pages = getattr(image, "n_frames", 1)
    if pages != 1:
        raise InputError(
            str(path), "one picture in the file", f"{pages} pages", "Save each slice as a file of its own."
        )
    if image.getexif().get(ORIENTATION, 1) != 1:
        raise InputError(
            str(path),
            "a picture stored as it is seen",
            "one that EXIF says is to be turned",
            "Save it upright, without an orientation: its mask would lie elsewhere.",
        )


def _grey(path: Path, image: Image.Image) -> np.ndarray:
    """(y, x) grey values; InputError for colour and for transparent pixels."""
    if image.mode in GREY_MODES and "transparency" not in image.info:
        array = np.asarray(image)
        return array.astype(np.uint8) if array.dtype == bool else array
    if image.mode not in ("L", "P", "LA", "RGB", "RGBA", "I;16"):
        raise InputError(
            str(path), "a grey picture", f"one in the colour space {image.mode}", "Save it in grey."
        )
    if image.mode == "I;16":  # one grey value is said to be transparent; the values stand
        return np.asarray(image)
    channels = np.asarray(image.convert("RGBA")).astype(np.int16)
    if hidden := int((channels[..., 3] != 255).sum()):
        raise InputError(
            str(path),
            "a picture without transparent pixels",
            f"{hidden} of {channels[..., 3].size}",
            "Save it without an alpha channel.",
        )
    colours = channels[..., :3]
    apart = int((colours.max(axis=2) - colours.min(axis=2)).max())
    if apart > GREY_TOLERANCE:
        raise InputError(
            str(path),
            "a grey picture",
            f"colour (red, green and blue differ by up to {apart})",
            "Save it in grey, without marks or labels drawn in colour.",
        )
    return np.rint(colours.mean(axis=2)).astype(np.uint8)
