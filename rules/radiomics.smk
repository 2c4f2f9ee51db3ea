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
        mem_mb=memory(),
        runtime=runtime(),
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
        admitted=admission_to_wait_for,
        checked="cache/{paper}/{cohort}/check/{batch}.parquet",
        contents="cache/{paper}/{cohort}/check/{batch}_contents.json",
        extraction="cache/{paper}/{cohort}/features/{extraction}_settings.json",
        files=batch_files,
    output:
        features="cache/{paper}/{cohort}/features/{extraction}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/features/{extraction}/{batch}_failures.csv",
        made_from="cache/{paper}/{cohort}/features/{extraction}/{batch}_made_from.txt",
    log:
        "logs/{paper}/{cohort}/extract_features/{extraction}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/extract_features/{extraction}/{batch}.tsv"
    conda:
        "../envs/radiomics.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        cases=batch_cases,
        contents=batch_contents,
        made_from=made_from,
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
        admitted="cache/{paper}/{cohort}/admitted.json",
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
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(losses(wildcards.cohort)),
        code=code("scripts/radiomics/collect_features.py"),
    message:
        "{wildcards.paper}: one feature table for cohort {wildcards.cohort}"
    script:
        "../scripts/radiomics/collect_features.py"
