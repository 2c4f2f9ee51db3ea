# CT with label maps and lesion masks -> lesion volume of every region and window of CT numbers, a row a patient.


rule measure_lesions:
    input:
        admitted=measures_admission,
        checked="cache/{paper}/{cohort}/check/{batch}.parquet",
        contents="cache/{paper}/{cohort}/check/{batch}_contents.json",
        files=batch_files,
    output:
        table="cache/{paper}/{cohort}/measures/{batch}.parquet",
        failures="cache/{paper}/{cohort}/measures/{batch}_failures.csv",
        made_from="cache/{paper}/{cohort}/measures/{batch}_made_from.txt",
    log:
        "logs/{paper}/{cohort}/measure_lesions/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/measure_lesions/{batch}.tsv"
    conda:
        "../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=measures_settings,
        cases=batch_cases,
        contents=batch_contents,
        made_from=measures_made_from,
        code=code("scripts/quantification/measure_lesions.py"),
    message:
        "{wildcards.paper}: lesion volumes of batch {wildcards.batch}"
    script:
        "../scripts/quantification/measure_lesions.py"


rule collect_measures:
    input:
        tables=of_all_batches("cache/{paper}/{cohort}/measures/{batch}.parquet"),
        failures=of_all_batches("cache/{paper}/{cohort}/measures/{batch}_failures.csv"),
        admitted="cache/{paper}/{cohort}/admitted.json",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
    output:
        table="cache/{paper}/{cohort}/measures.parquet",
        ledger="cache/{paper}/{cohort}/measures_ledger.csv",
    log:
        "logs/{paper}/{cohort}/collect_measures.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/collect_measures.tsv"
    conda:
        "../envs/radiomics.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(losses(wildcards.cohort)),
        code=code("scripts/quantification/collect_measures.py"),
    message:
        "{wildcards.paper}: one table of lesion volumes for cohort {wildcards.cohort}"
    script:
        "../scripts/quantification/collect_measures.py"
