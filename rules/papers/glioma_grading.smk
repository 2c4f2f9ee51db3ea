# glioma_grading: T1CE and tumour masks -> slices, AlexNet on the 57-fold set by patient and by image, rivals, tables and figures.
include: "functions/glioma_grading.smk"


# The set that is augmented before it is split has a table of its own.
ruleorder: split_augmented_glioma_grading > split_samples


rule draw_patients_glioma_grading:
    output:
        sheet=f"cache/{GLIOMA}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{GLIOMA}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{GLIOMA}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{GLIOMA}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{GLIOMA}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(GLIOMA_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=lambda wildcards: canonical(
            {
                **GLIOMA_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[GLIOMA][wildcards.cohort], cases_per_job(GLIOMA)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{GLIOMA}/draw_patients.py"),
    message:
        "glioma_grading: drawing simulated patients and their truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{GLIOMA}/draw_patients.py"


rule render_cases_glioma_grading:
    input:
        latents=f"cache/{GLIOMA}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{GLIOMA}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{GLIOMA}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(GLIOMA_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, GLIOMA),
        code=code(f"scripts/simulation/{GLIOMA}/render_cases.py"),
    message:
        "glioma_grading: rendering simulated T1CE volumes of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{GLIOMA}/render_cases.py"


rule prepare_images_glioma_grading:
    input:
        admitted=f"cache/{GLIOMA}/{{cohort}}/admitted.json",
        checked=f"cache/{GLIOMA}/{{cohort}}/check/{{batch}}.parquet",
        contents=f"cache/{GLIOMA}/{{cohort}}/check/{{batch}}_contents.json",
        clinical=f"cache/{GLIOMA}/{{cohort}}/clinical.parquet",
        files=lambda wildcards: batch_files(of_glioma(wildcards)),
    output:
        samples=f"cache/{GLIOMA}/{{cohort}}/prepared/{{batch}}.safetensors",
        slices=f"cache/{GLIOMA}/{{cohort}}/slices/{{batch}}.safetensors",
        table=f"cache/{GLIOMA}/{{cohort}}/prepared/{{batch}}.parquet",
        failures=f"cache/{GLIOMA}/{{cohort}}/prepared/{{batch}}_failures.csv",
    log:
        f"logs/{GLIOMA}/{{cohort}}/prepare_images/{{batch}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/{{cohort}}/prepare_images/{{batch}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings(
            *GLIOMA_PREPARATION, paper=GLIOMA, images=as_settings(images_of(GLIOMA))
        ),
        cases=lambda wildcards: batch_cases(wildcards, GLIOMA),
        contents=lambda wildcards: batch_contents(of_glioma(wildcards)),
        code=code(f"{GLIOMA_STEPS}/prepare_images.py"),
    message:
        "glioma_grading: slices and pictures of the tumours, batch {wildcards.batch}"
    script:
        f"../../{GLIOMA_STEPS}/prepare_images.py"


rule extract_handcrafted_glioma_grading:
    input:
        slices=f"{GLIOMA_CACHE}/slices/{{batch}}.safetensors",
        table=f"{GLIOMA_CACHE}/prepared/{{batch}}.parquet",
    output:
        features=f"{GLIOMA_CACHE}/handcrafted/{{batch}}.parquet",
        failures=f"{GLIOMA_CACHE}/handcrafted/{{batch}}_failures.csv",
    log:
        f"logs/{GLIOMA}/extract_handcrafted/{{batch}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/extract_handcrafted/{{batch}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings("handcrafted.bin_width", paper=GLIOMA),
        code=code(f"{GLIOMA_STEPS}/extract_handcrafted.py"),
    message:
        "glioma_grading: intensity and texture features, batch {wildcards.batch}"
    script:
        f"../../{GLIOMA_STEPS}/extract_handcrafted.py"


# All 57 images of each patient as samples of their own: for those who augment before they divide, and for who is tested on them.
rule expand_samples_glioma_grading:
    input:
        samples=f"{GLIOMA_CACHE}/prepared/{{batch}}.safetensors",
        table=f"{GLIOMA_CACHE}/prepared/{{batch}}.parquet",
    output:
        samples=f"{GLIOMA_CACHE}/expanded/{{batch}}.safetensors",
        table=f"{GLIOMA_CACHE}/expanded/{{batch}}.parquet",
    log:
        f"logs/{GLIOMA}/expand_samples/{{batch}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/expand_samples/{{batch}}.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings("augmentation.sign", paper=GLIOMA),
        code=code(f"{GLIOMA_STEPS}/expand_samples.py"),
    message:
        "glioma_grading: the 57-fold set as samples, batch {wildcards.batch}"
    script:
        f"../../{GLIOMA_STEPS}/expand_samples.py"


rule collect_expanded_glioma_grading:
    input:
        samples=glioma_batches("expanded/{batch}.safetensors"),
        tables=glioma_batches("expanded/{batch}.parquet"),
        table=GLIOMA_SAMPLES,
    output:
        samples=f"{GLIOMA_CACHE}/expanded.parquet",
    log:
        f"logs/{GLIOMA}/collect_expanded.log",
    benchmark:
        f"benchmarks/{GLIOMA}/collect_expanded.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        code=code(f"{GLIOMA_STEPS}/collect_expanded.py"),
    message:
        "glioma_grading: one table of the 57-fold set"
    script:
        f"../../{GLIOMA_STEPS}/collect_expanded.py"


rule split_augmented_glioma_grading:
    input:
        table=f"{GLIOMA_CACHE}/expanded.parquet",
    output:
        split=GLIOMA_LEAKY_SPLIT,
    log:
        f"logs/{GLIOMA}/split_augmented.log",
    benchmark:
        f"benchmarks/{GLIOMA}/split_augmented.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings(f"splits.{GLIOMA_LEAKY}", paper=GLIOMA, seed=True),
        code=code(f"{GLIOMA_STEPS}/split_augmented.py"),
    message:
        "glioma_grading: the 57-fold set divided image by image"
    script:
        f"../../{GLIOMA_STEPS}/split_augmented.py"


rule train_fold_glioma_grading:
    input:
        **fold_inputs(GLIOMA),
    output:
        **fold_outputs(GLIOMA),
    log:
        f"logs/{GLIOMA}/train_fold/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/train_fold/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.tsv"
    wildcard_constraints:
        model="|".join(glioma_words.NETWORKS),
        scheme=GLIOMA_SCHEME,
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
        gpu=graphics_cards,
    params:
        settings=training_settings(
            GLIOMA, augmentation=lambda wildcards: branch_of(GLIOMA, "augmentation")
        ),
        code=code(f"{GLIOMA_STEPS}/train_fold.py"),
    message:
        "glioma_grading: {wildcards.model}, fold {wildcards.fold}"
    script:
        f"../../{GLIOMA_STEPS}/train_fold.py"


rule train_augmented_first_glioma_grading:
    input:
        **fold_inputs(GLIOMA)
        | {
            "samples": glioma_batches("expanded/{batch}.safetensors"),
            "table": f"{GLIOMA_CACHE}/expanded.parquet",
        },
    output:
        **fold_outputs(GLIOMA),
    log:
        f"logs/{GLIOMA}/train_augmented_first/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/train_augmented_first/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.tsv"
    wildcard_constraints:
        model=glioma_words.LEAKY_MODEL,
        scheme=GLIOMA_LEAKY,
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
        gpu=graphics_cards,
    params:
        settings=training_settings(
            GLIOMA, augmentation=lambda wildcards: branch_of(GLIOMA, "augmentation")
        ),
        code=code(f"{GLIOMA_STEPS}/train_fold.py"),
    message:
        "glioma_grading: the set augmented before it was divided, fold {wildcards.fold}"
    script:
        f"../../{GLIOMA_STEPS}/train_fold.py"


rule fit_rivals_glioma_grading:
    input:
        features=glioma_batches("handcrafted/{batch}.parquet"),
        split=GLIOMA_SPLIT,
    output:
        **{rival: glioma_folds("predictions", rival) for rival in GLIOMA_RIVALS},
        **tables(GLIOMA_TABLES, "rival_penalties"),
        provenance=f"{GLIOMA_RESULTS}/provenance/fit_rivals.json",
    log:
        f"logs/{GLIOMA}/fit_rivals.log",
    benchmark:
        f"benchmarks/{GLIOMA}/fit_rivals.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings("handcrafted", paper=GLIOMA, seed=True),
        code=code(f"{GLIOMA_STEPS}/fit_rivals.py"),
    message:
        "glioma_grading: handcrafted features in the networks' folds"
    script:
        f"../../{GLIOMA_STEPS}/fit_rivals.py"


rule predict_copies_glioma_grading:
    input:
        weights=glioma_folds("weights", glioma_words.BEST_MODEL),
        samples=glioma_batches("expanded/{batch}.safetensors"),
        table=f"{GLIOMA_CACHE}/expanded.parquet",
        split=GLIOMA_SPLIT,
    output:
        predictions=f"{GLIOMA_CACHE}/copy_predictions.parquet",
    log:
        f"logs/{GLIOMA}/predict_copies.log",
    benchmark:
        f"benchmarks/{GLIOMA}/predict_copies.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
        gpu=graphics_cards,
    params:
        settings=settings(
            f"models.{glioma_words.BEST_MODEL}", paper=GLIOMA, device=config["device"]
        ),
        code=code(f"{GLIOMA_STEPS}/predict_copies.py"),
    message:
        "glioma_grading: the networks on all 57 images of their test patients"
    script:
        f"../../{GLIOMA_STEPS}/predict_copies.py"


rule compare_orders_glioma_grading:
    input:
        honest=glioma_folds("predictions", glioma_words.BEST_MODEL),
        leaky=glioma_folds("predictions", glioma_words.LEAKY_MODEL, GLIOMA_LEAKY),
        copies=f"{GLIOMA_CACHE}/copy_predictions.parquet",
        leaky_split=GLIOMA_LEAKY_SPLIT,
    output:
        **tables(GLIOMA_TABLES, *GLIOMA_ORDERS),
        provenance=f"{GLIOMA_RESULTS}/provenance/compare_orders.json",
    log:
        f"logs/{GLIOMA}/compare_orders.log",
    benchmark:
        f"benchmarks/{GLIOMA}/compare_orders.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings("evaluation.n_bootstrap", paper=GLIOMA, seed=True),
        code=code(f"{GLIOMA_STEPS}/compare_orders.py"),
    message:
        "glioma_grading: dividing before augmenting against augmenting before dividing"
    script:
        f"../../{GLIOMA_STEPS}/compare_orders.py"


rule describe_cohort_glioma_grading:
    input:
        table=GLIOMA_SAMPLES,
        ledger=f"{GLIOMA_CACHE}/samples_ledger.csv",
        clinical=f"{GLIOMA_CACHE}/clinical.parquet",
    output:
        **tables(GLIOMA_TABLES, *GLIOMA_DESCRIBED),
        provenance=f"{GLIOMA_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{GLIOMA}/describe_cohort.log",
    benchmark:
        f"benchmarks/{GLIOMA}/describe_cohort.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        code=code(f"{GLIOMA_STEPS}/describe_cohort.py"),
    message:
        "glioma_grading: patients by grade, and their flow"
    script:
        f"../../{GLIOMA_STEPS}/describe_cohort.py"


rule describe_network_glioma_grading:
    input:
        trainings=[
            path
            for model in glioma_words.NETWORKS
            for path in glioma_folds("training", model)
        ]
        + glioma_folds("training", glioma_words.LEAKY_MODEL, GLIOMA_LEAKY),
    output:
        **tables(GLIOMA_TABLES, "network_layers", "trainings"),
        provenance=f"{GLIOMA_RESULTS}/provenance/describe_network.json",
    log:
        f"logs/{GLIOMA}/describe_network.log",
    benchmark:
        f"benchmarks/{GLIOMA}/describe_network.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings(
            f"models.{glioma_words.BEST_MODEL}", "crop.size", paper=GLIOMA
        ),
        code=code(f"{GLIOMA_STEPS}/describe_network.py"),
    message:
        "glioma_grading: the network's layers, and how its trainings went"
    script:
        f"../../{GLIOMA_STEPS}/describe_network.py"


rule assess_recovery_glioma_grading:
    input:
        truth=f"{GLIOMA_CACHE}/simulated/truth.json",
        latents=f"{GLIOMA_CACHE}/simulated/latents.parquet",
        slices=glioma_batches("slices/{batch}.safetensors"),
        split=GLIOMA_SPLIT,
        performance=GLIOMA_REPORT_TABLES["performance"],
        orders=f"{GLIOMA_TABLES}/orders.parquet",
    output:
        **tables(GLIOMA_TABLES, "recovery"),
        provenance=f"{GLIOMA_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{GLIOMA}/assess_recovery.log",
    benchmark:
        f"benchmarks/{GLIOMA}/assess_recovery.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        code=code(f"{GLIOMA_STEPS}/assess_recovery.py"),
    message:
        "glioma_grading: planted truth against what was found"
    script:
        f"../../{GLIOMA_STEPS}/assess_recovery.py"


rule picture_tumours_glioma_grading:
    input:
        samples=prepared_files(GLIOMA),
        slices=glioma_batches("slices/{batch}.safetensors"),
        table=GLIOMA_SAMPLES,
    output:
        gliomas=f"{GLIOMA_CACHE}/pictures/gliomas.svg",
        areas=f"{GLIOMA_CACHE}/pictures/areas.svg",
        augmented=f"{GLIOMA_CACHE}/pictures/augmented.svg",
    log:
        f"logs/{GLIOMA}/picture_tumours.log",
    benchmark:
        f"benchmarks/{GLIOMA}/picture_tumours.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings("augmentation.sign", paper=GLIOMA),
        code=code(f"{GLIOMA_STEPS}/picture_tumours.py"),
    message:
        "glioma_grading: pictures of tumours and of the 57-fold set"
    script:
        f"../../{GLIOMA_STEPS}/picture_tumours.py"


rule draw_figures_glioma_grading:
    input:
        **GLIOMA_REPORT_TABLES,
        gliomas=f"{GLIOMA_CACHE}/pictures/gliomas.svg",
        areas=f"{GLIOMA_CACHE}/pictures/areas.svg",
        augmented=f"{GLIOMA_CACHE}/pictures/augmented.svg",
    output:
        figures=report(
            directory(f"{GLIOMA_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=GLIOMA,
            subcategory="Figures",
            labels=caption_labels(f"{GLIOMA_RESULTS}/captions"),
        ),
    log:
        f"logs/{GLIOMA}/draw_figures.log",
    benchmark:
        f"benchmarks/{GLIOMA}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=settings("crop.size", paper=GLIOMA),
        code=code(f"{GLIOMA_STEPS}/draw_figures.py"),
    message:
        "glioma_grading: figures"
    script:
        f"../../{GLIOMA_STEPS}/draw_figures.py"


rule write_report_glioma_grading:
    input:
        **GLIOMA_REPORT_TABLES,
        reported=project_file(f"resources/reported/{GLIOMA}.yaml"),
        paper=project_file(f"config/papers/{GLIOMA}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(GLIOMA, GLIOMA_COHORT)),
        figures=f"{GLIOMA_RESULTS}/figures",
        split=GLIOMA_SPLIT,
        records=[
            *glioma_folds("training", glioma_words.BEST_MODEL)[:1],
            *(f"{GLIOMA_RESULTS}/provenance/{step}.json" for step in GLIOMA_RECORDED),
        ],
    output:
        **tables(GLIOMA_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{GLIOMA_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=GLIOMA,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{GLIOMA_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=GLIOMA,
            subcategory="Tables",
            labels=caption_labels(f"{GLIOMA_RESULTS}/captions"),
        ),
        captions=directory(f"{GLIOMA_RESULTS}/captions"),
        provenance=f"{GLIOMA_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{GLIOMA}/write_report.log",
    benchmark:
        f"benchmarks/{GLIOMA}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
    params:
        settings=lambda wildcards: report_settings(GLIOMA, GLIOMA_COHORT),
        contents=contents(sheet_of(Cohort(GLIOMA, GLIOMA_COHORT))),
        code=code(f"{GLIOMA_STEPS}/write_report.py"),
    message:
        "glioma_grading: typesetting results/glioma_grading.pdf"
    script:
        f"../../{GLIOMA_STEPS}/write_report.py"


# A network on all patients, frozen: weights, card and ONNX; and what it says of the patients of any cohort.
rule freeze_model_glioma_grading:
    input:
        **freeze_inputs(GLIOMA, GLIOMA_SCHEME),
    output:
        **freeze_outputs(GLIOMA),
    log:
        f"logs/{GLIOMA}/freeze_model/{{model}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/freeze_model/{{model}}.tsv"
    wildcard_constraints:
        model="|".join(glioma_words.NETWORKS),
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
        gpu=graphics_cards,
    params:
        settings=training_settings(
            GLIOMA,
            paper=GLIOMA,
            simulated=is_simulated(GLIOMA_COHORT),
            preparation=registry.pick(
                parameters(GLIOMA, GLIOMA_COHORT), *GLIOMA_PREPARATION
            ),
            augmentation=branch_of(GLIOMA, "augmentation"),
        ),
        code=code(f"{GLIOMA_STEPS}/freeze_model.py"),
    message:
        "glioma_grading: {wildcards.model} on all patients, frozen"
    script:
        f"../../{GLIOMA_STEPS}/freeze_model.py"


rule predict_glioma_grading:
    input:
        **prediction_inputs(GLIOMA),
    output:
        **prediction_outputs(GLIOMA),
        provenance=f"{GLIOMA_RESULTS}/predict/{{cohort}}/{{model}}/provenance/predict.json",
    log:
        f"logs/{GLIOMA}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{GLIOMA}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(GLIOMA),
        runtime=runtime(GLIOMA),
        gpu=graphics_cards,
    params:
        settings=prediction_settings(GLIOMA, *GLIOMA_PREPARATION),
        contents=prediction_contents(GLIOMA),
        code=code(f"{GLIOMA_STEPS}/predict.py"),
    message:
        "glioma_grading: frozen {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{GLIOMA_STEPS}/predict.py"
