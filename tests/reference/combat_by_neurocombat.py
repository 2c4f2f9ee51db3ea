"""Write expected/combat.json: features of `inputs/primary.csv` harmonised by neuroCombat (MIT; run, not copied).

    pip install neuroCombat==0.2.12
    python tests/reference/combat_by_neurocombat.py

The tolerance of its iteration is set to 1e-12 (1e-4 by default), for it stops by a change relative to a signed number.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
COLUMNS = [f"f{j:02d}" for j in range(1, 16)]
N_TRAINING, N_NEW = 90, 12


def main() -> None:
    """Batches are the TNM stages, 3 and 4 together; 90 training patients, and 12 new ones of known batches."""
    path = HERE / "inputs" / "primary.csv"
    table = pd.read_csv(path)
    values = table[COLUMNS].to_numpy().T
    batch = np.minimum(table["tnm"].to_numpy(), 3)
    library = importlib.import_module("neuroCombat.neuroCombat")
    library.it_sol.__defaults__ = (1e-12,)
    training, new = slice(0, N_TRAINING), slice(N_TRAINING, N_TRAINING + N_NEW)
    covariates = pd.DataFrame({"batch": batch[training]})
    found = library.neuroCombat(values[:, training], covariates, "batch")
    # what the training cases gave, applied by its own definition to the new ones
    estimates = found["estimates"]
    mean, sd = estimates["stand.mean"][:, :1], np.sqrt(estimates["var.pooled"])
    which = batch[new] - 1
    z = (values[:, new] - mean) / sd
    applied = sd * (z - estimates["gamma.star"][which].T) / np.sqrt(estimates["delta.star"][which].T) + mean
    expected = {
        "made_with": {
            "neuroCombat": importlib.metadata.version("neuroCombat"),
            "inputs_md5": {path.name: hashlib.md5(path.read_bytes()).hexdigest()},
        },
        "training": found["data"].T[:20].tolist(),
        "training_sum": found["data"].sum(axis=1).tolist(),
        "new": applied.T.tolist(),
        "gamma": np.asarray(estimates["gamma.star"]).tolist(),
        "delta_squared": np.asarray(estimates["delta.star"]).tolist(),
    }
    (HERE / "expected" / "combat.json").write_text(json.dumps(expected, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
