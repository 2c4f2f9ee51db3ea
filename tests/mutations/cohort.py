"""A sound cohort of twelve small patients, each in another format, that mutations are made of.

Every patient has a grid of its own, so that a file of another patient never fits by chance.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk

from tests.end_to_end import formats

SHAPE = (10, 18, 20)  # z, y, x
# patient -> what its image and mask are stored as
KINDS = {
    "P00": ("nii.gz", "nii.gz"),
    "P01": ("nii", "nii"),
    "P02": ("float.nii", "nii.gz"),
    "P03": ("raw.nrrd", "raw.nrrd"),
    "P04": ("nrrd", "nrrd"),
    "P05": ("mha", "mha"),
    "P06": ("raw.mha", "raw.mha"),
    "P07": ("dicom", "nii.gz"),
    "P08": ("dicom", "structure.dcm"),
    "P09": ("dicom", "segments.dcm"),
    "P10": ("two_series", "mha"),
    "P11": ("nii.gz", "two_labels.nii.gz"),
}
VOLUMES = [p for p, (image, _) in KINDS.items() if image not in ("dicom", "two_series")]
DICOM = [p for p, (image, _) in KINDS.items() if image in ("dicom", "two_series")]


def volumes(seed: int) -> tuple[sitk.Image, sitk.Image]:
    """An abdomen in HU with a tumour, and the tumour's mask, on a grid that no other seed has."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(-20, 20, SHAPE)
    array = np.full(SHAPE, -1000) + noise
    array[:, 2:16, 2:18] = (-100 + noise)[:, 2:16, 2:18]
    array[:, 4:14, 4:16] = (60 + noise)[:, 4:14, 4:16]
    z, y, x = np.indices(SHAPE)
    centre = rng.uniform(-0.5, 0.5, 3) + (5, 9, 10)
    inside = ((z - centre[0]) / 3) ** 2 + ((y - centre[1]) / 4) ** 2 + ((x - centre[2]) / 4) ** 2 <= 1
    image = sitk.GetImageFromArray(array.astype(np.int16))
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    for volume in (image, mask):
        volume.SetSpacing((0.75 + seed / 64, 0.75 + seed / 64, 2.5))
        volume.SetOrigin((-100.0 + seed, -80.0, 12.5 * seed))
    return image, mask


def _write(volume: sitk.Image, kind: str, path: Path) -> None:
    if kind.startswith("float"):
        volume = sitk.Cast(volume, sitk.sitkFloat32)
    sitk.WriteImage(volume, str(path), useCompression=not kind.startswith("raw") and not kind.endswith("nii"))


def kind_of(patient: str) -> str:
    """The first patient whose files are stored in the same way."""
    return f"P{int(patient[1:]) % len(KINDS):02d}"


def clinical_cells(seed: int) -> dict[str, str]:
    """The cells of a sound patient that tell of no file."""
    return {
        "cohort": "primary" if seed % 3 else "validation",
        "dfs_months": f"{10.5 + 3 * (seed % 40):g}",
        "recurrence": str(int(seed % 5 < 2)),
        "tnm_stage": ("I", "II", "III", "IV")[seed % 4],
        "sex": "FM"[seed % 2],
        "age": str(50 + seed % 40),
        "differentiation": ("high", "moderate", "low")[seed % 3],
        "cea": ("low", "high", "12.5")[seed % 3],
        "lymph_node": "yes" if seed % 4 >= 2 else "no",
        "note_reader": "second reading",
    }


def write_cohort(folder: Path, count: int = len(KINDS)) -> pd.DataFrame:
    """The cohort's files below `folder`, a folder a patient, and its sheet as text (also as sheet.csv).

    More patients than `KINDS` are stored as the first ones are, in turn.
    """
    rows = []
    for seed in range(count):
        patient = f"P{seed:02d}"
        image_kind, mask_kind = KINDS[kind_of(patient)]
        own = folder / patient
        own.mkdir(parents=True)
        image, mask = volumes(seed)
        source = own / "source.mha"
        series = roi = ""
        if image_kind in ("dicom", "two_series"):
            sitk.WriteImage(image, str(source))
            slices = formats.write_dicom(source, own / "series")
            image_cell = f"{patient}/series"
            if image_kind == "two_series":
                sitk.WriteImage(image + 1, str(source))
                formats.write_dicom(source, own / "series")
                series = str(slices[0].SeriesInstanceUID)
        else:
            image_cell = f"{patient}/image.{image_kind}"
            _write(image, image_kind, folder / image_cell)
        mask_cell = f"{patient}/mask.{mask_kind}"
        sitk.WriteImage(mask, str(source))
        if mask_kind == "structure.dcm":
            formats.write_structure(source, slices, folder / mask_cell)
        elif mask_kind == "segments.dcm":
            formats.write_segmentation(source, slices, folder / mask_cell)
            roi = "Tumour"
        elif mask_kind.startswith("two_labels"):
            formats.relabel(source, folder / mask_cell, 2)
            roi = "2"
        else:
            _write(mask, mask_kind, folder / mask_cell)
        source.unlink()
        rows.append(
            {
                "patient": patient,
                "cohort": "",
                "image": image_cell,
                "image_series": series,
                "mask": mask_cell,
                "mask_roi": roi,
                **clinical_cells(seed),
            }
        )
    sheet = pd.DataFrame(rows)
    sheet.to_csv(folder / "sheet.csv", index=False)
    return sheet
