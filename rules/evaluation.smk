# Functions of rules that evaluate classifiers: which models and tables.
# Filled by rules/papers: paper -> split of its card -> the models that are evaluated on it
EVALUATED = {}
EVALUATION_TABLES = (
    "performance",
    "fold_performance",
    "confusion",
    "roc_points",
    "calibration",
    "comparisons",
    "learning_curves",
)


def evaluated_models(paper, scheme):
    """The models of a split; those that the paper names, or all of its card."""
    known = list(branch_of(paper, "models"))
    return EVALUATED.get(paper, {}).get(scheme, known)


def evaluated_files(name):
    """Input function: a file of every fold of every model of the wildcards' split. Of a model that is not on the card (a
    rival without epochs) only its predictions.
    """

    def of(wildcards):
        paper, scheme = wildcards.paper, wildcards.scheme
        trained = branch_of(paper, "models")
        return [
            path
            for model in evaluated_models(paper, scheme)
            if name == "predictions" or model in trained
            for path in fold_files(paper, name, model, scheme)
        ]

    return of


def evaluation_tables(paper, scheme):
    """Name -> Parquet table of a split's evaluation, for the rules of a report."""
    folder = f"results/{paper}/evaluation/{scheme}"
    return {name: f"{folder}/{name}.parquet" for name in EVALUATION_TABLES}
