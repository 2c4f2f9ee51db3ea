"""The words on each page of a PDF that Typst wrote, with no PDF library: enough to look for a sentence."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\)|(T\*|\bET\b)", re.DOTALL)
OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)


def pdf_pages(path: str | Path) -> list[str]:
    """Text of each page in reading order of the file, words as they were set (a line break ends no word)."""
    objects = {int(m[1]): m[2] for m in OBJECT.finditer(Path(path).read_bytes())}
    kids = next(body for body in objects.values() if b"/Type/Pages" in body)
    order = [int(n) for n in re.findall(rb"(\d+) 0 R", re.search(rb"/Kids\s*\[(.*?)\]", kids, re.DOTALL)[1])]
    return [_page_text(objects, objects[number]) for number in order]


def _page_text(objects: dict[int, bytes], page: bytes) -> str:
    fonts = {
        name.decode(): _characters(objects, int(number))
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", _resources(objects, page))
    }
    content = _stream(objects[int(re.search(rb"/Contents\s*\[?\s*(\d+) 0 R", page)[1])])
    text, characters = [], {}
    for font, string, end in SHOWN.findall(content):
        if font:
            characters = fonts[font.decode()]
        elif end:
            text.append("\n")
        else:
            codes = re.sub(
                rb"\\(\d{1,3}|.)",
                lambda m: bytes([int(m[1], 8)]) if m[1].isdigit() else ESCAPES.get(m[1], m[1]),
                string,
                flags=re.DOTALL,
            )
            text += [characters.get(codes[i : i + 2], "") for i in range(0, len(codes), 2)]
    return "".join(text)


def _resources(objects: dict[int, bytes], page: bytes) -> bytes:
    elsewhere = re.search(rb"/Resources (\d+) 0 R", page)
    found = objects[int(elsewhere[1])] if elsewhere else page
    fonts = re.search(rb"/Font (\d+) 0 R", found)
    return objects[int(fonts[1])] if fonts else found


def _characters(objects: dict[int, bytes], font: int) -> dict[bytes, str]:
    """Glyph code (two bytes) -> text, from the font's ToUnicode map."""
    cmap = _stream(objects[int(re.search(rb"/ToUnicode (\d+) 0 R", objects[font])[1])])
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\n", cmap)
    return {
        bytes.fromhex(code.decode()): bytes.fromhex(value.decode()).decode("utf-16-be")
        for code, value in pairs
        if len(value) % 4 == 0
    }


def _stream(body: bytes) -> bytes:
    raw = body[re.search(rb"stream\r?\n", body).end() :]
    return zlib.decompressobj().decompress(raw) if b"FlateDecode" in body[:300] else raw
