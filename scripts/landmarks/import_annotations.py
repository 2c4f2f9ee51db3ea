"""A sample sheet from a folder of films and what was drawn on them: the command that a user runs once.

    python -m scripts.landmarks.import_annotations data/films --annotations data/drawn --sheet data/sheet.csv

A film's annotation is, below --annotations, a file or a folder of the film's name (`0012.json` or `0012/` for
`0012.png`; words after the name, as in `0012_reader1.json`, need --suffix _reader1), or its entry in a file
of many films (COCO, CVAT), given itself or anywhere below the folder. --second names what a second reader
drew. The patient's identifier is the film's name: rename films that hold a name or number of a patient. Nothing
is checked here but that every film has its annotation; `snakemake check` reads them all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from scripts.cohort.pictures import PICTURE_ENDINGS
from scripts.errors import FaultList, InputError
from scripts.landmarks.annotation_file import ENDINGS, pictures_in, read_annotation
from scripts.landmarks.shapes import stem_of
from scripts.tables import write_table

MOST_LISTED = 10
MANY_ENDINGS = (".json", ".xml")  # of files that may hold many films
NO_SHEET = (
    "No sheet was written. An annotation has its film's name ({film}{suffix}.json, or a folder {film}{suffix}), "
    "or the film has an entry of its name in a COCO or CVAT file."
)


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


@dataclass
class Drawn:
    """What lies in a folder of annotations, or one file of them.

    Parameters
    ----------
    root : as the user gave it. own : name without endings -> files and folders of that name. shared : name of a
        picture, folded -> files of many films (COCO, CVAT) with an entry for it. unread : what kept other files
        from being read, a line each.
    """

    root: Path
    own: dict[str, list[Path]] = field(default_factory=dict)
    shared: dict[str, list[Path]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def of(self, film: Path, suffix: str = "") -> Path | None:
        """The annotation of a film: what has its name, else a file with an entry for it; None where there is neither.

        Raises
        ------
        InputError : several.
        """
        found = self.own.get(f"{film.stem}{suffix}", [])
        outer = [path for path in found if not any(other in path.parents for other in found)]
        outer = outer or self.shared.get(film.stem.casefold(), [])
        if len(outer) > 1:
            listed = ", ".join(path.relative_to(self.root).as_posix() for path in outer[:5])
            raise InputError(str(self.root), f"one annotation of '{film.name}'", listed)
        return outer[0] if outer else None


def drawn_in(root: Path, films: Iterable[Path], suffix: str = "") -> Drawn:
    """What there is below a folder, or in one file, that may belong to these films.

    Files of a film's name are not opened; of others the names of their pictures are read.

    Raises
    ------
    InputError : nothing of that name; one file that cannot be read.
    """
    if not root.exists():
        raise InputError(str(root), "a folder or file of annotations", "nothing of that name")
    films, drawn = list(films), Drawn(root)
    names = {f"{film.stem}{suffix}" for film in films}
    if root.is_file():
        pictures = pictures_in(root)
        if pictures is None:  # of one picture
            pictures = [film.name for film in films if _is_of(root, film)]
        drawn.shared = {_stem(picture): [root] for picture in pictures}
        return drawn
    for path in sorted(root.rglob("*")):
        name = path.name.split(".")[0]
        if name in names and (path.is_dir() or path.suffix.lower() in ENDINGS):
            drawn.own.setdefault(name, []).append(path)
        elif path.is_file() and path.suffix.lower() in MANY_ENDINGS and not _within(path, root, names):
            try:
                pictures = pictures_in(path) or []
            except InputError as error:
                drawn.unread.append(str(error))
                continue
            for stem in {_stem(picture) for picture in pictures}:
                drawn.shared.setdefault(stem, []).append(path)
    return drawn


def _is_of(path: Path, film: Path) -> bool:
    try:
        read_annotation(path, film.name)
    except InputError:
        return False
    return True


def _stem(picture: str) -> str:
    return stem_of(picture).casefold()


def _within(path: Path, root: Path, names: Container[str]) -> bool:
    """Whether a file lies in a folder of a film's name, as 3D Slicer's do."""
    return any(part in names for part in path.relative_to(root).parts[:-1])


def sheet_of_films(
    folder: Path, drawn: Path, sheet: Path, second: Path | None = None, suffix: str = ""
) -> pd.DataFrame:
    """The rows of a sheet (patient, film, annotation, annotation_2), a film each; paths relative to the sheet's folder.

    Raises
    ------
    InputError : no films; (as a FaultList) films without an annotation. A second reader need not have drawn every film.
    """
    films = films_of(folder)
    first = drawn_in(drawn, films, suffix)
    again = drawn_in(second, films, suffix) if second else None
    rows, faults = [], []
    for film in films:
        own = first.of(film, suffix)
        other = again.of(film, suffix) if again else None
        if own is None:
            faults.append(f"{film.name}: nothing drawn on it in {drawn}")
            continue
        row = {"patient": film.stem, "film": _from(sheet, film), "annotation": _from(sheet, own)}
        rows.append(row | {"annotation_2": _from(sheet, other) if other else None})
    if faults:
        more = [f"and {len(faults) - MOST_LISTED} more films"] if len(faults) > MOST_LISTED else []
        faults = first.unread[:MOST_LISTED] + faults[:MOST_LISTED] + more
        raise FaultList(str(folder), faults, NO_SHEET.format(film=films[0].stem, suffix=suffix))
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
