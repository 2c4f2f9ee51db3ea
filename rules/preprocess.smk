# Images of visits -> bias field out, common spacing and scale, tumour masks, registration, QC pictures, features of images.
wildcard_constraints:
    visit="[a-z][a-z0-9_]*",
    image="[a-z][a-z0-9_]*",


rule correct_bias:
    input:
        admitted=visit_admission,
        checked="cache/{paper}/{cohort}/check/{batch}.parquet",
        contents="cache/{paper}/{cohort}/check/{batch}_contents.json",
        files=visit_files,
    output:
        volumes=directory(
            "cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}"
        ),
        table="cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}_failures.csv",
        made_from="cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}_made_from.txt",
    log:
        "logs/{paper}/{cohort}/correct_bias/{visit}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/correct_bias/{visit}/{batch}.tsv"
    conda:
        "../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=visit_settings,
        cases=visit_cases,
        contents=visit_contents,
        made_from=visit_made_from,
        code=code("scripts/preprocess/correct_bias.py"),
    message:
        "{wildcards.paper}: bias field of {wildcards.visit}, batch {wildcards.batch}"
    script:
        "../scripts/preprocess/correct_bias.py"


rule standardise_images:
    input:
        volumes="cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}",
        table="cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}.parquet",
    output:
        volumes=directory(
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}"
        ),
        table="cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}_failures.csv",
    log:
        "logs/{paper}/{cohort}/standardise_images/{visit}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/standardise_images/{visit}/{batch}.tsv"
    conda:
        "../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=stage_settings("resampling", "intensity"),
        code=code("scripts/preprocess/standardise_images.py"),
    message:
        "{wildcards.paper}: spacing and intensity of {wildcards.visit}, batch {wildcards.batch}"
    script:
        "../scripts/preprocess/standardise_images.py"


rule segment_tumours:
    input:
        volumes="cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
        table="cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}.parquet",
    output:
        volumes=directory(
            "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}"
        ),
        table="cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}_failures.csv",
    log:
        "logs/{paper}/{cohort}/segment_tumours/{visit}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/segment_tumours/{visit}/{batch}.tsv"
    conda:
        "../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=stage_settings("segmentation"),
        code=code("scripts/preprocess/segment_tumours.py"),
    message:
        "{wildcards.paper}: tumours of {wildcards.visit}, batch {wildcards.batch}"
    script:
        "../scripts/preprocess/segment_tumours.py"


# The paper's second visit onto the grid of its first.
rule register_visits:
    input:
        fixed=of_visit(
            0,
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
        ),
        fixed_masks=of_visit(
            0, "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}"
        ),
        fixed_table=of_visit(
            0,
            "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}.parquet",
        ),
        moving=of_visit(
            1,
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
        ),
        moving_masks=of_visit(
            1, "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}"
        ),
        moving_table=of_visit(
            1,
            "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}.parquet",
        ),
    output:
        volumes=directory("cache/{paper}/{cohort}/preprocess/register_visits/{batch}"),
        table="cache/{paper}/{cohort}/preprocess/register_visits/{batch}.parquet",
        failures="cache/{paper}/{cohort}/preprocess/register_visits/{batch}_failures.csv",
    log:
        "logs/{paper}/{cohort}/register_visits/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/register_visits/{batch}.tsv"
    conda:
        "../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=stage_settings("registration"),
        code=code("scripts/preprocess/register_visits.py"),
    message:
        "{wildcards.paper}: registration of the visits, batch {wildcards.batch}"
    script:
        "../scripts/preprocess/register_visits.py"


rule picture_registration:
    input:
        registered="cache/{paper}/{cohort}/preprocess/register_visits/{batch}",
        table="cache/{paper}/{cohort}/preprocess/register_visits/{batch}.parquet",
        fixed=of_visit(
            0,
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
        ),
        fixed_masks=of_visit(
            0, "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}"
        ),
        moving=of_visit(
            1,
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
        ),
        moving_masks=of_visit(
            1, "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}"
        ),
    output:
        pictures=directory("results/{paper}/check/{cohort}/registration/{batch}"),
    log:
        "logs/{paper}/{cohort}/picture_registration/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/picture_registration/{batch}.tsv"
    conda:
        "../envs/preprocess.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        code=code("scripts/preprocess/picture_registration.py"),
    message:
        "{wildcards.paper}: pictures of the registrations, batch {wildcards.batch}"
    script:
        "../scripts/preprocess/picture_registration.py"


# All registrations, the worst first, and a page of the worst ten. The HTML report takes a second label of two results
# for a switch between them, and shows an empty page where that label belongs to one of them alone.
rule rank_registrations:
    input:
        tables=of_all_batches(
            "cache/{paper}/{cohort}/preprocess/register_visits/{batch}.parquet"
        ),
        registered=of_all_batches(
            "cache/{paper}/{cohort}/preprocess/register_visits/{batch}"
        ),
        pictures=of_all_batches("results/{paper}/check/{cohort}/registration/{batch}"),
        fixed=of_all_batches(
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
            visit=nth_visit(0),
        ),
        fixed_masks=of_all_batches(
            "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}",
            visit=nth_visit(0),
        ),
        moving=of_all_batches(
            "cache/{paper}/{cohort}/preprocess/standardise_images/{visit}/{batch}",
            visit=nth_visit(1),
        ),
        moving_masks=of_all_batches(
            "cache/{paper}/{cohort}/preprocess/segment_tumours/{visit}/{batch}",
            visit=nth_visit(1),
        ),
    output:
        **tables("results/{paper}/check/{cohort}", "registrations"),
        worst=report(
            "results/{paper}/check/{cohort}/worst_registrations.svg",
            caption="../resources/report/worst_registrations.rst",
            category="{paper}",
            subcategory="Cohort {cohort}",
            labels={"picture": "The ten worst registrations"},
        ),
    log:
        "logs/{paper}/{cohort}/rank_registrations.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/rank_registrations.tsv"
    conda:
        "../envs/preprocess.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        code=code("scripts/preprocess/rank_registrations.py"),
    message:
        "{wildcards.paper}: the worst registrations of cohort {wildcards.cohort}"
    script:
        "../scripts/preprocess/rank_registrations.py"


rule extract_image_features:
    input:
        volumes=lambda wildcards: image_source(wildcards).volumes,
        masks=lambda wildcards: image_source(wildcards).masks,
        table=lambda wildcards: image_source(wildcards).table,
    output:
        features="cache/{paper}/{cohort}/image_features/{image}/{batch}.parquet",
        failures="cache/{paper}/{cohort}/image_features/{image}/{batch}_failures.csv",
    log:
        "logs/{paper}/{cohort}/extract_image_features/{image}/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/extract_image_features/{image}/{batch}.tsv"
    conda:
        "../envs/radiomics.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=image_settings,
        code=code("scripts/radiomics/extract_image_features.py"),
    message:
        "{wildcards.paper}: features of image {wildcards.image}, batch {wildcards.batch}"
    script:
        "../scripts/radiomics/extract_image_features.py"


rule account_for_patients:
    input:
        features=features_of_images,
        failures=failures_of_images,
        admitted="cache/{paper}/{cohort}/admitted.json",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        ledger="results/{paper}/check/{cohort}/ledger.csv",
    output:
        ledger="cache/{paper}/{cohort}/image_features/ledger.csv",
    log:
        "logs/{paper}/{cohort}/account_for_patients.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/account_for_patients.tsv"
    conda:
        "../envs/radiomics.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(losses(wildcards.cohort)),
        code=code("scripts/radiomics/account_for_patients.py"),
    message:
        "{wildcards.paper}: who has every image of cohort {wildcards.cohort}, and why others have not"
    script:
        "../scripts/radiomics/account_for_patients.py"


rule collect_image_features:
    input:
        features=of_all_batches(
            "cache/{paper}/{cohort}/image_features/{image}/{batch}.parquet"
        ),
        ledger="cache/{paper}/{cohort}/image_features/ledger.csv",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
    output:
        features="cache/{paper}/{cohort}/image_features/{image}.parquet",
    log:
        "logs/{paper}/{cohort}/collect_image_features/{image}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/collect_image_features/{image}.tsv"
    conda:
        "../envs/radiomics.yaml"
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        code=code("scripts/radiomics/collect_image_features.py"),
    message:
        "{wildcards.paper}: one feature table of image {wildcards.image}"
    script:
        "../scripts/radiomics/collect_image_features.py"
