import re
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.runs import PDF, ROOT, snakemake

RULES = {
    name
    for path in (ROOT / "rules").rglob("*.smk")
    for name in re.findall(r"^rule (\w+):", path.read_text(), re.M)
}


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())


@pytest.mark.parametrize("key", ["groups", "set-resources"])
def test_the_slurm_profile_names_rules_that_there_are(key):
    assert set(profile("slurm").get(key, {})) <= RULES


def test_the_slurm_profile_has_what_the_default_one_sets_except_what_only_one_machine_needs():
    default, slurm = profile("default"), profile("slurm")
    only_here = {"resources"}
    assert {key: slurm.get(key) for key in default if key not in only_here} == {
        key: value for key, value in default.items() if key not in only_here
    }


def test_nothing_of_a_site_is_set():
    assert set(profile("slurm")["default-resources"]) == {"mem_mb", "runtime", "disk_mb"}
    assert "set-resources" not in profile("slurm")


def test_the_target_is_planned_with_the_slurm_profile(tmp_path: Path):
    done = snakemake(tmp_path, PDF, "-n", "--workflow-profile", ROOT / "profiles" / "slurm")
    assert done.status == 0, done.ending
    assert "fit_model" in done.rules
