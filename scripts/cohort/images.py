"""A patient's image, whatever it is stored as."""

from __future__ import annotations

from pathlib import Path

from scripts.cohort.file_content import DICOM_ENDINGS, is_dicom
from scripts.cohort.volume_files import READERS, read_volume_file
from scripts.errors import InputError
from scripts.volumes import ENDINGS, Volume, ending


def read_image(path: str | Path, series_uid: str | None = None) -> Volume:
    """Read a 3-D scalar image.

    Parameters
    ----------
    path : a folder with a DICOM series (searched with its subfolders), a multi-frame DICOM file, or a NIfTI
        (.nii, .nii.gz), NRRD or MHA file.
    series_uid : SeriesInstanceUID, needed where a folder holds several image series.

    Returns
    -------
    Volume, array (z, y, x) in the intensities that the file means (HU for CT), geometry in LPS mm. Slices
    of a DICOM series are in ascending order along their normal.

    Raises
    ------
    InputError : whatever keeps the file from being one complete, rectangular, finite, grey 3-D image.
    """
    path = Path(path)
    if path.is_dir():
        return _read_dicom(path, series_uid)
    if not path.exists():
        raise InputError(str(path), "a file or folder", "nothing of that name")
    if ending(path) in READERS:
        if series_uid is not None:
            raise InputError(str(path), "a DICOM folder, for a series is named", f"a '{ending(path)}' file")
        return read_volume_file(path)
    if path.suffix.lower() in DICOM_ENDINGS or is_dicom(path):
        return _read_dicom(path, series_uid)
    raise InputError(
        str(path),
        f"a DICOM folder, a multi-frame DICOM file or an image file ({', '.join(ENDINGS)})",
        f"a file with the ending '{ending(path)}'",
        "Convert the image to one of these.",
    )


def _read_dicom(path: Path, series_uid: str | None) -> Volume:
    """The DICOM reader; its libraries take a second to import, which cohorts of other files need not pay."""
    from scripts.cohort.dicom_series import read_dicom

    return read_dicom(path, series_uid)
