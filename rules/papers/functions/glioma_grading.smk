# Names and functions of the rules of glioma_grading: which files, settings and cohorts they work on.
from scripts.papers.glioma_grading import names as glioma_words
from scripts.simulation.glioma_grading import identifiers as glioma_names

GLIOMA = "glioma_grading"
GliomaBatch = namedtuple("GliomaBatch", "paper cohort batch")
GLIOMA_CARD = or_stop(registry.paper_card, GLIOMA)
MODALITY_OF[GLIOMA] = "MR"
SIMULATED_FILES[GLIOMA] = glioma_names.case_files
SIMULATED_SIZE[GLIOMA] = ImageSize(
    glioma_names.SIZE_YX**2 * glioma_names.SIZE_Z, glioma_names.BYTES_PER_VOXEL, False
)
SIMULATED_PATIENTS[GLIOMA] = {
    cohort: glioma_names.patient_ids(
        sum(entry[f"n_grade_{grade}"] for grade in glioma_words.GRADES), entry["prefix"]
    )
    for cohort, entry in GLIOMA_CARD["simulated"]["cohorts"].items()
}
GLIOMA_COHORT = COHORT_OF[GLIOMA]
GLIOMA_CACHE = f"cache/{GLIOMA}/{GLIOMA_COHORT}"
GLIOMA_RESULTS = f"results/{GLIOMA}"
GLIOMA_TABLES = f"{GLIOMA_RESULTS}/tables"
GLIOMA_STEPS = f"scripts/papers/{GLIOMA}"
GLIOMA_SCHEME = glioma_words.SCHEME
GLIOMA_LEAKY = glioma_words.LEAKY_SCHEME
GLIOMA_RIVALS = tuple(glioma_words.RIVALS)
EVALUATED[GLIOMA] = {
    GLIOMA_SCHEME: [*glioma_words.NETWORKS, *GLIOMA_RIVALS],
    GLIOMA_LEAKY: [glioma_words.LEAKY_MODEL],
}
GLIOMA_SPLIT = f"{GLIOMA_RESULTS}/splits/{GLIOMA_SCHEME}.csv"
GLIOMA_LEAKY_SPLIT = f"{GLIOMA_RESULTS}/splits/{GLIOMA_LEAKY}.csv"
GLIOMA_SAMPLES = f"{GLIOMA_CACHE}/samples.parquet"
GLIOMA_PREPARATION = ("slice", "intensity", "crop")  # frozen with the networks
GLIOMA_DESCRIBED = ("table1", "patient_flow", "exclusions")
GLIOMA_ORDERS = ("orders", "leak")
# What the report is composed from: tables that every cohort has, and those of a simulation.
GLIOMA_REPORT_TABLES = {
    **evaluation_tables(GLIOMA, GLIOMA_SCHEME),
    **{
        name: f"{GLIOMA_TABLES}/{name}.parquet"
        for name in (
            *GLIOMA_DESCRIBED,
            *GLIOMA_ORDERS,
            "trainings",
            "network_layers",
            *(["recovery"] if is_simulated(GLIOMA_COHORT) else []),
        )
    },
}
GLIOMA_RECORDED = [
    "describe_cohort",
    "describe_network",
    "fit_rivals",
    f"evaluate_classifiers_{GLIOMA_SCHEME}",
    "compare_orders",
    *(["assess_recovery"] if is_simulated(GLIOMA_COHORT) else []),
]


def of_glioma(wildcards):
    """The wildcards of a rule of this paper, with the paper."""
    return GliomaBatch(GLIOMA, wildcards.cohort, wildcards.batch)


def glioma_batches(pattern):
    """`pattern` below the cache of the paper's cohort, for each of its batches."""
    return [
        f"{GLIOMA_CACHE}/{pattern.format(batch=batch)}"
        for batch in cases_by_batch(GLIOMA, GLIOMA_COHORT)
    ]


def glioma_folds(name, model, scheme=GLIOMA_SCHEME):
    """A file of every fold of a model."""
    return fold_files(GLIOMA, name, model, scheme)
