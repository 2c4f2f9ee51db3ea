"""A sample sheet from a folder of pictures: the command that a user runs once.

    python -m scripts.cohort.import_pictures data/figshare --sheet data/sheet.csv
    python -m scripts.cohort.import_pictures data/images --masks data/masks --sheet data/sheet.csv

The folder holds either .mat files with a structure `cjdata` (each becomes a 16-bit PNG and a mask beside the sheet, its
PID the patient), or a folder of pictures for each tumour type (`images/glioma/0209.jpg`); masks have the same names
below --masks. Patients of class folders are unknown: the column `subject` stays empty, and a run guesses them from
neighbours in the numbering.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.cohort.cjdata import read_cjdata
from scripts.cohort.pictures import PICTURE_ENDINGS
from scripts.errors import FaultList, InputError
from scripts.tables import write_table, write_whole

COLUMNS = ("patient", "subject", "number", "tumour_type", "image", "mask")
MAT = ".mat"


def sheet_of_folder(folder: Path, sheet: Path, masks: Path | None = None) -> pd.DataFrame:
    """The rows of a sheet for a folder of .mat files or of class folders; paths are relative to the sheet's folder.

    Returns
    -------
    Table with `COLUMNS`, ordered by tumour type and number: `patient` names the row (`glioma-0209`), `number` is the
    last whole number in the file's name, by which neighbours are told, and missing where a name has none.

    Raises
    ------
    InputError : nothing to import, both kinds of files; of .mat files (as a FaultList) every one that cannot be read.
    """
    if not folder.is_dir():
        raise InputError(str(folder), "a folder", "no folder of that name")
    mats = sorted(folder.rglob(f"*{MAT}"))
    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_ENDINGS)
    if bool(mats) == bool(pictures):
        found = "both" if mats else f"neither (looked for {MAT} and {', '.join(PICTURE_ENDINGS)})"
        raise InputError(str(folder), ".mat files or folders of pictures", found)
    rows = list(_of_mats(mats, sheet) if mats else _of_classes(pictures, folder, sheet, masks))
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"number": "Int64"})
    return table.sort_values(["tumour_type", "number", "patient"], ignore_index=True)


def _of_mats(files: Sequence[Path], sheet: Path) -> Iterator[dict[str, object]]:
    faults = []
    target = sheet.parent / f"{sheet.stem}_pictures"
    for path in files:
        try:
            one = read_cjdata(path)
        except InputError as error:
            faults.append(str(error))
            continue
        name = f"{one.tumour_type}-{path.stem}"
        image, mask = target / f"{name}.png", target / f"{name}_mask.png"
        _write_png(one.image, image)
        _write_png(one.mask * 255, mask)
        yield _row(name, path, one.tumour_type, image, mask, sheet) | {"subject": one.subject}
    if faults:
        raise FaultList(str(target.parent), faults, "No sheet was written.")


def _of_classes(
    pictures: Sequence[Path], folder: Path, sheet: Path, masks: Path | None
) -> Iterator[dict[str, object]]:
    for path in pictures:
        place = path.relative_to(folder)
        if len(place.parts) != 2:
            remedy = "Put them as <folder>/<tumour type>/<picture>."
            raise InputError(str(path), "pictures in one folder a tumour type", f"{place}", remedy)
        mask = None
        if masks is not None:
            same = (masks / place.with_suffix(ending) for ending in (path.suffix, *PICTURE_ENDINGS))
            mask = next((candidate for candidate in same if candidate.is_file()), None)
        yield _row(f"{place.parts[0]}-{path.stem}", path, place.parts[0], path, mask, sheet)


def _row(
    name: str, source: Path, tumour_type: str, image: Path, mask: Path | None, sheet: Path
) -> dict[str, object]:
    numbers = re.findall(r"\d+", source.stem)
    return {
        "patient": name,
        "subject": None,
        "number": int(numbers[-1]) if numbers else None,
        "tumour_type": tumour_type,
        "image": _from(sheet, image),
        "mask": _from(sheet, mask) if mask else None,
    }


def _from(sheet: Path, path: Path) -> str:
    """A path as the sheet has it: relative to its folder where it lies below it."""
    whole, folder = path.resolve(), sheet.resolve().parent
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)


def _write_png(array: np.ndarray, path: Path) -> None:
    from PIL import Image

    write_whole(path, lambda p: Image.fromarray(array).save(p, format="PNG"))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; a slip of the user is one message and status 1."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.cohort.import_pictures", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="folder of .mat files, or of a folder of pictures a class")
    parser.add_argument("--sheet", type=Path, required=True, help="sample sheet to write (.csv)")
    parser.add_argument("--masks", type=Path, help="folder of masks, named like the pictures")
    given = parser.parse_args(arguments)
    try:
        table = sheet_of_folder(given.folder, given.sheet, given.masks)
        write_table(table, given.sheet)
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    counts = ", ".join(f"{word} {n}" for word, n in table["tumour_type"].value_counts().sort_index().items())
    named = table["subject"].notna().sum()
    print(f"{given.sheet}: {len(table)} pictures ({counts}), {table['mask'].notna().sum()} with a mask,")
    print(
        f"{named} with a patient."
        if named
        else "none with a patient: neighbours in the numbering will be grouped."
    )


if __name__ == "__main__":
    main()
