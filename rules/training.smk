# Functions of rules that train: which files, settings and folds they work on.
wildcard_constraints:
    scheme="[A-Za-z][A-Za-z0-9_]*",
    repeat="[0-9]+",
    fold="[0-9]+",
    network="[a-z][a-z0-9_]*",
    digest="[0-9a-f]{12}",


# What a fold's rule writes, below cache/<paper>/<cohort>/training/<model>/<scheme>/r<repeat>_f<fold>/
FOLD_FILES = {
    "weights": "weights.safetensors",
    "history": "history.csv",
    "predictions": "predictions.parquet",
    "training": "training.json",
    "timing": "timing.csv",
}
# How many times as fast as one core a graphics card is at least; only the time that a job states depends on it
CARD_SPEED = 10


def branch_of(paper, name):
    """A branch of the paper's parameters on its cohort, {} where the card has none."""
    values = parameters(paper, COHORT_OF[paper])
    if not any(key.startswith(f"{name}.") for key in values):
        return {}
    value = registry.pick(values, name)
    for part in name.split("."):
        value = value[part]
    return value


def model_settings(paper, model):
    """The card's models.<model>; an unknown name stops with the known ones."""
    known = branch_of(paper, "models")
    if model not in known:
        raise SystemExit(
            f"\nNo model '{model}' in config/papers/{paper}.yaml. Known: {', '.join(known) or 'none'}.\n"
        )
    return known[model]


def training_settings(paper, /, **others):
    """Params function of training: models.<model> of the card, the card's `training` (a model's own `training`
    counts before it: scripts.training.fold), device, seed, and where torchvision's weights lie, if the model asks for
    them. `others`: further branches by name, functions of the wildcards or values.
    """

    def of(wildcards):
        model = model_settings(paper, wildcards.model)
        values = {
            "models": {wildcards.model: model},
            "training": branch_of(paper, "training"),
            "device": config["device"],
            "seed": config["seed"],
        }
        if model.get("pretrained") == "torchvision":
            values["weights"] = config["weights"]
        for key, other in others.items():
            values[key] = other(wildcards) if callable(other) else other
        return canonical(values)

    return of


def prepared_files(paper):
    """prepared/<batch>.safetensors of all batches of the paper's cohort."""
    cohort = COHORT_OF[paper]
    return [
        f"cache/{paper}/{cohort}/prepared/{batch}.safetensors"
        for batch in cases_by_batch(paper, cohort)
    ]


def fold_inputs(paper):
    """What training a fold of a paper takes: all samples, their table, the split, weights to start from."""
    return {
        "samples": prepared_files(paper),
        "table": f"cache/{paper}/{COHORT_OF[paper]}/samples.parquet",
        "split": f"results/{paper}/splits/{{scheme}}.csv",
        "pretrained": lambda wildcards: pretrained_input(paper, wildcards.model),
    }


def fold_folder(
    paper, model="{model}", scheme="{scheme}", repeat="{repeat}", fold="{fold}"
):
    """Where the files of a fold lie; wildcards where nothing is given."""
    return (
        f"cache/{paper}/{COHORT_OF[paper]}/training/{model}/{scheme}/r{repeat}_f{fold}"
    )


def fold_outputs(paper):
    """Outputs of the rule that trains a fold of a paper."""
    return {name: f"{fold_folder(paper)}/{file}" for name, file in FOLD_FILES.items()}


def split_of(paper, scheme):
    """The card's splits.<scheme>; an unknown name stops with the known ones."""
    known = branch_of(paper, "splits")
    if scheme not in known:
        raise SystemExit(
            f"\nNo split '{scheme}' in config/papers/{paper}.yaml. Known: {', '.join(known) or 'none'}.\n"
        )
    return known[scheme]


def folds(paper, scheme):
    """(repeat, fold) of every fold of a split of the card, both from 1."""
    split = split_of(paper, scheme)
    n_folds = 1 if split["kind"] == "holdout" else split["n_folds"]
    n_repeats = 1 if split["kind"] == "k_fold" else split.get("n_repeats", 1)
    return [(r, f) for r in range(1, n_repeats + 1) for f in range(1, n_folds + 1)]


def fold_files(paper, name, model, scheme):
    """A file (a name of FOLD_FILES) of every fold of a model on a split."""
    return [
        f"{fold_folder(paper, model, scheme, repeat, fold)}/{FOLD_FILES[name]}"
        for repeat, fold in folds(paper, scheme)
    ]


def graphics_cards(wildcards):
    """Resources function: `gpu` of a rule that trains, by the one switch of the configuration."""
    return 1 if config["device"] == "gpu" else 0


def training_amounts(paper, named):
    """What the cost of a training depends on beside its cohort, by its wildcards: the numbers of its model, `model.<name>`,
    and of its training, `training.<name>`; of a pretraining `pretraining.<name>`. What only other models of the paper have
    is 0. A card counts as CARD_SPEED processes.
    """
    if "digest" in named:
        plan = pretrainings()[f"{named['network']}_{named['digest']}"]
        values = plan["pretraining"] | {"width": plan["sizes"].get("width", 1.0)}
        numbers = {f"pretraining.{key}": value for key, value in leaves_of(values)}
    elif paper and named.get("model", "") in branch_of(paper, "models"):
        model = model_settings(paper, named["model"])
        training = branch_of(paper, "training") | model.get("training", {})
        numbers = {
            f"model.{key}": 0
            for other in branch_of(paper, "models")
            for key, _ in leaves_of(model_settings(paper, other))
        }
        numbers |= {f"model.{key}": value for key, value in leaves_of(model)}
        numbers |= {f"training.{key}": value for key, value in training.items()}
    else:
        return {}
    card = {"processes": CARD_SPEED} if config["device"] == "gpu" else {}
    return parameter_amounts(numbers) | card


def leaves_of(branch, prefix=""):
    """(dotted name, value) of every value of a nested branch."""
    for key, value in branch.items():
        if isinstance(value, dict):
            yield from leaves_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@cache
def pretrainings():
    """<network>_<digest> -> settings of every procedural pretraining that a model of a paper starts from."""
    found = {}
    for paper in PAPERS:
        for model, values in branch_of(paper, "models").items():
            if values.get("pretrained") == "procedural":
                found[pretraining_name(paper, model)] = pretraining(paper, model)
    return found


def pretraining(paper, model):
    """Settings of the procedural pretraining that a model starts from: its network, and the card's `pretraining`."""
    values = model_settings(paper, model)
    return {
        "network": values["network"],
        "in_channels": values.get("in_channels", 3),
        "sizes": values.get("sizes", {}),
        "pretraining": branch_of(paper, "pretraining"),
        "device": config["device"],
        "seed": config["seed"],
    }


def pretraining_name(paper, model):
    """<network>_<digest of the settings>: papers with the same settings share one file."""
    values = pretraining(paper, model)
    digest = hashlib.sha256(canonical(values).encode()).hexdigest()[:12]
    return f"{values['network']}_{digest}"


def pretrained_input(paper, model):
    """The procedurally pretrained weights that a model starts from; [] for a model that does not."""
    if model_settings(paper, model).get("pretrained") != "procedural":
        return []
    return f"cache/pretrained/{pretraining_name(paper, model)}.safetensors"
