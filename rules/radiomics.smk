# Images and masks of admitted patients -> one table of radiomic features, a row a patient.


def radiomics_settings(paper, cohort, extraction):
    """The extraction settings of the configuration, or those frozen in a model from elsewhere."""
    if extraction == "config":
        return registry.pick(parameters(paper, cohort), "radiomics")["radiomics"]
    return or_stop(model_card, paper, extraction)["radiomics"]


rule settle_extraction:
    output:
        extraction="cache/{paper}/{cohort}/features/{extraction}_settings.json",
    params:
        settings=lambda wildcards: canonical(
            {
                "radiomics": radiomics_settings(wildcards.paper, wildcards.cohort, wildcards.extraction),
                "extraction_code": code_fingerprint("scripts/radiomics/extract_features.py", PROJECT),
            }
        ),
        code=code("scripts/radiomics/settle_extraction.py"),
    log:
        "logs/{paper}/{cohort}/settle_extraction/{extraction}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/settle_extraction/{extraction}.tsv"
    resources:
        mem_mb=1500,
        runtime=10,
    conda:
        "../envs/radiomics.yaml"
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
    params:
        cases=batch_cases,
        code=code("scripts/radiomics/extract_features.py"),
    log:
        "logs/{paper}/{cohort}/extract_features/{extraction}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/extract_features/{extraction}/{batch}.tsv"
    threads: config["threads_per_job"]
    resources:
        mem_mb=4000,
        runtime=240,
    conda:
        "../envs/radiomics.yaml"
    message:
        "{wildcards.paper}: radiomic features of batch {wildcards.batch}"
    script:
        "../scripts/radiomics/extract_features.py"


rule collect_features:
    input:
        features=of_all_batches("cache/{paper}/{cohort}/features/{extraction}/{batch}.parquet"),
        failures=of_all_batches("cache/{paper}/{cohort}/features/{extraction}/{batch}_failures.csv"),
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
    output:
        features="cache/{paper}/{cohort}/features/{extraction}.parquet",
        ledger="cache/{paper}/{cohort}/features/{extraction}_ledger.csv",
    params:
        settings=admission,
        code=code("scripts/radiomics/collect_features.py"),
    log:
        "logs/{paper}/{cohort}/collect_features/{extraction}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/collect_features/{extraction}.tsv"
    resources:
        mem_mb=2000,
        runtime=30,
    conda:
        "../envs/radiomics.yaml"
    message:
        "{wildcards.paper}: one feature table for cohort {wildcards.cohort}"
    script:
        "../scripts/radiomics/collect_features.py"
