"""Mutations of DICOM series, structure sets and segmentations."""

from __future__ import annotations

import shutil

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEG2000Lossless, generate_uid

from tests.mutations.bench import Bench, mutation
from tests.mutations.cohort import DICOM


def _edit(path, change) -> None:
    """Change a dataset and write it again, whatever it then holds."""
    with pydicom.config.disable_value_validation():
        dataset = pydicom.dcmread(path)
        change(dataset)
        dataset.save_as(path)


def _slice(bench: Bench, change) -> None:
    _edit(bench.one_slice(), change)


def _every(bench: Bench, change) -> None:
    for path in bench.slices():
        _edit(path, change)


@mutation(times=5)
def slice_missing(bench: Bench):
    bench.pick(DICOM)
    bench.one_slice().unlink()
    if bench.target == "P07":
        return "refused"  # another size than the mask's, or a gap
    return None


@mutation(times=4)
def slice_twice(bench: Bench):
    bench.pick(DICOM)
    path = bench.one_slice()
    shutil.copyfile(path, path.with_name("again.dcm"))
    return "refused"


@mutation(times=4)
def slice_of_another_patient(bench: Bench):
    row = bench.pick(["P07", "P08", "P09"])
    other = bench.folder / bench.rows.loc[(row + 1 - 7) % 3 + 7, "image"]
    shutil.copyfile(sorted(other.iterdir())[3], bench.one_slice())
    return "refused"


@mutation(times=4)
def slice_of_another_orientation(bench: Bench):
    bench.pick(DICOM)
    _slice(bench, lambda d: setattr(d, "ImageOrientationPatient", [1, 0, 0, 0, 0, -1]))
    return None if bench.target == "P10" else "refused"


@mutation(
    times=3,
    **{
        f"{where}_{keyword}": (where, keyword)
        for where in ("one", "every")
        for keyword in (
            "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleIntercept", "RescaleSlope",
            "Rows", "BitsAllocated", "PixelRepresentation", "PixelData", "SeriesInstanceUID", "SOPClassUID",
            "PhotometricInterpretation", "SamplesPerPixel", "Modality", "FrameOfReferenceUID",
        )
    },
)  # fmt: skip
def attribute_missing(bench: Bench, where: str, keyword: str):
    bench.pick(DICOM)
    change = lambda d: delattr(d, keyword) if keyword in d else None  # noqa: E731
    (_slice if where == "one" else _every)(bench, change)


@mutation(
    times=4,
    position_nan=("ImagePositionPatient", "nan\\0\\0"),
    position_huge=("ImagePositionPatient", "1e300\\0\\0"),
    position_text=("ImagePositionPatient", "left\\0\\0"),
    position_two=("ImagePositionPatient", "1\\2"),
    spacing_zero=("PixelSpacing", "0\\0"),
    spacing_negative=("PixelSpacing", "-1\\-1"),
    spacing_text=("PixelSpacing", "fine\\fine"),
    spacing_comma=("PixelSpacing", "0,8\\0,8"),
    orientation_null=("ImageOrientationPatient", "0\\0\\0\\0\\0\\0"),
    slope_zero=("RescaleSlope", "0"),
    slope_nan=("RescaleSlope", "nan"),
    slope_text=("RescaleSlope", "steep"),
    intercept_huge=("RescaleIntercept", "1e30"),
    intercept_inf=("RescaleIntercept", "inf"),
    intercept_other=("RescaleIntercept", "-1000"),
    character_set=("SpecificCharacterSet", "NOT A SET"),
    frames_many=("NumberOfFrames", "1000000000"),
    frames_text=("NumberOfFrames", "few"),
)  # fmt: skip
def attribute_changed(bench: Bench, keyword: str, text: str):
    bench.pick(DICOM)
    where = _slice if bench.rng.random() < 0.5 else _every

    def change(dataset):
        kind = "CS" if keyword == "SpecificCharacterSet" else "LO"
        element = pydicom.DataElement(pydicom.tag.Tag(keyword), kind, text.split("\\"))
        dataset[element.tag] = element

    where(bench, change)
    bench.grid = where is _every


@mutation(
    times=4,
    rows=("Rows", 9999),
    columns=("Columns", 1),
    bits=("BitsAllocated", 8),
    sign=("PixelRepresentation", 1),
    stored=("BitsStored", 12),
    samples=("SamplesPerPixel", 3),
)
def whole_number_changed(bench: Bench, keyword: str, value: int):
    bench.pick(DICOM)
    where = _slice if bench.rng.random() < 0.5 else _every
    where(bench, lambda d: setattr(d, keyword, value))


@mutation(times=4, short=-7, long=64)
def pixel_data_of_another_length(bench: Bench, more: int):
    bench.pick(DICOM)
    _slice(
        bench,
        lambda d: setattr(d, "PixelData", d.PixelData[:more] if more < 0 else d.PixelData + b"\0" * more),
    )
    return "refused" if more < 0 else None


@mutation(
    times=4,
    big=ExplicitVRBigEndian,
    implicit=ImplicitVRLittleEndian,
    jpeg=JPEG2000Lossless,
    none="",
    unknown="1.2.3.4",
)
def another_transfer_syntax_claimed(bench: Bench, syntax: str):
    bench.pick(DICOM)
    path = bench.one_slice()
    data = path.read_bytes()
    claimed = b"1.2.840.10008.1.2.1\0"
    path.write_bytes(data.replace(claimed, syntax.encode().ljust(len(claimed), b"\0")[: len(claimed)], 1))


@mutation(times=3)
def colour_slices(bench: Bench):
    bench.pick(["P07", "P08", "P09"])

    def change(d):
        d.SamplesPerPixel, d.PhotometricInterpretation, d.PlanarConfiguration = 3, "RGB", 0
        d.BitsAllocated = d.BitsStored = 8
        d.HighBit = 7
        d.PixelData = bytes(3 * d.Rows * d.Columns)

    _every(bench, change)
    return "refused"


@mutation(
    times=3,
    text=("notes.txt", b"phase 2"),
    hidden=(".DS_Store", b"\0\0\0\1Bud1"),
    page=("index.html", b"<html>"),
)
def other_files_beside_the_slices(bench: Bench, name: str, content: bytes):
    bench.pick(DICOM)
    (bench.path("image") / name).write_bytes(content)
    return "used"


@mutation(times=3)
def broken_file_beside_the_slices(bench: Bench):
    bench.pick(DICOM)
    (bench.path("image") / "extra.dcm").write_bytes(bench.rng.bytes(400))
    return "refused"


@mutation(times=3)
def second_series_beside(bench: Bench):
    row = bench.pick(["P07", "P08", "P09"])
    other = bench.folder / bench.rows.loc[(row + 1 - 7) % 3 + 7, "image"]
    shutil.copytree(other, bench.path("image") / "other")
    return "refused"


@mutation(times=3, unknown="1.2.3.4.5", text="portal venous", no_uid="1..2", long="1." * 40 + "1")
def series_named(bench: Bench, uid: str):
    row = bench.pick(["P10"])
    bench.rows.loc[row, "image_series"] = uid
    return "refused"


@mutation(times=3)
def series_not_named(bench: Bench):
    row = bench.pick(["P10"])
    bench.rows.loc[row, "image_series"] = ""
    return "refused"


@mutation(times=3)
def one_slice_as_the_image(bench: Bench):
    bench.pick(["P07", "P08"])
    bench.name("image", f"{bench.target}/series/{bench.one_slice().name}")
    return "refused"


@mutation(times=3)
def the_series_folder_as_mask(bench: Bench):
    row = bench.pick(["P07", "P08", "P09"])
    bench.rows.loc[row, "mask"] = f"{bench.target}/series"
    bench.rows.loc[row, "image"] = f"{bench.target}/series/."
    return "refused"


# Structure sets


def _structure(bench: Bench, change) -> None:
    bench.pick(["P08"])
    _edit(bench.path("mask"), change)


def _contours(d):
    return d.ROIContourSequence[0].ContourSequence


def _shift(axis: int, mm: float):
    def change(d):
        for contour in _contours(d):
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            points[:, axis] += mm
            contour.ContourData = [f"{v:.9g}" for v in points.ravel()]

    return change


@mutation(times=3, aside=(0, 500.0), above=(2, 300.0), between=(2, 1.2), beside=(1, -1000.0))
def contours_moved(bench: Bench, axis: int, mm: float):
    _structure(bench, _shift(axis, mm))
    return "refused"


@mutation(times=3)
def contours_not_planar(bench: Bench):
    def change(d):
        for contour in _contours(d):
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            points[:, 2] += bench.rng.uniform(-6, 6, len(points))
            contour.ContourData = [f"{v:.9g}" for v in points.ravel()]

    _structure(bench, change)
    return "refused"


def _series_reference(d):
    d.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[
        0
    ].SeriesInstanceUID = generate_uid()


def _no_reference(d):
    del d.ReferencedFrameOfReferenceSequence
    for roi in d.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = generate_uid()


@mutation(
    times=3,
    other_series=_series_reference,
    other_frame=_no_reference,
    no_contours=lambda d: delattr(d.ROIContourSequence[0], "ContourSequence"),
    no_rois=lambda d: delattr(d, "StructureSetROISequence"),
    open=lambda d: [setattr(c, "ContourGeometricType", "OPEN_PLANAR") for c in _contours(d)],
    points_only=lambda d: [setattr(c, "ContourGeometricType", "POINT") for c in _contours(d)],
    odd=lambda d: setattr(_contours(d)[2], "ContourData", list(_contours(d)[2].ContourData)[:-1]),
    no_data=lambda d: delattr(_contours(d)[1], "ContourData"),
    two_drawn=lambda d: setattr(d.ROIContourSequence[1], "ContourSequence", _contours(d)),
    other_numbers=lambda d: [setattr(c, "ReferencedROINumber", 9) for c in d.ROIContourSequence],
    modality=lambda d: setattr(d, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.481.5"),
)  # fmt: skip
def structure(bench: Bench, change):
    _structure(bench, change)
    return "refused"


@mutation(times=3, nan="nan", infinite="inf", huge="1e300", text="north", comma="1,5", empty="")
def contour_number(bench: Bench, text: str):
    """A coordinate of one contour that cannot be."""
    bench.pick(["P08"])
    path = bench.path("mask")
    dataset = pydicom.dcmread(path)
    numbers = [str(v) for v in _contours(dataset)[1].ContourData]
    old = "\\".join(numbers).encode()
    place = int(bench.rng.integers(len(numbers)))
    now = "\\".join(
        [
            *numbers[:place],
            text.ljust(len(numbers[place]))[: max(len(numbers[place]), 1)],
            *numbers[place + 1 :],
        ]
    )
    data = path.read_bytes()
    path.write_bytes(data.replace(old, now.encode().ljust(len(old))[: len(old)]))


@mutation(times=3)
def one_contour_left_out(bench: Bench):
    _structure(bench, lambda d: _contours(d).pop(2))


@mutation(times=3, absent="Tumor", case="gtv", empty_one="Liver", number="1")
def region_named(bench: Bench, roi: str):
    row = bench.pick(["P08"])
    bench.rows.loc[row, "mask_roi"] = roi
    return "refused"


# Segmentations


def _frames(d):
    return d.PerFrameFunctionalGroupsSequence


def _place(d, k, mm):
    group = _frames(d)[k].PlanePositionSequence[0]
    group.ImagePositionPatient = [*group.ImagePositionPatient[:2], float(group.ImagePositionPatient[2]) + mm]


@mutation(
    times=3,
    other_series=lambda d: setattr(d.ReferencedSeriesSequence[0], "SeriesInstanceUID", generate_uid()),
    other_segments=lambda d: [setattr(s, "SegmentLabel", "Liver") for s in d.SegmentSequence],
    off_grid=lambda d: [_place(d, k, 1.2) for k in range(len(_frames(d)))],
    far=lambda d: [_place(d, k, 900) for k in range(len(_frames(d)))],
    short=lambda d: setattr(d, "PixelData", d.PixelData[: len(d.PixelData) // 2]),
    spacing=lambda d: setattr(
        d.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0], "PixelSpacing", [3, 3]
    ),
    no_frames=lambda d: delattr(d, "PerFrameFunctionalGroupsSequence"),
    no_segments=lambda d: delattr(d, "SegmentSequence"),
    no_pixels=lambda d: delattr(d, "PixelData"),
    rows=lambda d: setattr(d, "Rows", d.Rows + 1),
)  # fmt: skip
def segmentation(bench: Bench, change):
    bench.pick(["P09"])
    _edit(bench.path("mask"), change)
    return "refused"


@mutation(times=3, absent="Tumor", number="3", zero="0", none="")
def segment_named(bench: Bench, roi: str):
    row = bench.pick(["P09"])
    bench.rows.loc[row, "mask_roi"] = roi
    return "refused"
