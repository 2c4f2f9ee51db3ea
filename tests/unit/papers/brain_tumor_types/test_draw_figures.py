"""Every figure that the report names is drawn, from tables made by hand; counts of a confusion matrix by hand."""

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file

from scripts.papers.brain_tumor_types.draw_figures import (
    confusion_rows,
    draw_encoder,
    draw_performance,
    draw_recovery,
    draw_saliency,
    draw_unet,
)
from scripts.papers.brain_tumor_types.names import METHOD_LABELS, MODEL_LABELS
from scripts.papers.brain_tumor_types.pictures import draw_groups, draw_similarities, strip_of_groups
from scripts.papers.brain_tumor_types.write_report import compose
from scripts.report.document import Figure, blocks_of
from scripts.report.figures.style import drawing
from scripts.training.samples import SampleSource

SIDE = 16


def groups(known):
    n = 60
    similarity = np.where(np.arange(n) % 5 == 0, -0.2, 0.8)
    subjects = [f"P{k // 5}" if known else None for k in range(n)]
    return pd.DataFrame(
        {"sample": [f"S{k:02d}" for k in range(n)], "label": "glioma", "number": range(n), "subject": subjects,
         "similarity": similarity, "run": [f"r{k // 5}" for k in range(n)]}
    )  # fmt: skip


def examples(random):
    found = {}
    for model in MODEL_LABELS:
        for what in ("picture", "mask", *METHOD_LABELS):
            if what != "unet" or model == "encoder":
                found[f"{model}/{what}"] = (random.random((2, SIDE, SIDE)) > 0.7).astype(float)
    return found | {f"unet/{what}": random.random((2, SIDE, SIDE)) for what in ("own", "joined")}


def test_every_figure_of_the_report_is_drawn(tmp_path, make_run):
    run, random = make_run(), np.random.default_rng(1)
    pictures = torch.rand(3, SIDE, SIDE)
    sides = {"whole": pictures, "left": pictures, "right": pictures}
    draw_unet(tmp_path, {"examples": pictures, "epochs": {2: sides, 4: sides}}, run.tables["unet_history"])
    observed = {1: {"logits": torch.rand(9, 3)}, 2: {"logits": torch.rand(9, 3)}}
    draw_encoder(tmp_path, run.tables["encoder_history"], observed, np.arange(9) % 3, (1, 2))
    draw_performance(tmp_path, run.tables, 0.908)
    draw_saliency(tmp_path, examples(random), run.tables["saliency"])
    draw_recovery(tmp_path, run.tables["recovery"])
    with drawing(tmp_path / "similarities.svg") as figure:
        draw_similarities(figure, groups(True), 0.3)
    save_file(
        {f"S{k:02d}": np.full((1, SIDE, SIDE), k, np.uint8) for k in range(60)}, tmp_path / "b0.safetensors"
    )
    strip = strip_of_groups(groups(True))
    assert (len(strip), strip["sample"][0]) == (48, "S06")
    with drawing(tmp_path / "groups.svg") as figure:
        draw_groups(figure, strip, SampleSource([tmp_path / "b0.safetensors"]))
    drawn = {path.name for path in tmp_path.glob("*.svg")}
    named = {panel.file for b in blocks_of(compose(run)) if isinstance(b, Figure) for panel in b.panels}
    elsewhere = {"examples.svg", "cnn_epochs.svg", "vgg16_epochs.svg"}  # of the check, and of the step itself
    assert named - elsewhere == drawn


def test_neighbours_without_known_patients(tmp_path):
    with drawing(tmp_path / "a.svg") as figure:
        draw_similarities(figure, groups(False), 0.3)
        assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == [
            "neighbours",
            "a run may end below",
        ]
    with drawing(tmp_path / "b.svg") as figure:
        draw_similarities(figure, groups(True).assign(similarity=np.nan), 0.3)
        assert "no neighbours in the numbering" in figure.axes[0].texts[0].get_text()


def test_confusion_of_logits():
    truth = np.array([0, 0, 0, 2])
    logits = np.array([[3, 0, 0], [0, 3, 0], [3, 0, 0], [0, 0, 3]], float)
    table = confusion_rows("Epoch 5", truth, logits).set_index(["truth", "called"])
    assert table.loc[("glioma", "glioma"), ["n", "share"]].tolist() == [2, 2 / 3]
    assert table.loc[("glioma", "meningioma"), "n"] == 1
    assert table.loc[("pituitary", "pituitary"), "share"] == 1
    assert np.isnan(table.loc[("meningioma", "glioma"), "share"])  # no slice of that type
