import pytest

from scripts.workflow.fingerprint import ROOT, closure, code_fingerprint

STEP = '''"""A step."""
from scripts.stage.shared import double


def main(job):
    return double(job)
'''
SHARED = '''"""Shared."""
from scripts.deep import SCALE


def double(value):
    """Twice."""
    return SCALE * value
'''


@pytest.fixture
def project(tmp_path):
    """Returns write(name, text) for a small project, and fingerprint() of its one step."""

    def write(name, text):
        path = tmp_path / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def fingerprint():
        from scripts.workflow import fingerprint as module

        module._read.cache_clear()
        code_fingerprint.cache_clear()
        return code_fingerprint("scripts/step.py", tmp_path)

    write("__init__.py", "")
    write("stage/__init__.py", "")
    write("step.py", STEP)
    write("stage/shared.py", SHARED)
    write("deep.py", "SCALE = 2\n")
    write("bystander.py", "X = 1\n")
    return write, fingerprint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("step.py", STEP.replace("double(job)", "double(job) + 1")),
        ("stage/shared.py", SHARED.replace("SCALE * value", "value * SCALE")),
        ("deep.py", "SCALE = 3\n"),
        ("deep.py", "SCALE = 2.0\n"),
        ("stage/__init__.py", "import os\n"),
    ],
)
def test_a_change_of_meaning_anywhere_below_the_step_changes_it(project, name, text):
    write, fingerprint = project
    before = fingerprint()
    write(name, text)
    assert fingerprint() != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("step.py", "# a comment\n" + STEP.replace('"""A step."""', '"""Another docstring."""')),
        ("stage/shared.py", SHARED.replace('"""Twice."""', '"""Two times."""').replace("\n\n\n", "\n\n")),
        ("deep.py", "SCALE = (2)  # two\n"),
        ("bystander.py", "X = 2\n"),
        ("new_module.py", "Y = 1\n"),
    ],
)
def test_comments_docstrings_formatting_and_strangers_change_nothing(project, name, text):
    write, fingerprint = project
    before = fingerprint()
    write(name, text)
    assert fingerprint() == before


def test_an_import_inside_a_function_counts(project):
    write, fingerprint = project
    write("step.py", "def main(job):\n    import scripts.deep\n    return scripts.deep.SCALE\n")
    before = fingerprint()
    write("deep.py", "SCALE = 5\n")
    assert fingerprint() != before


def test_modules_that_import_each_other_are_read_once(project):
    write, fingerprint = project
    write("deep.py", "import scripts.stage.shared\nSCALE = 2\n")
    assert len(fingerprint()) == 16


def test_the_closure_of_a_real_step_holds_what_it_imports():
    names = {str(path.relative_to(ROOT)) for path in closure("scripts/papers/crc_nomogram/fit_model.py")}
    assert {"scripts/survival/lasso_cox.py", "scripts/tables.py", "scripts/workflow/step.py"} <= names
    assert not any(name.startswith("scripts/simulation") for name in names)
