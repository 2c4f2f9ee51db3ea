"""Fingerprint of a step's code: its script and every project module that it imports, transitively.

Only the meaning counts: the hash is over the syntax tree without positions and docstrings, so that comments, formatting
and file times change nothing. A module that is imported inside a function counts too. Not followed: modules
named at run time (importlib) and data files, which a rule must declare as inputs.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "scripts"


def _dump(node: object) -> str:
    """The tree as text, the same on every Python from 3.9 on: empty fields and type comments are left out."""
    if isinstance(node, ast.AST):
        fields = (
            (name, value)
            for name, value in ast.iter_fields(node)
            if value not in (None, []) and name not in ("ctx", "kind", "type_comment", "type_params")
        )
        return f"{type(node).__name__}({','.join(f'{name}={_dump(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_dump, node))}]"
    return repr(node)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree


def _imports(tree: ast.Module) -> set[str]:
    """Dotted names of project modules that the tree imports, and of the packages around them, which run first."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    names = {name for name in names if name.split(".")[0] == PACKAGE}
    return {name.rsplit(".", depth)[0] for name in names for depth in range(name.count(".") + 1)}


def _file_of(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


@cache
def _read(path: Path, root: Path) -> tuple[str, frozenset[Path]]:
    tree = ast.parse(path.read_bytes(), filename=str(path))
    imported = frozenset(file for name in _imports(tree) if (file := _file_of(name, root)) is not None)
    return hashlib.sha256(_dump(_without_docstrings(tree)).encode()).hexdigest(), imported


def closure(script: str | Path, root: Path = ROOT) -> list[Path]:
    """The script and every project file that it imports, directly or not, sorted."""
    todo, seen = [(root / script).resolve()], set()
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo.extend(_read(path, root)[1])
    return sorted(seen)


@cache
def code_fingerprint(script: str | Path, root: Path = ROOT) -> str:
    """Sixteen hexadecimal digits that change when the meaning of the step's code changes."""
    parts = (f"{path.relative_to(root)}={_read(path, root)[0]}" for path in closure(script, root))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
