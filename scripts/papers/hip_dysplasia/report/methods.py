"""Report sections: methods generated from what ran, departures, versions and digests."""

from __future__ import annotations

from scripts.model.gaussian_bundle import region_of
from scripts.papers.hip_dysplasia.report.run import Run
from scripts.report.document import Equation, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, provenance_section
from scripts.report.standard_tables import value_text
from scripts.report.wording import number_text

FRAMES = {
    "pelvis": "along the line between the least-squares centres of both heads, so that a turned film gives the same angles",
    "film": "along rows and columns of the film",
}
CENTRES = {
    "three_point": "the circle through d, e and f",
    "least_squares": "the least-squares circle of the whole contour",
}
SIGNS = {
    "signed": "with their signs, which the arc cosines of the paper leave out",
    "as_printed": "as the arc cosines of the paper give them, without a sign",
}


def methods(run: Run) -> Section:
    """What was done, in sentences that follow the parameters of this run."""
    v = run.value
    created = run.model["created_from"]
    paragraphs = [
        rich(
            "**Contours.** Acetabulum, femoral head, upper side of the thigh-bone and the lower edge of the weight-bearing area were read from what "
            "people drew on the films (LabelMe, COCO, CVAT, 3D Slicer, QuPath) into one table of points; sides are the patient's."
        ),
        rich(
            "**Points.** Up and out are taken {frame}. b is the most lateral point of the acetabulum's contour and g its lowest one (or points of their own, "
            "where they were drawn), w the lower edge of the weight-bearing area. d and e are the uppermost and outermost points of the head's "
            "contour, f is where the line e-g crosses it; a is the centre of {centre}.",
            frame=FRAMES[v("measurement.frame")],
            centre=CENTRES[v("measurement.centre")],
        ),
        rich(
            "**Angles.** CE (@ce_equation) between a-b and the perpendicular to the line of both centres, Sharp between g-b and the line of both lower "
            "edges, Tönnis between w-b and that line, {signs}. CCD between the axis of the neck (through the middles of its cuts by circles of {radii} radii "
            "of the head) and that of the shaft; it is no part of the criterion.",
            signs=SIGNS[v("measurement.signs")],
            radii=value_text(v("measurement.neck_radii")),
        ),
        rich(
            "**Classes by CE.** Dysplasia below {low:g}°, normal above {high:g}°, borderline between (both included).",
            low=v("knowledge.dysplasia_below"),
            high=v("knowledge.normal_above"),
        ),
        rich(
            "**Clusters.** The cited clustering is read as follows. The density of a hip is $rho_i = sum_(j != i) exp(-(d_(i j) / d_c)^2)$ with the distance "
            "$d_(i j)$ of two hips in degrees and $d_c$ the {share:g} quantile of all distances. From the densest hip on, each joins the cluster of "
            "its nearest denser one, unless that is farther than the reach: then it is a peak and begins a cluster. The reach is the median of these "
            "distances plus {factor:g} robust SDs (1.4826 times the median absolute deviation).",
            share=v("clustering.neighbour_share"),
            factor=v("clustering.reach_factor"),
        ),
        rich(
            "**Criterion.** The normal distribution (@density_equation) of the cluster with the highest peak, {n} hips here. The probability of a hip is the share "
            "of normal hips at least as far from the mean (chi-square of the squared Mahalanobis distance, 3 degrees of freedom); it is outside below "
            "{below}. As mean and covariance are those of {n} hips, about {new:.0f}% of further normal hips are inside (Hotelling). Outside, a hip counts as dysplastic where CE is smaller and Sharp and Tönnis are larger than the means, else as one to be examined "
            "(the paper's Discussion).",
            n=created["n_normal"],
            below=number_text(1 - run.model["level"]),
            new=100 * region_of(run.model).share_of_new(run.model["level"]),
        ),
        rich(
            '**Readers.** The SD of one reading is $sqrt("mean"(Delta^2) / 2)$ of the differences $Delta$ of two; that of the points is carried into the angles by their '
            "derivatives, with the correlations that come of the edge being in all three. The chance of another verdict is the share of 2,000 readings with such errors that fall on the other side of the "
            "ellipsoid."
        ),
        rich(
            "**Evaluation.** Intervals resample patients with both hips ({n} times). For the criterion without the patient, patients were dealt into {folds} "
            "folds, and clusters and normal distribution made anew without each fold.",
            n=v("evaluation.n_bootstrap"),
            folds=v("evaluation.n_folds"),
        ),
    ]
    if run.simulated:
        paragraphs.append(
            rich(
                "**Simulation.** Angles were drawn for both hips of each patient with seed {seed}, contours built whose definitions give exactly these angles, films "
                "rendered, and drawings of one or two readers with errors of their hands written in the formats of five tools.",
                seed=run.seed,
            )
        )
    return Section(
        "Methods",
        (
            *map(Paragraph, paragraphs),
            Equation(
                "ce_equation",
                'theta_"CE" = plus.minus arccos ( (arrow(a c) dot arrow(a b)) / (abs(arrow(a c)) abs(arrow(a b))) )',
                "The CE angle, equation 1 with its sign",
            ),
            Equation(
                "density_equation",
                "p(x) = 1 / ((2 pi)^(3 \\/ 2) abs(Sigma)^(1 \\/ 2)) e^(-1/2 (x - mu)^T Sigma^(-1) (x - mu))",
                "Three-dimensional normal distribution, equation 4",
            ),
        ),
    )


def departures(run: Run) -> Section:
    """Where the run departs from the paper."""
    return departures_section(
        run.parameters, ["The paper's own program was not used, nor its films: neither came with the text."]
    )


def provenance(run: Run) -> Section:
    """Versions, digests of the inputs and fingerprints of the code."""
    measured = ("measured hips (SHA-256)", run.model["created_from"]["training_digest"] or "–")
    return provenance_section("hip_dysplasia", [*run.digests, measured], run.seed, run.records)
