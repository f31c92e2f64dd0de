"""The page of a report in a real browser: drawn on a desk and on a phone, in the dark, and from nothing but itself."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import async_playwright

from visavis.behaviour.series import Series, microseconds
from visavis.learning.report.log import Log, Names, decisions_of, nameless
from visavis.learning.report.page import page
from visavis.learning.report.report import make_report

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def a_log() -> Log:
    """Sixty members for fifty days, some of them seldom, with decisions."""
    rng = np.random.default_rng(1)
    whose = np.concatenate([np.repeat(np.arange(40), 30), np.repeat(np.arange(40, 60), 3)])
    at = microseconds(MONDAY) + rng.integers(0, 50 * 86_400_000_000, len(whose))
    series = Series.of_columns(whose=whose, at=at, members=tuple(map(str, range(60))), kinds=("visit",))
    decisions = decisions_of(
        at=np.sort(at[:600]),
        item=["tea"] * 600,
        members=[str(n % 60) for n in range(600)],
        by_lot=[n % 4 == 0 for n in range(600)],
        reward=rng.random(600) < 0.3,
    )
    until = MONDAY + timedelta(days=50)
    return Log(title="site-1", until=until, series=nameless(series), decisions=decisions, names=Names())


@pytest.mark.parametrize(("width", "dark", "locale"), [(1280, False, "en"), (390, True, "zh-CN")])
async def test_every_plot_is_drawn_and_nothing_is_fetched(tmp_path: Path, width: int, dark: bool, locale: str) -> None:
    """No error, no request, nothing wider than the window; a plot for each section with figures."""
    file = tmp_path / "report.html"
    file.write_text(page(make_report(a_log(), seed=1, progress=lambda *_: None), locale), encoding="utf-8")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
        )
        opened = await context.new_page()
        said: list[str] = []
        asked: list[str] = []
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        await opened.goto(file.as_uri())
        await opened.wait_for_selector("#plot-drift svg.main-svg")
        drawn = await opened.locator(".plot:has(svg.main-svg)").count()
        assert drawn == await opened.locator(".plot").count() == 6
        assert await opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await opened.locator("summary").first.click()
        assert await opened.locator("#funnel table").first.is_visible()
        assert said == []
        assert asked == [file.as_uri()]
        await chromium.close()
