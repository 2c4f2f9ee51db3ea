"""How many changed numbers the plausibility check finds: python -m tests.benchmarks.changed_numbers [paper ...]

Each printed number of a study that takes part in a comparison is changed, one at a time: by a tenth and by three units
of its last digit at least; counts by one at least; P values by 0.2. A change is found where something no longer holds
that did, or no longer holds in another way. What is not found is listed.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterator
from typing import Any

from scripts.reported.__main__ import FOLDER
from scripts.reported.plausibility import Result, compare_printed
from scripts.reported.printed import Printed, read_reported, shown

Path = tuple[str | int, ...]


def numbers(branch: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Path and value of every number, and of every text that is a P value."""
    if isinstance(branch, dict):
        for key, value in branch.items():
            yield from numbers(value, (*path, key))
    elif isinstance(branch, list):
        for index, value in enumerate(branch):
            yield from numbers(value, (*path, index))
    elif isinstance(branch, int | float) or (path[-1:] == ("p",) and _is_p(branch)):
        yield path, branch


def _is_p(text: str) -> bool:
    return text.removeprefix("<").replace(".", "", 1).isdigit()


def with_number(content: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the content with another value at the path."""
    content = copy.deepcopy(content)
    branch = content
    for step in path[:-1]:
        branch = branch[step]
    branch[path[-1]] = value
    return content


def changed(number: Any) -> Any:
    """The other number, with as many digits."""
    if isinstance(number, str):
        p = Printed(number.removeprefix("<"))
        digits = len(p.text.partition(".")[2])
        return f"{p + 0.2 if p < 0.5 else p - 0.2:.{digits}f}"
    if isinstance(number, int):
        return number + max(1, round(abs(number) / 10))
    digits = len(shown(number).partition(".")[2])
    step = max(3 * 10**-digits, abs(number) / 10)
    return Printed(f"{number - step if 0.9 < number <= 1 else number + step:.{digits}f}")


def told(results: list[Result]) -> list[tuple]:
    """What is said, in order."""
    return [(r.where, r.subject, r.agrees, r.printed, r.found) for r in results]


def changed_and_found(content: dict[str, Any]) -> tuple[int, list[str]]:
    """How many numbers take part in a comparison, and which of them can be changed without being found."""
    before = compare_printed(content)
    held = {(r.where, r.subject, r.printed, r.found) for r in before if not r.agrees}
    printed = {key: value for key, value in content.items() if key not in ("checks", "disagreements")}
    n, missed = 0, []
    for path, number in numbers(printed):
        after = compare_printed(with_number(content, path, changed(number)))
        if told(after) == told(before):
            continue
        n += 1
        if not any((r.where, r.subject, r.printed, r.found) not in held for r in after if not r.agrees):
            missed.append(f"{'/'.join(map(str, path))}: {shown(number)} to {shown(changed(number))}")
    return n, missed


def main() -> None:
    """A line a study, and one for all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.changed_numbers")
    parser.add_argument("paper", nargs="*")
    papers = parser.parse_args().paper or sorted(path.stem for path in FOLDER.glob("*.yaml"))
    total = lost = 0
    for paper in papers:
        n, missed = changed_and_found(read_reported(FOLDER / f"{paper}.yaml"))
        print(f"{paper}: {n - len(missed)} of {n} changed numbers found", *missed, sep="\n  ")
        total, lost = total + n, lost + len(missed)
    print(f"all: {total - lost} of {total}")


if __name__ == "__main__":
    main()
