"""Report, pages and figures over a small simulated cohort: they hold together and say what the tables hold."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.model.gaussian_bundle import write_gaussian_bundle
from scripts.papers.hip_dysplasia import assess_recovery, draw_figures
from scripts.papers.hip_dysplasia.assess_reading import by_hand_table
from scripts.papers.hip_dysplasia.compare_clusterings import compare
from scripts.papers.hip_dysplasia.criterion import fit_criterion, sample_values
from scripts.papers.hip_dysplasia.cross_validate import cross_validate
from scripts.papers.hip_dysplasia.describe_cohort import angle_table, characteristics, flow_table
from scripts.papers.hip_dysplasia.evaluate_criterion import circle_table, cross_table, measure, signs_table
from scripts.papers.hip_dysplasia.fit_criterion import cluster_table
from scripts.papers.hip_dysplasia.reading import agreement_table, deviations_table, landmark_deviations
from scripts.papers.hip_dysplasia.report import films
from scripts.papers.hip_dysplasia.report.comparison import comparison_table
from scripts.papers.hip_dysplasia.report.pages import compose_pages, key_of, percent, verdict_words
from scripts.papers.hip_dysplasia.report.prediction import compose_prediction
from scripts.papers.hip_dysplasia.report.run import Run
from scripts.papers.hip_dysplasia.write_report import compose
from scripts.report.document import Figure, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.reported.printed import read_reported
from scripts.tables import write_table
from scripts.workflow.config import ROOT
from scripts.workflow.papers import paper_card, resolve_parameters

NO_LEDGER = pd.DataFrame(columns=["patient", "cohort", "step", "cause", "log", "excluded_from"])
RECORD = {"step": "fit_criterion_hip_dysplasia", "code": "c0de", "versions": {"numpy": "2.0"}}


@pytest.fixture(scope="module")
def tables(samples, verdicts, hips, cohort, model, settings):
    clusters, _ = fit_criterion(sample_values(samples), settings["clustering"])
    left_out = cross_validate(samples, settings, 1)
    both = verdicts[["patient", "side", "knowledge", "tonnis_high"]].merge(left_out, on=["patient", "side"])
    sets = {"in_sample": verdicts, "left_out": both}
    deviations = landmark_deviations(hips)
    rows = assess_recovery.verdict_rows(
        verdicts.merge(cohort[0][["patient", "side", "hip_class"]], on=["patient", "side"]), "x"
    )
    rows += assess_recovery.circle_rows(
        samples.merge(cohort[0][["patient", "side", "centre_x", "centre_y", "radius"]]), 1
    )
    return {
        "samples": samples,
        "agreement": agreement_table(hips, deviations),
        "landmark_error": deviations_table(deviations, hips),
        "by_hand": by_hand_table(samples),
        "clusters": cluster_table(samples, clusters),
        "clustering": pd.DataFrame(
            [{"cutoff": 2.0, "reach": clusters.reach, "n_clusters": 4, "n_samples": 60, "n_normal": 40}]
        ),
        "verdicts": verdicts,
        "cross_validated": left_out,
        "clusterings": compare(samples, verdicts, settings, 1),
        "agreement_of_criteria": pd.concat([measure(t, n, 40, 1) for n, t in sets.items()]),
        "cross_table": pd.concat([cross_table(t).assign(judged=n) for n, t in sets.items()]),
        "signs": signs_table(samples, settings),
        "circles": circle_table(samples),
        "table1": characteristics(cohort[1], verdicts),
        "angles": angle_table(verdicts),
        "patient_flow": flow_table(NO_LEDGER, verdicts),
        "exclusions": NO_LEDGER,
        "recovery": pd.DataFrame(rows),
    }


@pytest.fixture(scope="module")
def run(tables, model):
    return Run(
        tables=tables,
        model=model,
        reported=read_reported(ROOT / "resources/reported/hip_dysplasia.yaml"),
        card=paper_card("hip_dysplasia"),
        parameters=[asdict(p) for p in resolve_parameters("hip_dysplasia", True).values()],
        records=[RECORD],
        cohort="simulated",
        simulated=True,
        seed=1,
        digests=[("sample sheet (SHA-256)", "1" * 64)],
    )


def words_of(document):
    return " ".join(
        plain(getattr(block, name))
        for block in blocks_of(document)
        for name in ("text", "caption")
        if hasattr(block, name)
    )


def test_the_report_holds_together_and_its_figures_are_drawn(run, tables, hips, landmarks, model, tmp_path):
    document = compose(run)
    numbers = check_document(document)
    keys = {block.key for block in blocks_of(document) if isinstance(block, Table | Figure)}
    assert {
        "sketches",
        "circles",
        "knowledge",
        "criterion",
        "both",
        "clusterings",
        "verdict",
        "recovery_table",
        "plausibility_checks",
    } <= keys
    assert keys <= set(numbers)
    paths = {}
    for name, table in {**tables, "hips": hips, "landmarks": landmarks}.items():
        paths[name] = tmp_path / f"{name}.parquet"
        write_table(table, paths[name])
    paths["model"] = tmp_path / "model.json"
    write_gaussian_bundle(model, paths["model"])
    settings = {"measurement": model["measurement"], "knowledge": {"dysplasia_below": 20, "normal_above": 25}}
    output = SimpleNamespace(figures=tmp_path / "figures")
    draw_figures.main(SimpleNamespace(input=InputFiles(paths), output=output, settings=settings))
    wanted = {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}
    drawn = {path.name for path in output.figures.glob("*.svg")}
    assert drawn == {name for name in wanted if name.endswith(".svg")} - {"examples.svg"}
    overlays = {name.removesuffix(".jpg") for name in wanted if name.endswith(".jpg")}
    assert overlays == set(films.shown_films(tables["verdicts"]))


class InputFiles(dict):
    """A dict whose keys are attributes, too, as Snakemake's inputs."""

    __getattr__ = dict.__getitem__


def test_the_report_says_what_the_tables_hold(run, verdicts):
    words = words_of(compose(run))
    counts = verdicts["verdict"].value_counts()
    assert f"{counts['normal']} hips lie inside, {counts['dysplasia']} outside with a small CE" in words
    assert "60 hips, 30 right and 30 left" in words
    assert "95% of normal hips lie in the ellipsoid" in words
    assert "no mean of an angle" in words


def test_without_a_second_reader_and_angles_by_hand_the_report_says_so(run):
    empty = {name: run.tables[name].iloc[:0] for name in ("agreement", "landmark_error", "by_hand")}
    tables = {name: t for name, t in (run.tables | empty).items() if name != "recovery"}
    document = compose(replace(run, tables=tables, simulated=False, cohort="mine"))
    check_document(document)
    words = words_of(document)
    assert "No film was read by two readers" in words
    assert document.banner == ""
    assert "not known (no film was read twice)" in plain([text for _, text in document.summary])


def test_excluded_films_are_listed(run):
    flow = run.tables["patient_flow"].copy()
    flow.loc[flow["step"] == "excluded", "n"] = 1
    lost = pd.DataFrame([["X", "", "measure_hips", "no head", "a.log", "all"]], columns=NO_LEDGER.columns)
    document = compose(replace(run, tables=run.tables | {"patient_flow": flow, "exclusions": lost}))
    assert "1 film was excluded" in words_of(document)
    assert "exclusions" in check_document(document)


def test_reported_beside_obtained(run):
    table = comparison_table(run).set_index("quantity")
    assert table.loc["Films", ["reported", "obtained"]].tolist() == [143, 30]
    assert table.loc["Limit on CE for dysplasia,\u00a0°", ["reported", "obtained"]].tolist() == [20, 20]
    assert (
        table.loc[table["group"] == "Settings", "reported"]
        == table.loc[table["group"] == "Settings", "obtained"]
    ).all()


def test_the_first_film_and_one_of_each_verdict_are_shown(verdicts):
    shown = films.shown_films(verdicts)
    assert next(iter(shown)) == verdicts["patient"].iloc[0]
    assert set(verdicts["verdict"]) == set(verdicts.loc[verdicts["patient"].isin(shown), "verdict"])


def test_a_page_a_patient(verdicts, model, run):
    lost = pd.DataFrame([{"patient": "X", "cause": "no head"}])
    document = compose_pages(verdicts, model, run.card, "simulated", True, lost)
    check_document(document)
    titles = [plain(section.title) for section in document.sections]
    assert titles[1:] == list(dict.fromkeys(verdicts["patient"]))
    assert "SIMULATED" in document.banner
    first = document.sections[1]
    text = " ".join(plain(block.text) for block in first.blocks if hasattr(block, "text"))
    assert text.count("of normal hips lie at least as far out") == 2
    real = compose_pages(verdicts, model, run.card, "mine", False, lost[:0])
    assert "MODEL OF SIMULATED PATIENTS" in real.banner
    assert (
        compose_pages(
            verdicts, model | {"source": {"kind": "fitted", "text": "x"}}, run.card, "mine", False, lost[:0]
        ).banner
        == ""
    )


def test_the_pages_explain_what_is_on_them_and_promise_no_more(verdicts, model, run):
    few = model | {"created_from": model["created_from"] | {"n_normal": 21}}

    def how(table, frozen=few):
        pages = compose_pages(table, frozen, run.card, "mine", False, pd.DataFrame())
        return plain(pages.sections[0].blocks[0].items)

    # drawn in tests/unit/clustering/test_gaussian_region.py: 0.881 of further samples for 21
    assert "of further normal hips, which it was not made from, about 88 %" in how(verdicts)
    assert "± is the standard deviation" in how(verdicts)
    alone = verdicts.assign(ce_sd=np.nan, sharp_sd=np.nan, tonnis_sd=np.nan)
    assert "±" not in how(alone)
    assert "no films were read twice" in how(alone)


def test_the_words_of_a_hip():
    row = {"side": "left", "verdict": "dysplasia", "probability": 0.0004, "chance_of_other_verdict": 0.2}
    words = plain(verdict_words(row)).replace("\u00a0", " ")
    assert words.startswith(
        "Left hip: outside the range of normal hips, on the side of dysplasia. < 0.1 % of normal hips"
    )
    assert "Close to the border" in words
    row |= {"chance_of_other_verdict": np.nan}
    assert "reading" not in plain(verdict_words(row))
    row |= {"chance_of_other_verdict": 0.01, "verdict": "atypical"}
    assert "would most likely say the same (chance of another verdict 1.0 %)" in plain(
        verdict_words(row)
    ).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "text"), [(0.31, "31 %"), (0.031, "3.1 %"), (0.0009, "< 0.1 %"), (1.0, "100 %")]
)
def test_percentages(value, text):
    assert percent(value).replace("\u00a0", " ") == text


def test_keys_of_patients_do_not_collide():
    names = ["a b", "a-b", "a_b", "ab", "a.b", "ä", "1"]
    assert len({key_of(name) for name in names}) == len(names)


def test_the_report_of_a_prediction(verdicts, model, run):
    names = {"cohort": "other", "model": "fitted"}
    document = compose_prediction(verdicts, model, NO_LEDGER, run.card, RECORD, names, False)
    check_document(document)
    hips = next(block for block in blocks_of(document) if isinstance(block, Table) and block.key == "hips")
    assert len(hips.rows) == len(verdicts)
    lost = pd.DataFrame([["X", "", "measure_hips", "no head", "a.log", "all"]], columns=NO_LEDGER.columns)
    assert "1 films were excluded" in words_of(
        compose_prediction(verdicts, model, lost, run.card, RECORD, names, True)
    )
