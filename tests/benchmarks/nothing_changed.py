"""A second run with nothing changed: python -m tests.benchmarks.nothing_changed"""

from pathlib import Path

from tests.benchmarks.runs import TARGET, Row, Usage, fresh_folder, print_rows, snakemake

AIM_SECONDS = 3.0


def rows(folder: Path, cold: Usage) -> list[Row]:
    """Run again in `folder`, where `cold` has just made the target."""
    again = snakemake(folder, TARGET)
    if "Nothing to be done" not in again.output:
        raise SystemExit(f"a second run had something to do:\n{again.output[-4000:]}")
    return [
        Row("second run, nothing changed, against the cold run", f"{again.seconds:.1f} s", f"{cold.seconds:.1f} s cold",
            again.seconds / cold.seconds, f"<= {AIM_SECONDS:.0f} s", again.seconds <= AIM_SECONDS),
    ]  # fmt: skip


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("Nothing changed", rows(folder, snakemake(folder, TARGET)))


if __name__ == "__main__":
    main()
