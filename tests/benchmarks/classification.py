"""SVM-RFE and the grid search against scikit-learn's SVC; one honest judgement of the selection:
python -m tests.benchmarks.classification

61 patients with 408 features, as the fused model of nact_response has. CPU seconds of one core.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.feature_selection import RFE
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from scripts.classification.cross_validation import nested_validation
from scripts.classification.inclusion import SvmSettings
from scripts.classification.selection import SvmRfe, select
from scripts.classification.svm import fit_machine, gaussian_kernel, squared_distances
from scripts.classification.svm_rfe import rank_features
from scripts.workflow.papers import pick, resolve_parameters
from tests.benchmarks.runs import Row, fresh_folder, print_rows

PATIENTS, FEATURES, RESPONDERS = 61, 408, 21


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Median CPU seconds of `work`."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def cohort() -> tuple[np.ndarray, np.ndarray]:
    """Features without an effect, and responses."""
    generator = np.random.default_rng(1)
    y = (np.arange(PATIENTS) < RESPONDERS).astype(int)
    return generator.standard_normal((PATIENTS, FEATURES)), generator.permutation(y)


@threadpool_limits.wrap(limits=1)
def rows(folder: Path | None = None) -> list[Row]:
    """Machines and rankings against scikit-learn, then the paper's settings and the reduced ones."""
    x, y = cohort()
    kernel = gaussian_kernel(squared_distances(x, x), 1 / FEATURES)
    ours = seconds(lambda: [fit_machine(kernel, y, 1.0) for _ in range(200)]) / 200
    library = seconds(lambda: [SVC(kernel="precomputed").fit(kernel, y) for _ in range(200)]) / 200
    found = [
        Row(
            "one machine, kernel given", f"{ours * 1e3:.3f} ms", f"{library * 1e3:.3f} ms SVC", ours / library
        )
    ]
    linear = seconds(lambda: rank_features(x, y, "linear"))
    rfe = RFE(SVC(kernel="linear"), n_features_to_select=1, step=1)
    theirs = seconds(lambda: rfe.fit(x, y), 1)
    same = np.array_equal(np.argsort(rfe.ranking_), rank_features(x, y, "linear"))
    words = "same ranking" if same else "ANOTHER RANKING"
    found.append(
        Row(
            f"SVM-RFE, linear, one by one ({words})",
            f"{linear:.2f} s",
            f"{theirs:.2f} s RFE",
            linear / theirs,
        )
    )
    found.append(Row("SVM-RFE, Gaussian, one by one", f"{seconds(lambda: rank_features(x, y)):.2f} s", ""))
    for label, simulated in (("published", False), ("reduced", True)):
        settings = dict(pick(resolve_parameters("nact_response", simulated), "svm")["svm"])
        settings.pop("subtype")
        read = SvmSettings.from_dict(settings)
        chosen = seconds(lambda read=read: select(x, y, read, np.random.default_rng(1)), 1)
        start = time.process_time()
        areas = nested_validation(
            [SvmRfe(read)], x, y, read.outer_folds, read.outer_repeats, np.random.default_rng(2)
        )[0]
        mean, low, high = areas.interval()
        nested = time.process_time() - start
        found.append(Row(f"selection, {label} settings", f"{chosen:.2f} s", ""))
        found.append(
            Row(f"nested {read.outer_repeats} x {read.outer_folds}-fold, {label} (no effect: AUC {mean:.2f}, "
                f"{low:.2f} to {high:.2f})", f"{nested:.1f} s", "")
        )  # fmt: skip
    return found


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("Classification", rows(folder))


if __name__ == "__main__":
    main()
