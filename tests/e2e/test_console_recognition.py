"""The recognition page in a real browser: a match is confirmed, a camera is watched, switched off and removed."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from visavis.perception.container import Trouble
from visavis.perception.decode import decode_image
from visavis.perception.film import write_film
from visavis.server.console.texts import TEXTS

from .conftest import OpenSite

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")
async def test_staff_answers_matches_and_watches_cameras(
    open_test_site: OpenSite, database_url: str, browser: Browser, hopper: bytes, tmp_path: Path
) -> None:
    """From the page alone, on a phone's screen, without a word on the console."""
    film = tmp_path / "door.mkv"
    pixels = decode_image(hopper)
    write_film(film, [pixels[:240, :320]] * 10, fps=10, size=(320, 240), key_every=5)
    async with open_test_site(database_url=database_url, camera_loop=True, review="strict") as site:
        (await site.join(photos=(hopper,))).raise_for_status()
        assert (await site.look(hopper)).status_code == 401
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        await page.goto(f"{site.address}/console/?lang=en")
        await page.get_by_test_id("to-recognition").click()
        await expect(page.get_by_test_id("review")).to_have_count(1)
        await page.get_by_test_id("confirm").click()
        await expect(page.get_by_test_id("review")).to_have_count(0)
        assert (await site.look(hopper)).status_code == 200
        (look,) = await site.site.storage.audit.find(action="read")  # once, though the page asked every second
        assert (look.actor, look.detail) == ("machine", {"purpose": "review", "what": "/console/recognition"})

        await page.get_by_test_id("add-monitor").click()
        await page.get_by_test_id("monitors.name").fill("door")
        await page.get_by_test_id("monitors.address").fill("nonsense")
        await page.get_by_test_id("watch").click()
        await expect(page.get_by_text("This camera cannot be added")).to_be_visible()
        await page.get_by_test_id("monitors.address").fill(str(film))
        await page.get_by_test_id("watch").click()
        await expect(page.get_by_text("frames a second")).to_be_visible()
        assert str(film) not in await page.content()
        await page.get_by_text("Switch off").click()
        await expect(page.get_by_text("switched off")).to_be_visible()
        await page.get_by_text("Remove").click()
        await expect(page.get_by_test_id("monitor")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert complaints == []


def test_every_trouble_of_a_camera_has_words() -> None:
    """No operator reads a code."""
    assert {f"trouble.{trouble}" for trouble in Trouble} <= TEXTS.keys()
