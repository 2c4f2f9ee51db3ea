# Names and functions of the rules of nmosd_ms: which files, settings and cohorts they work on.
from scripts.simulation.nmosd_ms import identifiers as nmosd_names

NMOSD = "nmosd_ms"
NMOSD_CARD = or_stop(registry.paper_card, NMOSD)
MODALITY_OF[NMOSD] = "MR"
MASKS_OF[NMOSD] = {
    "allow_several_pieces": True,
    "min_mask_voxels": 1,
    "one_slice_mask": "allowed",
}
SIMULATED_FILES[NMOSD] = nmosd_names.case_files
SIMULATED_SIZE[NMOSD] = ImageSize(
    nmosd_names.SIZE_XYZ[0] * nmosd_names.SIZE_XYZ[1] * nmosd_names.SIZE_XYZ[2],
    nmosd_names.BYTES_PER_VOXEL,
    False,
)
SIMULATED_PATIENTS[NMOSD] = {
    cohort: nmosd_names.patient_ids(entry["n_patients"], entry["prefix"])
    for cohort, entry in NMOSD_CARD["simulated"]["cohorts"].items()
}
NMOSD_COHORT = COHORT_OF[NMOSD]
NMOSD_CACHE = f"cache/{NMOSD}/{NMOSD_COHORT}"
NMOSD_RESULTS = f"results/{NMOSD}"
NMOSD_TABLES = f"{NMOSD_RESULTS}/tables"
NMOSD_CHECK = f"{NMOSD_RESULTS}/check/{NMOSD_COHORT}"
NMOSD_STEPS = f"scripts/papers/{NMOSD}"
NMOSD_SCHEME = "cross_validation"
NMOSD_NETWORKS = list(branch_of(NMOSD, "models"))
NMOSD_RIVALS = ["lesion_volume", "lesion_map"]
NMOSD_ORACLES = ["best_score", "true_counts"] if is_simulated(NMOSD_COHORT) else []
EVALUATED[NMOSD] = {NMOSD_SCHEME: [*NMOSD_NETWORKS, *NMOSD_RIVALS, *NMOSD_ORACLES]}
NMOSD_SAMPLES = {
    "samples": prepared_files(NMOSD),
    "table": f"{NMOSD_CACHE}/samples.parquet",
}
NMOSD_SPLIT = f"{NMOSD_RESULTS}/splits/{NMOSD_SCHEME}.csv"
NMOSD_DESCRIBED = (
    "table1",
    "table1_numbers",
    "lesion_views",
    "patient_flow",
    "exclusions",
)
# What the networks see of a patient, and what a network is built from: frozen with it.
NMOSD_PREPARATION = ("preparation", "compression")
# What the report is composed from: tables that every cohort has, and those of a simulation.
NMOSD_REPORT_TABLES = {
    **{
        name: f"{NMOSD_TABLES}/{name}.parquet"
        for name in (
            *NMOSD_DESCRIBED,
            "table3",
            "accuracy_by_epoch",
            "trainings",
            *(["recovery"] if is_simulated(NMOSD_COHORT) else []),
        )
    },
    **{
        name: path
        for name, path in evaluation_tables(NMOSD, NMOSD_SCHEME).items()
        if name != "learning_curves"
    },
}
NMOSD_RECORDED = [
    "describe_cohort",
    "fit_rivals",
    "follow_accuracy",
    "count_parameters",
    f"evaluate_classifiers_{NMOSD_SCHEME}",
    *(["assess_recovery"] if is_simulated(NMOSD_COHORT) else []),
]


def nmosd_fold_files(names, file):
    """A file of every fold of some models."""
    return [
        f"{fold_folder(NMOSD, name, NMOSD_SCHEME, repeat, fold)}/{file}"
        for name in names
        for repeat, fold in folds(NMOSD, NMOSD_SCHEME)
    ]


def nmosd_preparation(cohort):
    """Settings of prepare_images: the preparation, and the columns of the sheet."""
    values = registry.pick(parameters(NMOSD, cohort), "preparation")
    return canonical({**values, "images": as_settings(images_of(NMOSD))})


def nmosd_made_from(wildcards, input):
    """Params function: one text of all that the samples of a batch come from; see `made_from`."""
    place = Cohort(NMOSD, wildcards.cohort)
    parts = [
        nmosd_preparation(wildcards.cohort),
        strictness(place),
        batch_cases(wildcards, NMOSD),
        contents_text(batch_labels(NMOSD, wildcards.cohort, wildcards.batch)),
        code_fingerprint("scripts/cohort/check_cases.py", PROJECT),
        code_fingerprint(f"{NMOSD_STEPS}/prepare_images.py", PROJECT),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def nmosd_admission(wildcards):
    """Input of a batch: its cohort's admission, where its samples are not up to date."""
    record = (
        f"cache/{NMOSD}/{wildcards.cohort}/prepared/{wildcards.batch}_made_from.txt"
    )
    place = namedtuple("Batch", "paper cohort batch")(
        NMOSD, wildcards.cohort, wildcards.batch
    )
    return admission_before(place, record, lambda _, __: nmosd_made_from(place, None))


def nmosd_batch_files(wildcards):
    """Images and masks of a batch."""
    place = namedtuple("Batch", "paper cohort batch")
    return batch_files(place(NMOSD, wildcards.cohort, wildcards.batch))
