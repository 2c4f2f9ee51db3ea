# brain_tumor_types: MRI slices, tumour types -> three classifiers by patient and by slice, a UNet's view, saliency, tables and figures.
include: "functions/brain_tumor_types.smk"


rule draw_patients_brain_tumor_types:
    output:
        sheet=f"cache/{TUMOR}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{TUMOR}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{TUMOR}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{TUMOR}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{TUMOR}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(TUMOR_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=lambda wildcards: canonical(
            {
                **TUMOR_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[TUMOR][wildcards.cohort], cases_per_job(TUMOR)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{TUMOR}/draw_patients.py"),
    message:
        "brain_tumor_types: drawing simulated patients, their slices and the truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{TUMOR}/draw_patients.py"


rule render_cases_brain_tumor_types:
    input:
        latents=f"cache/{TUMOR}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{TUMOR}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{TUMOR}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(TUMOR_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, TUMOR),
        code=code(f"scripts/simulation/{TUMOR}/render_cases.py"),
    message:
        "brain_tumor_types: rendering simulated slices of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{TUMOR}/render_cases.py"


rule prepare_images_brain_tumor_types:
    input:
        admitted=f"cache/{TUMOR}/{{cohort}}/admitted.json",
        checked=f"cache/{TUMOR}/{{cohort}}/check/{{batch}}.parquet",
        contents=f"cache/{TUMOR}/{{cohort}}/check/{{batch}}_contents.json",
        clinical=f"cache/{TUMOR}/{{cohort}}/clinical.parquet",
        files=lambda wildcards: batch_files(of_tumor(wildcards)),
    output:
        samples=f"cache/{TUMOR}/{{cohort}}/prepared/{{batch}}.safetensors",
        slices=f"cache/{TUMOR}/{{cohort}}/slices/{{batch}}.parquet",
        failures=f"cache/{TUMOR}/{{cohort}}/prepared/{{batch}}_failures.csv",
    log:
        f"logs/{TUMOR}/{{cohort}}/prepare_images/{{batch}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/{{cohort}}/prepare_images/{{batch}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=settings(
            "preparation", paper=TUMOR, images=as_settings(images_of(TUMOR))
        ),
        cases=lambda wildcards: batch_cases(wildcards, TUMOR),
        contents=lambda wildcards: batch_contents(of_tumor(wildcards)),
        code=code(f"{TUMOR_STEPS}/prepare_images.py"),
    message:
        "brain_tumor_types: slices of one size, batch {wildcards.batch}"
    script:
        f"../../{TUMOR_STEPS}/prepare_images.py"


# Patients that the sheet does not name: runs of similar neighbours in the numbering.
rule group_slices_brain_tumor_types:
    input:
        samples=lambda wildcards: tumor_batches(
            wildcards.cohort, "prepared/{batch}.safetensors"
        ),
        slices=lambda wildcards: tumor_batches(
            wildcards.cohort, "slices/{batch}.parquet"
        ),
    output:
        **tables(f"{TUMOR_RESULTS}/check/{{cohort}}", "grouping"),
        groups=f"cache/{TUMOR}/{{cohort}}/groups.parquet",
    log:
        f"logs/{TUMOR}/{{cohort}}/group_slices.log",
    benchmark:
        f"benchmarks/{TUMOR}/{{cohort}}/group_slices.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=settings("grouping", paper=TUMOR),
        code=code(f"{TUMOR_STEPS}/group_slices.py"),
    message:
        "brain_tumor_types: runs of similar neighbours in cohort {wildcards.cohort}"
    script:
        f"../../{TUMOR_STEPS}/group_slices.py"


rule name_patients_brain_tumor_types:
    input:
        slices=f"cache/{TUMOR}/{{cohort}}/slices/{{batch}}.parquet",
        groups=f"cache/{TUMOR}/{{cohort}}/groups.parquet",
    output:
        table=f"cache/{TUMOR}/{{cohort}}/prepared/{{batch}}.parquet",
    log:
        f"logs/{TUMOR}/{{cohort}}/name_patients/{{batch}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/{{cohort}}/name_patients/{{batch}}.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        code=code(f"{TUMOR_STEPS}/name_patients.py"),
    message:
        "brain_tumor_types: whose slices are in batch {wildcards.batch}"
    script:
        f"../../{TUMOR_STEPS}/name_patients.py"


rule train_unet_brain_tumor_types:
    input:
        samples=prepared_files(TUMOR),
        table=f"{TUMOR_CACHE}/samples.parquet",
        split=f"{TUMOR_RESULTS}/splits/{{scheme}}.csv",
    output:
        **{name: f"{unet_folder()}/{file}" for name, file in TUMOR_UNET.items()},
    log:
        f"logs/{TUMOR}/train_unet/{{scheme}}_r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/train_unet/{{scheme}}_r{{repeat}}_f{{fold}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
        gpu=graphics_cards,
    params:
        settings=settings(
            *(
                f"models.encoder.{key}"
                for key in ("input_size", "sizes", "snapshots", "reconstruction")
            ),
            "training",
            paper=TUMOR,
            seed=True,
            device=config["device"],
        ),
        code=code(f"{TUMOR_STEPS}/train_unet.py"),
    message:
        "brain_tumor_types: UNet that gives back its input, split by {wildcards.scheme}, repeat {wildcards.repeat}, fold {wildcards.fold}"
    script:
        f"../../{TUMOR_STEPS}/train_unet.py"


rule train_fold_brain_tumor_types:
    input:
        **fold_inputs(TUMOR),
    output:
        **fold_outputs(TUMOR),
    log:
        f"logs/{TUMOR}/train_fold/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/train_fold/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.tsv"
    wildcard_constraints:
        model="cnn|vgg16",
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
        gpu=graphics_cards,
    params:
        settings=training_settings(TUMOR),
        code=code(f"{TUMOR_STEPS}/train_fold.py"),
    message:
        "brain_tumor_types: {wildcards.model}, split by {wildcards.scheme}, repeat {wildcards.repeat}, fold {wildcards.fold}"
    script:
        f"../../{TUMOR_STEPS}/train_fold.py"


# The classifier on the UNet's encoder; what it says of the test slices is kept from several epochs (Figure 12).
rule train_encoder_brain_tumor_types:
    input:
        **fold_inputs(TUMOR),
        unet=unet_of_fold,
    output:
        **fold_outputs(TUMOR),
        observed=f"{fold_folder(TUMOR)}/observed.safetensors",
    log:
        f"logs/{TUMOR}/train_encoder/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/train_encoder/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.tsv"
    wildcard_constraints:
        model="encoder",
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
        gpu=graphics_cards,
    params:
        settings=training_settings(TUMOR),
        code=code(f"{TUMOR_STEPS}/train_fold.py"),
    message:
        "brain_tumor_types: {wildcards.model}, split by {wildcards.scheme}, repeat {wildcards.repeat}, fold {wildcards.fold}"
    script:
        f"../../{TUMOR_STEPS}/train_fold.py"


rule measure_saliency_brain_tumor_types:
    input:
        **{
            model: f"{fold_folder(TUMOR, model, **TUMOR_SHOWN)}/weights.safetensors"
            for model in TUMOR_MODELS
        },
        unet=f"{unet_folder(**TUMOR_SHOWN)}/{TUMOR_UNET['weights']}",
        samples=prepared_files(TUMOR),
        table=f"{TUMOR_CACHE}/samples.parquet",
        split=f"{TUMOR_RESULTS}/splits/{TUMOR_SHOWN['scheme']}.csv",
    output:
        pointing=f"{TUMOR_CACHE}/saliency/pointing.parquet",
        examples=f"{TUMOR_CACHE}/saliency/examples.safetensors",
    log:
        f"logs/{TUMOR}/measure_saliency.log",
    benchmark:
        f"benchmarks/{TUMOR}/measure_saliency.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=settings(
            *(
                f"models.{model}.{key}"
                for model in TUMOR_MODELS
                for key in ("network", "input_size", "sizes")
            ),
            "models.vgg16.pretrained",
            "models.vgg16.trained",
            "saliency",
            paper=TUMOR,
            repeat=TUMOR_SHOWN["repeat"],
            fold=TUMOR_SHOWN["fold"],
        ),
        code=code(f"{TUMOR_STEPS}/measure_saliency.py"),
    message:
        "brain_tumor_types: what the networks look at, against the tumour masks"
    script:
        f"../../{TUMOR_STEPS}/measure_saliency.py"


rule measure_gap_brain_tumor_types:
    input:
        **{
            f"by_{scheme}": [
                path
                for model in TUMOR_MODELS
                for path in fold_files(TUMOR, "predictions", model, scheme)
            ]
            for scheme in TUMOR_SCHEMES
        },
        pointing=f"{TUMOR_CACHE}/saliency/pointing.parquet",
    output:
        **tables(TUMOR_TABLES, "gap", "saliency"),
        provenance=f"{TUMOR_RESULTS}/provenance/measure_gap.json",
    log:
        f"logs/{TUMOR}/measure_gap.log",
    benchmark:
        f"benchmarks/{TUMOR}/measure_gap.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=settings("evaluation.n_bootstrap", paper=TUMOR, seed=True),
        code=code(f"{TUMOR_STEPS}/measure_gap.py"),
    message:
        "brain_tumor_types: what splitting by slice adds, and how well maps point at tumours"
    script:
        f"../../{TUMOR_STEPS}/measure_gap.py"


rule describe_cohort_brain_tumor_types:
    input:
        **{scheme: f"{TUMOR_RESULTS}/splits/{scheme}.csv" for scheme in TUMOR_SCHEMES},
        samples=f"{TUMOR_CACHE}/samples.parquet",
        clinical=f"{TUMOR_CACHE}/clinical.parquet",
        ledger=f"{TUMOR_CACHE}/samples_ledger.csv",
        cases=tumor_batches(TUMOR_COHORT, "check/{batch}.parquet"),
    output:
        **tables(TUMOR_TABLES, *TUMOR_DESCRIBED),
        provenance=f"{TUMOR_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{TUMOR}/describe_cohort.log",
    benchmark:
        f"benchmarks/{TUMOR}/describe_cohort.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        code=code(f"{TUMOR_STEPS}/describe_cohort.py"),
    message:
        "brain_tumor_types: slices and patients by type and by part"
    script:
        f"../../{TUMOR_STEPS}/describe_cohort.py"


rule assess_recovery_brain_tumor_types:
    input:
        truth=f"{TUMOR_CACHE}/simulated/truth.json",
        gap=f"{TUMOR_TABLES}/gap.parquet",
        saliency=f"{TUMOR_TABLES}/saliency.parquet",
        grouping=f"{TUMOR_CHECK}/grouping.parquet",
    output:
        **tables(TUMOR_TABLES, "recovery"),
        provenance=f"{TUMOR_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{TUMOR}/assess_recovery.log",
    benchmark:
        f"benchmarks/{TUMOR}/assess_recovery.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        code=code(f"{TUMOR_STEPS}/assess_recovery.py"),
    message:
        "brain_tumor_types: planted truth against what was found"
    script:
        f"../../{TUMOR_STEPS}/assess_recovery.py"


rule draw_figures_brain_tumor_types:
    input:
        **{name: TUMOR_REPORT_TABLES[name] for name in TUMOR_DRAWN},
        **(
            {
                "recovery": f"{TUMOR_TABLES}/recovery.parquet",
                "truth": f"{TUMOR_CACHE}/simulated/truth.json",
            }
            if is_simulated(TUMOR_COHORT)
            else {}
        ),
        groups=f"{TUMOR_CACHE}/groups.parquet",
        samples=prepared_files(TUMOR),
        unet_observed=f"{unet_folder(**TUMOR_SHOWN)}/{TUMOR_UNET['observed']}",
        encoder_observed=f"{fold_folder(TUMOR, 'encoder', **TUMOR_SHOWN)}/observed.safetensors",
        encoder_predictions=shown_file("encoder", "predictions"),
        examples=f"{TUMOR_CACHE}/saliency/examples.safetensors",
    output:
        figures=report(
            directory(f"{TUMOR_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=TUMOR,
            subcategory="Figures",
            labels=caption_labels(f"{TUMOR_RESULTS}/captions"),
        ),
    log:
        f"logs/{TUMOR}/draw_figures.log",
    benchmark:
        f"benchmarks/{TUMOR}/draw_figures.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=settings(
            "grouping.least_similarity",
            "models.encoder.training.epochs",
            paper=TUMOR,
        ),
        code=code(f"{TUMOR_STEPS}/draw_figures.py"),
    message:
        "brain_tumor_types: figures"
    script:
        f"../../{TUMOR_STEPS}/draw_figures.py"


rule write_report_brain_tumor_types:
    input:
        **TUMOR_REPORT_TABLES,
        **(
            {
                "recovery": f"{TUMOR_TABLES}/recovery.parquet",
                "truth": f"{TUMOR_CACHE}/simulated/truth.json",
            }
            if is_simulated(TUMOR_COHORT)
            else {}
        ),
        trainings=[shown_file(model, "training") for model in TUMOR_MODELS],
        reported=project_file(f"resources/reported/{TUMOR}.yaml"),
        paper=project_file(f"config/papers/{TUMOR}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(TUMOR, TUMOR_COHORT)),
        figures=f"{TUMOR_RESULTS}/figures",
        examples=f"{TUMOR_CHECK}/examples.svg",
        records=[
            *(shown_file(model, "training") for model in ("cnn", "encoder")),
            *(f"{TUMOR_RESULTS}/provenance/{step}.json" for step in TUMOR_RECORDED),
        ],
    output:
        **tables(TUMOR_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{TUMOR_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=TUMOR,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{TUMOR_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=TUMOR,
            subcategory="Tables",
            labels=caption_labels(f"{TUMOR_RESULTS}/captions"),
        ),
        captions=directory(f"{TUMOR_RESULTS}/captions"),
        provenance=f"{TUMOR_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{TUMOR}/write_report.log",
    benchmark:
        f"benchmarks/{TUMOR}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
    params:
        settings=lambda wildcards: report_settings(TUMOR, TUMOR_COHORT),
        contents=contents(sheet_of(Cohort(TUMOR, TUMOR_COHORT))),
        code=code(f"{TUMOR_STEPS}/write_report.py"),
    message:
        "brain_tumor_types: typesetting results/brain_tumor_types.pdf"
    script:
        f"../../{TUMOR_STEPS}/write_report.py"


# The encoder starts from the UNet of a fold, so there is none of all slices: the other two networks are frozen.
rule freeze_model_brain_tumor_types:
    input:
        **freeze_inputs(TUMOR, "patient"),
    output:
        **freeze_outputs(TUMOR),
    log:
        f"logs/{TUMOR}/freeze_model/{{model}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/freeze_model/{{model}}.tsv"
    wildcard_constraints:
        model="cnn|vgg16",
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
        gpu=graphics_cards,
    params:
        settings=freeze_settings(TUMOR, "preparation"),
        code=code(f"{TUMOR_STEPS}/freeze_model.py"),
    message:
        "brain_tumor_types: {wildcards.model} on all slices, frozen"
    script:
        f"../../{TUMOR_STEPS}/freeze_model.py"


rule predict_brain_tumor_types:
    input:
        **prediction_inputs(TUMOR),
    output:
        **prediction_outputs(TUMOR),
        provenance=f"{TUMOR_RESULTS}/predict/{{cohort}}/{{model}}/provenance/predict.json",
    log:
        f"logs/{TUMOR}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{TUMOR}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TUMOR),
        runtime=runtime(TUMOR),
        gpu=graphics_cards,
    params:
        settings=prediction_settings(TUMOR, "preparation"),
        contents=prediction_contents(TUMOR),
        code=code(f"{TUMOR_STEPS}/predict.py"),
    message:
        "brain_tumor_types: frozen {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{TUMOR_STEPS}/predict.py"
