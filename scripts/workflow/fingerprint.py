"""Fingerprint of a step's code: the definitions that its script reaches, and no others.

A module is a list of statements (`module_source`). A function, a class, a constant made without a call and an
imported name are definitions: each counts if something that counts names it. Any other statement runs on import: it
counts wherever its module is imported. From the script's own statements the names are followed, through imports and
re-exports, until nothing new is found. In doubt more counts, never less:

- a module used otherwise than as `module.name`, a name that it does not seem to have, `from module import *`, a look
  into `globals()`, and a text such as "scripts.stage.module" bring the whole module;
- a module named only at run time, as in `importlib.import_module(name)`, brings all modules;
- a decorator or a base class that is not known to be harmless may note elsewhere what it is given: its definition
  runs on import. So does each statement that binds a name which another binds too.

What counts is hashed as a syntax tree without positions and docstrings: comments, formatting, file times and what
stands below `if TYPE_CHECKING` change nothing, annotations do. Not followed: libraries, and data files, which a rule
must declare as inputs. A name that a function shadows counts as the module's.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scripts.tables import write_json
from scripts.workflow.module_source import GUARD, ON_IMPORT, PACKAGE, WHOLE, ModuleSource, Statement, Target

ROOT = Path(__file__).resolve().parents[2]
OWN_NAMES = frozenset(("globals", "locals", "vars", "dir"))
ANY_MODULE = re.compile(
    r"(__import__|eval|exec)$|importlib$|importlib\.(?!metadata|resources)|runpy\b|pkgutil\b|sys\.modules|sys$"
)
A_MODULE = re.compile(rf"\b{PACKAGE}(?:[./]\w+)+")


class _Project:
    """The modules below a root, read when they are reached, and what each thing in them leads to."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.paths: dict[str, Path | None] = {}
        for path in sorted(
            self.root.joinpath(PACKAGE).rglob("*.py"), key=lambda path: path.stem == "__init__"
        ):
            name = self.name_of(path)
            self.paths[name] = path
            while name := name.rpartition(".")[0]:
                self.paths.setdefault(name, None)
        self.source = cache(lambda name: ModuleSource(name, self.paths[name]))
        self.leads_to = cache(self._leads_to)
        self.file = cache(lambda name: self.paths[name].relative_to(self.root).as_posix())
        self.digest = cache(lambda module, name: _digest(self.source(module).text(name)))

    def name_of(self, path: Path) -> str:
        """Dotted name of a module."""
        names = path.relative_to(self.root).with_suffix("").parts
        return ".".join(names[:-1] if names[-1] == "__init__" else names)

    def reached(self, script: str | Path) -> set[Target]:
        """Everything that a script leads to."""
        name = self.name_of(self.root.joinpath(script).resolve())
        todo, seen = [(name, ON_IMPORT), (name, GUARD)], set()
        while todo:
            target = todo.pop()
            if target not in seen and target[0] in self.paths:
                seen.add(target)
                todo += self.leads_to(*target)
        return seen

    def _leads_to(self, module: str, name: str) -> list[Target]:
        source = self.source(module)
        head, _, rest = name.partition(".")
        statements = [] if rest else source.definitions.get(head, [])
        found, importing = [(module, ON_IMPORT)], statements
        if name == ON_IMPORT:
            found, importing = [(module.rpartition(".")[0], ON_IMPORT)], [*statements, *source.imports]
        elif name == WHOLE:
            found += [(module, inside) for inside in (*source.definitions, *source.imported)]
            found += [(below, WHOLE) for below in self.paths if below.startswith(f"{module}.")]
        elif name != GUARD:
            known = head in source.definitions
            if rest and known:
                found.append((module, head))
            for other, own in source.imported.get(head, ()):
                found.append((other, ".".join(filter(None, (own, rest))) or WHOLE))
            if f"{module}.{head}" in self.paths:
                found.append((f"{module}.{head}", rest or WHOLE))
            elsewhere = head in source.bound and "__getattr__" not in source.definitions
            if not known and not elsewhere and len(found) == 1:
                found.append((module, WHOLE))
        for statement in importing:
            found += [target for _, _, runs in source.sources(statement) for target in runs]
        for statement in statements:
            found += self._named_in(statement, module, source)
        beside = [(f"{source.package}.{other}", own) for other, own in found if not other.startswith(PACKAGE)]
        return found + beside  # the folder of a script is on the path of its imports

    def _named_in(self, statement: Statement, module: str, source: ModuleSource) -> Iterator[Target]:
        for use in statement.uses:
            head = use.partition(".")[0]
            if head in source.imported:
                yield module, use
            elif head in source.definitions:
                yield module, head
            if use in OWN_NAMES:
                yield module, WHOLE
            if ANY_MODULE.match(source.full_name(use)):
                yield PACKAGE, WHOLE
        for named in A_MODULE.findall(" ".join(statement.strings)):
            named = named.replace("/", ".").removesuffix(".py")
            while named not in self.paths:
                named = named.rpartition(".")[0]
            if named != PACKAGE:
                yield named, WHOLE


_project = cache(_Project)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def closure(script: str | Path, root: Path = ROOT) -> list[Path]:
    """The script and every project file that runs when it runs, sorted."""
    project = _project(root)
    files = {project.paths[module] for module, _ in project.reached(script)}
    return sorted(path for path in files if path)


@cache
def code_parts(script: str | Path, root: Path = ROOT) -> dict[str, str]:
    """What counts for a step, and the hash of each.

    Keys are `scripts/stage/module.py:name` for a function, class, constant or imported name,
    `scripts/stage/module.py` for what runs on the module's import, and `...py:__main__` for the call at the end of the
    script.
    """
    project = _project(root)
    parts = {}
    for module, name in project.reached(script):
        name = name.partition(".")[0]
        if digest := project.digest(module, name):
            file = project.file(module)
            parts[f"{file}:{name}" if name else file] = digest
    return parts


@cache
def code_fingerprint(script: str | Path, root: Path = ROOT) -> str:
    """Sixteen hexadecimal digits that change when the meaning of the step's code changes."""
    parts = sorted(f"{name}={digest}" for name, digest in code_parts(script, root).items())
    return _digest("\n".join(parts))


@cache
def store_code_parts(script: str | Path, folder: str | Path = "cache/code", root: Path = ROOT) -> None:
    """Keep the parts of a step's code in `folder`/<fingerprint>.json: a later run can then name the one that changed.

    A folder that cannot be written is no reason to stop a run.
    """
    path = Path(folder) / f"{code_fingerprint(script, root)}.json"
    with contextlib.suppress(OSError):
        if not path.exists():
            write_json(code_parts(script, root), path)
