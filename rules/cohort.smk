# Sample sheet and image files -> every fault at once, the clinical table of admitted patients, the exclusion ledger.


rule check_cases:
    input:
        files=batch_files,
    output:
        cases="cache/{paper}/{cohort}/check/{batch}.parquet",
        contents="cache/{paper}/{cohort}/check/{batch}_contents.json",
    log:
        "logs/{paper}/{cohort}/check_cases/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/check_cases/{batch}.tsv"
    conda:
        "../envs/cohort.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=check_settings,
        cases=batch_cases,
        contents=batch_contents,
        code=code("scripts/cohort/check_cases.py"),
    message:
        "{wildcards.paper}: reading images and masks of batch {wildcards.batch}"
    script:
        "../scripts/cohort/check_cases.py"


rule check_cohort:
    input:
        sheet=sheet_of,
        schema=lambda wildcards: project_file(
            f"config/schemas/sheets/{wildcards.paper}.yaml"
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
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=admission,
        contents=contents(sheet_of),
        code=code("scripts/cohort/check_cohort.py"),
    message:
        "{wildcards.paper}: checking the sheet of cohort {wildcards.cohort}"
    script:
        "../scripts/cohort/check_cohort.py"


# Stops the run with one screen of faults before anything is computed; the table of faults stays. A refusal leaves the
# file of an earlier admission (update), so that batches which have not changed are not computed again after it.
rule admit_cohort:
    input:
        verdict="cache/{paper}/{cohort}/verdict.json",
        faults="results/{paper}/check/{cohort}/faults.csv",
    output:
        admitted=update("cache/{paper}/{cohort}/admitted.json"),
    log:
        "logs/{paper}/{cohort}/admit_cohort.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/admit_cohort.tsv"
    localrule: True
    conda:
        "../envs/cohort.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        code=code("scripts/cohort/admit_cohort.py"),
    message:
        "{wildcards.paper}: admitting cohort {wildcards.cohort}"
    script:
        "../scripts/cohort/admit_cohort.py"


rule picture_cases:
    input:
        files=example_files,
        contents=lambda wildcards: (
            f"cache/{{paper}}/{{cohort}}/check/{example_batch(wildcards)}_contents.json"
        ),
    output:
        examples=report(
            "results/{paper}/check/{cohort}/examples.svg",
            caption="../resources/report/examples.rst",
            category="{paper}",
            subcategory="Cohort {cohort}",
            labels={
                "picture": "A few images with their masks"
            },  # one label: see rank_registrations
        ),
    log:
        "logs/{paper}/{cohort}/picture_cases.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/picture_cases.tsv"
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=picture_settings,
        cases=lambda wildcards: canonical(
            example_cases(wildcards.paper, wildcards.cohort)
        ),
        contents=example_contents,
        code=code("scripts/cohort/picture_cases.py"),
    message:
        "{wildcards.paper}: pictures of a few cases with their masks"
    script:
        "../scripts/cohort/picture_cases.py"
