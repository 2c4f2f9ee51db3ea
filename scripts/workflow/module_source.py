"""One Python module as what stands in it: definitions, what runs on import, and where its imported names come from.

A function, a class, or a constant made without a call of unknown effect is a definition, under its name. Every other
statement, and each that binds a name that another binds too, runs on import. Nothing is imported or executed here.
"""

from __future__ import annotations

import ast
import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "scripts"
# What runs on a module's import, what runs only where the module is the script, and everything in it.
ON_IMPORT, GUARD, WHOLE = "", "__main__", "*"
GUARDS = ("In('snakemake',globals())", "Compare(left=__name__,ops=[Eq()],comparators=['__main__'])")
# Calls that make a value and do nothing else.
HARMLESS = {
    "classmethod", "dict", "float", "frozenset", "int", "list", "property", "range", "set", "staticmethod", "str",
    "tuple", "abc.abstractmethod", "collections.namedtuple", "contextlib.contextmanager", "dataclasses.dataclass",
    "dataclasses.field", "functools.cache", "functools.cached_property", "functools.lru_cache", "functools.partial",
    "functools.total_ordering", "functools.wraps", "pathlib.Path", "re.compile", "types.MappingProxyType",
    "typing.TypeVar", "typing.overload",
}  # fmt: skip
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
IGNORED = {"ctx", "type_comment"}
IMPORTS = (ast.Import, ast.ImportFrom)
Target = tuple[str, str]  # a module, and in it a dotted name, ON_IMPORT, GUARD or WHOLE


class Statement:
    """Text of a syntax tree without positions and docstrings, the same on every Python from 3.9 on, and what it names.

    Attributes
    ----------
    uses : dotted names: a.b.c for `a.b.c(1).d`.
    strings : texts that may name a project module.
    imports : import statements at any depth.
    """

    def __init__(self, node: ast.AST) -> None:
        self.uses: set[str] = set()
        self.strings: list[str] = []
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.text = self._of(node)

    def _of(self, node: Any) -> str:
        kind = type(node)
        if kind is list:
            return f"[{','.join([self._of(item) for item in node])}]"
        if kind is ast.Name or kind is ast.Attribute:
            name, base = _dotted(node)
            if base is not None:
                return f"({self._of(base)}).{name}"
            self.uses.add(name)
            return name
        if kind is ast.Constant:
            if type(node.value) is str and PACKAGE in node.value:
                self.strings.append(node.value)
            return repr(node.value)
        if not isinstance(node, ast.AST):
            return repr(node)
        if kind is ast.Subscript or kind is ast.Compare:  # globals()["name"] and "name" in globals()
            parts = [node.value, node.slice] if kind is ast.Subscript else [*node.comparators, node.left]
            if len(parts) == 2 and _is_globals(parts[0]) and _is_string(parts[1]):
                self.uses.add(parts[1].value)
                how = kind if kind is ast.Subscript else type(node.ops[0])
                return f"{how.__name__}({parts[1].value!r},globals())"
        if kind in IMPORTS:
            self.imports.append(node)
        fields = []
        for name in kind._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or name in IGNORED:
                continue
            if name == "body" and kind in DEFINITIONS and _is_docstring(value[0]):
                value = value[1:]
            fields.append(f"{name}={self._of(value)}")
        return f"{kind.__name__}({','.join(fields)})"


def _dotted(node: ast.AST) -> tuple[str, ast.AST | None]:
    """`a.b.c` of names and attributes, or the attributes alone and what they are taken of."""
    path = []
    while type(node) is ast.Attribute:
        path.append(node.attr)
        node = node.value
    if type(node) is ast.Name:
        return ".".join([node.id, *reversed(path)]) if path else node.id, None
    return ".".join(reversed(path)), node


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and _is_string(node.value)


def _is_globals(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _dotted(node.func) == ("globals", None)


def _changes_a_value(node: ast.AST) -> bool:
    return isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load)


def _bound_by(node: ast.AST) -> list[str]:
    """Names that a statement of a module binds; of a compound statement, those inside it too."""
    if isinstance(node, DEFINITIONS):
        return [node.name]
    if isinstance(node, IMPORTS):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    parts = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    inner = [n for part in parts for n in ast.walk(part)]
    names = [n.id for n in inner if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    return names + [name for n in inner if isinstance(n, (*DEFINITIONS, *IMPORTS)) for name in _bound_by(n)]


class ModuleSource:
    """What stands in a module.

    Attributes
    ----------
    definitions : name -> its statements; under ON_IMPORT what runs on import, under GUARD the call of a script's end.
    bound : every name that the module binds. imported : name -> where its imports, at any depth, take it from.
    imports : the import statements of the module itself.
    """

    def __init__(self, name: str, path: Path | None) -> None:
        """Read `path`; None for a folder without `__init__.py`. Raises SyntaxError."""
        self.package = name if path is None or path.stem == "__init__" else name.rpartition(".")[0]
        self.imported: dict[str, set[Target]] = {}
        self.bound: set[str] = set()
        self.definitions: dict[str, list[Statement]] = {}
        self.imports: list[Statement] = []
        if path is not None:
            collecting = gc.isenabled()
            gc.disable()  # trees have no cycles, and looking for some takes as long as reading the file
            try:
                self._sort(ast.parse(path.read_bytes(), filename=str(path)).body)
            finally:
                if collecting:
                    gc.enable()

    def _sort(self, body: list[ast.stmt]) -> None:
        found = [(node, statement, _bound_by(node)) for node, statement in self._running(body)]
        times = Counter(name for _, _, names in found for name in names)
        used = {name.partition(".")[0] for _, statement, _ in found for name in statement.uses}
        self.bound.update(times)
        for node, statement, names in found:
            once = all(times[name] == 1 for name in names)
            places = [ON_IMPORT]
            if isinstance(node, IMPORTS):
                self.imports.append(statement)
                ours = all(module.startswith(PACKAGE) for _, (module, _), _ in self.sources(statement))
                # What nothing uses is imported for its effect; of this project that counts on its own.
                if once and (ours or used.issuperset(names)):
                    places = []
            elif isinstance(node, ast.If):
                if not node.orelse and "snakemake" not in times and Statement(node.test).text in GUARDS:
                    places = [GUARD]
            elif names and once and self._only_binds(node):
                places = names
            for place in places:
                self.definitions.setdefault(place, []).append(statement)

    def _running(self, body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, Statement]]:
        """The statements but docstrings and those below `if TYPE_CHECKING`, which never run; their imports noted."""
        for node in body:
            if isinstance(node, ast.If) and self.full_name(_dotted(node.test)[0]) == "typing.TYPE_CHECKING":
                yield from self._running(node.orelse)
            elif not _is_docstring(node):
                statement = Statement(node)
                for name, source, _ in self.sources(statement):
                    self.imported.setdefault(name, set()).add(source)
                yield node, statement

    def sources(self, statement: Statement) -> Iterator[tuple[str, Target, list[Target]]]:
        """Of each import in a statement: the name that it binds, where that comes from, and what the import runs."""
        for node in statement.imports:
            for alias in node.names:
                if isinstance(node, ast.Import):
                    short = alias.asname or alias.name.partition(".")[0]
                    yield short, (alias.name if alias.asname else short, ""), [(alias.name, ON_IMPORT)]
                    continue
                above = self.package.rsplit(".", node.level - 1)[0] if node.level else ""
                module = ".".join(filter(None, (above, node.module)))
                runs = (module, WHOLE) if alias.name == "*" else (f"{module}.{alias.name}", ON_IMPORT)
                yield alias.asname or alias.name, (module, alias.name), [(module, ON_IMPORT), runs]

    def full_name(self, name: str) -> str:
        """`name` with its import spelt out, a builtin as it is, or "" for the module's own and the ambiguous."""
        head, _, rest = name.partition(".")
        found = self.imported.get(head, set())
        if len(found) == 1:
            return ".".join(filter(None, (*next(iter(found)), rest)))
        return "" if found or head in self.bound else name

    def _only_binds(self, node: ast.AST) -> bool:
        """Whether a statement, when it runs, does no more than bind names: it makes no call, or a harmless one."""
        if isinstance(node, (ast.Constant, ast.Name)):
            return True
        called = [*getattr(node, "decorator_list", ()), *([node] if isinstance(node, ast.Call) else ())]
        for call in called:
            name, base = _dotted(call.func if isinstance(call, ast.Call) else call)
            if base is not None or self.full_name(name) not in HARMLESS:
                return False
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):  # its body does not run now
            return all(map(self._only_binds, [node.args, *called]))
        if isinstance(node, ast.ClassDef):
            bases = [self.full_name(_dotted(getattr(base, "value", base))[0]) for base in node.bases]
            if node.keywords or not all(base and not base.startswith(f"{PACKAGE}.") for base in bases):
                return False  # a metaclass or __init_subclass__ may note the class
        elif isinstance(node, ast.stmt):
            if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass)):
                return False
        elif isinstance(node, ast.NamedExpr) or _changes_a_value(node):
            return False
        return all(map(self._only_binds, ast.iter_child_nodes(node)))

    def text(self, name: str) -> str:
        """The text of what stands under `name`, or where it is imported from; "" for neither."""
        texts = [statement.text for statement in self.definitions.get(name, ())]
        return "\n".join(texts + [f"{source}" for source in sorted(self.imported.get(name, ()))])
