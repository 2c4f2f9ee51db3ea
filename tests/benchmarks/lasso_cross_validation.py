"""Ten-fold cross-validation of the LASSO-Cox against R's glmnet: python -m tests.benchmarks.lasso_cross_validation

Same table, same folds, a path of 100 lambdas; the seconds of cv.glmnet are taken inside R, its start left out. glmnet
runs as it comes (threshold 1e-7) and, on the smaller table, at 1e-10, where its deviance comes close to ours (on the
larger one that takes it minutes). Says so where R is missing.
"""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.survival.lasso_cox import CrossValidation, assign_folds, cross_validate
from tests.benchmarks.runs import Row, fresh_folder, measured, print_rows

REPEATS = 3
# patients, features, glmnet's threshold: the paper's training table, and a larger one
CASES = ((242, 85, 1e-7), (242, 85, 1e-10), (600, 200, 1e-7))
R_SCRIPT = """
suppressMessages({library(glmnet); library(survival)})
arguments <- commandArgs(TRUE)
table <- read.csv("table.csv")
x <- as.matrix(table[, grep("^x", names(table))])
y <- Surv(table$time, table$event)
run <- function() cv.glmnet(x, y, family = "cox", foldid = table$fold + 1, type.measure = "deviance",
                            thresh = as.numeric(arguments[1]), maxit = 1e8)
seconds <- sapply(seq_len(as.integer(arguments[2])), function(i) system.time(cv <<- run())[["elapsed"]])
number <- function(values) paste0("[", paste(sprintf("%.17g", values), collapse = ","), "]")
writeLines(sprintf('{"seconds": %s, "lambda": %s, "deviance": %s, "lambda_min": %s, "version": "%s"}', number(seconds),
                   number(cv$lambda), number(cv$cvm), number(cv$lambda.min), packageVersion("glmnet")), "found.json")
"""


def make_table(n: int, p: int) -> pd.DataFrame:
    """Correlated features x1.., five of them with an effect, time in months, event (about 40 %), and the fold."""
    generator = np.random.default_rng(n + p)
    shared = generator.standard_normal((n, 10)) @ generator.standard_normal((10, p))
    x = shared / np.sqrt(10) + generator.standard_normal((n, p))
    hazard = np.exp(x[:, :5] @ np.array([0.4, -0.3, 0.3, 0.2, -0.2])) / 60
    recurrence, last_contact = generator.exponential(1 / hazard), generator.uniform(12, 84, n)
    table = pd.DataFrame(x, columns=[f"x{j + 1}" for j in range(p)])
    table["time"] = np.minimum(recurrence, last_contact)
    table["event"] = (recurrence <= last_contact).astype(int)
    table["fold"] = assign_folds(table["event"].to_numpy(), 10, generator)
    return table


def ours(table: pd.DataFrame) -> tuple[float, CrossValidation]:
    """Median seconds of our cross-validation, and its result."""
    x = table.filter(regex="^x").to_numpy()
    columns = (table["time"].to_numpy(), table["event"].to_numpy(), table["fold"].to_numpy())
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = cross_validate(x, *columns)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), found


def theirs(folder: Path, table: pd.DataFrame, threshold: float) -> dict:
    """What cv.glmnet took and found."""
    table.to_csv(folder / "table.csv", index=False, float_format="%.17g")
    (folder / "cross_validate.R").write_text(R_SCRIPT, encoding="utf-8")
    measured(["Rscript", "cross_validate.R", str(threshold), str(REPEATS)], folder)
    return json.loads((folder / "found.json").read_text(encoding="utf-8"))


def rows(folder: Path) -> list[Row]:
    """Every case against glmnet."""
    if shutil.which("Rscript") is None:
        return [Row("LASSO-Cox cross-validation", "skipped", "no Rscript on the PATH")]
    found = []
    for n, p, threshold in CASES:
        table = make_table(n, p)
        seconds, mine = ours(table)
        other = theirs(folder, table, threshold)
        shared = min(len(mine.lambdas), len(other["lambda"]))
        furthest = np.abs(mine.deviance[:shared] / np.array(other["deviance"][:shared]) - 1).max()
        same = "same" if np.isclose(mine.lambda_min, other["lambda_min"], rtol=1e-6) else "another"
        median = float(np.median(other["seconds"]))
        found.append(
            Row(f"LASSO-Cox 10-fold CV, {n} x {p} (deviance within {furthest:.0e}, {same} lambda.min)",
                f"{seconds:.2f} s", f"{median:.2f} s glmnet at {threshold:g}", seconds / median)
        )  # fmt: skip
    return found


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("LASSO-Cox", rows(folder))


if __name__ == "__main__":
    main()
