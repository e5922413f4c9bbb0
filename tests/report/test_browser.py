"""The report in a real headless Chromium."""

from __future__ import annotations

import numpy as np
import pytest
from support.browser import CHROMIUM, Browser
from support.fake_biology import add_biology
from support.fake_run import MEMBERS, dataset, make_run

from seqcnn.model.inference.conformal import calibrate
from seqcnn.model.metrics import METRICS
from seqcnn.report.report import report, write_report
from seqcnn.report.run.collect import collect


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    report(make_run(folder / "example", dataset(), MEMBERS), folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip(
            "no Chromium is installed: looked for chromium, chromium-browser, google-chrome and chrome"
        )
    chromium = Browser(tmp_path_factory.mktemp("chromium"))
    yield chromium
    chromium.close()


@pytest.mark.parametrize("width", [1200, 390])
def test_page_renders_in_chromium_without_a_complaint_or_a_request(width, page, browser):
    browser.open(page, width)
    assert browser.evaluate("document.querySelectorAll('figure svg').length") == 10
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(
        "[...document.querySelectorAll('figure svg')].every(s => s.getBoundingClientRect().height > 99)"
    )
    assert browser.complaints() == []
    assert browser.requests() == [page.resolve().as_uri()]


@pytest.mark.parametrize("width", [1200, 390])
def test_findings_of_biology_render_in_chromium_without_a_complaint(width, browser, tmp_path):
    run = make_run(tmp_path / "run", dataset(), {"cnn/seed1": 0.4})
    add_biology(run)
    report(run, tmp_path / "report.html")
    browser.open(tmp_path / "report.html", width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(
        "[...document.querySelectorAll('.logo use')].every(u => u.getBoundingClientRect().width > 1)"
    )
    assert browser.complaints() == []
    assert len(browser.requests()) == 1


def test_chromium_reports_a_script_that_the_policy_does_not_allow(page, browser, tmp_path):
    changed = tmp_path / "page.html"
    changed.write_text(page.read_text().replace('"use strict";', '"use strict"; '))
    browser.open(changed)
    assert "Content Security Policy" in browser.complaints()[0]


@pytest.mark.parametrize("column", range(2, 2 + len(METRICS)))
def test_tables_sort_in_chromium_best_first_then_the_other_way(column, page, browser):
    browser.open(page)
    cells = f"#scores-test-0 tbody tr td:nth-child({column})"
    values = f"[...document.querySelectorAll('{cells}')].map(c => c.dataset.value)"
    head = f"#scores-test-0 thead th:nth-child({column})"
    for clicks in (1, 2):
        browser.click(f"{head} button")
        falling = browser.evaluate(f"document.querySelector('{head}').ariaSort") == "descending"
        shown = browser.evaluate(values)
        defined = [float(value) for value in shown if value != ""]
        assert defined == sorted(defined, reverse=falling)
        assert shown[len(defined) :] == [""] * (len(shown) - len(defined))
        assert falling == (list(METRICS.values())[column - 2].higher_is_better == (clicks == 1))


def test_a_text_column_sorts_by_name(page, browser):
    browser.open(page)
    browser.click("#cost thead th button")
    names = browser.evaluate("[...document.querySelectorAll('#cost tbody th')].map(c => c.textContent)")
    assert names == ["cnn, ensemble", "cnn, seed 1", "cnn, seed 2", "mean", "ridge"]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """A page with all tables: the networks have intervals."""
    folder = tmp_path_factory.mktemp("calibrated")
    run = collect(make_run(folder / "example", dataset(), MEMBERS))
    errors = calibrate(np.linspace(0.1, 1, 151), np.arange(151.0))
    for member in filter(lambda member: member.header, run.members):
        header = member.header.model_copy(update={"calibration": {"activity": errors}})
        object.__setattr__(member, "header", header)
    write_report(run, folder / "report.html", figures=False)
    return folder / "report.html"


def test_no_table_is_cut_at_1280_pixels(calibrated, browser):
    browser.open(calibrated, 1280)
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    scrolled = "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth)"
    assert browser.evaluate("document.querySelectorAll('#coverage-0 thead th').length") == 10
    assert browser.evaluate(f"{scrolled}.map(s => s.ariaLabel)") == []


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_exactly_what_scrolls_sideways_says_so(width, calibrated, browser):
    browser.open(calibrated, width)
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    browser.call("Runtime.evaluate", expression=drawn, awaitPromise=True)
    boxes = "[...document.querySelectorAll('.scroll')].filter(s => s.closest('figure, .table'))"
    note = "s.closest('figure, .table').querySelector('.sideways')?.checkVisibility() ?? false"
    wrong = f"{boxes}.filter(s => (s.scrollWidth > s.clientWidth) !== ({note})).map(s => s.ariaLabel)"
    assert browser.evaluate(wrong) == []
    assert browser.evaluate(f"{boxes}.some(s => {note})") is (width < 1280)


@pytest.mark.parametrize("width", [1280, 700])
def test_drawings_side_by_side_begin_at_one_height_below_titles_of_any_length(width, page, browser):
    browser.open(page, width)
    titles = "[...document.querySelectorAll('#predicted-against-measured figcaption')]"
    browser.evaluate(f"{titles}[0].querySelector('strong').textContent = 'long title '.repeat(20)")
    tops = "[...document.querySelectorAll('#predicted-against-measured svg')].map(s => "
    first, second = browser.evaluate(f"{tops} Math.round(s.getBoundingClientRect().top))")
    assert first == second


def test_letters_of_logos_are_seven_pixels_wide_or_more_on_a_phone(browser, tmp_path):
    run = make_run(tmp_path / "run", dataset(), {"cnn/seed1": 0.4})
    add_biology(run)
    report(run, tmp_path / "report.html", figures=False)
    browser.open(tmp_path / "report.html", 390)
    widths = "[...document.querySelectorAll('.logo use')].map(u => u.getBoundingClientRect().width)"
    assert min(browser.evaluate(widths)) >= 7
