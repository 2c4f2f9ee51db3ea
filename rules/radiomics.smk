# Images and masks of admitted patients -> one table of radiomic features, a row a patient.


def extraction_settings(wildcards):
    """The extraction settings of the configuration, or those frozen in a model from elsewhere."""
    if wildcards.extraction == "config":
        return canonical(registry.pick(parameters(wildcards.paper, wildcards.cohort), "radiomics")["radiomics"])
    return canonical(or_stop(model_card, wildcards.paper, wildcards.extraction)["radiomics"])


rule extract_features:
    input:
        admitted=ancient("cache/{paper}/{cohort}/admitted.json"),
        checked="cache/{paper}/{cohort}/check/{batch}.parquet",
        files=batch_files,
    output:
        features="cache/{paper}/{cohort}/features/{extraction}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/features/{extraction}/{batch}_failures.csv",
    params:
        settings=extraction_settings,
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
