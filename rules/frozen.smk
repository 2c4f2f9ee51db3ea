# Functions only: what a paper's rules take and give that freeze a model on all samples, and score new images with it.

# Papers whose frozen networks score cohorts, with the shared report of it (rules/predictions.smk)
PREDICTED = []
FROZEN_FILES = {
    "card": "card.json",
    "weights": "weights.safetensors",
    "onnx": "network.onnx",
    "history": "history.csv",
}


def freeze_inputs(paper, scheme):
    """Inputs of a rule that freezes a model, all samples, their table, weights to start from, and how the folds of the
    scheme went, for the number of epochs."""
    inputs = fold_inputs(paper)
    inputs.pop("split")
    return inputs | {
        "folds": lambda wildcards: fold_files(
            paper, "training", wildcards.model, scheme
        )
    }


def freeze_outputs(paper):
    """Outputs of the rule that freezes a model."""
    return {
        name: f"results/{paper}/frozen/{{model}}/{file}"
        for name, file in FROZEN_FILES.items()
    }


def freeze_settings(paper, *preparation):
    """Params function of freezing a model; `preparation`: the keys that the samples' preparation reads."""
    cohort = COHORT_OF[paper]
    return training_settings(
        paper,
        paper=paper,
        simulated=is_simulated(cohort),
        preparation=registry.pick(parameters(paper, cohort), *preparation),
    )


def frozen_file(paper, model, file):
    """A file (a name of FROZEN_FILES) of a frozen model: of this run's own, by the name on the card, or of a user's, by the
    name in the configuration, which gives its card.json or the folder of it."""
    own = branch_of(paper, "models")
    if model in own:
        return f"results/{paper}/frozen/{model}/{FROZEN_FILES[file]}"
    try:
        path = Path(config["models"][model])
    except KeyError:
        known = ", ".join([*own, *config["models"]])
        raise SystemExit(
            f"\nNo frozen model '{model}' for {paper}. Known: {known or 'none'}.\n"
        ) from None
    folder = path.parent if path.suffix == ".json" else path
    return file_of_user(str(folder / FROZEN_FILES[file]))


def is_fitted_on(wildcards):
    """Whether a model was fitted on the cohort that it scores: one of the paper's card, on the paper's own cohort. Of a
    user's model that is not known here."""
    own = wildcards.model in branch_of(wildcards.paper, "models")
    return own and wildcards.cohort == COHORT_OF[wildcards.paper]


def prediction_inputs(paper):
    """Inputs of the rule that scores a cohort with a frozen model, whose report `PREDICTED` then has."""
    PREDICTED.append(paper)

    def samples(wildcards):
        batches = cases_by_batch(paper, wildcards.cohort)
        folder = f"cache/{paper}/{wildcards.cohort}/prepared"
        return [f"{folder}/{batch}.safetensors" for batch in batches]

    return {
        "card": lambda wildcards: frozen_file(paper, wildcards.model, "card"),
        "weights": lambda wildcards: frozen_file(paper, wildcards.model, "weights"),
        "samples": samples,
        "table": f"cache/{paper}/{{cohort}}/samples.parquet",
    }


def prediction_outputs(paper):
    """Outputs of the rule that scores a cohort with a frozen model."""
    folder = f"results/{paper}/predict/{{cohort}}/{{model}}"
    return {
        "predictions": f"{folder}/predictions.csv",
        "predictions_parquet": f"{folder}/predictions.parquet",
        "failures": f"{folder}/failures.csv",
    }


def prediction_settings(paper, *preparation):
    """Params function of the rule that scores a cohort; `preparation` as of `freeze_settings`."""

    def of(wildcards):
        values = registry.pick(parameters(paper, wildcards.cohort), *preparation)
        batch_size = branch_of(paper, "training").get("batch_size", 32)
        return canonical(
            {
                "preparation": values,
                "device": config["device"],
                "batch_size": batch_size,
            }
        )

    return of


def prediction_contents(paper=None):
    """Params function: labels of the frozen model's files, where they are the user's. `paper` : None for that of the
    wildcards."""

    def file(name):
        return lambda wildcards: frozen_file(
            paper or wildcards.paper, wildcards.model, name
        )

    return contents(file("card"), file("weights"))
