"""Lesion volumes of every case of a batch, by region and window of CT numbers; who fails is a row with its cause.

Lobes and segments come from the label maps of the sheet. Without one the lungs are found by CT number, and lobes and
segments are absent; drawn lesions are then part of the lungs. Lesions are the mask of the sheet, or found by CT
number. Where there are both, how well they agree."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_labels, read_mask
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.preprocess.case_batch import Done, Unreadable, run_batch
from scripts.preprocess.settings import settings_of
from scripts.quantification.hounsfield import require_hounsfield, window_index
from scripts.quantification.lesions import LesionSettings, dice, threshold_lesions
from scripts.quantification.lung_mask import LungMaskSettings, lung_mask
from scripts.quantification.lung_regions import LOBES, SEGMENTS, label_faults
from scripts.quantification.measures import measure, measure_columns, regions_of
from scripts.tables import read_table, write_table, write_text
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "measure_lesions"
DRAWN, BY_CT_NUMBER = "drawn", "by CT number"
SOURCES = ("drawn_or_threshold", "drawn", "threshold")
# What was measured beside the volumes: where lungs and lesions come from, CT number of air, agreement of the two ways.
HOW = {
    "regions_from": "string",
    "lesions_from": "string",
    "air_hu": "float64",
    "threshold_ml": "float64",
    "threshold_dice": "float64",
    "lung_mask_ml": "float64",
    "lung_mask_dice": "float64",
    "outside_ml": "float64",
}


def read_case(
    case: dict[str, Any], which: CaseImage, records: Mapping[str, Record] = MappingProxyType({})
) -> tuple[Volume, Volume | None, dict[str, Volume]]:
    """Image, lesion mask (or None) and label maps by their columns; what a case lacks is left out.

    Raises
    ------
    CaseError, InputError : what keeps them from being read, in words. FileChanged : as `unwritten`.
    """
    paths = [case[column] for column in which.files if case.get(column)]
    try:
        with unwritten(paths, records):
            image = read_image(case[which.column], case.get(which.series) or None)
            lesions = None
            if which.mask and case.get(which.mask):
                roi = case.get(which.mask_roi) or None
                lesions = read_mask(case[which.mask], image, roi=roi, may_be_empty=True)
            maps = {name: read_labels(case[name], image) for name in which.labels if case.get(name)}
    except (FileChanged, MemoryError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable("image, mask or label maps could not be read", calls(error)) from None
    return image, lesions, maps


def measure_case(
    image: Volume, drawn: Volume | None, maps: Mapping[str, Volume], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The row of one patient: `HOW` and `measure_columns`.

    Parameters
    ----------
    image : HU. drawn : lesion mask on its grid, or None. maps : 'lobes' and 'segments', as far as there are any.
    settings : see `complete_settings`.

    Raises
    ------
    CaseError : air is not at -1000 HU; a map without a single voxel of its regions; no lung; no drawn lesions where
    only
        those count.
    """
    air = require_hounsfield(image.array, settings["air_tolerance_hu"])
    by_number = None
    try:
        by_number = lung_mask(image, settings["lung_mask"])
    except CaseError:
        if not maps:
            raise
    labels = {"lobes": settings["lobe_labels"], "segments": settings["segment_labels"]}
    known = {name: np.isin(volume.array, labels[name]) for name, volume in maps.items()}
    for name, inside in known.items():
        if not inside.any():
            numbers = np.unique(maps[name].array)[:8].tolist()
            raise CaseError(
                f"{name}: expected the labels {labels[name]} (measurement.{name[:-1]}_labels), found {numbers}"
            )
    lungs = np.any(list(known.values()), axis=0) if known else by_number
    found = threshold_lesions(image, lungs, settings["lesions"])
    source = settings["source"]
    if source == "drawn" and drawn is None:
        raise CaseError("expected a lesion mask (measurement.lesions: drawn), found none")
    take_drawn = drawn is not None and source != "threshold"
    lesions = drawn.array > 0 if take_drawn else found
    if take_drawn and not known:
        lungs = lungs | lesions  # dense lesions at the chest wall have no CT number of lung
    arrays = {name: volume.array for name, volume in maps.items()}
    regions = regions_of(
        arrays.get("lobes"),
        arrays.get("segments"),
        lungs,
        settings["lobe_labels"],
        settings["segment_labels"],
    )
    ml, edges = image.voxel_volume_mm3 / 1000, settings["edges_hu"]
    how = {
        "regions_from": " and ".join(maps) if maps else BY_CT_NUMBER,
        "lesions_from": DRAWN if take_drawn else BY_CT_NUMBER,
        "air_hu": air,
        "threshold_ml": int(found.sum()) * ml,
        "threshold_dice": dice(drawn.array > 0, found) if drawn is not None else float("nan"),
        "lung_mask_ml": float("nan") if by_number is None else int(by_number.sum()) * ml,
        "lung_mask_dice": dice(lungs, by_number) if maps and by_number is not None else float("nan"),
        "outside_ml": int((lesions & ~lungs).sum()) * ml,
    }
    windows = window_index(image.array, edges)
    return how | measure(regions, lesions, windows, image.voxel_volume_mm3, len(edges) + 1)


def complete_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The card's `measurement` as `measure_case` takes it.

    Raises
    ------
    InputError : labels that do not name every region once, an unknown source of lesions.
    """
    for name, names in (("lobe_labels", LOBES), ("segment_labels", SEGMENTS)):
        if faults := label_faults(settings[name], names):
            raise InputError(f"measurement.{name}", "a label for each region", "; ".join(faults))
    if settings["lesions"] not in SOURCES:
        raise InputError("measurement.lesions", f"one of {', '.join(SOURCES)}", f"'{settings['lesions']}'")
    edges = list(settings["edges_hu"])
    window_index(np.zeros(1), edges)
    return {
        "edges_hu": edges,
        "air_tolerance_hu": settings["air_tolerance_hu"],
        "lobe_labels": list(settings["lobe_labels"]),
        "segment_labels": list(settings["segment_labels"]),
        "source": settings["lesions"],
        "lung_mask": settings_of(LungMaskSettings, settings["lung_mask"], "measurement.lung_mask"),
        "lesions": settings_of(LesionSettings, settings["threshold"], "measurement.threshold"),
    }


def measured(
    case: dict[str, Any], which: CaseImage, settings: dict[str, Any], records: Mapping[str, Record]
) -> Done:
    """Read one case and measure it; see `read_case` and `measure_case`."""
    return Done(measure_case(*read_case(case, which, records), settings))


def _inputs(case: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"case": case, **others}


def main(job: Job) -> None:
    """Measure the batch's admissible cases; settings: measurement, images."""
    settings = complete_settings(job.settings["measurement"])
    (which,) = from_settings(job.settings)
    table, failures = run_batch(
        admissible(job.cases, read_table(job.input.checked)),
        partial(_inputs, which=which, settings=settings, records=dict(read_records(job.input.contents))),
        measured,
        step=STEP,
        columns=HOW | dict.fromkeys(measure_columns(len(settings["edges_hu"]) + 1), "float64"),
        threads=job.threads,
        log=job.log or "",
    )
    write_table(table, job.output.table)
    write_table(failures, job.output.failures)
    write_text(job.made_from, job.output.made_from)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
