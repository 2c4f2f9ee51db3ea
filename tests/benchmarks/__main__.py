"""Every benchmark of speed in one table: python -m tests.benchmarks

null_cohorts (statistics), costs and forecast (what a run will take) run by themselves.
"""

from tests.benchmarks import (
    cold_target,
    dry_run_10000,
    feature_rate,
    job_start,
    lasso_cross_validation,
    nothing_changed,
    one_mask_changed,
    scale,
)
from tests.benchmarks.runs import Row, fresh_folder, print_rows


def main() -> None:
    """Run each in a folder of its own, and print one table.

    The dry run and the hollow run come first, while this process is small: the peak memory that the system gives for
    a command is at least that of the process that started it.
    """
    with fresh_folder() as folder:
        planned: list[Row] = dry_run_10000.rows(folder)
    with fresh_folder() as folder:
        planned += scale.rows(folder)
    with fresh_folder() as folder:
        run = cold_target.run_cold(folder)
        table: list[Row] = cold_target.rows(run) + nothing_changed.rows(folder / "cold", run.cold)
    for benchmark in (job_start, one_mask_changed, feature_rate, lasso_cross_validation):
        with fresh_folder() as folder:
            table += benchmark.rows(folder)
    print_rows("Speed", table + planned)


if __name__ == "__main__":
    main()
