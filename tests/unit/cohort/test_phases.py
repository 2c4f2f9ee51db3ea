"""Contrast series from volume files, 4-D NIfTI and DICOM: every voxel against what was written, and the refusals."""

from __future__ import annotations

import gzip
import os
import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from scripts.cohort.phase_faults import phase_faults
from scripts.cohort.phases import PhaseSeries, natural_order, read_phases
from scripts.volumes import Volume, write_volume

SPACING = (0.9, 1.1, 2.5)
ORIGIN = (-10.0, 20.0, 5.0)
REAL_DATA = os.environ.get("REAL_DATA")


def voxels(phase: int, shape: tuple[int, int, int] = (4, 3, 5)) -> np.ndarray:
    """(z, y, x) values that tell place and phase."""
    z, y, x = np.indices(shape)
    return (1000 * phase + 100 * z + 10 * y + x).astype(np.uint16)


def write_nifti(path: Path, array: np.ndarray) -> None:
    """A NIfTI-1 file of int16 (t, z, y, x), by the fields of nifti1.h: RAS, so that x and y change their sign."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    sides = array.shape[::-1] + (1,) * (7 - array.ndim)
    struct.pack_into("<8h", header, 40, array.ndim, *sides)
    struct.pack_into("<2h", header, 70, 4, 16)
    struct.pack_into("<8f", header, 76, 1, *SPACING, 1, 1, 1, 1)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    struct.pack_into("<2h", header, 252, 0, 1)  # qform, sform
    rows = np.diag([-SPACING[0], -SPACING[1], SPACING[2], 0])[:3] + 0.0
    rows[:, 3] = -ORIGIN[0], -ORIGIN[1], ORIGIN[2]
    struct.pack_into("<12f", header, 280, *rows.ravel())
    header[344:348] = b"n+1\0"
    content = bytes(header) + array.astype("<i2").tobytes()
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)


@pytest.fixture
def write_phases(write_series):
    """write(folder, n, series, change): DICOM phases of a series each, or all of `series`, in subfolders."""

    def write(folder: Path, n: int, series: str = "", change=lambda phase, dataset: None) -> None:
        for phase in range(n):
            write_series(
                folder / f"{(phase * 3 + 2) % 7}",
                voxels(phase),
                SPACING,
                ORIGIN,
                series_uid=series or f"1.2.826.0.{(phase * 5 + 3) % 7}",
                modality="MR",
                change=lambda z, dataset, phase=phase: change(phase, dataset),
            )

    return write


def assert_phases(found, order) -> None:
    assert len(found.volumes) == len(found.names) == len(order)
    for volume, phase in zip(found.volumes, order, strict=True):
        np.testing.assert_array_equal(volume.array, voxels(phase))
        assert volume.spacing == pytest.approx(SPACING, abs=1e-6)
        assert volume.origin == pytest.approx(ORIGIN, abs=1e-5)


def test_natural_order_counts_numbers_by_value():
    names = ["phase_10.mha", "Phase_2.mha", "phase_1.mha", "phase_2b.mha", "7.mha"]
    assert sorted(names, key=natural_order) == [
        "7.mha", "phase_1.mha", "Phase_2.mha", "phase_2b.mha", "phase_10.mha",
    ]  # fmt: skip


@pytest.mark.parametrize("ending", [".mha", ".nii.gz", ".nrrd"])
def test_a_folder_of_volume_files_is_read_in_natural_order(tmp_path, ending):
    for phase in (10, 0, 2):
        write_volume(Volume(voxels(phase), SPACING, ORIGIN), tmp_path / f"phase_{phase}{ending}")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / f".hidden{ending}").write_bytes(b"")
    found = read_phases(tmp_path)
    assert_phases(found, [0, 2, 10])
    assert found.names == tuple(f"phase_{k}{ending}" for k in (0, 2, 10))
    assert (found.times_s, found.acquired) == (None, None)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("in_folder", [False, True])
def test_a_4d_nifti_made_by_its_definition(tmp_path, ending, in_folder):
    path = tmp_path / f"series{ending}"
    write_nifti(path, np.stack([voxels(k) for k in range(5)]))
    found = read_phases(tmp_path if in_folder else path)
    assert_phases(found, range(5))
    assert found.names[1] == "phase 1"


def test_one_volume_is_a_series_of_one(tmp_path):
    write_volume(Volume(voxels(3), SPACING, ORIGIN), tmp_path / "one.mha")
    assert_phases(read_phases(tmp_path / "one.mha"), [3])


def test_several_series_in_order_of_acquisition_time(tmp_path, write_phases):
    begins = ["095812.500000", "095942.500000", "100025", "100108.25"]

    def timed(phase, dataset):
        dataset.AcquisitionDate, dataset.AcquisitionTime = "20240131", begins[phase]

    write_phases(tmp_path, 4, change=timed)
    found = read_phases(tmp_path)
    assert_phases(found, range(4))
    assert found.times_s == pytest.approx((0.0, 90.0, 132.5, 175.75))
    assert found.acquired == datetime(2024, 1, 31, 9, 58, 12, 500000)


def test_the_date_counts_and_midnight_without_one(tmp_path, write_phases):
    begins = ["235930", "000100", "000230"]

    def dated(phase, dataset):
        dataset.AcquisitionDateTime = f"2024013{0 + (phase > 0)}{begins[phase]}"

    def undated(phase, dataset):
        dataset.AcquisitionTime = begins[phase]

    write_phases(tmp_path / "dated", 3, change=dated)
    write_phases(tmp_path / "undated", 3, change=undated)
    for name in ("dated", "undated"):
        found = read_phases(tmp_path / name)
        assert_phases(found, range(3))
        assert found.times_s == pytest.approx((0, 90, 180))
        assert (found.acquired is None) == (name == "undated")


@pytest.mark.parametrize(
    ("attribute", "values", "times"),
    [
        ("TemporalPositionIdentifier", [1, 2, 3], None),
        ("AcquisitionNumber", [4, 7, 11], None),
        ("TriggerTime", ["0", "90000", "133500.5"], (0, 90, 133.5005)),
        ("AcquisitionTime", ["101500", "101630", "101713"], (0, 90, 133)),
        ("ContentTime", ["101500", "101630", "101713"], (0, 90, 133)),
    ],
)
def test_one_series_of_several_temporal_positions(tmp_path, write_phases, attribute, values, times):
    write_phases(tmp_path, 3, "1.2.826.0.5", lambda k, dataset: setattr(dataset, attribute, values[k]))
    found = read_phases(tmp_path)
    assert_phases(found, range(3))
    assert found.times_s == (None if times is None else pytest.approx(times))


def test_a_damaged_time_counts_as_none(tmp_path, write_phases):
    def removed(phase, dataset):
        dataset.TemporalPositionIdentifier = phase + 1
        dataset.add_new("AcquisitionTime", "TM", "")
        dataset.add_new("AcquisitionDate", "DA", "")

    write_phases(tmp_path, 3, "1.2.826.0.5", removed)
    found = read_phases(tmp_path)
    assert_phases(found, range(3))
    assert (found.times_s, found.acquired) == (None, None)


def test_named_series_leave_the_others_out(tmp_path, write_phases, write_series):
    write_phases(tmp_path, 3, change=lambda k, dataset: setattr(dataset, "AcquisitionTime", f"10150{k}"))
    write_series(tmp_path / "scout", voxels(0, (2, 6, 6)), (3, 3, 9), series_uid="1.2.826.0.99")
    uids = [f"1.2.826.0.{(k * 5 + 3) % 7}" for k in range(3)]
    for text in (" ".join(uids), ";".join(reversed(uids)), "; ".join(uids)):
        assert_phases(read_phases(tmp_path, text), range(3))


def test_other_series_in_the_folder_are_told(tmp_path, write_phases, write_series, refused):
    write_phases(tmp_path, 2, change=lambda k, dataset: setattr(dataset, "AcquisitionTime", f"10150{k}"))
    write_series(
        tmp_path / "scout", voxels(0, (2, 6, 6)), (3, 3, 9), series_uid="1.2.826.0.99",
        change=lambda z, dataset: setattr(dataset, "AcquisitionTime", "100000"),
    )  # fmt: skip
    refused(
        lambda: read_phases(tmp_path),
        "expected phases on one grid, found size x: phase 0 6 voxels, phase 1 5 voxels",
        "or name the series of the phases",
    )
    refused(
        lambda: read_phases(tmp_path, "1.2.826.0.98"), "expected the series '1.2.826.0.98', found 3 other"
    )


def test_series_without_a_time_have_no_order(tmp_path, write_phases, refused):
    write_phases(tmp_path, 3)
    refused(
        lambda: read_phases(tmp_path),
        "expected phases with an acquisition time or a temporal position of their own, found 3 phases without",
    )
    write_phases(tmp_path, 3, change=lambda k, dataset: setattr(dataset, "AcquisitionTime", "101500"))
    refused(lambda: read_phases(tmp_path), "found 3 phases without")


def test_slices_that_nothing_tells_apart_or_that_are_missing(tmp_path, write_phases, refused):
    write_phases(tmp_path / "alike", 2, "1.2.826.0.5")
    refused(
        lambda: read_phases(tmp_path / "alike"),
        "found 8 slices at 4 positions, with nothing that sorts them into complete phases",
    )
    write_phases(
        tmp_path / "gap", 2, "1.2.826.0.5", lambda k, ds: setattr(ds, "TemporalPositionIdentifier", k + 1)
    )
    sorted((tmp_path / "gap").rglob("*.dcm"))[1].unlink()
    refused(lambda: read_phases(tmp_path / "gap"), "found 7 slices at 4 positions", "missing or doubled")


def test_other_grids_and_what_is_no_series(tmp_path, refused):
    write_volume(Volume(voxels(0), SPACING, ORIGIN), tmp_path / "a.mha")
    write_volume(Volume(voxels(1), (0.9, 1.2, 2.5), ORIGIN), tmp_path / "b.mha")
    refused(
        lambda: read_phases(tmp_path),
        "expected phases on one grid, found spacing y: a.mha 1.100 mm, b.mha 1.200 mm (0.100 mm apart)",
    )
    refused(lambda: read_phases(tmp_path, "1.2.3"), "expected a DICOM folder, for a series is named")
    refused(lambda: read_phases(tmp_path / "a.mha", "1.2.3"), "for a series is named")
    refused(lambda: read_phases(tmp_path / "none"), "found nothing of that name")
    (tmp_path / "x.txt").write_text("text")
    refused(lambda: read_phases(tmp_path / "x.txt"), "found a file with the ending '.txt'")
    (tmp_path / "empty").mkdir()
    refused(
        lambda: read_phases(tmp_path / "empty"), "expected a folder with a DICOM image series, found none"
    )
    write_nifti(tmp_path / "5.nii", np.zeros((2, 2, 3, 3, 3)))
    refused(lambda: read_phases(tmp_path / "5.nii"), "a 5-D image")


@pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")
def test_a_real_breast_series(tmp_path):
    source = Path(REAL_DATA) / "volumes" / "breast_DCE_UCSF-BR-06"
    for k in range(3):
        (tmp_path / f"phase{k}.nii.gz").symlink_to(source / f"phase{k}.nii.gz")
    found = read_phases(tmp_path)
    sizes = [
        struct.unpack_from("<3h", gzip.decompress((source / f"phase{k}.nii.gz").read_bytes()), 42)
        for k in range(3)
    ]
    assert [volume.size for volume in found.volumes] == sizes
    assert list(phase_faults(found, None, 3)) == []
    turned = PhaseSeries(found.volumes[::-1], None, found.names[::-1])
    ((severity, expected, words, _),) = phase_faults(turned, None, 3)
    assert (severity, expected) == ("error", "the phase before contrast first, as the darkest")
    assert words.startswith("phase0.nii.gz darker than the first, phase2.nii.gz, by ")
