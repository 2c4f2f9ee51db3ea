# tle_subtypes: MEG recordings -> epochs; MSAM, its heads and ablations, CNN, SVM and forest by patient and by epoch; tables and figures.
include: "functions/tle_subtypes.smk"


rule draw_patients_tle_subtypes:
    output:
        sheet=f"cache/{TLE}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{TLE}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{TLE}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{TLE}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{TLE}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(TLE_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=lambda wildcards: canonical(
            {
                **TLE_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[TLE][wildcards.cohort], cases_per_job(TLE)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{TLE}/draw_patients.py"),
    message:
        "tle_subtypes: drawing simulated patients and their truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{TLE}/draw_patients.py"


rule render_cases_tle_subtypes:
    input:
        latents=f"cache/{TLE}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{TLE}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{TLE}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{TLE}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(TLE_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/meg.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, TLE),
        code=code(f"scripts/simulation/{TLE}/render_cases.py"),
    message:
        "tle_subtypes: rendering simulated recordings of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{TLE}/render_cases.py"


rule prepare_images_tle_subtypes:
    input:
        admitted=f"cache/{TLE}/{{cohort}}/admitted.json",
        checked=f"cache/{TLE}/{{cohort}}/check/{{batch}}.parquet",
        contents=f"cache/{TLE}/{{cohort}}/check/{{batch}}_contents.json",
        clinical=f"cache/{TLE}/{{cohort}}/clinical.parquet",
        files=lambda wildcards: batch_files(of_tle(wildcards)),
    output:
        samples=f"cache/{TLE}/{{cohort}}/prepared/{{batch}}.safetensors",
        table=f"cache/{TLE}/{{cohort}}/prepared/{{batch}}.parquet",
        failures=f"cache/{TLE}/{{cohort}}/prepared/{{batch}}_failures.csv",
        patients=f"cache/{TLE}/{{cohort}}/recordings/{{batch}}.parquet",
        sensors=f"cache/{TLE}/{{cohort}}/sensors/{{batch}}.parquet",
        software=f"cache/{TLE}/{{cohort}}/prepared/{{batch}}_software.json",
    log:
        f"logs/{TLE}/{{cohort}}/prepare_images/{{batch}}.log",
    benchmark:
        f"benchmarks/{TLE}/{{cohort}}/prepare_images/{{batch}}.tsv"
    conda:
        "../../envs/meg.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings(
            *TLE_PREPARATION, paper=TLE, images=as_settings(images_of(TLE))
        ),
        cases=lambda wildcards: batch_cases(wildcards, TLE),
        contents=lambda wildcards: batch_contents(of_tle(wildcards)),
        code=code(f"{TLE_STEPS}/prepare_images.py"),
    message:
        "tle_subtypes: epochs of the recordings, batch {wildcards.batch}"
    script:
        f"../../{TLE_STEPS}/prepare_images.py"


rule train_fold_tle_subtypes:
    input:
        **fold_inputs(TLE),
    output:
        **fold_outputs(TLE),
    log:
        f"logs/{TLE}/train_fold/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.log",
    benchmark:
        f"benchmarks/{TLE}/train_fold/{{model}}/{{scheme}}_r{{repeat}}_f{{fold}}.tsv"
    wildcard_constraints:
        model="|".join(tle_words.NETWORKS),
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
        gpu=graphics_cards,
    params:
        settings=training_settings(TLE),
        code=code(f"{TLE_STEPS}/train_fold.py"),
    message:
        "tle_subtypes: {wildcards.model}, {wildcards.scheme}, repeat {wildcards.repeat}, fold {wildcards.fold}"
    script:
        f"../../{TLE_STEPS}/train_fold.py"


rule fit_rivals_tle_subtypes:
    input:
        **TLE_SAMPLES,
        **TLE_SPLITS,
    output:
        **tle_rival_files(),
        provenance=f"{TLE_RESULTS}/provenance/fit_rivals.json",
    log:
        f"logs/{TLE}/fit_rivals.log",
    benchmark:
        f"benchmarks/{TLE}/fit_rivals.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings("rivals", "signal.resample_hz", paper=TLE, seed=True),
        code=code(f"{TLE_STEPS}/fit_rivals.py"),
    message:
        "tle_subtypes: support vector machines and forests under the networks' folds"
    script:
        f"../../{TLE_STEPS}/fit_rivals.py"


rule compare_splits_tle_subtypes:
    input:
        **{scheme: tle_predictions(scheme) for scheme in tle_words.SCHEMES},
    output:
        **tables(TLE_TABLES, "gap", "patient_calls"),
        provenance=f"{TLE_RESULTS}/provenance/compare_splits.json",
    log:
        f"logs/{TLE}/compare_splits.log",
    benchmark:
        f"benchmarks/{TLE}/compare_splits.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings("evaluation", paper=TLE, seed=True),
        code=code(f"{TLE_STEPS}/compare_splits.py"),
    message:
        "tle_subtypes: what dividing epochs instead of patients adds"
    script:
        f"../../{TLE_STEPS}/compare_splits.py"


rule shuffle_subtypes_tle_subtypes:
    input:
        **TLE_SAMPLES,
        **TLE_SPLITS,
    output:
        **tables(TLE_TABLES, "shuffled"),
        provenance=f"{TLE_RESULTS}/provenance/shuffle_subtypes.json",
    log:
        f"logs/{TLE}/shuffle_subtypes.log",
    benchmark:
        f"benchmarks/{TLE}/shuffle_subtypes.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings(
            "leak",
            "rivals.band_edges_hz",
            "signal.resample_hz",
            paper=TLE,
            seed=True,
        ),
        code=code(f"{TLE_STEPS}/shuffle_subtypes.py"),
    message:
        "tle_subtypes: what seems to be learnt of shuffled subtypes"
    script:
        f"../../{TLE_STEPS}/shuffle_subtypes.py"


rule measure_locations_tle_subtypes:
    input:
        **TLE_SAMPLES,
        split=TLE_SPLITS[tle_words.BY_PATIENT],
        sensors=tle_batches("sensors/{batch}.parquet"),
        weights=fold_files(TLE, "weights", tle_words.BEST_MODEL, tle_words.BY_PATIENT),
    output:
        **tables(TLE_TABLES, "locations"),
        provenance=f"{TLE_RESULTS}/provenance/measure_locations.json",
    log:
        f"logs/{TLE}/measure_locations.log",
    benchmark:
        f"benchmarks/{TLE}/measure_locations.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings(f"models.{tle_words.BEST_MODEL}", "locations", paper=TLE),
        code=code(f"{TLE_STEPS}/measure_locations.py"),
    message:
        "tle_subtypes: which sensors the model attends to and needs"
    script:
        f"../../{TLE_STEPS}/measure_locations.py"


rule describe_cohort_tle_subtypes:
    input:
        **TLE_SAMPLES,
        patients=tle_batches("recordings/{batch}.parquet"),
        clinical=f"{TLE_CACHE}/clinical.parquet",
        ledger=f"{TLE_CACHE}/samples_ledger.csv",
    output:
        **tables(TLE_TABLES, *TLE_DESCRIBED),
        provenance=f"{TLE_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{TLE}/describe_cohort.log",
    benchmark:
        f"benchmarks/{TLE}/describe_cohort.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings("signal.resample_hz", "rivals.band_edges_hz", paper=TLE),
        code=code(f"{TLE_STEPS}/describe_cohort.py"),
    message:
        "tle_subtypes: patients, their recordings and epochs"
    script:
        f"../../{TLE_STEPS}/describe_cohort.py"


rule describe_networks_tle_subtypes:
    input:
        trainings=[
            path
            for scheme in tle_words.SCHEMES
            for model in tle_words.NETWORKS
            for path in fold_files(TLE, "training", model, scheme)
        ],
    output:
        **tables(TLE_TABLES, "trainings", "layers"),
        provenance=f"{TLE_RESULTS}/provenance/describe_networks.json",
    log:
        f"logs/{TLE}/describe_networks.log",
    benchmark:
        f"benchmarks/{TLE}/describe_networks.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings(
            f"models.{tle_words.BEST_MODEL}",
            *TLE_SIZES,
            paper=TLE,
            published=registry.pick(
                or_stop(registry.resolve_parameters, TLE, False),
                f"models.{tle_words.BEST_MODEL}",
                *TLE_SIZES,
            ),
        ),
        code=code(f"{TLE_STEPS}/describe_networks.py"),
    message:
        "tle_subtypes: layers of the networks, and how their trainings went"
    script:
        f"../../{TLE_STEPS}/describe_networks.py"


rule assess_recovery_tle_subtypes:
    input:
        **TLE_SAMPLES,
        **{
            f"performance_{scheme}": evaluation_tables(TLE, scheme)["performance"]
            for scheme in tle_words.SCHEMES
        },
        **{
            name: f"{TLE_TABLES}/{name}.parquet"
            for name in ("recordings", "gap", "shuffled", "locations")
        },
        truth=f"{TLE_CACHE}/simulated/truth.json",
        latents=f"{TLE_CACHE}/simulated/latents.parquet",
        sensors=tle_batches("sensors/{batch}.parquet"),
    output:
        **tables(TLE_TABLES, "recovery"),
        provenance=f"{TLE_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{TLE}/assess_recovery.log",
    benchmark:
        f"benchmarks/{TLE}/assess_recovery.tsv"
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=settings("signal.resample_hz", paper=TLE),
        code=code(f"{TLE_STEPS}/assess_recovery.py"),
    message:
        "tle_subtypes: planted truth against what was found"
    script:
        f"../../{TLE_STEPS}/assess_recovery.py"


rule draw_figures_tle_subtypes:
    input:
        **TLE_REPORT_TABLES,
        **TLE_TRUTH,
    output:
        figures=report(
            directory(f"{TLE_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=TLE,
            subcategory="Figures",
            labels=caption_labels(f"{TLE_RESULTS}/captions"),
        ),
    log:
        f"logs/{TLE}/draw_figures.log",
    benchmark:
        f"benchmarks/{TLE}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        code=code(f"{TLE_STEPS}/draw_figures.py"),
    message:
        "tle_subtypes: figures"
    script:
        f"../../{TLE_STEPS}/draw_figures.py"


rule write_report_tle_subtypes:
    input:
        **TLE_REPORT_TABLES,
        reported=project_file(f"resources/reported/{TLE}.yaml"),
        paper=project_file(f"config/papers/{TLE}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(TLE, TLE_COHORT)),
        samples=f"{TLE_CACHE}/samples.parquet",
        splits=list(TLE_SPLITS.values()),
        figures=f"{TLE_RESULTS}/figures",
        records=[
            *tle_batches("prepared/{batch}_software.json")[:1],
            *fold_files(TLE, "training", tle_words.BEST_MODEL, tle_words.BY_PATIENT)[
                :1
            ],
            *(f"{TLE_RESULTS}/provenance/{step}.json" for step in TLE_RECORDED),
        ],
    output:
        **tables(TLE_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{TLE_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=TLE,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{TLE_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=TLE,
            subcategory="Tables",
            labels=caption_labels(f"{TLE_RESULTS}/captions"),
        ),
        captions=directory(f"{TLE_RESULTS}/captions"),
        provenance=f"{TLE_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{TLE}/write_report.log",
    benchmark:
        f"benchmarks/{TLE}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
    params:
        settings=lambda wildcards: report_settings(TLE, TLE_COHORT),
        contents=contents(sheet_of(Cohort(TLE, TLE_COHORT))),
        code=code(f"{TLE_STEPS}/write_report.py"),
    message:
        "tle_subtypes: typesetting results/tle_subtypes.pdf"
    script:
        f"../../{TLE_STEPS}/write_report.py"


# A network trained on all patients, and its probabilities of another cohort's epochs and patients.
rule freeze_model_tle_subtypes:
    input:
        **freeze_inputs(TLE, tle_words.BY_PATIENT),
        sensors=tle_batches("sensors/{batch}.parquet"),
    output:
        **freeze_outputs(TLE),
    log:
        f"logs/{TLE}/freeze_model/{{model}}.log",
    benchmark:
        f"benchmarks/{TLE}/freeze_model/{{model}}.tsv"
    wildcard_constraints:
        model="|".join(tle_words.NETWORKS),
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
        gpu=graphics_cards,
    params:
        settings=freeze_settings(TLE, *TLE_PREPARATION),
        code=code(f"{TLE_STEPS}/freeze_model.py"),
    message:
        "tle_subtypes: {wildcards.model} on all patients, frozen"
    script:
        f"../../{TLE_STEPS}/freeze_model.py"


rule predict_tle_subtypes:
    input:
        **prediction_inputs(TLE),
        sensors=tle_sensors,
    output:
        **prediction_outputs(TLE),
        **tables(f"{TLE_RESULTS}/predict/{{cohort}}/{{model}}", "patients"),
        provenance=f"{TLE_RESULTS}/predict/{{cohort}}/{{model}}/provenance/predict.json",
    log:
        f"logs/{TLE}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{TLE}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/training.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(TLE),
        runtime=runtime(TLE),
        gpu=graphics_cards,
    params:
        settings=prediction_settings(TLE, *TLE_PREPARATION),
        contents=prediction_contents(TLE),
        code=code(f"{TLE_STEPS}/predict.py"),
    message:
        "tle_subtypes: frozen {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{TLE_STEPS}/predict.py"
