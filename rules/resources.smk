# Functions only: memory and time of a job from measured costs and the size of its images; what a run will take.
def memory(paper=None):
    """Resources function: `mem_mb` of a job, from what its rule was measured to take and the images of its batch."""

    def of(wildcards, attempt, threads, rulename):
        named = paper or getattr(wildcards, "paper", "")
        return stated_memory(
            rulename, amounts(rulename, named, wildcards, threads), attempt
        )

    return of


def runtime(paper=None):
    """Resources function: `runtime` of a job in minutes, as `memory`."""

    def of(wildcards, attempt, threads, rulename):
        named = paper or getattr(wildcards, "paper", "")
        return stated_runtime(
            rulename, amounts(rulename, named, wildcards, threads), attempt
        )

    return of


def amounts(rulename, paper, wildcards, threads):
    """What the cost of a job depends on: the cases of its batch (of a wildcard `visit`, that image alone), its cohort, the
    paper's parameters, the network that it trains."""
    named = dict(wildcards.items())
    if not paper:
        return image_amounts([], threads) | training_amounts("", named)
    cohort = named.get("cohort", COHORT_OF[paper])
    batch = named.get("batch", "examples" if rulename == "picture_cases" else "")
    return (
        cohort_amounts(paper, cohort)
        | batch_amounts(paper, cohort, batch, threads, named.get("visit", ""))
        | extraction_amounts(
            paper, cohort, batch, threads, named.get("extraction", "config")
        )
        | training_amounts(paper, named)
    )


@cache
def cohort_amounts(paper, cohort):
    """Number of patients, and every parameter that is a number."""
    values = {
        name: parameter.value for name, parameter in parameters(paper, cohort).items()
    }
    patients = sum(map(len, cases_by_batch(paper, cohort).values()))
    return parameter_amounts(values) | {"patients": patients}


@cache
def batch_amounts(paper, cohort, batch, threads, visit=""):
    """Number and size of the images of a batch, of the examples, or of no batch; of one image of each case (`visit`)."""
    if not batch:
        return image_amounts([], threads)
    cases = (
        example_cases(paper, cohort)
        if batch == "examples"
        else cases_by_batch(paper, cohort).get(batch, [])
    )
    columns = [image.column for image in images_of(paper)]
    if visit in columns:
        columns = [visit]
    if is_simulated(cohort):
        sizes = [SIMULATED_SIZE[paper]] * len(cases) * len(columns)
    else:
        sizes = [image_size(case[column]) for case in cases for column in columns]
    return image_amounts(sizes, threads, len(cases))


@cache
def extraction_amounts(paper, cohort, batch, threads, extraction):
    """Resampling and normalising work on the whole image in double precision."""
    whole = False
    if batch and any(
        name.startswith("radiomics.") for name in parameters(paper, cohort)
    ):
        values = radiomics_settings(paper, cohort, extraction)
        whole = bool(values.get("resampled_spacing_mm") or values.get("normalize"))
    largest = batch_amounts(paper, cohort, batch, threads)["largest_megavoxels"]
    return {"largest_resampled_megavoxels": largest if whole else 0.0}


def forecast_of(jobs):
    """What the planned jobs will take, in words."""
    settings = workflow.resource_settings
    patterns = {
        known.name: str(known.benchmark) for known in workflow.rules if known.benchmark
    }
    return forecast.tell(jobs, amounts, patterns, settings.cores or settings.nodes or 1)


def expected_seconds(rulename, paper, wildcards):
    """Seconds that a job took where costs were measured."""
    known = amounts(rulename, paper, wildcards, config["threads_per_job"])
    return cost(rulename, "cpu_s", known) / known["processes"]


console.attach(workflow, expected_seconds)
foretell.attach(workflow, forecast_of)
