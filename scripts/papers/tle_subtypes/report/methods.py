"""Report sections: methods generated from what ran."""

from __future__ import annotations

from scripts.papers.tle_subtypes.names import BEST_MODEL, BY_EPOCH, BY_PATIENT
from scripts.papers.tle_subtypes.report.beyond import networks
from scripts.papers.tle_subtypes.report.run import Run
from scripts.report.document import Equation, Paragraph, Section
from scripts.report.rich_text import rich

SCALES = {
    "patient": "divided by the robust SD of all samples of the patient",
    "sensor": "divided by the robust SD of each sensor's samples of the patient",
    "none": "in picotesla",
}
TOKENS = {
    "sensors": "The positions are the sensors, and their samples over time the input of the dense layers.",
    "times": "The positions are the moments of an epoch, and the values of all sensors the input of the dense layers.",
}
GATHERED = {
    "flattened": "All positions together enter the last layer",
    "mean": "The mean over the positions enters the last layer",
}


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    paragraphs = [_signals(run), _model(run), _rivals(run), _training(run), _evaluation(run)]
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** Patients and recordings were drawn with seed {seed} and written as FIF files with BIDS' files beside them: "
                "1200 Hz, background of all frequencies, alpha rhythm, interictal spikes over one temporal lobe, slow activity, drift, mains and the "
                "sensors' noise. The sizes named as reduced in @parameters are smaller than for a user's cohort, the method is the same.",
                seed=run.seed,
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "self_attention",
                '"Attention"(X) = "softmax"(X X^T \\/ sqrt(d)) X',
                "self-attention, equation 2 with Q = K = V",
            ),
            Equation(
                "multi_head",
                '"MultiHead"(X) = ("head"_1, dots, "head"_h) W^O, quad "head"_i = "softmax"((X W_i^Q)(X W_i^K)^T \\/ sqrt(d \\/ h)) X W_i^V',
                "multi-head self-attention, equations 3 and 4",
            ),
            networks(run),
        ),
    )


def _signals(run: Run) -> list:
    v = run.value
    return rich(
        "**Recordings.** Recordings with a head movement above {limit:g} mm were left out. The others were filtered from {low:g} to {high:g} Hz "
        "(Butterworth, forwards and backwards), unless they were recorded with a narrower band, resampled to {rate:g} Hz and cut into epochs of "
        "{seconds:g} s, of which {most} a patient at most were used, spread evenly. Epochs were {demean}{scale}.",
        limit=v("signal.most_head_movement_mm"),
        low=v("signal.high_pass_hz"),
        high=v("signal.low_pass_hz"),
        rate=v("signal.resample_hz"),
        seconds=v("epochs.seconds"),
        most=v("epochs.most"),
        demean="freed of each sensor's mean and " if v("epochs.demean") else "",
        scale=SCALES[v("epochs.scale")],
    )


def _model(run: Run) -> list:
    prefix = f"models.{BEST_MODEL}.sizes."
    v = run.value
    return rich(
        "**MSAM.** {tokens} After dropout of {dropout:g}, four dense layers of {hidden} neurons with ELU, tanh, tanh and ReLU; self-attention without "
        "weights (@self_attention); self-attention with {heads} heads (@multi_head). {gathered}, whose two outputs become probabilities by a "
        "softmax (@layers).",
        tokens=TOKENS[v(f"{prefix}tokens")],
        dropout=v(f"{prefix}dropout"),
        hidden=", ".join(map(str, v(f"{prefix}hidden"))),
        heads=v(f"models.{BEST_MODEL}.heads"),
        gathered=GATHERED[v(f"{prefix}gathered")],
    )


def _rivals(run: Run) -> list:
    v = run.value
    return rich(
        "**Compared methods.** CNN: convolutions over time with all sensors as channels ({channels} channels, kernel {kernel}), each with ReLU and a "
        "maximum over {pooled}, means over time, dropout, a linear layer. SVM (linear, C = {c:g}) and random forest ({trees} trees) take each "
        "sensor's signal as {times} points; beyond the paper, both also take the logarithm of each sensor's power in bands.",
        channels=", ".join(map(str, v("models.cnn.sizes.channels"))),
        kernel=v("models.cnn.sizes.kernel"),
        pooled=v("models.cnn.sizes.pooled"),
        c=v("rivals.svm_penalty"),
        trees=v("rivals.trees"),
        times=v("rivals.times"),
    )


def _training(run: Run) -> list:
    v = run.value
    devices = run.tables["trainings"].drop_duplicates(["device", "precision"])
    return rich(
        "**Training.** Cross-entropy (equation 6) by {optimizer}, learning rate {rate:g}, {epochs} epochs, batches of {batch}; the weights of the last "
        "epoch were kept. Device (precision): {ran}.",
        optimizer=str(v("training.optimizer")).capitalize(),
        rate=v("training.learning_rate"),
        epochs=v("training.epochs"),
        batch=v("training.batch_size"),
        ran=", ".join(f"{r.device} ({r.precision})" for r in devices.itertuples()),
    )


def _evaluation(run: Run) -> list:
    return rich(
        "**Evaluation.** {patient} with all epochs of a patient in one fold, and, as the paper is understood, {epoch} of the epochs one by one. "
        "CPS is the positive class. Intervals: bootstrap of {n} resamples of patients, who stay together with all their epochs, BCa.",
        patient=run.folds_words(BY_PATIENT).capitalize(),
        epoch=run.folds_words(BY_EPOCH),
        n=run.value("evaluation.n_bootstrap"),
    )
