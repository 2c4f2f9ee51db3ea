"""The same patient in another format: NIfTI, NRRD, a DICOM series, RTSTRUCT and SEG, written by other software."""

from __future__ import annotations

from pathlib import Path

import contourpy
import highdicom
import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from tests.end_to_end.planted import plant, plant_observer

INTERCEPT = -1024


def convert(source: str | Path, target: Path) -> None:
    """The same volume in the format of `target`'s ending."""
    sitk.WriteImage(sitk.ReadImage(str(source)), str(target), useCompression=True)


def relabel(source: str | Path, target: Path, label: int) -> None:
    """A label map in which the tumour of `source` has number `label`, beside a box of number 1 in a corner."""
    mask = sitk.ReadImage(str(source))
    array = sitk.GetArrayFromImage(mask).astype(np.uint8) * np.uint8(label)
    array[1:4, 1:6, 1:6] = 1
    changed = sitk.GetImageFromArray(array)
    changed.CopyInformation(mask)
    sitk.WriteImage(changed, str(target))


def _dataset(sop_class: str, modality: str, study: str, frame_of_reference: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.StudyInstanceUID = modality, study
    dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = generate_uid(), frame_of_reference
    plant(dataset)
    for keyword in ("StudyTime", "PositionReferenceIndicator"):
        setattr(dataset, keyword, "")
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.Manufacturer = 1, 1, "test"
    return dataset


def write_dicom(source: str | Path, folder: Path) -> list[FileDataset]:
    """An axial CT series of int16 HU, a file a slice, stored as unsigned values with a rescale intercept."""
    image = sitk.ReadImage(str(source))
    array = sitk.GetArrayFromImage(image)
    (dx, dy, dz), (x0, y0, z0) = image.GetSpacing(), image.GetOrigin()
    study, frame, series = generate_uid(), generate_uid(), generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    slices = []
    for z, pixels in enumerate(array):
        dataset = _dataset(CTImageStorage, "CT", study, frame)
        dataset.SeriesInstanceUID, dataset.InstanceNumber = series, z + 1
        dataset.ImagePositionPatient = [f"{v:.9g}" for v in (x0, y0, z0 + z * dz)]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelSpacing, dataset.SliceThickness = [f"{dy:.9g}", f"{dx:.9g}"], f"{dz:.9g}"
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, INTERCEPT
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit, dataset.PixelRepresentation = 15, 0
        dataset.PixelData = (pixels.astype(np.int32) - INTERCEPT).astype("<u2").tobytes()
        dataset.save_as(
            folder / f"{dataset.SOPInstanceUID}.dcm", enforce_file_format=True
        )  # names in no order
        slices.append(dataset)
    return slices


def write_structure(source: str | Path, slices: list[FileDataset], path: Path) -> None:
    """An RTSTRUCT of the mask: outlines halfway between the pixels inside and outside, and an empty second ROI."""
    mask = sitk.ReadImage(str(source))
    array = sitk.GetArrayFromImage(mask)
    first = slices[0]
    dataset = _dataset(RTStructureSetStorage, "RTSTRUCT", first.StudyInstanceUID, first.FrameOfReferenceUID)
    frame, study, series = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = first.SeriesInstanceUID
    study.RTReferencedSeriesSequence = Sequence([series])
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = first.FrameOfReferenceUID, Sequence([study])
    dataset.ReferencedFrameOfReferenceSequence = Sequence([frame])
    regions, outlines = [], []
    for number, name in ((1, "GTV"), (2, "Liver")):
        region, outline = Dataset(), Dataset()
        region.ROINumber, region.ROIName = number, name
        region.ReferencedFrameOfReferenceUID, outline.ReferencedROINumber = first.FrameOfReferenceUID, number
        regions.append(region)
        outlines.append(outline)
    contours = []
    for z, pixels in enumerate(array):
        padded = np.pad(pixels, 1).astype(float)
        for line in contourpy.contour_generator(z=padded).lines(0.5):
            points = [mask.TransformContinuousIndexToPhysicalPoint((x - 1, y - 1, z)) for x, y in line[:-1]]
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
            contour.ContourData = [f"{v:.9g}" for point in points for v in point]
            contours.append(contour)
    outlines[0].ContourSequence = Sequence(contours)
    dataset.StructureSetROISequence, dataset.ROIContourSequence = Sequence(regions), Sequence(outlines)
    plant_observer(dataset)
    dataset.save_as(path, enforce_file_format=True)


def write_segmentation(source: str | Path, slices: list[FileDataset], path: Path) -> None:
    """A DICOM SEG of two segments: 'Colon' (the tumour grown by a voxel in x) and 'Tumour'."""
    tumour = sitk.GetArrayFromImage(sitk.ReadImage(str(source))).astype(np.uint8)
    colon = np.maximum(tumour, np.roll(tumour, 1, axis=2))
    descriptions = [
        highdicom.seg.SegmentDescription(
            number,
            label,
            codes.cid7150.Tissue,
            codes.cid7166.ConnectiveTissue,
            algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, label in ((1, "Colon"), (2, "Tumour"))
    ]
    highdicom.seg.Segmentation(
        source_images=slices,
        pixel_array=np.stack([colon, tumour], axis=-1),
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="test",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)
