"""What every entry script must keep to, because Snakemake runs it from another folder under a preamble."""

import ast
import subprocess
import sys

import pytest

from scripts.workflow.config import ROOT

ENTRIES = sorted(
    path
    for path in (ROOT / "scripts").rglob("*.py")
    if '"snakemake" in globals()' in path.read_text() and path.name != "step.py"
)


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_an_entry_script_finds_the_project_and_has_no_future_import(path):
    tree = ast.parse(path.read_text())
    futures = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    assert not futures
    depth = len(path.relative_to(ROOT).parents) - 1
    assert f"sys.path.insert(0, str(Path(__file__).resolve().parents[{depth}]))" in path.read_text()


def test_every_entry_script_is_a_rules_script_and_the_other_way_round():
    text = "\n".join(p.read_text() for p in [*(ROOT / "rules").rglob("*.smk")])
    named = [path for path in ENTRIES if f"{path.stem}.py" in text]
    assert named == ENTRIES


def test_entry_scripts_are_imported_without_snakemake():
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ENTRIES]
    code = "import sys; sys.modules['snakemake'] = None\n" + "\n".join(f"import {name}" for name in modules)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
