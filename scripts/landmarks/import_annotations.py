"""A sample sheet from a folder of films and what was drawn on them: the command that a user runs once.

    python -m scripts.landmarks.import_annotations data/films --annotations data/drawn --sheet data/sheet.csv

A film's annotation is, below --annotations, a file or a folder of the film's name (`0012.json` or `0012/` for
`0012.png`; words after the name, as in `0012_reader1.json`, need --suffix _reader1), or its entry in one file
of many films (COCO, CVAT). --second names what a second reader drew. The patient's identifier is the film's
name: rename films that hold a name or number of a patient. Nothing is checked here but that every film has its
annotation; `snakemake check` reads them all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scripts.cohort.pictures import PICTURE_ENDINGS
from scripts.errors import FaultList, InputError
from scripts.landmarks.annotation_file import ENDINGS, read_annotation
from scripts.tables import write_table

MOST_LISTED = 10


def films_of(folder: Path) -> list[Path]:
    """The pictures of a folder and its subfolders, by path; InputError where there are none, or two of one name."""
    if not folder.is_dir():
        raise InputError(str(folder), "a folder of films", "no folder of that name")
    films = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_ENDINGS)
    if not films:
        raise InputError(str(folder), f"films ({', '.join(PICTURE_ENDINGS)})", "none")
    names = [film.stem for film in films]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        found = f"several of {', '.join(twice[:5])}"
        raise InputError(
            str(folder), "films with a name each", found, "The name becomes the patient's identifier."
        )
    return films


def annotation_of(film: Path, drawn: Path, suffix: str = "") -> Path | None:
    """The annotation of a film: a file or folder of its name in the folder `drawn`, or `drawn` where that is
    one file with an entry for the film; None where there is none.

    Raises
    ------
    InputError : several of its name.
    """
    if drawn.is_file():
        try:
            read_annotation(drawn, film.name)
        except InputError:
            return None
        return drawn
    wanted = f"{film.stem}{suffix}"
    found = [
        path
        for path in sorted(drawn.rglob("*"))
        if path.name.split(".")[0] == wanted and (path.is_dir() or path.suffix.lower() in ENDINGS)
    ]
    outer = [path for path in found if not any(other in path.parents for other in found)]
    if len(outer) > 1:
        raise InputError(str(drawn), f"one annotation of '{film.name}'", ", ".join(p.name for p in outer[:5]))
    return outer[0] if outer else None


def sheet_of_films(
    folder: Path, drawn: Path, sheet: Path, second: Path | None = None, suffix: str = ""
) -> pd.DataFrame:
    """The rows of a sheet (patient, film, annotation, annotation_2), a film each; paths relative to the sheet's folder.

    Raises
    ------
    InputError : no films; (as a FaultList) films without an annotation. A second reader need not have drawn every film.
    """
    for path in filter(None, (drawn, second)):
        if not path.exists():
            raise InputError(str(path), "a folder or file of annotations", "nothing of that name")
    rows, faults = [], []
    for film in films_of(folder):
        first = annotation_of(film, drawn, suffix)
        again = annotation_of(film, second, suffix) if second else None
        if first is None:
            faults.append(f"{film.name}: nothing drawn on it in {drawn}")
            continue
        row = {"patient": film.stem, "film": _from(sheet, film), "annotation": _from(sheet, first)}
        rows.append(row | {"annotation_2": _from(sheet, again) if again else None})
    if faults:
        more = [f"and {len(faults) - MOST_LISTED} more films"] if len(faults) > MOST_LISTED else []
        raise FaultList(str(folder), faults[:MOST_LISTED] + more, "No sheet was written.")
    return pd.DataFrame(rows)


def _from(sheet: Path, path: Path) -> str:
    """A path as the sheet has it: relative to its folder where it lies below it."""
    whole, folder = path.resolve(), sheet.resolve().parent
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; a slip of the user is one message and status 1."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.landmarks.import_annotations", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="folder of films")
    parser.add_argument(
        "--annotations", type=Path, required=True, help="folder of annotations, or one file of many films"
    )
    parser.add_argument("--second", type=Path, help="the same of a second reader")
    parser.add_argument("--suffix", default="", help="what follows the film's name in an annotation's name")
    parser.add_argument("--sheet", type=Path, required=True, help="sample sheet to write (.csv)")
    given = parser.parse_args(arguments)
    try:
        table = sheet_of_films(given.folder, given.annotations, given.sheet, given.second, given.suffix)
        write_table(table, given.sheet)
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    twice = int(table["annotation_2"].notna().sum())
    print(f"{given.sheet}: {len(table)} films, {twice} of them drawn by a second reader.")


if __name__ == "__main__":
    main()
