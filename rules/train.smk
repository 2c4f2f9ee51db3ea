# Prepared samples of a cohort -> their table, splits by patient, pretrained weights; and what a rule that trains one fold takes.


rule collect_samples:
    input:
        samples=of_all_batches("cache/{paper}/{cohort}/prepared/{batch}.safetensors"),
        tables=of_all_batches("cache/{paper}/{cohort}/prepared/{batch}.parquet"),
        failures=of_all_batches("cache/{paper}/{cohort}/prepared/{batch}_failures.csv"),
        admitted="cache/{paper}/{cohort}/admitted.json",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
    output:
        samples="cache/{paper}/{cohort}/samples.parquet",
        ledger="cache/{paper}/{cohort}/samples_ledger.csv",
    log:
        "logs/{paper}/{cohort}/collect_samples.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/collect_samples.tsv"
    conda:
        "../envs/training.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(losses(wildcards.cohort)),
        code=code("scripts/training/collect_samples.py"),
    message:
        "{wildcards.paper}: one table of the samples of cohort {wildcards.cohort}"
    script:
        "../scripts/training/collect_samples.py"


rule find_near_identical:
    input:
        samples=of_all_batches("cache/{paper}/{cohort}/prepared/{batch}.safetensors"),
        table="cache/{paper}/{cohort}/samples.parquet",
    output:
        pairs="cache/{paper}/{cohort}/near_identical.csv",
    log:
        "logs/{paper}/{cohort}/find_near_identical.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/find_near_identical.tsv"
    conda:
        "../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(
            {"near_identical": branch_of(wildcards.paper, "near_identical")}
        ),
        code=code("scripts/splits/find_near_identical.py"),
    message:
        "{wildcards.paper}: images of cohort {wildcards.cohort} that are nearly the same"
    script:
        "../scripts/splits/find_near_identical.py"


rule split_samples:
    input:
        table=lambda wildcards: (
            f"cache/{wildcards.paper}/{COHORT_OF[wildcards.paper]}/samples.parquet"
        ),
        near_identical=lambda wildcards: (
            f"cache/{wildcards.paper}/{COHORT_OF[wildcards.paper]}/near_identical.csv"
        ),
    output:
        split="results/{paper}/splits/{scheme}.csv",
    log:
        "logs/{paper}/split_samples/{scheme}.log",
    benchmark:
        "benchmarks/{paper}/split_samples/{scheme}.tsv"
    conda:
        "../envs/training.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(
            {
                "splits": {
                    wildcards.scheme: split_of(wildcards.paper, wildcards.scheme)
                },
                "seed": config["seed"],
            }
        ),
        code=code("scripts/splits/split_samples.py"),
    message:
        "{wildcards.paper}: split {wildcards.scheme} of the samples"
    script:
        "../scripts/splits/split_samples.py"


rule pretrain_network:
    output:
        weights="cache/pretrained/{network}_{digest}.safetensors",
        training="cache/pretrained/{network}_{digest}.json",
    log:
        "logs/pretrain_network/{network}_{digest}.log",
    benchmark:
        "benchmarks/pretrain_network/{network}_{digest}.tsv"
    conda:
        "../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
        gpu=graphics_cards,
    params:
        settings=lambda wildcards: canonical(
            pretrainings()[f"{wildcards.network}_{wildcards.digest}"]
        ),
        code=code("scripts/networks/pretrain_network.py"),
    message:
        "pretraining {wildcards.network} on generated images"
    script:
        "../scripts/networks/pretrain_network.py"
