"""Small DICOM series and structure sets made to measure, and a check that no message tells whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from scripts.errors import InputError
from scripts.volumes import IDENTITY

PRIVATE = {
    "PatientName": "DOE^JANE",
    "PatientID": "PID-777",
    "PatientBirthDate": "19610228",
    "PatientSex": "F",
    "AccessionNumber": "ACC-12345",
    "StudyDate": "20240131",
    "StudyTime": "101112",
    "StudyID": "STUDY-5",
    "ReferringPhysicianName": "HOUSE^GREGORY",
}
SERIES, STUDY, FRAME = "1.2.826.0.1.1", "1.2.826.0.1.9", "1.2.826.0.1.7"


def blank(sop_class: str, instance_uid: str, modality: str, series_uid: str) -> FileDataset:
    """A dataset with its file meta and a patient who must never appear in a message."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, instance_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    for keyword, value in PRIVATE.items():
        setattr(dataset, keyword, value)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = sop_class, instance_uid, modality
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, series_uid
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.Manufacturer = 1, 1, "Made by hand"
    return dataset


def _set_pixels(dataset: Dataset, stored: np.ndarray) -> None:
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, int(stored.dtype.kind == "i")
    dataset.PixelData = stored.astype(stored.dtype.newbyteorder("<")).tobytes()


@pytest.fixture
def write_series() -> Callable[..., list[FileDataset]]:
    """write(folder, stored (z, y, x) 16-bit, ...): a file a slice, named in another order than they lie.

    `spacing`, `origin`, `direction` as in Volume; `change(z, dataset)` alters a slice before it is written,
    and leaves it out where it returns False.
    """

    def write(
        folder: Path,
        stored: np.ndarray,
        spacing: tuple[float, ...] = (1.0, 1.0, 1.0),
        origin: tuple[float, ...] = (0.0, 0.0, 0.0),
        direction: tuple[float, ...] = IDENTITY,
        slope: float = 1.0,
        intercept: float = 0.0,
        series_uid: str = SERIES,
        modality: str = "CT",
        change: Callable[[int, FileDataset], Any] = lambda z, dataset: None,
    ) -> list[FileDataset]:
        folder.mkdir(parents=True, exist_ok=True)
        axes, slices = np.reshape(direction, (3, 3)), []
        for z, pixels in enumerate(stored):
            dataset = blank(CTImageStorage, f"{series_uid}.{z + 1}", modality, series_uid)
            dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = FRAME, ""
            dataset.ImagePositionPatient = [
                f"{v:.8g}" for v in np.array(origin) + axes[:, 2] * spacing[2] * z
            ]
            dataset.ImageOrientationPatient = [f"{v:.9g}" for v in axes[:, :2].T.ravel()]
            dataset.PixelSpacing = [f"{spacing[1]:.9g}", f"{spacing[0]:.9g}"]
            dataset.SliceThickness = f"{spacing[2]:.9g}"
            dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:.9g}", f"{intercept:.9g}"
            _set_pixels(dataset, pixels)
            if change(z, dataset) is not False:
                dataset.save_as(
                    folder / f"{(z * 7) % 10}_{series_uid[-3:]}_{z}.dcm", enforce_file_format=True
                )
                slices.append(dataset)
        return slices

    return write


@pytest.fixture
def write_multi_frame() -> Callable[..., FileDataset]:
    """write(path, stored (frame, y, x), heights in mm): an enhanced CT file, frames in the order given."""

    def write(
        path: Path,
        stored: np.ndarray,
        heights: list[float],
        pixel_spacing: tuple[float, float] = (1.0, 1.0),
        rescale: Callable[[int], tuple[float, float]] = lambda frame: (1.0, -1024.0),
    ) -> FileDataset:
        dataset = blank("1.2.840.10008.5.1.4.1.1.2.1", "1.2.826.0.1.4", "CT", SERIES)
        dataset.FrameOfReferenceUID, dataset.NumberOfFrames = FRAME, len(stored)
        _set_pixels(dataset, stored)

        def group(name: str, **values: Any) -> Dataset:
            outer, inner = Dataset(), Dataset()
            for keyword, value in values.items():
                setattr(inner, keyword, value)
            setattr(outer, name, pydicom.Sequence([inner]))
            return outer

        shared = group("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
        shared.update(group("PixelMeasuresSequence", PixelSpacing=list(pixel_spacing), SliceThickness=9))
        dataset.SharedFunctionalGroupsSequence = pydicom.Sequence([shared])
        frames = []
        for number, height in enumerate(heights):
            frame = group("PlanePositionSequence", ImagePositionPatient=[1, 2, height])
            slope, intercept = rescale(number)
            frame.update(
                group("PixelValueTransformationSequence", RescaleSlope=slope, RescaleIntercept=intercept)
            )
            frames.append(frame)
        dataset.PerFrameFunctionalGroupsSequence = pydicom.Sequence(frames)
        dataset.save_as(path, enforce_file_format=True)
        return dataset

    return write


@pytest.fixture
def write_structure() -> Callable[..., Path]:
    """write(path, {ROI name: [contour (n, 3) in mm, ...]}, ...): an RTSTRUCT drawn on SERIES in FRAME."""

    def write(
        path: Path,
        regions: dict[str, list[np.ndarray]] | list[tuple[str, list[np.ndarray]]],
        series_uid: str = SERIES,
        frame_of_reference: str = FRAME,
        kind: str = "CLOSED_PLANAR",
    ) -> Path:
        dataset = blank(RTStructureSetStorage, generate_uid(), "RTSTRUCT", generate_uid())
        series, study, frame = Dataset(), Dataset(), Dataset()
        series.SeriesInstanceUID, frame.FrameOfReferenceUID = series_uid, frame_of_reference
        study.RTReferencedSeriesSequence = pydicom.Sequence([series] if series_uid else [])
        frame.RTReferencedStudySequence = pydicom.Sequence([study])
        dataset.ReferencedFrameOfReferenceSequence = pydicom.Sequence([frame])
        names, drawn = [], []
        listed = regions.items() if isinstance(regions, dict) else regions
        for number, (name, contours) in enumerate(listed, start=3):
            roi, item, outlines = Dataset(), Dataset(), []
            roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, frame_of_reference
            for points in contours:
                outline = Dataset()
                outline.ContourGeometricType = kind
                outline.NumberOfContourPoints = len(points)
                outline.ContourData = [f"{v:.8g}" for v in np.asarray(points, dtype=float).ravel()]
                outlines.append(outline)
            item.ReferencedROINumber = number
            if outlines:
                item.ContourSequence = pydicom.Sequence(outlines)
            names.append(roi)
            drawn.append(item)
        dataset.StructureSetROISequence = pydicom.Sequence(names)
        dataset.ROIContourSequence = pydicom.Sequence(drawn)
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


@pytest.fixture
def refused(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """refused(call, *words): InputError with all words and nothing of the patient, and nothing printed."""

    def check(call: Callable[[], Any], *words: str) -> str:
        capfd.readouterr()
        with pytest.raises(InputError) as caught:
            call()
        text = str(caught.value)
        for word in words:
            assert word in text
        for value in PRIVATE.values():
            assert value == "F" or value not in text
        printed = capfd.readouterr()
        assert (printed.out, printed.err) == ("", "")
        return text

    return check
