"""Report sections: changes by voxel (Figures 3, 4) and by feature (Figures 5, 6, S1), with every test behind them."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nact_response.cohorts import (
    AUTOCORRELATION,
    COHORT_LABELS,
    COHORTS,
    IMAGE_LABELS,
    SHOWN,
    in_sentence,
)
from scripts.papers.nact_response.report.feature_tables import LEVEL, all_tests, named_tests, value_words
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Figure, Panel, Paragraph, Section
from scripts.report.rich_text import rich
from scripts.report.wording import number_text, p_text

SIGNS = {-1: "lower", 1: "higher"}


def p_words(value: float) -> str:
    """'= 0.03', '< 0.001', or 'not testable'."""
    text = p_text(value)
    if text[0] in "<>":
        return f"{text[0]} {text[1:]}"
    return f"= {text}" if value == value else "not testable"


def _sentence(run: Run, key: str) -> list:
    image, feature, _ = SHOWN[key]
    row = run.test(image, feature)
    return rich(
        "median {r} in responders and {n} in non-responders (*P* {p})",
        r=value_words(row["median_responders"]),
        n=value_words(row["median_nonresponders"]),
        p=p_words(row["p_value"]),
    )


def difference(row: pd.Series) -> int:
    """1 where responders have higher values at P < 0.05, -1 where they have lower ones, 0 where neither is shown."""
    if not row["p_value"] < LEVEL or row["auc"] == 0.5:
        return 0
    return 1 if row["auc"] > 0.5 else -1


def against_paper(found: int, printed: int) -> str:
    """What a run found of a difference (see `difference`) that the paper prints as -1, 0 or 1."""
    if found == printed:
        return "shows none either" if found == 0 else f"is {SIGNS[found]} in responders as well"
    return f"shows no difference at *P* < {LEVEL}" if found == 0 else f"is {SIGNS[found]} in responders"


def visit_change(row: pd.Series) -> str:
    """'rose', 'fell' or 'did not change significantly' between the visits; 'could not be tested'."""
    if row["p_value"] != row["p_value"]:
        return "could not be tested"
    if row["p_value"] >= LEVEL:
        return "did not change significantly"
    return "rose" if row["median_follow_up"] > row["median_baseline"] else "fell"


def voxelwise(run: Run) -> Section:
    """Figures 3 and 4."""
    return Section(
        "Voxelwise changes: the Jacobian map",
        (
            Paragraph(
                [
                    *rich(
                        "The Jacobian map holds, for each voxel of the baseline tumour, its volume at follow-up over its volume at "
                        "baseline: 1 is kept, below 1 shrunk. Mean over the tumour (@jacobian): "
                    ),
                    *_sentence(run, "jacobian_mean"),
                    *rich("; its texture feature LDHGLE: "),
                    *_sentence(run, "jacobian_ldhgle"),
                    *rich(
                        ". The paper reports lower values of both in responders, *P* = 4.9 × 10^−5^ and 2.45 × 10^−4^; here the mean "
                        f"{against_paper(difference(run.test(*SHOWN['jacobian_mean'][:2])), -1)} and LDHGLE "
                        f"{against_paper(difference(run.test(*SHOWN['jacobian_ldhgle'][:2])), -1)}. The sets by themselves are in "
                        "@named_tests, all other features in @tests."
                    ),
                    *(
                        rich(" An example of each group is in @jacobian_examples.")
                        if example_patients(run)
                        else []
                    ),
                ]
            ),
            Figure(
                "jacobian",
                "Jacobian map by response (the paper's Figures 3G and 4G): (A) mean value in the tumour, with the line of no change; (B) large dependence high "
                "gray-level emphasis. Boxes: median and quartiles; whiskers to the furthest value within 1.5 interquartile ranges; "
                "every patient a dot, both sets together.",
                (Panel("jacobian_mean.svg", "A"), Panel("jacobian_ldhgle.svg", "B")),
            ),
            *_example_figure(run),
        ),
    )


def example_patients(run: Run) -> dict[str, str]:
    """Letter -> patient: the non-responder (A) and the responder (B) nearest to the median mean Jacobian of their group.

    Of those whose registration has a picture; the first of the table on a tie.
    """
    values = run.tables["shown_values"]
    values = values[values["patient"].isin(run.tables["registrations"]["patient"])]
    found = {}
    for letter, response in (("A", 0), ("B", 1)):
        members = values.loc[values["response"] == response, ["patient", "jacobian_mean"]].dropna()
        if len(members):
            away = (members["jacobian_mean"] - members["jacobian_mean"].median()).abs()
            found[letter] = str(members.loc[away.idxmin(), "patient"])
    return found


def _example_figure(run: Run) -> tuple[Figure, ...]:
    """Figures 3 to 6, A to F: an example of each group."""
    patients = example_patients(run)
    if not patients:
        return ()
    values = run.tables["shown_values"].set_index("patient")
    words = {"A": "a non-responder", "B": "a responder"}
    described = "; ".join(
        f"({letter}) {words[letter]}, {who}, mean Jacobian {number_text(values.loc[who, 'jacobian_mean'], 3)}"
        for letter, who in patients.items()
    )
    return (
        Figure(
            "jacobian_examples",
            f"An example of each group (the paper's Figures 3 to 6, A to F): {described}. Each is the patient nearest to the median of "
            "the group, and was not chosen for its looks. Baseline, follow-up, follow-up after registration, checkerboard of baseline "
            "and registered follow-up, and Jacobian map over the anatomy with its contours. Below each row: Dice of the two tumours and "
            "local correlation of the images before and after registration, volumes of the tumour, and voxels at or below 0.",
            tuple(Panel(f"example_{letter}.svg", letter) for letter in patients),
        ),
    )


def feature_level(run: Run) -> Section:
    """Figures 5, 6, S1 and the tests of all features."""
    groups = {group: run.change(AUTOCORRELATION, group) for group in ("responders", "nonresponders")}
    between = run.test("delta", AUTOCORRELATION)
    significant = [groups[group]["p_value"] < LEVEL for group in groups]
    text = rich(
        "DeltaRAD is the relative net change of a feature, (baseline − follow-up) / baseline: positive is a fall. Energy "
        "(@changes): {energy}. Volume of the tumour: {volume}. Autocorrelation (@autocorrelation) changed from {b1} to {a1} in "
        "responders (*P* {p1}) and from {b0} to {a0} in non-responders (*P* {p0}, paired). {caution}; their relative changes compared "
        "with each other give *P* {between}.",
        energy=_sentence(run, "delta_energy"),
        volume=_sentence(run, "delta_volume"),
        b1=value_words(groups["responders"]["median_baseline"]),
        a1=value_words(groups["responders"]["median_follow_up"]),
        p1=p_words(groups["responders"]["p_value"]),
        b0=value_words(groups["nonresponders"]["median_baseline"]),
        a0=value_words(groups["nonresponders"]["median_follow_up"]),
        p0=p_words(groups["nonresponders"]["p_value"]),
        between=p_words(between["p_value"]),
        caution="That one of two groups changes significantly and the other does not is no test of a difference between them"
        if sum(significant) == 1
        else "Whether the groups differ is a test of its own",
    )
    compared = rich(
        "The paper reports a higher relative change of energy in responders (*P* = 0.001), no significant difference of volume "
        "(*P* = 0.09), and an autocorrelation that fell in responders (*P* = 0.006) and did not change significantly in "
        f"non-responders (*P* = 0.241). Here the relative change of energy {against_paper(difference(run.test(*SHOWN['delta_energy'][:2])), 1)}, "
        f"that of volume {against_paper(difference(run.test(*SHOWN['delta_volume'][:2])), 0)}; autocorrelation "
        "{responders} in responders and {nonresponders} in non-responders.",
        **{group: visit_change(row) for group, row in groups.items()},
    )
    return Section(
        "Feature-level changes",
        (
            Paragraph(text),
            Paragraph(compared),
            Figure(
                "changes",
                "Relative net change by response (the paper's Figure 5E and Supplementary Figure S1): (A) energy; (B) volume of the tumour. Positive: the value fell. Energy sums over "
                "voxels, so that it falls with the volume as well as with the enhancement.",
                (Panel("delta_energy.svg", "A"), Panel("delta_volume.svg", "B")),
            ),
            Figure(
                "autocorrelation",
                "Autocorrelation of the enhancement before and after two cycles, by response (the paper's Figure 6E); a line joins the two values of a patient.",
                (Panel("autocorrelation.svg"),),
            ),
            named_tests(run),
            all_tests(run),
        ),
    )


def single_features(run: Run) -> Section:
    """Supplementary Figure S2: single features."""
    medians, highest = [], []
    for cohort in COHORTS:
        part = run.of("feature_tests", cohort)
        folded = part["auc"].where(part["auc"] >= 0.5, 1 - part["auc"])
        middle = folded.groupby(part["image"]).median()
        named = {i: in_sentence(label) for i, label in IMAGE_LABELS.items() if i in middle}
        words = ", ".join(f"{label} {number_text(middle[i])}" for i, label in named.items())
        medians.append(f"{COHORT_LABELS[cohort].lower()}: {words}")
        if named and middle.notna().any():
            highest.append(f"that of {named[middle.idxmax()]} in the {COHORT_LABELS[cohort].lower()}")
    return Section(
        "Single features",
        (
            Paragraph(
                rich(
                    "Median AUC of a single feature, {medians} (@feature_auc). An area below 0.5 counts as its mirror, so that features "
                    "without any information lie a little above 0.5. The paper finds the follow-up image highest, deltaRAD and the "
                    "Jacobian map between it and the baseline (its Supplementary Figure S2). Here the highest median is {highest}.",
                    medians="; ".join(medians),
                    highest=" and ".join(highest) or "not known",
                )
            ),
            Figure(
                "feature_auc",
                "AUC of every single feature by image (the paper's Supplementary Figure S2): (A) development set, (B) testing set.",
                tuple(Panel(f"feature_auc_{cohort}.svg", "AB"[i]) for i, cohort in enumerate(COHORTS)),
            ),
        ),
    )
