# Names and functions of the rules of hip_dysplasia: which files, settings and cohorts they work on.
from scripts.papers.hip_dysplasia import names as hip_words
from scripts.simulation.hip_dysplasia import identifiers as hip_names

HIP = "hip_dysplasia"
HipBatch = namedtuple("HipBatch", "paper cohort batch")
HIP_CARD = or_stop(registry.paper_card, HIP)
MODALITY_OF[HIP] = "X-ray"
SIMULATED_SIZE[HIP] = ImageSize(
    hip_names.WIDTH * hip_names.HEIGHT, hip_names.BYTES_PER_PIXEL, False
)
SIMULATED_PATIENTS[HIP] = {
    cohort: hip_names.patient_ids(entry["n_patients"], entry["prefix"])
    for cohort, entry in HIP_CARD["simulated"]["cohorts"].items()
}
HIP_READERS = {
    entry["prefix"]: entry["readers"]
    for entry in HIP_CARD["simulated"]["cohorts"].values()
}
HIP_COHORT = COHORT_OF[HIP]
HIP_CACHE = f"cache/{HIP}/{HIP_COHORT}"
HIP_RESULTS = f"results/{HIP}"
HIP_TABLES = f"{HIP_RESULTS}/tables"
HIP_STEPS = f"scripts/papers/{HIP}"
HIP_PREDICT = f"{HIP_RESULTS}/predict/{{cohort}}/{{model}}"
HIP_HIPS = f"{HIP_RESULTS}/hips"
HIP_READING = ("samples", "agreement", "landmark_error", "by_hand")
HIP_EVALUATION = ("agreement_of_criteria", "cross_table", "signs", "circles")
HIP_DESCRIBED = ("table1", "angles", "patient_flow", "exclusions")
# What the report is composed from: tables that every cohort has, and those of a simulation.
HIP_TABLE_NAMES = [
    *HIP_READING,
    "clusters",
    "clustering",
    "verdicts",
    "cross_validated",
    "clusterings",
    *HIP_EVALUATION,
    *HIP_DESCRIBED,
    *(["recovery"] if is_simulated(HIP_COHORT) else []),
]
HIP_REPORT_TABLES = {name: f"{HIP_TABLES}/{name}.parquet" for name in HIP_TABLE_NAMES}
HIP_RECORDED = [
    "assess_reading",
    "fit_criterion",
    "apply_criterion",
    "cross_validate",
    "evaluate_criterion",
    "compare_clusterings",
    *(["assess_recovery"] if is_simulated(HIP_COHORT) else []),
]


def hip_files(folder, batch, patient):
    """Film and annotations of a simulated patient: of as many readers as its cohort has."""
    readers = HIP_READERS[patient.split("-")[0]]
    return hip_names.case_files(folder, batch, patient, readers)


def hip_landmarks(cohort):
    """What must be drawn on a film, and by which names."""
    drawn = registry.pick(parameters(HIP, cohort), "landmarks")["landmarks"]
    return {
        "names": drawn["names"],
        "needed": list(hip_words.NEEDED),
        "side_without_label": drawn["side_without_label"],
    }


SIMULATED_FILES[HIP] = hip_files
LANDMARKS_OF[HIP] = hip_landmarks


def hip_batches(pattern):
    """Input function: a file or folder of every batch of the cohort."""

    def of(wildcards):
        cohort = getattr(wildcards, "cohort", HIP_COHORT)
        return [
            pattern.format(batch=batch, cohort=cohort)
            for batch in cases_by_batch(HIP, cohort)
        ]

    return of


def of_hips(wildcards):
    """The wildcards of a batch, with the paper."""
    return HipBatch(HIP, wildcards.cohort, wildcards.batch)


def first_hip_batch():
    """The landmarks of the batch whose first film the figures show."""
    batch = next(iter(cases_by_batch(HIP, HIP_COHORT)), "b")
    return f"{HIP_CACHE}/landmarks/{batch}.parquet"
