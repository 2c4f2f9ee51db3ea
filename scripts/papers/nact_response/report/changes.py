"""Report sections: changes by voxel (Figures 3, 4) and by feature (Figures 5, 6, S1), with every test behind them."""

from __future__ import annotations

from scripts.papers.nact_response.cohorts import (
    AUTOCORRELATION,
    COHORT_LABELS,
    COHORTS,
    IMAGE_LABELS,
    SHOWN,
)
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.figures.names import feature_label
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text, p_text

TEST_WORDS = {
    "mann_whitney": "Mann-Whitney test",
    "student": "Student's t-test",
    "welch": "Welch's t-test",
    "wilcoxon": "Wilcoxon signed-rank test",
    "paired_t": "paired t-test",
}
SHOWN_LABELS = {
    "jacobian_mean": "Mean Jacobian",
    "jacobian_ldhgle": "Large dependence high gray-level emphasis (LDHGLE) of the Jacobian map",
    "delta_energy": "Relative change of energy",
    "delta_volume": "Relative change of tumour volume",
}
MOST_FEATURES = 12


def p_words(value: float) -> str:
    """'= 0.03', '<0.001', or 'not testable'."""
    text = p_text(value)
    if text[0] in "<>":
        return text
    return f"= {text}" if value == value else "not testable"


def value_words(value: float) -> str:
    """A median of any size: three significant digits."""
    if value != value:
        return "–"
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}" if abs(value) < 1e6 else f"{value:.2e}"
    return digits.replace("-", "−")


def _sentence(run: Run, key: str) -> list:
    image, feature, _ = SHOWN[key]
    row = run.test(image, feature)
    return rich(
        "median {r} in responders and {n} in non-responders (*P* {p})",
        r=value_words(row["median_responders"]),
        n=value_words(row["median_nonresponders"]),
        p=p_words(row["p_value"]),
    )


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
                        ". The paper reports lower values of both in responders, *P* = 4.9 × 10^−5^ and 2.45 × 10^−4^; how all the "
                        "other features fare is in @tests."
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
                "Jacobian map by response: (A) mean value in the tumour, with the line of no change; (B) large dependence high "
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
            f"An example of each group: {described}. Each is the patient nearest to the median of the group, and was not chosen for "
            "its looks. Baseline, follow-up, follow-up after registration, and Jacobian map over the anatomy.",
            tuple(Panel(f"example_{letter}.svg", letter) for letter in patients),
        ),
    )


def feature_level(run: Run) -> Section:
    """Figures 5, 6, S1 and the tests of all features."""
    groups = {group: run.change(AUTOCORRELATION, group) for group in ("responders", "nonresponders")}
    between = run.test("delta", AUTOCORRELATION)
    text = rich(
        "DeltaRAD is the relative net change of a feature, (baseline − follow-up) / baseline: positive is a fall. Energy "
        "(@changes): {energy}. Volume of the tumour: {volume}. Autocorrelation (@autocorrelation) changed from {b1} to {a1} in "
        "responders (*P* {p1}) and from {b0} to {a0} in non-responders (*P* {p0}, paired). That one of two groups is significant "
        "does not make the groups different; their relative changes compared with each other give *P* {between}.",
        energy=_sentence(run, "delta_energy"),
        volume=_sentence(run, "delta_volume"),
        b1=value_words(groups["responders"]["median_baseline"]),
        a1=value_words(groups["responders"]["median_follow_up"]),
        p1=p_words(groups["responders"]["p_value"]),
        b0=value_words(groups["nonresponders"]["median_baseline"]),
        a0=value_words(groups["nonresponders"]["median_follow_up"]),
        p0=p_words(groups["nonresponders"]["p_value"]),
        between=p_words(between["p_value"]),
    )
    return Section(
        "Feature-level changes",
        (
            Paragraph(text),
            Figure(
                "changes",
                "Relative net change by response: (A) energy; (B) volume of the tumour. Positive: the value fell. Energy sums over "
                "voxels, so that it falls with the volume as well as with the enhancement.",
                (Panel("delta_energy.svg", "A"), Panel("delta_volume.svg", "B")),
            ),
            Figure(
                "autocorrelation",
                "Autocorrelation of the enhancement before and after two cycles, by response; a line joins the two values of a patient.",
                (Panel("autocorrelation.svg"),),
            ),
            named_tests(run),
            all_tests(run),
        ),
    )


def named_tests(run: Run) -> Table:
    """The tests that the paper prints, in all patients and in each set."""
    rows = []
    for key, (image, feature, figure) in SHOWN.items():
        rows.append(Row((f"{SHOWN_LABELS[key]} ({figure})",), heading=True))
        for cohort, label in (("all", "All patients"), *COHORT_LABELS.items()):
            r = run.test(image, feature, cohort)
            rows.append(
                Row(
                    (
                        label,
                        value_words(r["median_responders"]),
                        value_words(r["median_nonresponders"]),
                        estimate_text(r["auc"], r["auc_lower"], r["auc_upper"]),
                        p_text(r["p_value"]),
                        p_text(r["q_value"]),
                    ),
                    level=1,
                )
            )
    groups, visits = run.value("feature_tests.groups"), run.value("feature_tests.visits")
    return Table(
        "named_tests",
        "The features that the paper's figures show.",
        (
            Column(""),
            Column("Responders", "right", "Median"),
            Column("Non-responders", "right", "Median"),
            Column("AUC (95% CI)", "center"),
            Column("P", "right"),
            Column("q", "right"),
        ),
        tuple(rows),
        notes=(
            f"{TEST_WORDS[groups]} between the groups ({TEST_WORDS[visits]} between visits, @autocorrelation). The paper names no test "
            "for its figures and does not say in which patients; q: Benjamini-Hochberg over the 102 features of the same image and "
            "patients. AUC: chance that a responder's value is the higher one.".replace(
                "@autocorrelation", "in the text"
            ),
        ),
    )


def all_tests(run: Run) -> Table:
    """How many of the features of each image differ, and the clearest ones."""
    rows = []
    for image, label in IMAGE_LABELS.items():
        rows.append(Row((label,), heading=True))
        for cohort, name in (("all", "All patients"), *COHORT_LABELS.items()):
            part = run.of("feature_tests", cohort)
            part = part[part["image"] == image]
            tested = part["p_value"].notna()
            best = part.loc[part["p_value"].idxmin()] if tested.any() else None
            rows.append(
                Row(
                    (
                        name,
                        str(int(tested.sum())),
                        f"{int((part['p_value'] < 0.05).sum())} ({number_text(0.05 * tested.sum(), 0)})",
                        str(int((part["q_value"] < 0.05).sum())),
                        feature_label(best["feature"]) if best is not None else "–",
                        p_text(best["p_value"]) if best is not None else "–",
                    ),
                    level=1,
                )
            )
    return Table(
        "tests",
        "Tests of all features between responders and non-responders.",
        (
            Column(""),
            Column("Tested", "right"),
            Column("P < 0.05\n(by chance)", "right"),
            Column("q < 0.05", "right"),
            Column("Clearest feature"),
            Column("P", "right"),
        ),
        tuple(rows),
        notes=(
            "By chance: a twentieth of the features tested. Features are correlated, so that chance clusters. Every feature is in "
            "tables/feature_tests.csv, paired tests in tables/feature_changes.csv.",
        ),
    )


def single_features(run: Run) -> Section:
    """Supplementary Figure S2: single features."""
    medians = []
    for cohort in COHORTS:
        part = run.of("feature_tests", cohort)
        folded = part["auc"].where(part["auc"] >= 0.5, 1 - part["auc"])
        middle = folded.groupby(part["image"]).median()
        words = ", ".join(f"{IMAGE_LABELS[i]} {number_text(middle[i])}" for i in IMAGE_LABELS if i in middle)
        medians.append(f"{COHORT_LABELS[cohort].lower()}: {words}")
    return Section(
        "Single features",
        (
            Paragraph(
                rich(
                    "Median AUC of a single feature, {medians} (@feature_auc). An area below 0.5 counts as its mirror, so that features "
                    "without any information lie a little above 0.5. The paper finds the follow-up image highest, deltaRAD and the "
                    "Jacobian map between it and the baseline (its Supplementary Figure S2).",
                    medians="; ".join(medians),
                )
            ),
            Figure(
                "feature_auc",
                "AUC of every single feature by image, in the development (A) and testing set (B).",
                tuple(Panel(f"feature_auc_{cohort}.svg", "AB"[i]) for i, cohort in enumerate(COHORTS)),
            ),
        ),
    )
