# covid_ct: CT with lesions, lobes and segments, findings of radiologists -> tables, figures and tests of the study, and beyond.
include: "functions/covid_ct.smk"


rule draw_patients_covid_ct:
    output:
        sheet=f"cache/{COVID}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{COVID}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{COVID}/{{cohort}}/simulated/truth.json",
    log:
        f"logs/{COVID}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{COVID}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(COVID_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=lambda wildcards: canonical(
            {
                **COVID_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[COVID][wildcards.cohort], cases_per_job(COVID)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{COVID}/draw_patients.py"),
    message:
        "covid_ct: drawing simulated patients and their truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{COVID}/draw_patients.py"


rule render_cases_covid_ct:
    input:
        latents=f"cache/{COVID}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{COVID}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{COVID}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{COVID}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(COVID_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, COVID),
        code=code(f"scripts/simulation/{COVID}/render_cases.py"),
    message:
        "covid_ct: rendering simulated CT of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{COVID}/render_cases.py"


rule compare_groups_covid_ct:
    input:
        measures=COVID_MEASURES,
        clinical=COVID_CLINICAL,
        ledger=COVID_LEDGER,
    output:
        **tables(COVID_TABLES, *COVID_COMPARED),
        provenance=f"{COVID_RESULTS}/provenance/compare_groups.json",
    log:
        f"logs/{COVID}/compare_groups.log",
    benchmark:
        f"benchmarks/{COVID}/compare_groups.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings("measurement.edges_hu", "tests", "equivalence", paper=COVID),
        code=code(f"{COVID_STEPS}/compare_groups.py"),
    message:
        "covid_ct: findings and lesion volumes of the two groups"
    script:
        f"../../{COVID_STEPS}/compare_groups.py"


rule assess_power_covid_ct:
    input:
        comparisons=f"{COVID_TABLES}/comparisons.parquet",
        patient_flow=f"{COVID_TABLES}/patient_flow.parquet",
    output:
        **tables(COVID_TABLES, *COVID_POWER),
        provenance=f"{COVID_RESULTS}/provenance/assess_power.json",
    log:
        f"logs/{COVID}/assess_power.log",
    benchmark:
        f"benchmarks/{COVID}/assess_power.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings(
            "tests.alpha",
            "equivalence.margin_proportion",
            "power",
            paper=COVID,
        ),
        code=code(f"{COVID_STEPS}/assess_power.py"),
    message:
        "covid_ct: power for the difference that the paper names"
    script:
        f"../../{COVID_STEPS}/assess_power.py"


rule recompute_printed_covid_ct:
    input:
        reported=COVID_REPORTED,
    output:
        **tables(COVID_TABLES, *COVID_PRINTED),
        provenance=f"{COVID_RESULTS}/provenance/recompute_printed.json",
    log:
        f"logs/{COVID}/recompute_printed.log",
    benchmark:
        f"benchmarks/{COVID}/recompute_printed.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings(
            "tests.categorical",
            "tests.alpha",
            "equivalence.margin_proportion",
            paper=COVID,
        ),
        code=code(f"{COVID_STEPS}/recompute_printed.py"),
    message:
        "covid_ct: the same tests on the printed counts and means"
    script:
        f"../../{COVID_STEPS}/recompute_printed.py"


rule fit_score_covid_ct:
    input:
        measures=COVID_MEASURES,
        clinical=COVID_CLINICAL,
    output:
        **tables(COVID_TABLES, *COVID_FITTED),
        model=f"{COVID_RESULTS}/model.json",
        provenance=f"{COVID_RESULTS}/provenance/fit_score.json",
    log:
        f"logs/{COVID}/fit_score.log",
    benchmark:
        f"benchmarks/{COVID}/fit_score.tsv"
    conda:
        "../../envs/survival.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings(
            "measurement",
            "combined",
            paper=COVID,
            seed=True,
            simulated=is_simulated(COVID_COHORT),
        ),
        code=code(f"{COVID_STEPS}/fit_score.py"),
    message:
        "covid_ct: one score of all findings and volumes, cross-validated and frozen"
    script:
        f"../../{COVID_STEPS}/fit_score.py"


rule assess_recovery_covid_ct:
    input:
        **{
            name: f"{COVID_TABLES}/{name}.parquet"
            for name in ("comparisons", "volumes", "how", "combined")
        },
        truth=f"{COVID_CACHE}/simulated/truth.json",
        images=[f"{COVID_CACHE}/simulated/images/{batch}" for batch in COVID_BATCHES],
    output:
        **tables(COVID_TABLES, "recovery"),
        provenance=f"{COVID_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{COVID}/assess_recovery.log",
    benchmark:
        f"benchmarks/{COVID}/assess_recovery.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings("tests.alpha", paper=COVID),
        code=code(f"{COVID_STEPS}/assess_recovery.py"),
    message:
        "covid_ct: planted truth against what was found"
    script:
        f"../../{COVID_STEPS}/assess_recovery.py"


rule draw_figures_covid_ct:
    input:
        **COVID_REPORT_TABLES,
    output:
        figures=report(
            directory(f"{COVID_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=COVID,
            subcategory="Figures",
            labels=caption_labels(f"{COVID_RESULTS}/captions"),
        ),
    log:
        f"logs/{COVID}/draw_figures.log",
    benchmark:
        f"benchmarks/{COVID}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings(
            "measurement.edges_hu",
            "equivalence",
            "power",
            paper=COVID,
        ),
        code=code(f"{COVID_STEPS}/draw_figures.py"),
    message:
        "covid_ct: figures"
    script:
        f"../../{COVID_STEPS}/draw_figures.py"


rule picture_lesions_covid_ct:
    input:
        files=lambda wildcards: example_files(Cohort(COVID, wildcards.cohort)),
        contents=lambda wildcards: (
            f"cache/{COVID}/{wildcards.cohort}/check/{example_batch(Cohort(COVID, wildcards.cohort))}_contents.json"
        ),
    output:
        picture=f"{COVID_RESULTS}/check/{{cohort}}/lesions.svg",
    log:
        f"logs/{COVID}/{{cohort}}/picture_lesions.log",
    benchmark:
        f"benchmarks/{COVID}/{{cohort}}/picture_lesions.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=lambda wildcards: canonical(
            {
                **registry.pick(parameters(COVID, wildcards.cohort), "measurement"),
                "images": as_settings(images_of(COVID)),
            }
        ),
        cases=lambda wildcards: canonical(example_cases(COVID, wildcards.cohort)),
        contents=lambda wildcards: example_contents(Cohort(COVID, wildcards.cohort)),
        code=code(f"{COVID_STEPS}/picture_lesions.py"),
    message:
        "covid_ct: lobes and lesions of a few patients"
    script:
        f"../../{COVID_STEPS}/picture_lesions.py"


rule write_report_covid_ct:
    input:
        **COVID_REPORT_TABLES,
        model=f"{COVID_RESULTS}/model.json",
        reported=COVID_REPORTED,
        paper=project_file(f"config/papers/{COVID}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(COVID, COVID_COHORT)),
        figures=f"{COVID_RESULTS}/figures",
        lesions=f"{COVID_CHECK}/lesions.svg",
        records=[f"{COVID_RESULTS}/provenance/{step}.json" for step in COVID_RECORDED],
    output:
        **tables(COVID_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{COVID_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=COVID,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{COVID_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=COVID,
            subcategory="Tables",
            labels=caption_labels(f"{COVID_RESULTS}/captions"),
        ),
        captions=directory(f"{COVID_RESULTS}/captions"),
        provenance=f"{COVID_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{COVID}/write_report.log",
    benchmark:
        f"benchmarks/{COVID}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=lambda wildcards: report_settings(COVID, COVID_COHORT),
        contents=contents(sheet_of(Cohort(COVID, COVID_COHORT))),
        code=code(f"{COVID_STEPS}/write_report.py"),
    message:
        "covid_ct: typesetting results/covid_ct.pdf"
    script:
        f"../../{COVID_STEPS}/write_report.py"


# The frozen score on another cohort: scores, the groups where they are known, and the report.
rule predict_covid_ct:
    input:
        model=covid_model,
        clinical=f"cache/{COVID}/{{cohort}}/clinical.parquet",
        measures=f"cache/{COVID}/{{cohort}}/measures.parquet",
    output:
        **tables(
            f"{COVID_PREDICT}/tables",
            "predictions",
            "performance",
            "roc",
        ),
        provenance=f"{COVID_PREDICT}/provenance/predict.json",
    log:
        f"logs/{COVID}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{COVID}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=settings("measurement", paper=COVID),
        contents=contents(covid_model),
        code=code(f"{COVID_STEPS}/apply_score.py"),
    message:
        "covid_ct: score {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{COVID_STEPS}/apply_score.py"


rule write_prediction_covid_ct:
    input:
        **{
            name: f"{COVID_PREDICT}/tables/{name}.parquet"
            for name in ("predictions", "performance", "roc")
        },
        model=covid_model,
        measures=f"cache/{COVID}/{{cohort}}/measures.parquet",
        ledger=f"cache/{COVID}/{{cohort}}/measures_ledger.csv",
        faults=f"{COVID_RESULTS}/check/{{cohort}}/faults.csv",
        lesions=f"{COVID_RESULTS}/check/{{cohort}}/lesions.svg",
        records=[f"{COVID_PREDICT}/provenance/predict.json"],
        paper=project_file(f"config/papers/{COVID}.yaml"),
        template=project_file("resources/report/template.typ"),
    output:
        pdf=report(
            f"{COVID_PREDICT}.pdf",
            caption="../../resources/report/pdf.rst",
            category=COVID,
            subcategory="Model {model} on {cohort}",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        figures=report(
            directory(f"{COVID_PREDICT}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=COVID,
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(f"{COVID_PREDICT}/captions"),
        ),
        printed=report(
            directory(f"{COVID_PREDICT}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=COVID,
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(f"{COVID_PREDICT}/captions"),
        ),
        captions=directory(f"{COVID_PREDICT}/captions"),
        provenance=f"{COVID_PREDICT}/provenance/write_prediction.json",
    log:
        f"logs/{COVID}/write_prediction/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{COVID}/write_prediction/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(COVID),
        runtime=runtime(COVID),
    params:
        settings=lambda wildcards: canonical(
            {
                "simulated": is_simulated(wildcards.cohort),
                "own": covid_own(wildcards),
            }
        ),
        contents=contents(covid_model),
        code=code(f"{COVID_STEPS}/write_prediction.py"),
    message:
        "covid_ct: typesetting the prediction of {wildcards.model} on {wildcards.cohort}"
    script:
        f"../../{COVID_STEPS}/write_prediction.py"
