"""Text of a report: plain strings are literal; emphasis, indices, mathematics and references are explicit.

A `Text` is a string, a `Run`, or a sequence of these. A plain string is printed as it stands, whatever
characters it holds, so values from a user's table need no escaping. `rich` writes wording with little marks
and puts values into it:

>>> plain(rich("The *C*-index was {c:.2f} in cohort {name}.", c=0.741, name="A*_#1"))
'The C-index was 0.74 in cohort A*_#1.'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STYLES = ("emph", "strong", "superscript", "subscript", "code", "math", "reference", "link")

Text = "str | Run | Sequence[str | Run]"

_MARKS = {"*": "emph", "**": "strong", "^": "superscript", "~": "subscript"}
_TOKEN = re.compile(
    r"\\(?P<escaped>.)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?::(?P<spec>[^{}]*))?\}"
    r"|`(?P<code>[^`]+)`"
    r"|\$(?P<math>[^$]+)\$"
    r"|(?<![\w@])@(?P<reference>[A-Za-z][\w-]*)"
    r"|(?P<mark>\*\*|\*|\^|~)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Run:
    """A piece of text in one style.

    Parameters
    ----------
    style : one of `STYLES`.
    body : the text in that style; for `math` a formula in Typst's notation, for `reference` the key of a
        table, figure or equation.
    target : the address of a `link`.
    """

    style: str
    body: Any
    target: str = ""

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"expected a style of {STYLES}, found {self.style!r}")


def emph(body: Any) -> Run:
    """Italic: `emph("P")`."""
    return Run("emph", body)


def strong(body: Any) -> Run:
    """Bold: `strong("0.74")`."""
    return Run("strong", body)


def superscript(body: Any) -> Run:
    """Raised: `["10", superscript("-3")]`."""
    return Run("superscript", body)


def subscript(body: Any) -> Run:
    """Lowered: `["S", subscript("0")]`."""
    return Run("subscript", body)


def code(body: str) -> Run:
    """Fixed-width, literal: `code("original_shape_MeshVolume")`."""
    return Run("code", str(body))


def math(source: str) -> Run:
    """An inline formula in Typst's notation: `math("hat(beta)_j")`. For authored wording only, never for
    data.
    """
    return Run("math", str(source))


def reference(key: str) -> Run:
    """'Table 2', 'Figure 3' or 'Equation 1': the number of the block with that key, linked to it."""
    return Run("reference", str(key))


def link(target: str, body: Any = None) -> Run:
    """A link to an address, printed as `body` or as the address itself."""
    return Run("link", target if body is None else body, target)


def rich(template: str, **values: Any) -> list[str | Run]:
    r"""Wording with marks; values are put in literally and may themselves be `Run`s.

    `*emph*`, `**strong**`, `^super^`, `~sub~`, `` `code` ``, `$math$`, `@key` (reference), `{name}` or
    `{name:.2f}` (a value), `\*` (the character itself).

    Raises
    ------
    ValueError : a mark that is not closed, or a name without a value (a slip in the wording, not in the
        data).
    """
    stack: list[tuple[str, list[str | Run]]] = [("", [])]
    position = 0
    for token in _TOKEN.finditer(template):
        stack[-1][1].append(template[position : token.start()])
        position = token.end()
        kind = token.lastgroup if token.lastgroup != "spec" else "name"
        if kind == "mark":
            mark = token["mark"]
            if stack[-1][0] == mark:
                _, body = stack.pop()
                stack[-1][1].append(Run(_MARKS[mark], _merged(body)))
            else:
                stack.append((mark, []))
        elif kind == "name":
            if token["name"] not in values:
                raise ValueError(f"no value for {{{token['name']}}} in {template!r}")
            stack[-1][1].extend(_pieces(_formatted(values[token["name"]], token["spec"])))
        elif kind == "escaped":
            stack[-1][1].append(token["escaped"])
        else:
            stack[-1][1].append(Run(kind, token[kind]))
    stack[-1][1].append(template[position:])
    if len(stack) > 1:
        raise ValueError(f"the mark '{stack[-1][0]}' is not closed in {template!r}")
    return _merged(stack[0][1])


def plain(text: Any, numbers: Mapping[str, str] | None = None) -> str:
    """The characters of `text` without styles; a reference becomes its number where `numbers` has its key."""
    parts = []
    for piece in _pieces(text):
        if isinstance(piece, str):
            parts.append(piece)
        elif piece.style == "reference":
            parts.append((numbers or {}).get(piece.body, piece.body))
        else:
            parts.append(plain(piece.body, numbers))
    return "".join(parts)


def references(text: Any) -> list[str]:
    """Keys that `text` refers to, in order."""
    found = []
    for piece in _pieces(text):
        if isinstance(piece, Run):
            found.extend([piece.body] if piece.style == "reference" else references(piece.body))
    return found


def encode(text: Any, numbers: Mapping[str, str]) -> list[dict[str, Any]]:
    """`text` as the template reads it: a list of {style, body, target}; long words get places to break."""
    encoded = []
    for piece in _pieces(text):
        if isinstance(piece, str):
            if piece:
                encoded.append({"style": "text", "body": breakable(piece)})
        elif piece.style == "code":
            encoded.append({"style": "code", "body": breakable(piece.body)})
        elif piece.style == "math":
            encoded.append({"style": "math", "body": piece.body})
        elif piece.style == "reference":
            encoded.append({"style": "reference", "body": numbers[piece.body], "target": piece.body})
        else:
            body = encode(piece.body, numbers)
            encoded.append({"style": piece.style, "body": body, "target": piece.target})
    return encoded


def breakable(text: str, longest: int = 18) -> str:
    """Put a zero-width space into words over `longest` characters: after _ / . : = and between aB, or every
    16.
    """

    def split(match: re.Match[str]) -> str:
        word = re.sub(r"(?<=[_/.:=-])(?=[^\s_/.:=-])|(?<=[a-z])(?=[A-Z])", "\u200b", match[0])
        return "\u200b".join(
            part if len(part) <= 28 else "\u200b".join(part[i : i + 16] for i in range(0, len(part), 16))
            for part in word.split("\u200b")
        )

    return re.sub(rf"\S{{{longest + 1},}}", split, text)


def _pieces(text: Any) -> list[str | Run]:
    """`text` as a flat list of strings and runs."""
    if isinstance(text, (str, Run)):
        return [text]
    if isinstance(text, Iterable):
        return [piece for part in text for piece in _pieces(part)]
    raise TypeError(
        f"expected text (a string, a Run or a list of these), found {type(text).__name__}: {text!r}"
    )


def _formatted(value: Any, spec: str | None) -> Any:
    """A value for `rich`: text as it is, everything else through `format`."""
    if isinstance(value, (Run, list, tuple)):
        return value
    return format(value, spec or "")


def _merged(pieces: list[str | Run]) -> list[str | Run]:
    """Neighbouring strings joined, empty ones dropped."""
    merged: list[str | Run] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    return merged
