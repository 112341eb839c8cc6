"""Chromium without a screen, for tests that look at the HTML report; run it to take pictures.

python -m tests.report.browser report.html 390 dark picture.png
"""

from __future__ import annotations

import base64
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def installed() -> bool:
    """Whether browser and driver are here."""
    return all(shutil.which(name) for name in ("chromium", "chromedriver"))


@contextmanager
def browser(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile, that keeps everything the console says."""
    options = webdriver.ChromeOptions()
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def show(driver: webdriver.Chrome, page: Path, width: int, *, dark: bool = False) -> None:
    """Open a page as a window of that many CSS pixels would."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(page.as_uri())


def picture(driver: webdriver.Chrome, y: int = 0, height: int | None = None) -> bytes:
    """A PNG of the whole page, or of a part of it."""
    size: dict[str, Any] = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    clip = {"x": 0, "y": y, "width": size["width"], "height": height or size["height"], "scale": 1}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as empty, browser(Path(empty)) as chromium:
        source, width_text, scheme_name, target, *part = sys.argv[1:]
        show(chromium, Path(source).resolve(), int(width_text), dark=scheme_name == "dark")
        Path(target).write_bytes(picture(chromium, *map(int, part)))
