# Images and masks of admitted patients -> one table of radiomic features, a row a patient.


rule settle_extraction:
    output:
        extraction="cache/{paper}/{cohort}/features/{extraction}_settings.json",
    log:
        "logs/{paper}/{cohort}/settle_extraction/{extraction}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/settle_extraction/{extraction}.tsv"
    localrule: True
    conda:
        "../envs/radiomics.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        settings=lambda wildcards: canonical(
            {
                "radiomics": radiomics_settings(
                    wildcards.paper, wildcards.cohort, wildcards.extraction
                ),
                "extraction_code": code_fingerprint(
                    "scripts/radiomics/extract_features.py", PROJECT
                ),
            }
        ),
        code=code("scripts/radiomics/settle_extraction.py"),
    message:
        "{wildcards.paper}: settings of the feature extraction"
    script:
        "../scripts/radiomics/settle_extraction.py"


rule extract_features:
    input:
        admitted=ancient("cache/{paper}/{cohort}/admitted.json"),
        checked="cache/{paper}/{cohort}/check/{batch}.parquet",
        extraction="cache/{paper}/{cohort}/features/{extraction}_settings.json",
        files=batch_files,
    output:
        features="cache/{paper}/{cohort}/features/{extraction}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/features/{extraction}/{batch}_failures.csv",
    log:
        "logs/{paper}/{cohort}/extract_features/{extraction}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/extract_features/{extraction}/{batch}.tsv"
    conda:
        "../envs/radiomics.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        cases=batch_cases,
        code=code("scripts/radiomics/extract_features.py"),
    message:
        "{wildcards.paper}: radiomic features of batch {wildcards.batch}"
    script:
        "../scripts/radiomics/extract_features.py"


rule collect_features:
    input:
        features=of_all_batches(
            "cache/{paper}/{cohort}/features/{extraction}/{batch}.parquet"
        ),
        failures=of_all_batches(
            "cache/{paper}/{cohort}/features/{extraction}/{batch}_failures.csv"
        ),
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
    output:
        features="cache/{paper}/{cohort}/features/{extraction}.parquet",
        ledger="cache/{paper}/{cohort}/features/{extraction}_ledger.csv",
    log:
        "logs/{paper}/{cohort}/collect_features/{extraction}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/collect_features/{extraction}.tsv"
    conda:
        "../envs/radiomics.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=admission,
        code=code("scripts/radiomics/collect_features.py"),
    message:
        "{wildcards.paper}: one feature table for cohort {wildcards.cohort}"
    script:
        "../scripts/radiomics/collect_features.py"
