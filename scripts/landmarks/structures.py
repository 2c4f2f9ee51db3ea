"""Which structure of the body a shape is, and on which side, by its words.

Words are compared without regard to capitals, spaces, hyphens and underlines, and without numbers
("FemoralHead_L-1" is the femoral head on the left). A side is always the patient's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scripts.errors import InputError, nearest
from scripts.landmarks.shapes import Annotation, Shape

LEFT, RIGHT = "left", "right"
SIDES = (RIGHT, LEFT)
SIDE_WORDS = {"left": LEFT, "l": LEFT, "lt": LEFT, "right": RIGHT, "r": RIGHT, "rt": RIGHT}
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

Names = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class NamedShape:
    """A shape that was recognised: structure, side (None where the words do not say), and the shape."""

    structure: str
    side: str | None
    shape: Shape


def words_of(label: str) -> list[str]:
    """'FemoralHead_L-1' -> ['femoral', 'head', 'l']."""
    return [word.casefold() for part in _WORD.findall(label) for word in _HUMP.split(part)]


def named(label: str, names: Names) -> tuple[str | None, str | None]:
    """Structure and side that one label tells; None for what it does not.

    Parameters
    ----------
    names : structure -> words for it; the structure's own name with spaces counts as one.

    Two sides in one label tell none.
    """
    words = words_of(label)
    sides = {SIDE_WORDS[word] for word in words if word in SIDE_WORDS}
    bare = "".join(word for word in words if word not in SIDE_WORDS)
    known = {_folded(word): structure for structure, others in names.items() for word in (structure, *others)}
    return known.get(bare), sides.pop() if len(sides) == 1 else None


def _folded(word: str) -> str:
    return "".join(words_of(word))


def name_shapes(annotation: Annotation, names: Names) -> tuple[list[NamedShape], list[str]]:
    """The shapes whose structure is known, and the labels of the others.

    The first of a shape's labels that names a structure counts; the side may come from any of them, the first
    one first.
    """
    found, unknown = [], []
    for shape in annotation.shapes:
        told = [named(label, names) for label in shape.labels]
        structure = next((structure for structure, _ in told if structure), None)
        side = next((side for _, side in told if side), None)
        if structure is None:
            unknown.append(shape.labels[0])
        else:
            found.append(NamedShape(structure, side, shape))
    return found, unknown


def with_sides(shapes: Iterable[NamedShape], without_label: str) -> list[NamedShape]:
    """The shapes with a side each; one without words for it is told by its place beside the other of its kind.

    Parameters
    ----------
    without_label : 'radiological' (the patient's right is on the left of the film, as films are hung),
        'mirrored' (as seen from behind) or 'refuse'.

    Raises
    ------
    InputError : a shape without a side where there are not two of its kind, or where `without_label` is 'refuse'; a
        structure twice on one side.
    """
    given = list(shapes)
    settled = []
    for entry in given:
        if entry.side is not None:
            settled.append(entry)
            continue
        kind = [other for other in given if other.structure == entry.structure]
        if without_label == "refuse" or len(kind) != len(SIDES) or any(other.side for other in kind):
            found = f"{len(kind)} of them, one without"
            expected = f"a side (left or right) in the label of '{entry.structure}'"
            raise InputError("annotation", expected, found, "Write it into the label: femoral_head_left.")
        middles = sorted(other.shape.points[:, 0].mean() for other in kind)
        on_the_left = entry.shape.points[:, 0].mean() == middles[0]
        side = RIGHT if on_the_left == (without_label == "radiological") else LEFT
        settled.append(NamedShape(entry.structure, side, entry.shape))
    keys = [(entry.structure, entry.side) for entry in settled]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        listed = ", ".join(
            f"{side} {structure} {keys.count((structure, side))} times" for structure, side in twice
        )
        raise InputError("annotation", "each structure once on each side", listed)
    return settled


def require_structures(
    shapes: Iterable[NamedShape], needed: Iterable[str], unknown: Iterable[str], names: Names
) -> None:
    """InputError where a needed structure is missing on a side; names what was drawn under labels that nobody knows."""
    there = {(entry.structure, entry.side) for entry in shapes}
    missing = [f"{side} {name}" for name in needed for side in SIDES if (name, side) not in there]
    if not missing:
        return
    others = list(dict.fromkeys(unknown))
    remedy = ""
    if others:
        bare = " ".join(word for word in words_of(others[0]) if word not in SIDE_WORDS)
        hint = nearest(bare, [word for name, words in names.items() for word in (name, *words)])
        remedy = f"Labels that were not recognised: {', '.join(others[:5])}.{hint}"
    raise InputError("annotation", "every structure on both sides", f"no {', '.join(missing)}", remedy)
