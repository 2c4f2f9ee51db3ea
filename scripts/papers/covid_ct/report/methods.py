"""Report sections: methods generated from what ran, departures, versions and digests."""

from __future__ import annotations

from scripts.papers.covid_ct.report.run import Run
from scripts.quantification.hounsfield import window_words
from scripts.report.document import Equation, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, provenance_section

CATEGORICAL = {
    "pearson": "the chi-square test without continuity correction",
    "chi_square": "the chi-square test with continuity correction",
    "fisher": "Fisher's exact test",
    "fisher_when_sparse": "Fisher's exact test where an expected count is below five, else the chi-square test",
}


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    v = run.value
    source = {
        "drawn_or_threshold": "the mask of the sheet, and where there is none the threshold",
        "drawn": "the mask of the sheet",
        "threshold": "the threshold, masks notwithstanding",
    }[v("measurement.lesions")]
    paragraphs = [
        rich(
            "**Measurement.** CT in Hounsfield units, refused where air lies further than {air:g} HU from −1000. Lobes and segments come from "
            "the label maps of the sheet; without any, the lungs are air below {lung:g} HU inside the body, the largest piece of at least {least:g} ml and "
            "the second where it has a fifth of the largest, closed by {closing:g} mm, with the lesions of the mask, and lobes and segments are absent. Lesions are {source}; the threshold takes {low:g} to {high:g} HU "
            "inside the lungs, opened by {opening:g} mm, in pieces of at least {piece:g} ml. Volume and percentage (@percent_equation) are measured in each region "
            "and in {n_windows} windows of CT numbers: {windows}; a value on a limit belongs to the window above. Voxels are counted at the image's own "
            "spacing, without resampling.",
            air=v("measurement.air_tolerance_hu"),
            lung=v("measurement.lung_mask.air_below_hu"),
            least=v("measurement.lung_mask.smallest_ml"),
            closing=v("measurement.lung_mask.closing_mm"),
            source=source,
            low=v("measurement.threshold.from_hu"),
            high=v("measurement.threshold.below_hu"),
            opening=v("measurement.threshold.opening_mm"),
            piece=v("measurement.threshold.smallest_ml"),
            n_windows=len(v("measurement.edges_hu")) + 1,
            windows="; ".join(window_words(v("measurement.edges_hu"))),
        ),
        rich(
            "**Differences.** Yes-or-no values by {categorical}; numbers by Student's *t* where Shapiro and Wilk's test at {normal:g} passes both "
            "groups, else by the Mann-Whitney test; two-sided, level {alpha:g}. Effects: difference of proportions (Newcombe), odds ratio "
            "(conditional, exact), probability of superiority (DeLong), Hodges and Lehmann's shift, Hedges' *g*. *P* values are corrected by "
            "Holm, and turned into *q* by Benjamini and Hochberg, within each family of comparisons.",
            categorical=CATEGORICAL[v("tests.categorical")],
            normal=v("tests.normality_alpha"),
            alpha=v("tests.alpha"),
        ),
        rich(
            "**Likeness.** Two one-sided tests at level {alpha:g} each: proportions against ±{margin:.0f} percentage points by score tests, numbers against a "
            "probability of superiority of 0.5 ± {superiority:g}, or, after a t-test, means against ±{sd:g} pooled SD. The margins are this report's: "
            "the paper names 20% for its power and tests no likeness. A comparison is called different, alike, both, or open, each by its "
            "uncorrected *P* values. Superiority says who has more, not by how much: ranks may be alike where a few large lesions set the means apart.",
            alpha=v("tests.alpha"),
            margin=100 * v("equivalence.margin_proportion"),
            superiority=v("equivalence.margin_superiority"),
            sd=v("equivalence.margin_sd"),
        ),
        rich(
            "**All values together.** Ridge logistic regression of {k} values (findings 0 or 1; ln(1 + ml) of lobes and windows), scaled by the training "
            "cases; the penalty is chosen by {inner} inner folds. Area under the curve in {outer} outer folds, {repeats} times, with Nadeau and "
            "Bengio's interval; {shuffles} runs with shuffled groups, tuning included.",
            k=len(run.model["features"]),
            inner=v("combined.inner_folds"),
            outer=min(v("combined.outer_folds"), run.n("covid"), run.n("other")),
            repeats=v("combined.repeats"),
            shuffles=v("combined.n_permutations"),
        ),
    ]
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** Chests, lesions, findings and clinical values were drawn with seed {seed}; the sizes named as reduced in @parameters "
                "are smaller than for a user's cohort, the method is the same.",
                seed=run.seed,
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "percent_equation",
                '"percentage" = 100 thin v_"lesion in region" \\/ v_"region"',
                "percentage of infection: 100 times the volume of lesion in a region over the volume of the region",
            ),
        ),
    )


def departures(run: Run) -> Section:
    """Where the run departs from the paper."""
    drawn, n = run.drawn(), len(run.tables["how"])
    further = (
        "The paper's lesions, lobes and segments come from a commercial trained system (uAI), which cannot be run here: the sheet's masks and "
        f"maps stand in ({drawn} of {n} patients have a lesion mask), thresholds where there are none.",
        "The paper's radiologists read the images; here their findings are columns of the sheet.",
    )
    return departures_section(run.parameters, further)


def provenance(run: Run) -> Section:
    """Versions, digests of the inputs and fingerprints of the code."""
    digests = [
        ("sample sheet (SHA-256)", run.sheet_digest),
        ("training table of the combined score (SHA-256)", str(run.model["created_from"]["training_digest"])),
    ]
    return provenance_section("covid_ct", digests, run.seed, run.records)
