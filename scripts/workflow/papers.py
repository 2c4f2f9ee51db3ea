"""The registry of papers: one file in config/papers each, with every parameter, its value and where it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scripts.errors import FaultList, nearest
from scripts.workflow.config import ROOT, read_yaml, require_valid

STANDINGS = ("source", "assumed", "honest", "beyond")


def paper_names(root: Path = ROOT) -> list[str]:
    """Names of the registered papers, sorted; the target of each is results/<name>.pdf."""
    return sorted(path.stem for path in (root / "config" / "papers").glob("*.yaml"))


@cache
def paper_card(name: str) -> dict[str, Any]:
    """The checked content of config/papers/<name>.yaml."""
    path = ROOT / "config" / "papers" / f"{name}.yaml"
    card = read_yaml(path)
    require_valid(card, "paper", str(path.relative_to(ROOT)))
    return card


def cases_per_job(name: str, most: int) -> int:
    """Most cases that one job of a paper carries: `most`, or its card's own bound where that is lower."""
    return min(most, paper_card(name).get("cases_per_job", most))


@dataclass(frozen=True)
class Parameter:
    """One parameter as it ran.

    `standing` says what the published value rests on: source (printed in the paper), assumed, honest (departs from
    the paper to keep test patients out of the fit) or beyond (not in the paper). `changed` is '' for the published
    value, 'simulated' for a reduction, 'user' for a value set in the configuration.
    """

    name: str
    value: Any
    published: Any
    standing: str
    reason: str
    changed: str


def _leaves(branch: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, node in branch.items():
        name = f"{prefix}{key}"
        found.update({name: node} if "value" in node else _leaves(node, f"{name}."))
    return found


def _flat(overrides: dict[str, Any], known: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in overrides.items():
        name = f"{prefix}{key}"
        if name in known or not isinstance(value, dict):
            found[name] = value
        else:
            found.update(_flat(value, known, f"{name}."))
    return found


def _fault(name: str, value: Any, leaf: dict[str, Any]) -> str | None:
    """Why `value` cannot stand for a parameter, or None."""
    published = leaf["value"]
    if "allowed" in leaf and value not in leaf["allowed"]:
        allowed = ", ".join(map(str, leaf["allowed"]))
        return f"{name}: expected one of {allowed}, found {value!r}.{nearest(value, leaf['allowed'])}"
    number = isinstance(published, int | float) and not isinstance(published, bool)
    if number and (isinstance(value, bool) or not isinstance(value, int | float)):
        return f"{name}: expected a number, found {value!r}."
    if isinstance(published, int) and not isinstance(published, bool) and isinstance(value, float):
        return f"{name}: expected a whole number, found {value!r}."
    if isinstance(published, list) and not isinstance(value, list):
        return f"{name}: expected a list like {published}, found {value!r}."
    if "minimum" in leaf and value is not None and value < leaf["minimum"]:
        return f"{name}: expected at least {leaf['minimum']}, found {value!r}."
    if "maximum" in leaf and value is not None and value > leaf["maximum"]:
        return f"{name}: expected at most {leaf['maximum']}, found {value!r}."
    return None


def resolve_parameters(
    name: str, simulated: bool, overrides: dict[str, Any] | None = None
) -> dict[str, Parameter]:
    """Every parameter of a paper as it will run: published, reduced for a simulated cohort, or the user's.

    Raises
    ------
    FaultList : unknown names (with the nearest valid one) and impossible values, all at once.
    """
    card = paper_card(name)
    leaves = _leaves(card["parameters"])
    layers = [("simulated", card["simulated"]["parameters"])] if simulated else []
    layers.append(("user", overrides or {}))
    values = {key: (leaf["value"], "") for key, leaf in leaves.items()}
    faults = []
    for layer, tree in layers:
        for key, value in _flat(tree, leaves).items():
            if key not in leaves:
                faults.append(f"{key}: no such parameter.{nearest(key, leaves)}")
            elif fault := _fault(key, value, leaves[key]):
                faults.append(fault)
            elif value != values[key][0]:
                values[key] = (value, layer)
    if faults:
        raise FaultList(f"papers.{name}.parameters", faults, f"Known parameters: config/papers/{name}.yaml")
    resolved = {}
    for key, leaf in leaves.items():
        standing = next(s for s in STANDINGS if s in leaf)
        value, changed = values[key]
        resolved[key] = Parameter(key, value, leaf["value"], standing, leaf[standing], changed)
    return resolved


def pick(parameters: dict[str, Parameter], *names: str) -> dict[str, Any]:
    """Nested values of the named parameters or branches, and of no others.

    Raises
    ------
    KeyError : a name that is neither a parameter nor a branch.
    """
    picked: dict[str, Any] = {}
    for wanted in names:
        matches = [key for key in parameters if key == wanted or key.startswith(f"{wanted}.")]
        if not matches:
            raise KeyError(f"no parameter or branch '{wanted}'.{nearest(wanted, parameters)}")
        for key in matches:
            *path, last = key.split(".")
            branch = picked
            for part in path:
                branch = branch.setdefault(part, {})
            branch[last] = parameters[key].value
    return picked
