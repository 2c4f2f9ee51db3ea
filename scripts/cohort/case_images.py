"""Which columns of a sheet hold a patient's images: a volume with a mask, phases of visits, a picture, signals; and
what else is drawn on an image: annotations (points and outlines), label maps of anatomical regions.

Planning and the steps share this; nothing but the standard library is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

VOLUME, PHASES, PICTURE, SIGNAL = "volume", "phases", "picture", "signal"
MASK, ANNOTATION, LABELS = "mask", "annotation", "labels"
IMAGES = (VOLUME, PHASES, PICTURE, SIGNAL)
DRAWN = (MASK, ANNOTATION, LABELS)
HELD = (*IMAGES, *DRAWN)


@dataclass(frozen=True)
class CaseImage:
    """One image of a case, by the columns of its sheet.

    Parameters
    ----------
    column : the path of the image; it names the image everywhere else (`baseline`).
    holds : 'volume', one 3-D image; 'phases', a series of them before and after contrast;
        'picture', one 2-D image; 'signal', one or more recordings of many sensors over time (MEG).
    series : column with the SeriesInstanceUID of the image; '' where there is none.
    mask, mask_roi : columns with the path of its mask and the region in it; '' where there are none.
    mask_needed : whether a case without that mask is at fault.
    fewest_phases : how many volumes the image must have.
    annotations : columns with the paths of what was drawn on it, one a reader. annotations_needed : those of them
        without which a case is at fault.
    labels : columns with the paths of label maps on its grid; a case may lack any of them.
    """

    column: str = "image"
    holds: str = VOLUME
    series: str = "image_series"
    mask: str = "mask"
    mask_roi: str = "mask_roi"
    mask_needed: bool = True
    fewest_phases: int = 1
    annotations: tuple[str, ...] = ()
    annotations_needed: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Columns of paths."""
        return tuple(filter(None, (self.column, self.mask, *self.annotations, *self.labels)))

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns of paths that a sheet must have and every case must fill."""
        return tuple(
            filter(None, (self.column, self.mask if self.mask_needed else "", *self.annotations_needed))
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """Columns that a case carries for this image."""
        drawn = (*self.annotations, *self.labels)
        return tuple(filter(None, (self.column, self.series, self.mask, self.mask_roi, *drawn)))


ONE_IMAGE = (CaseImage(),)


def file_columns(images: Iterable[CaseImage]) -> tuple[str, ...]:
    """Columns of paths of all images."""
    return tuple(name for image in images for name in image.files)


def case_of(cells: Mapping[str, str], images: Iterable[CaseImage]) -> dict[str, str]:
    """A case as the steps get it: `patient` and the cells of its images; '' for what is not given."""
    names = ("patient", *(name for image in images for name in image.cells))
    return {name: cells.get(name, "") for name in names}


def as_settings(images: Iterable[CaseImage]) -> list[dict[str, Any]]:
    """The images as JSON holds them; `from_settings` reads it. Label maps stand there only where an image has any, so
    that a step without them keeps its settings.
    """
    entries = [asdict(image) for image in images]
    return [{key: value for key, value in entry.items() if key != "labels" or value} for entry in entries]


def from_settings(settings: Mapping[str, Any]) -> tuple[CaseImage, ...]:
    """The images of a step's settings, key `images`; one image with its mask where they name none."""
    entries = settings.get("images")
    if entries is None:
        return ONE_IMAGE
    lists = ("annotations", "annotations_needed", "labels")  # JSON has no tuples
    return tuple(
        CaseImage(**entry | {name: tuple(entry.get(name, ())) for name in lists}) for entry in entries
    )
