"""What a step's fingerprint sees, on small made-up projects, and on this one."""

import ast
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.workflow import fingerprint
from scripts.workflow.config import ROOT
from scripts.workflow.fingerprint import closure, code_fingerprint, code_parts, store_code_parts
from scripts.workflow.module_source import ModuleSource

STEP = '''"""A step."""
from scripts.stage.shared import double


def main(job):
    return double(job)


if "snakemake" in globals():
    from scripts.run import run
    run(globals()["snakemake"], main)
'''
SHARED = '''"""Shared."""
from scripts.deep import SCALE


def double(value):
    """Twice."""
    return SCALE * value


def halve(value):
    return value / 2
'''
PROJECT = {
    "__init__.py": "",
    "stage/__init__.py": "",
    "run.py": "def run(snakemake, main):\n    main(snakemake)\n",
    "step.py": STEP,
    "stage/shared.py": SHARED,
    "deep.py": "SCALE = 2\nOTHER = 3\n",
    "bystander.py": "X = 1\n",
}


def step(imports, body="", inside=""):
    """A step whose main does `body`."""
    lines = [
        imports,
        "def main(job):",
        *[f"    {line}" for line in inside.splitlines()],
        f"    return {body or 'job'}",
    ]
    return "\n".join([*lines, 'if "snakemake" in globals():', '    globals()["snakemake"].run(main)', ""])


@pytest.fixture
def project(tmp_path):
    """project(files): a new small project of these files; the paths below its `scripts`, and `parts()` of its step."""
    count = iter(range(1000))

    def make(files, script="step.py"):
        root = tmp_path / str(next(count))
        for name, text in files.items():
            path = root / "scripts" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return {"script": f"scripts/{script}", "root": root}

    return make


def changes(project, files, name, old, new):
    """Whether the step's fingerprint changes when `old` becomes `new` in a file."""
    files = {"__init__.py": "", **files}
    assert files[name].count(old) == 1, f"{old!r} is not in {name} once"
    before, after = project(files), project({**files, name: files[name].replace(old, new)})
    return code_fingerprint(**before) != code_fingerprint(**after)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("step.py", "double(job)\n", "double(job) + 1\n"),
        ("step.py", '["snakemake"], main', '["snakemake"], double'),
        ("run.py", "main(snakemake)", "main(snakemake, 1)"),
        ("stage/shared.py", "SCALE * value", "value * SCALE"),
        ("stage/shared.py", "double(value)", "double(value: int)"),
        ("stage/shared.py", "import SCALE", "import OTHER as SCALE"),
        ("deep.py", "SCALE = 2", "SCALE = 3"),
        ("deep.py", "SCALE = 2", "SCALE = 2.0"),
        ("deep.py", "SCALE = 2", "SCALE = 2\nSCALE += 1"),
        ("deep.py", "SCALE = 2", "SCALE = 2\nprint(OTHER)"),
    ],
)
def test_a_change_of_meaning_that_the_step_reaches_changes_it(project, name, old, new):
    assert changes(project, PROJECT, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("step.py", '"""A step."""', '"""Another docstring."""  # and a comment'),
        ("stage/shared.py", '"""Twice."""', '"""Two times."""'),
        ("stage/shared.py", '    """Twice."""\n', ""),
        ("stage/shared.py", "SCALE * value", "(SCALE\n            * value)"),
        ("stage/shared.py", "value / 2", "value / 3"),
        ("stage/shared.py", "def halve", "def third(value):\n    return value / 3\n\n\ndef halve"),
        ("deep.py", "SCALE = 2", "SCALE = (2)  # two"),
        ("deep.py", "OTHER = 3", "OTHER = 4"),
        ("deep.py", "SCALE = 2\nOTHER = 3\n", "OTHER = 3\nSCALE = 2\n"),
        ("bystander.py", "X = 1", "X = print(2)"),
    ],
)
def test_comments_docstrings_formatting_and_what_is_not_reached_change_nothing(project, name, old, new):
    assert not changes(project, PROJECT, name, old, new)


def test_an_import_for_its_effect_counts_and_a_new_module_does_not(project):
    before = code_fingerprint(**project(PROJECT))
    assert code_fingerprint(**project({**PROJECT, "stage/__init__.py": "import readline\n"})) != before
    assert (
        code_fingerprint(
            **project({**PROJECT, "deep.py": PROJECT["deep.py"] + "import json\nF = json.loads\n"})
        )
        == before
    )
    assert code_fingerprint(**project({**PROJECT, "new.py": "print()\n"})) == before


AB = {"a/__init__.py": "", "a/b.py": "def f():\n    return 1\n\n\ndef g():\n    return 2\n"}
F, G = ("a/b.py", "return 1", "return 11"), ("a/b.py", "return 2", "return 22")
CASES = {
    # name: (files, changes that must be seen, changes that must not)
    "from import as": ({**AB, "step.py": step("from scripts.a.b import f as h", "h()")}, [F], [G]),
    "module of a package": ({**AB, "step.py": step("from scripts.a import b", "b.f()")}, [F], [G]),
    "import as": ({**AB, "step.py": step("import scripts.a.b as m", "m.f()")}, [F], [G]),
    "import dotted": ({**AB, "step.py": step("import scripts.a.b", "scripts.a.b.f()")}, [F], [G]),
    "import another, reach through the package": (
        {**AB, "a/c.py": "", "step.py": step("import scripts.a.b\nimport scripts.a.c", "scripts.a.b.f()")},
        [F],
        [G],
    ),
    "module handed on": ({**AB, "step.py": step("from scripts.a import b", "print(b)")}, [F, G], []),
    "getattr of a module": ({**AB, "step.py": step("from scripts.a import b", "getattr(b, 'f')()")}, [F, G], []),
    "module aliased": ({**AB, "step.py": step("from scripts.a import b\nc = b", "c.f()")}, [F, G], []),
    "package handed on": ({**AB, "step.py": step("import scripts.a.b\nimport scripts", "vars(scripts)")}, [F, G], []),
    "star": ({**AB, "step.py": step("from scripts.a.b import *", "f()")}, [F, G], []),
    "unknown name": ({**AB, "step.py": step("import scripts.a.b as m", "m.made_elsewhere()")}, [F, G], []),
    "imported and not used": ({**AB, "step.py": step("from scripts.a.b import f")}, [], [F, G]),
    "inside a function": ({**AB, "step.py": step("", "f()", "from scripts.a.b import f")}, [F], [G]),
    "inside a function, module": ({**AB, "step.py": step("", "b.f()", "from scripts.a import b")}, [F], [G]),
    "inside a function, dotted": (
        {**AB, "step.py": step("", "scripts.a.b.f()", "import scripts.a.b")}, [F], [G],
    ),
    "inside a function, for its effect": (
        {**AB, "a/c.py": "print(3)\n", "step.py": step("", "job", "import scripts.a.c")},
        [("a/c.py", "print(3)", "print(4)")],
        [F, G],
    ),
    "inside a function that nobody calls": (
        {**AB, "a/b.py": AB["a/b.py"] + "print(3)\n",
         "step.py": step("def idle():\n    from scripts.a.b import f\n    return f()")},
        [],
        [F, G, ("a/b.py", "print(3)", "print(4)")],
    ),
    "relative": (
        {**AB, "a/c.py": "from . import b\nfrom .b import g\n\n\ndef h():\n    return b.f()\n",
         "step.py": step("from scripts.a.c import h", "h()")},
        [F],
        [G],
    ),
    "relative, two up": (
        {**AB, "a/d/__init__.py": "", "a/d/c.py": "from ..b import f\n\n\ndef h():\n    return f()\n",
         "step.py": step("from scripts.a.d.c import h", "h()")},
        [F],
        [G],
    ),
    "beside the script": (
        {"helper.py": "def f():\n    return 1\n\n\ndef g():\n    return 2\n",
         "step.py": step("import helper", "helper.f()")},
        [("helper.py", "return 1", "return 11")],
        [("helper.py", "return 2", "return 22")],
    ),
    "type checking": (
        {**AB, "a/t.py": "class T:\n    x = print(1)\n",
         "step.py": step("from typing import TYPE_CHECKING\nfrom scripts.a.b import f\n"
                         "if TYPE_CHECKING:\n    from scripts.a.t import T\n", "f()")},
        [F],
        [G, ("a/t.py", "print(1)", "print(2)"), ("step.py", "t import T\n", "t import T as U\n")],
    ),
    "type checking, else": (
        {**AB, "step.py": step("from typing import TYPE_CHECKING as CHECKED\n"
                               "if CHECKED:\n    from scripts.a.b import g as h\nelse:\n"
                               "    from scripts.a.b import f as h\n", "h()")},
        [F],
        [G],
    ),
    "a name TYPE_CHECKING of one's own": (
        {**AB, "step.py": step("TYPE_CHECKING = 1\nif TYPE_CHECKING:\n    from scripts.a.b import f\n", "f()")},
        [F],
        [G],
    ),
    "try": (
        {**AB, "step.py": step("try:\n    from scripts.a.b import f\nexcept ImportError:\n    f = None\n", "f()")},
        [F, ("step.py", "f = None", "f = 0")],
        [G],
    ),
    "re-export": (
        {**AB, "a/__init__.py": "from scripts.a.b import f, g\n", "step.py": step("from scripts.a import f", "f()")},
        [F],
        [G],
    ),
    "re-export through two, renamed": (
        {**AB, "c.py": "from scripts.a.b import f as k, g\n", "d.py": "from scripts import c\nh = c.k\n",
         "step.py": step("import scripts.d as d", "d.h()")},
        [F],
        [G],
    ),
    "re-export by star": (
        {**AB, "c.py": "from scripts.a.b import *\n", "step.py": step("from scripts.c import f", "f()")},
        [F],
        [],
    ),
    "imports that go in a circle": (
        {"a.py": "from scripts.b import f\nfrom scripts.b import x\ndef g():\n    return 1\n",
         "b.py": "from scripts.a import g\nfrom scripts.a import x\ndef f():\n    return g()\n",
         "step.py": step("from scripts.a import f", "f()")},
        [("a.py", "return 1", "return 11")],
        [],
    ),
    "two imports swapped": (
        {**AB, "step.py": step("from scripts.a.b import f as x, g as y", "x() - y()")},
        [("step.py", "f as x, g as y", "f as y, g as x")],
        [],
    ),
    "two imports swapped where they are passed on": (
        {**AB, "c.py": "from scripts.a.b import f as x, g as y\ndef own():\n    return x, y\n",
         "step.py": step("from scripts.c import x, y", "x() - y()")},
        [("c.py", "f as x, g as y", "f as y, g as x")],
        [("c.py", "return x, y", "return y, x")],
    ),
    "another library under the same name": (
        {"step.py": step("from math import cos as turn", "turn(job)")},
        [("step.py", "math import cos", "math import sin")],
        [],
    ),
    "decorator": (
        {"a.py": "def twice(f):\n    return lambda: 2 * f()\ndef thrice(f):\n    return 3\n",
         "step.py": step("from scripts.a import twice, thrice\n@twice\ndef f():\n    return 1", "f()")},
        [("a.py", "2 * f()", "4 * f()"), ("step.py", "@twice", "@thrice"), ("step.py", "return 1", "return 11")],
        [("a.py", "return 3", "return 33")],
    ),
    "a decorator that keeps a list": (
        {"a.py": "ALL = []\ndef note(f):\n    ALL.append(f)\n    return f\n",
         "b.py": "from scripts.a import note\n@note\ndef f():\n    return 1\ndef g():\n    return 2\n",
         "step.py": step("import scripts.b\nfrom scripts.a import ALL", "[f() for f in ALL]")},
        [("b.py", "return 1", "return 11"), ("a.py", "ALL.append(f)", "ALL.insert(0, f)")],
        [("b.py", "return 2", "return 22")],
    ),
    "a decorator that is known to be harmless": (
        {"b.py": "from functools import lru_cache\nimport dataclasses\n"
                 "@lru_cache(maxsize=2)\ndef f():\n    return 1\n"
                 "@dataclasses.dataclass(frozen=True)\nclass C:\n    x: int = 2\n"
                 "def g():\n    return 3\n",
         "step.py": step("from scripts.b import g", "g()")},
        [("b.py", "return 3", "return 33")],
        [("b.py", "return 1", "return 11"), ("b.py", "maxsize=2", "maxsize=3"), ("b.py", "x: int = 2", "x: int = 4")],
    ),
    "a name of one's own that sounds harmless": (
        {"a.py": "ALL = []\ndef dataclass(f):\n    ALL.append(f)\n",
         "b.py": "from scripts.a import dataclass\n@dataclass\nclass C:\n    x = 1\n",
         "step.py": step("import scripts.b\nfrom scripts.a import ALL", "ALL")},
        [("b.py", "x = 1", "x = 2")],
        [],
    ),
    "a table filled on import": (
        {"a.py": "ALL = {}\n", "b.py": "from scripts.a import ALL\ndef f():\n    return 1\nALL['f'] = f\n",
         "step.py": step("import scripts.b\nfrom scripts.a import ALL", "ALL['f']()")},
        [("b.py", "return 1", "return 11"), ("b.py", "ALL['f'] = f", "ALL['f'] = print")],
        [],
    ),
    "subclasses noted by their base": (
        {"a.py": "class Base:\n    pass\n", "b.py": "from scripts.a import Base\nclass C(Base):\n    x = 1\n",
         "step.py": step("import scripts.b\nfrom scripts.a import Base", "Base.__subclasses__()")},
        [("b.py", "x = 1", "x = 2")],
        [],
    ),
    "a metaclass": (
        {"b.py": "from abc import ABCMeta\nclass C(metaclass=ABCMeta):\n    x = 1\n",
         "step.py": step("import scripts.b")},
        [("b.py", "x = 1", "x = 2")],
        [],
    ),
    "default argument": (
        {**AB, "step.py": step("from scripts.a.b import f, g\ndef h(x=f):\n    return x()", "h()")}, [F], [G],
    ),
    "default argument that is a call": (
        {**AB, "a/c.py": "from scripts.a.b import f, g\ndef h(x=f()):\n    return x\n",
         "step.py": step("import scripts.a.c")},
        [F],
        [G],
    ),
    "base class": (
        {"a.py": "class A:\n    x = 1\nclass B:\n    x = 2\n",
         "step.py": step("from scripts.a import A, B\nclass C(A):\n    pass", "C.x")},
        [("a.py", "x = 1", "x = 11"), ("step.py", "class C(A)", "class C(B)")],
        [("a.py", "x = 2", "x = 22")],
    ),
    "methods": (
        {**AB, "c.py": "from scripts.a import b\nclass C:\n    def m(self):\n        return self.n()\n"
                       "    def n(self):\n        return b.f()\n",
         "step.py": step("from scripts.c import C", "C().m()")},
        [F],
        [G],
    ),
    "annotations of a dataclass": (
        {"a.py": "class A:\n    x = 1\nclass B:\n    x = 2\n",
         "step.py": step("from dataclasses import dataclass\nfrom scripts.a import A, B\n"
                         "@dataclass\nclass C:\n    a: A", "C")},
        [("a.py", "x = 1", "x = 11"), ("step.py", "a: A", "a: B")],
        [("a.py", "x = 2", "x = 22")],
    ),
    "globals by name": (
        {"step.py": step("def f():\n    return 1\ndef g():\n    return 2", "globals()['f']()")},
        [("step.py", "return 1", "return 11")],
        [("step.py", "return 2", "return 22")],
    ),
    "globals": (
        {"step.py": step("def f():\n    return 1\ndef g():\n    return 2", "globals()[job]()")},
        [("step.py", "return 1", "return 11"), ("step.py", "return 2", "return 22")],
        [],
    ),
    "__getattr__": (
        {"a.py": "def f():\n    return 1\ndef __getattr__(name):\n    return f\n",
         "step.py": step("from scripts import a", "a.made_up()")},
        [("a.py", "return 1", "return 11"), ("a.py", "return f", "return [f]")],
        [],
    ),
    "a module named at run time": (
        {**AB, "step.py": step("import importlib", "importlib.import_module('scr' + 'ipts.a.b').f()")}, [F, G], [],
    ),
    "a module named at run time, renamed": (
        {**AB, "step.py": step("from importlib import import_module as load", "load(job).f()")}, [F, G], [],
    ),
    "eval": ({**AB, "step.py": step("import scripts.a.b", "eval(job)")}, [F, G], []),
    "sys.modules": ({**AB, "step.py": step("import sys\nimport scripts.a.b", "sys.modules[job].f()")}, [F, G], []),
    "a text that names a module": (
        {**AB, "step.py": step("import subprocess", "subprocess.run(['python', '-m', 'scripts.a.b'])")}, [F, G], [],
    ),
    "a text that names a function": ({**AB, "step.py": step("", "print('scripts.a.b:f')")}, [F, G], []),
    "a text that names a file": ({**AB, "step.py": step("", "print('python scripts/a/b.py')")}, [F, G], []),
    "a docstring that names a module": (
        {**AB, "step.py": step("def f():\n    'See scripts.a.b.'\n", "f()")}, [], [F, G],
    ),
    "what runs on import, far below": (
        {"a.py": "from scripts import b\n", "b.py": "def f():\n    return 1\ndef g():\n    return 2\nX = f()\n",
         "step.py": step("from scripts import a")},
        [("b.py", "return 1", "return 11"), ("b.py", "X = f()", "X = f() + 1")],
        [("b.py", "return 2", "return 22")],
    ),
    "packages run first": (
        {"a/__init__.py": "print(1)\n", "a/b/__init__.py": "print(2)\n", "a/b/c.py": "X = 3\n",
         "step.py": step("from scripts.a.b.c import X", "X")},
        [("a/__init__.py", "print(1)", "print(11)"), ("a/b/__init__.py", "print(2)", "print(22)"),
         ("a/b/c.py", "X = 3", "X = 33")],
        [],
    ),
    "the package of all": (
        {"__init__.py": "print(1)\n", "step.py": step("")}, [("step.py", "return job", "return 1")],
        [("__init__.py", "print(1)", "print( 1)")],
    ),
    "folders that are no packages": (
        {"a/b/c.py": "X = 3\nY = 4\n", "step.py": step("from scripts.a.b import c", "c.X")},
        [("a/b/c.py", "X = 3", "X = 33")], [("a/b/c.py", "Y = 4", "Y = 44")],
    ),
    "defined twice": (
        {"a.py": "def f():\n    return 1\ndef f():\n    return 2\n", "step.py": step("from scripts.a import f", "f()")},
        [("a.py", "return 1", "return 11"), ("a.py", "return 2", "return 22"),
         ("a.py", "return 1\ndef f():\n    return 2", "return 2\ndef f():\n    return 1")],
        [],
    ),
    "defined under a condition": (
        {"a.py": "import sys\nif sys.maxsize > 9:\n    def f():\n        return 1\n"
                 "else:\n    def f():\n        return 2\n",
         "step.py": step("from scripts.a import f", "f()")},
        [("a.py", "return 1", "return 11"), ("a.py", "return 2", "return 22"), ("a.py", "> 9", "> 8")],
        [],
    ),
    "a constant set again by a statement that runs": (
        {"a.py": "X = 1\nif print:\n    X = 2\nY = 3\n", "step.py": step("from scripts.a import X", "X")},
        [("a.py", "X = 1\nif print:\n    X = 2\n", "if print:\n    X = 2\nX = 1\n")],
        [("a.py", "Y = 3", "Y = 33")],
    ),
    "several names at once": (
        {"a.py": "X, Y = 1, 2\nZ = W = 3\n", "step.py": step("from scripts.a import Y", "Y")},
        [("a.py", "X, Y = 1, 2", "X, Y = 0, 2")],
        [("a.py", "W = 3", "W = 33")],
    ),
    "a constant made of others": (
        {"a.py": "X = 1\nY = {'x': [X]}\nZ = 2\n", "step.py": step("from scripts import a", "a.Y['x'].pop()")},
        [("a.py", "X = 1", "X = 11")],
        [("a.py", "Z = 2", "Z = 22")],
    ),
    "a lambda in a table": (
        {**AB, "c.py": "from scripts.a import b\nT = {'f': lambda: b.f()}\n",
         "step.py": step("from scripts.c import T", "T")},
        [F],
        [G],
    ),
    "nested functions": (
        {**AB, "step.py": step("from scripts.a.b import f\ndef outer():\n    def inner():\n        return f()\n"
                               "    return inner", "outer()()")},
        [F],
        [G],
    ),
    "a shadowed name counts": (
        {**AB, "step.py": step("from scripts.a.b import f, g", "f", "f = 1")}, [F], [G],
    ),
    "a global set by a function": (
        {"a.py": "X = None\ndef set_x():\n    global X\n    X = f\ndef f():\n    return 1\ndef g():\n    return 2\n",
         "step.py": step("from scripts import a", "a.X()", "a.set_x()")},
        [("a.py", "return 1", "return 11")],
        [("a.py", "return 2", "return 22")],
    ),
    "an attribute of a module set from elsewhere": (
        {"a.py": "X = 1\nY = 2\n", "b.py": "from scripts import a\na.X = 3\n",
         "step.py": step("from scripts import a, b", "a.X")},
        [("b.py", "a.X = 3", "a.X = 4"), ("a.py", "X = 1", "X = 11")],
        [("a.py", "Y = 2", "Y = 22")],
    ),
    "a script that another imports": (
        {"other.py": step("from scripts.run import run\ndef shared():\n    return 1", "run()"),
         "run.py": "def run():\n    return 2\n", "step.py": step("from scripts.other import shared", "shared()")},
        [("other.py", "return 1", "return 11")],
        [("run.py", "return 2", "return 22"), ("other.py", "return run()", "return 3"),
         ("other.py", ".run(main)", ".walk(main)")],
    ),
    "a script in the other idiom": (
        {"step.py": "def main():\n    return 1\ndef idle():\n    return 2\nif __name__ == '__main__':\n    main()\n"},
        [("step.py", "return 1", "return 11"), ("step.py", "    main()\n", "    main()\n    main()\n")],
        [("step.py", "return 2", "return 22")],
    ),
    "match, walrus, comprehension, async": (
        {**AB, "step.py": step("from scripts.a.b import f\nasync def h(x):\n    match x:\n"
                               "        case {'k': [1, *rest]} if (y := rest):\n"
                               "            return [await f(z) for z in y]", "h(job)")},
        [F, ("step.py", "'k'", "'j'"), ("step.py", "[1, *rest]", "[2, *rest]")],
        [G],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_a_construct_brings(project, case):
    files, seen, unseen = CASES[case]
    for name, old, new in seen:
        assert changes(project, files, name, old, new), f"{old!r} to {new!r} in {name} was not seen"
    for name, old, new in unseen:
        assert not changes(project, files, name, old, new), f"{old!r} to {new!r} in {name} was seen"


def test_parts_are_named_by_file_and_definition(project):
    parts = code_parts(**project(PROJECT))
    assert set(parts) == {
        "scripts/step.py:main",
        "scripts/step.py:__main__",
        "scripts/step.py:double",
        "scripts/step.py:run",
        "scripts/run.py:run",
        "scripts/stage/shared.py:SCALE",
        "scripts/stage/shared.py:double",
        "scripts/deep.py:SCALE",
    }
    (changed,) = {
        name
        for name, digest in code_parts(**project({**PROJECT, "deep.py": "SCALE = 3\n"})).items()
        if parts[name] != digest
    }
    assert changed == "scripts/deep.py:SCALE"
    effects = project({"a.py": "print()\n", "step.py": "import scripts.a\nimport os\n"})
    assert set(code_parts(**effects)) == {"scripts/a.py", "scripts/step.py"}


def test_the_parts_are_kept_under_the_fingerprint_once(project, tmp_path):
    made = project(PROJECT)
    path = tmp_path / "code" / f"{code_fingerprint(**made)}.json"
    store_code_parts(folder=path.parent, **made)
    assert json.loads(path.read_text()) == code_parts(**made)
    assert list(path.parent.iterdir()) == [path]
    path.write_text("{}")
    store_code_parts.cache_clear()
    store_code_parts(folder=path.parent, **made)
    assert path.read_text() == "{}"


def test_a_folder_that_cannot_be_written_stops_nothing(project, tmp_path):
    (tmp_path / "code").write_text("a file")
    store_code_parts(folder=tmp_path / "code", **project(PROJECT))


ENTRIES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "scripts").rglob("*.py")
    if '"snakemake" in globals()' in path.read_text() and path.name != "step.py"
)
FUNCTIONS = {
    "scripts/survival/concordance.py:uno_concordance": {
        "evaluate_model",
        "validate_prediction",
        "validate_published",
    },
    "scripts/survival/decision_curve.py:decision_curve": {"evaluate_model", "validate_prediction"},
    "scripts/cohort/masks.py:read_mask": {
        "check_cases",
        "correct_bias",
        "extract_features",
        "measure_lesions",
        "picture_cases",
        "picture_lesions",
        "picture_preparation",
        "prepare_images",
    },
    "scripts/radiomics/features.py:extract_features": {
        "extract_features",
        "extract_handcrafted",
        "extract_image_features",
    },
    "scripts/expression/gene_sets.py:read_gene_sets": {"correlate_hallmarks"},
    "scripts/survival/stability.py:bootstrap_signature": {"assess_stability"},
    "scripts/statistics/intervals.py:wilson_interval": {
        "apply_score",
        "assess_recovery",
        "compare_splits",
        "evaluate_models",
        "report_predictions",
        "write_prediction",
        "write_report",
    },
    "scripts/report/wording.py:stars": {"draw_figures"},
    "scripts/workflow/provenance.py:table_digest": {
        "fit_criterion",
        "fit_model",
        "fit_models",
        "fit_score",
    },
    "scripts/papers/crc_nomogram/fit_model.py:main": {"fit_model"},
    "scripts/workflow/step.py:run": {Path(entry).stem for entry in ENTRIES},
    "scripts/workflow/fingerprint.py:code_parts": set(),
}


@pytest.fixture(scope="module")
def changed_by(tmp_path_factory):
    """changed_by("file:function"): entry scripts whose fingerprint another body changes, in a copy of this project."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))

    read = {}

    def source(name, path):
        """A module as it is now; one that has not changed is not read again."""
        key = name, path and path.read_bytes()
        if key not in read:
            read[key] = ModuleSource(name, path)
        return read[key]

    def fingerprints():
        for kept in (fingerprint._project, code_parts, code_fingerprint):
            kept.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fingerprint, "ModuleSource", source)
            return {entry: code_fingerprint(entry, root) for entry in ENTRIES}

    before = fingerprints()

    def changed(name):
        file, _, function = name.partition(":")
        text = (root / file).read_text()
        (node,) = [node for node in ast.parse(text).body if getattr(node, "name", "") == function]
        lines = text.splitlines(keepends=True)
        lines.insert(node.end_lineno, f"{' ' * node.body[-1].col_offset}another_body = 1\n")
        (root / file).write_text("".join(lines))
        after = fingerprints()
        (root / file).write_text(text)
        return {entry for entry in ENTRIES if after[entry] != before[entry]}

    return changed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_this_project_changes_the_steps_that_use_it(changed_by, name):
    assert {Path(entry).stem for entry in changed_by(name)} == FUNCTIONS[name]


def test_any_definition_of_this_project_changes_just_the_steps_that_count_it(changed_by):
    names, keys = [], {}
    for path in sorted((ROOT / "scripts").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        definitions = ModuleSource(".".join(Path(file).with_suffix("").parts), path).definitions
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.append(f"{file}:{node.name}")
                keys[names[-1]] = names[-1] if node.name in definitions else file
    parts = {entry: code_parts(entry, ROOT) for entry in ENTRIES}  # two papers may have steps of one name
    sizes = set()
    for name in random.Random(3).sample(names, 60):
        counting = {step for step in parts if keys[name] in parts[step]}
        assert changed_by(name) == counting, name
        sizes.add(len(counting))
    assert min(sizes) < 2 < max(sizes)


def test_of_the_modules_below_a_step_a_part_counts():
    script = "scripts/papers/crc_nomogram/apply_model.py"
    files = {path.relative_to(ROOT).as_posix() for path in closure(script)}
    assert {"scripts/survival/lasso_cox.py", "scripts/tables.py", "scripts/workflow/step.py"} <= files
    assert not any(file.startswith("scripts/simulation") for file in files)
    parts = code_parts(script)
    assert {"scripts/model/bundle.py:read_bundle", "scripts/tables.py:read_table"} <= set(parts)
    assert "scripts/survival/lasso_cox.py:fit_lasso_path" not in parts
    assert not any(name.startswith("scripts/workflow/fingerprint.py") for name in parts)


def test_nothing_in_this_project_makes_a_step_count_every_module():
    """A module named at run time would."""
    everything = {path for path in (ROOT / "scripts").rglob("*.py")}
    assert all(len(closure(entry)) < len(everything) / 2 for entry in ENTRIES)


@pytest.mark.parametrize(
    "entry", ["scripts/radiomics/extract_features.py", "scripts/papers/crc_nomogram/write_report.py"]
)
def test_the_fingerprint_is_the_same_on_other_pythons(entry):
    """Of those that are installed; the project itself needs 3.11."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scripts.workflow.fingerprint import code_fingerprint;"
        f"print(code_fingerprint({entry!r}))"
    )
    pythons = [python for minor in range(9, 15) if (python := shutil.which(f"python3.{minor}"))]
    done = [subprocess.run([python, "-c", program], capture_output=True, text=True) for python in pythons]
    found = {run.stdout.strip() for run in done if run.returncode == 0}
    assert found <= {code_fingerprint(entry)}
