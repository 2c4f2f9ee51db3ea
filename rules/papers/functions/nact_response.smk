# Names and functions of the rules of nact_response: which files, settings and cohorts they work on.
from scripts.model.bundle_file import settings_differences
from scripts.simulation.nact_response import identifiers as nact_names

NACT = "nact_response"
NACT_CARD = or_stop(registry.paper_card, NACT)
MODALITY_OF[NACT] = "MR"
SIMULATED_FILES[NACT] = nact_names.case_files
SIMULATED_SIZE[NACT] = ImageSize(
    nact_names.SIZE_YX**2 * nact_names.SIZE_Z * max(nact_names.PHASES),
    nact_names.BYTES_PER_VOXEL,
    True,
    volumes=max(nact_names.PHASES),
)
SIMULATED_PATIENTS[NACT] = {
    cohort: nact_names.patient_ids(
        entry["n_development"] + entry["n_testing"], entry["prefix"]
    )
    for cohort, entry in NACT_CARD["simulated"]["cohorts"].items()
}
IMAGES_OF[NACT] = ("baseline", "follow_up", "jacobian")
NACT_COHORT = COHORT_OF[NACT]
NACT_CACHE = f"cache/{NACT}/{NACT_COHORT}"
NACT_RESULTS = f"results/{NACT}"
NACT_TABLES = f"{NACT_RESULTS}/tables"
NACT_CHECK = f"{NACT_RESULTS}/check/{NACT_COHORT}"
NACT_FEATURES = {
    image: f"{NACT_CACHE}/image_features/{image}.parquet" for image in IMAGES_OF[NACT]
}
NACT_LEDGER = f"{NACT_CACHE}/image_features/ledger.csv"
NACT_CLINICAL = f"{NACT_CACHE}/clinical.parquet"
NACT_STEPS = f"scripts/papers/{NACT}"
NACT_BATCHES = list(cases_by_batch(NACT, NACT_COHORT))
# What the features of a patient depend on: frozen with the models.
NACT_PREPARATION = (
    "phases",
    "bias_field",
    "resampling",
    "intensity",
    "segmentation",
    "registration",
    "radiomics",
    "jacobian_radiomics",
    "delta",
    "outcome",
)
NACT_FITTED = ("selection_path", "ranking", "cross_validation")
NACT_EVALUATION = ("performance", "performance_own_cutoff", "roc", "auc_comparison")
NACT_DESCRIBED = ("table1", "table2", "preparation", "patient_flow", "exclusions")
NACT_TESTED = ("feature_tests", "feature_changes", "shown_values")
# What the report is composed from: tables that every cohort has, and those of a simulation.
NACT_REPORT_TABLES = {
    name: f"{NACT_TABLES}/{name}.parquet"
    for name in (
        *NACT_FITTED,
        *NACT_EVALUATION,
        *NACT_DESCRIBED,
        *NACT_TESTED,
        "rivals",
        "null_cohort",
        "null_summary",
        *(["recovery"] if is_simulated(NACT_COHORT) else []),
    )
} | {"registrations": f"{NACT_CHECK}/registrations.parquet"}
NACT_RECORDED = [
    "fit_models",
    "apply_model",
    "evaluate_models",
    "describe_cohort",
    "test_features",
    "compare_rivals",
    "test_null",
    *(["assess_models", "assess_recovery"] if is_simulated(NACT_COHORT) else []),
]


NACT_PREDICT = f"{NACT_RESULTS}/predict/{{cohort}}/{{model}}"


def nact_predicted(pattern):
    """Input function: `pattern` below the cache of the wildcards' cohort, for each of its batches."""
    return lambda wildcards: [
        f"cache/{NACT}/{wildcards.cohort}/{pattern.format(batch=batch)}"
        for batch in cases_by_batch(NACT, wildcards.cohort)
    ]


def nact_model(wildcards):
    """The frozen models of a name, where they were made with the settings that the cohort's images are prepared with:
    said while the run is planned, not after hours of preparation."""
    path = model_file(NACT, wildcards.model)
    or_stop(require_same_preparation, path, wildcards.model, wildcards.cohort)
    return path


@cache
def require_same_preparation(path, model, cohort):
    """Raise InputError with every setting on which the models and the cohort's images disagree."""
    used = registry.pick(parameters(NACT, cohort), *NACT_PREPARATION)
    if model == "fitted":
        frozen = registry.pick(parameters(NACT, NACT_COHORT), *NACT_PREPARATION)
    else:
        try:
            frozen = json.loads(Path(path).read_text(encoding="utf-8"))["preparation"]
            settings_differences(frozen, used)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                str(path), "frozen models and how images are prepared", f"{error!r}"
            ) from None
    if differences := settings_differences(frozen, used):
        raise InputError(
            f"model '{model}' on cohort '{cohort}'",
            "images prepared as those of the models",
            "; ".join(differences),
            f"Set the models' values under papers: {NACT}: parameters: in the configuration.",
        )


def nact_own(wildcards):
    """Whether the models are fitted on the development set of the wildcards' cohort."""
    return wildcards.model == "fitted" and wildcards.cohort == NACT_COHORT


def nact_batches(pattern):
    """`pattern` below the cache of the paper's cohort, for each of its batches."""
    return [f"{NACT_CACHE}/{pattern.format(batch=batch)}" for batch in NACT_BATCHES]
