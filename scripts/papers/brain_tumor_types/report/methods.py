"""Report sections: methods generated from what ran, versions and digests."""

from __future__ import annotations

from scripts.papers.brain_tumor_types.names import MODEL_LABELS
from scripts.papers.brain_tumor_types.report.run import Run
from scripts.report.document import (
    Column,
    Equation,
    Figure,
    Panel,
    Paragraph,
    Row,
    Section,
    Table,
)
from scripts.report.rich_text import rich
from scripts.report.standard_tables import (
    code_and_software_table,
    digest_table,
    value_text,
)
from scripts.report.wording import estimate_text, number_text

KINDS = {
    "holdout": "one hold-out",
    "k_fold": "{n}-fold cross-validation",
    "repeated_k_fold": "{n}-fold cross-validation, repeated",
}

UNET_START = "the left side of the UNet, trained to give back its input"


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    paragraphs = [_images(run), _networks(run), _unet(run), _training(run), _statistics(run)]
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** Slices of {patients} patients were drawn with seed {seed}. Of a tumour's type a slice shows two Gaussian numbers, the "
                "tumour's height in the head and the darkness of its core; {share:.0%} of their variance is the patient's. The "
                "best rule on a slice of an unknown patient is right in {bayes:.1%} (Bayes). The sizes named as reduced in @parameters are smaller "
                "than for a user's cohort, the method is the same.",
                patients=run.truth["n_subjects"],
                seed=run.seed,
                share=run.truth["patient_share"],
                bayes=run.truth["bayes_accuracy"],
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "gradient_equation",
                'S(x) = max_c abs((partial z_k) \\/ (partial x_c)), quad k = "arg max"_j z_j',
                "gradient saliency: the largest absolute gradient over the channels of the called class's logit",
            ),
        ),
    )


def _images(run: Run) -> list:
    v = run.value
    kind = KINDS[v("splits.patient.kind")].format(n=v("splits.patient.n_folds"))
    return rich(
        "**Images and splits.** Slices are stored as {size} × {size} pixels of 8 bits (others than 8-bit ones spread from their least to their "
        "largest value), scaled to each network's input. Splits are {kind}, stratified by tumour type, with {validation:.1%} of the slices for "
        "validation: by {unit}, and, as the paper does, by slice.",
        size=v("preparation.size"),
        kind=kind,
        validation=v("splits.patient.validation_share"),
        unit="patient, with nearly identical pictures on one side"
        if run.known_patients
        else "run of neighbours",
    )


def _networks(run: Run) -> list:
    v = run.value
    start = run.training["vgg16"]["start"]
    return rich(
        "**Networks.** The CNN has six {kernel} × {kernel} convolutions ({channels} channels), each followed by ReLU and 2 × 2 max pooling, a "
        "dense layer of {units} units with an L2 penalty of {l2:g} on its weights, dropout of {dropout:g} and three outputs, on {cnn} × {cnn} pixels "
        "({n_cnn:,} parameters). VGG16 ({n_vgg:,} parameters, {start}) has a new head of {head} units, on {vgg} × {vgg} pixels; {trained}.",
        kernel=v("models.cnn.sizes.kernel"),
        channels=value_text(v("models.cnn.sizes.channels")),
        units=v("models.cnn.sizes.units"),
        l2=v("models.cnn.training.l2_head"),
        dropout=v("models.cnn.sizes.dropout"),
        cnn=v("models.cnn.input_size"),
        n_cnn=run.training["cnn"]["n_parameters"],
        n_vgg=run.training["vgg16"]["n_parameters"],
        start=start,
        head=value_text(v("models.vgg16.sizes.head_units")),
        vgg=v("models.vgg16.input_size"),
        trained="its convolutions stay as they are" if v("models.vgg16.trained") == "head" else "all layers are trained",
    )  # fmt: skip


def _unet(run: Run) -> list:
    v = run.value
    fresh = v("models.encoder.start") == "fresh"
    return rich(
        "**UNet.** Left, 3 × 3 convolutions with batch normalisation down ({channels} channels) and 3 × 3 deconvolutions with batch normalisation "
        "up; right, one 1 × 1 convolution to one channel that is never trained; both meet in the output layer. It learns to give back its "
        "input for {epochs} epochs (mean squared difference). Its encoder, {start}, is trained for {classified} epochs as a "
        "classifier with a flatten and a fully connected layer, and put before the UNet's decoder; nothing is trained after that.",
        channels=value_text(v("models.encoder.sizes.channels")),
        epochs=v("models.encoder.reconstruction.epochs"),
        start="started anew" if fresh else "as the reconstruction left it",
        classified=v("models.encoder.training.epochs"),
    )


def _training(run: Run) -> list:
    v = run.value
    facts = run.training["cnn"]
    return rich(
        "**Training.** {optimizer}, learning rate {rate:g}, {batch} slices a step, cross-entropy; the CNN {cnn} epochs, VGG16 at most {vgg} with early "
        "stopping. Of VGG16 the epoch with the least validation loss is kept, of the others the last. Device: {device}, precision {precision}.",
        optimizer=str(v("training.optimizer")).capitalize(),
        rate=v("training.learning_rate"),
        batch=v("training.batch_size"),
        cnn=v("models.cnn.training.epochs"),
        vgg=v("models.vgg16.training.epochs"),
        device=facts["device"],
        precision=facts["precision"],
    )


def _statistics(run: Run) -> list:
    v = run.value
    return rich(
        "**Saliency and statistics.** Maps of the called class on up to {n} test slices with a mask, of the networks of the first fold by patient: "
        "gradient (@gradient_equation; largest absolute value over the channels), integrated gradients from black ({steps} steps), Grad-CAM of the last "
        "convolutions, and for the joined UNet the absolute change of its drawing. Intervals resample {unit} ({bootstrap} times) and keep the "
        "networks as they are.",
        n=v("saliency.n_slices"),
        steps=v("saliency.path_steps"),
        unit="patients" if run.known_patients else "runs",
        bootstrap=v("evaluation.n_bootstrap"),
    )


def recovery(run: Run) -> Section:
    """What was planted and what was found."""
    table = run.tables["recovery"]
    rows, group = [], ""
    for row in table.to_dict("records"):
        if row["group"] != group:
            group = row["group"]
            rows.append(Row((group,), heading=True))
        rows.append(
            Row(
                (
                    row["quantity"],
                    number_text(row["planted"], 3),
                    estimate_text(row["found"], row["lower"], row["upper"], 3),
                    "yes" if row["ok"] else "no",
                    row["rule"],
                ),
                level=1,
            )
        )
    text = rich(
        "The best rule on a slice of an unknown patient is right in {bayes:.3f}; on the slices of this cohort it happens to be {here:.3f}. No network that "
        "has not seen the patient can do better in the long run. {ok} of {n} rules hold (@recovery_table, @recovery).",
        ok=int(table["ok"].sum()),
        n=len(table),
        bayes=run.truth["bayes_accuracy"],
        here=run.truth["bayes_these_slices"],
    )
    return Section(
        "Planted and found",
        (
            Paragraph(text),
            Figure("recovery", "Planted values and what the run found.", (Panel("recovery.svg"),)),
            Table(
                "recovery_table",
                "Planted truth against what was found.",
                (
                    Column(""),
                    Column("Planted", "right"),
                    Column("Found (95% CI)", "center"),
                    Column("Holds"),
                    Column("Rule"),
                ),
                tuple(rows),
            ),
        ),
    )


def trainings(run: Run) -> Table:
    """How the first fold of each network was trained."""
    after_unet = run.value("models.encoder.start") == "reconstruction"
    rows = []
    for model, facts in run.training.items():
        rows.append(
            Row(
                (
                    MODEL_LABELS[model],
                    UNET_START if model == "encoder" and after_unet else facts["start"],
                    f"{facts['n_parameters']:,}",
                    f"{facts['n_trained_parameters']:,}",
                    f"{facts['epochs']} (kept: {facts['best_epoch']})",
                    f"{facts['batch_size']}"
                    + (f" in {facts['accumulation']} parts" if facts["accumulation"] > 1 else ""),
                    f"{facts['device']}, {facts['precision']}",
                )
            )
        )
    return Table(
        "trainings",
        "How the networks were trained (first fold of the split by patient).",
        (
            Column(""),
            Column("Started from"),
            Column("Parameters", "right"),
            Column("Trained", "right"),
            Column("Epochs"),
            Column("Batch"),
            Column("Device, precision"),
        ),
        tuple(rows),
    )


def provenance(run: Run) -> Section:
    """Versions, digests of the inputs and fingerprints of the code."""
    digests = [("sample sheet (SHA-256)", run.sheet_digest), ("seed", str(run.seed))]
    return Section(
        "Versions and digests",
        (
            trainings(run),
            digest_table("digests", "Inputs.", digests),
            code_and_software_table("versions", "brain_tumor_types", run.records),
        ),
    )
