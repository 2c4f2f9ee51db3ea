# Sample sheet and image files -> every fault at once, the clinical table of admitted patients, the exclusion ledger.


def strictness(wildcards):
    """What one case must satisfy."""
    entry = {} if is_simulated(wildcards.cohort) else cohort_entry(wildcards.cohort)
    return canonical(
        {
            "allow_several_pieces": entry.get("allow_several_pieces", False),
            "min_mask_voxels": MIN_MASK_VOXELS,
            "modality": MODALITY_OF[wildcards.paper],
        }
    )


def admission(wildcards):
    """What the cohort must satisfy: its role, and how many cases it may lose."""
    entry = {} if is_simulated(wildcards.cohort) else cohort_entry(wildcards.cohort)
    development = COHORT_OF[wildcards.paper] == wildcards.cohort
    return canonical(
        {
            "max_failed_cases": entry.get("max_failed_cases", 0),
            "role": "development" if development else "predict",
        }
    )


rule check_cases:
    input:
        files=batch_files,
    output:
        cases="cache/{paper}/{cohort}/check/{batch}.parquet",
    params:
        settings=strictness,
        cases=batch_cases,
        code=code("scripts/cohort/check_cases.py"),
    log:
        "logs/{paper}/{cohort}/check_cases/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/check_cases/{batch}.tsv"
    threads: config["threads_per_job"]
    resources:
        mem_mb=4000,
        runtime=120,
    conda:
        "../envs/cohort.yaml"
    message:
        "{wildcards.paper}: reading images and masks of batch {wildcards.batch}"
    script:
        "../scripts/cohort/check_cases.py"


rule check_cohort:
    input:
        sheet=sheet_of,
        schema=lambda wildcards: str(PROJECT / "config/schemas/sheets" / f"{wildcards.paper}.yaml"),
        cases=of_all_batches("cache/{paper}/{cohort}/check/{batch}.parquet"),
    output:
        faults="results/{paper}/check/{cohort}/faults.csv",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        verdict="cache/{paper}/{cohort}/verdict.json",
    params:
        settings=admission,
        code=code("scripts/cohort/check_cohort.py"),
    log:
        "logs/{paper}/{cohort}/check_cohort.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/check_cohort.tsv"
    resources:
        mem_mb=2000,
        runtime=30,
    conda:
        "../envs/cohort.yaml"
    message:
        "{wildcards.paper}: checking the sheet of cohort {wildcards.cohort}"
    script:
        "../scripts/cohort/check_cohort.py"


# Stops the run with one screen of faults before anything is computed; the table of faults stays.
rule admit_cohort:
    input:
        verdict="cache/{paper}/{cohort}/verdict.json",
        faults="results/{paper}/check/{cohort}/faults.csv",
    output:
        admitted="cache/{paper}/{cohort}/admitted.json",
    params:
        code=code("scripts/cohort/admit_cohort.py"),
    log:
        "logs/{paper}/{cohort}/admit_cohort.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/admit_cohort.tsv"
    resources:
        mem_mb=1500,
        runtime=10,
    conda:
        "../envs/cohort.yaml"
    message:
        "{wildcards.paper}: admitting cohort {wildcards.cohort}"
    script:
        "../scripts/cohort/admit_cohort.py"


rule picture_cases:
    input:
        files=example_files,
    output:
        examples="results/{paper}/check/{cohort}/examples.svg",
    params:
        cases=lambda wildcards: canonical(example_cases(wildcards.paper, wildcards.cohort)),
        code=code("scripts/cohort/picture_cases.py"),
    log:
        "logs/{paper}/{cohort}/picture_cases.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/picture_cases.tsv"
    resources:
        mem_mb=2000,
        runtime=20,
    conda:
        "../envs/report.yaml"
    message:
        "{wildcards.paper}: pictures of a few cases with their masks"
    script:
        "../scripts/cohort/picture_cases.py"
