# Names and functions of the rules of tle_subtypes: which files, settings and cohorts they work on.
from scripts.papers.tle_subtypes import names as tle_words
from scripts.simulation.tle_subtypes import identifiers as tle_names

TLE = "tle_subtypes"
TleBatch = namedtuple("TleBatch", "paper cohort batch")
TLE_CARD = or_stop(registry.paper_card, TLE)
MODALITY_OF[TLE] = "MEG"
SIMULATED_FILES[TLE] = tle_names.case_files
SIMULATED_SIZE[TLE] = ImageSize(
    round(tle_names.N_RECORDINGS * tle_names.SECONDS * tle_names.RATE_HZ)
    * len(tle_names.SENSORS),
    tle_names.BYTES_PER_SAMPLE,
    False,
    tle_names.N_RECORDINGS,
)
SIMULATED_PATIENTS[TLE] = {
    cohort: tle_names.patient_ids(entry["n_patients"], entry["prefix"])
    for cohort, entry in TLE_CARD["simulated"]["cohorts"].items()
}
TLE_COHORT = COHORT_OF[TLE]
TLE_CACHE = f"cache/{TLE}/{TLE_COHORT}"
TLE_RESULTS = f"results/{TLE}"
TLE_TABLES = f"{TLE_RESULTS}/tables"
TLE_STEPS = f"scripts/papers/{TLE}"
TLE_SPLITS = {
    scheme: f"{TLE_RESULTS}/splits/{scheme}.csv" for scheme in tle_words.SCHEMES
}
EVALUATED[TLE] = dict.fromkeys(tle_words.SCHEMES, list(tle_words.MODEL_LABELS))
TLE_SAMPLES = {"samples": prepared_files(TLE), "table": f"{TLE_CACHE}/samples.parquet"}
TLE_PREPARATION = ("signal", "epochs")  # frozen with the networks
TLE_SIZES = ("signal.sensors", "signal.resample_hz", "epochs.seconds")
TLE_DESCRIBED = (
    "table1",
    "patient_flow",
    "exclusions",
    "recordings",
    "traces",
    "spectra",
)
# What the report is composed from: tables that every cohort has, and those of a simulation.
TLE_REPORT_TABLES = {
    **{
        f"{name}_{scheme}": evaluation_tables(TLE, scheme)[name]
        for scheme in tle_words.SCHEMES
        for name in (
            "performance",
            "confusion",
            "roc_points",
            "calibration",
            "comparisons",
            "learning_curves",
        )
    },
    **{
        name: f"{TLE_TABLES}/{name}.parquet"
        for name in (
            *TLE_DESCRIBED,
            "gap",
            "patient_calls",
            "shuffled",
            "locations",
            "trainings",
            "layers",
            *(["recovery"] if is_simulated(TLE_COHORT) else []),
        )
    },
}
TLE_TRUTH = (
    {"truth": f"{TLE_CACHE}/simulated/truth.json"} if is_simulated(TLE_COHORT) else {}
)
TLE_RECORDED = [
    "describe_cohort",
    "describe_networks",
    "fit_rivals",
    *(f"evaluate_classifiers_{scheme}" for scheme in tle_words.SCHEMES),
    "compare_splits",
    "shuffle_subtypes",
    "measure_locations",
    *(["assess_recovery"] if is_simulated(TLE_COHORT) else []),
]


def tle_signals(cohort):
    """What a recording must be."""
    return registry.pick(parameters(TLE, cohort), "signal")["signal"]


SIGNALS_OF[TLE] = tle_signals


def of_tle(wildcards):
    """The wildcards of a rule of this paper, with the paper."""
    return TleBatch(TLE, wildcards.cohort, wildcards.batch)


def tle_batches(pattern):
    """`pattern` below the cache of the paper's cohort, for each of its batches."""
    return [
        f"{TLE_CACHE}/{pattern.format(batch=batch)}"
        for batch in cases_by_batch(TLE, TLE_COHORT)
    ]


def tle_sensors(wildcards):
    """Tables of the sensors of a cohort."""
    return [
        f"cache/{TLE}/{wildcards.cohort}/sensors/{batch}.parquet"
        for batch in cases_by_batch(TLE, wildcards.cohort)
    ]


def tle_rival_files():
    """<rival>_<split> -> its predictions on every fold of the split."""
    return {
        f"{rival}_{scheme}": fold_files(TLE, "predictions", rival, scheme)
        for rival in tle_words.RIVALS
        for scheme in tle_words.SCHEMES
    }


def tle_predictions(scheme):
    """Predictions of every fold of every model on a split."""
    return [
        path
        for model in tle_words.MODEL_LABELS
        for path in fold_files(TLE, "predictions", model, scheme)
    ]
