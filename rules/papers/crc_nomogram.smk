# crc_nomogram: features, outcomes and TNM stage -> rad-score, nomogram, tables and figures of the study, and beyond it.
from scripts.simulation.crc_nomogram.identifiers import (
    BYTES_PER_VOXEL,
    SIZE_YX,
    SIZE_Z,
    case_files,
    patient_ids,
)

CRC = "crc_nomogram"
CRC_CARD = or_stop(registry.paper_card, CRC)
MODALITY_OF[CRC] = "CT"
SIMULATED_FILES[CRC] = case_files
SIMULATED_SIZE[CRC] = ImageSize(SIZE_YX**2 * max(SIZE_Z), BYTES_PER_VOXEL, False)
SIMULATED_PATIENTS[CRC] = {
    cohort: patient_ids(entry["n_primary"] + entry["n_validation"], entry["prefix"])
    for cohort, entry in CRC_CARD["simulated"]["cohorts"].items()
}
CRC_COHORT = COHORT_OF[CRC]
CRC_CACHE = f"cache/{CRC}/{CRC_COHORT}"
CRC_RESULTS = f"results/{CRC}"
CRC_TABLES = f"{CRC_RESULTS}/tables"
CRC_FEATURES = f"{CRC_CACHE}/features/config.parquet"
CRC_LEDGER = f"{CRC_CACHE}/features/config_ledger.csv"
CRC_CLINICAL = f"{CRC_CACHE}/clinical.parquet"
CRC_REPORTED = project_file(f"resources/reported/{CRC}.yaml")
CRC_PUBLISHED = project_file(f"resources/models/{CRC}_published.json")
CRC_STEPS = f"scripts/papers/{CRC}"


CRC_EXPRESSION = expression_files(CRC, CRC_COHORT)
CRC_EVALUATION = (
    "table2",
    "risk_groups",
    "kaplan_meier",
    "at_risk",
    "discrimination",
    "roc",
    "auc_comparison",
    "calibration",
    "calibration_slopes",
    "decision_curve",
    "proportional_hazards",
)
# What the report is composed from: tables that every cohort has, and those of expression data or a simulation.
CRC_TABLE_NAMES = [
    "lasso_cross_validation",
    "lasso_path",
    "feature_filter",
    "cutoff_roc",
    "scores",
    "table1",
    "patient_flow",
    "exclusions",
    *CRC_EVALUATION,
    "stability",
    "stability_summary",
    "rivals",
    "published_scores",
    "published_discrimination",
    "published_risk_groups",
    "published_kaplan_meier",
    "published_at_risk",
    *(["hallmark_correlation"] if CRC_EXPRESSION else []),
    *(["recovery", "recovery_features"] if is_simulated(CRC_COHORT) else []),
]
CRC_RECORDED = [
    "fit_model",
    "apply_model",
    "evaluate_model",
    "compare_rivals",
    "assess_stability",
    "validate_published",
    *(["correlate_hallmarks"] if CRC_EXPRESSION else []),
    *(["assess_recovery"] if is_simulated(CRC_COHORT) else []),
]
CRC_REPORT_TABLES = {name: f"{CRC_TABLES}/{name}.parquet" for name in CRC_TABLE_NAMES}


rule draw_patients_crc_nomogram:
    output:
        sheet=f"cache/{CRC}/{{cohort}}/simulated/sheet.csv",
        latents=f"cache/{CRC}/{{cohort}}/simulated/latents.parquet",
        truth=f"cache/{CRC}/{{cohort}}/simulated/truth.json",
        expression=f"cache/{CRC}/{{cohort}}/simulated/expression.parquet",
        gene_sets=f"cache/{CRC}/{{cohort}}/simulated/gene_sets.gmt",
    log:
        f"logs/{CRC}/{{cohort}}/draw_patients.log",
    benchmark:
        f"benchmarks/{CRC}/{{cohort}}/draw_patients.tsv"
    wildcard_constraints:
        cohort="|".join(CRC_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=lambda wildcards: canonical(
            {
                **CRC_CARD["simulated"]["cohorts"][wildcards.cohort],
                "image_folder": "images",
                "batches": plan_batches(
                    SIMULATED_PATIENTS[CRC][wildcards.cohort], cases_per_job(CRC)
                ),
                "seed": config["seed"],
            }
        ),
        code=code(f"scripts/simulation/{CRC}/draw_patients.py"),
    message:
        "crc_nomogram: drawing simulated patients and their truth ({wildcards.cohort})"
    script:
        f"../../scripts/simulation/{CRC}/draw_patients.py"


rule render_cases_crc_nomogram:
    input:
        latents=f"cache/{CRC}/{{cohort}}/simulated/latents.parquet",
    output:
        images=directory(f"cache/{CRC}/{{cohort}}/simulated/images/{{batch}}"),
    log:
        f"logs/{CRC}/{{cohort}}/render_cases/{{batch}}.log",
    benchmark:
        f"benchmarks/{CRC}/{{cohort}}/render_cases/{{batch}}.tsv"
    wildcard_constraints:
        cohort="|".join(CRC_CARD["simulated"]["cohorts"]),
    conda:
        "../../envs/simulation.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=canonical({"seed": config["seed"]}),
        cases=lambda wildcards: batch_cases(wildcards, CRC),
        code=code(f"scripts/simulation/{CRC}/render_cases.py"),
    message:
        "crc_nomogram: rendering simulated CT of batch {wildcards.batch}"
    script:
        f"../../scripts/simulation/{CRC}/render_cases.py"


# Everything that is fitted, on patients of the primary cohort only: the frozen bundle.
rule fit_model_crc_nomogram:
    input:
        features=CRC_FEATURES,
        clinical=CRC_CLINICAL,
    output:
        **tables(
            CRC_TABLES,
            "lasso_cross_validation",
            "lasso_path",
            "feature_filter",
            "cutoff_roc",
        ),
        model=f"{CRC_RESULTS}/model.json",
        provenance=f"{CRC_RESULTS}/provenance/fit_model.json",
    log:
        f"logs/{CRC}/fit_model.log",
    benchmark:
        f"benchmarks/{CRC}/fit_model.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings(
            "radiomics",
            "signature",
            "nomogram",
            paper=CRC,
            seed=True,
            simulated=is_simulated(CRC_COHORT),
        ),
        code=code(f"{CRC_STEPS}/fit_model.py"),
    message:
        "crc_nomogram: rad-score, cut-off and nomogram from the primary cohort"
    script:
        f"../../{CRC_STEPS}/fit_model.py"


rule apply_model_crc_nomogram:
    input:
        model=f"{CRC_RESULTS}/model.json",
        extraction=f"{CRC_CACHE}/features/config_settings.json",
        features=CRC_FEATURES,
        clinical=CRC_CLINICAL,
    output:
        **tables(CRC_TABLES, "scores"),
        provenance=f"{CRC_RESULTS}/provenance/apply_model.json",
    log:
        f"logs/{CRC}/apply_model.log",
    benchmark:
        f"benchmarks/{CRC}/apply_model.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        code=code(f"{CRC_STEPS}/apply_model.py"),
    message:
        "crc_nomogram: scores of all patients by the frozen model"
    script:
        f"../../{CRC_STEPS}/apply_model.py"


rule describe_cohort_crc_nomogram:
    input:
        scores=f"{CRC_TABLES}/scores.parquet",
        clinical=CRC_CLINICAL,
        ledger=CRC_LEDGER,
    output:
        **tables(CRC_TABLES, "table1", "patient_flow", "exclusions"),
        provenance=f"{CRC_RESULTS}/provenance/describe_cohort.json",
    log:
        f"logs/{CRC}/describe_cohort.log",
    benchmark:
        f"benchmarks/{CRC}/describe_cohort.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        code=code(f"{CRC_STEPS}/describe_cohort.py"),
    message:
        "crc_nomogram: Table 1 and the flow of patients"
    script:
        f"../../{CRC_STEPS}/describe_cohort.py"


rule evaluate_model_crc_nomogram:
    input:
        model=f"{CRC_RESULTS}/model.json",
        scores=f"{CRC_TABLES}/scores.parquet",
        clinical=CRC_CLINICAL,
    output:
        **tables(CRC_TABLES, *CRC_EVALUATION),
        provenance=f"{CRC_RESULTS}/provenance/evaluate_model.json",
    log:
        f"logs/{CRC}/evaluate_model.log",
    benchmark:
        f"benchmarks/{CRC}/evaluate_model.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings(
            "tables", "nomogram.months", "evaluation", paper=CRC, seed=True
        ),
        code=code(f"{CRC_STEPS}/evaluate_model.py"),
    message:
        "crc_nomogram: survival by risk group, Table 2, discrimination, calibration"
    script:
        f"../../{CRC_STEPS}/evaluate_model.py"


rule assess_stability_crc_nomogram:
    input:
        features=CRC_FEATURES,
        clinical=CRC_CLINICAL,
    output:
        **tables(CRC_TABLES, "stability", "stability_summary"),
        provenance=f"{CRC_RESULTS}/provenance/assess_stability.json",
    log:
        f"logs/{CRC}/assess_stability.log",
    benchmark:
        f"benchmarks/{CRC}/assess_stability.tsv"
    conda:
        "../../envs/survival.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings("signature", "stability", paper=CRC, seed=True),
        code=code(f"{CRC_STEPS}/assess_stability.py"),
    message:
        "crc_nomogram: stability of the selected features"
    script:
        f"../../{CRC_STEPS}/assess_stability.py"


rule compare_rivals_crc_nomogram:
    input:
        features=CRC_FEATURES,
        clinical=CRC_CLINICAL,
    output:
        **tables(CRC_TABLES, "rivals"),
        provenance=f"{CRC_RESULTS}/provenance/compare_rivals.json",
    log:
        f"logs/{CRC}/compare_rivals.log",
    benchmark:
        f"benchmarks/{CRC}/compare_rivals.tsv"
    conda:
        "../../envs/survival.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings(
            "signature",
            "nomogram",
            "rivals",
            "evaluation.n_bootstrap",
            paper=CRC,
            seed=True,
        ),
        code=code(f"{CRC_STEPS}/compare_rivals.py"),
    message:
        "crc_nomogram: rivals under the same nested cross-validation"
    script:
        f"../../{CRC_STEPS}/compare_rivals.py"


rule correlate_hallmarks_crc_nomogram:
    input:
        **CRC_EXPRESSION,
        features=CRC_FEATURES,
        model=f"{CRC_RESULTS}/model.json",
    output:
        **tables(CRC_TABLES, "hallmark_correlation", "hallmark_scores"),
        provenance=f"{CRC_RESULTS}/provenance/correlate_hallmarks.json",
    log:
        f"logs/{CRC}/correlate_hallmarks.log",
    benchmark:
        f"benchmarks/{CRC}/correlate_hallmarks.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings("hallmarks", paper=CRC),
        contents=contents(*CRC_EXPRESSION.values()),
        code=code(f"{CRC_STEPS}/correlate_hallmarks.py"),
    message:
        "crc_nomogram: hallmark enrichment against the features of the signature"
    script:
        f"../../{CRC_STEPS}/correlate_hallmarks.py"


rule validate_published_crc_nomogram:
    input:
        model=CRC_PUBLISHED,
        features=CRC_FEATURES,
        clinical=CRC_CLINICAL,
    output:
        **tables(
            CRC_TABLES,
            "published_scores",
            "published_discrimination",
            "published_risk_groups",
            "published_kaplan_meier",
            "published_at_risk",
        ),
        provenance=f"{CRC_RESULTS}/provenance/validate_published.json",
    log:
        f"logs/{CRC}/validate_published.log",
    benchmark:
        f"benchmarks/{CRC}/validate_published.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings(
            "nomogram.months", "evaluation.n_bootstrap", paper=CRC, seed=True
        ),
        code=code(f"{CRC_STEPS}/validate_published.py"),
    message:
        "crc_nomogram: the paper's own score on these patients"
    script:
        f"../../{CRC_STEPS}/validate_published.py"


rule assess_recovery_crc_nomogram:
    input:
        truth=f"{CRC_CACHE}/simulated/truth.json",
        latents=f"{CRC_CACHE}/simulated/latents.parquet",
        model=f"{CRC_RESULTS}/model.json",
        features=CRC_FEATURES,
        scores=f"{CRC_TABLES}/scores.parquet",
        clinical=CRC_CLINICAL,
        hallmarks=f"{CRC_TABLES}/hallmark_correlation.parquet",
    output:
        **tables(CRC_TABLES, "recovery", "recovery_features"),
        provenance=f"{CRC_RESULTS}/provenance/assess_recovery.json",
    log:
        f"logs/{CRC}/assess_recovery.log",
    benchmark:
        f"benchmarks/{CRC}/assess_recovery.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings("hallmarks.alpha", "nomogram.months", paper=CRC),
        code=code(f"{CRC_STEPS}/assess_recovery.py"),
    message:
        "crc_nomogram: planted truth against what was found"
    script:
        f"../../{CRC_STEPS}/assess_recovery.py"


rule draw_figures_crc_nomogram:
    input:
        **CRC_REPORT_TABLES,
        model=f"{CRC_RESULTS}/model.json",
        clinical=CRC_CLINICAL,
    output:
        figures=report(
            directory(f"{CRC_RESULTS}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=CRC,
            subcategory="Figures",
            labels=caption_labels(f"{CRC_RESULTS}/captions"),
        ),
    log:
        f"logs/{CRC}/draw_figures.log",
    benchmark:
        f"benchmarks/{CRC}/draw_figures.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings(
            "nomogram.months",
            "evaluation.decision_months",
            "stability.n_bootstrap",
            paper=CRC,
        ),
        code=code(f"{CRC_STEPS}/draw_figures.py"),
    message:
        "crc_nomogram: figures"
    script:
        f"../../{CRC_STEPS}/draw_figures.py"


rule write_report_crc_nomogram:
    input:
        **CRC_REPORT_TABLES,
        model=f"{CRC_RESULTS}/model.json",
        reported=CRC_REPORTED,
        paper=project_file(f"config/papers/{CRC}.yaml"),
        template=project_file("resources/report/template.typ"),
        sheet=sheet_of(Cohort(CRC, CRC_COHORT)),
        figures=f"{CRC_RESULTS}/figures",
        examples=f"results/{CRC}/check/{CRC_COHORT}/examples.svg",
        records=[f"{CRC_RESULTS}/provenance/{step}.json" for step in CRC_RECORDED],
    output:
        **tables(CRC_TABLES, "reported_and_obtained"),
        pdf=report(
            f"{CRC_RESULTS}.pdf",
            caption="../../resources/report/pdf.rst",
            category=CRC,
            subcategory="Report",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        printed=report(
            directory(f"{CRC_RESULTS}/printed_tables"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=CRC,
            subcategory="Tables",
            labels=caption_labels(f"{CRC_RESULTS}/captions"),
        ),
        captions=directory(f"{CRC_RESULTS}/captions"),
        provenance=f"{CRC_RESULTS}/provenance/write_report.json",
    log:
        f"logs/{CRC}/write_report.log",
    benchmark:
        f"benchmarks/{CRC}/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=lambda wildcards: report_settings(CRC, CRC_COHORT),
        contents=contents(sheet_of(Cohort(CRC, CRC_COHORT))),
        code=code(f"{CRC_STEPS}/write_report.py"),
    message:
        "crc_nomogram: typesetting results/crc_nomogram.pdf"
    script:
        f"../../{CRC_STEPS}/write_report.py"


# External validation: a frozen model on another cohort, with outcomes or without.
rule predict_crc_nomogram:
    input:
        model=lambda wildcards: model_file(CRC, wildcards.model),
        features=lambda wildcards: (
            f"cache/{CRC}/{wildcards.cohort}/features/{extraction_of(CRC, wildcards.model)}.parquet"
        ),
        extraction=lambda wildcards: (
            f"cache/{CRC}/{wildcards.cohort}/features/{extraction_of(CRC, wildcards.model)}_settings.json"
        ),
        clinical=f"cache/{CRC}/{{cohort}}/clinical.parquet",
    output:
        **tables(f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/tables", "predictions"),
        provenance=f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/provenance/predict.json",
    log:
        f"logs/{CRC}/predict/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{CRC}/predict/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/survival.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        contents=contents(lambda wildcards: model_file(CRC, wildcards.model)),
        code=code(f"{CRC_STEPS}/apply_model.py"),
    message:
        "crc_nomogram: model {wildcards.model} on cohort {wildcards.cohort}"
    script:
        f"../../{CRC_STEPS}/apply_model.py"


rule validate_prediction_crc_nomogram:
    input:
        model=lambda wildcards: model_file(CRC, wildcards.model),
        predictions=f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/tables/predictions.parquet",
        clinical=f"cache/{CRC}/{{cohort}}/clinical.parquet",
        ledger=lambda wildcards: (
            f"cache/{CRC}/{wildcards.cohort}/features/{extraction_of(CRC, wildcards.model)}_ledger.csv"
        ),
        records=f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/provenance/predict.json",
        paper=project_file(f"config/papers/{CRC}.yaml"),
        template=project_file("resources/report/template.typ"),
    output:
        pdf=report(
            f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}.pdf",
            caption="../../resources/report/pdf.rst",
            category=CRC,
            subcategory="Model {model} on {cohort}",
            labels={"number": "PDF", "title": "The whole report"},
        ),
        figures=report(
            directory(f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/figures"),
            patterns=["{item}.svg"],
            caption="../../resources/report/caption.rst",
            category=CRC,
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(
                f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/captions"
            ),
        ),
        tables=report(
            directory(f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/validation"),
            patterns=["{item}.html"],
            caption="../../resources/report/caption.rst",
            category=CRC,
            subcategory="Model {model} on {cohort}",
            labels=caption_labels(
                f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/captions"
            ),
        ),
        captions=directory(f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/captions"),
        provenance=f"{CRC_RESULTS}/predict/{{cohort}}/{{model}}/provenance/validate.json",
    log:
        f"logs/{CRC}/validate/{{cohort}}_{{model}}.log",
    benchmark:
        f"benchmarks/{CRC}/validate/{{cohort}}_{{model}}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory(CRC),
        runtime=runtime(CRC),
    params:
        settings=settings(
            "nomogram.months",
            "evaluation.n_bootstrap",
            "evaluation.roc_method",
            "evaluation.calibration_groups",
            paper=CRC,
            seed=True,
            simulated=lambda wildcards: is_simulated(wildcards.cohort),
        ),
        contents=contents(lambda wildcards: model_file(CRC, wildcards.model)),
        code=code(f"{CRC_STEPS}/validate_prediction.py"),
    message:
        "crc_nomogram: external validation of {wildcards.model} on {wildcards.cohort}"
    script:
        f"../../{CRC_STEPS}/validate_prediction.py"
