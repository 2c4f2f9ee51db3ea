"""Report sections beyond the paper: power, all values together, recovery of the planted truth."""

from __future__ import annotations

import pandas as pd

from scripts.papers.covid_ct.names import FINDINGS, split_measure
from scripts.papers.covid_ct.report.cells import p_cell
from scripts.papers.covid_ct.report.run import Run
from scripts.quantification.hounsfield import window_words
from scripts.quantification.lung_regions import LUNG, WORDS
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import MISSING, estimate_text, number_text


def power(run: Run) -> Section:
    """What differences a study of this size can find."""
    table = run.tables["power"]
    here, printed = (table[table["of"] == name] for name in ("here", "printed"))
    difference = run.value("power.difference")
    text = rich(
        "The paper states a power of 70% to find a difference of 20% between two proportions (Z-test, level 0.05, 130 patients), without the "
        "proportions. With its 52 and 80 patients that power is {low:.0%} to {high:.0%} for proportions of 5% to 95% in the other group, the least "
        "near one half and more towards 0 and 1 (@power_table); here, with {covid} and {other} patients, it is {here_low:.0%} to {here_high:.0%} "
        "(@power). A difference half as large is found here with a power of {half_low:.0%} to {half_high:.0%}. Groups that both have a proportion "
        "of one half are called alike within {margin:.0f} percentage points with a probability of {alike:.0%}. The true size of the chi-square "
        "test, computed from all tables, lies between {size_low:.1%} and {size_high:.1%}.",
        low=printed["z_test"].min(),
        high=printed["z_test"].max(),
        covid=run.n("covid"),
        other=run.n("other"),
        here_low=here["z_test"].min(),
        here_high=here["z_test"].max(),
        half_low=here["half"].min(),
        half_high=here["half"].max(),
        margin=100 * run.value("equivalence.margin_proportion"),
        alike=float(here.loc[(here["p_other"] - 0.5).abs().idxmin(), "alike"]),
        size_low=here["size"].min(),
        size_high=here["size"].max(),
    )
    blocks: list = [
        Paragraph(text),
        Figure(
            "power",
            f"Power for a difference of {difference:.0%} (upwards, or downwards where that would pass 1), by the proportion in the other group.",
            (Panel("power.svg"),),
        ),
        power_table(table),
    ]
    if len(run.tables["power_findings"]):
        blocks.append(findings_power_table(run))
    return Section("Power of the study", tuple(blocks))


def power_table(table: pd.DataFrame) -> Table:
    """Power at some proportions, here and with the printed numbers of patients."""
    columns = (
        ("z_test", "Z-test"),
        ("exact", "Chi-square, exact"),
        ("fisher", "Fisher"),
        ("alike", "Called alike"),
    )
    shown = sorted(set(table["p_other"]) & {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9})
    rows = []
    for p in shown:
        cells = [f"{p:.0%}"]
        for of in ("printed", "here"):
            row = table[(table["of"] == of) & (table["p_other"] == p)].iloc[0]
            cells += [f"{row[name]:.0%}" for name, _ in columns]
        rows.append(Row(tuple(cells)))
    heads = [Column("Other group")]
    for of in ("Printed: 52 and 80 patients", "This run"):
        heads += [Column(label, "right", of) for _, label in columns]
    return Table(
        "power_table",
        "Power to find the difference that the paper names, and to call equal groups alike.",
        tuple(heads),
        tuple(rows),
        notes=(
            "Other group: the proportion there; COVID-19 has the difference more, or less where that would pass 1. Called alike: both groups have this "
            "proportion; by the normal approximation.",
        ),
    )


def findings_power_table(run: Run) -> Table:
    """For each finding: what could have been found at its own proportion."""
    rows = []
    for r in run.tables["power_findings"].to_dict("records"):
        rows.append(
            Row(
                (
                    FINDINGS[r["quantity"]],
                    f"{r['p_other']:.1%}",
                    _percent(r["power_up"]),
                    _percent(r["power_down"]),
                    _percent(r["detectable"]),
                    _percent(r["alike"]),
                )
            )
        )
    wanted, difference = run.value("power.wanted"), run.value("power.difference")
    return Table(
        "power_findings",
        "Power for each finding at its proportion in the other group (Z-test).",
        (
            Column("Finding"),
            Column("Other group", "right"),
            Column(f"Power, +{difference:.0%}", "right"),
            Column(f"Power, −{difference:.0%}", "right"),
            Column(f"Smallest rise found with {wanted:.0%}", "right"),
            Column("Equal groups called alike", "right"),
        ),
        tuple(rows),
    )


def _percent(value: float) -> str:
    return MISSING if value != value else f"{value:.0%}"


def combined(run: Run) -> Section:
    """One score of all findings and volumes: whether anything in them together tells the groups apart."""
    found = run.tables["combined"].iloc[0]
    created = run.model["created_from"]
    text = rich(
        "The paper compares one value at a time and leaves open whether a 'tailor trained' system could tell the groups apart. A ridge logistic "
        "regression on all {k} findings and volumes ({n} patients) reaches a cross-validated area under the curve of {auc} (@combined_figure), and "
        "{share} of {shuffles} runs with shuffled groups reach as much (*P* {p}). {verdict} The score is frozen in `model.json` and applies to new "
        "patients; @coefficients lists it.",
        k=len(run.model["features"]),
        n=created["n"],
        auc=estimate_text(found["auc"], found["ci_low"], found["ci_high"]),
        share=_reached(found),
        shuffles=int(found["n_permutations"]),
        p=_p_words(found["p_permutation"]),
        verdict=told_apart(found, run.value("tests.alpha")),
    )
    rows = []
    for feature in run.model["features"]:
        rows.append(
            Row(
                (
                    feature_words(run, feature["name"]),
                    "ln(1 + ml)" if feature["transform"] == "log1p" else "0 or 1",
                    number_text(feature["mean"], 3),
                    number_text(feature["sd"], 3),
                    number_text(feature["coefficient"], 3),
                )
            )
        )
    return Section(
        "All findings and volumes together",
        (
            Paragraph(text),
            Figure(
                "combined_figure",
                "The combined score in patients that it was not fitted on (A, one repeat of the folds; the area is the mean within folds over all "
                "repeats), and the areas that shuffled groups reach (B).",
                (Panel("roc.svg", "A"), Panel("shuffled.svg", "B")),
            ),
            Table(
                "coefficients",
                "The frozen score: intercept plus the sum of coefficient × (value − mean) / SD; more is COVID-19.",
                (
                    Column("Feature"),
                    Column("Value"),
                    Column("Mean", "right"),
                    Column("SD", "right"),
                    Column("Coefficient", "right"),
                ),
                tuple(rows),
                notes=(
                    f"Intercept {number_text(run.model['intercept'], 3)}; penalty C = {run.model['c']:g}, chosen by inner folds; called COVID-19 from "
                    f"{number_text(run.model['cutoff']['value'], 3)} up ({run.model['cutoff']['rule']}).",
                ),
            ),
        ),
    )


def told_apart(found: pd.Series, alpha: float) -> str:
    """What interval and permutation test say together; where they do not agree, that."""
    by_interval, by_shuffling = found["ci_low"] > 0.5, found["p_permutation"] < alpha
    if by_interval and by_shuffling:
        return "Together they do tell the groups apart better than chance."
    if by_interval or by_shuffling:
        return "The interval and the shuffled groups do not agree on whether that is better than chance: it is not shown."
    return (
        "These data do not show that they tell the groups apart better than chance. The interval ends at "
        f"{number_text(found['ci_high'])}; it speaks of this score fitted on this many patients, not of the best that could be made of CT."
    )


def _reached(found: pd.Series) -> str:
    n = round(found["p_permutation"] * (1 + found["n_permutations"])) - 1
    return str(int(n)) if n else "none"


def _p_words(value: float) -> str:
    text = p_cell(value)
    return f"{text[0]} {text[1:]}" if text.startswith(("<", ">")) else f"= {text}"


def feature_words(run: Run, name: str) -> str:
    """What a feature of the score is called."""
    if name in FINDINGS:
        return FINDINGS[name]
    _, region, window = split_measure(name)
    if not window:
        return f"{WORDS[region]}, infected volume"
    words = window_words(run.value("measurement.edges_hu"))[int(window[1:])]
    where = "" if region == LUNG else f"{WORDS[region]}, "
    return f"{where}infected volume {words}"


def recovery(run: Run) -> Section:
    """Planted beside found."""
    table = run.tables["recovery"]
    ok = table["ok"].astype(bool)
    broken = [str(name) for name in table.loc[~ok, "quantity"]]
    rows, group = [], ""
    for r in table.to_dict("records"):
        if r["group"] != group:
            group = r["group"]
            rows.append(Row((str(group),), heading=True))
        digits = 0 if "HU" in r["quantity"] else 2
        found = estimate_text(r["found"], r["lower"], r["upper"], digits)
        if r["quantity"].endswith(("P (Holm)", "reach it")):
            found = p_cell(r["found"])
        rows.append(
            Row(
                (
                    r["quantity"],
                    number_text(r["planted"], digits),
                    found,
                    "yes" if r["ok"] else "no",
                    r["rule"],
                ),
                level=1,
            )
        )
    return Section(
        "Recovery of the planted truth",
        (
            Note(
                "Simulated patients",
                (
                    "The patients of this report were drawn by a program. Seven findings and four lobes are alike in both groups by construction; one "
                    "finding (air bronchogram) and one lobe (left lower) differ. So it is known of every comparison whether there is something to find. "
                    "The rules were written before the results.",
                ),
            ),
            Paragraph(
                rich(
                    "{ok} of {n} rules hold (@recovery_table, @recovery). {names}",
                    ok=int(ok.sum()),
                    n=len(table),
                    names=f"Not held: {'; '.join(broken)}." if broken else "All are held.",
                )
            ),
            Figure(
                "recovery",
                "Planted values (diamonds) and what was found (dots), with 95% CI.",
                (Panel("recovery.svg"),),
            ),
            Table(
                "recovery_table",
                "Planted against found.",
                (
                    Column("Quantity"),
                    Column("Planted", "right"),
                    Column("Found (95% CI or range)", "center"),
                    Column("Holds", "center"),
                    Column("Rule"),
                ),
                tuple(rows),
                notes=("In brackets behind a Dice: where 95% of the patients lie.",),
            ),
        ),
    )
