"""A thousand mutated cohorts through the check: each refused in clear words, or used as it stands.

    python -m tests.benchmarks.mutations [--trials 1000] [--outcomes outcomes.jsonl]

The mutations are in tests/mutations; each draws from a stream of its own, so trial 312 is the same every time.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections import Counter
from pathlib import Path

from tests.benchmarks.runs import fresh_folder
from tests.mutations.judging import as_json, summary
from tests.mutations.trials import planned, run_trials


def main() -> int:
    """Print how many were refused and used, and every defect; status 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--outcomes", type=Path, help="a line of JSON for each trial")
    given = parser.parse_args()
    outcomes = []
    with fresh_folder() as folder, contextlib.ExitStack() as stack:
        lines = stack.enter_context(given.outcomes.open("w")) if given.outcomes else None
        for _, outcome in run_trials(planned(given.trials), folder):
            outcomes.append(outcome)
            if lines:
                print(as_json(outcome), file=lines)
    kinds = Counter(outcome.name.split(".")[0] for outcome in outcomes)
    found = summary(outcomes)
    print(
        f"{len(outcomes)} mutated cohorts ({', '.join(f'{name} {n}' for name, n in sorted(kinds.items()))})"
    )
    print(", ".join(f"{verdict}: {n}" for verdict, n in sorted(found["verdicts"].items())))
    for name, defect in found["defects"]:
        print(f"DEFECT {name}: {defect}")
    return int(bool(found["defects"]))


if __name__ == "__main__":
    sys.exit(main())
