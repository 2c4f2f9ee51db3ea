# nmosd_ms: FLAIR volumes and lesion masks -> lesion maps, folds of seven networks and their rivals, tables and figures.
include: "functions/nmosd_ms.smk"


rule draw_patients_nmosd_ms:
    output:
        sheet=f"cache/{NMOSD}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{NMOSD}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{NMOSD}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{NMOSD}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{NMOSD}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(NMOSD_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=lambda wildcards: canonical(
            {
                **NMOSD_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[NMOSD][wildcards.cohort], cases_per_job(NMOSD)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{NMOSD}/draw_patients.py"),
    message:
        "nmosd_ms: drawing simulated patients and their truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{NMOSD}/draw_patients.py"


rule render_cases_nmosd_ms:
    input:
        latents=f"cache/{NMOSD}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{NMOSD}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{NMOSD}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{NMOSD}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(NMOSD_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, NMOSD),
        code=code(f"scripts/simulation/{NMOSD}/render_cases.py"),
    message:
        "nmosd_ms: rendering simulated FLAIR volumes of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{NMOSD}/render_cases.py"


rule prepare_images_nmosd_ms:
    input:
        admitted=nmosd_admission,
        checked=f"cache/{NMOSD}/{{cohort}}/check/{{batch}}.parquet",
        contents=f"cache/{NMOSD}/{{cohort}}/check/{{batch}}_contents.json",
        clinical=f"cache/{NMOSD}/{{cohort}}/clinical.parquet",
        files=nmosd_batch_files,
    output:
        samples=f"cache/{NMOSD}/{{cohort}}/prepared/{{batch}}.safetensors",
        table=f"cache/{NMOSD}/{{cohort}}/prepared/{{batch}}.parquet",
        failures=f"cache/{NMOSD}/{{cohort}}/prepared/{{batch}}_failures.csv",
        made_from=f"cache/{NMOSD}/{{cohort}}/prepared/{{batch}}_made_from.txt",
    log:
        f"logs/{NMOSD}/{{cohort}}/prepare_images/{{batch}}.log",
    benchmark:
        f"benchmarks/{NMOSD}/{{cohort}}/prepare_images/{{batch}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=lambda wildcards: nmosd_preparation(wildcards.cohort),
        cases=lambda wildcards: batch_cases(wildcards, NMOSD),
        contents=lambda wildcards: contents_text(
            batch_labels(NMOSD, wildcards.cohort, wildcards.batch)
        ),
        made_from=nmosd_made_from,
        code=code(f"{NMOSD_STEPS}/prepare_images.py"),
    message:
        "nmosd_ms: lesion maps of batch {wildcards.batch}"
    script:
        f"../../{NMOSD_STEPS}/prepare_images.py"


rule picture_preparation_nmosd_ms:
    input:
        files=lambda wildcards: example_files(Cohort(NMOSD, wildcards.cohort)),
        contents=lambda wildcards: (
            f"cache/{NMOSD}/{wildcards.cohort}/check/{example_batch(Cohort(NMOSD, wildcards.cohort))}_contents.json"
        ),
    output:
        picture=f"{NMOSD_RESULTS}/check/{{cohort}}/preparation.svg",
    log:
        f"logs/{NMOSD}/{{cohort}}/picture_preparation.log",
    benchmark:
        f"benchmarks/{NMOSD}/{{cohort}}/picture_preparation.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=lambda wildcards: canonical(
            {
                **registry.pick(
                    parameters(NMOSD, wildcards.cohort), "preparation", "augmentation"
                ),
                "images": as_settings(images_of(NMOSD)),
                "seed": config["seed"],
            }
        ),
        cases=lambda wildcards: canonical(example_cases(NMOSD, wildcards.cohort)),
        contents=lambda wildcards: example_contents(Cohort(NMOSD, wildcards.cohort)),
        code=code(f"{NMOSD_STEPS}/picture_preparation.py"),
    message:
        "nmosd_ms: a picture of the preparation"
    script:
        f"../../{NMOSD_STEPS}/picture_preparation.py"


rule train_fold_nmosd_ms:
    input:
        **fold_inputs(NMOSD),
    output:
        **fold_outputs(NMOSD),
        observed=f"{fold_folder(NMOSD)}/observed.safetensors",
    log:
        f"logs/{NMOSD}/train_fold/{{model}}/{{scheme}}/r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{NMOSD}/train_fold/{{model}}/{{scheme}}/r{{repeat}}_f{{fold}}.tsv"
    wildcard_constraints:
        model="|".join(NMOSD_NETWORKS),
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
        gpu=graphics_cards,
    params:
        settings=training_settings(
            NMOSD,
            preparation={"size": branch_of(NMOSD, "preparation")["size"]},
            compression=branch_of(NMOSD, "compression"),
            augmentation=branch_of(NMOSD, "augmentation"),
        ),
        code=code(f"{NMOSD_STEPS}/train_fold.py"),
    message:
        "nmosd_ms: {wildcards.model}, repeat {wildcards.repeat}, fold {wildcards.fold}"
    script:
        f"../../{NMOSD_STEPS}/train_fold.py"


rule fit_rivals_nmosd_ms:
    input:
        **NMOSD_SAMPLES,
        split=NMOSD_SPLIT,
    output:
        **{
            rival: nmosd_fold_files([rival], FOLD_FILES["predictions"])
            for rival in NMOSD_RIVALS
        },
        provenance=f"{NMOSD_RESULTS}/provenance/fit_rivals.json",
    log:
        f"logs/{NMOSD}/fit_rivals.log",
    benchmark:
        f"benchmarks/{NMOSD}/fit_rivals.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=settings("rivals", paper=NMOSD),
        code=code(f"{NMOSD_STEPS}/fit_rivals.py"),
    message:
        "nmosd_ms: logistic regressions under the same folds"
    script:
        f"../../{NMOSD_STEPS}/fit_rivals.py"


rule fit_oracles_nmosd_ms:
    input:
        split=NMOSD_SPLIT,
        truth=f"{NMOSD_CACHE}/simulated/truth.json",
    output:
        best_score=nmosd_fold_files(["best_score"], FOLD_FILES["predictions"]),
        true_counts=nmosd_fold_files(["true_counts"], FOLD_FILES["predictions"]),
    log:
        f"logs/{NMOSD}/fit_oracles.log",
    benchmark:
        f"benchmarks/{NMOSD}/fit_oracles.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        code=code(f"{NMOSD_STEPS}/fit_oracles.py"),
    message:
        "nmosd_ms: what the planted truth would reach under the same folds"
    script:
        f"../../{NMOSD_STEPS}/fit_oracles.py"


rule follow_accuracy_nmosd_ms:
    input:
        histories=nmosd_fold_files(NMOSD_NETWORKS, FOLD_FILES["history"]),
        observed=nmosd_fold_files(NMOSD_NETWORKS, "observed.safetensors"),
        trainings=nmosd_fold_files(NMOSD_NETWORKS, FOLD_FILES["training"]),
    output:
        **tables(NMOSD_TABLES, "accuracy_by_epoch", "trainings"),
        provenance=f"{NMOSD_RESULTS}/provenance/follow_accuracy.json",
    log:
        f"logs/{NMOSD}/follow_accuracy.log",
    benchmark:
        f"benchmarks/{NMOSD}/follow_accuracy.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        code=code(f"{NMOSD_STEPS}/follow_accuracy.py"),
    message:
        "nmosd_ms: Figure 4, accuracy over the epochs"
    script:
        f"../../{NMOSD_STEPS}/follow_accuracy.py"


rule count_parameters_nmosd_ms:
    input:
        reported=project_file(f"resources/reported/{NMOSD}.yaml"),
        timings=nmosd_fold_files(
            ["two_view_18", "two_view_34", "resnet_18_3d", "resnet_34_3d"],
            FOLD_FILES["timing"],
        ),
    output:
        **tables(NMOSD_TABLES, "table3"),
        provenance=f"{NMOSD_RESULTS}/provenance/count_parameters.json",
    log:
        f"logs/{NMOSD}/count_parameters.log",
    benchmark:
        f"benchmarks/{NMOSD}/count_parameters.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=settings(
            "models",
            "preparation.size",
            "compression",
            paper=NMOSD,
            published=registry.pick(
                or_stop(registry.resolve_parameters, NMOSD, False),
                "models",
                "preparation.size",
                "compression",
            ),
        ),
        code=code(f"{NMOSD_STEPS}/count_parameters.py"),
    message:
        "nmosd_ms: Table 3, parameters of the networks"
    script:
        f"../../{NMOSD_STEPS}/count_parameters.py"


rule describe_cohort_nmosd_ms:
    input:
        **NMOSD_SAMPLES,
        clinical=f"{NMOSD_CACHE}/clinical.parquet",
        ledger=f"{NMOSD_CACHE}/samples_ledger.csv",
    output:
        **tables(NMOSD_TABLES, *NMOSD_DESCRIBED),
        provenance=f"{NMOSD_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{NMOSD}/describe_cohort.log",
    benchmark:
        f"benchmarks/{NMOSD}/describe_cohort.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        code=code(f"{NMOSD_STEPS}/describe_cohort.py"),
    message:
        "nmosd_ms: Table 1, the flow of patients, where lesions lie"
    script:
        f"../../{NMOSD_STEPS}/describe_cohort.py"


rule assess_recovery_nmosd_ms:
    input:
        truth=f"{NMOSD_CACHE}/simulated/truth.json",
        table=f"{NMOSD_CACHE}/samples.parquet",
        performance=f"{NMOSD_RESULTS}/evaluation/{NMOSD_SCHEME}/performance.parquet",
    output:
        **tables(NMOSD_TABLES, "recovery"),
        provenance=f"{NMOSD_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{NMOSD}/assess_recovery.log",
    benchmark:
        f"benchmarks/{NMOSD}/assess_recovery.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        code=code(f"{NMOSD_STEPS}/assess_recovery.py"),
    message:
        "nmosd_ms: planted truth against what was found"
    script:
        f"../../{NMOSD_STEPS}/assess_recovery.py"


rule draw_figures_nmosd_ms:
    input:
        **NMOSD_REPORT_TABLES,
    output:
        figures=report(
            directory(f"{NMOSD_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=NMOSD,
            subcategory="Figures",
            labels=caption_labels(f"{NMOSD_RESULTS}/captions"),
        ),
    log:
        f"logs/{NMOSD}/draw_figures.log",
    benchmark:
        f"benchmarks/{NMOSD}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        code=code(f"{NMOSD_STEPS}/draw_figures.py"),
    message:
        "nmosd_ms: figures"
    script:
        f"../../{NMOSD_STEPS}/draw_figures.py"


rule write_report_nmosd_ms:
    input:
        **NMOSD_REPORT_TABLES,
        reported=project_file(f"resources/reported/{NMOSD}.yaml"),
        paper=project_file(f"config/papers/{NMOSD}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(NMOSD, NMOSD_COHORT)),
        samples=f"{NMOSD_CACHE}/samples.parquet",
        split=NMOSD_SPLIT,
        figures=f"{NMOSD_RESULTS}/figures",
        examples=f"{NMOSD_CHECK}/examples.svg",
        preparation=f"{NMOSD_CHECK}/preparation.svg",
        records=[
            *nmosd_fold_files(NMOSD_NETWORKS, FOLD_FILES["training"])[:1],
            *(f"{NMOSD_RESULTS}/provenance/{step}.json" for step in NMOSD_RECORDED),
        ],
    output:
        **tables(NMOSD_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{NMOSD_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=NMOSD,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{NMOSD_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=NMOSD,
            subcategory="Tables",
            labels=caption_labels(f"{NMOSD_RESULTS}/captions"),
        ),
        captions=directory(f"{NMOSD_RESULTS}/captions"),
        provenance=f"{NMOSD_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{NMOSD}/write_report.log",
    benchmark:
        f"benchmarks/{NMOSD}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
    params:
        settings=lambda wildcards: report_settings(NMOSD, NMOSD_COHORT),
        contents=contents(sheet_of(Cohort(NMOSD, NMOSD_COHORT))),
        code=code(f"{NMOSD_STEPS}/write_report.py"),
    message:
        "nmosd_ms: typesetting results/nmosd_ms.pdf"
    script:
        f"../../{NMOSD_STEPS}/write_report.py"


# A network trained on all patients, and its probabilities of another cohort's patients.
rule freeze_model_nmosd_ms:
    input:
        **freeze_inputs(NMOSD, NMOSD_SCHEME),
    output:
        **freeze_outputs(NMOSD),
    log:
        f"logs/{NMOSD}/freeze_model/{{model}}.log",
    benchmark:
        f"benchmarks/{NMOSD}/freeze_model/{{model}}.tsv"
    wildcard_constraints:
        model="|".join(NMOSD_NETWORKS),
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
        gpu=graphics_cards,
    params:
        settings=training_settings(
            NMOSD,
            paper=NMOSD,
            simulated=is_simulated(NMOSD_COHORT),
            preparation=registry.pick(
                parameters(NMOSD, NMOSD_COHORT), *NMOSD_PREPARATION
            ),
            augmentation=branch_of(NMOSD, "augmentation"),
        ),
        code=code(f"{NMOSD_STEPS}/freeze_model.py"),
    message:
        "nmosd_ms: {wildcards.model} on all patients, frozen"
    script:
        f"../../{NMOSD_STEPS}/freeze_model.py"


rule predict_nmosd_ms:
    input:
        **prediction_inputs(NMOSD),
    output:
        **prediction_outputs(NMOSD),
        provenance=f"{NMOSD_RESULTS}/predict/{{cohort}}/{{model}}/provenance/predict.json",
    log:
        f"logs/{NMOSD}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{NMOSD}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(NMOSD),
        runtime=runtime(NMOSD),
        gpu=graphics_cards,
    params:
        settings=prediction_settings(NMOSD, *NMOSD_PREPARATION),
        contents=prediction_contents(NMOSD),
        code=code(f"{NMOSD_STEPS}/predict.py"),
    message:
        "nmosd_ms: frozen {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{NMOSD_STEPS}/predict.py"
