"""Every figure of the report, as SVG: Figures 7 to 17 of the paper, and those beyond it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import load_file

from scripts.papers.brain_tumor_types.names import (
    METHOD_LABELS,
    MODEL_LABELS,
    SCHEME_LABELS,
    SIDE_LABELS,
    TYPE_LABELS,
    TYPES,
)
from scripts.papers.brain_tumor_types.pictures import (
    draw_groups,
    draw_similarities,
    saliency_rows,
    strip_of_groups,
)
from scripts.report.figures.confusion_matrix import draw_confusion_matrices
from scripts.report.figures.epochs import draw_epochs
from scripts.report.figures.forest import draw_rivals
from scripts.report.figures.picture_grid import Tile, draw_picture_grid
from scripts.report.figures.recovery import draw_recovery_on_one_scale
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.statistics.classification_metrics import confusion_counts
from scripts.tables import read_json, read_table
from scripts.training.samples import SampleSource
from scripts.training.tensor_file import read_tensors
from scripts.workflow.job import Job

HALF_MM = 88.0
EXPLAINED = {"unet": "encoder", "cnn": "cnn", "vgg16": "vgg16"}


def draw_unet(folder: Path, observed: Mapping[str, Any], history: pd.DataFrame) -> None:
    """Figures 7 (loss) and 8 to 10: what the whole UNet, its right and its left side draw after some epochs."""
    measures = {"loss": "Mean squared difference", "grey_error": "Mean absolute difference"}
    with drawing(folder / "unet_loss.svg", PAGE_MM, 62.0) as figure:
        draw_epochs(figure, history, measures, log=True)
    examples = observed["examples"].numpy()
    epochs = sorted(observed["epochs"])
    for side in SIDE_LABELS:
        drawn = [observed["epochs"][epoch][side].numpy() for epoch in epochs]
        rows = [[Tile(picture), *(Tile(step[k]) for step in drawn)] for k, picture in enumerate(examples)]
        height = 26.0 * len(rows) + 6.0
        with drawing(folder / f"unet_{side}.svg", PAGE_MM, height) as figure:
            draw_picture_grid(figure, rows, (), ["Original", *(f"Epoch {epoch}" for epoch in epochs)])


def draw_encoder(
    folder: Path,
    history: pd.DataFrame,
    observed: Mapping[int, Mapping[str, Any]],
    truth: NDArray,
    shown: tuple[int, int],
) -> None:
    """Figures 11 (accuracy over some epochs) and 12 (confusion of the test slices after several epochs)."""
    with drawing(folder / "encoder_accuracy.svg", PAGE_MM, 62.0) as figure:
        sides = figure.subfigures(1, 2)
        draw_epochs(sides[0], history, {"accuracy": "Accuracy, all epochs"})
        draw_epochs(
            sides[1], history, {"accuracy": f"Accuracy, epochs {shown[0]} to {shown[1]}"}, epochs=shown
        )
    epochs = {f"Epoch {epoch}": seen["logits"].numpy() for epoch, seen in sorted(observed.items())}
    table = pd.concat([confusion_rows(name, truth, logits) for name, logits in epochs.items()])
    with drawing(folder / "encoder_confusions.svg", PAGE_MM, 60.0 * -(-len(epochs) // 3)) as figure:
        draw_confusion_matrices(figure, table, {name: name for name in epochs}, TYPE_LABELS)


def draw_performance(folder: Path, tables: Mapping[str, pd.DataFrame], bayes: float | None) -> None:
    """Figures 16 and 17 (confusion matrices), by patient and by slice; the gap between the two splits."""
    for model in MODEL_LABELS:
        both = []
        for scheme, title in SCHEME_LABELS.items():
            table = tables[f"confusion_{scheme}"]
            both.append(table[table["model"] == model].assign(model=title))
        with drawing(folder / f"confusion_{model}.svg", PAGE_MM, 80.0) as figure:
            titles = {title: title for title in SCHEME_LABELS.values()}
            draw_confusion_matrices(figure, pd.concat(both), titles, TYPE_LABELS)
    gap = tables["gap"]
    parts = [
        pd.DataFrame(
            {"model": gap["model"].map(MODEL_LABELS), "cohort": label, "estimate": gap[f"accuracy_{scheme}"],
             "ci_low": gap[f"lower_{scheme}"], "ci_high": gap[f"upper_{scheme}"]}
        )
        for scheme, label in SCHEME_LABELS.items()
    ]  # fmt: skip
    with drawing(folder / "gap.svg", PAGE_MM, 60.0) as figure:
        draw_rivals(figure, pd.concat(parts, ignore_index=True), "Accuracy (95% CI)", reference=bayes)


def confusion_rows(name: str, truth: NDArray, logits: NDArray) -> pd.DataFrame:
    """model, truth, called, n, share of the truth's slices: for `draw_confusion_matrices`.

    Parameters
    ----------
    truth : (n,) codes in the order of TYPES. logits : (n, 3).
    """
    counts = confusion_counts(truth, logits.argmax(axis=1), len(TYPES))
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    return pd.DataFrame(
        [(name, a, b, counts[i, j], shares[i, j]) for i, a in enumerate(TYPES) for j, b in enumerate(TYPES)],
        columns=["model", "truth", "called", "n", "share"],
    )


def draw_saliency(folder: Path, examples: Mapping[str, NDArray], saliency: pd.DataFrame) -> None:
    """Figures 13 and 14 (what the UNet and the gradient show of two slices), the other maps, and the hits."""
    for number in range(len(examples["encoder/picture"])):
        rows, labels = saliency_rows(examples, number)
        with drawing(folder / f"saliency_{number + 1}.svg", PAGE_MM, 34.0 * len(rows)) as figure:
            draw_picture_grid(figure, rows, labels, ())
    series = pd.DataFrame(
        {"model": saliency["model"].map(MODEL_LABELS), "cohort": saliency["method"].map(METHOD_LABELS),
         "estimate": saliency["hit"], "ci_low": saliency["hit_lower"], "ci_high": saliency["hit_upper"]}
    )  # fmt: skip
    with drawing(folder / "pointing.svg", PAGE_MM, 70.0) as figure:
        blind = float(saliency["by_chance"].mean())
        draw_rivals(
            figure, series, "Share of maps whose brightest point hits the tumour (95% CI)", reference=blind
        )


def draw_recovery(folder: Path, recovery: pd.DataFrame) -> None:
    """Planted against found, on one scale."""
    names = {"found": "estimated", "lower": "ci_low", "upper": "ci_high"}
    with drawing(folder / "recovery.svg", PAGE_MM, 18.0 + 5.0 * 2 * len(recovery)) as figure:
        draw_recovery_on_one_scale(figure, recovery.rename(columns=names))


def main(job: Job) -> None:
    """Rule draw_figures_brain_tumor_types; settings: grouping, models.encoder."""
    folder = Path(job.output.figures)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        name: read_table(path)
        for name, path in job.input.items()
        if isinstance(path, str) and path.endswith((".parquet", ".csv"))
    }
    draw_unet(folder, read_tensors(job.input.unet_observed), tables["unet_history"])
    tested = tables["encoder_predictions"]
    tested = tested[tested["part"] == "test"]
    truth = tested["label"].map({word: k for k, word in enumerate(TYPE_LABELS)}).to_numpy(int)
    epochs = job.settings["models"]["encoder"]["training"]["epochs"]
    shown = (max(1, epochs // 2), max(1, epochs * 5 // 8))  # 80 to 100 of 160
    draw_encoder(folder, tables["encoder_history"], read_tensors(job.input.encoder_observed), truth, shown)
    with drawing(folder / "cnn_epochs.svg", PAGE_MM, 62.0) as figure:
        measures = {"accuracy": "Accuracy", "loss": "Loss (with the L2 penalty in training)"}
        draw_epochs(figure, tables["cnn_history"], measures)
    with drawing(folder / "vgg16_epochs.svg", PAGE_MM, 62.0) as figure:
        draw_epochs(figure, tables["vgg16_history"], {"accuracy": "Accuracy", "loss": "Loss"})
    bayes = read_json(job.input.truth)["bayes_accuracy"] if "truth" in dict(job.input.items()) else None
    draw_performance(folder, tables, bayes)
    draw_saliency(folder, load_file(job.input.examples), tables["saliency"])
    source = SampleSource(job.input.samples)
    least = job.settings["grouping"]["least_similarity"]
    with drawing(folder / "similarities.svg", PAGE_MM, 56.0) as figure:
        draw_similarities(figure, tables["groups"], least)
    with drawing(folder / "groups.svg", PAGE_MM, 58.0) as figure:
        draw_groups(figure, strip_of_groups(tables["groups"]), source)
    if "recovery" in tables:
        draw_recovery(folder, tables["recovery"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
