"""Front page and files of a report, from a made-up rule write_report."""

from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from scripts.report.document import Figure, Panel, Paragraph, Section
from scripts.report.replication import (
    SIMULATED_BANNER,
    StudyRun,
    run_fields,
    study_document,
    write_study_report,
)
from scripts.tables import write_both, write_json
from tests.end_to_end.pdf_text import pdf_pages

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="20mm"><rect width="60" height="20"/></svg>'
)


class Named(SimpleNamespace):
    """Named files of a rule, as Snakemake gives them."""

    def items(self):
        return vars(self).items()


@pytest.fixture
def job(tmp_path):
    card = {"title": "A study\nof hips", "short_title": "Hips", "citation": "Doe et al.,\n 2020"}
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(card))
    (tmp_path / "reported.yaml").write_text("paper: made_up\nvalues: {}\n")
    (tmp_path / "sheet.csv").write_text("patient\n")
    write_json({"step": "fit"}, tmp_path / "record.json")
    write_both(pd.DataFrame({"n": [3]}), tmp_path / "flow.csv")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "own.svg").write_text(SVG)
    (tmp_path / "elsewhere.svg").write_text(SVG)
    (tmp_path / "printed").mkdir()
    (tmp_path / "captions").mkdir()
    given = Named(
        flow=tmp_path / "flow.parquet", model=tmp_path / "record.json", reported=tmp_path / "reported.yaml",
        paper=tmp_path / "card.yaml", template="", sheet=tmp_path / "sheet.csv", figures=tmp_path / "figures",
        records=[tmp_path / "record.json"],
    )  # fmt: skip
    made = Named(
        pdf=tmp_path / "out.pdf", printed=tmp_path / "printed", captions=tmp_path / "captions",
        reported_and_obtained=tmp_path / "both.csv",
    )  # fmt: skip
    parameters = [{"name": "model.alpha", "value": 0.05}]
    settings = {"parameters": parameters, "cohort": "ours", "simulated": True}
    return SimpleNamespace(input=given, output=made, settings=settings, seed=7)


def test_a_run_has_its_tables_and_nothing_else_that_the_rule_is_given(job):
    run = StudyRun(**run_fields(job, ["model"]))
    assert list(run.tables) == ["flow"]
    assert run.has("flow")
    assert not run.has("model")
    assert run.value("model.alpha") == 0.05
    assert run.records == [{"step": "fit"}]
    assert run.whose == "built-in simulated cohort"
    job.settings["simulated"] = False
    assert StudyRun(**run_fields(job, ["model"])).whose == "cohort 'ours'"


def test_the_report_has_the_front_page_and_both_kinds_of_pictures(job):
    run = StudyRun(**run_fields(job, ["model"]))
    figure = Figure("both", "Two pictures.", (Panel("own.svg"), Panel("elsewhere.svg")))
    sections = [Section("Results", (Paragraph("Three hips."), figure))]
    document = study_document(run, "three people", [("Purpose", "To look.")], ["All is well."], sections)
    comparison = pd.DataFrame({"quantity": ["n"]})
    write_study_report(
        job, document, comparison, {"elsewhere.svg": job.input.figures.parent / "elsewhere.svg"}
    )
    pages = pdf_pages(job.output.pdf)
    assert all(SIMULATED_BANNER in page for page in pages)
    for words in ("A study of hips", "Doe et al., 2020", "three people", "To look.", "All is well."):
        assert words in pages[0].replace("\n", " ")
    assert "Three hips." in "".join(pages[1:])
    assert pd.read_csv(job.output.reported_and_obtained)["quantity"].tolist() == ["n"]
    assert list(job.output.captions.iterdir())
    assert not (job.input.figures / "elsewhere.svg").exists()


def test_a_real_cohort_has_no_banner(job):
    job.settings["simulated"] = False
    run = StudyRun(**run_fields(job, ["model"]))
    assert study_document(run, "", [], [], []).banner == ""
