# hip_dysplasia: contours on films of both hips -> angles, density clusters, a normal region as criterion, tables and figures.


include: "functions/hip_dysplasia.smk"


rule draw_patients_hip_dysplasia:
    output:
        sheet=f"cache/{HIP}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{HIP}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{HIP}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{HIP}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{HIP}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(HIP_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=lambda wildcards: canonical(
            {
                **HIP_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[HIP][wildcards.cohort], cases_per_job(HIP)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{HIP}/draw_patients.py"),
    message:
        "hip_dysplasia: drawing simulated patients and the truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{HIP}/draw_patients.py"


rule render_cases_hip_dysplasia:
    input:
        latents=f"cache/{HIP}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{HIP}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{HIP}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{HIP}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(HIP_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=lambda wildcards: canonical(
            {
                "readers": HIP_CARD["simulated"]["cohorts"][wildcards.cohort][
                    "readers"
                ],
                "seed": config["seed"],
            }
        ),
        cases=lambda wildcards: batch_cases(wildcards, HIP),
        code=code(f"scripts/simulation/{HIP}/render_cases.py"),
    message:
        "hip_dysplasia: rendering simulated films of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{HIP}/render_cases.py"


rule measure_hips_hip_dysplasia:
    input:
        landmarks=hip_batches(f"cache/{HIP}/{{cohort}}/landmarks/{{batch}}.parquet"),
        failures=hip_batches(f"cache/{HIP}/{{cohort}}/landmarks/{{batch}}_failures.csv"),
        clinical=f"cache/{HIP}/{{cohort}}/clinical.parquet",
        ledger=f"results/{HIP}/check/{{cohort}}/ledger.csv",
    output:
        **tables(f"{HIP_HIPS}/{{cohort}}", "hips"),
        ledger=f"{HIP_HIPS}/{{cohort}}/ledger.csv",
    log:
        f"logs/{HIP}/{{cohort}}/measure_hips.log",
    benchmark:
        f"benchmarks/{HIP}/{{cohort}}/measure_hips.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings(
            "measurement.frame",
            "measurement.centre",
            "measurement.neck_radii",
            "measurement.shaft_levels",
            paper=HIP,
            max_failed_cases=lambda wildcards: losses(wildcards.cohort)[
                "max_failed_cases"
            ],
        ),
        code=code(f"{HIP_STEPS}/measure_hips.py"),
    message:
        "hip_dysplasia: angles of the hips of cohort {wildcards.cohort}"
    script:
        f"../../{HIP_STEPS}/measure_hips.py"


rule picture_films_hip_dysplasia:
    input:
        hips=f"{HIP_HIPS}/{{cohort}}/hips.parquet",
        landmarks=f"cache/{HIP}/{{cohort}}/landmarks/{{batch}}.parquet",
        contents=f"cache/{HIP}/{{cohort}}/check/{{batch}}_contents.json",
        files=lambda wildcards: batch_files(of_hips(wildcards)),
    output:
        overlays=directory(f"{HIP_RESULTS}/overlays/{{cohort}}/{{batch}}"),
    log:
        f"logs/{HIP}/{{cohort}}/picture_films/{{batch}}.log",
    benchmark:
        f"benchmarks/{HIP}/{{cohort}}/picture_films/{{batch}}.tsv"
    conda:
        "../../envs/cohort.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=canonical({"images": as_settings(images_of(HIP))}),
        cases=lambda wildcards: batch_cases(wildcards, HIP),
        contents=lambda wildcards: batch_contents(of_hips(wildcards)),
        code=code(f"{HIP_STEPS}/picture_films.py"),
    message:
        "hip_dysplasia: overlays of the films of batch {wildcards.batch}"
    script:
        f"../../{HIP_STEPS}/picture_films.py"


rule assess_reading_hip_dysplasia:
    input:
        hips=f"{HIP_HIPS}/{HIP_COHORT}/hips.parquet",
        clinical=f"{HIP_CACHE}/clinical.parquet",
    output:
        **tables(HIP_TABLES, *HIP_READING),
        provenance=f"{HIP_RESULTS}/provenance/assess_reading.json",
    log:
        f"logs/{HIP}/assess_reading.log",
    benchmark:
        f"benchmarks/{HIP}/assess_reading.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        code=code(f"{HIP_STEPS}/assess_reading.py"),
    message:
        "hip_dysplasia: readers against each other and against angles by hand"
    script:
        f"../../{HIP_STEPS}/assess_reading.py"


# Everything that is fitted: the frozen bundle.
rule fit_criterion_hip_dysplasia:
    input:
        samples=f"{HIP_TABLES}/samples.parquet",
        landmark_error=f"{HIP_TABLES}/landmark_error.parquet",
    output:
        **tables(HIP_TABLES, "clusters", "clustering"),
        model=f"{HIP_RESULTS}/model.json",
        provenance=f"{HIP_RESULTS}/provenance/fit_criterion.json",
    log:
        f"logs/{HIP}/fit_criterion.log",
    benchmark:
        f"benchmarks/{HIP}/fit_criterion.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings(
            "measurement",
            "clustering",
            "criterion",
            paper=HIP,
            simulated=is_simulated(HIP_COHORT),
        ),
        code=code(f"{HIP_STEPS}/fit_criterion.py"),
    message:
        "hip_dysplasia: density clusters and the normal region"
    script:
        f"../../{HIP_STEPS}/fit_criterion.py"


rule apply_criterion_hip_dysplasia:
    input:
        model=f"{HIP_RESULTS}/model.json",
        hips=f"{HIP_HIPS}/{HIP_COHORT}/hips.parquet",
        clinical=f"{HIP_CACHE}/clinical.parquet",
    output:
        **tables(HIP_TABLES, "verdicts"),
        provenance=f"{HIP_RESULTS}/provenance/apply_criterion.json",
    log:
        f"logs/{HIP}/apply_criterion.log",
    benchmark:
        f"benchmarks/{HIP}/apply_criterion.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings("measurement", "knowledge", paper=HIP, seed=True),
        code=code(f"{HIP_STEPS}/apply_criterion.py"),
    message:
        "hip_dysplasia: verdicts of all hips by the frozen criterion"
    script:
        f"../../{HIP_STEPS}/apply_criterion.py"


rule cross_validate_hip_dysplasia:
    input:
        samples=f"{HIP_TABLES}/samples.parquet",
    output:
        **tables(HIP_TABLES, "cross_validated"),
        provenance=f"{HIP_RESULTS}/provenance/cross_validate.json",
    log:
        f"logs/{HIP}/cross_validate.log",
    benchmark:
        f"benchmarks/{HIP}/cross_validate.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings(
            "measurement.signs",
            "clustering",
            "criterion",
            "evaluation.n_folds",
            paper=HIP,
            seed=True,
        ),
        code=code(f"{HIP_STEPS}/cross_validate.py"),
    message:
        "hip_dysplasia: every hip by a criterion without its patient"
    script:
        f"../../{HIP_STEPS}/cross_validate.py"


rule evaluate_criterion_hip_dysplasia:
    input:
        samples=f"{HIP_TABLES}/samples.parquet",
        verdicts=f"{HIP_TABLES}/verdicts.parquet",
        cross_validated=f"{HIP_TABLES}/cross_validated.parquet",
    output:
        **tables(HIP_TABLES, *HIP_EVALUATION),
        provenance=f"{HIP_RESULTS}/provenance/evaluate_criterion.json",
    log:
        f"logs/{HIP}/evaluate_criterion.log",
    benchmark:
        f"benchmarks/{HIP}/evaluate_criterion.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings(
            "knowledge.dysplasia_below",
            "clustering",
            "criterion",
            "evaluation.n_bootstrap",
            paper=HIP,
            seed=True,
        ),
        code=code(f"{HIP_STEPS}/evaluate_criterion.py"),
    message:
        "hip_dysplasia: the two criteria beside each other"
    script:
        f"../../{HIP_STEPS}/evaluate_criterion.py"


rule compare_clusterings_hip_dysplasia:
    input:
        **(
            {"latents": f"{HIP_CACHE}/simulated/latents.parquet"}
            if is_simulated(HIP_COHORT)
            else {}
        ),
        samples=f"{HIP_TABLES}/samples.parquet",
        verdicts=f"{HIP_TABLES}/verdicts.parquet",
    output:
        **tables(HIP_TABLES, "clusterings"),
        provenance=f"{HIP_RESULTS}/provenance/compare_clusterings.json",
    log:
        f"logs/{HIP}/compare_clusterings.log",
    benchmark:
        f"benchmarks/{HIP}/compare_clusterings.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings(
            "measurement.signs",
            "clustering",
            "criterion",
            "rivals",
            paper=HIP,
            seed=True,
        ),
        code=code(f"{HIP_STEPS}/compare_clusterings.py"),
    message:
        "hip_dysplasia: other clusterings of the same hips"
    script:
        f"../../{HIP_STEPS}/compare_clusterings.py"


rule describe_cohort_hip_dysplasia:
    input:
        clinical=f"{HIP_CACHE}/clinical.parquet",
        verdicts=f"{HIP_TABLES}/verdicts.parquet",
        ledger=f"{HIP_HIPS}/{HIP_COHORT}/ledger.csv",
    output:
        **tables(HIP_TABLES, *HIP_DESCRIBED),
        provenance=f"{HIP_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{HIP}/describe_cohort.log",
    benchmark:
        f"benchmarks/{HIP}/describe_cohort.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        code=code(f"{HIP_STEPS}/describe_cohort.py"),
    message:
        "hip_dysplasia: patients, angles and the flow of patients"
    script:
        f"../../{HIP_STEPS}/describe_cohort.py"


rule assess_recovery_hip_dysplasia:
    input:
        truth=f"{HIP_CACHE}/simulated/truth.json",
        latents=f"{HIP_CACHE}/simulated/latents.parquet",
        model=f"{HIP_RESULTS}/model.json",
        samples=f"{HIP_TABLES}/samples.parquet",
        verdicts=f"{HIP_TABLES}/verdicts.parquet",
        cross_validated=f"{HIP_TABLES}/cross_validated.parquet",
        landmark_error=f"{HIP_TABLES}/landmark_error.parquet",
        agreement=f"{HIP_TABLES}/agreement.parquet",
    output:
        **tables(HIP_TABLES, "recovery"),
        provenance=f"{HIP_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{HIP}/assess_recovery.log",
    benchmark:
        f"benchmarks/{HIP}/assess_recovery.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=canonical({"seed": config["seed"]}),
        code=code(f"{HIP_STEPS}/assess_recovery.py"),
    message:
        "hip_dysplasia: planted truth against what was found"
    script:
        f"../../{HIP_STEPS}/assess_recovery.py"


rule draw_figures_hip_dysplasia:
    input:
        **HIP_REPORT_TABLES,
        model=f"{HIP_RESULTS}/model.json",
        hips=f"{HIP_HIPS}/{HIP_COHORT}/hips.parquet",
        landmarks=first_hip_batch(),
    output:
        figures=report(
            directory(f"{HIP_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=HIP,
            subcategory="Figures",
            labels=caption_labels(f"{HIP_RESULTS}/captions"),
        ),
    log:
        f"logs/{HIP}/draw_figures.log",
    benchmark:
        f"benchmarks/{HIP}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings(
            "measurement.neck_radii",
            "measurement.shaft_levels",
            "knowledge.dysplasia_below",
            "knowledge.normal_above",
            paper=HIP,
        ),
        code=code(f"{HIP_STEPS}/draw_figures.py"),
    message:
        "hip_dysplasia: figures"
    script:
        f"../../{HIP_STEPS}/draw_figures.py"


# What a radiologist reads: a page a patient.
rule write_patients_hip_dysplasia:
    input:
        verdicts=f"{HIP_TABLES}/verdicts.parquet",
        model=f"{HIP_RESULTS}/model.json",
        ledger=f"{HIP_HIPS}/{HIP_COHORT}/ledger.csv",
        paper=project_file(f"config/papers/{HIP}.yaml"),
        template=project_file("resources/report/template.typ"),
        overlays=hip_batches(f"{HIP_RESULTS}/overlays/{{cohort}}/{{batch}}"),
    output:
        pdf=report(
            f"{HIP_RESULTS}/patients.pdf",
            caption="../../resources/report/pdf.rst",
            category=HIP,
            subcategory="Patients",
            labels={"number": "PDF", "title": "One page a patient"},
        ),
    log:
        f"logs/{HIP}/write_patients.log",
    benchmark:
        f"benchmarks/{HIP}/write_patients.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=canonical(
            {"cohort": HIP_COHORT, "simulated": is_simulated(HIP_COHORT)}
        ),
        code=code(f"{HIP_STEPS}/write_patients.py"),
    message:
        "hip_dysplasia: one page a patient"
    script:
        f"../../{HIP_STEPS}/write_patients.py"


rule write_report_hip_dysplasia:
    input:
        **HIP_REPORT_TABLES,
        model=f"{HIP_RESULTS}/model.json",
        reported=project_file(f"resources/reported/{HIP}.yaml"),
        paper=project_file(f"config/papers/{HIP}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(HIP, HIP_COHORT)),
        figures=f"{HIP_RESULTS}/figures",
        patients=f"{HIP_RESULTS}/patients.pdf",
        examples=f"results/{HIP}/check/{HIP_COHORT}/examples.svg",
        overlays=hip_batches(f"{HIP_RESULTS}/overlays/{{cohort}}/{{batch}}"),
        records=[f"{HIP_RESULTS}/provenance/{step}.json" for step in HIP_RECORDED],
    output:
        **tables(HIP_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{HIP_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=HIP,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{HIP_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=HIP,
            subcategory="Tables",
            labels=caption_labels(f"{HIP_RESULTS}/captions"),
        ),
        captions=directory(f"{HIP_RESULTS}/captions"),
        provenance=f"{HIP_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{HIP}/write_report.log",
    benchmark:
        f"benchmarks/{HIP}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=lambda wildcards: report_settings(HIP, HIP_COHORT),
        contents=contents(sheet_of(Cohort(HIP, HIP_COHORT))),
        code=code(f"{HIP_STEPS}/write_report.py"),
    message:
        "hip_dysplasia: typesetting results/hip_dysplasia.pdf"
    script:
        f"../../{HIP_STEPS}/write_report.py"


# External validation: a frozen criterion on another cohort's films.
rule predict_hip_dysplasia:
    input:
        model=lambda wildcards: model_file(HIP, wildcards.model),
        hips=f"{HIP_HIPS}/{{cohort}}/hips.parquet",
        clinical=f"cache/{HIP}/{{cohort}}/clinical.parquet",
    output:
        **tables(f"{HIP_PREDICT}/tables", "predictions"),
        provenance=f"{HIP_PREDICT}/provenance/predict.json",
    log:
        f"logs/{HIP}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{HIP}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=settings("measurement", "knowledge", paper=HIP, seed=True),
        contents=contents(lambda wildcards: model_file(HIP, wildcards.model)),
        code=code(f"{HIP_STEPS}/apply_criterion.py"),
    message:
        "hip_dysplasia: criterion {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{HIP_STEPS}/apply_criterion.py"


rule write_prediction_hip_dysplasia:
    input:
        model=lambda wildcards: model_file(HIP, wildcards.model),
        verdicts=f"{HIP_PREDICT}/tables/predictions.parquet",
        ledger=f"{HIP_HIPS}/{{cohort}}/ledger.csv",
        paper=project_file(f"config/papers/{HIP}.yaml"),
        template=project_file("resources/report/template.typ"),
        records=f"{HIP_PREDICT}/provenance/predict.json",
        overlays=hip_batches(f"{HIP_RESULTS}/overlays/{{cohort}}/{{batch}}"),
    output:
        pdf=report(
            f"{HIP_PREDICT}.pdf",
            caption="../../resources/report/pdf.rst",
            category=HIP,
            subcategory="Model {model} on {cohort}",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        patients=f"{HIP_PREDICT}/patients.pdf",
        provenance=f"{HIP_PREDICT}/provenance/write_prediction.json",
    log:
        f"logs/{HIP}/write_prediction/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{HIP}/write_prediction/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(HIP),
        runtime=runtime(HIP),
    params:
        settings=lambda wildcards: canonical(
            {
                "cohort": wildcards.cohort,
                "simulated": is_simulated(wildcards.cohort),
            }
        ),
        contents=contents(lambda wildcards: model_file(HIP, wildcards.model)),
        code=code(f"{HIP_STEPS}/write_prediction.py"),
    message:
        "hip_dysplasia: report of criterion {wildcards.model} on {wildcards.cohort}"
    script:
        f"../../{HIP_STEPS}/write_prediction.py"
