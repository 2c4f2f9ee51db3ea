"""envs/*.yaml and requirements/base.txt name the same versions."""

import re

import pytest
import yaml

from scripts.workflow.config import ROOT

ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


def pins(lines):
    """Package in lower case -> version."""
    matches = (re.fullmatch(r"([A-Za-z0-9_.-]+)==(\S+)", line.strip()) for line in lines)
    return {match[1].lower(): match[2] for match in matches if match}


LOCK = pins((ROOT / "requirements" / "base.txt").read_text().splitlines())


def test_every_requirement_is_pinned():
    wanted = [
        re.split(r"[=<>]", line)[0].strip().lower()
        for line in (ROOT / "requirements" / "base.in").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert wanted
    assert set(wanted) <= set(LOCK)


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
