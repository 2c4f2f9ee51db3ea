"""Report sections: methods generated from what ran, versions and digests."""

from __future__ import annotations

from scripts.papers.crc_nomogram.report.run import Run
from scripts.report.document import Equation, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_tables import digest_table, value_text


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    v = run.value
    versions = run.records[0]["versions"]
    spacing = v("radiomics.resampled_spacing_mm")
    scaling = {
        "training": "by the mean and SD of the primary cohort, for every patient",
        "each_cohort": "by the mean and SD of each cohort, as in the paper (validation patients then set their own scale)",
    }[v("signature.scaling")]
    signal = {
        "mean_absolute_raw": "mean absolute value before scaling",
        "mean_absolute_z": "mean absolute z-score",
    }[v("signature.signal")]
    rule = {"min": "lambda.min", "1se": "lambda.1se"}[v("signature.lambda_rule")]
    estimator = {"NNE": "nearest-neighbour", "KM": "Kaplan-Meier"}
    stage = {
        "ordinal": "one ordinal covariate (I to IV)",
        "categorical": "indicators of II, III and IV against I",
    }[v("nomogram.tnm_stage")]
    score = {"continuous": "the continuous rad-score", "group": "the risk group"}[v("nomogram.rad_score")]
    horizons = " and ".join(f"{m:g}" for m in run.horizons())
    paragraphs = [
        rich(
            "**Images.** 107 radiomic features (shape, first order, GLCM, GLRLM, GLSZM, GLDM, NGTDM) of the tumour mask were extracted "
            "with pyradiomics {pyradiomics} from the original image, bin width {bin:g} HU, {spacing}.",
            pyradiomics=versions["pyradiomics-bhklab"],
            bin=v("radiomics.bin_width"),
            spacing="without resampling"
            if spacing is None
            else f"resampled to {value_text(spacing)} mm ({v('radiomics.interpolator')})",
        ),
        rich(
            "**Rad-score.** The {keep:g}% of the features with the highest signal ({signal}, over the primary cohort) were "
            "kept and z-scored {scaling}. LASSO-Cox regression (@lasso_equation; Breslow ties) with {folds}-fold cross-validation of the "
            "penalty by partial-likelihood deviance was taken at {rule}. The cut-off maximises sensitivity + specificity of the "
            "time-dependent ROC curve (Heagerty 2000, {estimator} estimator) at {months:g} months. Everything was fitted on patients of the "
            "primary cohort with follow-up, and on nobody else.",
            keep=100 * v("signature.keep_fraction"),
            signal=signal,
            scaling=scaling,
            folds=v("signature.n_folds"),
            rule=rule,
            estimator=estimator[v("signature.cutoff.method")],
            months=v("signature.cutoff.months"),
        ),
        rich(
            "**Nomogram.** A Cox model (Efron ties) of {score} and TNM stage ({stage}), drawn as rms draws it: the covariate "
            "with the largest effect over its range spans 100 points. Disease-free survival is predicted at {horizons} months from the "
            "model's baseline survival. Calibration compares predictions with Kaplan-Meier estimates in {groups} groups; in the "
            "primary cohort it is corrected for optimism with {bootstrap} bootstrap samples.",
            score=score,
            stage=stage,
            horizons=horizons,
            groups=v("evaluation.calibration_groups"),
            bootstrap=v("evaluation.n_bootstrap"),
        ),
        rich(
            "**Statistics.** Kaplan-Meier curves with 95% CI on the log scale, log-rank tests, Cox models with Wald intervals. Harrell's C-index "
            "with infinitesimal-jackknife intervals; Uno's C and cumulative/dynamic AUC with inverse-probability-of-censoring weights; "
            "ROC curves of @roc by the {estimator} estimator, with bootstrap intervals and tests ({bootstrap} samples). Two-sided "
            "*P* < {alpha:g} is called significant; P values are not corrected for many tests unless a table says so.",
            estimator=estimator[v("evaluation.roc_method")],
            bootstrap=v("evaluation.n_bootstrap"),
            alpha=v("tables.alpha"),
        ),
    ]
    if run.has("hallmark_correlation"):
        paragraphs.append(
            rich(
                "**Hallmarks.** Functional spectra after DeepCC: expression centred by gene over the cohort, genes ranked in each patient, "
                "a running-sum enrichment score with exponent {exponent:g} for each gene set; Pearson correlation with the features of the rad-score.",
                exponent=v("hallmarks.exponent"),
            )
        )
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** CT volumes, masks, clinical values, outcomes and expression were drawn with seed {seed}; the sizes named as reduced in "
                "@parameters are smaller than for a user's cohort, the method is the same.",
                seed=run.seed,
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "lasso_equation",
                'hat(beta) = op("arg max")_beta [ 1/n sum_(i: delta_i = 1) ( x_i^T beta - log sum_(j: t_j >= t_i) e^(x_j^T beta) ) '
                "- lambda sum_k abs(beta_k) ]",
                "LASSO-penalised Cox partial likelihood",
            ),
        ),
    )


def provenance(run: Run) -> Section:
    """Versions, digests of the inputs and fingerprints of the code."""
    record = run.records[0]
    versions = [
        (name, version) for name, version in sorted(record["versions"].items(), key=lambda i: i[0].lower())
    ]
    steps = [(r["step"].removesuffix("_crc_nomogram").replace("_", " "), r["code"]) for r in run.records]
    digests = [
        ("sample sheet (SHA-256)", run.sheet_digest),
        ("training table (SHA-256)", run.model["created_from"]["training_digest"] or "–"),
        ("seed", str(run.seed)),
    ]
    return Section(
        "Versions and digests",
        (
            digest_table("digests", "Inputs.", digests),
            digest_table("code", "Fingerprint of each step's code.", steps, ("Step", "Fingerprint")),
            digest_table("versions", "Software.", versions, ("Package", "Version")),
        ),
    )
