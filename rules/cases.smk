# Functions only: the cases of a cohort, the batches that carry them, their files and what these hold.
@cache
def paper_schema(paper):
    """What the paper's sample sheet may hold."""
    return or_stop(load_schema, project_file(f"config/schemas/sheets/{paper}.yaml"))


def images_of(paper):
    """The images of a case by the columns of the paper's sheet, each a `CaseImage`."""
    return paper_schema(paper).images


@cache
def cases_by_batch(paper, cohort):
    """Batch -> its cases as dicts of patient and the cells of its images: paths, series, regions of masks."""
    images, most = images_of(paper), cases_per_job(paper)
    if is_simulated(cohort):
        folder = f"cache/{paper}/{cohort}/simulated/images"
        plan = plan_batches(SIMULATED_PATIENTS[paper][cohort], most)
        return {
            batch: [
                simulated_case(paper, folder, batch, patient) for patient in patients
            ]
            for batch, patients in plan.items()
        }
    cases = or_stop(sheet_cases, cohort_entry(cohort)["sheet"], images)
    plan = plan_batches(cases, most)
    return {
        batch: [case for patient in patients for case in cases[patient]]
        for batch, patients in plan.items()
    }


def cases_per_job(paper):
    """Most cases of a job: the configuration's bound, or a lower one of the paper."""
    return or_stop(registry.cases_per_job, paper, config["cases_per_job"])


def simulated_case(paper, folder, batch, patient):
    files = SIMULATED_FILES[paper](folder, batch, patient)
    return case_of({"patient": patient, **files}, images_of(paper))


def check_settings(wildcards):
    """Params function: what one case must satisfy, and which images it has."""
    schema = paper_schema(wildcards.paper)
    drawn = LANDMARKS_OF.get(wildcards.paper)
    recorded = SIGNALS_OF.get(wildcards.paper)
    return canonical(
        {
            **json.loads(strictness(wildcards)),
            **({"landmarks": drawn(wildcards.cohort)} if drawn else {}),
            **({"signal": recorded(wildcards.cohort)} if recorded else {}),
            "images": as_settings(schema.images),
            "in_order": [visit["image"] for visit in schema.visits],
            "tell_side": bool(schema.side),
        }
    )


def picture_settings(wildcards):
    """Params function: which images a case has, and how their voxels are shown."""
    return canonical(
        {
            "images": as_settings(images_of(wildcards.paper)),
            "modality": MODALITY_OF[wildcards.paper],
        }
    )


def example_cases(paper, cohort, most=4):
    """A few cases to look at: the first of the first batch."""
    batches = cases_by_batch(paper, cohort)
    return next(iter(batches.values()))[:most] if batches else []


def example_batch(wildcards):
    """The batch of the example cases."""
    return next(iter(cases_by_batch(wildcards.paper, wildcards.cohort)))


def example_files(wildcards):
    """Images and masks of the example cases."""
    first = example_batch(wildcards)
    if is_simulated(wildcards.cohort):
        return [f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/images/{first}"]
    files = {
        case[column]
        for case in example_cases(wildcards.paper, wildcards.cohort)
        for column in file_columns(images_of(wildcards.paper))
    }
    present = present_files(wildcards.paper, wildcards.cohort, first)
    return [file_of_user(path) for path in present if path in files]


def example_contents(wildcards):
    """Params function: path -> label of the example cases' files."""
    labels = batch_labels(
        wildcards.paper, wildcards.cohort, example_batch(wildcards)
    ).items()
    files = set(example_files(wildcards))
    return contents_text({path: label for path, label in labels if path in files})


def sheet_of(wildcards):
    """The cohort's sample sheet: the user's, or the one that the simulation writes."""
    if is_simulated(wildcards.cohort):
        return f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/sheet.csv"
    return file_of_user(cohort_entry(wildcards.cohort)["sheet"])


def batch_cases(wildcards, paper=None):
    """Params function: the cases of one batch."""
    return canonical(
        cases_by_batch(paper or wildcards.paper, wildcards.cohort)[wildcards.batch]
    )


def batch_files(wildcards):
    """Images and masks of one batch. What is not there is left to the check, which names its row."""
    if is_simulated(wildcards.cohort):
        return [
            f"cache/{wildcards.paper}/{wildcards.cohort}/simulated/images/{wildcards.batch}"
        ]
    present = present_files(wildcards.paper, wildcards.cohort, wildcards.batch)
    return [file_of_user(path) for path in present]


@cache
def present_files(paper, cohort, batch):
    """Image and mask paths of a batch that exist."""
    made = filter(may_be_input, filter(is_made, paths_of_batch(paper, cohort, batch)))
    return sorted([*made, *batch_labels(paper, cohort, batch)])


def paths_of_batch(paper, cohort, batch):
    """Image and mask paths of a batch, there or not."""
    cases = cases_by_batch(paper, cohort)[batch]
    columns = file_columns(images_of(paper))
    return {case[column] for case in cases for column in columns if case[column]}


def is_made(path):
    """Whether a file lies where runs write: Snakemake then knows from the rule that makes it whether it changed."""
    return os.path.normpath(path).split(os.sep)[0] in ("cache", "results")


def file_of_user(path):
    """Input: a file that no rule makes. Its content counts, by the rule's parameter `contents`, never its time."""
    return path if is_made(path) else ancient(path)


@cache
def content_store(folder):
    """Labels of the user's files at the time of planning; see scripts/workflow/contents.py."""
    return ContentStore(f"{folder}/contents.jsonl", workflow.is_main_process)


@cache
def batch_labels(paper, cohort, batch):
    """Path -> content label of a batch's image and mask files that are the user's and exist."""
    if is_simulated(cohort):
        return {}
    folder = f"cache/{paper}/{cohort}"
    users = (p for p in paths_of_batch(paper, cohort, batch) if not is_made(p))
    paths = [path for path in users if may_be_input(path)]
    records = read_records(f"{folder}/check/{batch}_contents.json")
    return content_store(folder).labels(paths, records)


def batch_contents(wildcards):
    """Params function: path -> label of the user's files that a batch reads."""
    return contents_text(
        batch_labels(wildcards.paper, wildcards.cohort, wildcards.batch)
    )


def contents(*files):
    """Params function: path -> label of small files; of `files`, inputs or functions of the wildcards, the user's."""

    def of(wildcards):
        paths = [file(wildcards) if callable(file) else file for file in files]
        users = [str(path) for path in paths if hasattr(path, "flags")]
        return contents_text(content_store("cache").digests(users))

    return of


def made_from(wildcards, input):
    """Params function: one text of all that a batch's features come from, the check of its cases included. Snakemake
    does not compare parameters of functions with an argument `input`: this one only says whether to wait (below).
    """
    extraction = radiomics_settings(
        wildcards.paper, wildcards.cohort, wildcards.extraction
    )
    parts = [
        canonical(extraction),
        check_settings(wildcards),
        batch_cases(wildcards),
        batch_contents(wildcards),
        code_fingerprint("scripts/cohort/check_cases.py", PROJECT),
        code_fingerprint("scripts/radiomics/extract_features.py", PROJECT),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def admission_to_wait_for(wildcards):
    """Input of a batch: the admission of its cohort, where its features are not up to date."""
    record = "cache/{paper}/{cohort}/features/{extraction}/{batch}_made_from.txt"
    return admission_before(
        wildcards, record.format(**dict(wildcards.items())), made_from
    )


def admission_before(wildcards, record, came_from):
    """The admission of the cohort, for which a batch does not wait whose `record` says that it came from the same."""
    admitted = f"cache/{wildcards.paper}/{wildcards.cohort}/admitted.json"
    try:
        with open(record, encoding="utf-8") as text:
            current = text.read() == came_from(wildcards, None)
    except OSError:
        return admitted
    if current and os.path.exists(admitted):
        return ancient(before_update(admitted))
    return admitted


def of_all_batches(pattern, **others):
    """Input function: `pattern` for every batch of the wildcards' cohort; `others` are more names in it, functions of
    the wildcards.
    """

    def of(wildcards):
        batches = cases_by_batch(wildcards.paper, wildcards.cohort)
        named = {name: function(wildcards) for name, function in others.items()}
        known = dict(wildcards.items()) | named
        return [pattern.format(batch=batch, **known) for batch in batches]

    return of
