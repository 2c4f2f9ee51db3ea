# A finished run -> a random share of its jobs computed again in a scratch folder, and whether they give the same.


rule verify_run:
    input:
        pdf="results/{paper}.pdf",
    output:
        table="results/{paper}/verify.csv",
    log:
        "logs/{paper}/verify_run.log",
    benchmark:
        "benchmarks/{paper}/verify_run.tsv"
    conda:
        "../envs/report.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        settings=lambda wildcards: canonical(
            {**config["verify"], "config": config, "seed": config["seed"]}
        ),
        code=code("scripts/verification/verify_run.py"),
    message:
        "{wildcards.paper}: computing a share of the jobs again"
    script:
        "../scripts/verification/verify_run.py"
