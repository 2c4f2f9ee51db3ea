# Functions only: what the volumes of a batch are measured with, and what they come from.
def measures_settings(wildcards):
    """Params function: how lesions are measured, and which columns of a case are its image, mask and label maps."""
    values = stage_parameters(wildcards, "measurement")
    return canonical({**values, "images": as_settings(images_of(wildcards.paper))})


def measures_made_from(wildcards, input):
    """Params function: one text of all that the volumes of a batch come from; see `made_from`."""
    parts = [
        measures_settings(wildcards),
        check_settings(wildcards),
        batch_cases(wildcards),
        batch_contents(wildcards),
        code_fingerprint("scripts/cohort/check_cases.py", PROJECT),
        code_fingerprint("scripts/quantification/measure_lesions.py", PROJECT),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def measures_admission(wildcards):
    """Input of a batch: the admission of its cohort, where its volumes are not up to date."""
    record = "cache/{paper}/{cohort}/measures/{batch}_made_from.txt"
    return admission_before(
        wildcards, record.format(**dict(wildcards.items())), measures_made_from
    )
