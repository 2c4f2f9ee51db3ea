# Predictions of the folds of all models on a split -> performance with intervals, curves, comparisons: for every classifier.


rule evaluate_classifiers:
    input:
        predictions=evaluated_files("predictions"),
        histories=evaluated_files("history"),
    output:
        **tables("results/{paper}/evaluation/{scheme}", *EVALUATION_TABLES),
        provenance="results/{paper}/provenance/evaluate_classifiers_{scheme}.json",
    log:
        "logs/{paper}/evaluate_classifiers/{scheme}.log",
    benchmark:
        "benchmarks/{paper}/evaluate_classifiers/{scheme}.tsv"
    conda:
        "../envs/training.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(
            {
                "evaluation": branch_of(wildcards.paper, "evaluation"),
                "seed": config["seed"],
            }
        ),
        code=code("scripts/evaluation/evaluate_classifiers.py"),
    message:
        "{wildcards.paper}: performance of the models on split {wildcards.scheme}"
    script:
        "../scripts/evaluation/evaluate_classifiers.py"
