"""What would make landmarks of a film wrong: everything that a reader of annotations refuses, and sides that
look swapped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    if swapped := [name for name in sorted({s.structure for s in shapes}) if _left_is_left(shapes, name)]:
        yield (
            "warning",
            "the patient's left on the right of the film, as films are hung",
            f"the left {swapped[0].replace('_', ' ')} to the left of the right one",
            "Look whether the labels are the patient's sides, or whether the film is mirrored; angles do not change.",
        )


def _left_is_left(shapes: list[NamedShape], structure: str) -> bool:
    """Whether what is called left lies left of what is called right."""
    middle = {s.side: s.shape.points[:, 0].mean() for s in shapes if s.structure == structure}
    return len(middle) == 2 and bool(middle[LEFT] < middle[RIGHT])
