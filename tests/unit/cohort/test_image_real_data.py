"""Real scanners', planning systems' and converters' files; set REAL_DATA to their folder to run these.

Each structure set gives, voxel for voxel, the mask that came with its image (Dice 1): STS_019 MR 3,856
voxels and PET 239, the IBSI CT phantom 125,256.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.errors import InputError
from scripts.volumes import Volume, compare_geometry, digest

ROOT = Path(os.environ.get("REAL_DATA", ""))
pytestmark = pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA is not set")


def real(*parts: str) -> Path:
    """A file or folder of the real data; the test skips where it is not there."""
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"REAL_DATA has no {'/'.join(parts)}")
    return path


def dice(a: Volume, b: Volume) -> float:
    return 2 * np.count_nonzero(a.array & b.array) / (np.count_nonzero(a.array) + np.count_nonzero(b.array))


@pytest.mark.parametrize(("modality", "voxels", "atol"), [("MR_T1", 3856, 0), ("PET", 239, 1e-6)])
def test_sarcoma_series_and_structure_set_equal_the_published_nifti(modality, voxels, atol):
    image = read_image(real("dicom", "STS_019", modality, "image"))
    nifti = read_image(real("ibsi", "sts_validation", "full", "STS_019", f"{modality}_image.nii.gz"))
    assert compare_geometry(image, nifti) == []
    np.testing.assert_allclose(image.array, nifti.array, rtol=0, atol=atol)
    assert (digest(image) == digest(nifti)) is (atol == 0)  # that NIfTI holds the SUV in single precision
    structure = real("dicom", "STS_019", modality, "mask", "RS.dcm")
    published = real("ibsi", "sts_validation", "full", "STS_019", f"{modality}_mask.nii.gz")
    for grid in (image, nifti):
        mask, expected = read_mask(structure, grid), read_mask(published, grid)
        assert np.count_nonzero(expected.array) == voxels
        assert dice(mask, expected) == 1.0


def test_a_structure_set_of_another_series_is_refused(refused):
    image = read_image(real("dicom", "STS_019", "PET", "image"))
    structure = real("dicom", "STS_019", "MR_T1", "mask", "RS.dcm")
    refused(lambda: read_mask(structure, image), "a mask drawn on the image's series")
    nifti = read_image(real("ibsi", "sts_validation", "full", "STS_019", "PET_image.nii.gz"))
    # without the series to go by, contours 0.06 mm beside the slices (of 3.27 mm) are near enough
    assert read_mask(structure, nifti).array.any()


def test_two_series_in_one_folder(refused):
    folder = real("dicom", "STS_019")
    refused(lambda: read_image(folder), "found 2 series:", "(MR, 47 slices)", "(PT, 47 slices)")
    refused(lambda: read_mask(folder, read_image(folder / "PET")), "found MR_T1/mask/RS.dcm, PET/mask/RS.dcm")


def test_ibsi_phantom_structure_set_equals_its_nifti_mask():
    phantom = real("ibsi", "ibsi_1_ct_radiomics_phantom")
    image = read_image(phantom / "nifti" / "image" / "phantom.nii.gz")
    mask = read_mask(phantom / "dicom" / "mask" / "DCM_RS_00060.dcm", image, roi="GTV-1")
    published = read_mask(phantom / "nifti" / "mask" / "mask.nii.gz", image)
    assert dice(mask, published) == 1.0


def test_a_structure_set_with_an_invented_frame_of_reference():
    image = read_image(real("dicom", "rt-utils"))
    structure = real("dicom", "rt-utils", "rt.dcm")
    mask = read_mask(structure, image)
    contours = pydicom.dcmread(structure).ROIContourSequence[0].ContourSequence
    areas = []  # shoelace formula, in pixels; the second contour is a hole in the first
    for contour in contours:
        x, y, _ = np.reshape(np.array(contour.ContourData, dtype=float), (-1, 3)).T / image.spacing[0]
        areas.append(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2)
    assert mask.array.sum() == pytest.approx(areas[0] - areas[1], rel=0.03)


def test_contours_beyond_the_slices_that_there_are(refused):
    image = read_image(real("dicom", "dicompyler"))
    structure = real("dicom", "dicompyler", "rtss.dcm")
    refused(lambda: read_mask(structure, image, roi="heart"), "Did you mean 'Heart'?", "'Lt Lung'")
    refused(lambda: read_mask(structure, image, roi="Areola"), "one without contours")
    refused(lambda: read_mask(structure, image, roi="Heart"), "contours on the slices of the image")


@pytest.mark.parametrize("name", ["seg_image_ct_binary_single_frame.dcm"])
def test_a_segmentation_of_the_only_slice(name, tmp_path):
    path = real("dicom", "highdicom", name)
    shutil.copy(real("dicom", "highdicom", "ct_image.dcm"), tmp_path)
    mask = read_mask(path, read_image(tmp_path))
    np.testing.assert_array_equal(mask.array[0], pydicom.dcmread(path).pixel_array)


@pytest.mark.parametrize("region", ["liver"])
def test_dcmqi_segmentation_equals_its_label_map(region):
    folder = real("dicom", "dcmqi", "segmentations")
    image = read_image(folder / "ct-3slice")
    mask = read_mask(folder / f"{region}.dcm", image)
    expected = read_mask(folder / f"{region}_seg.nrrd", image)
    np.testing.assert_array_equal(mask.array, expected.array)


def test_prostate_segments_lie_where_their_frames_say():
    image = read_image(real("dicom", "QIN-PROSTATE-001", "ADC"))
    path = real("dicom", "QIN-PROSTATE-001", "seg", "1-1.dcm")
    segmentation = pydicom.dcmread(path)
    for number in range(1, 5):
        frames = [
            pixels
            for pixels, group in zip(
                segmentation.pixel_array, segmentation.PerFrameFunctionalGroupsSequence, strict=True
            )
            if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number
        ]
        mask = read_mask(path, image, label=number)
        assert mask.array.sum() == np.sum(frames)
        assert mask.size == image.size


def dicom_files() -> list[Path]:
    folders = [ROOT / "dicom" / name for name in ("pydicom", "highdicom", "rt-utils", "dicompyler")]
    return [path for folder in folders for path in sorted(folder.glob("*.dcm"))]


@pytest.mark.parametrize("path", dicom_files(), ids=lambda path: path.name)
def test_odd_and_broken_dicom_files_are_read_or_refused(path, tmp_path, capfd):
    shutil.copy(path, tmp_path)
    grid = Volume(np.zeros((3, 4, 5), np.int16), (1, 1, 1))
    calls = (lambda: read_image(path), lambda: read_image(tmp_path), lambda: read_mask(path, grid))
    for call in calls:
        try:
            volume = call()
        except InputError:
            continue
        assert volume.array.size > 0
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm"]
)
def test_every_coding_gives_the_same_values(name, tmp_path):
    path = real("dicom", "pydicom", name)
    shutil.copy(path, tmp_path)
    reference = pydicom.dcmread(real("dicom", "pydicom", name.split("_small")[0] + "_small.dcm"))
    slope, intercept = float(reference.get("RescaleSlope", 1)), float(reference.get("RescaleIntercept", 0))
    expected = reference.pixel_array * slope + intercept
    np.testing.assert_array_equal(read_image(tmp_path).array[0], expected)


def test_prostate_label_maps(refused):
    folder = real("volumes", "prostate_T2_medseg")
    image = read_image(folder / "img.nii.gz")
    one = read_mask(folder / "seg_one_label.nii.gz", image)
    assert one.array.any()
    refused(lambda: read_mask(folder / "seg_empty.nii.gz", image), "none (an empty mask)")
    refused(lambda: read_mask(folder / "seg_two_labels.nii.gz", image), "expected one label", "found 2: 1 (")
    refused(lambda: read_mask(folder / "seg_multilabel.nrrd", image), "expected one label")
    assert read_mask(folder / "seg_two_labels.nii.gz", image, label=2).array.any()


def test_images_that_are_not_one_volume(refused):
    folder = real("volumes")
    refused(lambda: read_image(folder / "nibabel" / "example4d.nii.gz"), "a 4-D image (128 x 96 x 24 x 2)")
    refused(lambda: read_image(folder / "dipy_dwi" / "S0_10slices.nii.gz"), "a sheared grid")
    flat = real("registration", "elastix", "2DMRI-T1_brain.mha")
    refused(lambda: read_image(flat), "a 2-D image (256 x 256 pixels)")
