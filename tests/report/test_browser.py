"""The report as a browser shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaoskit.report import html
from tests.report import synthetic

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytest.importorskip("selenium", reason="selenium is missing: pip install chaoskit[dev]")

from tests.report.browser import browser, installed, show

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not installed(), reason="no Chromium: apt-get install chromium chromium-driver"),
]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests."""
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A proof of two arms, and a run of one."""
    folder = tmp_path_factory.mktemp("reports")
    made = {"proof": synthetic.proved(folder), "run": synthetic.single(folder)}
    for name, result in made.items():
        (folder / f"{name}.html").write_text(html.render(result), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["proof", "run"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_and_nothing_complains(
    chrome: Chrome, pages: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    """No console message, no scrolling sideways, in both schemes and at both widths."""
    show(chrome, pages[name], width, dark=dark)
    assert chrome.get_log("browser") == []
    inner, content = chrome.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert inner == width
    assert content <= width


@pytest.mark.parametrize("width", [1280, 390])
def test_the_charts_are_drawn(chrome: Chrome, pages: dict[str, Path], width: int) -> None:
    """Each has a size on the page, and its paths have one too."""
    show(chrome, pages["proof"], width)
    boxes = chrome.execute_script(
        "return [...document.querySelectorAll('.area')].map(a => {"
        " const box = a.getBoundingClientRect();"
        " const drawn = Math.max(0, ...[...a.querySelectorAll('path')].map(p => p.getBoundingClientRect().width));"
        " return [a.getAttribute('aria-label').split('.')[0], box.width, box.height, drawn] })"
    )
    titles = [
        "Requests by outcome",
        "Clients of eu",
        "Clients of na",
        "Latency of successes",
        "Every success by latency",
    ]
    assert [box[0] for box in boxes] == titles * 2
    for _, across, high, drawn in boxes:
        assert across > 250
        assert high >= 40
        assert drawn > 0.95 * across - 2


def test_arms_stand_side_by_side_where_there_is_room(chrome: Chrome, pages: dict[str, Path]) -> None:
    """And one above the other on a telephone."""
    tops = "return [...document.querySelectorAll('.charts')].map(c => Math.round(c.getBoundingClientRect().top))"
    show(chrome, pages["proof"], 1280)
    left, right = chrome.execute_script(tops)
    assert left == right
    show(chrome, pages["proof"], 390)
    upper, lower = chrome.execute_script(tops)
    assert upper < lower


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(chrome: Chrome, pages: dict[str, Path], dark: bool) -> None:
    """Every element with text of its own has the contrast WCAG 2.1 (1.4.3) asks for, and is 9.5 px or more."""
    show(chrome, pages["proof"], 1280, dark=dark)
    script = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    assert chrome.execute_script(script) == []


def test_pointing_at_a_chart_reads_its_numbers(chrome: Chrome, pages: dict[str, Path]) -> None:
    """In the middle of the outage eu has 503s; leaving the charts takes the reading away."""
    show(chrome, pages["run"], 1280)
    move = (
        "const a = document.querySelector('.area').getBoundingClientRect();"
        "document.querySelector('.charts').dispatchEvent(new PointerEvent(arguments[0],"
        " {clientX: a.left + a.width * 8.1 / 30, clientY: a.top + 5, bubbles: true}));"
        "const tip = document.querySelector('.tip'); return tip ? tip.innerText : ''"
    )
    text = chrome.execute_script(move, "pointermove")
    assert "T+8.00 s" in text
    assert "UTC" in text
    assert "eu by nobody\n100 %" in text
    assert chrome.execute_script(move, "pointerleave") == ""


def test_the_arrow_keys_read_the_numbers_too(chrome: Chrome, pages: dict[str, Path]) -> None:
    """Whoever has no pointer reads the same."""
    show(chrome, pages["run"], 1280)
    chrome.execute_script("document.querySelector('.charts').focus()")
    press = (
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}));"
        "const tip = document.querySelector('.tip'); return tip ? tip.innerText : ''"
    )
    assert "T+0.00 s" in chrome.execute_script(press, "ArrowRight")
    assert "T+0.20 s" in chrome.execute_script(press, "ArrowRight")
    assert "T+29.80 s" in chrome.execute_script(press, "End")
    assert chrome.execute_script(press, "Escape") == ""
