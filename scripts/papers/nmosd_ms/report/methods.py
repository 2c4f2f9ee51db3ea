"""Report sections: methods generated from what ran."""

from __future__ import annotations

from scripts.papers.nmosd_ms.names import BEST_MODEL
from scripts.papers.nmosd_ms.report.run import Run
from scripts.report.document import Equation, Paragraph, Section
from scripts.report.rich_text import rich

IMAGES = {
    "lesions": "the lesion mask",
    "lesion_flair": "the FLAIR intensities within the lesion mask",
    "flair": "the FLAIR intensities",
}


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    paragraphs = [_images(run), _networks(run), _training(run), _evaluation(run)]
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** Patients, FLAIR volumes and lesion masks were drawn with seed {seed}. A patient has 1 + NB lesions with the mean and "
                "SD of the paper's lesion volumes; shares of five regions (periventricular, juxtacortical, deep, infratentorial, central) are "
                "Dirichlet with a mean that depends on the disease; sizes do not. The sizes named as reduced in @parameters are smaller than for "
                "a user's cohort, the method is the same.",
                seed=run.seed,
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "compression_equation",
                'y = "concatenate"(sigma("BN"(W_1 * x_(h -> c) + b_1)), sigma("BN"(W_2 * x_(w -> c) + b_2)))',
                "two-view compression: sections along two axes become channels of two convolutions",
            ),
        ),
    )


def _images(run: Run) -> list:
    v = run.value
    flips = v("augmentation.flip_axes")
    return rich(
        "**Images.** Volumes were turned to one orientation. The box round the head was found on the FLAIR volume (largest piece above Li's threshold) "
        "and cut both volume and lesion mask; {image} was resized to {size} × {size} × {size} voxels ({interpolation}). Training images were "
        "shifted by up to {shift:.0%} of the cube along each axis{flips}.",
        image=IMAGES[v("preparation.image")],
        size=v("preparation.size"),
        interpolation=v("preparation.interpolation"),
        shift=v("augmentation.shift_share"),
        flips=f" and mirrored with probability one half along {', '.join(flips)}" if flips else "",
    )


def _networks(run: Run) -> list:
    v = run.value
    return rich(
        "**Networks.** 3-D ResNet-18 and -34 (MONAI) on the cube; ResNet-18 and -34 (torchvision's blocks) behind the compression of two "
        "views (@compression_equation; kernel {kernel}, stride {stride}, 32 channels a view), which stands in the place of ResNet's first layer; "
        "dropout {dropout:g} before the last layer. {start}",
        kernel=v("compression.kernel"),
        stride=v("compression.stride"),
        dropout=v(f"models.{BEST_MODEL}.sizes.dropout"),
        start=pretraining_words(run),
    )


def pretraining_words(run: Run) -> str:
    """What the pretrained networks started from."""
    how = run.value(f"models.{BEST_MODEL}.pretrained")
    start = run.starts().get(BEST_MODEL, "")
    if how == "none":
        return "No network was pretrained in this run."
    if how == "procedural":
        return (
            f"The pretrained networks started from {start}, which stands in for ImageNet where no file of it is at hand; their compression and "
            "their last layer started at random."
        )
    return f"The pretrained networks started from {start}; their compression and their last layer started at random."


def _training(run: Run) -> list:
    v = run.value
    schedule = {
        "none": "kept",
        "step": f"times {v('training.step_factor'):g} after every {v('training.step_epochs')} epochs",
        "cosine": "lowered to 0 along a cosine",
    }[v("training.schedule")]
    devices = run.tables["trainings"].drop_duplicates(["device", "precision"])
    ran = ", ".join(f"{r.device} ({r.precision})" for r in devices.itertuples())
    return rich(
        "**Training.** Cross-entropy by {optimizer}, learning rate {rate:g} {schedule}, momentum {momentum:g}, {epochs} epochs, batches of {batch}; "
        "the {keep} epoch was kept. Device (precision): {ran}.",
        optimizer=str(v("training.optimizer")).upper(),
        rate=v("training.learning_rate"),
        schedule=schedule,
        momentum=v("training.momentum"),
        epochs=v("training.epochs"),
        batch=v("training.batch_size"),
        keep=v("training.keep"),
        ran=ran,
    )


def _evaluation(run: Run) -> list:
    return rich(
        "**Evaluation.** {folds}, by patient and stratified by disease; patients with nearly the same lesion map stay in one fold. A patient is called "
        "by the larger probability. Sensitivity is of NMOSD. Intervals: percentiles of {n} bootstrap samples of patients.",
        folds=run.folds_words().capitalize(),
        n=run.value("evaluation.n_bootstrap"),
    )
