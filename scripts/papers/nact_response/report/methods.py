"""Report sections: methods generated from what ran, versions and digests."""

from __future__ import annotations

from scripts.papers.nact_response.report.feature_tables import TEST_WORDS
from scripts.papers.nact_response.report.prediction import added_words
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Equation, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_sections import provenance_section
from scripts.report.standard_tables import value_text

PROPORTIONS = {"wilson": "Wilson's interval", "clopper_pearson": "Clopper and Pearson's interval"}
INTENSITY = {
    "none": "left in the scanner's unit",
    "z_score": "z-scored by mean and SD of the {region}",
    "percentile": "scaled between two percentiles of the {region}",
    "histogram": "matched to a standard histogram of the {region}",
}


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    v = run.value
    versions = run.records[0]["versions"]
    paragraphs = [_images(run), _registration(run), _features(run, versions)]
    paragraphs.append(
        rich(
            "**Prediction.** Support vector machine with a Gaussian kernel on features scaled by the mean and SD of the training patients. "
            "SVM-RFE ({kernel} kernel) ranks the features, dropping {step}; they are added {added}, up to {most}, and C and gamma are searched "
            "on a grid at each number by {folds}-fold cross-validation of the development set, which ranks anew in every fold. Number, C and "
            "gamma with the largest cross-validated AUC are fitted on the whole development set (@svm_equation). The cut-off has the largest sum of "
            "sensitivity and specificity (Youden) in the held-out scores of the development set. Six models: each image, the relative changes, "
            "all of them (fusion), and fusion with the molecular subtype. The testing set is scored once.",
            kernel=str(v("svm.ranking_kernel")).replace("gaussian", "Gaussian"),
            most=v("svm.max_features"),
            step=dropped_words(v("svm.step")),
            added=added_words(v("svm.inclusion_step")),
            folds=v("svm.n_folds"),
        )
    )
    paragraphs.append(
        rich(
            "**Statistics.** Responders have a Miller-Payne grade of 4 or 5. Luminal A: ER or PR positive, HER2 negative, Ki-67 up to "
            "{ki67:g}%; luminal B: ER or PR positive and HER2 positive or Ki-67 above; HER2-enriched and basal-like: ER and PR negative, HER2 "
            "positive or negative. {groups} between groups, {visits} between visits, two-sided, with Benjamini-Hochberg's q beside P. AUC "
            "with DeLong's interval and tests; {proportions} for proportions.",
            proportions=PROPORTIONS[v("evaluation.interval")],
            ki67=v("outcome.ki67_threshold"),
            groups=TEST_WORDS[v("feature_tests.groups")],
            visits=TEST_WORDS[v("feature_tests.visits")],
        )
    )
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** DCE series of both visits, masks, clinical values and responses were drawn with seed {seed}; the sizes named as "
                "reduced in @parameters are smaller than for a user's cohort, the method is the same.",
                seed=run.seed,
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "jacobian_equation",
                'J(x) = det (partial phi \\/ partial x) = v_"follow-up" / v_"baseline"',
                "Jacobian: volume at follow-up over volume at baseline",
            ),
            Equation(
                "delta_equation",
                'f^i_Delta = (f^i_"baseline" - f^i_"follow-up") / f^i_"baseline"',
                "relative net change of a feature",
            ),
            Equation(
                "svm_equation",
                "s(x) = sum_i alpha_i y_i exp(- gamma norm(x - x_i)^2) + b",
                "score of the support vector machine",
            ),
        ),
    )


def dropped_words(step: float) -> str:
    """How SVM-RFE drops features: 'one at a time', '5 at a time', '10% of those left at a time'."""
    if step < 1:
        return f"{step:.0%} of those left at a time"
    return "one at a time" if step == 1 else f"{step:g} at a time"


def _images(run: Run) -> list:
    v = run.value
    phase = {
        "third_postcontrast": "the third postcontrast phase",
        "highest_enhancement": "the phase of the highest enhancement",
    }.get(v("phases.chosen"), f"postcontrast phase {v('phases.chosen')}")
    field = (
        "N4 bias fields were estimated on the precontrast image of each visit and divided out of all its phases"
        if v("bias_field.enabled")
        else "Bias fields were left in the images"
    )
    source = {
        "given_or_fuzzy": "the given mask, and where there is none that of spatial fuzzy C-means",
        "fuzzy": "spatial fuzzy C-means on the enhancement",
    }[v("segmentation.source")]
    spacing = v("resampling.spacing_mm")
    return rich(
        "**Images.** {field}. Images were {resampled}, and their intensities {intensity}. The enhancement is {phase} minus the precontrast "
        "image; the tumour is {source}.",
        field=field,
        resampled="left at their spacing" if spacing is None else f"resampled to {value_text(spacing)} mm ({v('resampling.interpolator')})",
        intensity=INTENSITY[v("intensity.method")].format(
            region={"whole": "whole image", "body": "body"}[v("intensity.region")]
        ),
        phase=phase,
        source=source,
    )  # fmt: skip


def _registration(run: Run) -> list:
    v = run.value
    return rich(
        "**Registration.** The follow-up is registered to the baseline, rigidly and then by the flow of a smooth velocity on a lattice of "
        "{spacing:g} mm, which maximises local correlation; it is invertible, and where a voxel still folds the velocity is smoothed until "
        "none does. {weight} The Jacobian of the map (@jacobian_equation) is volume "
        "after over volume before, in the space of the baseline.",
        spacing=v("registration.control_spacing_mm"),
        weight="Voxels of the tumour count as any other."
        if v("registration.tumour_weight") == 1
        else f"A voxel of the tumour counts {v('registration.tumour_weight'):g} times one outside it.",
    )


def _features(run: Run, versions: dict[str, str]) -> list:
    v = run.value
    zero = {"missing": "is missing"}.get(
        v("delta.zero_denominator"), f"is {value_text(v('delta.zero_denominator'))}"
    )
    return rich(
        "**Features.** 102 features (14 shape, 18 first order, 24 GLCM, 16 GLRLM, 16 GLSZM, 14 GLDM) by pyradiomics {version} of the "
        "enhancement at baseline and follow-up, each in its own mask ({bins} grey levels), and of the Jacobian map in the baseline mask (bin width {width:g}), "
        "whose shape features are therefore those of the baseline. DeltaRAD is the relative net change (@delta_equation); where the baseline value "
        "is 0 it {zero}.",
        version=versions.get("pyradiomics-bhklab", "(version unknown)"),
        bins=v("radiomics.bin_count"),
        width=v("jacobian_radiomics.bin_width"),
        zero=zero,
    )


def provenance(run: Run) -> Section:
    """Versions, digests of the inputs and fingerprints of the code."""
    digests = [
        ("sample sheet (SHA-256)", run.sheet_digest),
        ("training table (SHA-256)", run.training_digest()),
    ]
    return provenance_section("nact_response", digests, run.seed, run.records)
