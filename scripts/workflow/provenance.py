"""What a result was made from: versions, settings, input digests, code fingerprint and seed, beside the result."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from typing import TYPE_CHECKING, Any

from scripts.tables import write_json
from scripts.workflow.contents import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from scripts.workflow.job import Job

RECORDED_PACKAGES = (
    "matplotlib", "numpy", "pandas", "pyarrow", "pyradiomics-bhklab", "scikit-learn",
    "scikit-survival", "scipy", "SimpleITK", "snakemake", "statsmodels", "typst", "xgboost-cpu",
)  # fmt: skip
NETWORK_PACKAGES = ("lightning", "monai", "numpy", "safetensors", "torch", "torchvision")


def versions(packages: Iterable[str] = RECORDED_PACKAGES) -> dict[str, str]:
    """Versions of Python and of the packages whose numbers reach a result."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def write_provenance(job: Job) -> None:
    """Write `job.output.provenance`: what the step read, with which settings and code, and what it gave."""
    target = job.output.provenance
    record: dict[str, Any] = {
        "step": job.rule,
        "code": job.code,
        "seed": job.seed,
        "settings": job.settings,
        "input_names": {name: str(path) for name, path in job.input.items() if isinstance(path, str)},
        "inputs": {str(path): file_digest(path) for path in job.input},
        "outputs": {str(path): file_digest(path) for path in job.output if path != target},
        "versions": versions(),
    }
    write_json(record, target)


def table_digest(table: pd.DataFrame) -> str:
    """SHA-256 of a table's column names, index and values, whatever file it came from."""
    text = table.to_csv(float_format="%.17g", date_format="%Y-%m-%d")
    return hashlib.sha256(text.encode()).hexdigest()
