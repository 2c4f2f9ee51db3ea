"""One annotation file, or a folder of them, of any of the tools that are read: told by content, not by its ending."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from scripts.errors import InputError
from scripts.landmarks.coco import is_coco, read_coco
from scripts.landmarks.cvat import parse_cvat, read_cvat
from scripts.landmarks.labelme import is_labelme, read_labelme
from scripts.landmarks.qupath import features_of, read_qupath
from scripts.landmarks.shapes import Annotation
from scripts.landmarks.slicer import FCSV_HEAD, is_markups, read_fcsv, read_markups

TOOLS = "LabelMe JSON, COCO JSON, CVAT XML, 3D Slicer .mrk.json or .fcsv, QuPath GeoJSON"
ENDINGS = (".json", ".geojson", ".xml", ".fcsv")
MOST_BYTES = 1 << 28  # a text of 256 MB is no annotation of films


def read_annotation(path: str | Path, picture: str) -> Annotation:
    """Everything drawn on one picture.

    Parameters
    ----------
    path : a file of one of `TOOLS`; or a folder of such files that all belong to the picture, as 3D Slicer
        writes a file a structure. A file of COCO or CVAT may hold many pictures.
    picture : file name of the film, by which its entry is found; the ending does not count.

    Raises
    ------
    InputError : missing, empty, no text, of another kind; everything that the readers refuse; a folder without
        such a file, or whose files tell different sizes of the picture; nothing drawn.
    """
    path = Path(path)
    parts = [_read_file(file, picture) for file in _files(path)]
    shapes = tuple(shape for part in parts for shape in part.shapes)
    if not shapes:
        raise InputError(str(path), f"something drawn on '{picture}'", "no shape at all")
    sizes = sorted({(part.width, part.height) for part in parts if part.width and part.height})
    if len(sizes) > 1:
        listed = ", ".join(f"{width} x {height}" for width, height in sizes)
        raise InputError(str(path), "files drawn on one picture", f"pictures of {listed}")
    width, height = sizes[0] if sizes else (None, None)
    return Annotation(parts[0].tool, shapes, width, height)


def pictures_in(path: Path) -> list[str] | None:
    """Names of the pictures that a file of COCO or CVAT holds; None for a file of one picture.

    Raises
    ------
    InputError : empty, no text, damaged, or of another kind than `TOOLS`.
    """
    state = path.stat()
    content = _parsed(str(path), state.st_size, state.st_mtime_ns)
    if isinstance(content, Element):
        return [image.get("name") or "" for image in content.iter("image")]
    if is_coco(content):
        return [str(entry.get("file_name") or "") for entry in content["images"]]
    return None


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise InputError(str(path), "a file or folder", "nothing of that name")
    if not path.is_dir():
        yield path
        return
    files = [f for f in sorted(path.iterdir()) if f.suffix.lower() in ENDINGS and not f.name.startswith(".")]
    if not files:
        raise InputError(str(path), f"annotations ({TOOLS})", "a folder without such a file")
    yield from files


def _read_file(path: Path, picture: str) -> Annotation:
    where, stem = str(path), path.name.split(".")[0]
    if not path.is_file():
        raise InputError(where, "a readable file", "a pipe or device")
    state = path.stat()
    content = _parsed(where, state.st_size, state.st_mtime_ns)
    if isinstance(content, str):
        return read_fcsv(content, where, stem)
    if isinstance(content, Element):
        return read_cvat(content, where, picture)
    if is_labelme(content):
        return read_labelme(content, where, picture)
    if is_markups(content):
        return read_markups(content, where, stem)
    if is_coco(content):
        return read_coco(content, where, picture)
    if (features := features_of(content)) is not None:
        return read_qupath(features, where)
    keys = ", ".join(sorted(content)[:6]) if isinstance(content, dict) else "a list"
    raise InputError(where, TOOLS, f"JSON of another kind ({keys})")


@lru_cache(maxsize=1)
def _parsed(where: str, size: int, changed: int) -> Any:
    """Text of a .fcsv file, root of XML, or what JSON holds; kept for the next film, for a file may hold thousands."""
    text = _text(Path(where))
    if text.startswith(FCSV_HEAD):
        return text
    start = text.lstrip()[:1]
    if start == "<":
        return parse_cvat(text, where)
    if start not in ("{", "["):
        raise InputError(where, TOOLS, "a text of another kind")
    return _json(text, where)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(str(path), f"a text of at most {MOST_BYTES >> 20} MB", "a longer one")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(str(path), TOOLS, "what is no text (UTF-8)") from None
    except OSError as fault:
        raise InputError(str(path), "a readable file", fault.strerror or "an input error") from None
    if not text.strip():
        raise InputError(str(path), TOOLS, "an empty file")
    return text


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(where, "JSON", f"damaged JSON ({error})", "Export it again.") from None
