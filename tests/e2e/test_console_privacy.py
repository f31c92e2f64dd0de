"""The privacy page in a real browser: an officer answers a member, and what they did is written down."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from visavis.privacy.receipts import public_key, verify
from visavis.types import Role

from .conftest import SiteUnderTest
from .test_sign_in import A_PAGE, entered

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


async def page_of(browser: Browser, site: SiteUnderTest, role: Role) -> Page:
    """The privacy page as somebody with this role sees it on a phone."""
    async with aclosing(await entered(site, "olga", role)) as client:
        cookies = list(client.cookies.jar)
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    await context.add_cookies([{"name": c.name, "value": c.value or "", "url": site.address} for c in cookies])
    page = await context.new_page()
    await page.goto(f"{site.address}/console/privacy?lang=en")
    return page


async def test_r12_an_officer_exports_withdraws_and_forgets(
    browser: Browser, site: SiteUnderTest, hopper: bytes
) -> None:
    """By the member's card; the member is told by receipts, the audit log who did it."""
    member = (await site.join(photos=(hopper,))).raise_for_status().json()
    page = await page_of(browser, site, Role.PRIVACY_OFFICER)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.get_by_test_id("desk-code").fill("0000000000")
    await page.get_by_test_id("desk-find").click()
    await expect(page.get_by_text("No member has this code or pseudonym.")).to_be_visible()
    await page.get_by_test_id("desk-code").fill(member["card"])
    await page.get_by_test_id("desk-find").click()
    await expect(page.get_by_test_id("whom")).to_contain_text("by face too")
    assert "Grace" not in await page.content()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    async with page.expect_download() as started:
        await page.get_by_test_id("export-json").click()
    file = await (await started.value).path()
    assert json.loads(file.read_text(encoding="utf-8"))["profile"]["nickname"] == "Grace"
    await page.get_by_test_id("withdraw-recognise").click()
    await expect(page.get_by_test_id("whom")).to_contain_text("card and PIN only")
    assert (await site.look(hopper)).status_code == 401
    await page.get_by_test_id("forget").click()
    await page.get_by_test_id("erase").click()
    await expect(page.get_by_test_id("forgotten")).to_be_visible()
    receipt = await page.locator(".receipt").inner_text()
    assert verify(receipt, public_key(site.site.keys))["event_type"] == "erased"
    assert not await site.site.storage.roster.members()
    actors = {e.actor[:6] for e in await site.site.storage.audit.after(0) if e.action.endswith(("exported", "entered"))}
    assert actors == {"staff "}
    assert complaints == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADVERTISER, Role.AUDITOR])
async def test_r12_the_page_is_not_for_everybody(site: SiteUnderTest, role: Role) -> None:
    """Whoever may not read members is led to the board."""
    async with aclosing(await entered(site, "eve", role)) as client:
        page = await client.get("/console/privacy", headers=A_PAGE)
    assert (page.status_code, page.headers["location"]) == (303, "/console/")
