"""Train the two-sided UNet to give back its input (4.1.1, first step), and keep what its sides draw on the way.

Examples are a test slice of each type, the one that `spread_over_types` puts first.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

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
from scripts.splits.split_table import fold_of_split, read_split
from scripts.tables import write_json, write_table, write_whole
from scripts.training import checkpoints
from scripts.training.datasets import SampleDataset
from scripts.training.devices import repeatable, seeded
from scripts.training.fit import Observe, fit
from scripts.training.samples import SampleSource
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import Batch, Task
from scripts.training.tensor_file import write_tensors
from scripts.workflow.job import Job

N_EXAMPLES = 3


def reconstruction_loss(outputs: Tensor, batch: Batch) -> Tensor:
    """Mean squared difference from the input, over pixels and channels."""
    return functional.mse_loss(outputs.float(), batch["image"])


def grey_error(outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
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
    model, where = job.settings["models"]["encoder"], job.wildcards
    settings = TrainingSettings.read(job.settings["training"] | model["reconstruction"])
    source = SampleSource(job.input.samples, job.input.table)
    rows = fold_of_split(read_split(job.input.split), int(where.repeat), int(where.fold))
    parts = {
        part: SampleDataset(source, samples_of_part(rows, part), None, transform_of(model))
        for part in ("train", "validation")
    }
    examples = spread_over_types(rows[rows["part"] == "test"], N_EXAMPLES)
    inputs = inputs_of(source, examples, model)
    epochs = snapshot_epochs(settings.epochs, model["snapshots"])
    names = ("brain_tumor_types", "train_unet", where.scheme, where.repeat, where.fold)
    seed = int(generator(job.seed, *names).integers(1 << 31))
    with seeded(seed, "first weights"):
        network = TwoSidedUNet(model["sizes"]["channels"])
    folder = checkpoints.checkpoint_folder(job)
    with repeatable(job.settings["device"], job.threads):
        fitted = fit(
            network,
            Task(reconstruction_loss, grey_error),
            parts["train"],
            parts["validation"],
            settings,
            seed,
            folder,
            job.settings["device"],
            observe=pictures_at(epochs, inputs, seed),
        )
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_whole(job.output.weights, lambda path: save_file(state, path))
    write_tensors({"examples": inputs.mean(dim=1), "epochs": fitted.observed}, job.output.observed)
    write_table(fitted.history, job.output.history)
    write_json(
        {"examples": examples, "device": fitted.device, "stopped": fitted.stopped}, job.output.training
    )
    checkpoints.remove(folder)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
