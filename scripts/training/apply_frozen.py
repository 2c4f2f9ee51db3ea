"""New images through a frozen network: what a paper's own predict step hands its network and transform to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.model.bundle_file import settings_differences
from scripts.tables import write_both, write_table
from scripts.training.datasets import SampleDataset, Transform
from scripts.training.fold import Build
from scripts.training.frozen import Card, Frozen, misfit, read_frozen
from scripts.training.predict import predict
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

STEP = "predict"
FAILURES = ("sample", "patient", "step", "cause", "log")


def require_same_preparation(card: Card, used: Mapping[str, Any]) -> None:
    """InputError naming every setting on which the frozen network and the new samples' preparation disagree."""
    if differences := settings_differences(card["preparation"], used):
        raise InputError(
            "settings of the preparation", "those of the frozen network", "; ".join(differences),
            "Prepare the images with the network's settings.",
        )  # fmt: skip


def require_same_rows(card: Card, rows: Sequence[str]) -> None:
    """InputError where the rows (y) of new samples are not those of the frozen network, by name and in order.

    Parameters
    ----------
    rows : their names. A card without any takes what comes.
    """
    expected = card["input"].get("rows", list(rows))
    if list(rows) == expected:
        return
    hint = "Prepare the samples with the network's rows in their order."
    if len(rows) != len(expected):
        raise InputError("rows of the samples", f"the network's {len(expected)}", str(len(rows)), hint)
    place, (own, other) = next(
        (k, pair) for k, pair in enumerate(zip(expected, rows, strict=True), 1) if len(set(pair)) > 1
    )
    raise InputError(
        f"row {place} of the samples", f"'{own}', as the network was trained", f"'{other}'", hint
    )


def admissible_samples(
    card: Card, source: SampleSource, samples: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """Samples that the network takes, in their order; and sample -> cause for those it does not (`misfit`)."""
    causes = {sample: misfit(card, source.read(sample)) for sample in samples}
    return [s for s, cause in causes.items() if not cause], {s: cause for s, cause in causes.items() if cause}


def score_samples(
    frozen: Frozen,
    source: SampleSource,
    samples: Sequence[str],
    transform: Transform | None = None,
    batch_size: int = 32,
    device: str = "cpu",
) -> pd.DataFrame:
    """Class probabilities of samples that the network takes.

    Returns
    -------
    DataFrame[sample, patient, label, predicted, p_<class>...] in the order of `samples`: label as the samples' table
        has it (missing where unknown), predicted the class of the greatest probability, the first of equals.
    """
    dataset = SampleDataset(source, samples, None, transform)
    found = predict(frozen.network, dataset, batch_size, device)
    known = source.table.set_index("sample").reindex([str(s) for s in samples])
    table = pd.DataFrame({"sample": list(map(str, samples)), "patient": known["patient"].to_numpy()})
    table["label"] = known["label"].to_numpy() if "label" in known else np.nan
    table["predicted"] = np.array(frozen.classes, dtype=object)[found.argmax(axis=1)]
    for column, word in enumerate(frozen.classes):
        table[f"p_{word}"] = found[:, column]
    return table


def apply_frozen(job: Job, build: Build, transform: Transform | None = None) -> None:
    """Score the samples of a cohort with a frozen network.

    Parameters
    ----------
    job : its rule names
        input: card and weights (card.json and weights.safetensors of one folder), samples
        (prepared/<batch>.safetensors,
            all), table (samples.parquet);
        output: predictions (CSV, and Parquet beside it), failures (CSV: sample, patient, step, cause, log);
        settings: device, batch_size, and preparation, the settings that led to the samples.
    build, transform : the paper's, as for `scripts.training.fold.train_fold`.

    Raises
    ------
    InputError : the network was frozen with another preparation, does not fit its card, or takes none of the samples.
    """
    frozen = read_frozen(Path(job.input.card).parent, build)
    require_same_preparation(frozen.card, job.settings["preparation"])
    source = SampleSource(job.input.samples, job.input.table)
    patients = dict(source.table[["sample", "patient"]].itertuples(index=False))
    taken, refused = admissible_samples(frozen.card, source, list(patients))
    for sample, cause in refused.items():
        print(f"{sample}: {cause}")
    if not taken:
        first = next(iter(refused.items()), ("", "the cohort has no samples"))
        raise InputError(
            "samples of the cohort", "images that the network takes", ": ".join(filter(None, first))
        )
    table = score_samples(
        frozen, source, taken, transform, job.settings["batch_size"], job.settings["device"]
    )
    write_both(table, job.output.predictions)
    rows = [(sample, patients[sample], STEP, cause, str(job.log or "")) for sample, cause in refused.items()]
    write_table(pd.DataFrame(rows, columns=list(FAILURES)), job.output.failures)
