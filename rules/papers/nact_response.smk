# nact_response: two visits of DCE-MRI, their features and Jacobian maps, response -> models, tables and figures of the study.
include: "functions/nact_response.smk"


rule draw_patients_nact_response:
    output:
        sheet=f"cache/{NACT}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{NACT}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{NACT}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{NACT}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{NACT}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(NACT_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=lambda wildcards: canonical(
            {
                **NACT_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[NACT][wildcards.cohort], cases_per_job(NACT)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{NACT}/draw_patients.py"),
    message:
        "nact_response: drawing simulated patients and their truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{NACT}/draw_patients.py"


rule render_cases_nact_response:
    input:
        latents=f"cache/{NACT}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{NACT}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{NACT}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{NACT}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(NACT_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, NACT),
        code=code(f"scripts/simulation/{NACT}/render_cases.py"),
    message:
        "nact_response: rendering simulated DCE-MRI of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{NACT}/render_cases.py"


rule fit_models_nact_response:
    input:
        **NACT_FEATURES,
        clinical=NACT_CLINICAL,
    output:
        **tables(NACT_TABLES, *NACT_FITTED),
        model=f"{NACT_RESULTS}/model.json",
        provenance=f"{NACT_RESULTS}/provenance/fit_models.json",
    log:
        f"logs/{NACT}/fit_models.log",
    benchmark:
        f"benchmarks/{NACT}/fit_models.tsv"
    conda:
        "../../envs/survival.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            *NACT_PREPARATION,
            "svm",
            paper=NACT,
            seed=True,
            simulated=is_simulated(NACT_COHORT),
        ),
        code=code(f"{NACT_STEPS}/fit_models.py"),
    message:
        "nact_response: six models from the development set, and what their selection is worth"
    script:
        f"../../{NACT_STEPS}/fit_models.py"


rule apply_model_nact_response:
    input:
        **NACT_FEATURES,
        model=f"{NACT_RESULTS}/model.json",
        clinical=NACT_CLINICAL,
    output:
        **tables(NACT_TABLES, "predictions"),
        provenance=f"{NACT_RESULTS}/provenance/apply_model.json",
    log:
        f"logs/{NACT}/apply_model.log",
    benchmark:
        f"benchmarks/{NACT}/apply_model.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(*NACT_PREPARATION, paper=NACT),
        code=code(f"{NACT_STEPS}/apply_model.py"),
    message:
        "nact_response: scores of all patients by the frozen models"
    script:
        f"../../{NACT_STEPS}/apply_model.py"


rule evaluate_models_nact_response:
    input:
        model=f"{NACT_RESULTS}/model.json",
        predictions=f"{NACT_TABLES}/predictions.parquet",
    output:
        **tables(NACT_TABLES, *NACT_EVALUATION),
        provenance=f"{NACT_RESULTS}/provenance/evaluate_models.json",
    log:
        f"logs/{NACT}/evaluate_models.log",
    benchmark:
        f"benchmarks/{NACT}/evaluate_models.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings("evaluation.interval", paper=NACT),
        code=code(f"{NACT_STEPS}/evaluate_models.py"),
    message:
        "nact_response: Table 3, ROC curves, tests between models"
    script:
        f"../../{NACT_STEPS}/evaluate_models.py"


rule compare_rivals_nact_response:
    input:
        **NACT_FEATURES,
        clinical=NACT_CLINICAL,
    output:
        **tables(NACT_TABLES, "rivals"),
        provenance=f"{NACT_RESULTS}/provenance/compare_rivals.json",
    log:
        f"logs/{NACT}/compare_rivals.log",
    benchmark:
        f"benchmarks/{NACT}/compare_rivals.tsv"
    conda:
        "../../envs/survival.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            "delta",
            "outcome.ki67_threshold",
            "svm",
            "rivals",
            "combat",
            paper=NACT,
            seed=True,
        ),
        code=code(f"{NACT_STEPS}/compare_rivals.py"),
    message:
        "nact_response: rivals and ComBat under the same nested cross-validation"
    script:
        f"../../{NACT_STEPS}/compare_rivals.py"


rule test_null_nact_response:
    input:
        **NACT_FEATURES,
        clinical=NACT_CLINICAL,
    output:
        **tables(NACT_TABLES, "null_cohort", "null_summary"),
        provenance=f"{NACT_RESULTS}/provenance/test_null.json",
    log:
        f"logs/{NACT}/test_null.log",
    benchmark:
        f"benchmarks/{NACT}/test_null.tsv"
    conda:
        "../../envs/survival.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            "delta", "outcome.ki67_threshold", "svm", "null", paper=NACT, seed=True
        ),
        code=code(f"{NACT_STEPS}/test_null.py"),
    message:
        "nact_response: the whole selection with shuffled responses"
    script:
        f"../../{NACT_STEPS}/test_null.py"


rule describe_cohort_nact_response:
    input:
        **NACT_FEATURES,
        clinical=NACT_CLINICAL,
        ledger=NACT_LEDGER,
        cases=nact_batches("check/{batch}.parquet"),
        corrected_baseline=nact_batches(
            "preprocess/correct_bias/baseline/{batch}.parquet"
        ),
        corrected_follow_up=nact_batches(
            "preprocess/correct_bias/follow_up/{batch}.parquet"
        ),
        segmented_baseline=nact_batches(
            "preprocess/segment_tumours/baseline/{batch}.parquet"
        ),
        segmented_follow_up=nact_batches(
            "preprocess/segment_tumours/follow_up/{batch}.parquet"
        ),
    output:
        **tables(NACT_TABLES, *NACT_DESCRIBED),
        provenance=f"{NACT_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{NACT}/describe_cohort.log",
    benchmark:
        f"benchmarks/{NACT}/describe_cohort.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings("outcome.ki67_threshold", paper=NACT, seed=True),
        code=code(f"{NACT_STEPS}/describe_cohort.py"),
    message:
        "nact_response: Tables 1 and 2, and the flow of patients"
    script:
        f"../../{NACT_STEPS}/describe_cohort.py"


rule test_features_nact_response:
    input:
        **NACT_FEATURES,
        clinical=NACT_CLINICAL,
    output:
        **tables(NACT_TABLES, *NACT_TESTED),
        provenance=f"{NACT_RESULTS}/provenance/test_features.json",
    log:
        f"logs/{NACT}/test_features.log",
    benchmark:
        f"benchmarks/{NACT}/test_features.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            "delta", "outcome.ki67_threshold", "feature_tests", paper=NACT
        ),
        code=code(f"{NACT_STEPS}/test_features.py"),
    message:
        "nact_response: features between responders and non-responders, and between visits"
    script:
        f"../../{NACT_STEPS}/test_features.py"


rule assess_models_nact_response:
    input:
        **NACT_FEATURES,
        clinical=NACT_CLINICAL,
        predictions=f"{NACT_TABLES}/predictions.parquet",
        truth=f"{NACT_CACHE}/simulated/truth.json",
        latents=f"{NACT_CACHE}/simulated/latents.parquet",
    output:
        **tables(NACT_TABLES, "model_recovery"),
        provenance=f"{NACT_RESULTS}/provenance/assess_models.json",
    log:
        f"logs/{NACT}/assess_models.log",
    benchmark:
        f"benchmarks/{NACT}/assess_models.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            "delta", "outcome.ki67_threshold", "svm", paper=NACT, seed=True
        ),
        code=code(f"{NACT_STEPS}/assess_models.py"),
    message:
        "nact_response: what features and models tell, against the true factors"
    script:
        f"../../{NACT_STEPS}/assess_models.py"


rule assess_recovery_nact_response:
    input:
        truth=f"{NACT_CACHE}/simulated/truth.json",
        model_recovery=f"{NACT_TABLES}/model_recovery.parquet",
        simulated=nact_batches("simulated/images/{batch}"),
        corrected=nact_batches("preprocess/correct_bias/baseline/{batch}"),
        masks=nact_batches("preprocess/segment_tumours/baseline/{batch}"),
        registered=nact_batches("preprocess/register_visits/{batch}"),
        baseline=nact_batches("preprocess/segment_tumours/baseline/{batch}.parquet"),
        follow_up=nact_batches("preprocess/segment_tumours/follow_up/{batch}.parquet"),
    output:
        **tables(NACT_TABLES, "recovery", "recovery_cases"),
        provenance=f"{NACT_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{NACT}/assess_recovery.log",
    benchmark:
        f"benchmarks/{NACT}/assess_recovery.tsv"
    conda:
        "../../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        code=code(f"{NACT_STEPS}/assess_recovery.py"),
    message:
        "nact_response: planted truth against what was found"
    script:
        f"../../{NACT_STEPS}/assess_recovery.py"


rule draw_figures_nact_response:
    input:
        **NACT_REPORT_TABLES,
    output:
        figures=report(
            directory(f"{NACT_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=NACT,
            subcategory="Figures",
            labels=caption_labels(f"{NACT_RESULTS}/captions"),
        ),
    log:
        f"logs/{NACT}/draw_figures.log",
    benchmark:
        f"benchmarks/{NACT}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings("null.model", paper=NACT),
        code=code(f"{NACT_STEPS}/draw_figures.py"),
    message:
        "nact_response: figures"
    script:
        f"../../{NACT_STEPS}/draw_figures.py"


rule write_report_nact_response:
    input:
        **NACT_REPORT_TABLES,
        model=f"{NACT_RESULTS}/model.json",
        reported=project_file(f"resources/reported/{NACT}.yaml"),
        paper=project_file(f"config/papers/{NACT}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(NACT, NACT_COHORT)),
        figures=f"{NACT_RESULTS}/figures",
        examples=f"{NACT_CHECK}/examples.svg",
        worst=f"{NACT_CHECK}/worst_registrations.svg",
        pictures=[f"{NACT_CHECK}/registration/{batch}" for batch in NACT_BATCHES],
        records=[f"{NACT_RESULTS}/provenance/{step}.json" for step in NACT_RECORDED],
    output:
        **tables(NACT_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{NACT_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=NACT,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{NACT_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=NACT,
            subcategory="Tables",
            labels=caption_labels(f"{NACT_RESULTS}/captions"),
        ),
        captions=directory(f"{NACT_RESULTS}/captions"),
        provenance=f"{NACT_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{NACT}/write_report.log",
    benchmark:
        f"benchmarks/{NACT}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=lambda wildcards: report_settings(NACT, NACT_COHORT),
        contents=contents(sheet_of(Cohort(NACT, NACT_COHORT))),
        code=code(f"{NACT_STEPS}/write_report.py"),
    message:
        "nact_response: typesetting results/nact_response.pdf"
    script:
        f"../../{NACT_STEPS}/write_report.py"


# The frozen models on another cohort: scores, Table 3 where its outcomes are known, and the report.
rule predict_nact_response:
    input:
        **{
            image: f"cache/{NACT}/{{cohort}}/image_features/{image}.parquet"
            for image in IMAGES_OF[NACT]
        },
        model=nact_model,
        clinical=f"cache/{NACT}/{{cohort}}/clinical.parquet",
    output:
        **tables(f"{NACT_PREDICT}/tables", "predictions"),
        provenance=f"{NACT_PREDICT}/provenance/predict.json",
    log:
        f"logs/{NACT}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{NACT}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(*NACT_PREPARATION, paper=NACT),
        contents=contents(nact_model),
        code=code(f"{NACT_STEPS}/apply_model.py"),
    message:
        "nact_response: model {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{NACT_STEPS}/apply_model.py"


rule evaluate_prediction_nact_response:
    input:
        model=nact_model,
        predictions=f"{NACT_PREDICT}/tables/predictions.parquet",
    output:
        **tables(f"{NACT_PREDICT}/tables", *NACT_EVALUATION),
        provenance=f"{NACT_PREDICT}/provenance/evaluate.json",
    log:
        f"logs/{NACT}/evaluate_prediction/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{NACT}/evaluate_prediction/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            "evaluation.interval",
            paper=NACT,
            pooled=lambda wildcards: not nact_own(wildcards),
        ),
        contents=contents(nact_model),
        code=code(f"{NACT_STEPS}/evaluate_models.py"),
    message:
        "nact_response: external validation of {wildcards.model} on {wildcards.cohort}"
    script:
        f"../../{NACT_STEPS}/evaluate_models.py"


rule write_prediction_nact_response:
    input:
        **{
            name: f"{NACT_PREDICT}/tables/{name}.parquet"
            for name in ("predictions", "performance", "roc", "auc_comparison")
        },
        model=nact_model,
        clinical=f"cache/{NACT}/{{cohort}}/clinical.parquet",
        ledger=f"cache/{NACT}/{{cohort}}/image_features/ledger.csv",
        faults=f"{NACT_RESULTS}/check/{{cohort}}/faults.csv",
        corrected_baseline=nact_predicted(
            "preprocess/correct_bias/baseline/{batch}.parquet"
        ),
        corrected_follow_up=nact_predicted(
            "preprocess/correct_bias/follow_up/{batch}.parquet"
        ),
        segmented_baseline=nact_predicted(
            "preprocess/segment_tumours/baseline/{batch}.parquet"
        ),
        segmented_follow_up=nact_predicted(
            "preprocess/segment_tumours/follow_up/{batch}.parquet"
        ),
        registrations=f"{NACT_RESULTS}/check/{{cohort}}/registrations.parquet",
        worst=f"{NACT_RESULTS}/check/{{cohort}}/worst_registrations.svg",
        examples=f"{NACT_RESULTS}/check/{{cohort}}/examples.svg",
        records=[
            f"{NACT_PREDICT}/provenance/{step}.json"
            for step in ("predict", "evaluate")
        ],
        paper=project_file(f"config/papers/{NACT}.yaml"),
        template=project_file("resources/report/template.typ"),
    output:
        **tables(f"{NACT_PREDICT}/tables", "score_thirds"),
        pdf=report(
            f"{NACT_PREDICT}.pdf",
            caption="../../resources/report/pdf.rst",
            category=NACT,
            subcategory="Model {model} on {cohort}",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        figures=report(
            directory(f"{NACT_PREDICT}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=NACT,
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(f"{NACT_PREDICT}/captions"),
        ),
        printed=report(
            directory(f"{NACT_PREDICT}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=NACT,
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(f"{NACT_PREDICT}/captions"),
        ),
        captions=directory(f"{NACT_PREDICT}/captions"),
        provenance=f"{NACT_PREDICT}/provenance/write_prediction.json",
    log:
        f"logs/{NACT}/write_prediction/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{NACT}/write_prediction/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(NACT),
        runtime=runtime(NACT),
    params:
        settings=settings(
            "evaluation.interval",
            paper=NACT,
            simulated=lambda wildcards: is_simulated(wildcards.cohort),
            own=nact_own,
        ),
        contents=contents(nact_model),
        code=code(f"{NACT_STEPS}/write_prediction.py"),
    message:
        "nact_response: typesetting the prediction of {wildcards.model} on {wildcards.cohort}"
    script:
        f"../../{NACT_STEPS}/write_prediction.py"
