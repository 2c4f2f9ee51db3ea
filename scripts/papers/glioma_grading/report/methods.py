"""Report sections: methods generated from what ran, versions and digests."""

from __future__ import annotations

from scripts.papers.glioma_grading.report.run import Run
from scripts.report.document import Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_sections import provenance_section

START = {
    "torchvision": "weights that torchvision learnt from ImageNet",
    "procedural": "weights learnt from generated fractal images (no photographs)",
    "none": "random weights",
}


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    paragraphs = [_images(run), _network(run), _validation(run), _rivals(run)]
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** Volumes, tumour masks and grades were drawn with seed {seed}; the sizes named as reduced in @parameters are smaller "
                "than for a user's cohort, the method is the same.",
                seed=run.seed,
            )
        )
    return Section("Methods", tuple(map(Paragraph, paragraphs)))


def _images(run: Run) -> list:
    v = run.value
    low, high = v("intensity.low_percentile"), v("intensity.high_percentile")
    return rich(
        "**Images.** Of each volume the axial slice with the largest {area} was taken. Its intensities from {low} to {high} became the grey "
        "levels 0 to 255. The box of the tumour was cut out, {outside}, and {aspect} {size} × {size} pixels.",
        area="area of the tumour mask"
        if v("slice.chosen_by") == "mask_area"
        else f"enhancing area of the tumour (more than {v('slice.enhancing_sd'):g} robust SD above the median of the tissue outside it; the largest "
        "area of the mask where nothing enhances)",
        low="the least" if low == 0 else f"the {low:g}th percentile",
        high="the largest" if high == 100 else f"the {high:g}th percentile",
        outside="black outside its outline" if v("crop.outside") == "black" else "with what lies round it",
        aspect="stretched to" if v("crop.aspect") == "stretched" else "with its shape kept set into",
        size=v("crop.size"),
    )


def _network(run: Run) -> list:
    v = run.value
    width = v("models.transferred.sizes.width")
    return rich(
        "**Network.** AlexNet as torchvision has it{width}, with a new last layer for three grades, started from {start} and trained whole: "
        "{optimizer} with a learning rate of {rate:g}, batches of {batch}, at most {epochs} epochs, ended after {patience} epochs without a "
        "smaller loss of the validation patients, whose best epoch is kept. Training patients enter with all 57 images, validation and test "
        "patients with their own. torchvision's AlexNet is the one-column version (Krizhevsky 2014): 64 kernels in its first layer, no "
        "groups and no response normalisation; it takes images of {size} pixels as it takes 224.",
        width="" if width == 1 else f", {width:g} times as many channels and units",
        start=START[v("models.transferred.pretrained")],
        optimizer={"sgd": f"stochastic gradient descent (momentum {v('training.momentum'):g})"}.get(
            v("training.optimizer"), str(v("training.optimizer"))
        ),
        rate=v("training.learning_rate"),
        batch=v("training.batch_size"),
        epochs=v("training.epochs"),
        patience=v("training.early_stopping.patience"),
        size=v("crop.size"),
    )


def _validation(run: Run) -> list:
    v = run.value
    return rich(
        "**Validation.** {folds} folds of patients, stratified by grade; of the other patients {share:.0%} of the cohort stop the training. "
        "Accuracy, sensitivity, specificity and areas are of the test patients of all folds, with percentile intervals from {n} resamples "
        "of patients; means and SD over the folds stand beside them. Two patients whose pictures correlate above {similar:g}, also mirrored or turned, would "
        "stop the run.",
        folds=run.n_folds,
        share=v("splits.cross_validation.validation_share"),
        n=v("evaluation.n_bootstrap"),
        similar=v("near_identical.similarity"),
    )


def _rivals(run: Run) -> list:
    v = run.value
    version = next(
        (r["versions"]["pyradiomics-bhklab"] for r in run.records if "pyradiomics-bhklab" in r["versions"]),
        "",
    )
    return rich(
        "**Handcrafted features.** 18 first order and 75 texture features of the 8-bit slice inside the outline by pyradiomics{version} (bins of "
        "{width:g} grey levels), scaled by the training patients; multinomial logistic regression, and a network with one hidden layer of "
        "{hidden} units, each with the penalty that {inner} inner folds of the training patients choose.",
        version=f" {version}" if version else "",
        width=v("handcrafted.bin_width"),
        hidden=v("handcrafted.hidden_units"),
        inner=v("handcrafted.inner_folds"),
    )


def provenance(run: Run) -> Section:
    """Versions, digests of the inputs and fingerprints of the code."""
    digests = [
        ("sample sheet (SHA-256)", run.sheet_digest),
        ("split of the patients (SHA-256)", run.split_digest),
    ]
    return provenance_section("glioma_grading", digests, run.seed, run.records)
