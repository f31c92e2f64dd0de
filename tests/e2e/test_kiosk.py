"""The kiosk in a real browser where things go otherwise: no camera, a late answer, nobody there, another language."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from visavis.types import Consent, Purpose

from .conftest import SiteUnderTest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]

SLOW_CAMERA = """
  navigator.mediaDevices.getUserMedia = () => new Promise((grant) => {
    window.grant = () => {
      window.stream = document.createElement("canvas").captureStream();
      grant(window.stream);
    };
  });
"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium that grants no camera."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
async def page(browser: Browser) -> Page:
    """A blank page of a person who reads English."""
    return await (await browser.new_context(locale="en")).new_page()


async def at_the_choice(page: Page, site: SiteUnderTest) -> None:
    await page.goto(f"{site.address}/kiosk?placement=entrance")
    await page.get_by_test_id("start").click()


async def test_invariant_05_without_a_camera_the_other_ways_are_offered(page: Page, site: SiteUnderTest) -> None:
    """A refused camera is said in words, shown as off, and leads to PIN and membership."""
    await at_the_choice(page, site)
    await page.get_by_test_id("choose-camera").click()
    await expect(page.get_by_test_id("error")).to_contain_text("PIN or card")
    await expect(page.get_by_test_id("camera-light")).to_have_attribute("data-light", "off")
    await expect(page.get_by_test_id("camera-join")).to_be_visible()
    await page.get_by_test_id("camera-code").click()
    await expect(page.get_by_test_id("pin-input")).to_be_focused()


async def test_a_camera_granted_after_the_person_left_is_switched_off(page: Page, site: SiteUnderTest) -> None:
    """The browser's question may be answered late; the camera must not run then."""
    await page.add_init_script(SLOW_CAMERA)
    await at_the_choice(page, site)
    await page.get_by_test_id("choose-camera").click()
    await expect(page.get_by_test_id("camera-light")).to_have_attribute("data-light", "starting")
    await page.get_by_test_id("camera-stop").click()
    await page.evaluate("window.grant()")
    await page.wait_for_function("window.stream.getTracks().every((track) => track.readyState === 'ended')")
    await expect(page.get_by_test_id("choose-camera")).to_be_visible()


async def test_nobody_there_leads_back_to_the_start(page: Page, site: SiteUnderTest) -> None:
    """Asked after 25 seconds, at the start after 45: what was typed and the language of the last person are gone."""
    await page.clock.install()
    await at_the_choice(page, site)
    await page.get_by_test_id("lang-zh").click()
    await page.get_by_test_id("choose-code").click()
    for digit in "1234":
        await page.get_by_test_id(f"key-{digit}").click()
    await expect(page.get_by_test_id("pin-input")).to_have_value("123 4")
    await page.clock.run_for(24_000)
    await expect(page.get_by_test_id("still-there")).to_be_hidden()
    await page.clock.run_for(2_000)
    await page.get_by_test_id("stay").click()
    await expect(page.get_by_test_id("still-there")).to_be_hidden()
    await page.clock.run_for(46_000)
    await expect(page.get_by_test_id("start")).to_have_text("Press to start")
    await page.get_by_test_id("start").click()
    await page.get_by_test_id("choose-code").click()
    await expect(page.get_by_test_id("pin-input")).to_have_value("")


async def test_an_answer_after_the_person_left_greets_nobody(page: Page, site: SiteUnderTest) -> None:
    """Somebody else may stand there by then."""
    joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
    asked, left = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await left.wait()
        await route.continue_()

    await page.route("**/v1/edge/identify", late)
    await at_the_choice(page, site)
    await page.get_by_test_id("choose-code").click()
    await page.get_by_test_id("pin-input").fill(joined["pin"])
    await page.get_by_test_id("pin-submit").click()
    await asked.wait()
    await page.get_by_test_id("code-back").click()
    async with page.expect_response("**/v1/edge/identify") as answer:
        left.set()
    assert (await answer.value).status == 200
    await expect(page.get_by_test_id("choose-join")).to_be_visible()
    await expect(page.get_by_test_id("greeting")).to_be_hidden()


async def test_consent_holds_for_the_language_in_which_it_was_read(page: Page, site: SiteUnderTest) -> None:
    """Another language is another text, so ticks go; once given, switching the page's language changes no receipt."""
    by = page.get_by_test_id
    await at_the_choice(page, site)
    await by("choose-join").click()
    await by("notice-personalise").check()
    await by("lang-zh").click()
    await expect(by("notice-personalise")).not_to_be_checked()
    await by("notice-personalise").check()
    await by("notices-next").click()
    await by("lang-en").click()
    await by("suggest").click()
    await by("age").check()
    await by("join-submit").click()
    await expect(by("pin-value")).to_be_visible()
    (member,) = site.site.edge.members
    (consent,) = [c for c in await site.site.edge.consents(member) if isinstance(c, Consent)]
    assert (consent.purpose, consent.locale) == (Purpose.PERSONALISE, "zh-CN")
    (notice,) = [n for n in (await site.notices())["notices"] if n["purpose"] == "personalise"]
    assert consent.notice_sha256 == notice["sha256"]["zh-CN"]
