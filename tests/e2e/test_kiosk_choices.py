"""What a member changes at the kiosk, in a real browser: asked again, offers by lot, name, and taking data home."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from visavis.types import Consent, Purpose, Withdrawal

from .conftest import SiteUnderTest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a camera."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
async def page(browser: Browser) -> Page:
    return await (await browser.new_context(locale="en", viewport=PHONE)).new_page()  # type: ignore[arg-type]


async def signed_in(page: Page, site: SiteUnderTest, member: dict[str, Any]) -> list[str]:
    """At the kiosk by PIN; what the page complains about."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{site.address}/kiosk?placement=entrance")
    await page.get_by_test_id("start").click()
    await page.get_by_test_id("choose-code").click()
    await page.get_by_test_id("pin-input").fill(member["pin"])
    await page.get_by_test_id("pin-submit").click()
    return complaints


def new_text(site: SiteUnderTest, purpose: Purpose) -> None:
    """The pack's notice has another version, as after an update and a restart."""
    running = site.site
    notices = {**running.scenario.notices, purpose: replace(running.scenario.notices[purpose], version="2027-01")}
    running.scenario = running.edge.scenario = running.hub.scenario = replace(running.scenario, notices=notices)


async def history(site: SiteUnderTest) -> list[Consent | Withdrawal]:
    (member,) = await site.site.storage.roster.members()
    return list(await site.site.edge.consents(member.id))


async def test_r03_the_kiosk_asks_again_on_the_new_text(page: Page, site: SiteUnderTest) -> None:
    """The text is read, yes counts for it, and the visit goes on; the next time nobody asks."""
    member = (await site.join(purposes=("personalise",))).raise_for_status().json()
    new_text(site, Purpose.PERSONALISE)
    complaints = await signed_in(page, site, member)
    await expect(page.get_by_test_id("ask-notice")).to_contain_text("Choose offers by what I did here")
    await expect(page.get_by_test_id("ask-notice")).to_contain_text("2027-01")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_test_id("ask-yes").click()
    await expect(page.get_by_test_id("greeting")).to_contain_text("Grace")
    assert [e.notice_version for e in await history(site) if isinstance(e, Consent)] == ["2026-02", "2027-01"]
    await signed_in(page, site, member)
    await expect(page.get_by_test_id("greeting")).to_contain_text("Grace")
    assert complaints == []


async def test_r03_no_to_the_new_text_is_a_withdrawal_and_the_member_stays(page: Page, site: SiteUnderTest) -> None:
    """In no more steps than yes; what follows is an offer by lot that says so."""
    member = (await site.join(purposes=("personalise",))).raise_for_status().json()
    new_text(site, Purpose.PERSONALISE)
    await signed_in(page, site, member)
    await expect(page.get_by_test_id("ask-yes")).to_be_visible()
    yes, no = [await page.get_by_test_id(name).bounding_box() for name in ("ask-yes", "ask-no")]
    assert yes
    assert no
    assert (yes["width"], yes["height"]) == pytest.approx((no["width"], no["height"]), abs=2)
    await page.get_by_test_id("ask-no").click()
    await expect(page.get_by_test_id("greeting")).to_contain_text("Grace")
    await page.get_by_test_id("why").click()
    await expect(page.get_by_test_id("why-text")).to_contain_text("drawn by lot")
    assert [type(e) for e in await history(site)] == [Consent, Withdrawal]
    await signed_in(page, site, member)
    await expect(page.get_by_test_id("greeting")).to_contain_text("Grace")


async def test_r12_offers_by_lot_and_back_at_the_kiosk(page: Page, site: SiteUnderTest) -> None:
    """My data: take back, see what it means, allow again after reading."""
    member = (await site.join(purposes=("personalise",))).raise_for_status().json()
    complaints = await signed_in(page, site, member)
    await page.get_by_test_id("my-data").click()
    await page.get_by_test_id("withdraw-personalise").click()
    await expect(page.get_by_test_id("allow-personalise")).to_be_visible()
    await expect(page.get_by_test_id("data-consents")).to_contain_text("you stay a member")
    await page.get_by_test_id("allow-personalise").click()
    await page.get_by_test_id("ask-yes").click()
    await expect(page.get_by_test_id("withdraw-personalise")).to_be_visible()
    assert [type(e) for e in await history(site)] == [Consent, Withdrawal, Consent]
    await page.get_by_test_id("allow-improve").click()
    await page.get_by_test_id("ask-no").click()
    await expect(page.get_by_test_id("allow-improve")).to_be_visible()
    assert len(await history(site)) == 3
    assert complaints == []


async def test_r12_name_and_language_are_corrected_at_the_kiosk(page: Page, site: SiteUnderTest) -> None:
    """What cannot be a name is refused in words; the right one greets."""
    member = (await site.join(purposes=("personalise",))).raise_for_status().json()
    complaints = await signed_in(page, site, member)
    await page.get_by_test_id("my-data").click()
    await page.get_by_test_id("data-correct").click()
    await expect(page.get_by_test_id("correct-nickname")).to_have_value("Grace")
    await page.get_by_test_id("correct-nickname").fill("")
    await page.get_by_test_id("correct-submit").click()
    await expect(page.get_by_test_id("error")).to_be_visible()
    await page.get_by_test_id("correct-nickname").fill("小明")
    await page.get_by_test_id("correct-zh").check()
    await page.get_by_test_id("correct-submit").click()
    await expect(page.get_by_test_id("data-who")).to_contain_text("小明")
    (kept,) = await site.site.storage.roster.members()
    assert kept.locale == "zh-CN"
    assert complaints == []


async def test_r12_a_phone_takes_the_data_home(page: Page, site: SiteUnderTest) -> None:
    """Where the phone cannot reach the kiosk, it says so instead of showing a dead code."""
    member = (await site.join(purposes=("personalise",))).raise_for_status().json()
    complaints = await signed_in(page, site, member)
    await page.get_by_test_id("my-data").click()
    await page.get_by_test_id("data-take").click()
    await expect(page.get_by_test_id("take-lead")).to_contain_text("Our staff gives you the same")
    await expect(page.get_by_test_id("take-code")).to_be_hidden()
    await page.get_by_test_id("take-back").click()
    await expect(page.get_by_test_id("data-who")).to_contain_text("Grace")
    assert complaints == []
