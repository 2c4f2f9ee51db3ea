# Names and functions of the rules of covid_ct: which files, settings and cohorts they work on.
from scripts.model.bundle_file import settings_differences
from scripts.simulation.covid_ct import identifiers as covid_names

COVID = "covid_ct"
COVID_CARD = or_stop(registry.paper_card, COVID)
MODALITY_OF[COVID] = "CT"
MASKS_OF[COVID] = {
    "allow_several_pieces": True,
    "min_mask_voxels": 0,
    "one_slice_mask": "allowed",
    "empty_mask": True,
    "tumour_median": False,
}
SIMULATED_FILES[COVID] = covid_names.case_files
SIMULATED_SIZE[COVID] = ImageSize(
    covid_names.SIZE_XYZ[0] * covid_names.SIZE_XYZ[1] * covid_names.SIZE_XYZ[2],
    covid_names.BYTES_PER_VOXEL,
    True,
)
SIMULATED_PATIENTS[COVID] = {
    cohort: covid_names.patient_ids(
        entry["n_covid"] + entry["n_other"], entry["prefix"]
    )
    for cohort, entry in COVID_CARD["simulated"]["cohorts"].items()
}
COVID_COHORT = COHORT_OF[COVID]
COVID_CACHE = f"cache/{COVID}/{COVID_COHORT}"
COVID_RESULTS = f"results/{COVID}"
COVID_TABLES = f"{COVID_RESULTS}/tables"
COVID_CHECK = f"{COVID_RESULTS}/check/{COVID_COHORT}"
COVID_CLINICAL = f"{COVID_CACHE}/clinical.parquet"
COVID_MEASURES = f"{COVID_CACHE}/measures.parquet"
COVID_LEDGER = f"{COVID_CACHE}/measures_ledger.csv"
COVID_STEPS = f"scripts/papers/{COVID}"
COVID_REPORTED = project_file(f"resources/reported/{COVID}.yaml")
COVID_BATCHES = list(cases_by_batch(COVID, COVID_COHORT))
COVID_PREDICT = f"{COVID_RESULTS}/predict/{{cohort}}/{{model}}"
COVID_COMPARED = ("comparisons", "patient_flow", "exclusions", "how", "volumes")
COVID_POWER = ("power", "power_findings")
COVID_PRINTED = ("printed_counts", "printed_means")
COVID_FITTED = ("held_out", "roc", "shuffled", "combined")
# What the report is composed from: tables that every cohort has, and that of a simulation.
COVID_REPORT_TABLES = {
    name: f"{COVID_TABLES}/{name}.parquet"
    for name in (
        *COVID_COMPARED,
        *COVID_POWER,
        *COVID_PRINTED,
        *COVID_FITTED,
        *(["recovery"] if is_simulated(COVID_COHORT) else []),
    )
}
COVID_RECORDED = [
    "compare_groups",
    "assess_power",
    "recompute_printed",
    "fit_score",
    *(["assess_recovery"] if is_simulated(COVID_COHORT) else []),
]


def covid_model(wildcards):
    """The frozen score of a name, where its volumes were measured as the cohort's are: said while the run is planned."""
    path = model_file(COVID, wildcards.model)
    or_stop(require_same_measurement, path, wildcards.model, wildcards.cohort)
    return path


@cache
def require_same_measurement(path, model, cohort):
    """Raise InputError with every setting on which the score and the cohort's volumes disagree."""
    used = registry.pick(parameters(COVID, cohort), "measurement")
    if model == "fitted":
        frozen = registry.pick(parameters(COVID, COVID_COHORT), "measurement")
    else:
        try:
            frozen = json.loads(Path(path).read_text(encoding="utf-8"))["preparation"]
            settings_differences(frozen, used)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                str(path), "a frozen score and how lesions are measured", f"{error!r}"
            ) from None
    if differences := settings_differences(frozen, used):
        raise InputError(
            f"model '{model}' on cohort '{cohort}'",
            "lesions measured as those of the model",
            "; ".join(differences),
            f"Set the model's values under papers: {COVID}: parameters: in the configuration.",
        )


def covid_own(wildcards):
    """Whether the score is fitted on the wildcards' cohort."""
    return wildcards.model == "fitted" and wildcards.cohort == COVID_COHORT
