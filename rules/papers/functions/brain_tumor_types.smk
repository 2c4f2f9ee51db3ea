# Names and functions of the rules of brain_tumor_types: which files, settings and cohorts they work on.
from scripts.simulation.brain_tumor_types import identifiers as tumor_names

TUMOR = "brain_tumor_types"
BatchOf = namedtuple("BatchOf", "paper cohort batch")
TUMOR_CARD = or_stop(registry.paper_card, TUMOR)
MODALITY_OF[TUMOR] = "MR"
SIMULATED_FILES[TUMOR] = tumor_names.case_files
SIMULATED_SIZE[TUMOR] = ImageSize(
    tumor_names.SIZE**2, tumor_names.BYTES_PER_PIXEL, False
)
SIMULATED_PATIENTS[TUMOR] = {
    cohort: list(tumor_names.slice_ids(entry["n_subjects"], entry["prefix"]))
    for cohort, entry in TUMOR_CARD["simulated"]["cohorts"].items()
}
TUMOR_COHORT = COHORT_OF[TUMOR]
TUMOR_CACHE = f"cache/{TUMOR}/{TUMOR_COHORT}"
TUMOR_RESULTS = f"results/{TUMOR}"
TUMOR_TABLES = f"{TUMOR_RESULTS}/tables"
TUMOR_CHECK = f"{TUMOR_RESULTS}/check/{TUMOR_COHORT}"
TUMOR_STEPS = f"scripts/papers/{TUMOR}"
TUMOR_MODELS = ("cnn", "vgg16", "encoder")
TUMOR_SCHEMES = ("patient", "slice")
# Whose networks draw the pictures of Figures 7 to 16: the first fold of the split by patient
TUMOR_SHOWN = {"scheme": "patient", "repeat": 1, "fold": 1}
TUMOR_UNET = {
    "weights": "unet.safetensors",
    "observed": "observed.safetensors",
    "history": "history.csv",
    "training": "training.json",
}


def unet_folder(scheme="{scheme}", repeat="{repeat}", fold="{fold}"):
    """Where the UNet of a fold lies."""
    return f"{TUMOR_CACHE}/unet/{scheme}/r{repeat}_f{fold}"


def unet_of_fold(wildcards):
    """The UNet that an encoder starts from; [] for one that starts afresh."""
    if model_settings(TUMOR, "encoder")["start"] == "fresh":
        return []
    named = (wildcards.scheme, wildcards.repeat, wildcards.fold)
    return f"{unet_folder(*named)}/{TUMOR_UNET['weights']}"


def of_tumor(wildcards):
    """The wildcards of a rule of this paper, with the paper."""
    return BatchOf(TUMOR, wildcards.cohort, wildcards.batch)


def tumor_batches(cohort, pattern):
    """`pattern` below the cache of a cohort, for each of its batches."""
    folder = f"cache/{TUMOR}/{cohort}"
    return [
        f"{folder}/{pattern.format(batch=batch)}"
        for batch in cases_by_batch(TUMOR, cohort)
    ]


def shown_file(model, name):
    """A file of the fold whose networks the pictures are of."""
    return f"{fold_folder(TUMOR, model, **TUMOR_SHOWN)}/{FOLD_FILES[name]}"


TUMOR_DESCRIBED = ("cohort", "flow", "parts", "part_counts", "exclusions")
# What the report is composed from, and those of it that the figures show
TUMOR_REPORT_TABLES = {
    **{
        name: f"{TUMOR_TABLES}/{name}.parquet"
        for name in ("gap", "saliency", *TUMOR_DESCRIBED)
    },
    **{
        f"{table}_{scheme}": evaluation_tables(TUMOR, scheme)[table]
        for table in ("performance", "comparisons", "confusion")
        for scheme in TUMOR_SCHEMES
    },
    **{f"{model}_history": shown_file(model, "history") for model in TUMOR_MODELS},
    "unet_history": f"{unet_folder(**TUMOR_SHOWN)}/{TUMOR_UNET['history']}",
    "grouping": f"{TUMOR_CHECK}/grouping.parquet",
}
TUMOR_DRAWN = (
    "gap",
    "saliency",
    "confusion_patient",
    "confusion_slice",
    "unet_history",
    *(f"{model}_history" for model in TUMOR_MODELS),
)
TUMOR_RECORDED = (
    *(f"evaluate_classifiers_{scheme}" for scheme in TUMOR_SCHEMES),
    "measure_gap",
    "describe_cohort",
    *(["assess_recovery"] if is_simulated(TUMOR_COHORT) else []),
)
