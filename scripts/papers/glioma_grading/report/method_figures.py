"""Report section: the network (Figure 3), the 57-fold set (Figure 4), and how the trainings went (Figure 5)."""

from __future__ import annotations

import pandas as pd

from scripts.papers.glioma_grading.names import BEST_MODEL, MODEL_LABELS
from scripts.papers.glioma_grading.policy import SVHN, copies_of_others, fixed_operations
from scripts.papers.glioma_grading.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import number_text


def section(run: Run) -> Section:
    """The section 'Network, augmentation and training'."""
    return Section("Network, augmentation and training", (*_network(run), *_augmentation(), *_training(run)))


def _network(run: Run) -> tuple:
    layers = run.tables["network_layers"]
    total, new = (
        int(layers["parameters"].sum()),
        int(layers.loc[~layers["transferred"].astype(bool), "parameters"].sum()),
    )
    start = run.tables["trainings"].set_index("model").loc[[BEST_MODEL], "start"].iloc[0]
    return (
        Paragraph(
            rich(
                "AlexNet keeps its layers and weights, but for the last: {new} of {total} parameters are new (@network). The weights that "
                "it starts from: {start}.",
                new=f"{new:,}",
                total=f"{total:,}",
                start=start,
            )
        ),
        Figure(
            "network",
            "The network with what leaves each layer (channels × rows × columns) and its number of parameters (the paper's Figure 3).",
            (Panel("network.svg"),),
        ),
    )


def _augmentation() -> tuple:
    operations = fixed_operations()
    singles, again = sum(len(steps) == 1 for steps in operations), len(copies_of_others(operations))
    return (
        Paragraph(
            rich(
                "The {n} sub-policies of the SVHN policy, each taken apart into its first operation, its second, and both, give "
                "{all} entries; {singles} single operations and {pairs} pairs are different as the policy's table prints them, {found} in "
                "all, the paper's number. {again} of these do what an earlier one does, because inverting, equalising and automatic contrast "
                "have no magnitude though the table has one: {different} different images besides the original are left (@augmented). They "
                "are kept, as in the paper, and count as more weight for those operations.",
                n=len(SVHN),
                all=3 * len(SVHN),
                singles=singles,
                pairs=len(operations) - singles,
                found=len(operations),
                again=again,
                different=len(operations) - again,
            )
        ),
        Figure(
            "augmented",
            "The 57-fold set of one patient of the highest grade (the paper's Figure 4): the image, and the 56 fixed operations in the "
            "order of the policy's table, with their magnitudes. Grey titles: images that are exact copies of an earlier one.",
            (Panel("augmented.svg"),),
        ),
    )


def _training(run: Run) -> tuple:
    table = run.tables["trainings"]
    best = table[table["model"] == BEST_MODEL]
    curves = run.tables["learning_curves"]
    curves = curves[(curves["model"] == BEST_MODEL) & (curves["metric"] == "training_accuracy")]
    printed = run.reported["values"]
    return (
        Paragraph(
            rich(
                "The trainings of the transferred network ended after {epochs} epochs (median over the folds; kept is the epoch with the "
                "least loss of the validation patients, median {kept}) with a training accuracy of {accuracy} (@learning, @trainings). In the "
                "paper it converged at epoch {converged} and was stopped at epoch {stopped}.",
                epochs=f"{best['epochs'].median():g}",
                kept=f"{best['best_epoch'].median():g}",
                accuracy=number_text(float(curves.sort_values("epoch")["mean"].iloc[-1]))
                if len(curves)
                else "–",
                converged=printed["converged_epoch"]["value"],
                stopped=printed["stopped_epoch"]["value"],
            )
        ),
        Figure(
            "learning",
            "Accuracy and loss of the transferred network over the epochs (the paper's Figure 5): mean over the folds that were still "
            "training, with the least and the largest. Training values are of the 57-fold set during the epoch, with dropout; validation "
            "values of the patients' own images after it.",
            (Panel("learning.svg"),),
        ),
        trainings_table(table),
    )


def trainings_table(table: pd.DataFrame) -> Table:
    """A row a model: how its trainings went."""
    rows = []
    for model in [m for m in MODEL_LABELS if m in set(table["model"])]:
        part = table[table["model"] == model]
        stops = part["stopped"].value_counts()
        rows.append(
            Row(
                (
                    MODEL_LABELS[model],
                    str(len(part)),
                    f"{part['epochs'].median():g} ({part['epochs'].min()}–{part['epochs'].max()})",
                    f"{part['best_epoch'].median():g}",
                    f"{part['batch_size'].iloc[0]}",
                    str(part["start"].iloc[0]),
                    "; ".join(f"{words} ({n})" for words, n in stops.items()),
                )
            )
        )
    first = table.iloc[0]
    return Table(
        "trainings",
        "The trainings.",
        (
            Column("Model"),
            Column("Folds", "right"),
            Column("Epochs, median (range)", "center"),
            Column("Kept", "right"),
            Column("Batch", "right"),
            Column("First weights"),
            Column("Why it ended (folds)"),
        ),
        tuple(rows),
        notes=(
            f"{int(first['n_parameters']):,} parameters; device {first['device']}, precision {first['precision']}.",
        ),
    )
