"""Report sections beyond the paper: which sensors the model attends to and needs, calibration, training, recovery."""

from __future__ import annotations

import numpy as np

from scripts.papers.tle_subtypes.names import BEST_MODEL, LEFT_OUT, MODEL_LABELS, SCHEMES
from scripts.papers.tle_subtypes.report.run import Run
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text

SHOWN_SENSORS = 5


def locations(run: Run) -> Section:
    """The section 'Locations': the paper's claim that attention learns the weights of locations."""
    means = run.tables["locations"].groupby("sensor", sort=False)[["attention", "loss", "moved"]].mean()
    used = means["moved"].sort_values(ascending=False).index[:SHOWN_SENSORS]
    attended = np.isfinite(means["attention"]).all()
    share = means["attention"].max() / means["attention"].mean() if attended else float("nan")
    agree = means["attention"].corr(means["moved"], method="spearman") if attended else float("nan")
    gains = int((means["loss"] < 0).sum())
    text = rich(
        "The paper says that attention 'learns the weights of different signal locations', and shows none. @locations has the attention that each "
        "sensor receives (mean over heads, epochs and folds), and, where a sensor is silenced, how far the log-odds of epochs of held-out patients "
        "move and what their cross-entropy rises by. The log-odds move most without {used}. {attention}{loss}",
        used=", ".join(used),
        attention=(
            f"The most attended sensor receives {share:.2f} times its equal share; the rank correlation of attention and of how far the log-odds "
            f"move is {number_text(agree)}."
            if attended
            else "Attention weighs moments in this run, not sensors."
        ),
        loss=(
            f" Without {gains} of {len(means)} sensors the cross-entropy falls: in other patients the network trusts them more than it should, so that "
            "a rise of the loss is no measure of what it looks at."
            if gains
            else ""
        ),
    )
    caption = "Sensors from above, nose up: attention received, mean absolute change of the log-odds and rise of the loss where a sensor is silenced."
    if run.simulated:
        caption += " Rings: sensors with the planted slow activity."
    return Section("Locations", (Paragraph(text), Figure("locations", caption, (Panel("locations.svg"),))))


def calibration(run: Run) -> Section:
    """The section 'Probabilities and training'."""
    text = rich(
        "@reliability compares the probability of CPS with how often it comes true in epochs of held-out patients. @learning follows loss and "
        "accuracy on the training epochs; no epoch is chosen by them, the last one is kept."
    )
    panels = tuple(
        Panel(f"learning_{scheme}.svg", letter) for scheme, letter in zip(SCHEMES, "AB", strict=True)
    )
    return Section(
        "Probabilities and training",
        (
            Paragraph(text),
            Figure(
                "reliability",
                "Reliability of the probability of CPS, divided by patient; bars: 95% CI over patients.",
                (Panel("reliability.svg"),),
            ),
            Figure(
                "learning",
                "Loss and accuracy on the training epochs, mean over folds with a band of one standard deviation: divided by patient (A) and by epoch "
                "(B).",
                panels,
            ),
        ),
    )


def recovery(run: Run) -> Section:
    """The section 'Recovery of the planted truth'."""
    table = run.tables["recovery"]
    lost = table[~table["ok"]]
    rows, group = [], ""
    for r in table.to_dict("records"):
        if r["group"] != group:
            rows.append(Row((r["group"],), heading=True))
            group = r["group"]
        digits = 0 if r["quantity"] == LEFT_OUT else 2
        found = estimate_text(r["found"], r["lower"], r["upper"], digits)
        cells = (
            r["quantity"],
            number_text(r["planted"], digits),
            found,
            "yes" if r["ok"] else "no",
            r["rule"],
        )
        rows.append(Row(cells, level=1))
    items = [
        f"{r['quantity']} ({r['group'].lower()}): found {estimate_text(r['found'], r['lower'], r['upper'])}; rule: {r['rule']}."
        for r in lost.to_dict("records")
    ]
    text = rich(
        "The logarithm of the amplitude of slow (2 to 4 Hz) activity over frontal and parietal sensors was drawn for each patient from two normal "
        "distributions whose means are two standard deviations apart. It is the only thing that differs between the subtypes, so that no "
        "classifier of other patients can be right more often than {bayes} in the long run (the best threshold on that number). Every patient "
        "also has own sensitivities of the sensors and an own alpha rhythm, by which epochs of one patient are known again. {ok} of {n} rules hold "
        "(@recovery_table, @recovery). They were laid down before the first whole run but for one that says so; how far apart the subtypes are "
        "had been chosen in trial runs before that.",
        bayes=number_text(table.loc[table["group"] == "Accuracy by patient", "planted"].iloc[0], 3),
        ok=int(table["ok"].sum()),
        n=len(table),
    )
    note = [Note("Not held", tuple(items))] if items else []
    columns = (
        Column("Quantity"),
        Column("Planted", "right"),
        Column("Found (95% CI)", "center"),
        Column("Holds", "center"),
        Column("Rule"),
    )
    notes = (
        "Planted accuracy: Bayes. Of shuffled subtypes: chance, and the least and the most of the shuffles.",
    )
    return Section(
        "Recovery of the planted truth",
        (
            Paragraph(text),
            *note,
            Table("recovery_table", "Planted against found.", columns, tuple(rows), notes),
            Figure(
                "recovery", "Planted against found, of what lies between 0 and 1.", (Panel("recovery.svg"),)
            ),
        ),
    )


def networks(run: Run) -> Table:
    """Layers of MSAM as published and as run."""
    rows = []
    table = run.tables["layers"]
    own, published = (table[table["size"] == size].reset_index(drop=True) for size in ("run", "published"))
    for k in range(len(own)):
        rows.append(
            Row(
                (
                    own["layer"][k],
                    published["output"][k].replace("x", "×"),
                    f"{int(published['parameters'][k]):,}",
                    own["output"][k].replace("x", "×"),
                    f"{int(own['parameters'][k]):,}",
                )
            )
        )
    total = ("All", "", f"{int(published['parameters'].sum()):,}", "", f"{int(own['parameters'].sum()):,}")
    rows.append(Row(total, rule=True))
    columns = (
        Column("Layer"),
        Column("Output", "center", "As published"),
        Column("Parameters", "right", "As published"),
        Column("Output", "center", "As run"),
        Column("Parameters", "right", "As run"),
    )
    notes = ("Output: positions by neurons, then classes. The dense layers are the same for every position.",)
    return Table(
        "layers", f"Layers of {MODEL_LABELS[BEST_MODEL]} (the paper's Figure 1).", columns, tuple(rows), notes
    )
