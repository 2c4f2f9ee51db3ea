# Sample sheet and image files -> every fault at once, the clinical table of admitted patients, the exclusion ledger.


rule check_cases:
    input:
        files=batch_files,
    output:
        cases="cache/{paper}/{cohort}/check/{batch}.parquet",
    log:
        "logs/{paper}/{cohort}/check_cases/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/check_cases/{batch}.tsv"
    conda:
        "../envs/cohort.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=strictness,
        cases=batch_cases,
        code=code("scripts/cohort/check_cases.py"),
    message:
        "{wildcards.paper}: reading images and masks of batch {wildcards.batch}"
    script:
        "../scripts/cohort/check_cases.py"


rule check_cohort:
    input:
        sheet=sheet_of,
        schema=lambda wildcards: str(
            PROJECT / "config/schemas/sheets" / f"{wildcards.paper}.yaml"
        ),
        cases=of_all_batches("cache/{paper}/{cohort}/check/{batch}.parquet"),
    output:
        faults="results/{paper}/check/{cohort}/faults.csv",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        verdict="cache/{paper}/{cohort}/verdict.json",
    log:
        "logs/{paper}/{cohort}/check_cohort.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/check_cohort.tsv"
    conda:
        "../envs/cohort.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=admission,
        code=code("scripts/cohort/check_cohort.py"),
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
    log:
        "logs/{paper}/{cohort}/admit_cohort.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/admit_cohort.tsv"
    localrule: True
    conda:
        "../envs/cohort.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code("scripts/cohort/admit_cohort.py"),
    message:
        "{wildcards.paper}: admitting cohort {wildcards.cohort}"
    script:
        "../scripts/cohort/admit_cohort.py"


rule picture_cases:
    input:
        files=example_files,
    output:
        examples="results/{paper}/check/{cohort}/examples.svg",
    log:
        "logs/{paper}/{cohort}/picture_cases.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/picture_cases.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        cases=lambda wildcards: canonical(
            example_cases(wildcards.paper, wildcards.cohort)
        ),
        code=code("scripts/cohort/picture_cases.py"),
    message:
        "{wildcards.paper}: pictures of a few cases with their masks"
    script:
        "../scripts/cohort/picture_cases.py"
