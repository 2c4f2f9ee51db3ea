# Annotations of films (LabelMe, COCO, CVAT, 3D Slicer, QuPath) -> a landmark table a batch, and the films without one.


rule read_landmarks:
    input:
        admitted="cache/{paper}/{cohort}/admitted.json",
        checked="cache/{paper}/{cohort}/check/{batch}.parquet",
        contents="cache/{paper}/{cohort}/check/{batch}_contents.json",
        clinical="cache/{paper}/{cohort}/clinical.parquet",
        files=batch_files,
    output:
        landmarks="cache/{paper}/{cohort}/landmarks/{batch}.parquet",
        failures="cache/{paper}/{cohort}/landmarks/{batch}_failures.csv",
    log:
        "logs/{paper}/{cohort}/read_landmarks/{batch}.log",
    benchmark:
        "benchmarks/{paper}/{cohort}/read_landmarks/{batch}.tsv"
    conda:
        "../envs/cohort.yaml"
    threads: config["threads_per_job"]
    resources:
        mem_mb=memory(),
        runtime=runtime(),
    params:
        settings=lambda wildcards: canonical(
            {
                **LANDMARKS_OF[wildcards.paper](wildcards.cohort),
                "images": as_settings(images_of(wildcards.paper)),
            }
        ),
        cases=batch_cases,
        contents=batch_contents,
        code=code("scripts/landmarks/read_landmarks.py"),
    message:
        "{wildcards.paper}: landmarks of the films of batch {wildcards.batch}"
    script:
        "../scripts/landmarks/read_landmarks.py"
