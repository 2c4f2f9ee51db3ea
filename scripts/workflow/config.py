"""The configuration: checked whole, every fault at once, unknown keys refused with the nearest valid name."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

try:  # the same values, ten times as fast, where there is libyaml
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader

from scripts.errors import FaultList, InputError, nearest

ROOT = Path(__file__).resolve().parents[2]
BUILT_IN_COHORTS = ("simulated", "simulated_external")
BUILT_IN_MODELS = ("fitted", "published")


def read_yaml(path: str | Path) -> Any:
    """A YAML file, or an InputError that names the line at fault."""
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(str(path), "a readable YAML file", " ".join(str(error).split())) from error


def _sentence(error: ValidationError) -> Iterator[str]:
    where = ".".join(str(part) for part in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = error.schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                yield f"{where}: unknown key '{key}'.{nearest(key, known)}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield f"{where}: missing {', '.join(missing)}."
    elif error.validator == "dependentRequired":
        yield f"{where}: expression and gene_sets are given together or not at all."
    elif error.validator in ("type", "minimum", "maximum", "enum", "minLength"):
        wanted = {"minimum": "at least ", "maximum": "at most ", "enum": "one of "}.get(error.validator, "")
        yield f"{where}: expected {wanted}{error.validator_value}, found {error.instance!r}."
    else:
        yield f"{where}: {error.message}."


def schema_faults(value: Any, schema: dict[str, Any]) -> list[str]:
    """Every disagreement of `value` with a JSON Schema, a sentence each."""
    errors = sorted(
        Draft202012Validator(schema).iter_errors(value), key=lambda e: list(map(str, e.absolute_path))
    )
    return list(dict.fromkeys(line for error in errors for line in _sentence(error)))


def require_valid(value: Any, schema_name: str, where: str) -> None:
    """Raise a FaultList with every disagreement of `value` with config/schemas/<schema_name>.yaml."""
    schema = read_yaml(ROOT / "config" / "schemas" / f"{schema_name}.yaml")
    if faults := schema_faults(value, schema):
        raise FaultList(where, faults)


def check_config(config: dict[str, Any], papers: list[str]) -> dict[str, Any]:
    """The configuration after validation: schema, names of papers, cohorts that exist.

    Raises
    ------
    InputError : with every fault at once.
    """
    config = copy.deepcopy(config)
    require_valid(config, "config", "configuration")
    known = [*BUILT_IN_COHORTS, *config["cohorts"]]
    faults = [
        f"cohorts.{cohort}.paper: no paper '{entry['paper']}'.{nearest(entry['paper'], papers)}"
        for cohort, entry in config["cohorts"].items()
        if entry.get("paper", papers[0]) not in papers
    ]
    for paper, entry in config["papers"].items():
        if paper not in papers:
            faults.append(
                f"papers.{paper}: no such paper.{nearest(paper, papers)} Known: {', '.join(papers)}."
            )
        if entry["cohort"] not in known:
            faults.append(
                f"papers.{paper}.cohort: no cohort '{entry['cohort']}'.{nearest(entry['cohort'], known)} "
                f"Known: {', '.join(known)}."
            )
    if faults:
        raise FaultList("configuration", faults)
    for paper in papers:
        config["papers"].setdefault(paper, {"cohort": "simulated"})
        config["papers"][paper].setdefault("parameters", {})
    return config
