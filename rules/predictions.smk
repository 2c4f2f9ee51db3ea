# A frozen network on a cohort -> its report; after the papers' rules, for they say which papers have such networks.
PREDICTION_TABLES = ("performance", "confusion", "roc_points", "calibration")
PREDICTION = "results/{paper}/predict/{cohort}/{model}"


rule report_predictions:
    input:
        predictions=f"{PREDICTION}/predictions.parquet",
        failures=f"{PREDICTION}/failures.csv",
        ledger="cache/{paper}/{cohort}/samples_ledger.csv",
        card=lambda wildcards: frozen_file(wildcards.paper, wildcards.model, "card"),
        weights=lambda wildcards: frozen_file(
            wildcards.paper, wildcards.model, "weights"
        ),
        paper=lambda wildcards: project_file(f"config/papers/{wildcards.paper}.yaml"),
        template=project_file("resources/report/template.typ"),
    output:
        **tables(f"{PREDICTION}/tables", *PREDICTION_TABLES),
        pdf=report(
            f"{PREDICTION}.pdf",
            caption="../resources/report/pdf.rst",
            category="{paper}",
            subcategory="Model {model} on {cohort}",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        figures=report(
            directory(f"{PREDICTION}/figures"),
            patterns=["{item}.svg"],
            caption="../resources/report/caption.rst",
            category="{paper}",
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(f"{PREDICTION}/captions"),
        ),
        printed=report(
            directory(f"{PREDICTION}/printed_tables"),
            patterns=["{item}.html"],
            caption="../resources/report/caption.rst",
            category="{paper}",
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(f"{PREDICTION}/captions"),
        ),
        captions=directory(f"{PREDICTION}/captions"),
        provenance=f"{PREDICTION}/provenance/report_predictions.json",
    log:
        "logs/{paper}/report_predictions/{cohort}_{model}.log",
    benchmark:
        "benchmarks/{paper}/report_predictions/{cohort}_{model}.tsv"
    wildcard_constraints:
        paper="|".join(PREDICTED) or "no paper",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(
            {
                "evaluation": branch_of(wildcards.paper, "evaluation"),
                "own": is_fitted_on(wildcards),
                "simulated": is_simulated(wildcards.cohort),
                "seed": config["seed"],
            }
        ),
        contents=prediction_contents(),
        code=code("scripts/evaluation/report_predictions.py"),
    message:
        "{wildcards.paper}: typesetting the report of {wildcards.model} on cohort {wildcards.cohort}"
    script:
        "../scripts/evaluation/report_predictions.py"
