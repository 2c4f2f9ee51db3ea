"""The phases of a visit -> precontrast and chosen postcontrast image without the bias field, the field, the given mask.

The only step that reads the user's images. One field a visit, estimated on the precontrast image.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.masks import read_mask
from scripts.cohort.phases import PhaseSeries, read_phases
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.preprocess.bias_field import BiasFieldSettings, field_of, without_field
from scripts.preprocess.case_batch import Done, Unreadable, run_batch
from scripts.preprocess.enhancement import PhaseSettings, chosen_phase
from scripts.preprocess.settings import settings_of
from scripts.tables import read_table, write_table, write_text
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "correct_bias"
MEASURES = {
    "n_phases": "int64",
    "chosen_phase": "int64",
    "time_s": "float64",
    "field_lowest": "float64",
    "field_highest": "float64",
    "has_given_mask": "bool",
}


def read_visit(
    case: dict[str, Any], image: CaseImage, records: Mapping[str, Record] = MappingProxyType({})
) -> tuple[PhaseSeries, Volume | None]:
    """The phases of one visit of a case, and the mask that was drawn on them, if one is named.

    Parameters
    ----------
    case : `patient` and the cells of the sheet. image : the columns of the visit.
    records : path -> the content that the check read.

    Raises
    ------
    CaseError, InputError : what keeps them from being read, in words.
    FileChanged : a file is not what the check read, or was written meanwhile.
    """
    path = case[image.column]
    mask_path = case.get(image.mask, "") if image.mask else ""
    try:
        with unwritten([p for p in (path, mask_path) if p], records):
            phases = read_phases(path, case.get(image.series) or None)
            mask = None
            if mask_path:
                mask = read_mask(mask_path, phases.volumes[0], roi=case.get(image.mask_roi) or None)
    except (FileChanged, MemoryError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable(f"{image.column}: the phases or the mask could not be read", calls(error)) from None
    return phases, mask


def correct_visit(phases: PhaseSeries, mask: Volume | None, settings: dict[str, Any]) -> Done:
    """Choose the phase and divide it and the precontrast image by the field of the precontrast image.

    Parameters
    ----------
    settings : `phases` (names of PhaseSettings) and `bias_field` (names of BiasFieldSettings).

    Returns
    -------
    Done. Volumes: precontrast, postcontrast, field (float32), and given_mask where there is one, all on the grid of the
    phases. Measures: number of phases, place of the chosen one (0 is precontrast), its time in s after the first
    (missing where unknown), least and greatest value of the field, whether a mask was given.

    Raises
    ------
    CaseError : see `chosen_phase` and `field_of`. InputError : a setting that cannot be.
    """
    rule = settings_of(PhaseSettings, settings["phases"], "phases").chosen
    chosen = chosen_phase(phases.volumes, rule, mask)
    precontrast, postcontrast = phases.volumes[0], phases.volumes[chosen]
    field = field_of(precontrast, settings["bias_field"])
    volumes = {
        "precontrast": without_field(precontrast, field),
        "postcontrast": without_field(postcontrast, field),
        "field": field,
    }
    if mask is not None:
        volumes["given_mask"] = mask
    times = phases.times_s
    measures = {
        "n_phases": len(phases.volumes),
        "chosen_phase": chosen,
        "time_s": float("nan") if times is None else float(times[chosen]),
        "field_lowest": float(field.array.min()),
        "field_highest": float(field.array.max()),
        "has_given_mask": mask is not None,
    }
    return Done(measures, volumes)


def correct_case(
    case: dict[str, Any], image: CaseImage, settings: dict[str, Any], records: Mapping[str, Record]
) -> Done:
    """Read one visit of a case and correct it; see `read_visit` and `correct_visit`."""
    return correct_visit(*read_visit(case, image, records), settings)


def _inputs(
    case: dict[str, Any], image: CaseImage, settings: dict[str, Any], records: dict[str, Record]
) -> dict[str, Any]:
    return {"case": case, "image": image, "settings": settings, "records": records}


def main(job: Job) -> None:
    """Correct the batch's admissible cases; settings: phases, bias_field, images (the visit's columns)."""
    settings = {
        "phases": settings_of(PhaseSettings, job.settings["phases"], "phases"),
        "bias_field": settings_of(BiasFieldSettings, job.settings["bias_field"], "bias_field"),
    }
    (image,) = from_settings(job.settings)
    records = dict(read_records(job.input.contents))
    table, failures = run_batch(
        admissible(job.cases, read_table(job.input.checked)),
        partial(_inputs, image=image, settings=settings, records=records),
        correct_case,
        step=f"{STEP} ({job.wildcards.visit})",
        columns=MEASURES,
        folder=job.output.volumes,
        threads=job.threads,
        log=job.log or "",
    )
    write_table(table, job.output.table)
    write_table(failures, job.output.failures)
    write_text(job.made_from, job.output.made_from)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
