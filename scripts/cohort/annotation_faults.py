"""What would make landmarks of a film wrong: everything that a reader of annotations refuses, and sides that
look swapped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.cohort.faults import shown
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.landmarks.landmark_table import Wanted, read_film
from scripts.landmarks.structures import LEFT, RIGHT, NamedShape, name_shapes
from scripts.volumes import Volume

MOST_LISTED = 5


def annotation_faults(
    path: str, picture: str, image: Volume, settings: dict[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of one annotation of a film.

    Parameters
    ----------
    path : the annotation. picture : path of the film. image : the film, array (1, y, x).
    settings : `landmarks`, a dict of names, needed, side_without_label (see `Wanted`).
    """
    entry = settings["landmarks"]
    wanted = Wanted(entry["names"], tuple(entry["needed"]), entry["side_without_label"])
    size = (image.array.shape[2], image.array.shape[1])
    try:
        annotation, shapes = read_film(path, Path(picture).name, size, wanted)
    except MemoryError:
        raise
    except InputError as error:
        where = "" if error.where == str(Path(path)) else f" ({error.where})"
        yield "error", error.expected, f"{error.found}{where}", error.remedy
        return
    except CaseError as error:
        yield "error", "a readable annotation", str(error), ""
        return
    except Exception as error:
        print(f"{path}:\n{calls(error)}")
        yield "error", "a readable annotation", "one that no reader can make out", "Export it again."
        return
    if unknown := list(dict.fromkeys(name_shapes(annotation, wanted.names)[1])):
        listed = ", ".join(shown(label) for label in unknown[:MOST_LISTED])
        more = f" and {len(unknown) - MOST_LISTED} more" if len(unknown) > MOST_LISTED else ""
        known = ", ".join(wanted.names)
        remedy = "What is called so is not used. Other words for a structure: landmarks.names in the configuration."
        yield "warning", f"labels of {known}", f"{listed}{more}", remedy
    between = _from_right_to_left(shapes)
    if turned := _turned(between):
        as_named = [name for name in between if name not in turned]
        found = f"{_listed(turned)} the other way round than {_listed(as_named)}"
        remedy = "Sides are mixed up in the labels, or a structure was drawn on the other hip."
        yield "error", "left and right of every structure on the same sides of the film", found, remedy
    elif swapped := [name for name in sorted(between) if between[name][0] < 0]:
        yield (
            "warning",
            "the patient's left on the right of the film, as films are hung",
            f"the left {swapped[0].replace('_', ' ')} to the left of the right one",
            "Look whether labels are the patient's sides, or the film is mirrored: angles stand by the label's side.",
        )


def _from_right_to_left(shapes: list[NamedShape]) -> dict[str, NDArray]:
    """Structure -> (2,) from the middle of its points on the right to that on the left, where both are drawn."""
    middles = {(s.structure, s.side): s.shape.points.mean(axis=0) for s in shapes}
    return {
        name: middles[name, LEFT] - middles[name, RIGHT]
        for name in dict.fromkeys(s.structure for s in shapes)
        if (name, LEFT) in middles and (name, RIGHT) in middles
    }


def _turned(between: dict[str, NDArray]) -> list[str]:
    """Structures whose sides lie against those of the most, by the sum of directions, however the film is turned."""
    lengths = {name: float(np.hypot(*step)) for name, step in between.items()}
    units = {name: step / lengths[name] for name, step in between.items() if lengths[name] > 0}
    whole = sum(units.values(), np.zeros(2))
    return [name for name, unit in units.items() if float(unit @ whole) <= 0] if np.hypot(*whole) else []


def _listed(names: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
