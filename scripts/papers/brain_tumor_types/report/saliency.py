"""Report section: what the UNet's sides draw, what the encoder learns, and where the networks look."""

from __future__ import annotations

from scripts.papers.brain_tumor_types.names import METHOD_LABELS, MODEL_LABELS
from scripts.papers.brain_tumor_types.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text

OTHERS = "The first picture is the slice, as the network gets it."


def unet(run: Run) -> Section:
    """Figures 7 to 12."""
    history = run.tables["unet_history"]
    first, last = history.iloc[0], history.iloc[-1]
    text = rich(
        "The UNet learns to give back its input: the mean squared difference in the training slices falls from {first:.4f} in the first to "
        "{last:.4f} in the last of {n} epochs (@unet_loss, @unet_whole). Its right side alone keeps the places and not the grey values "
        "(@unet_right), its left side alone the grey values and less of the places (@unet_left). The encoder, trained on as a "
        "classifier, has a training accuracy of {accuracy:.2f} after its last epoch (@encoder_accuracy, @encoder_confusions).",
        first=first["training_loss"],
        last=last["training_loss"],
        n=len(history),
        accuracy=run.tables["encoder_history"].iloc[-1]["training_accuracy"],
    )
    return Section(
        "UNet and encoder",
        (
            Paragraph(text),
            Figure(
                "unet_loss", "Loss by epoch of the UNet (the paper's Figure 7).", (Panel("unet_loss.svg"),)
            ),
            Figure(
                "unet_whole",
                f"What the UNet draws of three test slices, one of each type, after several epochs (the paper's Figure 8). {OTHERS}",
                (Panel("unet_whole.svg"),),
            ),
            Figure(
                "unet_right",
                "The right side alone, with new random weights on the left (the paper's Figures 6 and 9).",
                (Panel("unet_right.svg"),),
            ),
            Figure(
                "unet_left",
                "The left side alone, with new random weights on the right (the paper's Figures 5 and 10).",
                (Panel("unet_left.svg"),),
            ),
            Figure(
                "encoder_accuracy",
                "Accuracy of the encoder by epoch (the paper's Figure 11 shows epochs 80 to 100 of 160).",
                (Panel("encoder_accuracy.svg"),),
            ),
            Figure(
                "encoder_confusions",
                "Confusion matrices of the encoder after several epochs, test slices of the first fold (the paper's Figure 12).",
                (Panel("encoder_confusions.svg"),),
            ),
        ),
    )


def section(run: Run) -> Section:
    """Figures 13 and 14, and the pointing game."""
    table = run.tables["saliency"]
    chance = float(table["by_chance"].mean())
    best = table.loc[table["hit"].idxmax()]
    beaten = int((table["hit_lower"] > table["by_chance"]).sum())
    centre = float(table["centre"].mean())
    text = rich(
        "The paper judges its maps by eye and finds that neither method shows where the tumour is. Here {n} test slices with a mask are "
        "measured: a map hits where its brightest point lies in the tumour (@pointing). A point anywhere in the head hits {chance:.0%}, the middle "
        "of the picture {centre:.0%}. {beaten} of {total} kinds of maps do better than a blind point, beyond their intervals; the best is "
        "{best} of {model} with {hit}. The joined UNet's map is our reading: where it changes what the UNet draws.",
        n=int(table["n"].max()),
        chance=chance,
        centre=centre,
        beaten=beaten,
        total=len(table),
        best=METHOD_LABELS[best["method"]],
        model=MODEL_LABELS[best["model"]],
        hit=estimate_text(best["hit"], best["hit_lower"], best["hit_upper"]),
    )
    figures = [
        Figure(
            f"saliency_{number}",
            f"Slice {number} (the paper's Figure {12 + number}). First row: the slice with the tumour outlined, the UNet's drawing, the drawing "
            "with the classifier's encoder, the gradient, the gradient over the slice. Below, for each network: gradient, integrated "
            "gradients, Grad-CAM and, for the encoder, the joined UNet's map, over the slice.",
            (Panel(f"saliency_{number}.svg"),),
        )
        for number in (1, 2)
    ]
    return Section(
        "Where the networks look",
        (
            Paragraph(text),
            *figures,
            Figure(
                "pointing",
                "How often the brightest point of a map lies in the tumour; the dotted line is a point drawn blindly in the head.",
                (Panel("pointing.svg"),),
            ),
            pointing_table(run),
        ),
    )


def pointing_table(run: Run) -> Table:
    """Hits and shares inside the tumour of every kind of map."""
    rows, model = [], ""
    for row in run.tables["saliency"].to_dict("records"):
        if row["model"] != model:
            model = row["model"]
            rows.append(Row((MODEL_LABELS[model],), heading=True))
        rows.append(
            Row(
                (
                    METHOD_LABELS[row["method"]],
                    estimate_text(row["hit"], row["hit_lower"], row["hit_upper"]),
                    estimate_text(row["inside"], row["inside_lower"], row["inside_upper"]),
                    number_text(row["by_chance"]),
                    number_text(row["centre"]),
                ),
                level=1,
            )
        )
    return Table(
        "pointing_table",
        "Pointing game: hits, and the share of a map's positive values that lies in the tumour (not in the paper).",
        (
            Column(""),
            Column("Hits (95% CI)", "center"),
            Column("Inside the tumour (95% CI)", "center"),
            Column("Hits of a blind point", "center"),
            Column("Hits of the middle", "center"),
        ),
        tuple(rows),
        notes=(
            f"A hit may miss the mask by {100 * run.value('saliency.tolerance'):g}% of the picture's side. Networks of the first fold of the "
            "split by patient; maps of the class that they call.",
        ),
    )
