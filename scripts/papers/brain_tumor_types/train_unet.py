"""Train the two-sided UNet to give back its input (4.1.1, first step), and keep what its sides draw on the way.

Examples are a test slice of each type, the one that `spread_over_types` puts first.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from scripts.papers.brain_tumor_types.networks import TwoSidedUNet, left_only, right_only
from scripts.papers.brain_tumor_types.training_parts import (
    inputs_of,
    samples_of_part,
    snapshot_epochs,
    spread_over_types,
    transform_of,
)
from scripts.seeds import generator
from scripts.tables import read_table, write_json, write_table, write_whole
from scripts.training import checkpoints
from scripts.training.datasets import SampleDataset
from scripts.training.fit import Observe, fit
from scripts.training.samples import SampleSource
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import Batch, Task
from scripts.workflow.contents import file_digest
from scripts.workflow.job import Job

N_EXAMPLES = 3


def reconstruction_loss(outputs: Tensor, batch: Batch) -> Tensor:
    """Mean squared difference from the input, over pixels and channels."""
    return functional.mse_loss(outputs.float(), batch["image"])


def colour_error(outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
    """Mean absolute difference from the input, in grey values of 0 to 1."""
    return {"grey_error": (outputs.float() - batch["image"]).abs().mean()}


def pictures_at(epochs: list[int], examples: Tensor, seed: int) -> Observe:
    """Keeps what the whole UNet, its left and its right side make of examples after some epochs (Figures 8 to 10).

    Each is the mean over the three channels, (n, y, x); random weights of the cut side follow from `seed`.
    """

    def observe(epoch: int, network: nn.Module) -> dict[str, Tensor]:
        if epoch not in epochs:
            return {}
        at = examples.to(next(network.parameters()).device)
        sides = {"whole": network, "left": left_only(network, seed), "right": right_only(network, seed)}
        return {name: side(at).mean(dim=1).cpu() for name, side in sides.items()}

    return observe


def main(job: Job) -> None:
    """Rule train_unet_brain_tumor_types; settings: models.encoder, training, device, seed."""
    model = job.settings["models"]["encoder"]
    settings = TrainingSettings.read(job.settings["training"] | model["reconstruction"])
    source = SampleSource(job.input.samples, job.input.table)
    split = read_table(job.input.split)
    place = (job.wildcards.repeat, job.wildcards.fold)
    parts = {
        part: SampleDataset(source, samples_of_part(split, *place, part), None, transform_of(model))
        for part in ("training", "validation")
    }
    tested = set(samples_of_part(split, *place, "test"))
    examples = spread_over_types(source.table[source.table["sample"].isin(tested)], N_EXAMPLES)
    numbers = generator(job.seed, "brain_tumor_types", "train_unet", job.wildcards.scheme, *place)
    seed = int(numbers.integers(1 << 31))
    torch.manual_seed(seed)
    network = TwoSidedUNet(model["sizes"]["channels"])
    epochs = snapshot_epochs(settings.epochs, model["snapshots"])
    inputs = inputs_of(source, examples, model)
    key = checkpoints.checkpoint_key(
        code=job.code,
        settings=job.settings,
        seed=job.seed,
        inputs={str(path): file_digest(path) for path in (*job.input.samples, job.input.split)},
        place=list(map(str, (job.wildcards.scheme, *place))),
        threads=job.threads,
    )
    folder = checkpoints.open_folder(key, str(job.output.weights))
    fitted = fit(
        network,
        Task(reconstruction_loss, colour_error),
        parts["training"],
        parts["validation"],
        settings,
        seed,
        folder,
        job.settings["device"],
        observe=pictures_at(epochs, inputs, seed),
    )
    kept = {f"{epoch}/{name}": t for epoch, seen in fitted.observed.items() for name, t in seen.items()}
    kept["examples"] = inputs.mean(dim=1)
    write_whole(job.output.weights, lambda path: save_file(network.state_dict(), path))
    write_whole(job.output.observed, lambda path: save_file({k: v.contiguous() for k, v in kept.items()}, path))
    write_table(fitted.history, job.output.history)
    write_json({"examples": examples, "device": fitted.device, "stopped": fitted.stopped}, job.output.training)
    checkpoints.remove(folder)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
