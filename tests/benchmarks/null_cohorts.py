"""Null cohorts and interval coverage: python -m tests.benchmarks.null_cohorts [--cohorts 200] [--threads 2]

Prints, for 200 pairs of cohorts without a radiomic effect, how often each version of the fit calls its risk
groups different on the validation cohort, and, for 2000 cohorts with known truth, how often the intervals
hold it.
"""

import argparse

import pandas as pd

from scripts.seeds import generator
from tests.benchmarks.interval_coverage import interval_coverage
from tests.benchmarks.null_study import VERSIONS, run_null_study, summarise_null_study


def main() -> None:
    """Run both studies and print their tables."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cohorts", type=int, default=200, help="pairs of null cohorts")
    arguments.add_argument("--coverage-cohorts", type=int, default=2000, help="cohorts for the coverage")
    arguments.add_argument(
        "--bootstrap-cohorts", type=int, default=200, help="cohorts for bootstrap intervals"
    )
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()

    outcomes = run_null_study(asked.cohorts, generator(asked.seed, "null cohorts"), threads=asked.threads)
    chosen = outcomes[outcomes["version"] == "honest"]
    print(f"{asked.cohorts} pairs of null cohorts (242 + 139 patients, 107 features without effect)")
    print(f"lambda.min keeps no feature in {(chosen['lambda_rule'] == 'first_entered').mean():.0%} of them")
    for smallest in (1, 10):
        table = summarise_null_study(outcomes, smallest)
        table.insert(1, "what is seen", table["version"].map(VERSIONS))
        print(f"\nlog-rank p-value, both groups of {smallest} patients or more")
        print(table.to_string(index=False, float_format="{:.3f}".format))
    tables = [
        interval_coverage(asked.coverage_cohorts, generator(asked.seed, "coverage", n), n, 0, asked.threads)
        for n in (139, 242)
    ]
    bootstrap = interval_coverage(
        asked.bootstrap_cohorts, generator(asked.seed, "bootstrap"), 139, 200, asked.threads
    )
    tables.append(bootstrap.tail(2))
    print("\ncoverage of 95 % intervals")
    print(pd.concat(tables).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
