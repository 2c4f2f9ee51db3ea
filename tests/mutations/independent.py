"""What a file holds, read anew without the project's readers: struct, gzip and pydicom alone, and strictly.

Geometry is a 4 x 4 matrix from the index (x, y, z) to LPS millimetres. Whatever a strict reader stumbles over raises.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pydicom

from scripts.volumes import Volume

TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
NRRD_TYPES = {
    "short": "i2", "signed short": "i2", "int16": "i2", "unsigned char": "u1", "uchar": "u1", "uint8": "u1",
    "float": "f4", "double": "f8", "unsigned short": "u2", "ushort": "u2", "int": "i4", "unsigned int": "u4",
    "signed char": "i1", "int8": "i1", "long long": "i8", "unsigned long long": "u8",
}  # fmt: skip
MHA_TYPES = {
    "MET_SHORT": "i2", "MET_UCHAR": "u1", "MET_FLOAT": "f4", "MET_DOUBLE": "f8", "MET_USHORT": "u2",
    "MET_INT": "i4", "MET_UINT": "u4", "MET_CHAR": "i1", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8",
}  # fmt: skip
Reading = tuple[np.ndarray, list[np.ndarray]]


def matrix(volume: Volume) -> np.ndarray:
    """The 4 x 4 matrix of a volume's grid."""
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = volume.axes * volume.spacing, volume.origin
    return affine


def _matrix(columns: np.ndarray, origin: list[float]) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = columns, origin
    return affine


def nifti(path: Path) -> Reading:
    """Voxels (z, y, x) and every geometry that the header gives (sform, qform)."""
    data = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        data = gzip.decompress(data)
    order = "<" if struct.unpack_from("<i", data)[0] == 348 else ">"
    dim = struct.unpack_from(order + "8h", data, 40)
    code = struct.unpack_from(order + "h", data, 70)[0]
    pixdim = struct.unpack_from(order + "8f", data, 76)
    start, slope, inter = struct.unpack_from(order + "3f", data, 108)
    qcode, scode = struct.unpack_from(order + "2h", data, 252)
    b, c, d, *shift = struct.unpack_from(order + "6f", data, 256)
    rows = np.reshape(struct.unpack_from(order + "12f", data, 280), (3, 4)).astype(float)
    shape = [n for n in dim[1 : dim[0] + 1]]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    x, y, z = shape
    values = np.frombuffer(data, order + TYPES[code], x * y * z, int(start)).reshape(z, y, x)
    if np.isfinite(slope) and slope not in (0, 1) or (slope == 1 and inter != 0):
        values = values.astype(float) * slope + inter
    found = []
    unit = {1: 1000.0, 3: 0.001}.get(data[123] & 7, 1.0)
    lps = np.diag([-1.0, -1, 1, 1])
    if scode > 0:
        found.append(lps @ np.diag([unit, unit, unit, 1]) @ np.vstack([rows, [0, 0, 0, 1]]))
    if qcode > 0:
        a = np.sqrt(max(0.0, 1 - b * b - c * c - d * d))
        rotation = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        columns = rotation * [abs(p) for p in pixdim[1:4]] * [1, 1, -1 if pixdim[0] < 0 else 1] * unit
        found.append(lps @ _matrix(columns, np.array(shift) * unit))
    return values, found


def nrrd(path: Path) -> Reading:
    """Voxels and geometry of an NRRD file that holds its voxels."""
    head, data = re.split(rb"\r?\n\r?\n", path.read_bytes(), maxsplit=1)
    lines = [line for line in head.decode("latin-1").splitlines()[1:] if not line.startswith("#")]
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    sizes = [int(n) for n in fields["sizes"].split()]
    if fields["encoding"] in ("gzip", "gz"):
        data = gzip.decompress(data)
    elif fields["encoding"] != "raw":
        raise ValueError(fields["encoding"])
    order = ">" if fields.get("endian") == "big" else "<"
    values = np.frombuffer(data, order + NRRD_TYPES[fields["type"]], int(np.prod(sizes))).reshape(sizes[::-1])
    if fields["space"] != "left-posterior-superior":
        raise ValueError(fields["space"])
    columns = [[float(v) for v in part.strip("()").split(",")] for part in fields["space directions"].split()]
    origin = [float(v) for v in fields["space origin"].strip("()").split(",")]
    return values, [_matrix(np.array(columns).T, origin)]


def mha(path: Path) -> Reading:
    """Voxels and geometry of an MHA file."""
    head, rest = path.read_bytes().split(b"ElementDataFile = LOCAL\n", 1)
    pairs = (line.partition("=") for line in head.decode("latin-1").split("\n"))
    fields = {key.strip().lower(): value.strip() for key, _, value in pairs}
    if fields.get("compresseddata") == "True":
        rest = zlib.decompress(rest[: int(fields["compresseddatasize"])])
    sizes = [int(n) for n in fields["dimsize"].split()]
    order = ">" if fields.get("binarydatabyteordermsb") == "True" else "<"
    values = np.frombuffer(rest, order + MHA_TYPES[fields["elementtype"]], int(np.prod(sizes)))
    axes = np.reshape([float(v) for v in fields["transformmatrix"].split()], (3, 3)).T
    spacing = [float(v) for v in fields["elementspacing"].split()]
    return values.reshape(sizes[::-1]), [
        _matrix(axes * spacing, [float(v) for v in fields["offset"].split()])
    ]


def series(folder: Path, uid: str) -> Reading:
    """Rescaled voxels and geometry of the axial CT series `uid` ('' for the only one)."""
    slices = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size < 132 or path.read_bytes()[128:132] != b"DICM":
            continue
        dataset = pydicom.dcmread(path)
        if "PixelData" in dataset and (not uid or dataset.get("SeriesInstanceUID") == uid):
            slices.append(dataset)
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    values = np.stack(
        [
            s.pixel_array * float(s.get("RescaleSlope", 1)) + float(s.get("RescaleIntercept", 0))
            for s in slices
        ]
    )
    first, last = slices[0], slices[-1]
    row, column = np.reshape(np.array(first.ImageOrientationPatient, float), (2, 3))
    step = np.subtract(last.ImagePositionPatient, first.ImagePositionPatient).astype(float) / (
        len(slices) - 1
    )
    dy, dx = map(float, first.PixelSpacing)
    columns = np.column_stack([row * dx, column * dy, step])
    return values, [_matrix(columns, [float(v) for v in first.ImagePositionPatient])]


def structure(path: Path, roi: str, affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Voxels (z, y, x) whose centre lies inside an odd number of contours; each pixel is asked by itself."""
    dataset = pydicom.dcmread(path)
    names = {int(r.ROINumber): str(r.ROIName).strip() for r in dataset.StructureSetROISequence}
    contours = [
        np.array(c.ContourData, float).reshape(-1, 3)
        for r in dataset.ROIContourSequence
        for c in r.get("ContourSequence") or []
        if not roi or names[int(r.ReferencedROINumber)] == roi
    ]
    inside = np.zeros(shape, bool)
    back = np.linalg.inv(affine)
    rows, columns = np.indices(shape[1:])
    for points in contours:
        x, y, z = (np.c_[points, np.ones(len(points))] @ back.T)[:, :3].T
        turned = np.zeros(shape[1:], bool)
        for k in range(len(points)):
            x0, y0, x1, y1 = x[k - 1], y[k - 1], x[k], y[k]
            crosses = (y0 > rows) != (y1 > rows)
            with np.errstate(divide="ignore", invalid="ignore"):
                left = columns < (x1 - x0) * (rows - y0) / (y1 - y0) + x0
            turned ^= crosses & left
        inside[round(float(z.mean()))] ^= turned
    return inside


def segmentation(path: Path, label: str, affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Voxels (z, y, x) of one segment of an axial SEG on the image's own grid."""
    dataset = pydicom.dcmread(path)
    numbers = [
        int(s.SegmentNumber)
        for s in dataset.SegmentSequence
        if label in (str(s.SegmentLabel).strip(), str(s.SegmentNumber))
    ]
    inside = np.zeros(shape, bool)
    frames = dataset.pixel_array
    back = np.linalg.inv(affine)
    for frame, group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber in numbers:
            place = [*map(float, group.PlanePositionSequence[0].ImagePositionPatient), 1]
            inside[round(float((back @ place)[2]))] |= frame > 0
    return inside


def image(path: Path, uid: str) -> Reading:
    """Whatever it is stored as."""
    if path.is_dir():
        return series(path, uid)
    name = path.name.lower()
    return (nifti if ".nii" in name else nrrd if name.endswith(".nrrd") else mha)(path)


def mask(path: Path, roi: str, affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The tumour's voxels, whatever it is stored as."""
    if path.name.startswith("mask.structure"):
        return structure(path, roi, affine, shape)
    if path.name.startswith("mask.segments"):
        return segmentation(path, roi, affine, shape)
    values, _ = image(path, "")
    return values == float(roi) if roi else values > 0


def cells(path: Path) -> list[dict[str, str]]:
    """The rows of a sheet as text; rows without a value are left out."""
    if path.suffix == ".parquet":
        rows = [
            {name: "" if value is None or value != value else str(value) for name, value in row.items()}
            for row in pyarrow.parquet.read_table(path).to_pylist()
        ]
    elif path.suffix == ".xlsx":
        table = pd.read_excel(path, dtype=str, keep_default_na=False)
        rows = table.to_dict("records")
    else:
        text = path.read_bytes().decode("utf-8-sig")
        header = re.split("[\r\n]", text, maxsplit=1)[0]
        separator = max(",;\t", key=header.count)
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    rows = [{str(k).strip(): v for k, v in row.items()} for row in rows]
    return [row for row in rows if any(str(v).strip() for v in row.values())]
