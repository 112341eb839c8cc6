from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaoskit.report.write import write_all, write_summary
from tests.report.browser import browser, installed, show
from tests.report.summary import made


def test_every_link_leads_to_a_report_wherever_the_runs_are_moved(tmp_path: Path) -> None:
    """Links are relative to the summary's folder; each names a file that is there. Text of others is no markup."""
    summary = made.summary(tmp_path / "runs")
    for result in summary.results:
        result.directory.mkdir(parents=True, exist_ok=True)
        write_all(result, result.directory)
        for arm in result.arms:
            write_all(result, arm.directory)
    write_summary(summary)
    (tmp_path / "runs").rename(tmp_path / "moved")
    index = tmp_path / "moved" / summary.directory.name / "index.html"
    text = index.read_text()
    links = re.findall(r'href="([^"]+)"', text)
    assert len(links) == 2 + 4
    assert all((index.parent / link).is_file() for link in links)
    assert "&lt;address&gt;" in text
    assert {path.name for path in index.parent.iterdir()} == {"index.html", "summary.md", "summary.json", "junit.xml"}


@pytest.mark.browser
@pytest.mark.skipif(not installed(), reason="no Chromium: apt-get install chromium chromium-driver")
def test_the_index_fits_and_nothing_complains(tmp_path: Path) -> None:
    """No console message and no scrolling sideways, on a desk and on a phone; every badge can be seen."""
    summary = made.summary(tmp_path / "runs")
    write_summary(summary)
    with browser(tmp_path / "profile") as chrome:
        for width in (1280, 390):
            show(chrome, summary.directory / "index.html", width)
            assert chrome.get_log("browser") == []
            assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
            seen = "return [...document.querySelectorAll('.badge')].map(b => [b.innerText.trim(), b.offsetWidth > 20])"
            badges = chrome.execute_script(seen)
            words = ["proved", "pass", "proved", "not proved", "pass", "not proved", "error", "error"]
            assert [text.split(maxsplit=1)[1] for text, _ in badges] == words
            assert all(wide for _, wide in badges)
