# Functions only: the visits of a patient, what is read of each, and the images that features are taken from.
def visits_of(paper):
    """Columns of the paper's sheet that hold the phases of a visit, in order of time: they name the visits."""
    schema = paper_schema(paper)
    phases = [image.column for image in schema.images if image.holds == PHASES]
    in_order = [visit["image"] for visit in schema.visits]
    return in_order or phases


def visit_image(wildcards):
    """The columns of the wildcards' visit."""
    images = [
        image for image in images_of(wildcards.paper) if image.column == wildcards.visit
    ]
    if not images:
        known = ", ".join(visits_of(wildcards.paper)) or "none"
        raise SystemExit(
            f"\nNo visit '{wildcards.visit}' in the sheet of {wildcards.paper}. Known: {known}.\n"
        )
    return images[0]


def visit_cases(wildcards):
    """Params function: the cases of a batch, with the cells of one visit."""
    image = visit_image(wildcards)
    cases = cases_by_batch(wildcards.paper, wildcards.cohort)[wildcards.batch]
    return canonical([case_of(case, [image]) for case in cases])


def visit_paths(wildcards):
    """Paths of the images and masks of a visit in a batch, there or not."""
    columns = file_columns([visit_image(wildcards)])
    cases = cases_by_batch(wildcards.paper, wildcards.cohort)[wildcards.batch]
    return {case[column] for case in cases for column in columns if case[column]}


def visit_files(wildcards):
    """Images and masks of a visit in a batch."""
    if is_simulated(wildcards.cohort):
        return batch_files(wildcards)
    paths = visit_paths(wildcards)
    present = present_files(wildcards.paper, wildcards.cohort, wildcards.batch)
    return [file_of_user(path) for path in present if path in paths]


def visit_contents(wildcards):
    """Params function: path -> label of the user's files that a visit of a batch reads."""
    paths = visit_paths(wildcards)
    labels = batch_labels(wildcards.paper, wildcards.cohort, wildcards.batch)
    return contents_text(
        {path: label for path, label in labels.items() if path in paths}
    )


def visit_settings(wildcards):
    """Params function: the settings of correct_bias, and the columns of the visit."""
    values = stage_parameters(wildcards, "phases", "bias_field")
    return canonical({**values, "images": as_settings([visit_image(wildcards)])})


def stage_parameters(wildcards, *names):
    """The named parameters of the wildcards' paper on their cohort."""
    return registry.pick(parameters(wildcards.paper, wildcards.cohort), *names)


def stage_settings(*names):
    """Params function of a stage that many papers use: the named parameters of the wildcards' paper."""
    return lambda wildcards: canonical(stage_parameters(wildcards, *names))


def visit_made_from(wildcards, input):
    """Params function: one text of all that the corrected images of a batch come from; see `made_from`."""
    parts = [
        visit_settings(wildcards),
        check_settings(wildcards),
        visit_cases(wildcards),
        visit_contents(wildcards),
        code_fingerprint("scripts/cohort/check_cases.py", PROJECT),
        code_fingerprint("scripts/preprocess/correct_bias.py", PROJECT),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def visit_admission(wildcards):
    """Input of a visit of a batch: its cohort's admission, where its corrected images are not up to date."""
    record = (
        "cache/{paper}/{cohort}/preprocess/correct_bias/{visit}/{batch}_made_from.txt"
    )
    return admission_before(
        wildcards, record.format(**dict(wildcards.items())), visit_made_from
    )


def nth_visit(number):
    """Function of the wildcards: the paper's visit of that number, 0 for the first."""
    return lambda wildcards: visits_of(wildcards.paper)[number]


def of_visit(number, pattern):
    """Input function: `pattern` for the paper's visit of that number."""
    return lambda wildcards: pattern.format(
        visit=nth_visit(number)(wildcards), **dict(wildcards.items())
    )


ImageSource = namedtuple("ImageSource", "volumes what masks table settings")


def image_source(wildcards):
    """Where an image that features are taken from lies: its folder, its kind, its mask's folder, the table of those who
    have it, and the branch of the parameters that it is extracted with.

    A visit's name is its enhancement in its own mask; `jacobian` and `warped` lie in the mask of the first visit.
    """
    batch = f"cache/{wildcards.paper}/{wildcards.cohort}/preprocess/{{step}}/{wildcards.batch}"
    visit = f"cache/{wildcards.paper}/{wildcards.cohort}/preprocess/{{step}}/{{visit}}/{wildcards.batch}"
    visits, image = visits_of(wildcards.paper), wildcards.image
    if image in visits:
        folder = visit.format(step="standardise_images", visit=image)
        masks = visit.format(step="segment_tumours", visit=image)
        return ImageSource(
            folder, "enhancement", masks, f"{masks}.parquet", "radiomics"
        )
    if image in ("jacobian", "warped") and len(visits) > 1:
        folder = batch.format(step="register_visits")
        masks = visit.format(step="segment_tumours", visit=visits[0])
        branch = "jacobian_radiomics" if image == "jacobian" else "radiomics"
        return ImageSource(folder, image, masks, f"{folder}.parquet", branch)
    known = ", ".join([*visits, *(["jacobian", "warped"] if len(visits) > 1 else [])])
    raise SystemExit(
        f"\nNo image '{image}' of {wildcards.paper} to take features from. Known: {known}.\n"
    )


def image_settings(wildcards):
    """Params function: how features of an image are extracted, and which image it is."""
    source = image_source(wildcards)
    values = stage_parameters(wildcards, source.settings)[source.settings]
    return canonical({"radiomics": values, "what": source.what})


def failures_of_images(wildcards):
    """Input function: failures of every step, visit and batch that the paper's images come through."""
    folder = f"cache/{wildcards.paper}/{wildcards.cohort}"
    visits, images = visits_of(wildcards.paper), IMAGES_OF[wildcards.paper]
    steps = [
        f"preprocess/{step}/{visit}"
        for step in ("correct_bias", "standardise_images", "segment_tumours")
        for visit in visits
    ]
    if set(images) - set(visits):
        steps.append("preprocess/register_visits")
    steps += [f"image_features/{image}" for image in images]
    return [
        f"{folder}/{step}/{batch}_failures.csv"
        for step in steps
        for batch in cases_by_batch(wildcards.paper, wildcards.cohort)
    ]


def features_of_images(wildcards):
    """Input function: the feature tables of every image of the paper and batch."""
    folder = f"cache/{wildcards.paper}/{wildcards.cohort}/image_features"
    return [
        f"{folder}/{image}/{batch}.parquet"
        for image in IMAGES_OF[wildcards.paper]
        for batch in cases_by_batch(wildcards.paper, wildcards.cohort)
    ]
