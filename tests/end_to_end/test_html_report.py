"""`snakemake --report`: one HTML file with every figure and table, opened in a browser."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import visits
from tests.end_to_end.runs import PDF, finished

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
WAIT_S = 20.0


@dataclass(frozen=True)
class Report:
    """The HTML report of a finished run of a paper."""

    paper: str
    run: Path
    path: Path

    @property
    def results(self) -> Path:
        """Results of the paper in the run."""
        return self.run / "results" / self.paper


REPORTS = {
    "crc_nomogram": ("simulated_run", (PDF,)),
    visits.PAPER: ("visits_study", (*visits.ALL_TARGETS, "--configfile", "mine.yaml")),
}


@pytest.fixture(scope="module", params=list(REPORTS))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The HTML report of the finished targets of each paper."""
    run, arguments = REPORTS[request.param]
    folder = request.getfixturevalue(run)
    path = tmp_path_factory.mktemp("report") / "report.html"
    finished(folder, *arguments, "--report", path)
    return Report(request.param, folder, path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs chromium and chromedriver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1500,1000",
    ):  # fmt: skip
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def waited(question: Callable[[], Any]) -> Any:
    """The first answer that is not empty, while the page draws itself."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.1)
    raise AssertionError("the page did not show it in time")


def choose(browser: Any, *entries: str) -> None:
    """Follow the menu."""
    for entry in entries:

        def named(entry: str = entry) -> list[Any]:
            return [link for link in browser.find_elements("css selector", "a") if link.text.strip() == entry]

        waited(named)[0].click()


def rows_of(browser: Any, page: Report, category: str) -> list[list[str]]:
    """Cells of the list of a category."""
    browser.get(page.path.as_uri())
    choose(browser, "Results", page.paper, category)
    rows = waited(lambda: browser.find_elements("css selector", "table tr")[1:])
    return [[cell.text for cell in row.find_elements("css selector", "td")[:2]] for row in rows]


def test_every_figure_is_listed_and_can_be_seen(browser: Any, page: Report) -> None:
    drawn = sorted(path.name for path in (page.results / "figures").glob("*.svg"))
    rows = rows_of(browser, page, "Figures")
    assert len(rows) == len(drawn)
    assert rows[0][0] == "Figure 1"
    assert all(title for _, title in rows)
    for position in (0, len(rows) - 1):
        browser.get(page.path.as_uri())
        choose(browser, "Results", page.paper, "Figures")
        eyes = waited(lambda: browser.find_elements("css selector", "a[iconname=eye]"))
        eyes[position].click()
        pictures = waited(
            lambda: browser.find_elements("css selector", "img[src*='filename=']:not([src*=logo])")
        )
        assert waited(lambda pictures=pictures: pictures[0].get_property("naturalWidth")) > 100


def test_tables_are_pages_with_their_captions(browser: Any, page: Report) -> None:
    written = list((page.results / "printed_tables").glob("*.html"))
    rows = rows_of(browser, page, "Tables")
    assert len(rows) == len(written) > 10
    browser.find_elements("css selector", "a[iconname=information-circle]")[0].click()
    assert waited(lambda: rows[0][1] in browser.find_element("tag name", "body").text)


def test_a_prediction_has_its_pdf_figures_and_tables_with_captions(browser: Any, page: Report) -> None:
    if page.paper != visits.PAPER:
        pytest.skip("the run has no prediction")
    for prediction in (visits.PREDICTION, visits.OWN_PREDICTION):
        folder = page.run / prediction
        shown = [*(folder / "figures").glob("*.svg"), *(folder / "printed_tables").glob("*.html")]
        rows = rows_of(browser, page, f"Model fitted on {folder.parent.name}")
        assert len(rows) == len(shown) + 1
        assert all(title for _, title in rows)
        assert ["PDF", "The whole report"] in rows


def test_the_worst_registrations_are_shown(browser: Any, page: Report) -> None:
    if page.paper != visits.PAPER:
        pytest.skip("the paper registers nothing")
    shown = {cells[0] for cells in rows_of(browser, page, "Cohort clinic")}
    assert shown == {"The ten worst registrations", "A few images with their masks"}


def test_the_pdf_and_the_statistics_are_there(browser: Any, page: Report) -> None:
    assert rows_of(browser, page, "Report") == [["PDF", "The whole report"]]
    browser.get(page.path.as_uri())
    choose(browser, "Statistics")
    drawn = waited(lambda: browser.find_elements("css selector", "svg.marks, canvas.marks"))
    assert drawn


def test_the_report_needs_no_network_address(page: Report) -> None:
    text = page.path.read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert '<link href="http' not in text
