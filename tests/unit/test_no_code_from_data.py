"""No file that a run reads can bring code along: no pickle, no eval, no loader that would run what it loads."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "scripts").rglob("*.py"))
RULES = [ROOT / "Snakefile", *sorted((ROOT / "rules").rglob("*.smk"))]
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "jsonpickle"}
BUILT_IN = {"eval", "exec", "compile", "__import__"}
METHODS = {
    "read_pickle",
    "to_pickle",
    "unsafe_load",
    "full_load",
    "unsafe_load_all",
    "full_load_all",
    "import_module",
}
SAFE_LOADERS = {"SafeLoader", "CSafeLoader", "BaseLoader"}


def _name(node: ast.AST) -> str:
    """'yaml.SafeLoader' of a name or attribute; '' of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{_name(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _true(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def dangers(source: str) -> Iterator[str]:
    """'line: what' for everything in a module that could run code out of a file."""
    tree = ast.parse(source)
    loaders = set(SAFE_LOADERS)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            _name(b).split(".")[-1] in SAFE_LOADERS for b in node.bases
        ):
            loaders.add(node.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            for name in [*named, *(alias.name for alias in node.names)]:
                if name.split(".")[0] in MODULES | METHODS:
                    yield f"{node.lineno}: import {name}"
        if not isinstance(node, ast.Call):
            continue
        name, options = _name(node.func), {k.arg: k.value for k in node.keywords}
        last = name.split(".")[-1]
        if name in BUILT_IN or last in METHODS or name.split(".")[0] in MODULES:
            yield f"{node.lineno}: {name}"
        if last in ("eval", "query") and isinstance(node.func, ast.Attribute) and (node.args or options):
            yield f"{node.lineno}: {name} of a text"
        if "allow_pickle" in options and not (
            isinstance(options["allow_pickle"], ast.Constant) and options["allow_pickle"].value is False
        ):
            yield f"{node.lineno}: {name} with allow_pickle"
        if name in ("torch.load", "load_from_checkpoint") and not _true(options.get("weights_only")):
            yield f"{node.lineno}: {name} without weights_only=True"
        if name in ("yaml.load", "yaml.load_all"):
            loader = options.get("Loader") or (node.args[1] if len(node.args) > 1 else None)
            if loader is None or _name(loader).split(".")[-1] not in loaders:
                yield f"{node.lineno}: {name} without a safe loader"
        if _true(options.get("shell")) or name in ("os.system", "os.popen"):
            yield f"{node.lineno}: {name} through a shell"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_runs_nothing_that_it_reads(path):
    assert list(dangers(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_run_nothing_that_they_read(path):
    """Rules are no plain Python, so their words are looked at instead."""
    words = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        if token.type == tokenize.NAME
    ]
    assert not (MODULES | BUILT_IN | METHODS | {"shell", "run", "allow_pickle"}) & set(words)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from importlib import import_module",
        "import a.b, pickle as p",
        "eval('1')",
        "exec(text)",
        "table.eval('a + b')",
        "table.query(rule)",
        "pd.read_pickle(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.FullLoader)",
        "yaml.unsafe_load(text)",
        "subprocess.run(text, shell=True)",
        "class Own(yaml.Loader): pass\nyaml.load(text, Own)",
    ],
)
def test_a_danger_is_seen(source):
    assert list(dangers(source))


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()",
        "torch.load(path, weights_only=True)",
        "np.load(path, allow_pickle=False)",
        "yaml.safe_load(text)",
        "class Own(yaml.SafeLoader): pass\nyaml.load(text, Own)",
        "re.compile(pattern)",
    ],
)
def test_what_is_safe_is_let_be(source):
    assert list(dangers(source)) == []
