"""envs/*.yaml and requirements/base.txt, training.txt and meg.txt name the same versions."""

import ast
import re
import sys

import pytest
import yaml

from scripts.workflow.config import ROOT
from scripts.workflow.fingerprint import closure

ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


def pins(lines):
    """Package in lower case -> version."""
    packages = (line.partition(";")[0].strip() for line in lines)  # without the platform that a package is of
    matches = (re.fullmatch(r"([A-Za-z0-9_.-]+)==(\S+)", package) for package in packages)
    return {match[1].lower(): match[2] for match in matches if match}


def lines_of(name):
    return (ROOT / "requirements" / name).read_text().splitlines()


LOCKS = ("base", "training", "meg")
LOCK = {name: version for lock in LOCKS for name, version in pins(lines_of(f"{lock}.txt")).items()}


def test_no_package_has_two_versions():
    assert len(LOCK) == sum(len(pins(lines_of(f"{lock}.txt"))) for lock in LOCKS)
    assert not set(LOCK) & set(pins(lines_of("test.txt")))


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned(name):
    wanted = [
        re.split(r"[=<>]", line)[0].strip().lower()
        for line in lines_of(f"{name}.in")
        if line.strip() and not line.startswith("#")
    ]
    assert wanted
    assert set(wanted) <= set(pins(lines_of(f"{name}.txt")))


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_has_the_pins_of_the_lock(path):
    dependencies = yaml.safe_load(path.read_text())["dependencies"]
    (packages,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    found = pins(packages)
    assert len(found) == len(packages), "a package without a pin"
    assert {name: LOCK[name] for name in found} == found


def test_every_rule_names_an_environment_that_exists():
    rules = [ROOT / "Snakefile", *(ROOT / "rules").rglob("*.smk")]
    named = {match for path in rules for match in re.findall(r"envs/(\w+)\.yaml", path.read_text())}
    assert named == {path.stem for path in ENVIRONMENTS}


PACKAGE_OF = {
    "PIL": "pillow", "SimpleITK": "simpleitk", "radiomics": "pyradiomics-bhklab", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "sksurv": "scikit-survival", "xgboost": "xgboost-cpu", "yaml": "pyyaml",
}  # fmt: skip


def rules_with_scripts():
    """(rule, environment, script) of every rule."""
    found = []
    for path in (ROOT / "rules").rglob("*.smk"):
        text = path.read_text()
        for block in re.split(r"(?m)^rule ", text)[1:]:
            name = block.split(":")[0]
            environment = re.search(r"envs/(\w+)\.yaml", block)[1]
            script = re.search(r'script:\s*f?"(?:\.\./)+([^"]+)"', block)[1]
            script = script.replace("{CRC_STEPS}", "scripts/papers/crc_nomogram").replace(
                "{CRC}", "crc_nomogram"
            )
            found.append((name, environment, script))
    return found


@pytest.mark.parametrize(
    ("rule", "environment", "script"), rules_with_scripts(), ids=lambda value: str(value)
)
def test_an_environment_holds_what_the_rules_code_imports(rule, environment, script):
    """Every library that the script or a module below it imports, at the top or inside a function."""
    imported = set()
    for path in closure(script):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    libraries = {PACKAGE_OF.get(name, name) for name in imported - set(sys.stdlib_module_names) - {"scripts"}}
    dependencies = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text())["dependencies"]
    (packages,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    assert libraries <= set(pins(packages)), (
        f"{rule}: envs/{environment}.yaml lacks {libraries - set(pins(packages))}"
    )
