"""Report sections: the classes by CE, the clusters and the normal region, both criteria beside each other, other clusterings."""

from __future__ import annotations

from scripts.papers.hip_dysplasia.compare_clusterings import METHODS
from scripts.papers.hip_dysplasia.evaluate_criterion import IN_SAMPLE, LEFT_OUT
from scripts.papers.hip_dysplasia.names import (
    ANGLE_LABELS,
    ANGLES,
    KNOWLEDGE,
    KNOWLEDGE_LABELS,
    VERDICT_LABELS,
    VERDICTS,
)
from scripts.papers.hip_dysplasia.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import MISSING, number_text

MEASURE_LABELS = {
    "outside": "Outside the ellipsoid, of all hips",
    "dysplasia": "Outside on the side of dysplasia, of all hips",
    "abnormal_outside": "Outside, of hips with dysplasia by CE",
    "borderline_outside": "Outside, of borderline hips by CE",
    "normal_inside": "Inside, of normal hips by CE",
    "outside_not_abnormal": "No dysplasia by CE, of hips outside",
    "same_call": "Both criteria agree (outside; dysplasia by CE)",
    "kappa": "The same, Cohen's kappa",
    "plane_outside": "Beyond the plane, of all hips",
    "plane_same_call": "Plane and CE agree",
    "plane_kappa": "The same, Cohen's kappa",
    "abnormal_tonnis_high": "High Tönnis angle, of hips with dysplasia by CE",
}
WITHOUT_CROSS_VALIDATION = ("abnormal_tonnis_high",)


def knowledge(run: Run) -> Section:
    """Figure 5 A-D."""
    verdicts = run.tables["verdicts"]
    counts = {name: int((verdicts["knowledge"] == name).sum()) for name in KNOWLEDGE}
    hand = int((verdicts["class_from"] == "by hand").sum())
    return Section(
        "Classes by the CE angle",
        (
            Paragraph(
                rich(
                    "By the knowledge-driven criterion {n} hips are normal, {b} borderline and {a} dysplastic (@knowledge). {whose} "
                    "the class.",
                    n=counts["normal"],
                    b=counts["borderline"],
                    a=counts["abnormal"],
                    whose="The CE angle measured by hand gives"
                    if hand == len(verdicts)
                    else "The CE angle measured on the contours gives"
                    if not hand
                    else f"The CE angle measured by hand gives ({hand} hips), or else the one measured on the contours,",
                )
            ),
            Figure(
                "knowledge",
                "Hips by the CE angle (the paper's Figure 5A–D): in space, and in pairs of angles. Broken lines: the limits on CE. Where the class "
                "goes by angles measured by hand, hips near a limit may stand on its other side.",
                (Panel("knowledge_cloud.svg", "A"), Panel("knowledge_pairs.svg", "B–D")),
            ),
        ),
    )


def region(run: Run) -> Section:
    """Clusters, the normal region, Figure 5 E-H."""
    facts, own = run.tables["clustering"].iloc[0], run.region
    deviations = own.covariance.diagonal() ** 0.5
    rows = []
    for i, angle in enumerate(ANGLES):
        correlations = [
            number_text(own.covariance[i, j] / (deviations[i] * deviations[j])) if j < i else ""
            for j in range(len(ANGLES))
        ]
        rows.append(
            Row(
                (
                    ANGLE_LABELS[angle],
                    number_text(own.mean[i], 1),
                    number_text(deviations[i], 1),
                    *correlations,
                )
            )
        )
    half, vectors = own.axes()
    axis = vectors[:, 0] * (-1 if vectors[0, 0] > 0 else 1)
    verdicts = run.tables["verdicts"]
    counts = {name: int((verdicts["verdict"] == name).sum()) for name in VERDICTS}
    return Section(
        "Density clusters and the normal region",
        (
            Paragraph(
                rich(
                    "Visited in descending order of their density, the hips form {k} clusters with a reach of {reach}° (@decision); the one with the highest "
                    "peak has {n} of {all} hips. Its normal distribution (equation 4, @region) is the criterion: {level:g}% of normal hips lie in the "
                    "ellipsoid of @criterion. {inside} hips lie inside, {dysplasia} outside with a small CE and high Sharp and Tönnis angles, {atypical} "
                    "outside elsewhere, which the paper leaves to further examination.",
                    k=int(facts["n_clusters"]),
                    reach=number_text(facts["reach"], 1),
                    n=int(facts["n_normal"]),
                    all=int(facts["n_samples"]),
                    level=100 * run.model["level"],
                    **{
                        "inside": counts["normal"],
                        "dysplasia": counts["dysplasia"],
                        "atypical": counts["atypical"],
                    },
                )
            ),
            Figure(
                "decision",
                "Decision graph of the clustering: density of each hip, and its distance to the nearest denser one (the densest hip is left out). Broken line: "
                "the reach, beyond which a hip begins a cluster of its own.",
                (Panel("decision_graph.svg"),),
            ),
            Table(
                "region",
                "The normal region: mean and SD of each angle, correlations.",
                (
                    Column("Angle"),
                    Column("Mean, °", "right"),
                    Column("SD, °", "right"),
                    *(Column(ANGLE_LABELS[a], "right", "Correlation with") for a in ANGLES),
                ),
                tuple(rows),
                notes=(
                    f"Half axes at one Mahalanobis unit: {', '.join(number_text(h, 1) for h in half)}°. The long axis, towards dysplasia: "
                    + ", ".join(
                        f"{ANGLE_LABELS[a]} {number_text(v)}" for a, v in zip(ANGLES, axis, strict=True)
                    )
                    + ".",
                ),
                floating=True,
            ),
            Figure(
                "criterion",
                "Hips by the data-driven criterion (the paper's Figure 5E–H): the ellipsoid of the normal region, and its shadows on pairs of angles.",
                (Panel("criterion_cloud.svg", "A"), Panel("criterion_pairs.svg", "B–D")),
            ),
        ),
    )


def both(run: Run) -> Section:
    """The two criteria beside each other."""
    crossed = run.tables["cross_table"]
    rows = []
    for name in KNOWLEDGE:
        cells = []
        for judged in (IN_SAMPLE, LEFT_OUT):
            part = crossed[(crossed["judged"] == judged) & (crossed["knowledge"] == name)].set_index(
                "verdict"
            )["n"]
            cells += [str(int(part[verdict])) for verdict in VERDICTS]
        rows.append(Row((KNOWLEDGE_LABELS[name].capitalize(), *cells)))
    groups = ("Criterion of all hips", "Criterion without the patient")
    heads = ("inside", "dysplasia", "elsewhere")
    measures = []
    for name, label in MEASURE_LABELS.items():
        row = run.agreement(IN_SAMPLE, name)
        counts = "" if "kappa" in name else f"{int(row['yes'])} of {int(row['n'])}"
        left_out = MISSING if name in WITHOUT_CROSS_VALIDATION else run.share_words(LEFT_OUT, name)
        measures.append(Row((label, counts, run.share_words(IN_SAMPLE, name), left_out)))
    return Section(
        "Both criteria beside each other",
        (
            Paragraph(
                rich(
                    "Neither criterion is the truth about a hip: agreement says how often they call the same hips (@crossed, @both). The paper concludes that the "
                    "data-driven criterion is more suitable because it fits the distribution of the samples; that it fits them follows from its being fitted "
                    "to them, and no outcome of a patient stands behind either. Every hip was also judged by a criterion that its patient had no part in "
                    "({folds} folds of patients).",
                    folds=run.value("evaluation.n_folds"),
                )
            ),
            Table(
                "crossed",
                "Class by CE against the verdict, hips.",
                (Column("By the CE angle"), *(Column(h, "right", g) for g in groups for h in heads)),
                tuple(rows),
                notes=(
                    "; ".join(f"{h}: {VERDICT_LABELS[v]}" for h, v in zip(heads, VERDICTS, strict=True))
                    + ".",
                ),
                floating=True,
            ),
            Table(
                "both",
                "The two criteria, with 95% CI over patients.",
                (Column(""), Column("Hips", "center"), *(Column(g, "center") for g in groups)),
                tuple(measures),
                notes=(
                    "The plane across the long axis of the ellipsoid, of which the Results speak, leaves the same share of normal hips on its inner side as "
                    "the ellipsoid holds. Intervals: BCa from resampled patients, each with both hips; exact where all are alike; percentiles of kappa.",
                ),
            ),
        ),
    )


def clusterings(run: Run) -> Section:
    """Other clusterings of the same hips."""
    table, rows = run.tables["clusterings"], []
    truth = run.simulated and table["normal_inside"].notna().any()
    for r in table.to_dict("records"):
        if r["cause"]:
            rows.append(Row((METHODS[r["method"]], *([MISSING] * (7 if truth else 5)))))
            continue
        cells = [
            str(int(r["n_clusters"])) if r["n_clusters"] else MISSING,
            str(int(r["n_normal"])),
            number_text(r["adjusted_rand"]),
            number_text(r["abnormal_outside"]),
            number_text(r["others_inside"]),
        ]
        if truth:
            cells += [number_text(r["normal_inside"]), number_text(r["unusual_outside"])]
        rows.append(Row((METHODS[r["method"]], *cells)))
    columns = [
        Column("Normal hips by"),
        Column("Clusters", "right"),
        Column("Normal", "right"),
        Column("Adjusted Rand", "right"),
    ]
    columns += [
        Column("dysplasia outside", "right", "By CE, share"),
        Column("others inside", "right", "By CE, share"),
    ]
    if truth:
        columns += [
            Column("normal inside", "right", "Planted, share"),
            Column("others outside", "right", "Planted, share"),
        ]
    causes = [f"{METHODS[r['method']]}: {r['cause']}" for r in table.to_dict("records") if r["cause"]]
    return Section(
        "Other clusterings",
        (
            Paragraph(
                rich(
                    "@clusterings takes the hips taken for normal from other clusterings (scikit-learn) and goes on in the same way: a normal distribution of the "
                    "cluster that holds the densest hip, and the same level. Adjusted Rand: agreement with the paper's clusters."
                )
            ),
            Table(
                "clusterings",
                "The criterion by other clusterings of the same hips.",
                tuple(columns),
                tuple(rows),
                notes=tuple(causes),
            ),
        ),
    )
